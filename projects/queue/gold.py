"""Gold dealt among the rest: gold unseen, a course openly. They are inserted held, and never queue."""

import random
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from projects.models import Assignment, PooledGold, Project, Task, Verdict
from projects.queue import gold_dealing, qualification
from projects.queue.candidate_slots import Terms, choose
from projects.queue.claim_numbers import turn
from projects.queue.clock import Clock
from projects.queue.events import emit_of_task
from projects.queue.model_draws import HELPED, MODELS_AUDITED
from projects.queue.no_work import Nothing
from projects.queue.slots import fill, lock
from projects.queue.take import BRING, whole
from taskers.database.prepared import ask
from taskers.errors import StateConflict
from taskers.models import Person

# The least used of the stock that this tasker neither saw, whatever became of it, nor made, nor was shown the right
# answer to under another name; what is being dealt at this moment is passed by, so the stock rotates. Worn out, it
# leaves the stock by itself; suspect, it waits for a manager.
UNSEEN = """FROM projects_pooledgold g JOIN projects_gold known ON known.id = g.gold_id
  WHERE g.project_id = %(project)s::bigint AND g.pool = %(pool)s AND g.retired_at IS NULL AND g.suspect_at IS NULL
    AND known.retired_at IS NULL
    AND NOT EXISTS (
      SELECT FROM projects_assignment seen
      WHERE seen.task_id = known.task_id AND seen.tasker_id = %(tasker)s::bigint OFFSET 0)
    AND NOT EXISTS (
      SELECT FROM projects_task t JOIN projects_seenanswer shown ON shown.payload_hash = t.payload_hash
      WHERE t.id = known.task_id AND shown.project_id = g.project_id AND shown.tasker_id = %(tasker)s::bigint OFFSET 0)
    AND known.made_by_id IS DISTINCT FROM %(tasker)s::bigint"""
# Puts what was picked into these hands, if the turn isn't lost.
DEALT = f"""taken AS (
  INSERT INTO projects_assignment (task_id, batch_id, kind, state, slot, tasker_id, token, held_at, deadline,
    settings_version, rate, copilot)
  SELECT t.id, t.batch_id, %(kind)s, 'held', 0, %(tasker)s::bigint, %(token)s::uuid, clock_timestamp(),
    clock_timestamp() + make_interval(secs => %(lease)s::int), %(version)s::int, %(rate)s::bigint,
    {HELPED.format(copilot="%(copilot)s::boolean", task="t.id", control="%(control)s::float")}
      AND NOT {MODELS_AUDITED.format(task="t.id", project="%(project)s::bigint", share="%(audit)s::float")}
  FROM turn, picked JOIN projects_task t ON t.id = picked.task_id
  RETURNING *
), told AS (
  INSERT INTO taskers_event (organization_id, kind, actor_id, project_key, subject, data)
  SELECT %(organization)s::bigint, 'dealt', %(tasker)s::bigint, %(project_key)s::uuid, 'task:' || t.public_id,
    jsonb_build_object('batch', a.batch_id, 'task', a.task_id, 'assignment', a.id, 'kind', a.kind)
  FROM taken a JOIN projects_task t ON t.id = a.task_id
)
{BRING.format(found="picked LEFT JOIN taken a ON a.task_id = picked.task_id")}
"""
NEXT = f"SELECT known.task_id {UNSEEN} ORDER BY g.uses, g.shuffle LIMIT 1"
DEAL = f"""
WITH picked AS (
  SELECT g.gold_id, known.task_id {UNSEEN}
  ORDER BY known.task_id = %(wish)s::bigint DESC, g.uses, g.shuffle LIMIT 1 FOR UPDATE OF g SKIP LOCKED
), {turn("picked")}, worn AS (
  UPDATE projects_pooledgold g SET uses = g.uses + 1, shuffle = %(shuffle)s::float,
    retired_at = CASE WHEN g.uses + 1 >= r.gold_uses AND g.pool = 'control' THEN clock_timestamp() END,
    retired_why = CASE WHEN g.uses + 1 >= r.gold_uses AND g.pool = 'control' THEN 'worn out' ELSE '' END
  FROM picked, turn, projects_assignmentrules r WHERE g.gold_id = picked.gold_id AND r.project_id = g.project_id
), {DEALT}"""


def deal(
    tasker: Person, terms: Terms, projects: Mapping[int, Project], dice: random.Random, wish: int = 0
) -> list[Assignment] | Nothing | None:
    """The course while it is due, gold now and then; None to go on to the walk. `wish`: the task that was foreseen."""
    if course_is_due(tasker, terms):
        return qualification.next_item(tasker, terms, projects[terms.project])
    if gold_dealing.gold_is_due(terms.gold_share or 0.0, (terms.good or 0.0) + (terms.poor or 0.0), dice):
        return _deal(tasker, terms, projects, dice, turn=terms.turn, token=uuid4(), wish=wish) or None
    return None


