"""A tasker's own account: what they did, how it was judged, what it earned. Reads only.

Verdicts, pay and standing are shown as of the last turn of a few minutes (`as_of`), all together: so close a look at
the moments of each tells nothing of how it was decided.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from projects.configuration import raised_rate
from projects.models import (
    Annotation,
    Assignment,
    AwaitedReview,
    Correctable,
    Gold,
    GoldSettlement,
    Project,
    ProjectSettings,
    Verdict,
)
from projects.models.promises import ALIKE
from projects.quality.effects import key_of as verdict_key
from projects.quality.effects import undecided_key
from projects.quality.gold import grading
from projects.quality.pay import RAISED
from projects.queue import Nothing
from projects.queue.availability import Left
from projects.queue.clock import Clock
from projects.task_types import TASK_TYPES
from projects.workforce import availability
from taskers.database.prepared import ask
from taskers.models import Account, Dispute, Grade, Organization, PayoutItem, Person, Transfer
from taskers.money import ledger, pay_terms
from taskers.standing import grades
from taskers.standing.grades import as_of
from taskers.web import formatting

PAGE = 30
FAR = datetime(9999, 1, 1, tzinfo=UTC)  # the latest moment that PostgreSQL and Python both know
# Each of somebody's accounts: its balance, what of it came since `seen`, and whether a payout took from it since then.
TOTALS = """
SELECT a.kind, coalesce(c.balance, 0) + coalesce(m.whole, 0), coalesce(m.fresh, 0), coalesce(m.paying, false)
FROM taskers_account a
LEFT JOIN LATERAL (
  SELECT balance, ends FROM taskers_closingbalance WHERE account_id = a.id ORDER BY ends DESC LIMIT 1
) c ON true
LEFT JOIN LATERAL (
  SELECT sum(t.signed) AS whole, sum(t.signed) FILTER (WHERE t.at >= %(seen)s::timestamptz) AS fresh,
    bool_or(t.paying AND t.at >= %(seen)s::timestamptz) AS paying
  FROM (
    SELECT amount AS signed, at, false AS paying FROM taskers_transfer
    WHERE target_id = a.id AND at >= coalesce(c.ends, '-infinity')
    UNION ALL
    SELECT -amount, at, EXISTS (SELECT FROM taskers_account d WHERE d.id = target_id AND d.kind = 'in_payout')
    FROM taskers_transfer WHERE source_id = a.id AND at >= coalesce(c.ends, '-infinity')
  ) t
) m ON true
WHERE a.organization_id = %(organization)s::bigint AND a.tasker_id = %(tasker)s::bigint AND a.currency = %(currency)s
"""


@dataclass(frozen=True)
class Decision:
    """What was decided of a task, as whoever answered it is told: gold's known answer like any verdict."""

    at: datetime
    said: Verdict | Gold | Annotation  # whose answer it is; read when it is shown
    note: str = ""

    @property
    def answer(self) -> dict:
        """What is right."""
        return self.said.answer


@dataclass
class Entry:
    """One piece of work, gold or not, and what became of it. Nothing here says which it is."""

    annotation: Annotation
    decision: Decision | None = None  # the one that stands
    grade: Grade | None = None  # the newest: the one that counts
    transfers: list[Transfer] = field(default_factory=list)  # what it earned, taken back or not
    dispute: Dispute | None = None  # the newest
    until: datetime | None = None  # how long it may be corrected
    paid_by: datetime | None = None  # when it is paid though no reviewer looked
    paid_on: datetime | None = None  # when it was

    @property
    def earned(self) -> int:
        """Millionths that stand."""
        return sum(one.amount for one in self.transfers if not hasattr(one, "reversed_by"))

    @property
    def raised(self) -> int:
        """Of these: by what the rate was raised for accuracy."""
        return sum(one.detail.get(RAISED, 0) for one in self.transfers if not hasattr(one, "reversed_by"))

    @property
    def taken_back(self) -> bool:
        """Whether it earned something that was reversed later and nothing stands now."""
        return bool(self.transfers) and not self.earned

    @property
    def state(self) -> str:
        """ "voided", "judged", "accepted" (decided, nothing to compare with) or "waiting"."""
        if self.annotation.assignment.voided_at:
            return "voided"
        if self.decision is None:
            return "waiting"
        return "judged" if self.grade else "accepted"

    @property
    def agreement(self) -> formatting.Wording | None:
        """How far the answer agrees with what was decided, in words."""
        return formatting.agreement(self.grade.value) if self.grade else None


@dataclass(frozen=True)
class Totals:
    """Where a tasker's money is, in millionths, recomputed from Transfers alone."""

    owed: int
    in_payout: int
    paid: int
    held: int = 0  # of what is owed: earned within the hold period
    held_days: int = 0


# Why somebody may not work in a project, of what the queue answers: others have to change that.
SHUT = frozenset({"banned", "blocked", "has-skill", "lacks-skill", "not-qualified", "standing-too-low"})


