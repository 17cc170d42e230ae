"""Putting tasks on work lists by the names that managers say: people and teams of the organization."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from projects import queue
from projects.errors import Refused
from projects.models import Reservation, Task
from taskers.errors import StateConflict
from taskers.models import Membership, Person, Skill

Terms = Mapping[str, Any]
Named = tuple[Sequence[Person], Sequence[Skill]]
EACH, TURNS = "each", "turns"  # all of them are on each task's list; or one of them, evenly


def check(terms: Terms) -> None:
    """Raises Refused unless somebody is named, by ids and keys."""
    people, teams = terms.get("people") or [], terms.get("teams") or []
    if not people and not teams:
        raise Refused("Say whose list, or which team’s.", code="missing", place="people")
    if terms.get("how", EACH) not in (EACH, TURNS):
        raise Refused("Choose one of %(choices)s.", code="bad-value", place="how", choices=f"{EACH}, {TURNS}")


def named(task: Task, terms: Terms) -> Named:
    """Who is named, of those who belong to the task's organization. Raises StateConflict where nobody does."""
    owner = task.project.organization_id
    inside = Membership.objects.live().filter(organization=owner).values("person")
    ids = [UUID(str(one)) for one in terms.get("people") or []]
    people = list(Person.objects.filter(public_id__in=ids, pk__in=inside).order_by("pk"))
    teams = list(Skill.objects.filter(organization=owner, key__in=terms.get("teams") or []).order_by("pk"))
    if not people and not teams:
        raise StateConflict("None of them is in this organization.", code="not-a-member")
    return people, teams


def meant(task: Task, terms: Terms) -> Named:
    """Whose list this task goes on: everybody's who is named, or one of theirs in turn."""
    people, teams = named(task, terms)
    if terms.get("how") != TURNS:
        return people, teams
    both: list[Person | Skill] = [*people, *teams]
    one = both[task.pk % len(both)]
    return ([one], []) if isinstance(one, Person) else ([], [one])


def there(task: Task) -> list[list[int | None]]:
    """Whose lists a task is on, by their keys, to be put back."""
    return [list(pair) for pair in Reservation.objects.filter(task=task).order_by("pk").values_list("person", "team")]


def put_back(task: Task, were: Sequence[Sequence[int | None]], *, by: Person) -> None:
    """Have a task on those lists alone on which it was."""
    before = {(person, team) for person, team in were}
    now = {(person, team) for person, team in there(task)}
    off, on = now - before, before - now
    if off:
        queue.work_lists.take_off(task, *_of(off), by=by)
    if on:
        queue.work_lists.put_on(task, *_of(on), by=by)


def _of(pairs: set[tuple[int | None, int | None]]) -> Named:
    people = Person.objects.filter(pk__in=[one for one, _team in pairs if one]).order_by("pk")
    teams = Skill.objects.filter(pk__in=[team for _one, team in pairs if team]).order_by("pk")
    return list(people), list(teams)
