"""Known answers dealt among the rest: gold unseen, training openly. They are inserted held, and never queue."""

import random
from collections.abc import Mapping
from uuid import uuid4

from django.db import transaction

from projects import dealing
from projects.models import Assignment, Project, StockedGold, Task, Verdict
from projects.queue.nothing import Nothing
from projects.queue.places import Terms
from projects.queue.slots import lock
from projects.queue.statements import ask
from projects.queue.taking import BRING, whole
from taskers.errors import StateConflict
from taskers.models import Person
from taskers.outbox import emit

# The least used of the stock that this tasker never saw, whatever became of it; what is being dealt at this moment is
# passed by, so the stock rotates. Worn out, it leaves the stock by itself.
DEAL = f"""
WITH picked AS (
  SELECT g.gold_id, known.task_id FROM projects_stockedgold g JOIN projects_gold known ON known.id = g.gold_id
  WHERE g.project_id = %(project)s::bigint AND g.pool = %(pool)s AND g.retired_at IS NULL AND known.retired_at IS NULL
    AND NOT EXISTS (
      SELECT FROM projects_assignment seen
      WHERE seen.task_id = known.task_id AND seen.tasker_id = %(tasker)s::bigint OFFSET 0)
  ORDER BY g.uses, g.shuffle LIMIT 1 FOR UPDATE OF g SKIP LOCKED
), worn AS (
  UPDATE projects_stockedgold g SET uses = g.uses + 1, shuffle = %(shuffle)s::float,
    retired_at = CASE WHEN g.uses + 1 >= r.gold_uses AND g.pool = 'control' THEN clock_timestamp() END,
    retired_why = CASE WHEN g.uses + 1 >= r.gold_uses AND g.pool = 'control' THEN 'worn out' ELSE '' END
  FROM picked, projects_dealingrules r WHERE g.gold_id = picked.gold_id AND r.project_id = g.project_id
), taken AS (
  INSERT INTO projects_assignment (task_id, batch_id, kind, state, slot, tasker_id, token, held_at, deadline,
    settings_version, rate, copilot)
  SELECT t.id, t.batch_id, %(kind)s, 'held', 0, %(tasker)s::bigint, %(token)s::uuid, clock_timestamp(),
    clock_timestamp() + make_interval(secs => %(lease)s::int), %(version)s::int, %(rate)s::bigint, %(copilot)s::boolean
  FROM picked JOIN projects_task t ON t.id = picked.task_id
  RETURNING *
), told AS (
  INSERT INTO taskers_event (organization_id, kind, actor_id, project_key, subject, data)
  SELECT %(organization)s::bigint, 'dealt', %(tasker)s::bigint, %(project_key)s::uuid, 'task:' || t.public_id,
    jsonb_build_object('batch', a.batch_id, 'task', a.task_id, 'assignment', a.id, 'kind', a.kind)
  FROM taken a JOIN projects_task t ON t.id = a.task_id
)
{BRING}
"""

TRAINED = """
SELECT count(*) FROM projects_assignment a JOIN projects_task t ON t.id = a.task_id
WHERE t.project_id = %(project)s::bigint AND a.tasker_id = %(tasker)s::bigint
  AND a.kind = 'training' AND a.state = 'submitted'
"""


def deal(
    tasker: Person, terms: Terms, projects: Mapping[int, Project], dice: random.Random
) -> list[Assignment] | Nothing | None:
    """Training while it is due, gold now and then; None to go on to the walk."""
    if terms.training_tasks and terms.trained is None:
        return _training(tasker, terms, projects, dice)
    if dealing.gold_is_due(terms.gold_share or 0.0, (terms.good or 0.0) + (terms.poor or 0.0), dice):
        return _deal(tasker, terms, projects, dice, StockedGold.Pool.CONTROL) or None
    return None


@transaction.atomic
def set_aside(task: Task, *, by: Person | None) -> Task:
    """Ask nobody to judge a task any more, since its answer is known. A decided one stays as it is.

    Raises StateConflict when somebody works on it or has judged it.
    """
    task = lock(task.pk)
    if Verdict.objects.current().filter(task=task).exists():
        return task
    if Assignment.objects.counting().filter(task=task).exclude(state="open").exists():
        raise StateConflict("People are judging this task; wait for its verdict.", code="in-work")
    Assignment.objects.filter(task=task, kind="judge", state="open").update(state="withdrawn")
    removed, task.wanted = task.wanted, 0
    Task.objects.filter(pk=task.pk).update(wanted=0)
    emit(
        "set_aside",
        organization_id=task.project.organization_id,
        actor_id=by.pk if by else None,
        project_key=task.project.public_id,
        subject=f"task:{task.public_id}",
        batch=task.batch_id,
        task=task.pk,
        removed=removed,
    )
    return task


def _training(
    tasker: Person, terms: Terms, projects: Mapping[int, Project], dice: random.Random
) -> list[Assignment] | Nothing:
    (done,) = ask(TRAINED, {"project": terms.project, "tasker": tasker.pk})[0]
    if done >= (terms.training_tasks or 0) * (terms.training_tries or 1):
        return Nothing("not-qualified", "You didn't pass the training for this project, and have no try left.")
    dealt = _deal(tasker, terms, projects, dice, StockedGold.Pool.TRAINING)
    return dealt or Nothing("no-training", "There is no training left that you haven't seen; ask your manager.")


def _deal(
    tasker: Person, terms: Terms, projects: Mapping[int, Project], dice: random.Random, pool: str
) -> list[Assignment]:
    project = projects[terms.project]
    training = pool == StockedGold.Pool.TRAINING
    values = {
        "project": terms.project,
        "pool": pool,
        "tasker": tasker.pk,
        "shuffle": dice.random(),
        "kind": "training" if training else "gold",
        "token": uuid4(),
        "lease": terms.lease,
        "version": terms.version,
        "rate": 0 if training else terms.rate,
        "copilot": terms.copilot,
        "organization": project.organization_id,
        "project_key": project.public_id,
    }
    return [whole(row, projects) for row in ask(DEAL, values)]