@dataclass(frozen=True)
class Opening:
    """A project open to a tasker."""

    project: Project
    settings: ProjectSettings
    standing: formatting.Wording
    estimate: grades.Estimate
    left: Left  # how many tasks are open to them
    holding: bool  # whether they have begun something here
    nothing: Nothing | None = None  # why there is nothing for them now, where that is known without walking
    by_list: bool = False  # whether people work by list there
    rate: int = 0  # millionths, that they are promised for a task now

    @property
    def shut(self) -> bool:
        """Whether they may not work here, whatever there is and however long they wait in the studio."""
        return self.nothing is not None and self.nothing.code in SHUT

    @property
    def raised_from(self) -> int:
        """The rate that others are promised, where theirs is raised; else 0."""
        return self.settings.rate if self.rate > self.settings.rate else 0

    @property
    def offered(self) -> int:
        """What they would be promised with the accuracy that raises the rate; 0 where they are, or nothing does."""
        highest = raised_rate.highest(self.settings)
        return highest if highest > self.rate else 0

    @property
    def type_title(self) -> str:
        """What kind of work it is."""
        return TASK_TYPES[self.project.task_type].title


def entries(
    person: Person, organization: Organization, *, project: Project | None = None, before: int | None = None
) -> tuple[list[Entry], int | None]:
    """A page of somebody's work, newest first, and the key before which the next page begins (None: the last)."""
    rows = (
        Annotation.objects.current()
        .filter(tasker=person, assignment__kind__in=ALIKE, task__project__organization=organization)
        .select_related("assignment", "task__project")
    )
    if project is not None:
        rows = rows.filter(task__project=project)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    page = list(rows.order_by("-pk")[: PAGE + 1])
    return _with_outcomes(person, page[:PAGE]), page[PAGE - 1].pk if len(page) > PAGE else None


def entry(person: Person, annotation: Annotation) -> Entry:
    """One piece of somebody's work."""
    return _with_outcomes(person, [annotation])[0]


def totals(person: Person, organization: Organization) -> Totals:
    """What is owed to somebody, on its way to them, and paid. A payout is shown at once, with all that is in it."""
    whose = {"organization": organization.pk, "tasker": person.pk, "currency": organization.currency}
    sums: dict[str, int] = defaultdict(int)
    for kind, whole, fresh, paying in ask(TOTALS, whose | {"seen": min(as_of(), FAR)}):
        sums[kind] += int(whole - (fresh if kind == Account.Kind.OWED and not paying else 0))
    days, now = pay_terms.of(organization).hold_days, min(as_of(), FAR)
    held = ledger.earned_between(person, organization, timezone.now() - timedelta(days=days), now) if days else 0
    return Totals(sums["owed"], sums["in_payout"], sums["paid"], max(0, min(held, sums["owed"])), days)


def payouts(person: Person, organization: Organization, number: int = 12) -> list[PayoutItem]:
    """The newest payouts that somebody is in."""
    rows = PayoutItem.objects.filter(tasker=person, payout__organization=organization)
    return list(rows.select_related("payout").order_by("-pk")[:number])


def openings(person: Person, projects: Iterable[Project]) -> list[Opening]:
    """What there is to know of these projects for somebody who may work in them; where there is work comes first."""
    found = list(projects)
    newest, stands = _newest_settings(found), availability.of(person, found)
    shown = grades.shown(person, [one.public_id for one in found], before=as_of())
    openings = []
    for one in found:
        terms, nothing, left = stands[one.pk]
        estimate = shown.get(one.public_id) or grades.estimate(0.0, 0.0)
        words = formatting.standing(estimate)
        openings.append(
            Opening(
                one, newest[one.pk], words, estimate, left, terms.held is not None, nothing, terms.by_list, terms.rate
            )
        )
    return sorted(openings, key=_order)


def _order(one: Opening) -> tuple:
    return not one.holding, one.nothing is not None, one.left.none, -one.project.priority, one.project.name


def _newest_settings(projects: Sequence[Project]) -> dict[int, ProjectSettings]:
    rows = ProjectSettings.objects.filter(project__in=projects)
    return {row.project_id: row for row in rows.order_by("project_id", "-version").distinct("project_id")}


