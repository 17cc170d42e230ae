"""What can be named of its models."""

from dataclasses import replace
from typing import Any

from django.test import override_settings
from django.utils import timezone

from assist.adapters import RUNTIMES
from assist.learning import discovered, gate, rollout
from assist.learning.plans import plans
from assist.learning.search import searches
from assist.learning.selection import selections
from assist.models import (
    CopilotHarm,
    DeclaredSlice,
    DriftSeries,
    Evaluation,
    EvaluationScore,
    LabelCheck,
    ModelVersion,
    Rollout,
    RolloutEvent,
    Snapshot,
    TaskGroup,
    TaskMap,
    TrainingRun,
)
from assist.registry import defaults, intake, registry
from assist.suggestions import precompute
from projects.annotators import lifecycle
from projects.models import Project, Task
from taskers.organizations import consent
from tests.support import make
from tests.support.cast import Cast
from tests.support.organization.world import World
from tests.support.permission_rows import REMOTE

SPANS, MASKS = "en-core-web-sm@3.8.0", "mobile-sam@0.2.0"
FAKE = RUNTIMES["fake-spans@1"]


def segmented(world: World, cast: Cast, pictures: Project) -> None:
    """A batch of pictures that a mask model may go through."""
    registry.deploy(pictures, registry.model_version(MASKS), share=100, by=cast.mina, grounds=registry.FIRST)
    world.others["segmented"] = {"batch_id": make.batch(pictures, "Ahead").public_id}


def models(world: World, cast: Cast, project: Project, deployed: Project) -> None:
    """One at work, one that answers, and a batch that it goes through ahead of the people."""
    annotator, _secret = lifecycle.register(project, name="Secret model", by=cast.mina)
    version = registry.model_version(SPANS)
    registry.deploy(deployed, version, share=100, by=cast.mina, grounds=registry.FIRST)
    waiting, running = make.batch(deployed), make.batch(deployed, "Running")
    make.tasks(waiting, 2)
    make.tasks(running, 2)
    precompute.start_all(running, by=cast.mina)
    default = defaults.begin(cast.riverside, registry.model_version(MASKS), by=cast.mina)
    world.others["begun"] = {"version_id": default.version.public_id}
    consent.give(cast.riverside, by=cast.olga)
    with override_settings(OUTBOUND=["models.example.com"]):
        brought = intake.bring_page(cast.riverside, REMOTE.replace("far", "near"), by=cast.mina)
    world.others["brought"] = {"version_id": brought.public_id}
    world.things |= {
        "annotator_id": annotator.public_id,
        "annotator": f"m{annotator.pk}",
        "version": version.public_id,
        "version_id": version.public_id,
    }
    world.others["deployed"] |= {"batch_id": waiting.public_id}
    world.others["running"] = {"batch_id": running.public_id}
    evaluated = _evaluated(cast, deployed, version)
    world.others["evaluated"] = world.others["deployed"] | evaluated
    world.things |= {one: evaluated[one] for one in ("evaluation_id", "override_id", "slice_id")}
    taken, other = _snapshot(cast, deployed), _snapshot(cast, project)
    begun = {"recipe": "spacy-entities", "seed": 0, "code": 64 * "b", "packages": 64 * "c", "asked_by": cast.mina}
    run = TrainingRun.objects.create(project=project, snapshot=other, state="waiting", **begun)
    world.things |= {"snapshot": taken.public_id, "run_id": run.public_id}
    passed = Evaluation.objects.get(public_id=evaluated["evaluation_id"])
    on = Rollout.objects.create(
        project=project,
        version=passed.candidate,
        champion=version,
        evaluation=passed,
        margin=0.1,
        quiet_hours=72,
        step_days=14,
        shadow_verdicts=100,
        begun_by=cast.mina,
    )
    RolloutEvent.objects.create(rollout=on, number=1, kind="begun", share=0, said="Secret reason", by=cast.mina)
    world.things |= {"rollout_id": on.public_id}
    plan = plans.arrange(project, "spacy-entities", by=cast.mina, every_days=30)
    selections.arrange(project, by=cast.mina)
    search = searches.begin(other, "spacy-entities", by=cast.mina)
    search.trials.update(state="done", value=0.5)
    check = LabelCheck.objects.create(project=project, state="done", begun_by=cast.mina)
    terms = {"seen": 300, "newest": 300, "points": [(timezone.now().isoformat(), 3.2)], "alarmed_at": timezone.now()}
    drift = DriftSeries.objects.create(project=project, what="labels", **terms)
    CopilotHarm.objects.create(
        project=project, saved=[-0.1, -0.2, -0.05], raised_at=timezone.now(), measured_at=timezone.now()
    )
    _grouped(world, cast, project)
    world.things |= {"search_id": search.public_id, "check": check.public_id, "what": drift.what}
    world.things["recipe"] = plan.recipe


def _grouped(world: World, cast: Cast, project: Project) -> None:
    """A map with a group of one task that nobody decided."""
    task = Task.objects.filter(project=project, withheld="", batch__state="live", verdicts=None).order_by("-pk")[0]
    drawn = TaskMap.objects.create(project=project, state="done", points=[[task.pk, 1, 1]], begun_by=cast.mina)
    TaskGroup.objects.create(map=drawn, number=1, tasks=[task.pk], size=1)
    world.things |= {"map_id": drawn.public_id, "group": 1}


def _snapshot(cast: Cast, project: Project) -> Snapshot:
    terms = {"cut": timezone.now(), "settings_version": 1, "schema": 1, "made_by": cast.mina}
    return Snapshot.objects.create(project=project, state="ready", sha256=64 * "a", rows=3, **terms)


def _evaluated(cast: Cast, deployed: Project, champion: ModelVersion) -> dict[str, Any]:
    """A model that passed, and another whom somebody wishes for all the same."""
    candidate, wished = registry.model_version("fake-spans@1"), registry._written(replace(FAKE, version="2"))
    passed = Evaluation.objects.create(
        project=deployed,
        candidate=candidate,
        champion=champion,
        margin=gate.MARGIN,
        state=Evaluation.State.DONE,
        ended_at=timezone.now(),
        outcome=Evaluation.Outcome.PASSED,
        rules=gate.VERSION,
        begun_by=cast.mina,
        proposed=[discovered.Proposed((("meta", "site: Secret"),), "candidate", 30, 30, 0.4, 0.9, 0.01).plain()],
    )
    EvaluationScore.objects.create(evaluation=passed, task=1, verdict=1, candidate=1.0, champion=0.5, slices=["Secret"])
    kind = {"name": "metadata shift: Secret", "traits": [["meta", "shift: Secret"]], "since": timezone.now()}
    kept = DeclaredSlice.objects.create(project=deployed, evaluation=passed, declared_by=cast.mina, **kind)
    somebody = make.person("Somebody", cast.riverside, "manager")
    asked = rollout.ask_override(deployed, wished, share=1, reason="Secret reason", by=somebody)
    things = {"version": candidate.public_id, "evaluation_id": passed.public_id, "override_id": asked.public_id}
    return things | {"number": 0, "slice_id": kept.public_id}  # number: of what it proposes
