"""The moment work is handed in: one delivery, with a guard for what is in time and one for what is late."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from projects.errors import AlreadySubmitted, Banned, LeaseLost
from projects.models import FIRST_SLOTS, Annotation, Assignment, Exclusion, Task
from projects.models.promises import ALIKE, COMPARED
from projects.queue import local_time
from projects.queue.claim_numbers import choose_anew
from projects.queue.clock import Clock
from projects.queue.leases import refuse_wrong_token
from taskers.database.prepared import array, ask, ask_named
from taskers.models import Person

# What each label asks of the parts that carry it, as one JSON text; those retired since the work began are still taken.
LABELS = """
(SELECT json_object_agg(l.key, json_build_object(
   'shapes', l.shapes, 'attributes', l.attributes, 'field', l.field, 'parent', p.key))
 FROM projects_label l LEFT JOIN projects_label p ON p.id = l.parent_id
 WHERE l.project_id = %(project)s::bigint AND (l.retired_at IS NULL OR l.retired_at > %(since)s::timestamptz))::text
"""

LOCK_KNOWN = f"""
SELECT withheld, wanted, {LABELS} FROM projects_task WHERE id = %(task)s::bigint FOR NO KEY UPDATE
"""

# Everything that handing in writes, in one statement: the state, the annotation, how long it may be corrected, the
# draft's end, the tasker's day (a course fills no place of it, but what it pays counts), the event. The caller holds
# the task's lock, so the counts are those of everybody before this one. The assignment is found by its key whatever the
# statistics say: a comparison that implied "held" or "somebody's" would let the planner walk all of those.
DELIVER = """
WITH mine AS (
  UPDATE projects_assignment SET state = 'submitted', ended_at = clock_timestamp()
  WHERE id = %(assignment)s::bigint
    AND (tasker_id, token, state || '') IS NOT DISTINCT FROM (%(tasker)s::bigint, %(token)s::uuid, %(state)s::text)
  RETURNING id, task_id, batch_id, kind, rate, settings_version
), written AS (
  INSERT INTO projects_annotation
    (public_id, assignment_id, task_id, tasker_id, answer, settings_version, active_ms, refused)
  SELECT gen_random_uuid(), id, task_id, %(tasker)s::bigint, %(answer)s::jsonb, settings_version, %(active_ms)s::int,
    %(refused)s::jsonb
  FROM mine
  RETURNING id, public_id, task_id, settings_version, at
), correctable AS (
  INSERT INTO projects_correctable (assignment_id, until)
  SELECT mine.id, clock_timestamp() + make_interval(mins => s.correction_minutes)
  FROM mine JOIN projects_projectsettings s
    ON s.project_id = %(project)s::bigint AND s.version = mine.settings_version
      AND (s.correction_minutes > 0 OR %(deferred)s::boolean)
  WHERE %(corrects)s::boolean AND mine.kind = ANY(%(alike)s::text[])
  RETURNING until
), done AS (
  DELETE FROM projects_draft WHERE assignment_id IN (SELECT id FROM mine)
), counted AS (
  INSERT INTO projects_daytally AS d (tasker_id, project_id, day, judgements, promised, at)
  SELECT %(tasker)s::bigint, %(project)s::bigint, %(today)s::date, (kind <> 'training')::int,
    coalesce(%(promised)s::bigint, rate, 0), clock_timestamp()
  FROM mine WHERE kind || '' <> 'review'
  ON CONFLICT (tasker_id, project_id, day) DO UPDATE
    SET judgements = d.judgements + excluded.judgements, promised = d.promised + excluded.promised, at = excluded.at
), told AS (
  INSERT INTO taskers_event (organization_id, kind, actor_id, project_key, subject, data)
  SELECT %(organization)s::bigint, %(event)s, %(tasker)s::bigint, %(project_key)s::uuid, %(subject)s,
    jsonb_build_object('batch', mine.batch_id, 'task', mine.task_id, 'assignment', mine.id, 'annotation', written.id)
      || %(told)s::jsonb
  FROM mine JOIN written ON true
)
SELECT w.id, w.public_id, w.settings_version, w.at, c.correctable,
  CASE WHEN c.correctable THEN 0 ELSE (SELECT count(*) FROM projects_assignment a
   WHERE a.task_id = w.task_id AND a.kind = 'judge' AND a.state = 'submitted' AND a.voided_at IS NULL) END AS before,
  CASE WHEN c.correctable THEN false ELSE EXISTS (SELECT FROM projects_verdict v
   WHERE v.task_id = w.task_id AND v.superseded_at IS NULL) END AS decided
