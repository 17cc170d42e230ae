"""Deciding part by part, on rows: by real submissions, with what is known of each tasker, and odd input by name."""

import numpy as np
import pytest
from django.urls import reverse

from projects import queue
from projects.configuration import configure
from projects.configuration.terms import terms_of
from projects.inference.instance_level import SIDES
from projects.models import (
    AccuracyModel,
    Annotation,
    AnnotatorParameters,
    Assignment,
    Label,
    MethodCalibration,
    Posterior,
    Task,
    Verdict,
)
from projects.quality import consensus, estimating, second_looks
from projects.workflow import submission
from taskers.models import Grade
from taskers.models.people import Role
from taskers.money import ledger
from tests.support import make, owner
from tests.support.projects.judging import known_answers, said
from tests.support.projects.rows import BLANK, LEFT, RIGHT, TAMPERED, masks, outcome, reason

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

PERSON, NOTHING = make.MARIA, make.spans()
WILD = make.spans((20, 26))
BOTH = make.MARIA_AND_OSLO


@pytest.fixture
def honest(cast):
    return [cast.alice, cast.bob]


@pytest.fixture
def careless(cast):
    return [make.person(name, cast.riverside, Role.TASKER) for name in ("Sly", "Slim", "Slow")]


def spans_project(cast, name="Names in reports", **terms):
    return make.project(cast.riverside, name, **{"aggregation": "spans_v1", "wanted": 3} | terms)


def picture(cast, name="Pictures", **terms) -> Task:
    """A task of an image of 4 by 4 pixels."""
    project = make.project(cast.riverside, name, "image_regions", **{"aggregation": "regions_v1", "wanted": 3} | terms)
    task = make.task(make.batch(project))
    Task.objects.filter(pk=task.pk).update(payload={"asset": "a" * 64, "width": 4, "height": 4, "name": "a.png"})
    return Task.objects.get(pk=task.pk)


def marked(answer: dict) -> list[tuple]:
    return [(one["start"], one["end"], one["label"]) for one in answer["spans"]]


def verdict_of(task) -> Verdict:
    return Verdict.objects.current().get(task=task)


def test_two_who_agree_keep_what_a_third_also_found_out(cast) -> None:
    task = make.task(make.batch(spans_project(cast)))
    for tasker, answer in ((cast.alice, BOTH), (cast.bob, BOTH), (cast.carol, PERSON)):
        said(tasker, task, answer)
    verdict = verdict_of(task)
    assert verdict.method == "spans_v1" and marked(verdict.answer) == marked(BOTH)
    assert [one["id"] for one in verdict.answer["spans"]] == ["s1", "s2"]
    grades = {one.tasker: one.value for one in Grade.objects.all()}
    assert grades[cast.carol] == pytest.approx(2 / 3) and set(grades) == {cast.alice, cast.bob, cast.carol}
    assert queue.audit().breaches == [] and ledger.audit() == []


def test_the_verdict_of_an_image_names_its_method_and_fuses_what_all_drew(cast) -> None:
    task = picture(cast)
    wide = np.array([[1, 1, 1, 0]] * 4)
    for tasker, answer in ((cast.alice, masks(LEFT)), (cast.bob, masks(wide)), (cast.carol, masks(LEFT))):
        said(tasker, task, answer)
    verdict = verdict_of(task)
    assert verdict.method == "regions_v1" and len(verdict.answer["regions"]) == 1
    assert verdict.answer["regions"][0]["shape"] == masks(LEFT)["regions"][0]["shape"]


def test_rita_reads_how_likely_each_part_is_and_how_far_its_edge_is_in_doubt(cast, client) -> None:
    task = picture(cast)
    wide = np.array([[1, 1, 1, 0]] * 4)
    for tasker, answer in ((cast.alice, masks(LEFT)), (cast.bob, masks(wide)), (cast.carol, masks(LEFT))):
        said(tasker, task, answer)
    (part,) = Posterior.objects.get(task=task).parts
    assert part["label"] == "person" and 0.5 < part["likely"] <= 1 and 0 < part["edge"] < 1
    client.force_login(cast.rita)
    shown = client.get(reverse("review", args=[task.public_id])).content.decode()
    assert f"Person: {part['likely']:.0%}".replace("%", "\N{NO-BREAK SPACE}% likely") in shown
    assert f"edge unsure by {part['edge']:.1f} px" in shown

    words = make.task(make.batch(spans_project(cast)))
    for tasker, answer in ((cast.alice, BOTH), (cast.bob, BOTH), (cast.carol, PERSON)):
        said(tasker, words, answer)
    parts = Posterior.objects.get(task=words).parts
    assert [(one["label"], one["edge"]) for one in parts] == [("place", None), ("person", None)]
    assert parts[0]["likely"] < parts[1]["likely"], "the most doubtful first"


