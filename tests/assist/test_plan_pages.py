"""Automatic training as it is arranged: by page, by program and by command."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from assist.learning import snapshots
from assist.learning.plans import plans
from assist.models import PlanRound, TrainingPlan
from projects.errors import Refused
from tests.support.assist.engineer import at, shown
from tests.support.assist.engineer import emil as emil  # a fixture
from tests.support.assist.plans import RECIPE, TERMS
from tests.support.assist.plans import places as places  # fixtures
from tests.support.assist.plans import project as project
from tests.support.projects.pipeline import Office, refused

pytestmark = pytest.mark.django_db


def test_a_program_and_a_command_arrange_it_too(cast, project) -> None:
    mine, key = Office(cast.mina, cast.riverside), project.public_id
    refused(mine.send("PUT", "plan", key, RECIPE, body={}), 422, "bad-plan")
    refused(mine.send("PUT", "plan", key, "abacus", body={"every_days": 3}), 422, "unknown-recipe", "recipe")
    made = mine.send("PUT", "plan", key, RECIPE, body={"every_days": 3}).json()
    assert (made["state"], made["every_days"], made["minutes"], made["when_passed"]) == ("on", 3, 60, "ask")
    assert (made["trials"], made["search_minutes"]) == (None, 60)
    assert made["rounds"] == [] and mine.get("plans", key).json() == [made]
    out = StringIO()
    refused(mine.send("PUT", "plan", key, RECIPE, body={"every_days": 3, "trials": 1}), 400, "invalid", "trials")
    told = mine.send("PUT", "plan", key, RECIPE, body={"every_days": 3, "trials": 20, "search_minutes": 90}).json()
    assert (told["trials"], told["search_minutes"]) == (20, 90)
    terms = ("--by", cast.mina.email, "--new-verdicts", "9", "--trials", "4")
    call_command("training_plans", "arrange", str(key), RECIPE, *terms, stdout=out)
    assert f"{RECIPE}: on" in out.getvalue() and TrainingPlan.objects.get().new_verdicts == 9
    assert (TrainingPlan.objects.get().trials, TrainingPlan.objects.get().search_minutes) == (4, 60)
    with pytest.raises(CommandError, match="doesn't look after"):
        call_command("training_plans", "off", str(key), RECIPE, "--by", cast.alice.email)
    assert mine.send("DELETE", "plan", key, RECIPE).status_code == 204
    assert TrainingPlan.objects.get().state == "off"
    refused(mine.send("DELETE", "plan", key, RECIPE), 409, "state-conflict")
    with pytest.raises(Refused):
        plans.arrange(project, RECIPE, by=cast.mina, every_days=9_000)
    with pytest.raises(IntegrityError), transaction.atomic():
        TrainingPlan.objects.update(every_days=None, new_verdicts=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        TrainingPlan.objects.update(trials=1)


def test_a_list_asks_as_often_for_many_rounds_as_for_one(cast, project, django_assert_max_num_queries) -> None:
    mine, key = Office(cast.mina, cast.riverside), project.public_id
    plans.arrange(project, RECIPE, by=cast.mina, every_days=3)
    others = [TrainingPlan(project=project, recipe=name, arranged_by=cast.mina, **TERMS) for name in ("a", "b")]
    TrainingPlan.objects.bulk_create(others)
    taken = snapshots.take(project, by=cast.mina)
    for plan in TrainingPlan.objects.all():
        for _ in range(plans.NEWEST + 1):
            made = PlanRound.objects.create(
                plan=plan, why="schedule", snapshot=taken, state="failed", ended_at=timezone.now()
            )
            made.steps.create(number=1, state="failed")
    with django_assert_max_num_queries(10):
        told = mine.get("plans", key).json()
    assert [len(one["rounds"]) for one in told] == [plans.NEWEST] * 3
    newest = [one.pk for one in plans.of(project)[2].newest]
    assert newest == sorted(newest, reverse=True) and told[2]["rounds"][0]["steps"][0]["state"] == "failed"


def test_the_page_arranges_it_and_turns_it_off(cast, project, emil) -> None:
    assert "Turn on" in shown(emil, "copilot-plans", project)
    body = {"minutes": "30", "when_passed": "canary", "most_failures": "3", "trials": "", "search_minutes": "60"}
    wrong = emil.post(at("copilot-plan", project, RECIPE), body)
    assert wrong.status_code == 422 and "Say what it begins by" in wrong.content.decode()
    assert emil.post(at("copilot-plan", project, RECIPE), body | {"new_verdicts": "200"}).status_code == 302
    plan = TrainingPlan.objects.get()
    assert (plan.new_verdicts, plan.when_passed, plan.arranged_by.name) == (200, "canary", "Emil")
    assert plan.trials is None
    searches = body | {"new_verdicts": "200", "trials": "12", "search_minutes": "45"}
    assert emil.post(at("copilot-plan", project, RECIPE), searches).status_code == 302
    plan.refresh_from_db()
    assert (plan.trials, plan.search_minutes) == (12, 45)
    assert "Turn off" in shown(emil, "copilot-plans", project)
    emil.post(at("copilot-plan-off", project, RECIPE))
    assert TrainingPlan.objects.get().state == "off"