FROM written w CROSS JOIN (SELECT EXISTS (SELECT FROM correctable) AS correctable) c
"""


# What a correction promises more, or less, counts into the day on which it comes; of less no day owes anybody.
PROMISE = """
INSERT INTO projects_daytally AS d (tasker_id, project_id, day, judgements, promised, at)
VALUES (%(tasker)s::bigint, %(project)s::bigint, %(today)s::date, 0, greatest(0, %(more)s::bigint), clock_timestamp())
ON CONFLICT (tasker_id, project_id, day) DO UPDATE
  SET promised = greatest(0, d.promised + %(more)s::bigint), at = excluded.at
RETURNING promised
"""


@dataclass(frozen=True)
class Delivery:
    """Work that was handed in, and what it meets there."""

    annotation: Annotation
    judgements: int  # of the task, this one counted if it is one
    decided: bool
    correctable: bool
    late: bool = False  # after its lease ran out

    def may_decide(self, task: Task) -> bool:
        """Whether anything can follow: while judgements are out, nothing but their arrival.

        What waits for a reviewer already, or is decided, takes note of every answer.
        """
        return self.decided or bool(task.withheld) or self.judgements >= task.wanted


def lock_known(assignment: Assignment) -> tuple[Task, dict[str, dict]]:
    """Lock the task of an assignment, loaded already with its project, and bring what may have changed up to date.

    With it come the labels that its answer may carry (see `LABELS`).
    """
    task = assignment.task
    terms = {"task": task.pk, "project": task.project_id, "since": assignment.held_at}
    task.withheld, task.wanted, labels = ask(LOCK_KNOWN, terms)[0]
    return task, json.loads(labels or "{}")


def deliver(
    assignment: Assignment,
    tasker: Person,
    token: UUID,
    answer: dict,
    *,
    event: str,
    active_ms: int = 0,
    refused: Sequence[str] = (),
    promised: int | None = None,
    deferred: bool = False,
    **told: object,
) -> Delivery | Annotation:
    """Hand in work with its annotation, once, and tell it; the annotation alone if it was handed in before. `promised`
    is what the tasker's day counts of it, in millionths; its rate where nothing is said. Where it is `deferred`, what
    follows from a person's work of ALIKE kinds waits for a worker, as if it could be corrected for no time at all.

    The caller holds the task's lock. Raises WrongToken, AlreadySubmitted (with another answer), LeaseLost or Banned.
    """
    project = assignment.task.project
    terms = {
        "assignment": assignment.pk,
        "tasker": tasker.pk,
        "token": token,
        "state": Assignment.State.HELD,
        "answer": json.dumps(answer, ensure_ascii=False),
        "active_ms": active_ms,
        "refused": json.dumps(list(refused), ensure_ascii=False),
        "project": project.pk,
        "today": local_time.today(tasker).date,
        "organization": project.organization_id,
        "event": event,
        "told": json.dumps(told),
        "project_key": project.public_id,
        "subject": f"task:{assignment.task.public_id}",
        "promised": promised,
        "corrects": tasker.kind == Person.Kind.HUMAN,
        "deferred": deferred,
        "alike": array(ALIKE),
    }
    rows = ask_named(DELIVER, terms)
    late = not rows
    if late:
        refuse_wrong_token(assignment, token)
        if (before := _handed_in(assignment, tasker, answer)) is not None:
            return before
        _guard_late(assignment, tasker, token)
        rows = ask_named(DELIVER, terms | {"state": Assignment.State.EXPIRED})
    if not rows:
        raise LeaseLost()
    (made,) = rows
    written = {key: made[key] for key in ("public_id", "settings_version", "at")}
    written |= {"answer": answer, "active_ms": active_ms, "refused": list(refused)}
    annotation = Annotation(pk=made["id"], assignment=assignment, task=assignment.task, tasker=tasker, **written)
    annotation._state.adding = False
    assignment.state = Assignment.State.SUBMITTED
    mine = int(assignment.kind == Assignment.Kind.JUDGE)  # the statement counts what was there before it
    return Delivery(annotation, made["before"] + mine, made["decided"], made["correctable"], late)


def promise(tasker: Person, project_key: int, more: int) -> None:
    """Count into a tasker's day what work that they corrected is promised now beside what it was."""
    today = local_time.today(tasker).date
    if more:
        ask(PROMISE, {"tasker": tasker.pk, "project": project_key, "today": today, "more": more})