def test_who_marks_what_comes_is_outvoted_once_known(cast, honest, careless) -> None:
    project = spans_project(cast, wanted=5)
    batch = make.batch(project)
    everybody = [(one, PERSON) for one in honest] + [(one, WILD) for one in careless]
    first = make.task(batch)
    for tasker, answer in everybody:
        said(tasker, first, answer)
    assert marked(verdict_of(first).answer) != marked(PERSON), "nobody is known yet"

    known_answers(cast, project, batch, everybody, number=12)
    estimating.run(estimating.start(project, by=cast.mina).pk)
    accuracy_model = AccuracyModel.objects.filter(project=project).latest("version")
    assert (
        accuracy_model.method == "spans_v1"
        and accuracy_model.labels == list(SIDES)
        and accuracy_model.parameters.count() == 5
    )
    task = make.task(batch)
    for tasker, answer in everybody:
        said(tasker, task, answer)
    assert marked(verdict_of(task).answer) == marked(PERSON)
    assert Posterior.objects.get(task=task).accuracy_model == accuracy_model.version
    kept = MethodCalibration.objects.get()
    assert kept.method == "spans_v1" and kept.known == 12


def test_each_verdict_teaches_who_misses_and_who_invents(cast) -> None:
    project = spans_project(cast)
    for task in make.tasks(make.batch(project), 12):
        for tasker, answer in ((cast.alice, BOTH), (cast.bob, BOTH), (cast.carol, PERSON)):
            said(tasker, task, answer)
    parameters = {one.tasker: one for one in AnnotatorParameters.objects.all()}
    assert set(parameters) == {cast.alice, cast.bob, cast.carol} and parameters[cast.carol].learnt == 12
    ability = {who: np.array(one.mean)[:, 0].mean() for who, one in parameters.items()}
    assert ability[cast.carol] < ability[cast.alice]
    liking = np.array(parameters[cast.carol].mean)[1:, 1:].mean(0)
    assert liking[0] > liking[1], "she rather says that nothing is there"


def test_an_estimate_changes_no_verdict_and_proposes_a_second_look(cast, honest, careless) -> None:
    project = spans_project(cast, wanted=3, target=0.6)
    batch = make.batch(project)
    first = make.task(batch)
    for tasker, answer in [(one, WILD) for one in careless[:2]] + [(cast.alice, PERSON)]:
        said(tasker, first, answer)
    before = verdict_of(first)
    assert marked(before.answer) == marked(WILD)
    known_answers(cast, project, batch, [(one, PERSON) for one in honest] + [(one, WILD) for one in careless], 12)
    done = estimating.run(estimating.start(project, by=cast.mina).pk)
    assert done.proposed == 1 and second_looks.open_in([project]).get().task == first
    assert verdict_of(first) == before


def test_a_method_can_be_taken_and_left_again(cast) -> None:
    project = spans_project(cast, wanted=2)
    batch = make.batch(project)
    for method in ("spans_v1", "standing_v1", "majority_v1", "spans_v1"):
        configure.change(project, cast.mina, aggregation=method)
        task = make.task(batch)
        for tasker in (cast.alice, cast.bob):
            said(tasker, task, PERSON)
        assert verdict_of(task).method == method
        assert estimating.run(estimating.start(project, by=cast.mina).pk).state == "done"
    with pytest.raises(Exception, match=r"\(majority_v1\), .* \(standing_v1\), .* \(spans_v1\)"):
        configure.change(project, cast.mina, aggregation="regions_v1")


