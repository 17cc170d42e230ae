"""A simulated project whose truth is known: its figures bracket that truth, and none contradicts another."""

import csv
import io
from dataclasses import dataclass
from importlib import import_module

import pytest
from django.db import connection
from django.db.models import Sum
from django.test import Client
from django.urls import reverse

from projects import queue
from projects.models import AgreementReport, BatchHour, Project, Verdict
from projects.reports import agreement_reports, dashboard, progress, verdict_index
from projects.task_types.text_spans import TextSpans
from projects.workflow import submission
from taskers.models import Event, Transfer
from taskers.money import earning_days
from tests.support import make
from tests.support.projects.judging import known_answers, said
from tests.support.projects.pipeline import Api

pytestmark = pytest.mark.django_db

TRUTH, ERROR = make.spans((0, 11)), make.spans((0, 11, "place"))
# Of every 25 tasks both people answer 3 wrongly alike, and differ on 2, which then wait for a third answer.
TASKS, BOTH_WRONG, DIFFERENT = 100, {4, 12, 21}, {7, 18}
GOLD_RIGHT, GOLD_WRONG = 10, 2
READ_UP_TO = """
INSERT INTO taskers_cursor (reader, transaction, event_id) VALUES ('rollups', %s, 0)
ON CONFLICT (reader) DO UPDATE SET transaction = excluded.transaction, event_id = excluded.event_id
"""


@dataclass(frozen=True)
class Simulated:
    """The project, and what is true of it."""

    project: Project
    decided: int
    correct: int
    agreement: float


@pytest.fixture
def simulated(cast) -> Simulated:
    """A reviewer, who is always right, has answered half of the audits. Nothing about the draw is left to chance."""
    project = make.project(cast.riverside, wanted=2, most=3, audit_share=1.0, aggregation="majority_v1")
    batch = make.batch(project)
    tasks = make.tasks(batch, TASKS)
    for number, task in enumerate(tasks):
        place = number % 25
        said(cast.alice, task, ERROR if place in BOTH_WRONG else TRUTH)
        said(cast.bob, task, ERROR if place in BOTH_WRONG | DIFFERENT else TRUTH)
    for task in tasks[::2]:
        if Verdict.objects.filter(task=task).exists():
            review = queue.claim_review(task, cast.rita)
            submission.decide(review, cast.rita, review.token, TRUTH)
    people = [(cast.alice, TRUTH), (cast.bob, TRUTH)]
    known_answers(cast, project, batch, people, GOLD_RIGHT)
    known_answers(cast, project, batch, [(cast.alice, TRUTH), (cast.bob, ERROR)], GOLD_WRONG)
    events = list(Event.objects.order_by("pk"))
    progress.add(events)
    progress.hours.add(events)
    verdict_index.add(events)
    earning_days.add(Transfer.objects.values_list("pk", flat=True))
    standing = list(Verdict.objects.current().filter(task__in=tasks).values_list("answer", flat=True))
    correct = sum(answer["spans"][0]["label"] == "person" for answer in standing)
    assert len(standing) == TASKS * 23 // 25 and correct < len(standing)
    return Simulated(project, len(standing), correct, 23 / 25)


def test_the_share_of_correct_verdicts_and_their_cost_bracket_the_truth(simulated) -> None:
    money = dashboard.of(simulated.project, simulated.project.settings_now()).money
    truth = simulated.correct / simulated.decided
    assert money.correct.low < truth < money.correct.high < 1
    assert money.correct.value == pytest.approx(truth, abs=0.03)
    cost = money.total / simulated.correct
    assert money.each_low < cost < money.each_high
    assert money.each == pytest.approx(cost, rel=0.04)


def test_people_are_as_right_as_their_gold_says_not_as_their_own_verdicts(simulated) -> None:
    (people,) = dashboard.of(simulated.project, simulated.project.settings_now()).graded
    number = 2 * (GOLD_RIGHT + GOLD_WRONG)
    assert (people.people, people.right.number) == (2, number)
    # Each answer counts by its grade: a right place under a wrong label is worth a part of one.
    lost = GOLD_WRONG * (1 - TextSpans().gold_check(ERROR, TRUTH, {}).score)
    assert people.right.value == pytest.approx(1 - lost / number)
    assert people.right.low < people.right.value < people.right.high < 1


def test_agreement_counts_tasks_that_still_wait_for_an_answer(simulated) -> None:
    agreement_reports.make(simulated.project.pk)
    numbers = AgreementReport.objects.get(project=simulated.project).numbers
    assert (numbers["tasks"], numbers["answers"]) == (TASKS, 2 * TASKS)
    assert numbers["measures"]["agreement"]["value"] == pytest.approx(simulated.agreement)


def test_the_page_says_each_share_with_what_it_rests_on(simulated, cast) -> None:
    client = Client()
    client.force_login(cast.mina)
    shown = client.get(reverse("project-dashboard", args=[simulated.project.public_id])).content.decode()
    assert "of decided tasks are correct, by 46 audits" in shown and "can’t tell" not in shown
    assert "95 % likely" in shown and "Agreement counts decided tasks alone" in shown


def test_programs_read_what_the_page_shows(simulated, cast) -> None:
    client = Client()
    client.force_login(cast.mina)
    dashboard_json = Api(cast.mina, cast.riverside, "read").get("dashboard", simulated.project.public_id).json()
    file = client.get(reverse("project-figure", args=[simulated.project.public_id, "people-and-models"]))
    row = list(csv.reader(io.StringIO(file.content.decode())))[1]
    (people,) = dashboard_json["people_and_models"]
    assert [f"{people['right'][name]:.6g}" for name in ("value", "low", "high", "number")] == row[1:]
    assert dashboard_json["correct"]["number"] == 46 and float(dashboard_json["cost_per_correct_label"]) > 0


def test_audits_of_the_past_are_counted_as_those_of_today_are(simulated) -> None:
    """And an audit whose event the rollups have yet to read is left to them."""
    rows = BatchHour.objects.order_by("pk").values_list("batch", "hour", "audited", "confirmed")
    counted = list(rows)
    assert BatchHour.objects.aggregate(audits=Sum("audited"), confirmed=Sum("confirmed")) == {
        "audits": 46,
        "confirmed": 40,  # six of the twelve errors were audited
    }
    past_audits = import_module("projects.migrations.0031_audits_by_hour").PAST_AUDITS
    for last_event, expected in ((2**63 - 1, counted), (0, [(batch, hour, 0, 0) for batch, hour, *_ in counted])):
        BatchHour.objects.update(audited=0, confirmed=0)
        with connection.cursor() as cursor:
            cursor.execute(READ_UP_TO, [last_event])
            cursor.execute(past_audits)
        assert list(rows.all()) == expected
