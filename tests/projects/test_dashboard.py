"""A project's dashboard, as Mina reads it: what was done, what it cost, when it will be done, what keeps it back."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.configuration import spending_limit
from projects.models import Batch, BatchHour, BatchPace, BatchProgress, Project, Stall, Task
from projects.reports import dashboard, organization, progress, verdict_index
from projects.workflow import batches, submission
from taskers.models import EarningDay, Event, Person, Transfer
from taskers.money import earning_days
from tests.support import make
from tests.support.projects.judging import given
from tests.support.projects.pipeline import Api, refused
from tests.support.taskers.money import cost

pytestmark = pytest.mark.django_db


def noon() -> datetime:
    """This hour: asked for in each test, since midnight may lie between the start of a session and its tests."""
    return timezone.now().replace(minute=0, second=0, microsecond=0)


@pytest.fixture
def project(cast) -> Project:
    """Two tasks decided by Alice and Bob, who agree; the third waits."""
    made = make.project(cast.riverside, wanted=2)
    tasks = make.tasks(make.batch(made), 3)
    for tasker in (cast.alice, cast.bob):
        for task, answer in zip(tasks, (make.MARIA, make.OSLO), strict=False):
            mine = given(tasker, task)
            submission.submit(mine, tasker, mine.token, answer, active_ms=20_000)
    everything = list(Event.objects.order_by("pk"))
    progress.add(everything)
    progress.hours.add(everything)
    verdict_index.add(everything)
    earning_days.add(Transfer.objects.values_list("pk", flat=True))
    return made


@pytest.fixture
def mina(cast) -> Client:
    client = Client()
    client.force_login(cast.mina)
    return client


def page(project: Project, **asked: str) -> str:
    return reverse("project-dashboard", args=[project.public_id], query=asked)


def read(mina: Client, project: Project, figure: str, **asked: str) -> list[list[str]]:
    answer = mina.get(reverse("project-figure", args=[project.public_id, figure], query=asked))
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.content.decode())))


def past(project: Project, days: int, each: int) -> Batch:
    """So many judgements at noon on each of the days before."""
    batch = project.batches.get()
    BatchHour.objects.bulk_create(
        BatchHour(batch=batch, hour=noon() - timedelta(days=back), people=each) for back in range(1, days + 1)
    )
    BatchPace.objects.update_or_create(batch=batch, defaults={"measured_at": noon() - timedelta(days=1)})
    return batch


def test_each_figure_has_its_drawing_its_table_and_its_file(project, mina) -> None:
    past(project, 2, 1)
    shown = mina.get(page(project)).content.decode()
    for key in ("judgements", "decisions", "progress", "quality", "seconds", "cost"):
        drawn = re.search(rf'id="figure-{key}".*?</section>', shown, re.S)[0]
        assert 'role="img"' in drawn and "<table" in drawn and f"{key}.csv" in drawn, key
    assert read(mina, project, "judgements")[-1][1:] == ["4", "0", "0"]
    assert read(mina, project, "decisions")[-1][1:] == ["2", "0", "0", "0", "0"]
    assert read(mina, project, "progress")[-1][1:] == ["4", "2"]
    assert f"{reverse('tasks', args=[project.public_id])}?label=person" in shown
    assert read(mina, project, "labels")[1:] == [["Person", "1", "0.5"], ["Place", "1", "0.5"]]
    every, helped, alone, number = read(mina, project, "seconds")[-1][1:]
    assert every == alone and float(every) > 0 and helped == "" and number == "4"
    assert read(mina, project, "cost")[-1][1:] == ["0.2", "0.2"]
    agreed, low, high, answers = read(mina, project, "quality")[-1][1:5]
    assert agreed == "1" and 0.2 < float(low) < 0.5 and high == "1" and answers == "4"


def test_by_the_hour_it_tells_when_somebody_was_at_work(project, mina) -> None:
    rows = read(mina, project, "judgements", by="hour")
    assert sum(int(row[1]) for row in rows[1:]) == 4
    assert "T" in rows[1][0], "the file says the hour"


def test_weeks_hold_the_days_that_they_are_made_of(project, mina) -> None:
    past(project, 10, 5)
    assert sum(int(row[1]) for row in read(mina, project, "judgements", by="week")[1:]) == 54


def test_programs_read_the_same_figures(cast, project, mina) -> None:
    Stall.objects.create(project=project, tasks=1, begun=0, people=3)
    api = Api(cast.mina, cast.riverside, "read")
    told = api.get("dashboard", project.public_id).json()
    assert [told[name] for name in ("tasks", "decided", "wanted", "submitted", "open", "held")] == [3, 2, 6, 4, 2, 0]
    assert (told["spent"], told["planned"], told["currency"]) == ("0.20", "0.30", "USD")
    assert [(one["key"], one["tasks"]) for one in told["labels"]] == [("person", 1), ("place", 1)]
    assert told["hindrances"][0]["said"] == "1 task waits for an answer that nobody may give."
    today = told["periods"][-1]
    assert (today["people"], today["models"], today["by_answers"]) == (4, 0, 2)
    assert (today["judgements_at_end"], today["decided_at_end"], today["earned"]) == (4, 2, "0.20")
    drawn = read(mina, project, "quality")[-1]
    assert [f"{today['agreement'][name]:.6g}" for name in ("value", "low", "high", "number")] == drawn[1:5]
    (people,) = told["people_and_models"]
    row = read(mina, project, "people-and-models")[1]
    assert (people["kind"], row[0]) == ("human", f"{people['people']} people")
    assert people["right"] == {"value": None, "low": None, "high": None, "number": 0} and row[1:] == ["", "", "", "0"]
    hours = api.get("dashboard", project.public_id, by="hour").json()["periods"]
    assert sum(one["people"] for one in hours) == 4 and hours[0]["earned"] is None
    refused(api.get("dashboard", project.public_id, by="minute"), 400, "invalid")


def test_programs_read_what_stalls_as_the_page_says_it(cast, project, mina) -> None:
    api = Api(cast.mina, cast.riverside, "read")
    Stall.objects.create(project=project, tasks=1, whole=False, kept={"lacks-skill": 2}, unlisted=3)
    waiting, unlisted = api.get("dashboard", project.public_id).json()["hindrances"][:2]
    assert (
        waiting["said"].startswith("At least 1 tasks wait") and "Lack a skill that is asked for (2)" in waiting["said"]
    )
    assert unlisted["said"] == "3 open tasks are on nobody’s work list."
    told = [
        one["said"]
        for one in Api(cast.olga, cast.riverside, "read").get("overview").json()["projects"][0]["hindrances"]
    ]
    assert told[:2] == [waiting["said"], unlisted["said"]]
    Project.objects.update(state="paused")
    paused = api.get("dashboard", project.public_id).json()["hindrances"]
    assert not any("nobody" in one["said"] for one in paused)


def test_programs_read_the_days_of_whoever_asks_as_their_page_does(cast, project, mina) -> None:
    Person.objects.filter(pk=cast.mina.pk).update(time_zone="Asia/Tokyo")
    api = Api(cast.mina, cast.riverside, "read")
    drawn = read(mina, project, "judgements")
    days, together = api.get("dashboard", project.public_id).json()["periods"], api.get("overview").json()["days"]
    tokyo = [datetime.fromisoformat(one["at"]).astimezone(ZoneInfo("Asia/Tokyo")) for one in days]
    assert [(one.hour, one.minute) for one in tokyo] == [(0, 0)] * len(days)
    assert [one.date().isoformat() for one in tokyo] == [row[0][:10] for row in drawn[1:]]
    assert together[-1]["at"] == days[-1]["at"] and days[-1]["at"].endswith("T15:00:00Z"), "times are told in UTC"


def test_a_figure_that_there_is_none_of_is_not_found(project, mina) -> None:
    assert mina.get(reverse("project-figure", args=[project.public_id, "luck"])).status_code == 404


def test_cost_and_accuracy_are_unknown_without_audits_and_gold(cast, project, mina) -> None:
    found = dashboard.of(project, project.settings_now())
    assert (found.money.total, found.money.planned) == (4 * 50_000, 6 * 50_000)
    assert found.money.each is None and found.money.correct.value is None
    assert [(share.kind, share.people, share.right.value) for share in found.graded] == [("human", 2, None)]
    shown = mina.get(page(project)).content.decode()
    assert "can’t tell" in shown and "20 more answered audits are needed" in shown
    assert "How right people are can’t be told yet" in shown
    dashboard_json = Api(cast.mina, cast.riverside, "read").get("dashboard", project.public_id).json()
    assert dashboard_json["cost_per_correct_label"] is None and dashboard_json["correct"]["value"] is None


def test_mina_reads_when_it_will_be_done_and_that_the_deadline_is_lost(project, mina) -> None:
    batch = past(project, 20, 10)
    BatchProgress.objects.filter(batch=batch).update(tasks=150, wanted=300)
    Batch.objects.filter(pk=batch.pk).update(deadline=noon() + timedelta(days=5))
    ahead = dashboard.of(project, project.settings_now()).ahead
    assert ahead.left == 296
    assert timedelta(days=22) < ahead.at - timezone.now() < timedelta(days=42)
    assert ahead.low < ahead.at < ahead.high
    assert "hardly be done" in mina.get(page(project)).content.decode()


def test_each_hindrance_comes_with_its_remedy(project, mina, cast) -> None:
    batch = project.batches.get()
    BatchPace.objects.filter(batch=batch).delete()
    BatchProgress.objects.filter(batch=batch).update(in_review=30)
    Stall.objects.create(project=project, tasks=24, begun=24, people=3)
    make.tasks(make.batch(project, "Later", state="draft"), 2)
    progress.add(Event.objects.filter(kind="loaded").order_by("-pk")[:1])
    shown = mina.get(page(project)).content.decode()
    for said in (
        "Nobody has begun: 2 judgements are open",
        "30 tasks wait for a reviewer",
        "24 tasks wait for answers",
    ):
        assert said in shown
    assert "2 tasks lie in batches that weren&#x27;t started" in shown
    batches.move(batch, "paused", by=cast.mina)
    assert "2 judgements wait in paused batches" in mina.get(page(project)).content.decode()


def test_an_empty_project_draws_nothing_and_says_why(cast, mina) -> None:
    shown = mina.get(page(make.project(cast.riverside, "Empty"))).content.decode()
    assert shown.count("Nothing to draw yet.") == 7
    reasons = re.findall(r'figure__empty">Nothing to draw yet\. ([^<]+)</p>', shown)
    assert len(reasons) == 7 and "No judgement of a person was timed during this time." in reasons


@pytest.mark.parametrize("unit", ["hour", "day", "week"])
def test_the_first_day_is_drawn_as_a_point(project, mina, unit) -> None:
    shown = mina.get(page(project, by=unit)).content.decode()
    for key in ("progress", "seconds"):
        figure = shown.split(f'id="figure-{key}"')[1].split("</section>")[0]
        assert "Nothing to draw yet" not in figure and "<circle" in figure


@pytest.mark.parametrize("unit", ["hour", "day", "week"])
def test_the_page_asks_the_database_eleven_times_at_most(project, mina, unit, django_assert_max_num_queries) -> None:
    past(project, 30, 10)
    mina.get(page(project))
    with django_assert_max_num_queries(11):  # one of them is what the copilot's figures say
        assert mina.get(page(project, by=unit)).status_code == 200


@pytest.mark.parametrize("name", ["project-dashboard", "overview"])
def test_no_big_table_is_read_but_for_what_is_held(project, mina, name) -> None:
    asked: list[str] = []

    def hear(execute, statement, *rest):
        asked.append(statement)
        return execute(statement, *rest)

    with connection.execute_wrapper(hear):
        mina.get(reverse(name, args=[project.public_id] if name == "project-dashboard" else []))
    big = re.compile(r"projects_(task|annotation|verdict|verdictentry|secondlook)\b|taskers_(transfer|grade|event)\b")
    assert [one for one in asked if big.search(one)] == []
    held = [one for one in asked if "projects_assignment" in one]
    assert len(held) == 1 and "a.state = 'held'" in held[0]


def test_days_of_the_viewers_own_time_zone(project, cast) -> None:
    EarningDay.objects.all().delete()
    BatchHour.objects.all().delete()
    late = timezone.now().replace(hour=23, minute=0, second=0, microsecond=0) - timedelta(days=3)
    BatchHour.objects.create(batch=project.batches.get(), hour=late, people=1)
    with timezone.override("Asia/Tokyo"):
        assert (
            dashboard.periods(project, {"day": dashboard.LONG_AGO})["day"][0].at.day == (late + timedelta(hours=9)).day
        )


def test_what_it_spends_of_its_budget_is_what_a_recount_says_with_when_that_ends(cast, project, mina) -> None:
    """Four judgements of five cents are paid; one more is handed in and undecided."""
    waiting = Task.objects.filter(project=project).order_by("pk").last()
    mine = given(cast.alice, waiting)
    submission.submit(mine, cast.alice, mine.token, make.MARIA)
    progress.add(Event.objects.filter(kind="submitted").order_by("-pk")[:1])
    assert "budget" not in mina.get(page(project)).content.decode().lower()
    spending_limit.allow(project, cast.mina, 1_000_000)
    api = Api(cast.mina, cast.riverside, "read")
    told = api.get("dashboard", project.public_id).json()["budget"]
    assert (told["limit"], told["earned"], told["promised"], told["enough"]) == ("1.00", "0.20", "0.05", True)
    (now,) = spending_limit.of([project]).values()
    assert (now.earned, now.promised) == (cost(project.public_id), 50_000)
    assert told["share"] == now.share == 0.25 and told["at"] is None, "one day tells nothing yet"
    today = datetime.now(UTC).date()
    EarningDay.objects.bulk_create(
        EarningDay(
            organization=cast.riverside,
            project_key=project.public_id,
            currency="USD",
            day=today - timedelta(days=back),
            amount=50_000,
        )
        for back in range(1, 9)
    )
    spending_limit.allow(project, cast.mina, 1_050_000)
    past(project, 8, 1)
    found = dashboard.of(project, project.settings_now()).money.budget
    assert found.left == 1_050_000 - 600_000 - 50_000 - (found.promised - 50_000)
    assert found.low < found.at < found.high
    assert timedelta(days=4) < found.at - timezone.now() < timedelta(days=16), "some 8 days at 5 cents a day"
    shown = mina.get(page(project)).content.decode()
    assert 'id="figure-budget"' in shown and "Of the budget" in shown
    rows = read(mina, project, "budget")
    assert rows[-1][1:] == ["0.6", "1.05", "0.571429"]
    told = Api(cast.olga, cast.riverside, "read").get("overview").json()["projects"][0]["budget"]
    assert (told["limit"], told["earned"]) == ("1.05", "0.60") and told["low"] < told["at"]
    olga = Client()
    olga.force_login(cast.olga)
    assert "of $1.05 in all" in olga.get(reverse("overview")).content.decode()
    (line,) = list(csv.reader(io.StringIO(olga.get(reverse("overview-figure", args=["budget"])).content.decode())))[1:]
    assert line[:4] == [project.name, "0.6", line[2], "1.05"]


def test_answers_that_wait_for_their_decision_are_planned_for_too(cast, project) -> None:
    BatchProgress.objects.update(submitted=6)
    spending_limit.allow(project, cast.mina, 250_000)
    budget = dashboard.of(project, project.settings_now()).money.budget
    assert (budget.promised, budget.planned, budget.enough) == (100_000, 300_000, False)
    empty = make.project(cast.riverside, "Empty")
    spending_limit.allow(empty, cast.mina, 250_000)
    told = Api(cast.mina, cast.riverside, "read").get("dashboard", empty.public_id).json()["budget"]
    assert (told["limit"], told["earned"]) == ("0.25", "0.00"), "a limit is told before there is a batch"


def test_the_overview_forecasts_spending_as_the_dashboard_does(cast, project) -> None:
    EarningDay.objects.all().delete()
    whose = {"organization": cast.riverside, "project_key": project.public_id, "currency": "USD", "amount": 50_000}
    today = datetime.now(UTC).date()
    EarningDay.objects.bulk_create(EarningDay(**whose, day=today - timedelta(days=back)) for back in (60, *range(1, 6)))
    spending_limit.allow(project, cast.mina, 900_000)
    here = dashboard.of(project, project.settings_now()).money.budget
    (line,) = organization.of(cast.riverside, [project]).lines
    ends = [one.at - timezone.now() for one in (here, line.budget)]
    assert 0.5 < ends[0] / ends[1] < 2, "the days without any count there too"
