"""How a tasker stands in some of their projects, before they ask: three statements, no walk, nothing taken.

That there is nothing is said only where it is known for sure: they may not work there, or nothing is open to them.
"""

from collections.abc import Sequence
from typing import NamedTuple

from projects.models import Project
from projects.queue import Nothing, availability, eligibility
from projects.queue.availability import Left
from projects.queue.candidate_slots import Terms, choose_of_each
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
    choice = choose_of_each(tasker, projects)
    free = {pk: terms for pk, terms in choice.terms.items() if terms.held is None}
    found = {pk: Nothing(*why) for pk, terms in free.items() if (why := eligibility.why_not(terms))}
    open_still = {one.terms.project for one in choice.places} - set(found)
    left = availability.open_to(tasker, sorted(open_still), apart=choice.partners) if open_still else {}
    empty = [pk for pk in free if pk not in found and left.get(pk, NOTHING_OPEN).none]
    if empty:
        found |= {pk: one.nothing() for pk, one in availability.by_project(tasker, empty).items()}
    left |= {pk: one.roughly() for pk, one in left.items() if choice.terms[pk].gold_share}
    return {pk: Prospect(terms, found.get(pk), left.get(pk, NOTHING_OPEN)) for pk, terms in choice.terms.items()}