class TestOddInput:
    def test_masks_that_touch_stay_two_and_with_nothing_in_common_go_to_review(self, cast) -> None:
        task = picture(cast, wanted=2)
        for tasker in (cast.alice, cast.bob):
            said(tasker, task, masks(LEFT, RIGHT))
        assert len(verdict_of(task).answer["regions"]) == 2
        other = picture(cast, "Others", wanted=2)
        said(cast.alice, other, masks(LEFT))
        said(cast.bob, other, masks(RIGHT))
        assert outcome(other) == (False, "review", 0)

    def test_an_empty_mask_in_the_database_is_tampered_with(self, cast) -> None:
        task = picture(cast, wanted=2)
        changed = said(cast.alice, task, masks(LEFT))
        with owner.unguarded("projects_annotation"):
            Annotation.objects.filter(pk=changed.pk).update(answer=masks(BLANK))
        said(cast.bob, task, masks(LEFT))
        assert outcome(task) == (False, "review", 0)
        assert set(Posterior.objects.get(task=task).votes.values()) == {"tampered"}

    @pytest.mark.parametrize("stored", TAMPERED[::4], ids=str)
    def test_an_answer_changed_by_other_hands_has_no_part_in_it(self, cast, stored) -> None:
        task = make.task(make.batch(spans_project(cast, wanted=2, most=3)))
        changed = said(cast.alice, task, PERSON)
        with owner.unguarded("projects_annotation"):
            Annotation.objects.filter(pk=changed.pk).update(answer=stored)
        said(cast.bob, task, PERSON)
        assert outcome(task) == (False, "review", 0)
        assert "changed after it was handed in" in reason(task)
        assert estimating.run(estimating.start(task.project, by=cast.mina).pk).state == "done"

    def test_ten_thousand_spans_of_two_people_are_decided(self, cast) -> None:
        task = make.task(make.batch(spans_project(cast, wanted=2)), text="ab " * 5000)
        for tasker, width in ((cast.alice, 2), (cast.bob, 2)):
            said(tasker, task, make.spans(*((3 * index, 3 * index + width) for index in range(5000))))
        assert len(verdict_of(task).answer["spans"]) == 5000

    def test_a_voided_annotation_counts_no_more(self, cast) -> None:
        task = make.task(make.batch(spans_project(cast, wanted=2)))
        spam = said(cast.alice, task, WILD)
        queue.void(Assignment.objects.get(pk=spam.assignment_id), "spam", by=cast.mina)
        for tasker in (cast.bob, cast.carol):
            said(tasker, task, PERSON)
        assert str(spam.pk) not in verdict_of(task).agreements
        assert marked(verdict_of(task).answer) == marked(PERSON)

    def test_retired_merged_and_older_answers_count_as_they_can(self, cast) -> None:
        project = spans_project(cast, wanted=2)
        batch = make.batch(project)
        retired, merged, partly = make.tasks(batch, 3)
        said(cast.alice, retired, make.spans((0, 11, "place")))
        said(cast.alice, partly, BOTH)
        configure.set_labels(project, [{"key": "person", "name": "Person"}], by=cast.mina)
        said(cast.bob, retired, PERSON)
        assert outcome(retired) == (False, "review", 0) and "retired" in reason(retired)
        said(cast.bob, partly, PERSON)
        assert marked(verdict_of(partly).answer) == marked(PERSON)
        said(cast.alice, merged, PERSON)
        configure.change(project, cast.mina, instructions="Now with more words.")
        said(cast.bob, merged, PERSON)
        assert "older-settings" in Posterior.objects.get(task=merged).votes.values()
        assert verdict_of(merged).method == "spans_v1"

    def test_a_label_merged_into_another_votes_for_it(self, cast) -> None:
        project = spans_project(cast, wanted=2)
        task = make.task(make.batch(project))
        said(cast.alice, task, make.spans((0, 11, "place")))
        configure.set_labels(project, [{"key": "person", "name": "Person"}], by=cast.mina)
        person = Label.objects.get(project=project, key="person")
        Label.objects.filter(project=project, key="place").update(merged_into=person)
        said(cast.bob, task, PERSON)
        assert [one["label"] for one in verdict_of(task).answer["spans"]] == ["person"]

    def test_known_answers_that_all_missed_teach_that_they_were_missed(self, cast, honest) -> None:
        project = spans_project(cast, wanted=2)
        batch = make.batch(project)
        known_answers(cast, project, batch, [(one, NOTHING) for one in honest], number=8)
        estimating.run(estimating.start(project, by=cast.mina).pk)
        task = make.task(batch)
        for tasker in honest:
            said(tasker, task, NOTHING)
        assert outcome(task)[1] == "review"
        assert MethodCalibration.objects.get().right == 0

    def test_nothing_handed_in_is_nothing_estimated(self, cast) -> None:
        project = spans_project(cast)
        make.task(make.batch(project))
        assert estimating.run(estimating.start(project, by=cast.mina).pk).state == "done"
        review = Task.objects.get()
        consensus.consider(queue.lock(review.pk))
        assert not Verdict.objects.exists()