def _handed_in(assignment: Assignment, tasker: Person, answer: dict) -> Annotation | None:
    """What this tasker handed in of it before. Raises AlreadySubmitted if it was another answer."""
    before = Annotation.objects.current().filter(assignment=assignment, tasker=tasker).first()
    if before is not None and before.answer != answer:
        raise AlreadySubmitted()
    return before


def _guard_late(assignment: Assignment, tasker: Person, token: UUID) -> None:
    """Whether work may be handed in although its lease ran out; else raises LeaseLost, AlreadySubmitted or Banned.

    If the open judgement that replaced it wasn't taken yet, that one is withdrawn instead; a known answer is asked of
    nobody instead, and kept as well: who is late with a grid isn't told by it which of its tasks those were. Not of
    somebody who was banned meanwhile: that took what they held, and this is held no more. Nor of whoever opened the
    task's review since: they saw the others' answers, and nobody reviews their own work.
    """
    mine = Assignment.objects.filter(pk=assignment.pk, tasker=tasker, token=token)
    state = mine.values_list("state", flat=True).first()
    if state == Assignment.State.SUBMITTED:
        raise AlreadySubmitted()
    reviews = Assignment.objects.filter(task=assignment.task_id, tasker=tasker, kind=Assignment.Kind.REVIEW)
    if state != Assignment.State.EXPIRED or reviews.exists() or not _withdraw_replacement(assignment):
        raise LeaseLost()
    # Waits for a ban that is being written at this moment, and makes one that comes after wait for this.
    choose_anew([tasker])
    if _banned(assignment, tasker):
        raise Banned()


def _banned(assignment: Assignment, tasker: Person) -> bool:
    project = assignment.task.project
    here = Q(project=None) | Q(project=project)
    rows = Exclusion.objects.filter(here, Q(until=None) | Q(until__gt=Clock()), organization=project.organization_id)
    return rows.filter(tasker=tasker, kind=Exclusion.Kind.BANNED, lifted_at=None).exists()


def _withdraw_replacement(assignment: Assignment) -> bool:
    # Of gold and left-out work nothing is ever open. It is looked for all the same: its time would tell which it is.
    replacement = Assignment.objects.filter(
        task_id=assignment.task_id,
        kind=assignment.kind,
        state="open",
        slot__in=(assignment.slot % FIRST_SLOTS, assignment.slot % FIRST_SLOTS + FIRST_SLOTS),
    )
    withdrawn = replacement.update(state="withdrawn", ended_at=Clock())
    return assignment.kind in COMPARED or (assignment.kind == Assignment.Kind.JUDGE and bool(withdrawn))
