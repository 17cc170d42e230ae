"""What the truth engine makes of rows that nobody wished for: each a named outcome, never a crash or a silent vote."""

import json
import random
from dataclasses import dataclass, field
from itertools import product

import pytest

from projects import queue
from projects.configuration import configure
from projects.models import AgreementReport, Annotation, Assignment, Label, MethodCalibration, Posterior, Task, Verdict
from projects.quality import consensus, estimating, second_looks
from projects.quality.gold import grading
from projects.reports import agreement_reports, progress
from projects.task_types import TASK_TYPES
from projects.workflow import submission
from taskers.models import Event, Grade, Transfer
from taskers.money import ledger
from tests.support import make, owner
from tests.support.projects.judging import NOTHING, PERSON, PLACE, OneLabel, known_answers, said
from tests.support.projects.reviewing import opened
from tests.support.projects.rows import BLANK, LEFT, RIGHT, TAMPERED, masks, outcome, reason

pytestmark = pytest.mark.django_db

METHODS = ("majority_v1", "standing_v1", "spans_v1")


@dataclass
class Row:
    """What is said of a task, and what becomes of it: decided, or to review with these words in the reason."""

    name: str
    answers: list = field(default_factory=list)
    wanted: int = 3
    decided: bool = False
    withheld: str = ""
    graded: int = 0
    why: str = ""


ROWS = [
    Row("no answer"),
    Row("one answer of three", [PERSON]),
    Row("one answer of one", [PERSON], wanted=1, decided=True),
    Row("all say there is nothing", [NOTHING, NOTHING, NOTHING], decided=True, graded=3),
    Row("a tie", [PERSON, PLACE], wanted=2, withheld="review", why="answers"),
    Row("three different answers", [PERSON, PLACE, NOTHING], withheld="review", why="answers"),
]


@pytest.mark.parametrize(("row", "method"), list(product(ROWS, METHODS)), ids=lambda one: getattr(one, "name", one))
def test_each_row_has_its_outcome(cast, row, method) -> None:
    project = make.project(cast.riverside, wanted=row.wanted, aggregation=method)
    task = make.task(make.batch(project))
    for tasker, answer in zip((cast.alice, cast.bob, cast.carol), row.answers, strict=False):
        said(tasker, task, answer)
    assert outcome(task) == (row.decided, row.withheld, row.graded)
    if row.why:
        assert row.why in reason(task)
    assert queue.audit().breaches == [] and ledger.audit() == []


def test_a_task_that_everybody_skips_goes_to_review_with_the_third(cast) -> None:
    project = make.project(cast.riverside, wanted=2)
    task = make.task(make.batch(project))
    for tasker in (cast.alice, cast.bob, cast.carol):
        mine = make.held(tasker, project)
        task.refresh_from_db()
        assert task.withheld == ""
        queue.skip(mine, tasker, mine.token, reason="unclear")
    task.refresh_from_db()
    assert task.withheld == "review" and list(queue.waiting_for_review([project])) == [task]
    assert reason(task) == "3 people skipped it. The last one: The instructions don't say what to do here"
    assert not Verdict.objects.exists() and not Posterior.objects.exists() and not Grade.objects.exists()
    assert estimating.run(estimating.start(project, by=cast.mina).pk).weighed == 1
    assert queue.audit().breaches == []


def test_one_tasker_who_answers_everything_is_nobodys_judge(cast) -> None:
    project = make.project(cast.riverside, wanted=1, aggregation="standing_v1")
    for task in make.tasks(make.batch(project), 20):
        said(cast.alice, task, PERSON)
    assert Verdict.objects.current().count() == 20 and not Grade.objects.exists()
    done = estimating.run(estimating.start(project, by=cast.mina).pk)
    assert done.accuracy_model.parameters.get().mean == [0.75]  # a stranger still
    assert done.proposed == 0


def test_known_answers_that_contradict_each_other_teach_nothing(cast) -> None:
    project = make.project(cast.riverside, wanted=2)
    batch = make.batch(project)
    known_answers(cast, project, batch, [(cast.alice, PERSON), (cast.bob, PERSON)], number=2)
    other = make.task(batch)  # the same text, another answer
    queue.set_aside(other, by=cast.mina)
    grading.stock(other, PLACE, by=cast.mina, dice=random.Random(1))
    estimating.run(estimating.start(project, by=cast.mina).pk)
    kept = MethodCalibration.objects.get()
    assert (kept.known, kept.sources) == (0, {"contradictory": 3})


