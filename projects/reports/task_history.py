"""Everything that is known of one task, in order: who did what and when, every answer, every verdict, grades, money."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.configuration import methods
from projects.configuration.review_rule import SENTENCES
from projects.inference.outcome import WHY
from projects.models import Annotation, Assignment, Task, Verdict
from projects.quality.consensus import TOO_LONG
from projects.quality.decision_rule import ALTERED, DOUBTS, HELD_BACK
from projects.queue.leases import SKIP_REASONS, SKIPPED_BY_MANY
from projects.reports.event_words import WORDS
from taskers.errors import said_again
from taskers.models import Event, EventPart, Grade, Person, Transfer
from taskers.money import ledger

# Why a reviewer looks at a task, in words of ours; the sentences that end with another one come first.
KEPT = [
    *(*SENTENCES.values(), TOO_LONG, ALTERED, HELD_BACK, *DOUBTS.values(), *WHY.values()),
    *(SKIPPED_BY_MANY, *SKIP_REASONS.values()),
]
MOST = 500  # events of one task that are shown, the newest

# What each kind of event is called in a task's history, and how it looks: good, bad, or neither.
SAID = {
    "claimed": (gettext_lazy("Taken up"), ""),
    "submitted": (gettext_lazy("Handed in"), "good"),
    "corrected": (gettext_lazy("Corrected"), "good"),
    "sent_back": (gettext_lazy("Sent back to its tasker"), "bad"),
    "mistake_noted": (gettext_lazy("A mistake was noted"), "bad"),
    "reviewed": (gettext_lazy("Review handed in"), "good"),
    "review_claimed": (gettext_lazy("Taken up for review"), ""),
    "approved_unreviewed": (gettext_lazy("Paid without a review: it waited long enough"), ""),
    "released": (gettext_lazy("Given back"), ""),
    "skipped": (gettext_lazy("Skipped"), "bad"),
    "expired": (gettext_lazy("Time ran out"), "bad"),
    "withheld": (gettext_lazy("Held back"), "bad"),
    "restored": (gettext_lazy("Handed out again"), ""),
    "overlap_raised": (gettext_lazy("More judgements wanted"), ""),
    "overlap_lowered": (gettext_lazy("No more judgements wanted"), ""),
    "put_first": (gettext_lazy("Put first"), ""),
    "put_in_turn": (gettext_lazy("Put back in turn"), ""),
    "listed": (gettext_lazy("Put on a work list"), ""),
    "unlisted": (gettext_lazy("Taken off a work list"), ""),
    "set_aside": (gettext_lazy("Set aside: its answer is known"), ""),
    "taken_up": (gettext_lazy("Made ordinary work"), ""),
    "commented": (gettext_lazy("Commented"), ""),
    "asked": (gettext_lazy("Asked a manager"), ""),
    "answered": (gettext_lazy("Answered"), "good"),
    "voided": (gettext_lazy("Judgement voided"), "bad"),
    "decided": (gettext_lazy("Decided"), "good"),
    "reopened": (gettext_lazy("Verdict set aside"), "bad"),
}


@dataclass(frozen=True)
class Moment:
    """Something that happened, in words."""

    at: datetime
    text: str
    who: str
    detail: str
    mood: str


@dataclass
class Answer:
    """Work that was handed in, and what followed from it."""

    annotation: Annotation
    assignment: Assignment
    agreement: float | None = None  # with the verdict that stands
    counted: bool = False  # the verdict that stands rests on it
    grades: list[Grade] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    earned: str = ""


@dataclass(frozen=True)
class History:
    """A task's whole life."""

    moments: Sequence[Moment]
    assignments: Sequence[Assignment]
    answers: Sequence[Answer]
    verdicts: Sequence[Verdict]

    @property
    def verdict(self) -> Verdict | None:
        """The one that stands."""
        return next((one for one in self.verdicts if one.superseded_at is None), None)


