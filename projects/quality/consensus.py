"""From answers to verdicts, and what follows from them: grades and earnings, in the same transaction.

The only writer of Verdict. A verdict comes from the project's method when the answers are sure enough, or from a
reviewer, or from a model that has earned it; a new one supersedes the one before. Money follows the newest: what is no
longer earned is reversed, never edited.

Read from top to bottom, this is how a task is decided: what is considered (`Case`), what follows from it (`Step`), what
is decided (`Decision`), and what that brings about (`_conclude`).
"""

import json
from collections.abc import Sequence

from django.db import transaction
from procrastinate.contrib.django import app

from projects import queue
from projects.errors import AlreadyDecided, StillCorrectable
from projects.inference.deadline import TooLong
from projects.models import Annotation, AnswerTimes, SecondLook, Task, Verdict
from projects.quality import aggregation, audits, effects, learning
from projects.quality.aggregation import Weighed
from projects.quality.audits import REVIEW
from projects.quality.comparisons import beside, uncompared
from projects.quality.decision import Decision
from projects.quality.decision_rule import AskMore, Decide, PassOn, Step, Wait, asked_by_rule, last_step, next_step
from projects.quality.effects import Compared, key_of, promised_for
from projects.quality.first_answers import as_first_said
from projects.quality.metrics import DECISIONS
from projects.quality.votes import Case, Vote, case_of
from projects.queue.clock import Clock
from projects.queue.events import emit_of_task
from taskers.database.prepared import array, ask_named
from taskers.errors import StateConflict
from taskers.models import Grade, Person
from taskers.telemetry.spans import traced

AUTO = "auto_v1"  # one model's answer, alone: answers.py says when
IMPORTED = "imported_v1"  # decided elsewhere, and brought in with its task
JOB = "projects.jobs.consider_later"
AT_ONCE = 1.0  # seconds of comparing for which somebody who hands in may wait; beyond, a worker does it
AT_MOST = 120.0  # seconds of a worker
TOO_LONG = "The answers are too many, or too detailed, to be compared by itself."

# A verdict, and that it is told. It begins at the moment at which the one whose place it takes ends.
WRITE = """
WITH decided AS (
  INSERT INTO projects_verdict
    (public_id, task_id, answer, confidence, method, rests_on, agreements, settings_version, decided_by_id, note,
      source_answered_at, source_duration_ms, at)
  VALUES (gen_random_uuid(), %(task)s::bigint, %(answer)s::jsonb, %(confidence)s::float, %(method)s,
    %(rests_on)s::bigint[], %(agreements)s::jsonb, %(version)s::int, %(decided_by)s::bigint, %(note)s,
    %(answered_at)s::timestamptz, %(duration_ms)s::bigint,
    coalesce((SELECT b.superseded_at FROM projects_verdict b WHERE b.id = %(before)s::bigint), statement_timestamp()))
  RETURNING id, public_id, at
), told AS (
  INSERT INTO taskers_event (organization_id, kind, actor_id, project_key, subject, data)
  SELECT %(organization)s::bigint, 'decided', %(decided_by)s::bigint, %(project_key)s::uuid, %(subject)s,
    %(told)s::jsonb || jsonb_build_object('verdict', id)
  FROM decided
)
SELECT id, public_id, at FROM decided
"""


@traced
def consider(task: Task) -> Verdict | None:
    """Weigh a task anew; decide it if it is sure enough, ask one more person, or pass it to review.

    The caller holds the task's lock. Work that arrives after the decision is graded and paid by the verdict that
    stands, and changes nothing. While an answer may still be corrected, nothing follows at all.
    """
    case = case_of(task)
    if case.standing is not None:
        verdict = Verdict.objects.get(pk=case.standing)
        if not case.correctable:
            _take_late(case, verdict)
        return verdict
    if case.correctable:
        return None
    try:
        weighed = aggregation.weigh_within(AT_ONCE, case.terms, case.votes)
    except TooLong:
        if case.complete:
            app.configure_task(JOB, queue="jobs").defer(task_key=task.pk)
        return None
    return _take(next_step(case, weighed), case, weighed)


