"""Workers look at a plan at once, and somebody changes it meanwhile: one step is taken, and none waits in vain."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assist.learning.plans import plans, rounds
from assist.models import PlanRound, RoundStep, Snapshot, TrainingPlan
from assist.registry import registry
from tests.support import make
from tests.support.assist import work
from tests.support.assist.running import FAKE
from tests.support.connections import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)
RECIPE = "spacy-entities"


def test_workers_at_once_begin_one_round_and_a_change_ends_it(cast) -> None:
    project = make.project(cast.riverside, copilot=True)
    work.deployed(project, registry.model_version(FAKE[1]), share=100, by=cast.mina)
    plan = plans.arrange(project, RECIPE, by=cast.mina, every_days=1)
    later = timezone.now() + timedelta(days=2)
    all_at_once([lambda: rounds.move(plan.pk, now=later) for _ in range(3)])
    assert PlanRound.objects.count() == Snapshot.objects.count() == RoundStep.objects.count() == 1
    for minutes in (3, 4, 5):  # a worker begins a round while Mina changes the plan, on a project that both need
        Snapshot.objects.update(state="failed", ended_at=timezone.now())
        changing = [
            lambda minutes=minutes: plans.arrange(project, RECIPE, by=cast.mina, every_days=1, minutes=minutes),
            lambda: rounds.move(plan.pk, now=later),
        ]
        all_at_once(changing)
    assert (TrainingPlan.objects.get().minutes, TrainingPlan.objects.get().state) == (5, "on")
    assert PlanRound.objects.filter(ended_at=None).count() <= 1
