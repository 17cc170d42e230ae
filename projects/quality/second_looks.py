"""Verdicts worth a second look: proposed by an estimate, opened or dismissed by a reviewer. They change nothing.

Audits (audits.py) are among them, and what audit rounds draw (audit_rounds.py): their reviewers aren't told what was
decided, so they can't leave it as it is, only decide. Other writers of SecondLook are these two, and consensus.py,
which opens audits with the verdict and answers what is open with a reviewer's new one.
"""

from collections.abc import Mapping

from django.db import transaction

from projects import queue
from projects.configuration.terms import Terms
from projects.models import Assignment, Estimation, Project, SecondLook, Task, Verdict
from projects.quality.aggregation import Weighed, agreement_in, threshold_of
from projects.quality.audits import REVIEW
from projects.quality.consensus import AUTO
from projects.quality.votes import TAMPERED
from projects.queue.clock import Clock
from projects.queue.events import emit_of_task
from taskers.errors import StateConflict
from taskers.models import Person

FELL = 0.1  # a confidence must have fallen by so much to be worth anybody's time
FEW = 20  # of them are looked at for the next that a reviewer may decide; whoever judged all those finds the list
BLIND = (SecondLook.Reason.AUDIT, SecondLook.Reason.SAMPLE)
ASKED = (*BLIND, SecondLook.Reason.RULE)  # whatever is thought of the verdict
_GONE = "This isn't waiting for a second look any more."
UNDECIDED = 0.5  # where no answer is likelier than all others together, the verdict's isn't either


def propose(terms: Terms, estimation: Estimation, weighed: Mapping[int, Weighed]) -> int:
    """Propose those verdicts that no longer look right, and take back proposals that do; returns how many are new.

    What a reviewer decided isn't asked again, and what one dismissed isn't proposed again. An open audit stays one
    whatever is thought of its verdict, like what a rule asked for, and only moves to where that belongs in the list.
    """
    verdicts = Verdict.objects.current().filter(task__in=list(weighed)).exclude(method=REVIEW).order_by("pk")
    current = list(verdicts)
    known = {one.verdict_id: one for one in SecondLook.objects.filter(verdict__in=[one.pk for one in current])}
    new, again = [], []
    for verdict in current:
        reason, now = doubt(terms, verdict, weighed[verdict.task_id])
        before = known.get(verdict.pk)
        if before is None and reason:
            new.append(_look(terms, estimation, verdict, reason, now))
        elif before is not None and before.state in {SecondLook.State.OPEN, SecondLook.State.WITHDRAWN}:
            if before.reason == SecondLook.Reason.MODEL:
                continue  # what a model doubts, an estimate of people doesn't settle
            before.now = now
            if before.reason not in ASKED:
                before.state = SecondLook.State.OPEN if reason else SecondLook.State.WITHDRAWN
                before.reason = reason or before.reason
            again.append(before)
    SecondLook.objects.bulk_create(new, ignore_conflicts=True)
    SecondLook.objects.bulk_update(again, ["state", "reason", "now"])
    return len(new)


@transaction.atomic
def ask(project: Project, doubted: Mapping[int, float], *, most: int, by: Person) -> int:
    """Open second looks on verdicts that a model doubts: their keys, the likeliest wrong first, with the chance that
    each is right. What a reviewer decided, what was looked at before and what stands no longer is passed over. Returns
    how many are new: so many at most."""
    rows = Verdict.objects.current().filter(task__project=project, pk__in=list(doubted)).exclude(method=REVIEW)
    rows = rows.exclude(pk__in=SecondLook.objects.filter(verdict__in=list(doubted)).values("verdict"))
    standing = {one.pk: one for one in rows.select_related("task__project")}
    chosen = [standing[key] for key in doubted if key in standing][:most]
    looks = [
        SecondLook(
            project=project,
            task_id=one.task_id,
            verdict=one,
            reason=SecondLook.Reason.MODEL,
            before=one.confidence,
            now=doubted[one.pk],
        )
        for one in chosen
    ]
    SecondLook.objects.bulk_create(looks, ignore_conflicts=True)
    for one in chosen:
        emit_of_task("second_look_asked", one.task, by)
    return len(looks)


