"""A plan that searches for better settings first: its winner goes the way of any training."""

import pytest
from django.utils import timezone

from assist.learning import snapshots, training
from assist.learning.plans import plans
from assist.learning.search import searches, trials
from assist.models import ModelVersion, PlanRound, Search, TrainingPlan, TrainingRun, Trial
from projects.models import Project
from tests.support import make
from tests.support.assist.engineer import at, shown
from tests.support.assist.engineer import emil as emil  # a fixture
from tests.support.assist.plans import RECIPE, answering, judged, labelled, last, looked, steps
from tests.support.assist.plans import places as places  # fixtures
from tests.support.assist.plans import project as project
from tests.support.assist.running import FAKE, running
from tests.support.assist.scripts import played as played
from tests.support.cast import Cast
from tests.support.projects.judging import said

pytestmark = pytest.mark.django_db
USUAL = "all-minilm-l6@2"  # what answers on classes of texts where nothing is deployed
# The slower it learns, the better.
WELL = "made(f1=1 - parameters['learn_rate'])\n"


@pytest.fixture(autouse=True)
def shared(settings, tmp_path) -> None:
    settings.DATA_DIR = tmp_path / "data"


def searching(plan: TrainingPlan, cast: Cast) -> Search:
    """A round whose snapshot is there, so that its search begins."""
    if not plan.project.batches.exists():
        labelled(cast, plan.project, 1)
    assert looked(plan, days=2) == "snapshot"
    snapshots.run(last(plan).snapshot.pk)
    assert looked(plan) == "searching"
    begun = last(plan).search
    assert begun is not None
    return begun


def tried(search: Search) -> list[Trial]:
    """All that is to be tried, as workers do it."""
    while (waiting := search.trials.filter(state="waiting").first()) is not None:
        trials.run(waiting.pk)
    search.refresh_from_db()
    return list(search.trials.order_by("number"))


def test_what_did_best_is_trained_and_judged_like_any_training(cast, project, emil, played) -> None:
    played(WELL)
    plan = plans.arrange(project, RECIPE, by=cast.mina, every_days=1, trials=3, search_minutes=5, when_passed="canary")
    search = searching(plan, cast)
    assert (search.trials_wanted, search.minutes, search.asked_by) == (3, 5, cast.mina)
    assert search.trials.get().parameters == searches.todays(project, RECIPE)
    assert looked(plan) == "searching" and not TrainingRun.objects.exists(), "workers are at it"
    rows = tried(search)
    assert [one.state for one in rows] == 3 * ["done"]
    assert looked(plan) == "training"
    run, slowest = last(plan).run, min(one.parameters["learn_rate"] for one in rows)
    assert run.parameters["learn_rate"] == slowest and run.snapshot == search.snapshot and run.seed == search.seed
    version = ModelVersion.objects.create(name="made", version="1", capability="spans", organization=cast.riverside)
    now = timezone.now()
    TrainingRun.objects.update(state="done", version=version, began_at=now, ended_at=now)
    assert looked(plan) == "evaluating" and last(plan).evaluation.candidate == version
    judged(plan, "passed")
    assert looked(plan) == "rollout" and answering(project) == {str(version): 5, FAKE[1]: 95}
    assert steps(last(plan)) == ["snapshot", "searching", "training", "evaluating", "rollout"]
    page = shown(emil, "copilot-plans", project)
    assert at("copilot-search", project, search.public_id) in page and "Settings are searched for" in page


def test_a_search_that_comes_to_nothing_is_a_failure_and_one_that_somebody_stops_is_none(cast, project, played) -> None:
    played("raise SystemExit(3)\n")
    plan = plans.arrange(project, RECIPE, by=cast.mina, every_days=1, trials=9, most_failures=2)
    searches.stop(searching(plan, cast))
    assert looked(plan) == "stopped"
    plan.refresh_from_db()
    assert (plan.state, plan.failures) == ("on", 0)
    for _ in range(2):
        rows = tried(searching(plan, cast))
        assert [one.state for one in rows] == 3 * ["failed"], "it isn't tried nine times"
        assert looked(plan) == "failed" and "code 3" in last(plan).reason
    plan.refresh_from_db()
    assert (plan.state, plan.reason) == ("stopped", last(plan).reason) and not TrainingRun.objects.exists()


def test_it_waits_for_the_search_of_somebody_else_and_its_own_ends_with_the_plan(cast, project, played) -> None:
    plan = plans.arrange(project, RECIPE, by=cast.mina, every_days=1, trials=2)
    labelled(cast, project, 1)
    looked(plan, days=2)
    snapshots.run(last(plan).snapshot.pk)
    last(plan).snapshot.refresh_from_db()
    theirs = searches.begin(last(plan).snapshot, RECIPE, by=cast.mina)
    assert looked(plan) == "snapshot" and last(plan).held_up_at is not None
    searches.stop(theirs)
    assert looked(plan) == "searching"
    mine = last(plan).search
    plans.arrange(project, RECIPE, by=cast.mina, every_days=1)
    mine.refresh_from_db()
    assert last(plan).state == "stopped" and mine.state == "stopped"
    assert not Trial.objects.filter(state="waiting").exists()
    assert looked(TrainingPlan.objects.get(), days=2) == "snapshot"
    snapshots.run(last(plan).snapshot.pk)
    assert looked(plan) == "training", "without trials it trains at once"


@pytest.mark.torture
def test_a_real_recipe_goes_the_whole_way(cast, settings) -> None:
    """Classes of texts, a head on sentence vectors: two trials, the better one trained, and a model for the gate."""
    sorts = [{"name": "Harbour", "key": "harbour"}, {"name": "Weather", "key": "weather"}]
    project: Project = make.project(cast.riverside, "Notices", "classification", wanted=1, labels=sorts, copilot=True)
    batch = make.batch(project)
    for number in range(60):
        kind = sorts[number % 2]["key"]
        text = f"{number}: " + ("The quay is closed to ships." if number % 2 == 0 else "Rain and wind until evening.")
        (task,) = make.tasks(batch, text=text)
        part = {"field": "label", "kind": "choice", "value": kind, "provenance": {"source": "human"}}
        said(cast.alice, task, {"fields": [part]})
    plan = plans.arrange(project, "text-classes", by=cast.mina, every_days=1, trials=2)
    rows = tried(searching(plan, cast))
    assert [one.state for one in rows] == 2 * ["done"], [one.reason for one in rows]
    assert looked(plan) == "training" and last(plan).run.parameters == searches.winner(last(plan).search).parameters
    assert training.run(last(plan).run.pk) == "done", last(plan).run.reason
    with running(USUAL, weights=settings.MODELS_DIR) as runtime:
        runtime.until_ready()
        settings.RUNTIME_ADDRESS = runtime.address
        assert looked(plan) == "evaluating" and str(last(plan).evaluation.champion) == USUAL
    made = judged(plan, "passed").candidate
    assert made == last(plan).run.version and made.metrics["model accuracy"] > 0.9
    assert looked(plan) == "asked" and PlanRound.objects.get().state == "asked"
