"""Alerts by rule: a worker looks whether what managers want to be told of is so, and says it once until it clears.

What can't be told, for want of evidence, neither raises an alert nor clears one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.db import transaction
from django.db.models import Min
from django.db.models.functions import Now
from django.utils import timezone

from projects.errors import Refused
from projects.models import AlertRule, Project, Stall, limits
from projects.reports import dashboard
from projects.reports.stands import stands_of
from taskers.models import Event, Person
from taskers.money import earning_days
from taskers.money.ledger import MILLIONTHS
from taskers.outbox.events import emit

Watches = AlertRule.Watches
LATELY = timedelta(days=7)
LEAST_GOLD = 10  # answers on gold without which a week says nothing of accuracy
WHOLE_DAYS = 3  # by which the pace is told
RAISED = "alert_raised"
BOUNDS = {
    Watches.ACCURACY: limits.SHARE,
    Watches.PACE: limits.SHARE,
    Watches.PER_DAY: limits.Between(1, 10**7),
    Watches.SPEND: limits.Between(0, 10**9),
    Watches.STALLED: limits.Between(0, 10**6),
}


@dataclass
class Looked:
    """A project as it stands; each figure is read once, and only where a rule asks for it."""

    project: Project

    @cached_property
    def days(self) -> list[dashboard.Period]:
        return dashboard.periods(self.project, {"day": timezone.now() - timedelta(days=dashboard.HISTORY + 1)})["day"]

    @cached_property
    def lately(self) -> dashboard.Period:
        since = timezone.now() - LATELY
        return dashboard.together([one for one in self.days if one.at >= since])


# What is so, as plain values, and whether that is beyond the bound; None where it can't be told.
Finding = tuple[bool, dict[str, Any]] | None


def _accuracy(looked: Looked, bound: float) -> Finding:
    found = looked.lately.accuracy
    if found.value is None or found.number < LEAST_GOLD:
        return None
    return found.value < bound, {"value": found.value, "low": found.low, "high": found.high}


def _pace(looked: Looked, bound: float) -> Finding:
    settings, stands = looked.project.settings_now(), stands_of(looked.project)
    if stands.deadline is None or not dashboard.left_of(settings, stands):
        return False, {}
    found = dashboard.ahead(looked.project.pk, settings, stands, looked.days)
    if found is None or found.chance is None:
        return None
    return found.chance < bound, {"chance": found.chance, "deadline": stands.deadline.isoformat()}


def _per_day(looked: Looked, bound: float) -> Finding:
    """The mean of the last whole days, those without a judgement as well, while something is left to do."""
    settings, stands = looked.project.settings_now(), stands_of(looked.project)
    if looked.project.state != Project.State.LIVE or not dashboard.left_of(settings, stands):
        return False, {}
    today, done = timezone.localdate(), {one.at.date(): one.judgements for one in looked.days}
    whole = [today - timedelta(days=days) for days in range(1, 1 + WHOLE_DAYS)]
    begun = [*done, *_first_whole_day(looked.project)]
    if not begun or min(begun) > whole[-1]:
        return None
    each = sum(done.get(day, 0) for day in whole) / WHOLE_DAYS
    return each < bound, {"each": each, "days": WHOLE_DAYS}


def _first_whole_day(project: Project) -> list[date]:
    """The day after the oldest of its live batches was opened first, or the project was published if that came later;
    none where it has no such batch."""
    made = project.batches.filter(state="live").values_list("public_id", "created_at")
    since = {f"batch:{key}": at for key, at in made}
    opened = Event.objects.filter(subject__in=since, kind="batch_live")
    since |= dict(opened.values_list("subject").annotate(first=Min("at")))
    if not since or project.published_at is None:
        return []
    return [timezone.localtime(max(min(since.values()), project.published_at)).date() + timedelta(days=1)]


def _spend(looked: Looked, bound: float) -> Finding:
    project = looked.project
    total = earning_days.spent(project.organization, [project.public_id]).get(project.public_id, 0)
    spent = int(total) / MILLIONTHS
    return spent > bound, {"spent": spent, "currency": project.organization.currency}


def _stalled(looked: Looked, bound: float) -> Finding:
    stall = Stall.objects.filter(project=looked.project).first()
    tasks = stall.tasks if stall else 0
    return tasks > bound, {"tasks": tasks, "people": stall.people if stall else 0}


FIND: dict[str, Callable[[Looked, float], Finding]] = {
    Watches.ACCURACY: _accuracy,
    Watches.PACE: _pace,
    Watches.PER_DAY: _per_day,
    Watches.SPEND: _spend,
    Watches.STALLED: _stalled,
}


def of_project(project: Project) -> dict[str, AlertRule]:
    """A project's rules, by what they watch."""
    return {one.watches: one for one in AlertRule.objects.filter(project=project)}


@transaction.atomic
def arrange(project: Project, bounds: Mapping[str, float | None], *, by: Person) -> dict[str, AlertRule]:
    """Watch what has a bound, and nothing else of what is named. A rule whose bound changes may be said anew. Raises
    Refused."""
    for watches, bound in bounds.items():
        if watches not in BOUNDS:
            raise Refused("Choose one of %(choices)s.", code="unknown-alert", place="alerts", choices=", ".join(BOUNDS))
        if bound is None:
            AlertRule.objects.filter(project=project, watches=watches).delete()
            continue
        limits.check(watches, bound, BOUNDS[Watches(watches)], "bad-bound")
        rule, new = AlertRule.objects.get_or_create(
            project=project, watches=watches, defaults={"bound": bound, "made_by": by}
        )
        if not new and rule.bound != bound:
            AlertRule.objects.filter(pk=rule.pk).update(bound=bound, made_by=by, raised_at=None, said={})
    emit(
        "alerts_arranged",
        organization_id=project.organization_id,
        actor_id=by.pk,
        project_key=project.public_id,
        subject=f"project:{project.public_id}",
        bounds={name: bound for name, bound in bounds.items() if bound is not None},
    )
    return of_project(project)


def watch() -> int:
    """Look at every project that has rules; returns how many alerts were raised."""
    rows = Project.objects.exclude(state=Project.State.ARCHIVED).filter(alert_rules__isnull=False).distinct()
    return sum(look(project) for project in rows.select_related("organization").order_by("pk"))


def look(project: Project) -> int:
    """Raise and clear the alerts of one project; returns how many were raised."""
    looked = Looked(project)
    return sum(_weigh(rule, looked) for rule in of_project(project).values())


@transaction.atomic
def _weigh(rule: AlertRule, looked: Looked) -> bool:
    found = FIND[rule.watches](looked, rule.bound)
    if found is None:
        return False
    beyond, said = found
    if not beyond:
        AlertRule.objects.filter(pk=rule.pk).exclude(raised_at=None).update(raised_at=None, said={})
        return False
    if not AlertRule.objects.filter(pk=rule.pk, raised_at=None).update(raised_at=Now(), said=said):
        return False
    emit(
        RAISED,
        organization_id=looked.project.organization_id,
        project_key=looked.project.public_id,
        subject=f"alert:{rule.public_id}",
        watches=rule.watches,
        bound=rule.bound,
        said=said,
    )
    return True
