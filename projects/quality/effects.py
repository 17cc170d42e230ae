"""What follows from a verdict for those who answered: money, and grades.

A fixed number of statements however many answers. Always in this order: first all money, then all grades, which lock
the taskers' standings in the order of their keys, then what the crowd learns. Decisions on two tasks of the same people
thus wait for each other instead of locking each other out, and only for as long as the last statements take.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from projects.configuration.terms import Terms
from projects.models import Annotation, Assignment, ProjectSettings, Task, Verdict
from projects.quality import pay as pay_rules
from projects.quality.votes import NOT_BLIND, TAMPERED, UNDECIDED, Case, Vote
from projects.task_types import TASK_TYPES
from taskers.models import Grade, Person
from taskers.money import ledger
from taskers.standing import grades

APPROVED = "approved"  # in the detail of what was paid since it waited for a reviewer long enough
VOIDED = "The answer was voided."
MOST_LABELS = 50  # of one answer, that are graded apart


@dataclass(frozen=True)
class Compared:
    """An answer beside what was decided: how far it agrees, in [0, 1], or None where that is nobody's to say."""

    vote: Vote
    agreement: float | None

    @property
    def annotation(self) -> Annotation:
        return self.vote.annotation

    def is_close(self, floor: float) -> bool:
        """Whether it is close enough to earn its pay."""
        return self.agreement is None or self.agreement >= floor


def pay(case: Case, verdict: Verdict, answers: Sequence[Compared]) -> None:
    """Owe what was promised to answers close enough to the verdict, once over all verdicts of the task; take back what
    is no longer earned, and where another verdict makes it another amount, the former one."""
    paid = [one for one in _in_order(answers) if _may_be_paid(one.annotation)]
    if not paid:
        return
    before = [pk for pk in case.verdicts if pk < verdict.pk]
    keys = _keys_of(before, [one.annotation for one in paid]) if before or case.paid_undecided else {}
    standing = ledger.unreversed(keys) if keys else []
    settled = {keys[one.key] for one in standing if APPROVED in one.detail}  # whatever is decided now
    paid = [one for one in paid if one.annotation.pk not in settled]
    standing = [one for one in standing if keys[one.key] not in settled]
    had = {keys[one.key]: one.amount for one in standing}
    close = [one for one in paid if one.is_close(case.terms.settings.pay_floor)]
    of_then = _promised(case, [one.annotation for one in close])
    amounts = _amounts(case, [one.annotation for one in close], verdict.answer, of_then)
    new = [one.annotation for one in close if amounts[one.annotation.pk] != had.get(one.annotation.pk, 0)]
    terms = case.terms.settings
    ledger.earn_all(
        [
            _earning(case.task, verdict, one, amounts[one.pk], of_then.get(one.settings_version, terms))
            for one in new
            if amounts[one.pk]
        ],
    )
    lost = [one for one in standing if amounts.get(keys[one.key], 0) != one.amount]
    ledger.reverse_all(lost, reason="The task was decided anew, and this answer earns another amount or none.")


def pay_review(case: Case, review: Annotation) -> None:
    """Owe a reviewer what their project pays for a review, once, whatever becomes of the verdict."""
    settings = case.terms.settings
    version = review.assignment.settings_version
    of_then = pay_rules.promised(case.task.project, settings, [review]) if version else {settings.version: settings}
    amount = pay_rules.for_a_review(of_then.get(version or settings.version, settings), review.tasker)
    if amount:
        ledger.earn_all([_owed(case.task, review, review_key(review), amount)])


def take_back_review(verdict: Verdict) -> None:
    """Take back what a reviewer was owed for a decision that they took back; their next one is owed anew."""
    reviews = Annotation.objects.filter(pk__in=verdict.rests_on, assignment__kind="review")
    ledger.reverse_all(ledger.unreversed(map(review_key, reviews)), reason="The reviewer took this decision back.")