def doubt(terms: Terms, verdict: Verdict, weighed: Weighed) -> tuple[str, float]:
    """Why a verdict is worth a second look ("" if it isn't), and the chance that it is right, by what is known now."""
    if any(one.why == TAMPERED and one.annotation.pk in verdict.rests_on for one in weighed.votes):
        return SecondLook.Reason.TAMPERED, 0.0
    if not weighed.voting:
        return "", verdict.confidence
    outcome = weighed.outcome
    if not outcome.decided or outcome.answer is None:
        now = min(UNDECIDED, verdict.confidence)
    elif agreement_in(terms)(outcome.answer, verdict.answer) < threshold_of(terms):
        return SecondLook.Reason.OTHER, min(UNDECIDED, 1 - weighed.confidence)
    else:
        now = weighed.confidence
    # What a model alone is worth as one vote among others says nothing of a decision that it had earned.
    fell = verdict.method != AUTO and verdict.confidence - now >= FELL and now < terms.settings.target
    return (SecondLook.Reason.DOUBT if fell else ""), now


def open_in(projects):
    """The open proposals of these projects, the least likely verdicts first."""
    rows = SecondLook.objects.filter(project__in=projects, state=SecondLook.State.OPEN)
    rows = rows.filter(verdict__superseded_at=None)
    return rows.select_related("task", "project", "verdict").order_by("now", "pk")


def audits_in(projects):
    """The open audits of these projects, in the order in which they were drawn."""
    return open_in(projects).filter(reason__in=BLIND).order_by("pk")


def next_after(look: SecondLook, projects, reviewer: Person) -> Task | None:
    """What this reviewer may go on with once one is answered: the next audit after an audit, else the next of all."""
    found = audits_in(projects) if look.is_blind else open_in(projects)
    few = found.exclude(pk=look.pk)[:FEW]
    return queue.first_reviewable((one.task for one in few), reviewer)


def of_task(task: Task) -> SecondLook | None:
    """What is open on a task's verdict, if anything is."""
    return open_in([task.project_id]).filter(task=task).first()


def seen(task: Task) -> SecondLook:
    """What is open on a task's verdict, for whoever looks at that verdict. Raises StateConflict where nothing is, and
    of audits, which are decided without knowing it."""
    look = of_task(task)
    if look is None:
        raise StateConflict(_GONE)
    if look.is_blind:
        raise StateConflict("This was drawn for an audit: decide it without knowing what was decided.")
    return look


@transaction.atomic
def dismiss(task: Task, *, by: Person) -> None:
    """Leave a task's verdict as it is, for good.

    Ends the review that the same person may have begun. Raises as `seen`, and like claiming its review for whoever
    judged the task.
    """
    queue.refuse_own_work(task, by)
    live = SecondLook.objects.filter(pk=seen(task).pk, state=SecondLook.State.OPEN)
    if not live.update(state=SecondLook.State.DISMISSED, ended_by=by, ended_at=Clock()):
        raise StateConflict(_GONE)
    mine = Assignment.objects.filter(task=task, kind="review", state="held", tasker=by).first()
    if mine is not None and mine.token is not None:
        queue.release(mine, by, mine.token)
    emit_of_task("second_look_dismissed", task, by)


def _look(terms: Terms, estimation: Estimation, verdict: Verdict, reason: str, now: float) -> SecondLook:
    return SecondLook(
        project=terms.project,
        task_id=verdict.task_id,
        verdict=verdict,
        estimation=estimation,
        reason=reason,
        before=verdict.confidence,
        now=min(1.0, max(0.0, now)),
    )
