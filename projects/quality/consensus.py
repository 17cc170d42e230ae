"""From answers to verdicts, and what follows from them: grades and earnings, in the same transaction.

The only writer of Verdict. A verdict comes from the project's method when the answers are sure enough, or from a
reviewer; a new one supersedes the one before. Money follows the newest: what is no longer earned is reversed, never
edited.
"""

import json
from collections.abc import Sequence

from django.db import transaction
from procrastinate.contrib.django import app

from projects import queue
from projects.configuration.terms import Terms
from projects.errors import AlreadyDecided, StillCorrectable
from projects.inference import deadline
from projects.inference.deadline import TooLong
from projects.inference.overlap import wanted_after
from projects.models import Annotation, SecondLook, Task, Verdict
from projects.quality import aggregation, learning
from projects.quality.aggregation import Weighed, agreement_in
from projects.quality.decision_rule import doubt_of, is_by_models, sure_of
from projects.quality.effects import earned_of, follow_up, key_of, promised_for
from projects.quality.votes import RETIRED, TAMPERED, Vote, of_task
from projects.queue.clock import Clock
from projects.queue.events import emit_of_task
from projects.queue.model_draws import VERDICT_AUDITED
from taskers.database.prepared import array, ask
from taskers.errors import StateConflict
from taskers.models import Grade, Person

REVIEW = "review_v1"
AUTO = "auto_v1"  # one model's answer, alone: answers.py says when
JOB = "projects.jobs.consider_later"
AT_ONCE = 1.0  # seconds of comparing for which somebody who hands in may wait; beyond, a worker does it
AT_MOST = 120.0  # seconds of a worker
LONGEST_LOOK = 10.0  # seconds of comparing with what a reviewer decided
TOO_LONG = "The answers are too many, or too detailed, to be compared by itself."

DRAWN = VERDICT_AUDITED.format(task="%(task)s::bigint", project="%(project)s::bigint", share="%(audit_share)s::float")
# Whether a task is audited is drawn with its first verdict, and stays so: what the method decides of it later is looked
# at too. What reviewers decide is answered by that, and what a model decides alone has audits of its own.
AUDIT = f"""
  INSERT INTO projects_secondlook (project_id, task_id, verdict_id, reason, state, before, now, ended_by_id, ended_at)
  SELECT %(project)s::bigint, %(task)s::bigint, id, 'audit',
    CASE WHEN %(decided_by)s::bigint IS NULL THEN 'open' ELSE 'answered' END,
    %(confidence)s::float, %(confidence)s::float, %(decided_by)s::bigint,
    CASE WHEN %(decided_by)s::bigint IS NOT NULL THEN at END
  FROM decided
  WHERE %(method)s <> '{AUTO}' AND CASE
    WHEN NOT EXISTS (SELECT FROM projects_verdict v WHERE v.task_id = %(task)s::bigint)
    THEN {DRAWN}
    ELSE %(decided_by)s::bigint IS NULL AND EXISTS (
      SELECT FROM projects_secondlook l
      WHERE l.project_id = %(project)s::bigint AND l.task_id = %(task)s::bigint AND l.reason = 'audit') END
"""
# A verdict with all that it settles at once, in one statement. The caller holds the task's lock.
CONCLUDE = f"""
WITH decided AS (
  INSERT INTO projects_verdict (public_id, task_id, answer, confidence, method, rests_on, agreements, settings_version,
    decided_by_id, note)
  VALUES (gen_random_uuid(), %(task)s::bigint, %(answer)s::jsonb, %(confidence)s::float, %(method)s,
    %(rests_on)s::bigint[], %(agreements)s::jsonb, %(version)s::int, %(decided_by)s::bigint, %(note)s)
  RETURNING id, public_id, at
), {queue.SETTLE}, believed AS ({aggregation.KEEP}), audited AS ({AUDIT}), told AS (
  INSERT INTO taskers_event (organization_id, kind, actor_id, project_key, subject, data)
  SELECT %(organization)s::bigint, 'decided', %(decided_by)s::bigint, %(project_key)s::uuid, %(subject)s,
    %(told)s::jsonb || jsonb_build_object('verdict', id)
  FROM decided
)
SELECT id, public_id, at FROM decided
"""
# What is believed, and what follows while it isn't sure enough: one more is asked, or a reviewer.
ASK_MORE = f"WITH believed AS ({aggregation.KEEP}), {queue.RAISED} SELECT wanted FROM raised"
PASS_ON = f"WITH believed AS ({aggregation.KEEP}), {queue.WITHHELD} SELECT id FROM withheld"