def test_a_reviewers_answer_teaches_by_parts(cast) -> None:
    project = spans_project(cast, wanted=2)
    task = make.task(make.batch(project))
    said(cast.alice, task, PERSON)
    said(cast.bob, task, WILD)
    assert outcome(task)[1] == "review"
    review = queue.claim_review(task, cast.rita)
    submission.decide(review, cast.rita, review.token, PERSON)
    ability = {one.tasker: np.array(one.mean)[:, 0].mean() for one in AnnotatorParameters.objects.all()}
    assert ability[cast.alice] > 0 > ability[cast.bob]


def test_words_that_an_estimate_learnt_are_kept_with_the_crowd_and_used(cast) -> None:
    """Everybody marks the name in twenty texts; in the next one only one of three does."""
    project = spans_project(cast)
    batch = make.batch(project)
    for index in range(20):
        text = f"Report {index}: Maria Lopez visited the harbor on a rainy day."
        task = make.task(batch, text=text)
        for tasker in (cast.alice, cast.bob, cast.carol):
            said(tasker, task, make.spans((text.index("Maria"), text.index(" visited"))))
    before = make.task(batch, text="Report 99: Maria Lopez visited the harbor on a rainy day.")
    answers = ((cast.alice, make.spans((11, 22))), (cast.bob, NOTHING), (cast.carol, NOTHING))
    for tasker, answer in answers:
        said(tasker, before, answer)
    assert marked(verdict_of(before).answer) == []
    at_first = Posterior.objects.get(task=before).raw
    run = estimating.run(estimating.start(project, by=cast.mina).pk)
    bias, words, stretches = run.accuracy_model.numbers["words"]["person"]
    assert words["is maria"] > 0 > bias + words.get("is harbor", 0.0)
    assert not any(stretches.values()), "of what was marked all is a name, so there is nothing to tell apart"
    after = make.task(batch, text="Report 99: Maria Lopez visited the harbor on a rainy day.")
    for tasker, answer in answers:
        said(tasker, after, answer)
    assert marked(verdict_of(after).answer) == [(11, 22, "person")]
    now = Posterior.objects.get(task=after).raw
    assert now != at_first, "three strangers were enough to say that nothing is there; the words doubt it"
    assert now == Posterior.objects.get(task=before).raw, "the estimate weighed the first again in the same way"


def test_how_well_each_one_names_is_learnt_by_an_estimate_and_used(cast) -> None:
    """Carol calls each third name something else. Where she and Bob differ about what it is, he is believed."""
    project = spans_project(cast)
    batch = make.batch(project)
    person, place = make.spans((0, 11)), make.spans((0, 11, "place"))
    for number in range(12):
        task = make.task(batch)
        right, wrong = (person, place) if number % 2 else (place, person)
        for tasker, answer in ((cast.alice, right), (cast.bob, right), (cast.carol, right if number % 3 else wrong)):
            said(tasker, task, answer)
    estimating.run(estimating.start(project, by=cast.mina).pk)
    terms = terms_of(project)
    assert terms.naming.of[cast.carol.pk] < terms.naming.of[cast.bob.pk]
    task = make.task(batch)
    for tasker, answer in ((cast.carol, person), (cast.bob, place), (cast.alice, NOTHING)):
        said(tasker, task, answer)
    assert [one["label"] for one in Posterior.objects.get(task=task).parts] == ["place"]
