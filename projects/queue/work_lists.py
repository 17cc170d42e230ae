"""Work lists: who is to do which tasks, where a project's people work by list (AssignmentRules.Mode).

An entry promises nothing and changes no task: a claim of its person finds it, and takes what is open of the task then.
So conservation is what it was, and a task on nobody's list waits for whoever opens it by name.
"""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from projects.models import Project, Reservation, Task
from projects.queue.clock import Clock
from projects.queue.events import emit_of_task
from projects.queue.list_sql import LISTED
from taskers.database.prepared import ask
from taskers.errors import StateConflict
from taskers.models import Person, Qualification, Skill

MOST_LISTED = 50  # people and teams that one task is reserved for


@transaction.atomic
def put_on(
    task: Task, people: Sequence[Person], teams: Sequence[Skill] = (), *, by: Person | None, action: int | None = None
) -> int:
    """Put a task on these lists, in a bulk action where one is named; says on how many it wasn't yet, or was over. The
    caller holds the task's lock, and knows them to be of the organization. Raises StateConflict where it is on all of
    them, or on too many."""
    rows = Reservation.objects.filter(task=task)
    there: dict[tuple[int | None, int | None], Any] = {
        (person, team): over for person, team, over in rows.values_list("person", "team", "over_at")
    }
    wanted = [(one.pk, None) for one in people] + [(None, one.pk) for one in teams]
    new = [pair for pair in dict.fromkeys(wanted) if pair not in there or there[pair]]
    if not new:
        raise StateConflict("It is on this list already.", code="listed")
    if len(there.keys() | set(new)) > MOST_LISTED:
        raise StateConflict("A task is on at most %(most)s lists.", code="too-many-lists", most=MOST_LISTED)
    again = Q(person__in=[one for one, _ in new if one]) | Q(team__in=[one for _, one in new if one])
    rows.filter(again).update(over_at=None)
    Reservation.objects.bulk_create(
        Reservation(project_id=task.project_id, task=task, person_id=person, team_id=team, made_by=by)
        for person, team in new
        if (person, team) not in there
    )
    told = {"people": [one for one, _ in new if one], "teams": [one for _, one in new if one]}
    emit_of_task("listed", task, by, **told, action=action)
    return len(new)


@transaction.atomic
def take_off(task: Task, people: Sequence[Person], teams: Sequence[Skill] = (), *, by: Person | None) -> int:
    """Take a task off these lists; says off how many. What is in somebody's hands stays there. Raises StateConflict
    where it is on none of them."""
    rows = Reservation.objects.filter(Q(person__in=people) | Q(team__in=teams), task=task)
    gone, _each = rows.delete()
    if not gone:
        raise StateConflict("It isn't on this list.", code="not-listed")
    told = {"people": [one.pk for one in people], "teams": [one.pk for one in teams]}
    emit_of_task("unlisted", task, by, **told)
    return gone


def listed(tasker: Person, project: Project, *, after: int = 0, most: int) -> list[tuple[int, int]]:
    """What is on somebody's lists in a project and isn't over, in the order in which it was put there, so much at most
    behind an entry: the keys of entries and of their tasks."""
    return ask(LISTED, {"tasker": tasker.pk, "project": project.pk, "after": after, "most": most})


def is_listed(tasker: Person, task: Task) -> bool:
    """Whether a task is on one of somebody's lists, and isn't over."""
    mine = Q(person=tasker) | Q(team__in=teams_of(tasker))
    return Reservation.objects.filter(mine, task=task, over_at=None).exists()


def teams_of(tasker: Person) -> QuerySet[Skill]:
    """The teams that somebody is in at this moment: the skills that they have."""
    mine = Qualification.objects.filter(Q(expires_at=None) | Q(expires_at__gt=Clock()), person=tasker)
    return Skill.objects.filter(pk__in=mine.values("skill"))