def consider(task: Task) -> Verdict | None:
    """Weigh a task anew; decide it if it is sure enough, ask one more person, or pass it to review.

    The caller holds the task's lock. Work that arrives after the decision is graded and paid by the verdict that
    stands, and changes nothing. While an answer may still be corrected, nothing follows at all.
    """
    terms, votes = of_task(task)
    if terms.verdict is not None:
        current = Verdict.objects.get(pk=terms.verdict)
        if not terms.correctable:
            _follow_up_late(terms, task, current, votes)
        return current
    if terms.correctable:
        return None
    complete = not task.withheld and len(votes) >= task.wanted
    try:
        weighed = aggregation.weigh_within(AT_ONCE, terms, votes)
    except TooLong:
        if complete:
            app.configure_task(JOB, queue="jobs").defer(task_key=task.pk)
        return None
    return _go_on(terms, task, votes, weighed, complete=complete)


def consider_later(task_key: int) -> Verdict | None:
    """Weigh answers that take long to compare, while nobody waits and nothing is locked, and then do as `consider`.

    What takes longer than AT_MOST, a reviewer decides. What came meanwhile is considered anew.
    """
    task = Task.objects.select_related("project__organization").get(pk=task_key)
    terms, votes = of_task(task)
    try:
        weighed = aggregation.weigh_within(AT_MOST, terms, votes)
    except TooLong:
        weighed = None
    with transaction.atomic():
        task = queue.lock(task_key)
        now, votes_now = of_task(task)
        if now.verdict is not None or now.correctable or _basis(now, votes_now) != _basis(terms, votes):
            return consider(task)
        complete = not task.withheld and len(votes) >= task.wanted
        if weighed is not None:
            return _go_on(terms, task, votes, weighed, complete=complete)
        if complete:
            _pass_on_unweighed(task)
        return None


def _basis(terms: Terms, votes: Sequence[Vote]) -> tuple:
    """What an outcome holds for: these answers, as they count, under these settings."""
    return terms.settings.version, [(one.annotation.pk, one.why) for one in votes]


def _go_on(terms: Terms, task: Task, votes: Sequence[Vote], weighed: Weighed, *, complete: bool) -> Verdict | None:
    """What follows from answers that were weighed. The caller holds the task's lock."""
    by_models = is_by_models(votes)
    doubt = doubt_of(terms, task, weighed) if complete else ""
    if complete and not doubt and not by_models:
        return _decide(terms, task, weighed)
    if not complete:
        aggregation.keep(terms, [(task, weighed)])
        return None
    wanted = wanted_after(sure_of(terms, weighed), len(votes), task.wanted, terms.settings.target, terms.most)
    if by_models:  # they may count; without a person they decide nothing here
        wanted = max(wanted, task.wanted + 1)
    if task.wanted < wanted <= queue.MOST_WANTED and (by_models or not weighed.has(TAMPERED)):
        ask(ASK_MORE, {"beliefs": aggregation.beliefs(terms, [(task, weighed)])} | queue.raising(task, wanted))
        task.wanted = wanted
    else:
        _pass_on(terms, task, weighed, doubt)
    return None


def consider_last(task: Task) -> Verdict | None:
    """Decide a task by what came in, or pass it to a reviewer: nobody else will be asked.

    The caller holds the task's lock and has made sure that it wants no more than it has, and has no verdict.
    """
    terms, votes = of_task(task)
    try:
        weighed = aggregation.weigh_within(AT_MOST, terms, votes)
    except TooLong:
        _pass_on_unweighed(task)
        return None
    if task.withheld:
        aggregation.keep(terms, [(task, weighed)])
        return None
    doubt = doubt_of(terms, task, weighed)
    if not doubt and not is_by_models(votes):
        return _decide(terms, task, weighed)
    _pass_on(terms, task, weighed, doubt)
    return None