def test_a_retired_label_has_no_vote_and_is_no_fault(cast) -> None:
    project = make.project(cast.riverside, wanted=2)
    task = make.task(make.batch(project))
    said(cast.alice, task, PLACE)
    configure.set_labels(project, [{"key": "person", "name": "Person"}], by=cast.mina)
    said(cast.bob, task, PERSON)
    assert outcome(task) == (False, "review", 0)
    assert "retired" in reason(task)
    assert set(Posterior.objects.get(task=task).votes.values()) == {"retired-label"}
    review = queue.claim_review(task, cast.rita)
    submission.decide(review, cast.rita, review.token, PERSON)
    assert {one.tasker for one in Grade.objects.all()} == {cast.bob}
    assert Transfer.objects.count() == 2  # Alice did her work


def test_a_merged_label_votes_under_the_new_one(cast) -> None:
    project = make.project(cast.riverside, wanted=2)
    task = make.task(make.batch(project))
    said(cast.alice, task, PLACE)
    configure.set_labels(project, [{"key": "person", "name": "Person"}], by=cast.mina)
    person = Label.objects.get(project=project, key="person")
    Label.objects.filter(project=project, key="place").update(merged_into=person)
    said(cast.bob, task, PERSON)
    verdict = Verdict.objects.current().get(task=task)
    assert [part["label"] for part in verdict.answer["spans"]] == ["person"]
    assert "merged-label" in Posterior.objects.get(task=task).votes.values()


def test_parts_under_a_retired_label_are_left_out(cast) -> None:
    project = make.project(cast.riverside, wanted=2)
    task = make.task(make.batch(project))
    said(cast.alice, task, make.MARIA_AND_OSLO)
    configure.set_labels(project, [{"key": "person", "name": "Person"}], by=cast.mina)
    said(cast.bob, task, PERSON)
    verdict = Verdict.objects.current().get(task=task)
    assert [part["label"] for part in verdict.answer["spans"]] == ["person"]
    assert "partly-retired" in Posterior.objects.get(task=task).votes.values()


def test_an_answer_under_older_settings_votes_and_is_named(cast) -> None:
    project = make.project(cast.riverside, wanted=2)
    task = make.task(make.batch(project))
    said(cast.alice, task, PERSON)
    configure.change(project, cast.mina, instructions="Now with more words.")
    said(cast.bob, task, PERSON)
    assert outcome(task) == (True, "", 2)
    assert list(Posterior.objects.get(task=task).votes.values()) == ["older-settings"]


def test_a_voided_annotation_counts_no_more(cast) -> None:
    project = make.project(cast.riverside, wanted=2)
    task = make.task(make.batch(project))
    spam = said(cast.alice, task, PLACE)
    queue.void(Assignment.objects.get(pk=spam.assignment_id), "spam", by=cast.mina)
    said(cast.bob, task, PERSON)
    said(cast.carol, task, PERSON)
    verdict = Verdict.objects.current().get(task=task)
    assert str(spam.pk) not in verdict.agreements


def tampered(annotation: Annotation, stored: object) -> None:
    """Other hands change an answer in the database."""
    with owner.unguarded("projects_annotation"):
        Annotation.objects.filter(pk=annotation.pk).update(answer=stored)


@pytest.mark.parametrize("stored", TAMPERED, ids=lambda one: json.dumps(one)[:40])
def test_an_answer_changed_by_other_hands_goes_to_review_by_name(cast, stored) -> None:
    project = make.project(cast.riverside, wanted=2, aggregation="standing_v1", most=3)
    task = make.task(make.batch(project))
    changed = said(cast.alice, task, PERSON)
    tampered(changed, stored)
    said(cast.bob, task, PERSON)
    assert outcome(task) == (False, "review", 0)
    assert "changed after it was handed in" in reason(task)
    assert Posterior.objects.get(task=task).votes == {str(changed.pk): "tampered"}
    estimating.run(estimating.start(project, by=cast.mina).pk)
    review = queue.claim_review(task, cast.rita)
    submission.decide(review, cast.rita, review.token, PERSON)
    assert {one.tasker for one in Grade.objects.all()} == {cast.bob}
    assert queue.audit().breaches == [] and ledger.audit() == []


@pytest.mark.parametrize("stored", TAMPERED, ids=lambda one: json.dumps(one)[:40])
def test_pages_name_an_answer_changed_by_other_hands(cast, client, stored) -> None:
    project = make.project(cast.riverside, wanted=3)
    task = make.task(make.batch(project))
    changed = said(cast.alice, task, PERSON)
    tampered(changed, stored)
    for tasker in (cast.bob, cast.carol):
        said(tasker, task, PERSON)
    client.force_login(cast.rita)
    told = {one["id"]: one for one in opened(client, task)["answers"]}
    mine = told.pop(str(changed.public_id))
    assert mine["changed"] and mine["answer"] == {"spans": []} and mine["agreement"] is None
    assert [(one["changed"], one["agreement"]) for one in told.values()] == [(False, 1.0)] * 2
    progress.add(Event.objects.all())
    agreement_reports.make(project.pk)
    numbers = AgreementReport.objects.get(project=project).numbers
    assert (numbers["tasks"], numbers["answers"], numbers["changed"]) == (1, 2, 1)
    client.force_login(cast.mina)
    assert "changed after it was handed in" in client.get(f"/projects/{project.public_id}/agreement/").content.decode()


