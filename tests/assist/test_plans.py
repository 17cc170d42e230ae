"""A recipe learns anew by itself: when it was arranged to, step by step, up to the gate and never around it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from assist.learning import blind_verdicts, canary, erasure, snapshots, training
from assist.learning.plans import due, plans, rounds
from assist.learning.reasons import REASONS
from assist.models import (
    Deployment,
    DriftSeries,
    Evaluation,
    EvaluationScore,
    ModelVersion,
    PlanRound,
    Snapshot,
    TrainingPlan,
    TrainingRun,
)
from assist.registry import registry
from projects.models import Project, Task
from taskers.errors import StateConflict
from taskers.models import Event
from taskers.notifications import inbox
from taskers.people import invitations
from tests.support import make, owner
from tests.support.assist.engineer import at, shown
from tests.support.assist.engineer import emil as emil  # a fixture
from tests.support.assist.plans import RECIPE, answering, judged, labelled, last, looked, steps
from tests.support.assist.plans import places as places  # fixtures
from tests.support.assist.plans import project as project
from tests.support.assist.running import FAKE
from tests.support.cast import Cast

pytestmark = pytest.mark.django_db


def trained(plan: TrainingPlan, cast: Cast) -> ModelVersion:
    """A round whose training came to its end, without a recipe having learnt."""
    snapshots.run(last(plan).snapshot.pk)
    assert looked(plan) == "training"
    version = ModelVersion.objects.create(
        name="made", version=str(ModelVersion.objects.count()), capability="spans", organization=cast.riverside
    )
    TrainingRun.objects.filter(pk=last(plan).run.pk).update(
        state="done", version=version, began_at=timezone.now(), ended_at=timezone.now()
    )
    return version


@pytest.mark.slow
def test_verdicts_become_a_model_on_its_way_without_anybodys_asking(cast, project) -> None:
    """With a real recipe: snapshot, training, evaluation, gate, and the first step of a rollout."""
    plan = plans.arrange(project, RECIPE, by=cast.mina, new_verdicts=60, when_passed="canary")
    labelled(cast, project, 59)
    assert looked(plan) == "", "one verdict is missing"
    labelled(cast, project, 1)
    assert looked(plan) == "snapshot" and looked(plan) == "snapshot", "a worker is at it"
    assert snapshots.run(last(plan).snapshot.pk) == "ready"
    assert looked(plan) == "training" and last(plan).run.parameters["replay"] is True
    assert training.run(last(plan).run.pk) == "done", last(plan).run.reason
    assert looked(plan) == "evaluating" and last(plan).evaluation.champion == registry.model_version(FAKE[1])
    assert looked(plan) == "evaluating"
    made = judged(plan, "passed").candidate
    assert made == last(plan).run.version and "model f1" in made.metrics
    assert looked(plan) == "rollout" and answering(project) == {str(made): 5, FAKE[1]: 95}
    basis = Deployment.objects.live().get(project=project, version=made)
    assert (basis.basis, basis.evaluation, basis.started_by) == ("passed", last(plan).evaluation, cast.mina)
    assert steps(last(plan)) == ["snapshot", "training", "evaluating", "rollout"]
    told = Event.objects.filter(kind=rounds.MOVED).order_by("pk")
    assert [one.data["state"] for one in told] == steps(last(plan))
    assert looked(plan) == "", "what it learnt from isn't new"


def test_what_was_refused_answers_nowhere_and_no_setting_leads_around_the_gate(cast, project) -> None:
    plan = plans.arrange(project, RECIPE, by=cast.mina, every_days=7, when_passed="canary")
    labelled(cast, project, 1)
    assert looked(plan, days=6.9) == "" and looked(plan, days=7.1) == "snapshot"
    made = trained(plan, cast)
    assert looked(plan) == "evaluating"
    judged(plan, "refused")
    assert looked(plan) == "refused" and answering(project) == {FAKE[1]: 100}
    assert not Deployment.objects.filter(version=made).exists()
    with pytest.raises(Exception, match="plan_round_ends_once|Cannot update"), transaction.atomic():
        PlanRound.objects.update(state="rollout")
    with pytest.raises(Exception, match="round_step_stays|Cannot update"), transaction.atomic():
        owner.execute("UPDATE assist_roundstep SET state = 'rollout'")
    assert looked(plan, days=6.9) == "" and looked(plan, days=7.1) == "snapshot", "the next one by the calendar"


def test_what_passed_waits_for_a_person_who_is_told(cast, project, emil) -> None:
    plan = plans.arrange(project, RECIPE, by=cast.mina, every_days=1)
    labelled(cast, project, 1)
    looked(plan, days=2)
    trained(plan, cast)
    looked(plan)
    judged(plan, "passed")
    assert looked(plan) == "asked" and answering(project) == {FAKE[1]: 100}
    inbox.tell(Event.objects.order_by("pk"))
    (told,) = (one for one in inbox.of(cast.mina) if one.kind == "training_plan")
    assert "what spaCy entities made by itself waits for a person" in inbox.said(told) and told.address == at(
        "copilot-plans", project
    )
    page = shown(emil, "copilot-plans", project)
    assert "It was time" in page and at("copilot-evaluation", project, last(plan).evaluation.public_id) in page


def test_failures_in_a_row_stop_a_plan_and_say_why(cast, project, emil) -> None:
    plan = plans.arrange(project, RECIPE, by=cast.mina, every_days=1, minutes=5, most_failures=2)
    labelled(cast, project, 1)
    looked(plan, days=2)
    snapshots.run(last(plan).snapshot.pk)
    looked(plan)
    began = timezone.now() - timedelta(minutes=6)
    TrainingRun.objects.update(state="running", began_at=began)
    assert looked(plan) == "training" and last(plan).run.stop_asked, "its time is over"
    TrainingRun.objects.update(state="stopped", ended_at=timezone.now())
    assert looked(plan) == "failed" and last(plan).reason == REASONS["plan-time"] % {"minutes": 5}
    plan.refresh_from_db()
    assert (plan.state, plan.failures) == ("on", 1)
    looked(plan, days=2)
    snapshots.run(last(plan).snapshot.pk)
    looked(plan)
    training.give_up(last(plan).run.pk, REASONS["few-spans"] % {"number": 20})
    assert looked(plan) == "failed" and looked(plan, days=9) == "", "it is stopped"
    plan.refresh_from_db()
    assert plan.state == "stopped" and "label more first" in plan.reason
    inbox.tell(Event.objects.order_by("pk"))
    (told,) = (one for one in inbox.of(cast.mina) if one.kind == "training_plan")
    assert "trains no more by itself" in inbox.said(told) and "label more first" in inbox.said(told)
    with translation.override("es"):
        assert "Hay menos de 20" in inbox.said(told) and RECIPE not in inbox.said(told)
    assert (
        "Hay menos de 20" in emil.get(at("copilot-plans", project), headers={"accept-language": "es"}).content.decode()
    )
    assert plans.arrange(project, RECIPE, by=cast.mina, every_days=1).state == "on", "anew, by a person"


def test_a_round_ends_where_its_snapshot_was_emptied_and_counts_as_no_failure(cast, project) -> None:
    plan = plans.arrange(project, RECIPE, by=cast.mina, every_days=1, most_failures=1)
    labelled(cast, project, 2)
    looked(plan, days=2)
    snapshots.run(last(plan).snapshot.pk)
    gone = Task.objects.filter(project=project).first()
    erasure.run(erasure.begin(project, [gone.public_id], reason="Maria asked for it", by=cast.mina).pk)
    assert looked(plan) == "stopped" and "erased since" in last(plan).reason
    plan.refresh_from_db()
    assert (plan.state, plan.failures) == ("on", 0)
    assert looked(plan, days=2) == "snapshot", "the next has another"


def test_it_waits_its_turn_and_ends_when_it_is_turned_off(cast, project) -> None:
    plan = plans.arrange(project, RECIPE, by=cast.mina, every_days=1)
    labelled(cast, project, 1)
    other = snapshots.take(project, by=cast.mina)
    assert looked(plan, days=2) == "", "a snapshot is being made already"
    snapshots.run(other.pk)
    assert looked(plan, days=2) == "snapshot"
    with pytest.raises(IntegrityError), transaction.atomic():  # one at a time
        PlanRound.objects.create(plan=plan, why="schedule", snapshot=other)
    snapshots.run(last(plan).snapshot.pk)
    mine = training.begin(Snapshot.objects.get(pk=other.pk), RECIPE, by=cast.mina)
    assert looked(plan) == "snapshot", "somebody trains here"
    training.stop(mine)
    assert looked(plan) == "training"
    plans.turn_off(plan, by=cast.mina)
    assert steps(last(plan)) == ["snapshot", "training", "stopped"] and last(plan).run.state == "stopped"
    assert looked(plan, days=9) == ""
    with pytest.raises(StateConflict):
        plans.turn_off(plan, by=cast.mina)


def test_one_that_never_gets_its_turn_fails_after_a_day(cast, project) -> None:
    plan = plans.arrange(project, RECIPE, by=cast.mina, every_days=1)
    labelled(cast, project, 1)
    looked(plan, days=2)
    snapshots.run(last(plan).snapshot.pk)
    training.begin(last(plan).snapshot, RECIPE, by=cast.mina)
    assert looked(plan, days=5) == "snapshot", "however long the step before took"
    assert looked(plan, days=5.9) == "snapshot" and looked(plan, days=6.1) == "failed"
    assert "being trained already" in last(plan).reason


def test_it_acts_for_nobody_who_went(cast, project) -> None:
    eva = make.person("Eva", cast.riverside, "ml_engineer")
    plan = plans.arrange(project, RECIPE, by=eva, every_days=1)
    invitations.deactivate(cast.riverside, eva, by=cast.olga)
    assert looked(plan, days=2) == "" and not Snapshot.objects.exists()
    plan.refresh_from_db()
    assert (plan.state, plan.reason) == ("stopped", REASONS["plan-person"])


def test_nor_does_it_in_the_middle_of_a_round(cast, project) -> None:
    eva = make.person("Eva", cast.riverside, "ml_engineer")
    plan = plans.arrange(project, RECIPE, by=eva, every_days=1, when_passed="canary")
    labelled(cast, project, 1)
    looked(plan, days=2)
    trained(plan, cast)
    looked(plan)
    judged(plan, "passed")
    invitations.deactivate(cast.riverside, eva, by=cast.olga)
    assert looked(plan) == "stopped" and last(plan).reason == REASONS["plan-person"]
    plan.refresh_from_db()
    assert plan.state == "stopped" and answering(project) == {FAKE[1]: 100}, "no rollout in this name"


def test_nothing_moves_while_a_project_is_paused_and_an_archived_one_is_over(cast, project, monkeypatch) -> None:
    plan = plans.arrange(project, RECIPE, by=cast.mina, every_days=1, when_passed="canary")
    labelled(cast, project, 1)
    looked(plan, days=2)
    trained(plan, cast)
    looked(plan)
    judged(plan, "passed")
    monkeypatch.setattr(canary, "begin", lambda *_, **__: pytest.fail("a rollout where nobody works"))
    Project.objects.filter(pk=project.pk).update(state="paused")
    assert looked(plan) == "evaluating" and rounds.move_all() == 1
    Project.objects.filter(pk=project.pk).update(state="archived")
    assert looked(plan) == "stopped" and last(plan).reason == REASONS["plan-archived"]
    assert looked(plan, days=9) == "" and rounds.move_all() == 0


def test_a_worker_that_dies_between_two_steps_leaves_nothing_half(cast, project, monkeypatch) -> None:
    plan = plans.arrange(project, RECIPE, by=cast.mina, every_days=1)
    labelled(cast, project, 1)
    looked(plan, days=2)
    snapshots.run(last(plan).snapshot.pk)
    with monkeypatch.context() as dying:
        dying.setattr(rounds, "_note", lambda *_: 1 / 0)  # the run is begun by then
        assert rounds.move_all() == 1, "the others are looked at"
    assert last(plan).state == "snapshot" and last(plan).run is None and not TrainingRun.objects.exists()
    assert looked(plan) == "training" and TrainingRun.objects.get() == last(plan).run


def test_what_was_looked_at_in_vain_is_not_read_again(
    cast, project, monkeypatch, django_assert_max_num_queries
) -> None:
    plan = plans.arrange(project, RECIPE, by=cast.mina, new_verdicts=40, on_lost_slice=True)
    labelled(cast, project, 2)
    assert looked(plan) == ""
    with monkeypatch.context() as still:
        still.setattr(blind_verdicts, "reached", lambda *_: pytest.fail("no verdict came"))
        with django_assert_max_num_queries(10):
            assert looked(plan) == ""
        with django_assert_max_num_queries(1):
            assert rounds.move_all() == 0, "each minute"
        assert rounds.begin_all() == 1, "every ten minutes"
    labelled(cast, project, 38)
    assert looked(plan) == "snapshot"


def test_a_lost_kind_of_task_begins_it_and_what_chance_explains_does_not(cast, project, monkeypatch) -> None:
    plan = plans.arrange(project, RECIPE, by=cast.mina, on_lost_slice=True)
    now = timezone.now()
    assert due.due(plan, now) is None
    found = Evaluation.objects.create(
        project=project,
        candidate=registry.model_version("en-core-web-sm@3.8.0"),
        champion=registry.model_version(FAKE[1]),
        margin=0.05,
        rules=1,
        begun_by=cast.mina,
    )
    rows = [
        EvaluationScore(
            evaluation=found,
            task=at,
            verdict=at,
            candidate=1.0,
            champion=float(at % 3 == 0) if at < 40 else float(at % 10 > 0),
            slices=["label: vessel"] if at < 40 else ["odd"] if at % 2 else ["even"],
        )
        for at in range(120)
    ]
    EvaluationScore.objects.bulk_create(rows)
    Evaluation.objects.update(state="done", outcome="refused", ended_at=timezone.now())
    assert due.due(plan, now) == ("lost-slice", "label: vessel")
    with monkeypatch.context() as copies:
        copies.setattr(due, "_groups", lambda keys: {key: "one text" for key in keys if key < 40})
        assert due.due(plan, now) is None, "one text that was loaded forty times"
    plan.refresh_from_db()
    with monkeypatch.context() as still:
        still.setattr(due, "_weakest", lambda found: pytest.fail("the same scores"))
        assert due.due(plan, now) is None
    TrainingPlan.objects.update(scores_seen="")
    plan.refresh_from_db()
    with owner.unguarded("assist_evaluationscore"):
        EvaluationScore.objects.filter(slices=["label: vessel"]).update(champion=0.85)
    assert due.due(plan, now) is None
    DriftSeries.objects.create(project=project, what="labels", alarmed_at=timezone.now())
    assert due.due(plan, now) == ("lost-slice", "labels")


def test_copies_count_once(cast, project) -> None:
    one, same, other = (
        make.task(make.batch(project, name), text=text) for name, text in zip("abc", "xxy", strict=True)
    )
    groups = due._groups([one.pk, same.pk, other.pk, 0])
    assert due.by_group([(one.pk, 1.0), (same.pk, 0.0), (other.pk, 0.2), (0, 0.4)], groups) == [0.5, 0.2, 0.4]


def test_few_scores_that_are_alike_prove_nothing() -> None:
    assert not due.worse([0.0, 0.0], [1.0] * 50, 0.01)
    assert due.worse([0.0] * 20, [1.0] * 50, 0.01)
    assert not due.worse([0.85] * 500, [0.9] * 500, 0.01), "less than what counts"
