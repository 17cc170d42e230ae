"""Offering bonuses by rule, trying them, and giving what rules owe, no more than each project may spend."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject
from django.utils import timezone

from projects.configuration import spending_limit
from projects.models import Annotation, Exclusion, Project
from taskers.models import Account, BonusRule, Person
from taskers.money import bonus_rules, ledger


@dataclass(frozen=True)
class Offer:
    """What a rule that is on offers somebody, in millionths, and until when."""

    amount: int
    currency: str
    window: int
    least: float
    each_most: int
    ends: datetime


def with_offers(projects: QuerySet[Project], person: Person) -> QuerySet[Project]:
    """Projects with the rules that are on in each, for `offers_of`: no query of its own. Those are left out that
    somebody made or said yes to, or that gave them all that one gets."""
    rules = BonusRule.objects.filter(state=BonusRule.State.ON, project_key=OuterRef("public_id"))
    rules = rules.exclude(made_by=person).exclude(approved_by=person).order_by("pk")
    rules = rules.annotate(times=Count("awards", filter=Q(awards__person=person)))
    rules = rules.filter(each_most__gte=(F("times") + 1) * F("amount"))
    names = ("amount", "currency", "window", "least", "each_most", "begins_at", "days")
    return projects.annotate(bonus_rules=ArraySubquery(rules.values(said=JSONObject(**{name: name for name in names}))))


def offers_of(project: Project) -> list[Offer]:
    """What rules offer in a project that `with_offers` found, those that are over left out."""
    found = []
    for one in project.bonus_rules:  # type: ignore[attr-defined]
        said = dict(one)
        ends = datetime.fromisoformat(said.pop("begins_at")) + timedelta(days=said.pop("days"))
        found.append(Offer(**said, ends=ends))
    return [one for one in found if one.ends > timezone.now()]


def preview(project: Project, terms: bonus_rules.Terms, *, by: Person) -> bonus_rules.Preview:
    """What a rule that somebody proposes would have given lately. Raises BadBonus."""
    without = [by.pk, *_banned(project)]
    return bonus_rules.preview(project.organization, project.public_id, terms, without=without, voided=_voided)


def run_all(now: datetime | None = None) -> int:
    """Give all that is owed by now; returns how much, in millionths. Above a project's limit nothing is given: it is
    looked at again once more is allowed. What was earned before a project was paused or archived is given all the
    same; the rules of an archived one end then."""
    on = list(BonusRule.objects.filter(state=BonusRule.State.ON).select_related("organization").order_by("pk"))
    rows = Project.objects.filter(public_id__in={one.project_key for one in on}).select_related("organization")
    projects, whole = {one.public_id: one for one in rows}, 0
    for rule in on:
        project = projects.get(rule.project_key)
        if project is None:
            continue
        whole += bonus_rules.run(
            rule,
            room=lambda project=project: _left(project),  # type: ignore[misc]
            now=now,
            without=_banned(project),
            voided=_voided,
            last=project.state == Project.State.ARCHIVED,
        )
    return whole


def _left(project: Project) -> int | None:
    """What a project may still spend, by the books themselves: the days that are added up may be behind what these
    rules gave just now."""
    (spent,) = spending_limit.of([project]).values()
    if spent.limit is None:
        return None
    cost = ledger.account(project.organization, Account.Kind.LABELLING, project_key=project.public_id)
    return spent.limit - spent.promised + ledger.balance(cost)


def _banned(project: Project) -> list[int]:
    rows = Exclusion.objects.filter(kind=Exclusion.Kind.BANNED, lifted_at=None, organization=project.organization)
    here = rows.filter(Q(project=None) | Q(project=project)).filter(Q(until=None) | Q(until__gt=timezone.now()))
    return list(here.values_list("tasker", flat=True))


def _voided(keys: Sequence[int]) -> Collection[int]:
    """Those of these answers whose work was voided."""
    rows = Annotation.objects.filter(pk__in=keys).exclude(assignment__voided_at=None)
    return set(rows.values_list("pk", flat=True))