def test_a_review_compares_what_renamed_labels_mean_today(cast, client) -> None:
    project = make.project(cast.riverside, wanted=2)
    task = make.task(make.batch(project))
    said(cast.alice, task, PLACE)
    said(cast.bob, task, PERSON)
    configure.set_labels(project, [{"key": "person", "name": "Person"}], by=cast.mina)
    person = Label.objects.get(project=project, key="person")
    Label.objects.filter(project=project, key="place").update(merged_into=person)
    client.force_login(cast.rita)
    assert [one["agreement"] for one in opened(client, task)["answers"]] == [1.0, 1.0]
    Label.objects.filter(project=project, key="place").update(merged_into=None)
    assert [one["agreement"] for one in opened(client, task)["answers"]] == [None, None], "one has no vote any more"


def test_a_verdict_whose_answer_was_changed_afterwards_is_proposed_for_a_second_look(cast) -> None:
    project = make.project(cast.riverside, wanted=2)
    task = make.task(make.batch(project))
    said(cast.alice, task, PERSON)
    changed = said(cast.bob, task, PERSON)
    tampered(changed, {"spans": "no"})
    assert estimating.run(estimating.start(project, by=cast.mina).pk).proposed == 1
    assert second_looks.open_in([project]).get().reason == "tampered"


def test_as_many_spans_as_there_may_be_are_weighed(cast) -> None:
    text = "ab " * 5000
    project = make.project(cast.riverside, wanted=2)
    task = make.task(make.batch(project), text=text)
    many = make.spans(*((3 * index, 3 * index + 2) for index in range(5000)))
    said(cast.alice, task, many)
    said(cast.bob, task, many)
    assert len(Verdict.objects.current().get(task=task).answer["spans"]) == 5000


def picture(cast, wanted=2) -> Task:
    project = make.project(cast.riverside, "Pictures", "image_regions", wanted=wanted)
    task = make.task(make.batch(project))
    Task.objects.filter(pk=task.pk).update(payload={"asset": "a" * 64, "width": 4, "height": 4, "name": "a.png"})
    return Task.objects.get(pk=task.pk)


def test_masks_that_touch_stay_two(cast) -> None:
    task = picture(cast)
    for tasker in (cast.alice, cast.bob):
        said(tasker, task, masks(LEFT, RIGHT))
    assert len(Verdict.objects.current().get(task=task).answer["regions"]) == 2


def test_masks_with_nothing_in_common_go_to_review(cast) -> None:
    task = picture(cast)
    said(cast.alice, task, masks(LEFT))
    said(cast.bob, task, masks(RIGHT))
    assert outcome(task) == (False, "review", 0)


def test_an_empty_mask_in_the_database_is_named_as_tampered(cast) -> None:
    task = picture(cast)
    changed = said(cast.alice, task, masks(LEFT))
    tampered(changed, masks(BLANK))  # no tasker can hand this in
    said(cast.bob, task, masks(LEFT))
    assert outcome(task) == (False, "review", 0)
    assert set(Posterior.objects.get(task=task).votes.values()) == {"tampered"}


def test_classes_have_outcomes_too(cast, monkeypatch) -> None:
    monkeypatch.setitem(TASK_TYPES, "text_spans", OneLabel())
    project = make.project(cast.riverside, wanted=2, aggregation="categorical_v1")
    batch = make.batch(project)
    tie, empty, gone = make.tasks(batch, 3)
    said(cast.alice, tie, PERSON)
    said(cast.bob, tie, PLACE)
    assert outcome(tie) == (False, "review", 0)
    for tasker in (cast.alice, cast.bob):
        said(tasker, empty, NOTHING)
    assert outcome(empty) == (False, "review", 0)  # no class at all
    said(cast.alice, gone, PLACE)
    configure.set_labels(project, [{"name": "Thing"}], by=cast.mina)
    consensus.consider(queue.lock(gone.pk))
    assert Posterior.objects.get(task=gone).votes == {str(gone.annotations.get().pk): "retired-label"}
    assert estimating.run(estimating.start(project, by=cast.mina).pk).state == "done"