def grade(case: Case, verdict: Verdict, answers: Sequence[Compared], supports: Sequence[Vote]) -> None:
    """Grade each answer, but not one that decided alone: nobody is graded by their own vote.

    `supports` are the answers that decided; none where a reviewer did.
    """
    grades.record_all(
        [
            _evidence(case, verdict, one.vote, value, supports)
            for one in _in_order(answers)
            if (value := one.agreement) is not None and _may_be_graded(one.vote)
        ]
    )


def _in_order(answers: Sequence[Compared]) -> list[Compared]:
    return sorted(answers, key=lambda one: one.annotation.tasker_id)


def key_of(verdict: int, annotation: Annotation) -> str:
    """Under which one answer is graded and paid by one verdict."""
    return f"verdict:{verdict}:annotation:{annotation.pk}"


def review_key(review: Annotation) -> str:
    """Under which a reviewer is paid for what they decided."""
    return f"review:annotation:{review.pk}"


def undecided_key(annotation: Annotation) -> str:
    """Under which an answer is paid that no verdict came for, since its task or its batch was cancelled."""
    return f"{UNDECIDED}{annotation.pk}"


def take_back(assignment: Assignment, *, promised: bool = True) -> None:
    """Take back whatever an answer was paid, by any verdict or without one: it was voided, and another is asked for.
    Not what was `promised` whatever becomes of it, as by a batch that was cancelled, unless that is meant too."""
    answers = list(Annotation.objects.current().filter(assignment=assignment))
    verdicts = list(Verdict.objects.filter(task=assignment.task_id).values_list("pk", flat=True))
    made = ledger.unreversed(_keys_of(verdicts, answers))
    kept = [] if promised else [one for one in made if one.key.startswith(UNDECIDED) and APPROVED not in one.detail]
    ledger.reverse_all([one for one in made if one not in kept], reason=VOIDED)


def _keys_of(verdicts: Collection[int], answers: Iterable[Annotation]) -> dict[str, int]:
    """Under which these answers, or what stood in their places before they were mended, may have been paid by these
    verdicts or without one -> the answer's key."""
    now = {one.assignment_id: one.pk for one in answers}
    keys: dict[str, int] = {}
    for one in Annotation.objects.filter(assignment__in=now).only("pk", "assignment_id"):
        here = [undecided_key(one), *(key_of(verdict, one) for verdict in verdicts)]
        keys |= dict.fromkeys(here, now[one.assignment_id])
    return keys


def pay_undecided(task: Task, *, approved: bool = False, without: Collection[int] = ()) -> int:
    """Owe what was promised for each answer that counts, without a verdict, once: the task or its batch was cancelled,
    or (`approved`) it waited for a reviewer long enough. How many answers are owed something by that.

    What a verdict paid before the task was opened again stays, and is all that the answer earns. Should the task be
    decided after all, by its answers or a reviewer, that verdict takes the place of this; but not of what was approved.
    What a verdict found too unlike it is approved by nobody's silence. The keys of people `without` are owed nothing.
    """
    answers = Annotation.objects.counting().filter(task=task).select_related("assignment", "tasker").order_by("pk")
    rows = sorted(filter(_may_be_paid, answers), key=lambda one: one.tasker_id)
    verdicts = dict(task.verdicts.values_list("pk", "agreements"))
    keys = _keys_of(verdicts, rows) if rows else {}
    settled = {keys[one.key] for one in ledger.unreversed(keys)} if keys else set()
    if approved:
        compared = {pk for some in verdicts.values() for pk, agreement in some.items() if agreement is not None}
        settled |= {one.pk for one in rows if str(one.pk) in compared}
    rows = [one for one in rows if one.pk not in settled and one.tasker_id not in without]
    of_then = pay_rules.promised(task.project, task.project.settings_now(), rows)
    amounts = {one.pk: pay_rules.worth(one, task, of_then[one.settings_version], None) for one in rows}
    owed = [one for one in rows if amounts[one.pk]]
    detail = {APPROVED: True} if approved else {}

    def raised(one: Annotation) -> dict[str, int]:
        return pay_rules.raised(one, of_then[one.settings_version])

    ledger.earn_all([_owed(task, one, undecided_key(one), amounts[one.pk], **detail, **raised(one)) for one in owed])
    return len(owed)


