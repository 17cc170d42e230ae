"""Work left out of consensus: decided tasks, dealt once more so that planted errors are shown on others than gold.

A planted error (assist/suggestions/planted_errors.py) says that an answer is compared with something. As many go on
these as on gold, so it doesn't say with what. Their tasks are decided: nothing rests on the answer, its tasker is paid
and graded by the verdict that stands, at such a moment as gold is. Models get none, nor does anybody in groups, which
no copilot helps.
"""

import random
from collections.abc import Mapping
from uuid import uuid4

from projects.models import Assignment, Project
from projects.queue import claim_numbers, gold_dealing
from projects.queue.candidate_slots import Terms
from projects.queue.gold import DEALT, put
from projects.queue.take import whole
from taskers.database.prepared import ask
from taskers.models import Person

LOOKED = 200  # tasks, from a place that is drawn

# Decided tasks of live batches that this tasker had nothing to do with and that are nobody's gold.
FREE = f"""
SELECT t.id FROM (
  SELECT t.* FROM projects_task t WHERE t.project_id = %(project)s::bigint AND t.id >= %(start)s::bigint
  ORDER BY t.id LIMIT {LOOKED}
) t JOIN projects_batch b ON b.id = t.batch_id AND b.state = 'live'
WHERE EXISTS (SELECT FROM projects_verdict v WHERE v.task_id = t.id AND v.superseded_at IS NULL OFFSET 0)
  AND NOT EXISTS (SELECT FROM projects_assignment a
    WHERE a.task_id = t.id AND (a.tasker_id = %(tasker)s::bigint OR a.state = 'held') OFFSET 0)
  AND NOT EXISTS (SELECT FROM projects_gold g WHERE g.task_id = t.id OFFSET 0)
ORDER BY t.id LIMIT 1
"""
BOUNDS = "SELECT min(id), max(id) FROM projects_task WHERE project_id = %(project)s::bigint"
DEAL = f"""
WITH picked AS (SELECT id AS task_id FROM projects_task WHERE id = %(task)s::bigint),
  {claim_numbers.turn("picked")}, {DEALT}"""


def deal(tasker: Person, terms: Terms, projects: Mapping[int, Project]) -> list[Assignment]:
    """A decided task once more, as often as gold is dealt with a planted error; nothing where none is due or free."""
    task = due(tasker, terms)
    if task is None:
        return []
    values = put(tasker, terms, projects[terms.project], kind="extra", turn=terms.turn, token=uuid4())
    return [whole(row, projects) for row in ask(DEAL, values | {"task": task})]


def due(tasker: Person, terms: Terms) -> int | None:
    """The key of the task that is due at this turn, where gold isn't; the same however often it is asked."""
    if not (terms.planted_share and terms.copilot and terms.gold_share) or tasker.kind != Person.Kind.HUMAN:
        return None
    evidence, dice = (terms.good or 0.0) + (terms.poor or 0.0), claim_numbers.dice(tasker, terms.turn, " left out")
    if not gold_dealing.is_due_instead(terms.gold_share, evidence, claim_numbers.dice(tasker, terms.turn)):
        return None
    if dice.random() >= terms.planted_share:
        return None
    return _free(terms.project, tasker.pk, dice)


def could_be(assignment: Assignment) -> bool:
    """Whether its tasker might have been dealt such work instead: else a planted error would say that this is gold."""
    dice = random.Random(str(assignment.public_id))
    return _free(assignment.task.project_id, assignment.tasker_id or 0, dice) is not None


def _free(project: int, tasker: int, dice: random.Random) -> int | None:
    ((first, last),) = ask(BOUNDS, {"project": project})
    if first is None:
        return None
    for start in (dice.randint(first, last), first):
        if found := ask(FREE, {"project": project, "tasker": tasker, "start": start}):
            return found[0][0]
    return None
