"""Correcting what was handed in, for as long as the project grants: a new annotation takes the place of the old one.

The time is granted as the work is handed in (queue/complete.py). Until it is over nothing of the work is decided,
graded or paid, gold like the rest. Then a worker considers it,
piece by piece; nothing depends on when exactly it comes round.

Where a project grants none, that time is over as soon as it begins: a worker, woken by the outbox, considers the work
within a second or two, and no request does more for one kind of work than for another.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from projects import queue
from projects.errors import CorrectionOver
from projects.models import Annotation, Assignment, Correctable, Draft, Task, limits
from projects.models.promises import COMPARED
from projects.quality import consensus, pay
from projects.quality.gold import settling
from projects.queue.answer_check import believed, check_for, genuine
from projects.queue.clock import Clock
from projects.queue.events import emit_of_task
from projects.workflow import batch_closing, returned_work
from taskers.database.prepared import ask, ask_rows
from taskers.models import Person
from taskers.outbox import events

logger = logging.getLogger(__name__)

READER = "submissions"
PIECE = 500

# Judgements whose time is over and from which nothing can follow, many in one statement: of undecided tasks that want
# more than came in, in batches that go on. Whoever hands in meanwhile waits for the task's lock, or isn't counted and
# leaves a row of their own. Tasks that somebody else has locked are left to `end_due`.
PASS_BY = """
WITH due AS (
  SELECT c.assignment_id, a.task_id FROM projects_correctable c JOIN projects_assignment a ON a.id = c.assignment_id
  JOIN projects_batch b ON b.id = a.batch_id
  WHERE c.until <= clock_timestamp() AND a.kind || '' = 'judge' AND a.voided_at IS NULL
    AND b.state NOT IN ('closed', 'cancelled')
    AND NOT EXISTS (SELECT FROM projects_draft d WHERE d.assignment_id = a.id)
    AND NOT EXISTS (
      SELECT FROM projects_annotation n JOIN projects_mistake m ON m.annotation_id = n.id AND m.state = 'returned'
      WHERE n.assignment_id = a.id)
  ORDER BY c.until, c.assignment_id LIMIT %(piece)s::int
), locked AS (
  SELECT t.id, t.wanted FROM projects_task t WHERE t.id IN (SELECT task_id FROM due) AND t.withheld = ''
  ORDER BY t.id FOR NO KEY UPDATE SKIP LOCKED
), waiting AS (
  SELECT l.id FROM locked l
  WHERE NOT EXISTS (SELECT FROM projects_verdict v WHERE v.task_id = l.id AND v.superseded_at IS NULL)
    AND l.wanted > (SELECT count(*) FROM projects_assignment a WHERE a.task_id = l.id
      AND (a.kind || '', a.state || '') = ('judge', 'submitted') AND a.voided_at IS NULL)
), passed AS (
  DELETE FROM projects_correctable c USING due, waiting
  WHERE c.assignment_id = due.assignment_id AND due.task_id = waiting.id
  RETURNING c.assignment_id
)
SELECT count(*) FROM passed
"""
# The end of all such work of a task: drafts go with it. Whether it was sent back, and what may follow (see
# `Delivery.may_decide`).
END = """
WITH ended AS (
  DELETE FROM projects_correctable
  WHERE until <= clock_timestamp() AND assignment_id = ANY(
    ARRAY(SELECT id FROM projects_assignment WHERE task_id = %(task)s::bigint))
  RETURNING assignment_id
), dropped AS (
  DELETE FROM projects_draft WHERE assignment_id IN (SELECT assignment_id FROM ended)
)
SELECT a.id AS assignment, a.kind, a.voided_at IS NOT NULL AS voided, b.state IN ('closed', 'cancelled') AS over,
  EXISTS (
    SELECT FROM projects_annotation n JOIN projects_mistake m ON m.annotation_id = n.id AND m.state = 'returned'
    WHERE n.assignment_id = a.id) AS returned,
  EXISTS (SELECT FROM projects_verdict v WHERE v.task_id = a.task_id AND v.superseded_at IS NULL)
    OR %(wanted)s::int <= (SELECT count(*) FROM projects_assignment o WHERE o.task_id = a.task_id
      AND (o.kind || '', o.state || '') = ('judge', 'submitted') AND o.voided_at IS NULL) AS decidable
