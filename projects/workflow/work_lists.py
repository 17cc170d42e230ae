"""Putting tasks on work lists by the names that managers say: people and teams of the organization."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from projects import access, queue
from projects.errors import Refused
from projects.models import BulkAction, Project, Reservation, Task
from taskers.errors import StateConflict
from taskers.models import Membership, Person, Skill

Terms = Mapping[str, Any]
Pairs = Sequence[Sequence[int | None]]  # a person and no team, or a team and no person
Named = tuple[Sequence[Person], Sequence[Skill]]
EACH, TURNS = "each", "turns"  # all of them are on each task's list; or one of them, evenly


def check(terms: Terms) -> None:
    """Raises Refused unless somebody is named, by ids and keys."""
    people, teams = terms.get("people") or [], terms.get("teams") or []
    if not people and not teams:
        raise Refused("Say whose list, or which team’s.", code="missing", place="people")
    if terms.get("how", EACH) not in (EACH, TURNS):
        raise Refused("Choose one of %(choices)s.", code="bad-value", place="how", choices=f"{EACH}, {TURNS}")


def people_for(verb: str, project: Project) -> QuerySet[Person]:
    """Who may be named: people who may work in a project; and off a list, whoever is on one there."""
    here = Q(project_key=None) | Q(project_key=project.public_id)
    able = Membership.objects.live().filter(
        here, organization=project.organization_id, role__in=[*access.WORK, *access.REVIEW]
    )
    who = Q(pk__in=able.values("person")) & ~Q(kind=Person.Kind.MODEL)
    if verb == BulkAction.Verb.UNLIST:
        who |= Q(pk__in=Reservation.objects.filter(project=project, team=None).values("person"))
    return Person.objects.filter(who).order_by("pk")


def named(verb: str, project: Project, terms: Terms) -> Named:
    """Who is named. Raises StateConflict, and says whom it doesn't find."""
    ids = {UUID(str(one)) for one in terms.get("people") or []}
    keys = set(terms.get("teams") or [])
    people = list(people_for(verb, project).filter(public_id__in=ids))
    teams = list(Skill.objects.filter(organization=project.organization_id, key__in=keys).order_by("pk"))
    missing = {str(one) for one in ids - {one.public_id for one in people}} | (keys - {one.key for one in teams})
    if missing:
        raise unknown(missing)
    return people, teams


def unknown(names: Iterable[str]) -> StateConflict:
    """For names of nobody who may work there, and of no team."""
    return StateConflict("Not found here: %(names)s.", code="not-a-member", names=", ".join(sorted(names)))


def meant(task: Task, terms: Terms) -> Named:
    """Whose list this task goes on: everybody's who is named, or one of theirs in turn."""
    people, teams = named(BulkAction.Verb.LIST, task.project, terms)
    if terms.get("how") != TURNS:
        return people, teams
    both: list[Person | Skill] = [*people, *teams]
    one = both[task.pk % len(both)]
    return ([one], []) if isinstance(one, Person) else ([], [one])


def meant_off(task: Task, terms: Terms) -> Named:
    """Whose list it is taken off."""
    return named(BulkAction.Verb.UNLIST, task.project, terms)


def put_newly(task: Task, terms: Terms) -> Pairs:
    """On whose lists a task comes by this, by their keys: it wasn't there, or is over there."""
    live = set(Reservation.objects.filter(task=task, over_at=None).values_list("person", "team"))
    return [list(one) for one in _pairs(meant(task, terms)) if one not in live]


def taken_off(task: Task, terms: Terms) -> Pairs:
    """Off whose lists it comes by this."""
    there = set(Reservation.objects.filter(task=task).values_list("person", "team"))
    return [list(one) for one in _pairs(meant_off(task, terms)) if one in there]


def take_back(task: Task, own: Pairs, *, by: Person) -> int:
    """Take it off the lists that it was put on, and off nobody else's. Raises StateConflict where it is on none now."""
    return queue.work_lists.take_off(task, *_of(own), by=by)


def put_back(task: Task, own: Pairs, *, by: Person, action: int) -> int:
    """Put it on the lists that it was taken off, in a bulk action. Raises StateConflict where it is on all of them
    again."""
    return queue.work_lists.put_on(task, *_of(own), by=by, action=action)


def _pairs(of: Named) -> list[tuple[int | None, int | None]]:
    return [*((one.pk, None) for one in of[0]), *((None, one.pk) for one in of[1])]


def _of(pairs: Pairs) -> Named:
    people = Person.objects.filter(pk__in=[one for one, _team in pairs if one]).order_by("pk")
    teams = Skill.objects.filter(pk__in=[team for _one, team in pairs if team]).order_by("pk")
    return list(people), list(teams)
