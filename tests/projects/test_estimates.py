"""Estimates of a project's people and posteriors at work on rows: what they propose, and that they change nothing."""

import pytest

from projects import queue
from projects.configuration import configure, methods
from projects.configuration.terms import terms_of
from projects.inference.calibration import Calibration, calibrate
from projects.models import (
    AccuracyModel,
    AnnotatorParameters,
    Estimation,
    MethodCalibration,
    Posterior,
    SecondLook,
    Task,
    Verdict,
)
from projects.quality import calibrating, estimating, second_looks
from projects.task_types import TASK_TYPES, asked_fields
from projects.workflow import submission
from taskers.errors import StateConflict
from taskers.models import Grade, Standing, Transfer
from taskers.money import ledger
from tests.support import make
from tests.support.projects.judging import ANIMALS, PERSON, PLACE, classified, known_answers, said, spammed

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def everything() -> list:
    return [
        list(Verdict.objects.order_by("pk").values()),
        list(Grade.objects.order_by("pk").values()),
        list(Transfer.objects.order_by("pk").values()),
        list(Standing.objects.order_by("pk").values("tasker", "good", "poor")),
        list(Task.objects.order_by("pk").values()),
    ]


def test_an_estimate_proposes_a_second_look_and_changes_nothing(cast, spammers) -> None:
    project, task = spammed(cast, spammers)
    before = everything()
    done = estimating.run(estimating.start(project, by=cast.mina).pk)
    assert everything() == before
    assert (done.state, done.proposed) == ("done", 1)
    look = second_looks.open_in([project]).get()
    assert (look.task, look.reason) == (task, "other") and look.now < 0.5 < look.before

    # Rita opens it, and her verdict answers the proposal; money and grades follow hers.
    review = queue.claim_review(task, cast.rita)
    submission.decide(review, cast.rita, review.token, PERSON)
    assert not second_looks.open_in([project]).exists()
    look.refresh_from_db()
    assert (look.state, look.ended_by) == ("answered", cast.rita)
    assert queue.audit().breaches == [] and ledger.audit() == []


def test_the_same_with_classes(cast, choices, spammers) -> None:
    project, task = spammed(cast, spammers, aggregation="categorical_v1")
    before = everything()
    estimating.run(estimating.start(project, by=cast.mina).pk)
    assert everything() == before
    assert [one.task for one in second_looks.open_in([project])] == [task]
    accuracy_model = AccuracyModel.objects.filter(project=project).latest("version")
    assert {one.tasker.name for one in accuracy_model.parameters.exclude(finding="fine")} == {"Sly", "Slim"}


def test_what_was_dismissed_is_not_proposed_again(cast, spammers) -> None:
    project, _task = spammed(cast, spammers)
    estimating.run(estimating.start(project, by=cast.mina).pk)
    look = second_looks.open_in([project]).get()
    second_looks.dismiss(look.task, by=cast.rita)
    with pytest.raises(StateConflict):
        second_looks.dismiss(look.task, by=cast.rita)
    estimating.run(estimating.start(project, by=cast.mina).pk)
    assert not second_looks.open_in([project]).exists()
    assert SecondLook.objects.count() == 1


def test_what_a_rule_asked_for_stays_open_whatever_is_thought_of_it(cast, spammers) -> None:
    project, doubted = spammed(cast, spammers, review={"share": 1.0, "when": "after"})
    sure = make.task(doubted.batch)
    for one in (cast.alice, cast.bob, cast.carol):
        said(one, sure, PERSON)
    before = SecondLook.objects.get(task=doubted).now
    done = estimating.run(estimating.start(project, by=cast.mina).pk)
    assert (done.state, done.proposed) == ("done", 0)
    looks = second_looks.open_in([project])
    assert [(one.task, one.reason) for one in looks] == [(doubted, "rule"), (sure, "rule")]
    assert looks[0].now < before, "it only moves to where it belongs"


def test_a_run_that_is_cut_off_goes_on_where_it_stood(cast, spammers) -> None:
    project, task = spammed(cast, spammers)
    make.tasks(task.batch, 3)
    whole = estimating.run(estimating.start(project, by=cast.mina).pk)
    parameters = list(whole.accuracy_model.parameters.order_by("tasker").values("tasker", "mean"))
    assert parameters

    cut = estimating.start(project, by=cast.mina)
    with pytest.raises(StateConflict, match="on its way"):
        estimating.start(project, by=cast.mina)
    for _stretch in range(3):
        assert estimating.step(cut.pk, piece=1)
    assert Estimation.objects.get(pk=cut.pk).state == "tasks"
    again = estimating.run(cut.pk)
    assert (again.state, again.weighed) == ("done", whole.weighed)
    assert (
        list(again.accuracy_model.parameters.order_by("tasker").values("tasker", "mean")) == parameters
    )  # the same rows, the same
    assert not estimating.step(cut.pk)


