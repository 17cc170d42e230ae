"""How good reviewers are, by what other reviewers decided of the same; and what mistakes they find. Reads only."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Max
from django.utils import timezone

from projects.configuration.terms import terms_of
from projects.models import AuditRound, Mistake, Project, SecondLook, Verdict
from projects.quality import audit_rounds
from projects.quality.aggregation import agreement_in, threshold_of
from projects.quality.audits import REVIEW
from projects.reports.shares import MILLION, Share, share
from taskers.models import Person

DAYS = 90  # of decisions and mistakes
NEWEST = 200  # decisions of a project that were looked at again
EXAMPLES = 20


@dataclass(frozen=True)
class Reviewer:
    """One reviewer in one project: how much they decided lately, and the share of it that another reviewer upheld."""

    person: Person
    project: Project
    decided: int
    upheld: Share


@dataclass(frozen=True)
class CommonMistake:
    """One reason among the mistakes found lately: how often, in whose work, and the newest of it."""

    reason: str
    words: str
    number: int
    people: int
    examples: Sequence[Mistake]


def reviewers(projects: Collection[Project], person: Person | None = None) -> list[Reviewer]:
    """Who decided in these projects lately, or that one alone, the busiest first."""
    rows = Verdict.objects.filter(task__project__in=projects, method=REVIEW, decided_by__isnull=False)
    rows = rows.filter(at__gte=timezone.now() - timedelta(days=DAYS))
    if person is not None:
        rows = rows.filter(decided_by=person)
    decided = rows.values_list("task__project", "decided_by").annotate(number=Count("pk")).order_by("-number")
    people = Person.objects.in_bulk([who for _project, who, _number in decided])
    by_key = {one.pk: one for one in projects}
    upheld = {key: _upheld(by_key[key]) for key in {project for project, _who, _number in decided}}
    return [
        Reviewer(people[who], by_key[key], number, upheld[key].get(who, share(0, 0, 0))) for key, who, number in decided
    ]


def _upheld(project: Project) -> dict[int, Share]:
    """Reviewer -> the share of their decisions, of those decided once more by another, that say the same."""
    terms = terms_of(project)
    agree, threshold = agreement_in(terms), threshold_of(terms)
    rows = SecondLook.objects.filter(project=project, round__kind=AuditRound.Kind.REVIEWERS)
    found: dict[int, list[bool]] = defaultdict(list)
    for look in rows.select_related("verdict").order_by("-pk")[:NEWEST]:
        wrong = audit_rounds.is_wrong(look, agree, threshold)
        if wrong is not None and look.verdict.decided_by_id:
            found[look.verdict.decided_by_id].append(not wrong)
    return {who: share(sum(some) * MILLION, len(some), len(some)) for who, some in found.items()}


def common_mistakes(project: Project) -> list[CommonMistake]:
    """The mistakes found lately in a project, the commonest first, each with the newest of its examples."""
    recent = Mistake.objects.filter(project=project, found_at__gte=timezone.now() - timedelta(days=DAYS))
    counted = recent.values("reason").annotate(
        number=Count("pk"), people=Count("tasker", distinct=True), newest=Max("pk")
    )
    rows = recent.select_related("task", "tasker").filter(task__project=project).order_by("-pk")
    words = dict(Mistake.Reason.choices)
    return [
        CommonMistake(
            one["reason"],
            str(words[one["reason"]]),
            one["number"],
            one["people"],
            list(rows.filter(reason=one["reason"])[:EXAMPLES]),
        )
        for one in sorted(counted, key=lambda row: (-row["number"], -row["newest"]))
    ]