def consider_later(task_key: int) -> Verdict | None:
    """Weigh answers that take long to compare, while nobody waits and nothing is locked, and then do as `consider`.

    What takes longer than AT_MOST, a reviewer decides. What came meanwhile is considered anew.
    """
    before = case_of(Task.objects.select_related("project__organization").get(pk=task_key))
    try:
        weighed = aggregation.weigh_within(AT_MOST, before.terms, before.votes)
    except TooLong:
        weighed = None
    with transaction.atomic():
        case = case_of(queue.lock(task_key))
        if case.standing is not None or case.correctable or _basis(case) != _basis(before):
            return consider(case.task)
        if weighed is not None:
            return _take(next_step(case, weighed), case, weighed)
        if case.complete:
            queue.pass_on(case.task, Task.Withheld.REVIEW, note=TOO_LONG)
        return None


def consider_last(task: Task) -> Verdict | None:
    """Decide a task by what came in, or pass it to a reviewer: nobody else will be asked.

    The caller holds the task's lock and has made sure that it wants no more than it has, and has no verdict.
    """
    case = case_of(task)
    try:
        weighed = aggregation.weigh_within(AT_MOST, case.terms, case.votes)
    except TooLong:
        if not task.withheld:
            queue.pass_on(task, Task.Withheld.REVIEW, note=TOO_LONG)
        return None
    return _take(last_step(case, weighed), case, weighed)


def foretell(task: Task) -> tuple[bool, int]:
    """Whether `consider_last` would decide a task now, and what its answers would earn then, in millionths; where it
    wouldn't, what was promised for them. Writes and locks nothing."""
    case = case_of(task)
    task.wanted = min(task.wanted, len(case.votes))
    try:
        weighed = aggregation.weigh_within(AT_ONCE, case.terms, case.votes)
    except TooLong:
        return False, promised_for(case)
    if isinstance(last_step(case, weighed), Decide):
        return True, effects.earned_by(case, _beside_outcome(case, weighed), weighed.outcome.answer or {})
    return False, promised_for(case)


@transaction.atomic
def resolve(task: Task, reviewer: Person, decision: Annotation, *, note: str = "") -> Verdict:
    """A reviewer's decision becomes the verdict. The caller holds the task's lock and has handed the review in.

    Raises StillCorrectable.
    """
    case = case_of(task)
    if case.correctable:
        raise StillCorrectable()
    answers = beside(case, case.votes, decision.answer)
    first = as_first_said(case)
    graded = answers if first is case.votes else beside(case, first, decision.answer)
    reviewed = Decision(
        decision.answer,
        1.0,
        REVIEW,
        [decision.pk],
        answers,
        graded,
        decided_by=reviewer,
        note=note[:2000],
        review=decision,
    )  # fmt: skip
    verdict = _conclude(case, reviewed)
    open_looks = SecondLook.objects.filter(task=task, state=SecondLook.State.OPEN)
    open_looks.update(state=SecondLook.State.ANSWERED, ended_by=reviewer, ended_at=Clock())
    return verdict


def accept(task: Task, annotation: Annotation, confidence: float) -> Verdict:
    """A model's answer becomes the verdict, alone: it grades nobody, and nobody is paid by it.

    The caller holds the task's lock and knows that nobody else handed in and that the model has earned it.
    """
    case = case_of(task)
    answers = [Compared(one, None) for one in case.votes]
    return _conclude(case, Decision(annotation.answer, confidence, AUTO, [annotation.pk], answers))


def adopt(
    task: Task, answer: dict, *, confidence: float, note: str = "", times: AnswerTimes | None = None
) -> Verdict | None:
    """What was decided elsewhere becomes the verdict: it grades nobody, and whoever answered here is paid.

    None where the task has a verdict already, or an answer that may still be corrected. The caller holds the task's
    lock.
    """
    case = case_of(task)
    if case.standing is not None or case.correctable:
        return None
    votes, times = uncompared(case.votes), times or AnswerTimes()
    return _conclude(case, Decision(answer, confidence, IMPORTED, [], votes, note=note[:2000], times=times))