def foretell(task: Task) -> tuple[bool, int]:
    """Whether `consider_last` would decide a task now, and what its answers would earn then, in millionths; where it
    wouldn't, what was promised for them. Writes and locks nothing."""
    terms, votes = of_task(task)
    task.wanted = min(task.wanted, len(votes))
    try:
        weighed = aggregation.weigh_within(AT_ONCE, terms, votes)
    except TooLong:
        return False, promised_for(votes)
    if task.withheld or is_by_models(votes) or doubt_of(terms, task, weighed):
        return False, promised_for(votes)
    return True, earned_of(terms, votes, _agreements_with(terms, weighed))


@transaction.atomic
def resolve(task: Task, reviewer: Person, decision: Annotation, *, note: str = "") -> Verdict:
    """A reviewer's decision becomes the verdict. The caller holds the task's lock and has handed the review in.

    Raises StillCorrectable.
    """
    terms, votes = of_task(task)
    if terms.correctable:
        raise StillCorrectable()
    verdict = _conclude(
        terms,
        task,
        votes,
        _agreements(terms, votes, decision.answer),
        (),
        answer=decision.answer,
        confidence=1.0,
        method=REVIEW,
        rests_on=[decision.pk],
        decided_by=reviewer,
        note=note,
    )
    open_looks = SecondLook.objects.filter(task=task, state=SecondLook.State.OPEN)
    open_looks.update(state=SecondLook.State.ANSWERED, ended_by=reviewer, ended_at=Clock())
    return verdict


def accept(task: Task, annotation: Annotation, confidence: float) -> Verdict:
    """A model's answer becomes the verdict, alone: it grades nobody, and nobody is paid by it.

    The caller holds the task's lock and knows that nobody else handed in and that the model has earned it.
    """
    terms, votes = of_task(task)
    nothing = [None] * len(votes)
    terms_of_it: dict = {"answer": annotation.answer, "confidence": confidence, "method": AUTO}
    return _conclude(terms, task, votes, nothing, (), rests_on=[annotation.pk], **terms_of_it)


@transaction.atomic
def reopen(task: Task, *, by: Person) -> Task:
    """Set a verdict aside and ask again: whoever is missing, or one more. What was earned stays until the next verdict.

    Raises StateConflict where there is no verdict.
    """
    task = queue.lock(task.pk)
    current = Verdict.objects.current().filter(task=task).first()
    if current is None or not Verdict.objects.current().filter(pk=current.pk).update(superseded_at=Clock()):
        raise StateConflict("This task has no verdict to set aside.")
    task = queue.ask_again(task, by=by)
    emit_of_task("reopened", task, by, judgements=len(current.agreements))
    return task


def _pass_on(terms: Terms, task: Task, weighed: Weighed, doubt: str) -> None:
    believed = {"beliefs": aggregation.beliefs(terms, [(task, weighed)])}
    ask(PASS_ON, believed | queue.withholding(task, Task.Withheld.REVIEW, note=doubt, rank=-weighed.gain))
    task.withheld = Task.Withheld.REVIEW


def _pass_on_unweighed(task: Task) -> None:
    ask(PASS_ON, {"beliefs": "[]"} | queue.withholding(task, Task.Withheld.REVIEW, note=TOO_LONG))


def _decide(terms: Terms, task: Task, weighed: Weighed) -> Verdict:
    outcome = weighed.outcome
    return _conclude(
        terms,
        task,
        weighed.votes,
        _agreements_with(terms, weighed),
        weighed.supports,
        answer=outcome.answer or {},
        confidence=weighed.confidence,
        method=weighed.method,
        rests_on=[one.annotation.pk for one in weighed.supports],
        beliefs=aggregation.beliefs(terms, [(task, weighed)]),
    )


def _agreements_with(terms: Terms, weighed: Weighed) -> list[float | None]:
    """How far each answer agrees with what they decide together, in their order."""
    outcome = weighed.outcome
    by_key = {one.annotation.pk: value for one, value in zip(weighed.voting, outcome.agreements, strict=True)}
    rest = [one for one in weighed.votes if not one.votes]
    alone = len(weighed.supports) == 1
    compared = [None] * len(rest) if alone else _agreements(terms, rest, outcome.answer or {})
    by_key |= {one.annotation.pk: value for one, value in zip(rest, compared, strict=True)}
    return [by_key[one.annotation.pk] for one in weighed.votes]