FROM ended JOIN projects_assignment a ON a.id = ended.assignment_id JOIN projects_batch b ON b.id = a.batch_id
ORDER BY a.id
"""


class Ended(NamedTuple):
    """Work whose time to be corrected is over: a row of `END`."""

    assignment: int
    kind: str
    voided: bool
    over: bool  # its batch
    returned: bool  # sent back to its tasker, who didn't answer
    decidable: bool


def until(assignment: Assignment) -> datetime:
    """Until when this work may be corrected. Raises CorrectionOver when it may not, or no more."""
    rows = Correctable.objects.filter(assignment=assignment, assignment__voided_at=None, until__gt=Clock())
    found = rows.values_list("until", flat=True).first()
    if found is None:
        raise CorrectionOver()
    return found


def seconds_left(assignment: Assignment) -> int:
    """For how many seconds this work may still be corrected: 0 where it may not, or no more."""
    try:
        return max(0, int((until(assignment) - timezone.now()).total_seconds()))
    except CorrectionOver:
        return 0


@transaction.atomic
def reopen(assignment: Assignment) -> Draft:
    """The draft of a correction: what was begun of it, or else what was handed in. Raises CorrectionOver."""
    until(assignment)
    newest = Annotation.objects.current().get(assignment=assignment)
    return Draft.objects.get_or_create(assignment=assignment, defaults={"version": 1, "answer": newest.answer})[0]


def drop(assignment: Assignment) -> None:
    """Forget what was begun of a correction; what was handed in stays."""
    Draft.objects.filter(assignment=assignment, assignment__state=Assignment.State.SUBMITTED).delete()


@transaction.atomic
def correct(assignment: Assignment, answer: object, *, active_ms: int = 0, refused: Sequence[str] = ()) -> Annotation:
    """Hand in work anew. The same answer again changes nothing. The caller has checked whose work it is. What was sent
    back goes to its reviewer again at once. The tasker's day counts what it is promised more.

    Raises Refused with the place of the fault, or CorrectionOver.
    """
    task = queue.lock(assignment.task_id)
    until(assignment)
    since, version = assignment.held_at, assignment.settings_version
    checked = check_for(task, answer, since=since, version=version)
    before = Annotation.objects.current().select_related("tasker").get(assignment=assignment)
    checked = genuine(assignment, before.tasker, checked)
    Draft.objects.filter(assignment=assignment).delete()
    if checked == before.answer:
        if returned_work.answered(assignment, before, before):
            consensus.consider(task)
        return before
    Annotation.objects.current().filter(pk=before.pk).update(superseded_at=Clock())
    made = Annotation.objects.create(
        assignment=assignment,
        task=task,
        tasker=before.tasker,
        answer=checked,
        settings_version=before.settings_version,
        active_ms=believed(assignment, before.active_ms + active_ms),
        refused=[*before.refused, *refused][: limits.REFUSED],
    )
    said = {"assignment": made.assignment_id, "annotation": made.pk, "superseded": before.pk}
    emit_of_task("corrected", task, before.tasker, **said)
    assignment.task = task
    more = pay.at_hand_in(assignment, checked, made.active_ms)
    queue.promise(before.tasker, task.project_id, more - pay.at_hand_in(assignment, before.answer, before.active_ms))
    if returned_work.answered(assignment, before, made):
        consensus.consider(task)
    return made


def open_review(task: Task, reviewer: Person) -> Assignment:
    """The review of a task, held by this reviewer (`queue.claim_review`). Answers that can't be corrected any more, and
    that no worker has come to yet, are considered first."""
    end_due(task.pk)
    return queue.claim_review(task, reviewer)


def follow_submissions() -> int:
    """Read the outbox, and consider what was handed in and can't be corrected; returns how many events there were.

    The events only wake the reader. What waits is read from its own rows, so that work that can't be considered keeps
    no other back, and what a stopped reader leaves is taken by `catch_up`.
    """
    number = events.follow(READER, lambda _events: None)
    _end_due()
    return number


def catch_up() -> int:
    """Consider what can't be corrected any more, and settle the gold that is due; returns how many of both."""
    return _end_due() + settling.settle_due()


def _end_due() -> int:
    """The work of each task from which something may follow in a transaction of its own, and all others together; what
    fails is logged, and tried again the next time."""
    ended, failed = 0, set[int]()
    due = Correctable.objects.order_by("until", "pk").values_list("assignment__task", flat=True)
    while True:
        while (passed := ask(PASS_BY, {"piece": PIECE})[0][0]) > 0:
            ended += passed
        tasks = dict.fromkeys(due.filter(until__lte=Clock()).exclude(assignment__task__in=failed)[:PIECE])
        if not tasks:
            return ended
        for key in tasks:
            try:
                ended += end_due(key)
            except Exception:
                logger.exception("The work on task %s can't be considered; it is tried again later.", key)
                failed.add(key)


@transaction.atomic
def end_due(task_key: int) -> int:
    """What follows from the work on one task that can't be corrected any more, once; returns how many pieces of work
    that was."""
    task = queue.lock(task_key)
    ended = ask_rows(END, {"task": task_key, "wanted": task.wanted}, Ended)
    for work in ended:
        if work.returned:
            returned_work.run_out(work.assignment)
        if work.kind in COMPARED and not work.voided:
            rows = Annotation.objects.current().select_related("assignment", "tasker")
            annotation = rows.get(assignment=work.assignment)
            annotation.task = annotation.assignment.task = task
            settling.receive(annotation.assignment, annotation)
    judged = [work for work in ended if work.kind == Assignment.Kind.JUDGE]
    # Voided or not: another answer may have waited for one that was.
    if judged and (task.withheld or judged[0].decidable):
        consensus.consider(task)
    if judged and judged[0].over:
        batch_closing.look_again(task.batch_id, [task.pk])
    return len(ended)
