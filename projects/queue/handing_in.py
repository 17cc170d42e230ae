"""The moment work is handed in: held becomes submitted, or, late, expired becomes submitted if nobody else began."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from projects import eligibility
from projects.errors import AlreadySubmitted, LeaseLost
from projects.models import Annotation, Assignment, Task
from projects.queue.clock import Clock
from projects.queue.statements import ask, columns, row_of
from taskers.models import Person

LOCK_KNOWN = """
SELECT withheld, wanted FROM projects_task WHERE id = %(task)s::bigint FOR NO KEY UPDATE
"""

# Everything that handing in writes, in one statement: the state, the annotation, the draft's end, the tasker's day,
# the event. The caller holds the task's lock, so the counts are those of everybody before this one.
DELIVER = f"""
WITH mine AS (
  UPDATE projects_assignment SET state = 'submitted', ended_at = clock_timestamp()
  WHERE id = %(assignment)s::bigint AND tasker_id + 0 = %(tasker)s::bigint AND token = %(token)s::uuid
    AND state = 'held'
  RETURNING id, task_id, batch_id, kind, rate, settings_version
), written AS (
  INSERT INTO projects_annotation
    (public_id, assignment_id, task_id, tasker_id, answer, settings_version, active_ms, refused)
  SELECT gen_random_uuid(), id, task_id, %(tasker)s::bigint, %(answer)s::jsonb, settings_version, %(active_ms)s::int,
    %(refused)s::jsonb
  FROM mine
  RETURNING *
), done AS (
  DELETE FROM projects_draft WHERE assignment_id IN (SELECT id FROM mine)
), counted AS (
  INSERT INTO projects_daytally AS d (tasker_id, project_id, day, judgements, promised)
  SELECT %(tasker)s::bigint, %(project)s::bigint, %(today)s::date, 1, coalesce(rate, 0) FROM mine
  WHERE kind <> 'review'
  ON CONFLICT (tasker_id, project_id, day)
    DO UPDATE SET judgements = d.judgements + 1, promised = d.promised + excluded.promised
), told AS (
  INSERT INTO taskers_event (organization_id, kind, actor_id, project_key, subject, data)
  SELECT %(organization)s::bigint, %(event)s, %(tasker)s::bigint, %(project_key)s::uuid, %(subject)s,
    jsonb_build_object('batch', mine.batch_id, 'task', mine.task_id, 'assignment', mine.id, 'annotation', written.id)
  FROM mine JOIN written ON true
)
SELECT {columns(Annotation, "w")},
  (SELECT count(*) FROM projects_assignment a
   WHERE a.task_id = w.task_id AND a.kind = 'judge' AND a.state = 'submitted' AND a.voided_at IS NULL),
  EXISTS (SELECT FROM projects_verdict v WHERE v.task_id = w.task_id AND v.superseded_at IS NULL)
FROM written w
"""


@dataclass(frozen=True)
class Delivery:
    """Work that was handed in, and what it meets there."""

    annotation: Annotation
    judgements: int  # of the task, this one counted if it is one
    decided: bool


def lock_known(task: Task) -> Task:
    """Lock a task that the caller has loaded already, with its project, and bring what may have changed up to date."""
    task.withheld, task.wanted = ask(LOCK_KNOWN, {"task": task.pk})[0]
    return task


def deliver(
    assignment: Assignment,
    tasker: Person,
    token: UUID,
    answer: dict,
    *,
    event: str,
    active_ms: int = 0,
    refused: Sequence[str] = (),
) -> Delivery | None:
    """Hand in held work with its annotation, and tell it; None when it isn't in these hands any more (see `hand_in`).

    The caller holds the task's lock.
    """
    project = assignment.task.project
    terms = {
        "assignment": assignment.pk,
        "tasker": tasker.pk,
        "token": token,
        "answer": json.dumps(answer, ensure_ascii=False),
        "active_ms": active_ms,
        "refused": json.dumps(list(refused), ensure_ascii=False),
        "project": project.pk,
        "today": eligibility.local_day(tasker),
        "organization": project.organization_id,
        "event": event,
        "project_key": project.public_id,
        "subject": f"task:{assignment.task.public_id}",
    }
    rows = ask(DELIVER, terms)
    if not rows:
        return None
    *annotation, before, decided = rows[0]
    assignment.state = Assignment.State.SUBMITTED
    mine = int(assignment.kind == Assignment.Kind.JUDGE)  # the statement counts what was there before it
    return Delivery(row_of(Annotation, annotation), before + mine, decided)


def hand_in(assignment: Assignment, tasker: Person, token: UUID) -> Assignment:
    """Mark work as submitted. The caller holds the task's lock and writes the annotation in the same transaction.

    A lease that ran out may still be kept: if the open judgement that replaced it wasn't taken yet, that one is
    withdrawn instead. Raises LeaseLost, or AlreadySubmitted.
    """
    mine = Assignment.objects.filter(pk=assignment.pk, tasker=tasker, token=token)
    now = {"state": "submitted", "ended_at": Clock()}
    if not mine.filter(state="held").update(**now):
        state = mine.values_list("state", flat=True).first()
        if state == "submitted":
            raise AlreadySubmitted()
        if state != "expired" or not _withdraw_replacement(assignment):
            raise LeaseLost()
        mine.filter(state="expired").update(**now)
    assignment.refresh_from_db()
    return assignment


def _withdraw_replacement(assignment: Assignment) -> bool:
    replacement = Assignment.objects.filter(
        task_id=assignment.task_id, kind="judge", state="open", slot=assignment.slot
    )
    return assignment.kind == "judge" and bool(replacement.update(state="withdrawn", ended_at=Clock()))