def _with_outcomes(person: Person, page: Sequence[Annotation]) -> list[Entry]:
    """The page's decisions, grades, transfers and disputes, in a fixed number of queries."""
    by_key, seen = {one.pk: Entry(one) for one in page}, as_of()
    of_subject: dict[str, list[Entry]] = defaultdict(list)
    for one in by_key.values():
        of_subject[f"task:{one.annotation.task.public_id}"].append(one)
    keys, alone = _decided(by_key.values(), seen), _settled(by_key.values(), seen)
    keys |= {grading.key_of(one.annotation): one for one in by_key.values()}
    subjects = [f"annotation:{pk}" for pk in by_key if pk not in alone]
    for grade in Grade.objects.filter(subject__in=subjects, tasker=person, at__lt=seen).order_by("pk"):
        by_key[int(grade.subject.partition(":")[2])].grade = grade
    assignments = {one.annotation.assignment_id: one for one in by_key.values()}
    for still in Correctable.objects.filter(assignment__in=assignments, assignment__voided_at=None, until__gt=Clock()):
        assignments[still.assignment_id].until = still.until
    for transfer in Transfer.objects.filter(key__in=keys, at__lt=seen).select_related("reversed_by").order_by("pk"):
        if hasattr(transfer, "reversed_by") and transfer.reversed_by.at >= seen:
            transfer._state.fields_cache["reversed_by"] = None  # type: ignore[attr-defined]
        keys[transfer.key].transfers.append(transfer)
    _awaited(by_key.values(), seen)
    for dispute in Dispute.objects.filter(tasker=person, subject__in=of_subject).order_by("pk"):
        for one in of_subject[dispute.subject]:
            one.dispute = dispute
    return list(by_key.values())


def _awaited(entries: Iterable[Entry], seen: datetime) -> None:
    """Says of what waits for a reviewer when it is, or was, paid though nobody looked."""
    waiting = [one for one in entries if one.decision is None and not one.annotation.assignment.voided_at]
    tasks = {one.annotation.task_id for one in waiting}
    rows = AwaitedReview.objects.filter(pk__in=tasks, since__lt=seen).select_related("project__review_deadline")
    found = {one.pk: one for one in rows} if tasks else {}
    for entry in waiting:
        awaited = found.get(entry.annotation.task_id)
        if awaited is None:
            continue
        deadline = getattr(awaited.project, "review_deadline", None)  # None once a manager took it back
        if entry.earned:
            entry.paid_on = awaited.approved_at
        elif deadline is None or entry.annotation.tasker_id in (deadline.changed_by_id, deadline.approved_by_id):
            continue  # nor is either of the two who said so paid by it
        elif awaited.approved_at is None or awaited.approved_at >= seen:
            entry.paid_by = awaited.since + timedelta(days=deadline.days)


def _decided(entries: Iterable[Entry], seen: datetime) -> dict[str, Entry]:
    """Gives judgements their verdicts; says under which keys they may have earned something."""
    of_task: dict[int, list[Entry]] = defaultdict(list)
    for one in entries:
        if one.annotation.assignment.kind == Assignment.Kind.JUDGE:
            of_task[one.annotation.task_id].append(one)
    keys = {undecided_key(one.annotation): one for some in of_task.values() for one in some}
    verdicts = list(Verdict.objects.filter(task__in=of_task).defer("answer").order_by("pk"))
    earlier = _earlier(of_task[one.task_id] for one in verdicts if one.superseded_at)
    for verdict in verdicts:
        for one in of_task[verdict.task_id]:
            versions = [one.annotation, *earlier.get(one.annotation.assignment_id, ())]
            keys |= {verdict_key(verdict.pk, version): one for version in versions}
            if verdict.at < seen and (verdict.superseded_at is None or verdict.superseded_at >= seen):
                one.decision = Decision(verdict.at, verdict, verdict.note)
    return keys


def _earlier(decided_anew: Iterable[Sequence[Entry]]) -> dict[int, list[Annotation]]:
    """Assignment -> what stood in its answer's place before it was mended, of tasks that were decided more than once:
    an earlier verdict may have paid it by that."""
    assignments = {one.annotation.assignment_id for some in decided_anew for one in some}
    found: dict[int, list[Annotation]] = defaultdict(list)
    rows = Annotation.objects.filter(assignment__in=assignments, superseded_at__isnull=False)
    for one in rows.only("pk", "assignment_id") if assignments else ():
        found[one.assignment_id].append(one)
    return found


def _settled(entries: Iterable[Entry], seen: datetime) -> set[int]:
    """Gives answers to gold that are settled their known answers, or, where it is shown so, themselves: an answer that
    decided its task alone. Returns the keys of those, which are compared with nothing."""
    gold = {one.annotation.assignment_id: one for one in entries if one.annotation.assignment.kind != "judge"}
    rows = GoldSettlement.objects.filter(assignment__in=gold, settled_at__lt=seen)
    known = Gold.objects.filter(task__in=[one.annotation.task_id for one in gold.values()]).defer("answer")
    by_task = {one.task_id: one for one in known} if gold else {}
    alone = set()
    for row in rows if gold else ():
        one = gold[row.assignment_id]
        if row.alone:
            alone.add(one.annotation.pk)
        kind = one.annotation.assignment.kind
        known_here = by_task.get(one.annotation.task_id) if kind == Assignment.Kind.GOLD else None
        said = one.annotation if row.alone else known_here or grading.known_of(one.annotation.task, kind)
        one.decision = Decision(row.settled_at, said)  # type: ignore[arg-type]
    return alone