def places_in_a_group(terms: Terms, number: int, dice: random.Random) -> list[bool]:
    """For each place of a group whether it is to get gold; never more than half of them."""
    evidence, drawn = (terms.good or 0.0) + (terms.poor or 0.0), 0
    places = []
    for _place in range(number):
        due = drawn < number // 2 and gold_dealing.gold_is_due(terms.gold_share or 0.0, evidence, dice)
        drawn += due
        places.append(due)
    return places


def due_among(places: Sequence[bool], judgements: int) -> int:
    """How many of a group's places get gold where there are so many judgements for the others: none after the last."""
    dealt = 0
    for due in places:
        if not judgements:
            break
        judgements, dealt = judgements - (not due), dealt + due
    return dealt


def deal_among(
    found: Sequence[Assignment],
    tasker: Person,
    terms: Terms,
    projects: Mapping[int, Project],
    places: Sequence[bool],
    dice: random.Random,
) -> list[Assignment]:
    """Gold for a group of judgements just taken, under their token, as long as the stock has some.

    The turn of the terms is the one that taking the group left.
    """
    made: list[Assignment] = []
    token = found[0].token
    assert token is not None
    for _gold in range(due_among(places, len(found))):
        more = _deal(tasker, terms, projects, dice, turn=terms.turn + len(made), token=token)  # each moves it on
        if not more:
            break
        made += more
    return made


def foresee(tasker: Person, terms: Terms, dice: random.Random) -> tuple[bool, int | None]:
    """Whether `deal` would step in before the walk, and with which task; no task where it can't be said."""
    if course_is_due(tasker, terms):
        return True, None
    if not gold_dealing.gold_is_due(terms.gold_share or 0.0, (terms.good or 0.0) + (terms.poor or 0.0), dice):
        return False, None
    found = ask(NEXT, {"project": terms.project, "pool": PooledGold.Pool.CONTROL, "tasker": tasker.pk})
    return bool(found), found[0][0] if found else None


def course_is_due(tasker: Person, terms: Terms) -> bool:
    """Whether they must pass the project's course before they judge anything there."""
    return bool(terms.training_tasks) and terms.trained is None and tasker.kind != Person.Kind.MODEL


def begins_with_course(tasker: Person, project: Project) -> bool:
    """The same, asked before any claim."""
    return course_is_due(tasker, choose(tasker, [project], few=True).terms[project.pk])


@transaction.atomic
def set_aside(task: Task, *, by: Person | None) -> Task:
    """Ask nobody to judge a task any more, since its answer is known; doing it again changes nothing. A decided one
    stays as it is.

    Raises StateConflict when somebody works on it or has judged it.
    """
    task = lock(task.pk)
    if not task.wanted or Verdict.objects.current().filter(task=task).exists():
        return task
    # Taken back first and asked then: a claim locks no task, so only what is withdrawn can't be taken any more.
    Assignment.objects.filter(task=task, kind="judge", state="open").update(state="withdrawn", ended_at=Clock())
    if Assignment.objects.counting().filter(task=task).exists():
        raise StateConflict("People are judging this task; wait for its verdict.", code="in-work")
    removed, task.wanted = task.wanted, 0
    Task.objects.filter(pk=task.pk).update(wanted=0)
    emit_of_task("set_aside", task, by, removed=removed)
    return task


@transaction.atomic
def take_up(task: Task, *, by: Person | None) -> Task:
    """Ask for judgements of a task that was set aside, as many as its project wants now. Whoever had to do with it as a
    known answer isn't asked. Raises StateConflict when it wasn't set aside."""
    task = lock(task.pk)
    if task.wanted or Verdict.objects.current().filter(task=task).exists():
        raise StateConflict("This task is ordinary work already.")
    task.wanted = task.project.settings_now().wanted
    Task.objects.filter(pk=task.pk).update(wanted=task.wanted)
    fill(task)
    emit_of_task("taken_up", task, by, added=task.wanted)
    return task


def _deal(
    tasker: Person,
    terms: Terms,
    projects: Mapping[int, Project],
    dice: random.Random,
    *,
    turn: int,
    token: UUID,
    wish: int = 0,
) -> list[Assignment]:
    drawn = {"pool": PooledGold.Pool.CONTROL, "shuffle": dice.random(), "wish": wish}
    values = drawn | put(tasker, terms, projects[terms.project], kind="gold", turn=turn, token=token)
    return [whole(row, projects) for row in ask(DEAL, values)]


def put(tasker: Person, terms: Terms, project: Project, *, kind: str, turn: int, token: UUID) -> dict[str, Any]:
    """The terms of `DEALT`."""
    return {
        "project": terms.project,
        "tasker": tasker.pk,
        "turn": turn,
        "kind": kind,
        "token": token,
        "lease": terms.lease,
        "version": terms.version,
        "rate": terms.rate,
        "copilot": terms.copilot,
        "control": terms.control,
        "audit": terms.audit or 0.0,
        "organization": project.organization_id,
        "project_key": project.public_id,
    }
