"""A tasker's own account: what they did, how it was judged, what it earned. Reads only."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from projects.admission import prospects
from projects.models import Annotation, Assignment, Project, ProjectSettings, Verdict
from projects.queue import Nothing
from projects.queue.outlook import Left
from projects.tasktypes import TASK_TYPES
from taskers import ledger, quality, wording
from taskers.models import Account, Dispute, Grade, Organization, PayoutItem, Person, Transfer

PAGE = 30


@dataclass
class Entry:
    """One piece of work and what became of it."""

    annotation: Annotation
    verdict: Verdict | None = None  # the one that stands
    grade: Grade | None = None  # the newest: the one that counts
    transfers: list[Transfer] = field(default_factory=list)  # what it earned, taken back or not
    dispute: Dispute | None = None  # the newest

    @property
    def earned(self) -> int:
        """Millionths that stand."""
        return sum(one.amount for one in self.transfers if not hasattr(one, "reversed_by"))

    @property
    def taken_back(self) -> bool:
        """Whether it earned something that was reversed later and nothing stands now."""
        return bool(self.transfers) and not self.earned

    @property
    def state(self) -> str:
        """ "voided", "judged", "accepted" (decided, nothing to compare with), "review" or "waiting"."""
        if self.annotation.assignment.voided_at:
            return "voided"
        if self.verdict is None:
            return "review" if self.annotation.task.withheld == "review" else "waiting"
        return "judged" if self.grade else "accepted"

    @property
    def agreement(self) -> wording.Wording | None:
        """How far the answer agrees with what was decided, in words."""
        return wording.agreement(self.grade.value) if self.grade else None


@dataclass(frozen=True)
class Totals:
    """Where a tasker's money is, in millionths, recomputed from Transfers alone."""

    owed: int
    in_payout: int
    paid: int


@dataclass(frozen=True)
class Opening:
    """A project open to a tasker."""

    project: Project
    settings: ProjectSettings
    standing: wording.Wording
    estimate: quality.Estimate
    left: Left  # how many tasks are open to them
    holding: bool  # whether they have begun something here
    nothing: Nothing | None = None  # why there is nothing for them now, where that is known without walking

    @property
    def type_title(self) -> str:
        """What kind of work it is."""
        return TASK_TYPES[self.project.task_type].title


def entries(
    person: Person, organization: Organization, *, project: Project | None = None, before: int | None = None
) -> tuple[list[Entry], int | None]:
    """A page of somebody's judgements, newest first, and the key before which the next page begins (None: the last)."""
    rows = Annotation.objects.filter(
        tasker=person, assignment__kind=Assignment.Kind.JUDGE, task__project__organization=organization
    ).select_related("assignment", "task__project")
    if project is not None:
        rows = rows.filter(task__project=project)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    page = list(rows.order_by("-pk")[: PAGE + 1])
    return _with_fates(person, page[:PAGE]), page[PAGE - 1].pk if len(page) > PAGE else None


def entry(person: Person, annotation: Annotation) -> Entry:
    """One piece of somebody's work."""
    return _with_fates(person, [annotation])[0]


def totals(person: Person, organization: Organization) -> Totals:
    """What is owed to somebody, on its way to them, and paid."""
    accounts = list(Account.objects.filter(organization=organization, tasker=person, currency=organization.currency))
    by_key = ledger.balances(accounts)
    sums: dict[str, int] = defaultdict(int)
    for account in accounts:
        sums[account.kind] += by_key[account.pk]
    return Totals(sums["owed"], sums["in_payout"], sums["paid"])


def payouts(person: Person, organization: Organization, number: int = 12) -> list[PayoutItem]:
    """The newest payouts that somebody is in."""
    rows = PayoutItem.objects.filter(tasker=person, payout__organization=organization)
    return list(rows.select_related("payout").order_by("-pk")[:number])


def openings(person: Person, projects: Iterable[Project]) -> list[Opening]:
    """What there is to know of these projects for somebody who may work in them; where there is work comes first."""
    found = list(projects)
    settings = _newest_settings(found)
    stands = prospects.of(person, found)
    openings = []
    for one in found:
        terms, nothing, left = stands[one.pk]
        estimate = quality.estimate(terms.good or 0.0, terms.poor or 0.0)
        words = wording.standing(estimate)
        openings.append(Opening(one, settings[one.pk], words, estimate, left, terms.held is not None, nothing))
    return sorted(openings, key=_order)


def _order(one: Opening) -> tuple:
    return not one.holding, one.nothing is not None, one.left.none, -one.project.priority, one.project.name


def _newest_settings(projects: Sequence[Project]) -> dict[int, ProjectSettings]:
    rows = ProjectSettings.objects.filter(project__in=projects)
    return {row.project_id: row for row in rows.order_by("project_id", "-version").distinct("project_id")}


def _with_fates(person: Person, page: Sequence[Annotation]) -> list[Entry]:
    """The page's verdicts, grades, transfers and disputes, in a fixed number of queries."""
    by_key = {one.pk: Entry(one) for one in page}
    of_task: dict[int, list[Entry]] = defaultdict(list)
    of_subject: dict[str, list[Entry]] = defaultdict(list)
    for one in by_key.values():
        of_task[one.annotation.task_id].append(one)
        of_subject[f"task:{one.annotation.task.public_id}"].append(one)
    keys: dict[str, Entry] = {}
    for verdict in Verdict.objects.filter(task__in=of_task).defer("answer").order_by("pk"):
        for one in of_task[verdict.task_id]:
            keys[f"verdict:{verdict.pk}:annotation:{one.annotation.pk}"] = one
            one.verdict = verdict if verdict.superseded_at is None else one.verdict
    for grade in Grade.objects.filter(subject__in=[f"annotation:{pk}" for pk in by_key], tasker=person).order_by("pk"):
        by_key[int(grade.subject.partition(":")[2])].grade = grade
    for transfer in Transfer.objects.filter(key__in=keys).select_related("reversed_by").order_by("pk"):
        keys[transfer.key].transfers.append(transfer)
    for dispute in Dispute.objects.filter(tasker=person, subject__in=of_subject).order_by("pk"):
        for one in of_subject[dispute.subject]:
            one.dispute = dispute
    return list(by_key.values())
