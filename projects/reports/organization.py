"""An organization's projects side by side, those first that need somebody. Reads only, from what is added up.

A fixed number of statements, however many projects and tasks there are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from projects import access
from projects.models import Project, ProjectSettings, Stall
from projects.reports import dashboard, queue_health, spending
from projects.reports.dashboard import Ahead, Period, together
from projects.reports.queue_health import Hindrance
from projects.reports.spending import Budget
from projects.reports.stands import Stands, stands_by_project
from taskers import access as roles
from taskers.errors import NotAllowed
from taskers.models import Organization, Person
from taskers.money import earning_days

MOST = 200  # projects
DAYS = 30  # that are drawn
FORECASTS, PATHS = 25, 150  # how many projects have one, and how many paths each is simulated on
CALM = 100  # the weight of a project of which there is nothing to say


@dataclass(frozen=True)
class Line:
    """One project: how far it is, how fast, until when, what it cost lately, and what needs somebody."""

    project: Project
    stands: Stands
    week: Period
    ahead: Ahead | None
    spent: int  # millionths, in the days that are drawn
    hindrances: Sequence[Hindrance]
    budget: Budget | None = None  # where it may not spend as much as it takes

    @property
    def weight(self) -> int:
        """How much it needs somebody: 0 most."""
        return min((one.weight for one in self.hindrances), default=CALM)


@dataclass(frozen=True)
class Overview:
    """All of them, and their days together."""

    lines: Sequence[Line]
    days: Sequence[Period]
    spent: int
    more: bool  # whether there are projects beside these

    @property
    def week(self) -> Period:
        """The last seven days of all."""
        return together(self.days[-7:])

    @property
    def needing(self) -> int:
        """How many projects need somebody."""
        return sum(bool(one.hindrances) for one in self.lines)


def for_manager(organization: Organization, person: Person) -> Overview:
    """Of the projects that somebody manages. Raises NotAllowed where that is none of them by their role."""
    keys = roles.project_keys_of(person, organization, *access.MANAGE)
    if keys is not None and not keys:
        raise NotAllowed("This page is for managers; ask one to give you the role.")
    return of(organization, access.among(organization, keys).order_by("-priority", "-pk"))


def of(organization: Organization, projects: Iterable[Project]) -> Overview:
    """Of these projects, the first of them, archived ones left out."""
    unarchived = [one for one in projects if one.state != Project.State.ARCHIVED]
    found = unarchived[:MOST]
    keys = [one.pk for one in found]
    now = timezone.now()
    begin = now - timedelta(days=DAYS)
    stands = stands_by_project(keys)
    days = dashboard.days_by_project(keys, begin)
    newest = ProjectSettings.objects.filter(project__in=keys).order_by("project", "-version").distinct("project")
    settings = {one.project_id: one for one in newest}
    stalls = {one.project_id: one for one in Stall.objects.filter(project__in=keys)}
    names = [one.public_id for one in found]
    earned = earning_days.by_project(organization, names, begin.date())
    live = sorted((one for one in found if one.state == Project.State.LIVE), key=lambda one: (-one.priority, -one.pk))
    forecast = {one.pk for one in live[:FORECASTS]}
    further = queue_health.further(keys)
    lines = [
        _line(
            one,
            settings[one.pk],
            stands.get(one.pk, Stands()),
            days.get(one.pk, []),
            stalls.get(one.pk),
            *earned.get(one.public_id, (0, {})),
            one.pk in forecast,
            further[one.pk],
        )
        for one in found
    ]
    return Overview(
        sorted(lines, key=lambda one: (one.weight, -one.project.priority, one.project.name)),
        _all_days(days.values()),
        sum(one.spent for one in lines),
        more=len(unarchived) > MOST,
    )


def _line(
    project: Project,
    settings: ProjectSettings,
    stands: Stands,
    days: Sequence[Period],
    stall: Stall | None,
    before: int,
    lately: Mapping[date, int],
    forecast: bool,
    further: Sequence[Hindrance],
) -> Line:
    spent = sum(lately.values())
    budget = dashboard.budget_of(settings, stands, before + spent)
    if budget and forecast:
        budget = spending.of(project.pk, budget, lately, PATHS, before=before != 0)
    ahead = dashboard.ahead(project.pk, settings, stands, days, PATHS) if forecast else None
    hindrances = [
        *queue_health.stalled(project, stall),
        *queue_health.hindrances(project, stands, days, ahead, further),
    ]
    return Line(project, stands, together(days[-7:]), ahead, spent, hindrances, budget)


def _all_days(some: Iterable[Sequence[Period]]) -> list[Period]:
    """The days of all projects, put together by date."""
    by_day: dict[datetime, list[Period]] = {}
    for days in some:
        for one in days:
            by_day.setdefault(one.at, []).append(one)
    return [together(by_day[at]) for at in sorted(by_day)]
