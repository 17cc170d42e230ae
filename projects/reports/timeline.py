"""A dashboard over time: which periods are told, how far things had come at the end of each, and what each cost."""

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from projects.models import Project, ProjectSettings
from projects.reports import dashboard
from projects.reports.dashboard import Dashboard, Period

UNITS = ("hour", "day", "week")
DAYS, HOURS, WEEKS = 30, 48, 60  # told at most


def of(project: Project, settings: ProjectSettings, unit: str) -> tuple[Dashboard, Sequence[Period]]:
    """A project's figures, and the newest periods of a unit, oldest first."""
    since = timezone.now() - timedelta(hours=HOURS) if unit == "hour" else None
    found = dashboard.of(project, settings, hours_since=since)
    if unit == "hour":
        return found, found.hours[-HOURS:]
    return found, dashboard.by_week(found.days)[-WEEKS:] if unit == "week" else found.days[-DAYS:]


def ends(found: Dashboard, told: Sequence[Period]) -> list[tuple[int, int]]:
    """Judgements that counted and tasks that were decided at the end of each, counted back from where things stand."""
    judged, decided = found.stands.submitted, found.stands.decided
    rows: list[tuple[int, int]] = []
    for one in reversed(told):
        rows.append((max(0, judged), max(0, decided)))
        judged, decided = judged - one.net_judgements, decided - one.net_decisions
    return rows[::-1]


def spent(found: Dashboard, told: Sequence[Period]) -> tuple[int, list[int]]:
    """In millionths, by the days of UTC: what was earned before the first of these periods, and in each."""
    begins = [one.at.date() for one in told]
    before, each = 0, [0] * len(told)
    for day, amount in found.money.days.items():
        place = sum(begin <= day for begin in begins) - 1
        if place >= 0:
            each[place] += amount
        else:
            before += amount
    return before, each