def test_known_answers_say_how_far_to_believe_it(cast, honest, spammers) -> None:
    project = make.project(cast.riverside, wanted=2)
    batch = make.batch(project)
    assert not MethodCalibration.objects.exists()
    # Two people who agree on what is wrong: sure of themselves, and never right.
    known_answers(cast, project, batch, [(one, PLACE) for one in spammers], number=8)
    estimating.run(estimating.start(project, by=cast.mina).pk)
    kept = MethodCalibration.objects.get()
    assert (kept.known, kept.right, kept.sources) == (8, 0, {"gold": 8, "contradictory": 0})
    terms = terms_of(project)
    task = make.task(batch)
    said(cast.alice, task, PERSON)
    said(cast.bob, task, PERSON)
    verdict = Verdict.objects.current().get(task=task)
    assert verdict.confidence < 0.5 < Posterior.objects.get(task=task).raw
    lines = calibrating.lines(terms.calibration)
    assert all(line.low < line.said < line.high for line in lines)
    assert all(line.said < 0.9 for line in lines)  # it is never that sure any more
    assert [line.said for line in calibrating.lines(Calibration())][-1] > 0.9


def test_classes_that_the_majority_decides_are_calibrated_by_its_own_word(cast, honest, client) -> None:
    project = make.project(cast.riverside, task_type="classification", labels=ANIMALS, wanted=3)
    batch = make.batch(project)
    pairs = [(cast.alice, classified("cat")), (cast.bob, classified("cat")), (cast.carol, classified("dog"))]
    known_answers(cast, project, batch, pairs, number=12, truth=classified("cat"))
    estimating.run(estimating.start(project, by=cast.mina).pk)
    kept = {one.method: one for one in MethodCalibration.objects.all()}
    assert set(kept) == {"majority_v1", "categorical_v1"}
    two_of_three = (2 * 0.7 + 1) / (2 + 2)
    learnt = calibrate([two_of_three] * 12, [True] * 12)
    assert kept["majority_v1"].mean == pytest.approx(learnt.mean)
    assert kept["categorical_v1"].mean != pytest.approx(learnt.mean)
    assert {one.known for one in kept.values()} == {12}
    task = make.task(batch)
    for tasker in honest:
        said(tasker, task, classified("cat"))
    three_of_three = (2 * 0.7 + 2) / (2 + 2)
    assert Verdict.objects.current().get(task=task).confidence == pytest.approx(float(learnt(three_of_three)))
    client.force_login(cast.mina)
    page = client.get(f"/projects/{project.public_id}/quality/").content.decode()
    assert "Majority" in page and "12 gold tasks" in page


TWO_FIELDS = "Label (choice)\nWhy (text 40, optional)"
LEFT_OPEN = "Label (choice, optional)"


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        (TWO_FIELDS, classified("cat", why="it sits")),
        (LEFT_OPEN, {"fields": []}),
        ("Label (multiple)", classified(["cat", "dog"], "multiple")),
    ],
)
def test_what_is_more_or_less_than_one_label_is_estimated_by_groups_that_agree(cast, honest, fields, answer) -> None:
    project = make.project(
        cast.riverside, task_type="classification", labels=ANIMALS, fields=asked_fields.read(fields), wanted=3
    )
    batch = make.batch(project)
    known_answers(cast, project, batch, [(one, answer) for one in honest], truth=answer)
    for task in make.tasks(batch, 3):
        for tasker in honest:
            said(tasker, task, answer)
    alike = TASK_TYPES["classification"].agreement
    assert [alike(one.answer, answer, {}) for one in Verdict.objects.current()] == [1.0] * 3
    done = estimating.run(estimating.start(project, by=cast.mina).pk)
    assert done.accuracy_model.method == "standing_v1"
    assert (done.weighed, done.proposed) == (9, 0), "what everybody said is no cause for doubt"
    assert {one.tasker for one in AnnotatorParameters.objects.filter(accuracy_model=done.accuracy_model)} == set(honest)
    assert [(one.method, one.known) for one in MethodCalibration.objects.all()] == [("majority_v1", 6)]


def test_a_choice_that_may_be_left_open_keeps_its_own_method(cast) -> None:
    fields = asked_fields.read(LEFT_OPEN)
    assert methods.estimated_by("categorical_v1", "classification", fields) == "categorical_v1"
    assert methods.estimated_by("majority_v1", "classification", asked_fields.usual()) == "categorical_v1"


def test_a_method_must_fit_the_task_type(cast) -> None:
    project = make.project(cast.riverside)
    with pytest.raises(Exception, match=r"Choose one of Majority \(majority_v1\), Weighted vote \(standing_v1\)"):
        configure.change(project, cast.mina, aggregation="categorical_v1")
    assert configure.change(project, cast.mina, aggregation="standing_v1").version == 2
    with pytest.raises(Exception, match="most"):
        configure.change(project, cast.mina, most=1)
