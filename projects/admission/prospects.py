"""How a tasker stands in some of their projects, before they ask: two statements, no walk, nothing taken.

That there is nothing is said only where it is known for sure: they may not work there, or nothing is open. What is open
but not for them (they did it already) only a claim finds out.
"""

from collections.abc import Sequence
from typing import NamedTuple

from projects.admission import eligibility
from projects.models import Project
from projects.queue import Nothing, taking
from projects.queue.nothing import all_done, waiting
from projects.queue.places import Terms, choose_of_each
from taskers.models import Person
from taskers.statements import ask

# By project: when the next lease of somebody else runs out, on a task that this tasker may still do.
NEXT_DEADLINES = f"""
SELECT b.project_id, extract(epoch FROM min(a.deadline) - clock_timestamp())::float
FROM projects_batch b CROSS JOIN LATERAL (
  SELECT a.batch_id, a.task_id, a.deadline FROM projects_assignment a
  WHERE a.batch_id = b.id AND a.state = 'held' AND a.kind = 'judge' ORDER BY a.deadline LIMIT 50
) a
WHERE b.project_id = ANY(%(projects)s::bigint[]) AND b.state = 'live' AND NOT {taking.MINE}
GROUP BY b.project_id
"""


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
        back = dict(ask(NEXT_DEADLINES, {"projects": empty, "tasker": tasker.pk}))
        found |= {pk: waiting(back[pk]) if pk in back else all_done() for pk in empty}
    return {pk: Prospect(terms, found.get(pk)) for pk, terms in choice.terms.items()}