def of(task: Task) -> History:
    """The history of a task; seven queries however long it is."""
    rows = Assignment.objects.filter(task=task).select_related("tasker")
    # What was made open and withdrawn says nothing about anybody.
    assignments = [one for one in rows.order_by("pk") if one.state != Assignment.State.WITHDRAWN]
    verdicts = list(Verdict.objects.filter(task=task).select_related("decided_by").order_by("-pk"))
    by_key = {one.pk: one for one in assignments}
    handed_in = Annotation.objects.filter(task=task).order_by("pk")
    answers = [Answer(one, by_key[one.assignment_id]) for one in handed_in]
    found = History(_moments(task), assignments, answers, verdicts)
    _weigh(answers, found.verdict)
    _add_grades(answers)
    _add_money(answers, verdicts, task.project.organization.currency)
    return found


def _moments(task: Task) -> list[Moment]:
    name = Subquery(Person.objects.filter(pk=OuterRef("actor_id")).values("name")[:1])
    events = Event.objects.filter(subject=f"task:{task.public_id}").annotate(actor_name=name).order_by("-pk")[:MOST]
    moments = [_moment(event) for event in events]
    if (moved := EventPart.objects.filter(last_at__gte=task.created_at).order_by("-number").first()) is not None:
        moments.append(Moment(moved.last_at, _("What came before is in the archive of events"), "", moved.file, ""))
    moments.append(Moment(task.created_at, _("Loaded in batch %(batch)s") % {"batch": task.batch.name}, "", "", ""))
    return moments


def _moment(event: Event) -> Moment:
    text, mood = said_of(event.kind)
    return Moment(event.at, text, event.actor_name or "", _detail(event.kind, event.data), mood)  # type: ignore[attr-defined]


def said_of(kind: str) -> tuple[str, str]:
    """What a kind of event is called, and how it looks."""
    text, mood = SAID.get(kind, (WORDS.get(kind, kind.replace("_", " ").capitalize()), ""))
    return str(text), mood


def _detail(kind: str, data: Mapping) -> str:
    if kind == "withheld":
        why = dict(Task.Withheld.choices).get(data.get("why", ""), "")
        return ": ".join(one for one in (_(why), note_again(data.get("note"))) if one)
    if kind == "skipped":
        return str(data.get("reason", "")).replace("-", " ")
    if kind == "overlap_raised":
        return _("%(wanted)s judgements are wanted now") % {"wanted": data.get("wanted", "?")}
    if kind == "decided":
        return methods.title(str(data.get("method", "")))
    return str(data.get("reason", "")) if kind == "voided" else ""


def note_again(note: object) -> str:
    """Why a task was held back, as it is kept: in the reader's language where the words are ours."""
    return said_again(str(note or ""), KEPT)


def _weigh(answers: Sequence[Answer], verdict: Verdict | None) -> None:
    if verdict is None:
        return
    for one in answers:
        one.agreement = verdict.agreements.get(str(one.annotation.pk))
        one.counted = one.annotation.pk in verdict.rests_on


def _add_grades(answers: Sequence[Answer]) -> None:
    by_subject = {f"annotation:{one.annotation.pk}": one for one in answers}
    for grade in Grade.objects.filter(subject__in=list(by_subject)).order_by("pk"):
        by_subject[grade.subject].grades.append(grade)


def _add_money(answers: Sequence[Answer], verdicts: Sequence[Verdict], currency: str) -> None:
    """Each answer's earnings under each verdict, and what was taken back."""
    by_key = {f"verdict:{v.pk}:annotation:{one.annotation.pk}": one for v in verdicts for one in answers}
    rows = Transfer.objects.filter(key__in=list(by_key)).select_related("reversed_by").order_by("pk")
    for transfer in rows:
        by_key[transfer.key].transfers.append(transfer)
    for one in answers:
        standing = [transfer.amount for transfer in one.transfers if not _taken_back(transfer)]
        one.earned = ledger.about(sum(standing), currency) if one.transfers else ""


def _taken_back(transfer: Transfer) -> bool:
    return hasattr(transfer, "reversed_by")