@transaction.atomic
def reopen(task: Task, *, by: Person) -> Task:
    """Set a verdict aside and ask again: whoever is missing, or one more. What was earned stays until the next verdict.

    Raises StateConflict where there is no verdict.
    """
    task = queue.lock(task.pk)
    current = _set_aside(task)
    task = queue.ask_again(task, by=by)
    emit_of_task("reopened", task, by, judgements=len(current.agreements), verdict=current.pk)
    return task


@transaction.atomic
def take_back(task: Task, reviewer: Person) -> Task:
    """Set a reviewer's own verdict aside: the task waits for a reviewer again. What the review earned is taken back;
    what the answers earned stays until the next verdict.

    The caller holds the task's lock, and knows that the verdict is this reviewer's.
    """
    current = _set_aside(task)
    emit_of_task("reopened", task, reviewer, judgements=len(current.agreements), verdict=current.pk)
    queue.pass_on(task, Task.Withheld.REVIEW, by=reviewer)
    effects.take_back_review(current)
    return task


def _set_aside(task: Task) -> Verdict:
    """The verdict that stood until now. Raises StateConflict where there is none."""
    current = Verdict.objects.current().filter(task=task).first()
    if current is None or not Verdict.objects.current().filter(pk=current.pk).update(superseded_at=Clock()):
        raise StateConflict("This task has no verdict to set aside.")
    return current


def _basis(case: Case) -> tuple:
    """What an outcome holds for: these answers, as they count, under these settings."""
    return case.terms.settings.version, [(one.annotation.pk, one.why) for one in case.votes]


def _take(step: Step, case: Case, weighed: Weighed) -> Verdict | None:
    """Do what follows from answers that were weighed. The caller holds the task's lock."""
    match step:
        case Decide():
            return _conclude(case, _by_method(case, weighed))
        case Wait():
            aggregation.keep_in_order(case.terms, [(case.task, weighed)])
        case AskMore(wanted):
            aggregation.keep(case.terms, [(case.task, weighed)])
            queue.ask_more(case.task, wanted)
        case PassOn(doubt):
            aggregation.keep(case.terms, [(case.task, weighed)])
            queue.pass_on(case.task, Task.Withheld.REVIEW, note=doubt)
    return None


def _by_method(case: Case, weighed: Weighed) -> Decision:
    """What the answers decide together."""
    return Decision(
        answer=weighed.outcome.answer or {},
        confidence=weighed.confidence,
        method=weighed.method,
        rests_on=[one.annotation.pk for one in weighed.supports],
        answers=_beside_outcome(case, weighed),
        supports=weighed.supports,
        weighed=weighed,
    )


def _beside_outcome(case: Case, weighed: Weighed) -> list[Compared]:
    """Each answer beside what they decide together, in their order."""
    outcome = weighed.outcome
    voteless = [one for one in weighed.votes if not one.votes]
    alone = len(weighed.supports) == 1
    compared = [Compared(one, value) for one, value in zip(weighed.voting, outcome.agreements, strict=True)]
    compared += uncompared(voteless) if alone else beside(case, voteless, outcome.answer or {})
    return sorted(compared, key=lambda one: one.annotation.pk)


def _conclude(case: Case, decision: Decision) -> Verdict:
    """Write a decision down, and all that follows. The caller holds the task's lock.

    The taskers' standings are locked last and shortly: many wait for them.
    """
    before = _supersede(case, decision)
    verdict = _write(case, decision, before)
    if case.open or case.task.withheld:
        queue.settle(case.task)
    if decision.weighed is not None:
        aggregation.keep(case.terms, [(case.task, decision.weighed)])
    if _is_audited(case, decision):
        audits.open_with(verdict, case.terms.project)
    elif decision.weighed is not None and asked_by_rule(case, decision.weighed):
        audits.open_with(verdict, case.terms.project, SecondLook.Reason.RULE)
    effects.pay(case, verdict, decision.answers)
    if decision.review is not None:
        effects.pay_review(case, decision.review)
    effects.grade(case, verdict, decision.graded or decision.answers, decision.supports)
    transaction.on_commit(DECISIONS.labels(decision.method).inc)
    learning.teach(case.terms, _learnt_from(case, decision), decision.answer if decision.decided_by else None)
    return verdict


