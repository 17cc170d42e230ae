"""How a tasker stands in some of their projects, before they ask: two statements, no walk, nothing taken.

That there is nothing is said only where it is known for sure: they may not work there, or nothing is open. What is open
but not for them (they did it already) only a claim finds out.
"""

from collections.abc import Sequence
from typing import NamedTuple

from projects.admission import eligibility
from projects.models import Project
from projects.queue import Nothing, outlook
from projects.queue.places import Terms, choose_of_each
from taskers.models import Person


class Prospect(NamedTuple):
    """How somebody stands in a project before they ask for work there."""

    terms: Terms
    nothing: Nothing | None  # why there is nothing for them now; None where there may be, and while they hold something


def of(tasker: Person, projects: Sequence[Project]) -> dict[int, Prospect]:
    """By project key: how this tasker stands there."""
    if not projects:
        return {}
    choice = choose_of_each(tasker, projects)
    free = {pk: terms for pk, terms in choice.terms.items() if terms.held is None}
    found = {pk: Nothing(*why) for pk, terms in free.items() if (why := eligibility.why_not(terms))}
    open_still = {one.terms.project for one in choice.places}
    empty = [pk for pk in free if pk not in found and pk not in open_still]
    if empty:
        found |= {pk: one.nothing() for pk, one in outlook.by_project(tasker, empty).items()}
    return {pk: Prospect(terms, found.get(pk)) for pk, terms in choice.terms.items()}
