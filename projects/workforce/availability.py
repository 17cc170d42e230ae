"""How a tasker stands in some of their projects, before they ask: three statements, no walk, nothing taken.

That there is nothing is said only where it is known for sure: they may not work there, or nothing is open to them.
"""

from collections.abc import Sequence
from typing import NamedTuple

from projects.models import Project
from projects.queue import Nothing, availability
from projects.queue.availability import Left
from projects.queue.candidate_slots import Terms, terms_of
from projects.queue.no_work import nothing_listed
from taskers.models import Person

NOTHING_OPEN = Left()


class Prospect(NamedTuple):
    """How somebody stands in a project before they ask for work there."""

    terms: Terms
    nothing: Nothing | None  # why there is nothing for them now; None where there may be, and while they hold something
    left: Left = NOTHING_OPEN  # how many tasks are open to them


def of(tasker: Person, projects: Sequence[Project]) -> dict[int, Prospect]:
    """By project key: how this tasker stands there."""
    if not projects:
        return {}
    choice = terms_of(tasker, projects)
    free = {pk for pk, terms in choice.terms.items() if terms.held is None}
    found = {pk: why for pk, why in choice.refusals.items() if pk in free}
    live = [one.pk for one in projects if one.state == Project.State.LIVE and one.pk not in found]
    by_list = [pk for pk in live if choice.terms[pk].by_list]
    pooled = [pk for pk in live if pk not in by_list]
    left = availability.open_to(tasker, pooled, partners=choice.partners) if pooled else {}
    if by_list:
        left |= availability.listed_to(tasker, by_list, partners=choice.partners)
        found |= {pk: nothing_listed() for pk in by_list if pk in free and left[pk].none}
    empty = [pk for pk in free if pk not in found and left.get(pk, NOTHING_OPEN).none]
    if empty:
        found |= availability.nothing_open(tasker, empty)
    left |= {pk: one.roughly() for pk, one in left.items() if choice.terms[pk].gold_share}
    return {pk: Prospect(terms, found.get(pk), left.get(pk, NOTHING_OPEN)) for pk, terms in choice.terms.items()}