def _learnt_from(case: Case, decision: Decision) -> Sequence[Vote]:
    return [one.vote for one in decision.graded] or case.votes


def _supersede(case: Case, decision: Decision) -> Verdict | None:
    """The verdict that stood, if any did; only a reviewer's takes its place."""
    if case.standing is None:
        return None
    before = Verdict.objects.get(pk=case.standing)
    if not Verdict.objects.current().filter(pk=before.pk).update(superseded_at=Clock()):
        return None
    if decision.decided_by is None:
        raise AlreadyDecided()
    return before


def _write(case: Case, decision: Decision, before: Verdict | None) -> Verdict:
    """The verdict, and the event that tells it; `before` is the one whose place it takes."""
    task, version, by = case.task, case.terms.settings.version, decision.decided_by
    confidence = min(1.0, max(0.0, decision.confidence))
    agreements = {str(one.annotation.pk): one.agreement for one in decision.answers}
    values = {
        "task": task.pk,
        "answer": json.dumps(decision.answer, ensure_ascii=False),
        "confidence": confidence,
        "method": decision.method,
        "rests_on": array(decision.rests_on),
        "agreements": json.dumps(agreements),
        "version": version,
        "decided_by": by.pk if by else None,
        "note": decision.note,
        **decision.times._asdict(),
        "before": before.pk if before else None,
        "organization": task.project.organization_id,
        "project_key": task.project.public_id,
        "subject": f"task:{task.public_id}",
        "told": json.dumps(_told(case, decision, before)),
    }
    (made,) = ask_named(WRITE, values)
    verdict = Verdict(
        **made,
        task=task,
        answer=decision.answer,
        confidence=confidence,
        method=decision.method,
        rests_on=list(decision.rests_on),
        agreements=agreements,
        settings_version=version,
        decided_by=by,
        note=decision.note,
        source_answered_at=decision.times.answered_at,
        source_duration_ms=decision.times.duration_ms,
    )
    verdict._state.adding = False
    return verdict


def _told(case: Case, decision: Decision, before: Verdict | None) -> dict:
    """What the event of a verdict says of it, but for its key."""
    return {
        "batch": case.task.batch_id,
        "task": case.task.pk,
        "method": decision.method,
        "waited": case.task.withheld,
        "superseded": before is not None,
        "judgements": len(case.votes) - (len(before.agreements) if before else 0),
    }


def _is_audited(case: Case, decision: Decision) -> bool:
    """Whether a verdict is an audit: each that the method gives a task that was drawn, and its first whoever gave it.

    What reviewers decide later is answered by that, what a model decides alone has audits of its own, and what was
    decided elsewhere tells nothing of the method.
    """
    return (
        case.audited and decision.method not in {AUTO, IMPORTED} and (decision.decided_by is None or not case.verdicts)
    )


def _take_late(case: Case, verdict: Verdict) -> None:
    """Pay and grade what came after the verdict by it, once."""
    late = [one for one in case.votes if str(one.annotation.pk) not in verdict.agreements]
    keys = {key_of(verdict.pk, one.annotation): one for one in late}
    graded = set(Grade.objects.filter(key__in=list(keys)).values_list("key", flat=True)) if keys else set()
    new = [one for key, one in keys.items() if key not in graded]
    if new:
        # Nobody is measured by one answer that decided alone, a model's or a person's, nor by what was decided
        # elsewhere, which rests on none; the late are paid all the same.
        alone = verdict.decided_by_id is None and len(verdict.rests_on) <= 1
        answers = uncompared(new) if alone else beside(case, new, verdict.answer)
        effects.pay(case, verdict, answers)
        effects.grade(case, verdict, answers, ())