def earned_by(case: Case, answers: Sequence[Compared], right: dict) -> int:
    """What answers would earn by such a verdict, in millionths."""
    close = [one.annotation for one in answers if one.is_close(case.terms.settings.pay_floor)]
    close = [one for one in close if _may_be_paid(one)]
    return sum(_amounts(case, close, right, _promised(case, close)).values())


def promised_for(case: Case) -> int:
    """What was promised for the answers of a task, in millionths."""
    answers = [one.annotation for one in case.votes if _may_be_paid(one.annotation)]
    return sum(_amounts(case, answers, None, _promised(case, answers)).values())


def _promised(case: Case, answers: Sequence[Annotation]) -> Mapping[int, ProjectSettings]:
    return pay_rules.promised(case.task.project, case.terms.settings, answers)


def _amounts(
    case: Case, answers: Sequence[Annotation], right: dict | None, of_then: Mapping[int, ProjectSettings]
) -> dict[int, int]:
    """Annotation key -> what it earns."""
    settings = case.terms.settings
    return {
        one.pk: pay_rules.worth(one, case.task, of_then.get(one.settings_version, settings), right) for one in answers
    }


def _may_be_graded(vote: Vote) -> bool:
    """Models are graded by blind work alone, nobody for what other hands made of their answer, nor for work that they
    did elsewhere."""
    return vote.why not in {NOT_BLIND, TAMPERED} and vote.annotation.tasker.kind != Person.Kind.IMPORTED


def _evidence(case: Case, verdict: Verdict, vote: Vote, value: float, supports: Sequence[Vote]) -> grades.Evidence:
    one, project = vote.annotation, case.task.project
    return grades.Evidence(
        key=key_of(verdict.pk, one),
        subject=f"annotation:{one.pk}",
        organization=project.organization,
        project_key=project.public_id,
        tasker=one.tasker,
        source=Grade.Source.REVIEW if verdict.decided_by_id else Grade.Source.VERDICT,
        value=value,
        blind=not one.assignment.copilot,
        detail={"task": str(case.task.public_id), "verdict": str(verdict.public_id)},
        labels=_by_label(case.terms, vote, verdict, value, supports),
    )


def _by_label(terms: Terms, vote: Vote, verdict: Verdict, value: float, supports: Sequence[Vote]) -> dict[str, float]:
    """The grade of each label: agreement with the other answers that decided, the rest of the answers left out.

    A reviewer's answer is nobody's vote, so all are compared with it.
    """
    room = TASK_TYPES[terms.project.task_type]
    others = [one.answer for one in supports if one.annotation.pk != vote.annotation.pk] or [verdict.answer]
    labels = sorted(room.labels_used(vote.answer).union(*map(room.labels_used, others)))[:MOST_LABELS]
    if len(labels) == 1 and all(room.only(one, labels[0]) == one for one in (vote.answer, *others)):
        return {labels[0]: value}  # the answers say nothing else
    return {
        label: fmean(
            room.agreement(room.only(vote.answer, label), room.only(other, label), terms.settings.thresholds)
            for other in others
        )
        for label in labels
    }  # fmt: skip


def _may_be_paid(one: Annotation) -> bool:
    """A model is a tasker who is never paid; and work done elsewhere was paid there."""
    return one.tasker.kind == Person.Kind.HUMAN


def _earning(task: Task, verdict: Verdict, one: Annotation, amount: int, promised: ProjectSettings) -> ledger.Earning:
    said = pay_rules.raised(one, promised)
    return _owed(task, one, key_of(verdict.pk, one), amount, verdict=str(verdict.public_id), **said)


def _owed(task: Task, one: Annotation, key: str, amount: int, **detail: object) -> ledger.Earning:
    return ledger.Earning(
        key=key,
        organization=task.project.organization,
        project_key=task.project.public_id,
        tasker=one.tasker,
        amount=amount,
        reason=f"{task.project.name}: {task.external_id}"[:200],
        detail={"task": str(task.public_id), "annotation": one.pk} | detail,
    )
