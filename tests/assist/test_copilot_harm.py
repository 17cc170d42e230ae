"""The copilot's measured harm is an alert: to the managers' inboxes, and on the overview until it is over."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from assist.models import CopilotHarm
from assist.suggestions.help_report import Help, Interval
from assist.web import copilot_harm, figures
from projects.configuration import configure
from projects.models import Assignment, Project
from projects.reports import organization
from taskers.models import Event, Notification
from taskers.notifications import inbox
from tests.support import make
from tests.support.projects.pipeline import Api

pytestmark = pytest.mark.django_db

COSTS = Interval(-0.14, -0.2, -0.08)
UNCLEAR = Interval(-0.05, -0.2, 0.1)
SAVES = Interval(0.3, 0.2, 0.4)


@pytest.fixture
def project(cast) -> Project:
    """With work that came in without help and with it, whose times the draw may not have made unlike."""
    project = make.project(cast.riverside, wanted=1, control_share=0.5)
    make.tasks(make.batch(project), 24)
    return project


def judge(tasker, project: Project, *, slow: bool) -> None:
    """All that is open; each piece with the copilot takes long where it is `slow`, else each without. Every second
    piece is with it: a draw could leave nearly all on one side."""
    for number in range(24):
        work = make.held(tasker, project)
        work.held_at, work.copilot = timezone.now() - timedelta(minutes=5), number % 2 == 0
        Assignment.objects.filter(pk=work.pk).update(held_at=work.held_at, copilot=work.copilot)
        seconds = (60 if work.copilot == slow else 10) + number % 3
        make.submission.submit(work, tasker, work.token, make.MARIA, active_ms=1000 * seconds)


@pytest.mark.parametrize(
    ("saved", "better", "does_harm"),
    [
        (COSTS, None, True),
        (SAVES, COSTS, True),
        (COSTS, SAVES, True),
        (UNCLEAR, UNCLEAR, False),
        (SAVES, SAVES, False),
        (None, None, False),
    ],
)
def test_harm_is_an_interval_wholly_on_the_wrong_side(saved, better, does_harm: bool) -> None:
    assert Help(20, 20, 3, saved, better).does_harm is does_harm


def test_a_copilot_that_costs_time_is_told_to_the_managers_once_and_shown_on_the_overview(cast, project) -> None:
    judge(cast.alice, project, slow=True)
    assert figures.help_of(project).whole.finding == "costs"
    assert copilot_harm.watch_all() == 1 and copilot_harm.watch_all() == 0
    inbox.tell(Event.objects.order_by("pk"))
    (row,) = Notification.objects.filter(kind="copilot_harm", person=cast.mina)
    assert "The copilot costs time" in inbox.said(row)
    assert row.address == reverse("project-copilot", args=[project.public_id])
    assert not Notification.objects.filter(kind="copilot_harm", person=cast.alice).exists()
    (line,) = organization.for_manager(cast.riverside, cast.mina).lines
    assert any("The copilot costs time: −" in hindrance.said for hindrance in line.hindrances)
    shown = Api(cast.mina, cast.riverside).get("dashboard", project.public_id).json()
    assert any("The copilot costs time" in hindrance["said"] for hindrance in shown["hindrances"])


def test_the_alert_ends_with_the_harm_or_with_the_copilot_and_is_raised_anew(cast, project, monkeypatch) -> None:
    judge(cast.alice, project, slow=True)
    copilot_harm.watch_all()
    with monkeypatch.context() as patched:
        whole = Help(20, 20, 3, UNCLEAR, UNCLEAR)
        patched.setattr(figures, "help_of", lambda project: figures.HelpReport(whole, {}, {}, [], (None, None)))
        copilot_harm.watch_all()
        assert not CopilotHarm.objects.exists()
    assert copilot_harm.watch_all() == 1
    configure.change(project, cast.mina, copilot=False)
    copilot_harm.watch_all()
    assert not CopilotHarm.objects.exists()
    assert Event.objects.filter(kind=copilot_harm.RAISED).count() == 2


def test_worse_answers_are_reported_beside_time_that_is_saved(cast, project, monkeypatch) -> None:
    judge(cast.alice, project, slow=False)
    whole = Help(20, 20, 3, SAVES, COSTS)
    monkeypatch.setattr(figures, "help_of", lambda project: figures.HelpReport(whole, {}, {}, [], (None, None)))
    assert copilot_harm.watch_all() == 1
    (hindrance,) = copilot_harm.hindrances_of([project.pk])[project.pk]
    assert hindrance.said.startswith("Answers are worse with the copilot: quality −14 points")
    assert "costs time" not in hindrance.said


def test_nothing_is_measured_where_nothing_comes_in_or_nobody_goes_without(cast, project, monkeypatch) -> None:
    measured: list[Project] = []

    def look(project: Project) -> bool:
        measured.append(project)
        return False

    monkeypatch.setattr(copilot_harm, "look", look)
    other = make.project(cast.riverside, "No control", wanted=1)
    make.tasks(make.batch(other), 3)
    make.judged(cast.alice, other, make.MARIA)
    copilot_harm.watch_all()
    assert measured == []
    make.judged(cast.alice, project, make.MARIA)
    copilot_harm.watch_all()
    assert measured == [project]
    monkeypatch.setattr(copilot_harm, "RECENT_WORK", -timedelta(minutes=1))
    copilot_harm.watch_all()
    assert measured == [project]
