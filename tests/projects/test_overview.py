"""All projects side by side, those first that need somebody, as Olga sees them."""

import csv
import io
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.models import BatchHour, BatchPace, Project, Stall
from projects.reports import organization, progress
from projects.workflow import batches
from taskers.models import EarningDay, Event
from tests.support import make
from tests.support.projects.pipeline import Api

pytestmark = pytest.mark.django_db


def noon() -> datetime:
    """This hour: asked for in each test, since midnight may lie between the start of a session and its tests."""
    return timezone.now().replace(minute=0, second=0, microsecond=0)


def working(cast, name: str, *, tasks: int = 40) -> Project:
    """A project on which ten judgements came in on each of the last days."""
    made = make.project(cast.riverside, name)
    batch = make.batch(made)
    make.tasks(batch, tasks)
    progress.add(Event.objects.filter(kind="loaded").order_by("-pk")[:1])
    BatchHour.objects.bulk_create(
        BatchHour(batch=batch, hour=noon() - timedelta(days=back), people=10) for back in range(1, 9)
    )
    BatchPace.objects.update_or_create(batch=batch, defaults={"measured_at": noon()})
    return made


@pytest.fixture
def olga(cast) -> Client:
    client = Client()
    client.force_login(cast.olga)
    return client


def found(cast) -> organization.Overview:
    return organization.of(cast.riverside, Project.objects.of(cast.riverside))


def test_what_needs_somebody_most_comes_first(cast, olga) -> None:
    calm = working(cast, "Calm")
    paused = working(cast, "With a paused batch")
    batches.move(paused.batches.get(), "paused", by=cast.mina)
    stalled = working(cast, "Stalled")
    Stall.objects.create(project=stalled, tasks=24, people=3)
    lines = found(cast).lines
    assert [one.project for one in lines] == [stalled, paused, calm]
    assert not lines[-1].hindrances
    shown = olga.get(reverse("overview")).content.decode()
    assert "24 tasks wait for answers that nobody may give." in shown and "Nothing to do." in shown


def test_days_and_money_of_all_are_put_together(cast) -> None:
    for name in ("One", "Two"):
        project = working(cast, name)
        EarningDay.objects.create(
            organization=cast.riverside, project_key=project.public_id, currency="USD", day=noon().date(), amount=70_000
        )
    all_of_it = found(cast)
    assert sum(one.people for one in all_of_it.days) == 160
    assert all_of_it.spent == 140_000
    assert all(one.ahead is not None and one.week.people == 60 for one in all_of_it.lines)


def test_its_figures_are_files_and_programs_read_it(cast, olga) -> None:
    calm, stalled = working(cast, "Calm"), working(cast, "Stalled")
    Stall.objects.create(project=stalled, tasks=24, people=3)
    shown = olga.get(reverse("overview")).content.decode()
    address = reverse("overview-figure", args=["judgements"])
    assert address in shown
    rows = list(csv.reader(io.StringIO(olga.get(address).content.decode())))
    assert sum(int(row[1]) for row in rows[1:]) == 160
    assert olga.get(reverse("overview-figure", args=["luck"])).status_code == 404
    told = Api(cast.olga, cast.riverside, "read").get("overview").json()
    assert [one["name"] for one in told["projects"]] == ["Stalled", "Calm"]
    first, last = told["projects"]
    assert first["project"] == str(stalled.public_id) and "24 tasks wait" in first["hindrances"][0]["said"]
    assert (last["judgements"], last["spent"], last["forecast"]["left"]) == (
        60,
        "0.00",
        calm.batches.get().tasks.count() * 2,
    )
    assert sum(one["people"] for one in told["days"]) == 160


def test_it_says_where_there_are_more_projects_than_it_tells_of(cast, monkeypatch) -> None:
    for name in ("One", "Two"):
        make.project(cast.riverside, name)
    api = Api(cast.olga, cast.riverside, "read")
    assert api.get("overview").json()["more"] is False
    monkeypatch.setattr(organization, "MOST", 1)
    told = api.get("overview").json()
    assert told["more"] is True and len(told["projects"]) == 1


def test_archived_projects_are_left_out(cast) -> None:
    working(cast, "Over")
    Project.objects.update(state="archived")
    assert not found(cast).lines


def test_more_projects_ask_no_more_of_the_database(cast, olga, django_assert_max_num_queries) -> None:
    for number in range(4):
        working(cast, f"Project {number}", tasks=2)
    olga.get(reverse("overview"))
    with django_assert_max_num_queries(11):  # one of them is what the copilot's figures say
        olga.get(reverse("overview"))
