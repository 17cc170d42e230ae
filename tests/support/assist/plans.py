"""A project in which a recipe may learn anew by itself, and looks at its plan."""

import random
from datetime import timedelta

import pytest
from django.utils import timezone

from assist.learning.plans import rounds
from assist.models import Evaluation, PlanRound, TrainingPlan
from assist.registry import registry, resolution
from projects.models import Project
from projects.reports import verdict_index
from taskers.models import Event
from tests.support import make
from tests.support.assist import reports, work
from tests.support.assist.running import FAKE
from tests.support.cast import Cast
from tests.support.projects.judging import said

VESSELS = [{"name": "Vessel", "key": "vessel", "hotkey": "v"}]
RECIPE = "spacy-entities"
TERMS = {"every_days": 3, "minutes": 5, "most_failures": 2}


@pytest.fixture(autouse=True)
def places(settings, tmp_path) -> None:
    settings.MEDIA_ROOT, settings.MODELS_DIR = tmp_path / "media", tmp_path / "models"


@pytest.fixture
def project(cast: Cast) -> Project:
    """Where a rule answers all of the work."""
    made = make.project(cast.riverside, "Ships", wanted=1, labels=VESSELS, copilot=True)
    work.deployed(made, registry.model_version(FAKE[1]), share=100, by=cast.mina)
    return made


def labelled(cast: Cast, project: Project, number: int) -> None:
    """So many reports whose ships Alice has marked, alone."""
    rng, batch = random.Random(3), make.batch(project, f"Batch {project.batches.count()}")
    told = [(f"{number_of_it}: ", *reports.report(rng)) for number_of_it in range(number)]
    tasks = make.texts(batch, [before + text for before, text, _ships in told])
    for task, (before, _text, ships) in zip(tasks, told, strict=True):
        shift = len(before)
        said(cast.alice, task, make.spans(*((a + shift, b + shift, "vessel") for a, b in ships)))
    verdict_index.add(Event.objects.filter(project_key=project.public_id))


def looked(plan: TrainingPlan, days: float = 0) -> str:
    return rounds.move(plan.pk, now=timezone.now() + timedelta(days=days))


def last(plan: TrainingPlan) -> PlanRound:
    return plan.rounds.order_by("-pk").select_related("search", "run", "evaluation", "snapshot", "rollout")[0]


def judged(plan: TrainingPlan, outcome: str, missing: int = 0) -> Evaluation:
    """As if its evaluation had come to its end now."""
    made = last(plan).evaluation
    assert made is not None, "nothing is measured yet"
    finding = {"slice": "all", "missing": missing, "outcome": outcome}
    told = {"state": "done", "outcome": outcome, "findings": [finding], "ended_at": timezone.now()}
    Evaluation.objects.filter(pk=made.pk).update(**told)
    return made


def steps(of: PlanRound) -> list[str]:
    return list(of.steps.order_by("number").values_list("state", flat=True))


def answering(project: Project) -> dict[str, int]:
    return {str(row.version): row.share for row in resolution.deployed(project, "spans")}
