"""What taskers contest, for those who answer: what is open and by when, and what speaks for and against it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import DateTimeField, F, QuerySet, Value
from django.utils import timezone

from projects.models import Annotation, Gold, Task, Verdict
from projects.models.promises import COMPARED
from projects.quality import effects, second_looks
from projects.quality.gold import difference_words, grading
from taskers import access
from taskers.models import Dispute, Organization, Person, Transfer
from taskers.models.people import Role
from taskers.money import disputes, ledger

PAGE = 50
MOST_COUNTED = 100
STATES = ("open", "answered")
EVER = datetime.fromtimestamp(0, UTC)  # before any dispute


@dataclass(frozen=True)
class Line:
    """A dispute in the list."""

    dispute: Dispute
    task: Task | None
    involved: bool  # whoever looks contested it, or judged it by then

    @property
    def late(self) -> bool:
        """Whether an answer was promised by now."""
        dispute = self.dispute
        return dispute.state == Dispute.State.OPEN and dispute.due_at is not None and dispute.due_at < timezone.now()


@dataclass(frozen=True)
class Evidence:
    """A dispute with what it is about: the answer, what was decided when it was contested, and what holds now; where
    the answer was compared with what was known, that. Whoever contests it must not learn so."""

    dispute: Dispute
    task: Task | None = None
    answer: Annotation | None = None
    then: Verdict | None = None
    now: Verdict | None = None
    known: Gold | Verdict | None = None
    gold: bool = False  # it is nobody's to decide
    blind: bool = False  # it is to be looked at by a reviewer who isn't told what was decided
    differences: list[str] = field(default_factory=list)  # what the answer says otherwise than was decided
    earned: list[Transfer] = field(default_factory=list)

    @property
    def decided_anew(self) -> bool:
        return self.now is not None and self.then is not None and self.now.pk != self.then.pk


def listed(organization: Organization, person: Person, state: str, *, after: Dispute | None = None) -> list[Line]:
    """What is open, the most pressing first; or what was answered, the newest first. One more than PAGE."""
    rows = Dispute.objects.filter(organization=organization).select_related("tasker", "answered_by")
    if state == "open":
        rows = rows.filter(state=Dispute.State.OPEN).order_by(F("due_at").asc(nulls_first=True), "pk")
    else:
        rows = rows.exclude(state=Dispute.State.OPEN).order_by("-pk")
        rows = rows.filter(pk__lt=after.pk) if after else rows
    found = list(rows[: PAGE + 1])
    tasks: dict[UUID | None, Task] = {one.public_id: one for one in _tasks(found).select_related("project")}
    mine = _judged(person, tasks.values())
    return [_line(one, tasks.get(_task_key(one)), person, mine) for one in found]


def evidence(dispute: Dispute) -> Evidence:
    """What speaks for and against it."""
    task = _tasks([dispute]).select_related("project__organization", "asset").first()
    if task is None:
        return Evidence(dispute)
    answers = Annotation.objects.current().filter(task=task, tasker=dispute.tasker).exclude(assignment__kind="review")
    answer = answers.select_related("assignment").order_by("-pk").first()
    verdicts = list(Verdict.objects.filter(task=task).select_related("decided_by").order_by("pk"))
    then = next((one for one in reversed(verdicts) if one.at <= dispute.opened_at), None)
    known = _known(task, answer)
    right = known or then
    return Evidence(
        dispute,
        task,
        answer,
        then,
        next((one for one in verdicts if one.superseded_at is None), None),
        known,
        Gold.objects.filter(task=task, stock__retired_at=None).exists(),
        (look := second_looks.of_task(task)) is not None and look.is_blind,
        difference_words.between(task, answer.answer, right.answer) if answer and right else [],
        _earned(answer, verdicts) if answer else [],
    )


def _known(task: Task, answer: Annotation | None) -> Gold | Verdict | None:
    """What an answer was compared with, where that was known before."""
    if answer is None or answer.assignment.kind not in COMPARED:
        return None
    return grading.known_of(task, answer.assignment.kind)


def _earned(answer: Annotation, verdicts: Sequence[Verdict]) -> list[Transfer]:
    """What an answer earned and still has: by a verdict, without one, or as gold."""
    keys = [effects.key_of(one.pk, answer) for one in verdicts]
    return ledger.unreversed([*keys, effects.undecided_key(answer), grading.key_of(answer)])


def _line(dispute: Dispute, task: Task | None, person: Person, mine: dict[int, list]) -> Line:
    judged = any(at <= dispute.opened_at for at in mine.get(task.pk, ())) if task else False
    return Line(dispute, task, dispute.tasker_id == person.pk or judged)


def _judged(person: Person, tasks: Collection[Task]) -> dict[int, list]:
    """Task -> when somebody answered or decided it, of these, or said what is right there, whenever that was; as
    `disputes.judged_by` asks it of one."""
    found: dict[int, list] = {}
    answered = Annotation.objects.filter(task__in=tasks, tasker=person).values_list("task", "at")
    decided = Verdict.objects.filter(task__in=tasks, decided_by=person).values_list("task", "at")
    ever = Value(EVER, output_field=DateTimeField())
    known = Gold.objects.filter(task__in=tasks, made_by=person).values_list("task", ever)
    for task, at in answered.union(decided, known):
        found.setdefault(task, []).append(at)
    return found


def _tasks(found: Sequence[Dispute]) -> QuerySet[Task]:
    return Task.objects.filter(public_id__in=[key for one in found if (key := _task_key(one))])


def _task_key(dispute: Dispute) -> UUID | None:
    kind, _colon, key = dispute.subject.partition(":")
    try:
        return UUID(key) if kind == "task" else None
    except ValueError:
        return None


def may_answer(dispute: Dispute, person: Person) -> bool:
    """Whether somebody is independent of what is contested."""
    return dispute.tasker_id != person.pk and not disputes.judged_by(dispute, person)


def waiting(organization: Organization, person: Person) -> int | None:
    """How many are open, for who answers them; None for who doesn't. At most MOST_COUNTED."""
    if not access.may(person, organization, Role.REVIEWER, Role.FINANCE):
        return None
    return Dispute.objects.filter(organization=organization, state=Dispute.State.OPEN)[:MOST_COUNTED].count()