def _agreements(terms: Terms, votes: Sequence[Vote], answer: dict) -> list[float | None]:
    """How far each agrees with an answer that isn't theirs; None for what has become of no fault of its tasker's, and
    for all where comparing takes too long."""
    agree = agreement_in(terms)
    try:
        with deadline.within(LONGEST_LOOK):
            return [None if one.why in {TAMPERED, RETIRED} else agree(one.answer, answer) for one in votes]
    except TooLong:
        return [None] * len(votes)


def _conclude(
    terms: Terms,
    task: Task,
    votes: Sequence[Vote],
    agreements: Sequence[float | None],
    supports: Sequence[Vote],
    *,
    answer: dict,
    confidence: float,
    method: str,
    rests_on: Sequence[int],
    decided_by: Person | None = None,
    note: str = "",
    beliefs: str = "[]",
) -> Verdict:
    """The verdict, and what follows. The taskers' standings are locked last and shortly: many wait for them."""
    before = _supersede(terms, decided_by)
    verdict = _write(
        task,
        Verdict(
            task=task,
            answer=answer,
            confidence=min(1.0, max(0.0, confidence)),
            method=method,
            rests_on=list(rests_on),
            agreements={str(one.annotation.pk): value for one, value in zip(votes, agreements, strict=True)},
            settings_version=terms.settings.version,
            decided_by=decided_by,
            note=note[:2000],
        ),
        superseded=before is not None,
        judgements=len(votes) - (len(before.agreements) if before else 0),
        beliefs=beliefs,
        audit_share=terms.settings.audit_share,
    )
    follow_up(terms, task, verdict, votes, agreements, supports)
    learning.teach(terms, votes, answer if decided_by else None)
    return verdict


def _supersede(terms: Terms, decided_by: Person | None) -> Verdict | None:
    """The verdict that stood, if any did; only a reviewer's takes its place."""
    before = Verdict.objects.get(pk=terms.verdict) if terms.verdict else None
    if before is None or not Verdict.objects.current().filter(pk=before.pk).update(superseded_at=Clock()):
        return None
    if decided_by is None:
        raise AlreadyDecided()
    return before


def _write(
    task: Task, verdict: Verdict, *, superseded: bool, judgements: int, beliefs: str, audit_share: float
) -> Verdict:
    told = {"batch": task.batch_id, "task": task.pk, "method": verdict.method, "waited": task.withheld}
    told |= {"superseded": superseded, "judgements": judgements}
    terms = {
        "task": task.pk,
        "answer": json.dumps(verdict.answer, ensure_ascii=False),
        "confidence": verdict.confidence,
        "method": verdict.method,
        "rests_on": array(verdict.rests_on),
        "agreements": json.dumps(verdict.agreements),
        "version": verdict.settings_version,
        "decided_by": verdict.decided_by_id,
        "note": verdict.note,
        "beliefs": beliefs,
        "project": task.project_id,
        "audit_share": audit_share,
        "organization": task.project.organization_id,
        "project_key": task.project.public_id,
        "subject": f"task:{task.public_id}",
        "told": json.dumps(told),
    }
    ((verdict.pk, verdict.public_id, verdict.at),) = ask(CONCLUDE, terms)
    verdict._state.adding = False
    return verdict


def _follow_up_late(terms: Terms, task: Task, verdict: Verdict, votes: Sequence[Vote]) -> None:
    late = [one for one in votes if str(one.annotation.pk) not in verdict.agreements]
    keys = {key_of(verdict.pk, one.annotation): one for one in late}
    graded = set(Grade.objects.filter(key__in=list(keys)).values_list("key", flat=True)) if keys else set()
    new = [one for key, one in keys.items() if key not in graded]
    if new:
        # Nobody is measured by one answer that decided alone, a model's or a person's; the late are paid all the same.
        alone = verdict.decided_by_id is None and len(verdict.rests_on) == 1
        agreements = [None] * len(new) if alone else _agreements(terms, new, verdict.answer)
        follow_up(terms, task, verdict, new, agreements, ())
