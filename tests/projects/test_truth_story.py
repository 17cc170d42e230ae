"""Whom to trust, how often to ask, and when to look again: the truth engine at work on rows."""

import random
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from projects import configure, consensus, queue, submission
from projects.aggregation.calibration import Calibration, calibrate
from projects.errors import Refused
from projects.models import (
    Assignment,
    Belief,
    Calibrated,
    Crowd,
    Estimation,
    SecondLook,
    Task,
    Trait,
    Verdict,
)
from projects.queue.clock import Clock, from_now
from projects.tasktypes import TASK_TYPES, asked_fields
from projects.tasktypes.text_spans import TextSpans
from projects.teaching import dealing
from projects.truth import calibrating, estimating, methods, second_looks
from projects.truth.evidence import terms_of
from taskers import ledger, quality
from taskers.errors import StateConflict
from taskers.models import Grade, LabelStanding, Standing, Transfer
from taskers.models.people import Role
from tests import make

pytestmark = pytest.mark.django_db

PERSON, PLACE, NOTHING = make.spans((0, 11)), make.spans((0, 11, "place")), make.spans()


class OneLabel(TextSpans):
    """Texts with one span each: its label is the answer."""

    def choice(self, answer):
        return answer["spans"][0]["label"] if answer["spans"] else None


@pytest.fixture
def choices(monkeypatch):
    monkeypatch.setitem(TASK_TYPES, "text_spans", OneLabel())


@pytest.fixture
def honest(cast):
    return [cast.alice, cast.bob, cast.carol]


@pytest.fixture
def spammers(cast):
    return [make.person(name, cast.riverside, Role.TASKER) for name in ("Sly", "Slim")]


def known_answers(cast, project, batch, people_and_answers, number=6, truth=PERSON) -> None:
    """Gold that everybody meets, with what each says to it."""
    for index in range(number):
        task = make.task(batch)
        queue.set_aside(task, by=cast.mina)
        dealing.stock(task, truth, by=cast.mina, dice=random.Random(index))
        for tasker, answer in people_and_answers:
            handed = given(tasker, task, "gold")
            submission.submit(handed, tasker, handed.token, answer)


def given(tasker, task, kind="judge") -> Assignment:
    """A piece of work of a task put into somebody's hands, past the queue where it isn't a judgement."""
    settings = task.project.settings_now()
    terms = {
        "state": "held",
        "tasker": tasker,
        "token": uuid4(),
        "held_at": Clock(),
        "deadline": from_now(900),
        "settings_version": settings.version,
        "rate": settings.rate,
        "copilot": False,
    }
    if kind == "judge":
        mine = Assignment.objects.filter(task=task, kind="judge", state="open").order_by("slot").first()
        assert mine is not None, "nobody is asked any more"
        Assignment.objects.filter(pk=mine.pk).update(**terms)
    else:
        mine = Assignment.objects.create(task=task, batch=task.batch, kind=kind, slot=0, **terms)
    return Assignment.objects.select_related("task__project__organization").get(pk=mine.pk)


def said(tasker, task, answer):
    """The tasker judges this very task."""
    mine = given(tasker, task)
    return submission.submit(mine, tasker, mine.token, answer)


def label_of(task) -> str | None:
    verdict = Verdict.objects.current().filter(task=task).first()
    return verdict.answer["spans"][0]["label"] if verdict else None


def test_after_some_gold_two_honest_people_outvote_three_who_are_not(cast, spammers) -> None:
    spam = [*spammers, make.person("Slow", cast.riverside, Role.TASKER)]
    project = make.project(cast.riverside, aggregation="standing_v1", wanted=5)
    batch = make.batch(project)
    first = make.task(batch)
    for tasker, answer in [(one, PLACE) for one in spam] + [(cast.alice, PERSON), (cast.bob, PERSON)]:
        said(tasker, first, answer)
    assert label_of(first) == "place"  # nobody is known yet, and three are more than two

    known_answers(cast, project, batch, [(one, PLACE) for one in spam] + [(cast.alice, PERSON), (cast.bob, PERSON)])
    second = make.task(batch)
    for tasker, answer in [(one, PLACE) for one in spam] + [(cast.alice, PERSON), (cast.bob, PERSON)]:
        said(tasker, second, answer)
    assert label_of(second) == "person"
    verdict = Verdict.objects.current().get(task=second)
    assert verdict.method == "standing_v1" and verdict.confidence > 0.75
    assert {one.tasker for one in second.annotations.filter(pk__in=verdict.rests_on)} == {cast.alice, cast.bob}


def test_the_same_with_classes_once_the_crowd_is_estimated(cast, choices, spammers) -> None:
    project = make.project(cast.riverside, aggregation="categorical_v1", wanted=4)
    batch = make.batch(project)
    pairs = [(spammers[0], PLACE), (spammers[1], PLACE), (cast.alice, PERSON), (cast.bob, PERSON)]
    known_answers(cast, project, batch, pairs, number=12)
    estimating.run(estimating.start(project, by=cast.mina).pk)
    task = make.task(batch)
    for tasker, answer in pairs:
        said(tasker, task, answer)
    assert label_of(task) == "person"
    belief = Belief.objects.get(task=task)
    assert belief.method == "categorical_v1" and set(belief.classes) == {"person", "place"}
    assert belief.classes["person"] > 0.9 and sum(belief.classes.values()) == pytest.approx(1, abs=1e-4)


def test_easy_tasks_stop_at_two_and_hard_ones_are_asked_again(cast, honest) -> None:
    project = make.project(cast.riverside, aggregation="standing_v1", wanted=2, most=4, target=0.9)
    easy, hard = make.tasks(make.batch(project), 2)
    for tasker in honest[:2]:
        said(tasker, easy, PERSON)
    assert label_of(easy) == "person"
    easy.refresh_from_db()
    assert easy.wanted == 2

    said(cast.alice, hard, PERSON)
    said(cast.bob, hard, PLACE)
    hard.refresh_from_db()
    assert (hard.wanted, hard.withheld) == (3, "")
    said(cast.carol, hard, NOTHING)
    hard.refresh_from_db()
    assert hard.wanted == 4
    said(cast.olga, hard, make.OSLO)
    hard.refresh_from_db()
    assert (hard.wanted, hard.withheld) == (4, "review")  # the most there may be, and still nobody knows
    assert queue.audit().breaches == []


@pytest.mark.parametrize(
    ("method", "wanted", "most"),
    [
        ("majority_v1", 1, 3),
        ("majority_v1", 2, 5),
        ("majority_v1", 5, 5),
        ("standing_v1", 2, 5),
        ("standing_v1", 3, 10),
    ],
)
def test_what_nobody_doubts_ends_with_the_judgements_wanted(cast, honest, method, wanted, most) -> None:
    project = make.project(cast.riverside, wanted=wanted, most=most, aggregation=method)
    assert 0.5 <= project.settings_now().target <= 0.9
    task = make.task(make.batch(project))
    for tasker in [*honest, cast.olga, cast.mina][:wanted]:
        said(tasker, task, PERSON)
    task.refresh_from_db()
    assert (label_of(task), task.wanted, task.withheld) == ("person", wanted, "")


def test_a_target_that_no_agreement_reaches_is_refused_with_what_would_do(cast, honest) -> None:
    with pytest.raises(Refused, match="5 answers that all agree are 83 % sure") as refused:
        make.project(cast.riverside, most=5, target=0.9)
    assert (refused.value.code, refused.value.place) == ("beyond-reach", "target")
    project = make.project(cast.riverside, most=5, target=0.83, wanted=5)
    with pytest.raises(Refused, match="beyond|all agree"):
        configure.change(project, cast.mina, target=0.84)
    configure.change(project, cast.mina, target=0.9, aggregation="standing_v1")
    configure.change(project, cast.mina, target=0.9, aggregation="majority_v1", most=None)
    assert make.project(cast.riverside, "Fixed").settings_now().target == 0.9
    # What people turned out to be worth counts: by many right answers, and against wrong ones.
    configure.change(project, cast.mina, target=0.83, most=5)
    batch = make.batch(project)
    known_answers(cast, project, batch, [(one, PERSON) for one in [*honest, cast.olga, cast.mina]], number=40)
    estimating.run(estimating.start(project, by=cast.mina).pk)
    assert configure.change(project, cast.mina, target=0.9).target == 0.9


def test_the_overlap_waits_for_judgements_that_are_still_out(cast, honest) -> None:
    project = make.project(cast.riverside, wanted=3, most=5)
    task = make.task(make.batch(project))
    said(cast.alice, task, PERSON)
    said(cast.bob, task, PLACE)
    task.refresh_from_db()
    assert task.wanted == 3


def test_an_answer_costs_the_engine_three_queries(cast, choices, honest) -> None:
    for method in ("majority_v1", "standing_v1", "categorical_v1"):
        project = make.project(cast.riverside, method, aggregation=method, wanted=9)
        task = make.task(make.batch(project))
        for tasker in honest:
            said(tasker, task, PERSON)
        with transaction.atomic():
            task = queue.lock(task.pk)
            with CaptureQueriesContext(connection) as queries:
                assert consensus.consider(task) is None
        assert len(queries) <= 3, [one["sql"] for one in queries]


def statements_of_the_last_answer(cast, people) -> int:
    """How many a deciding submit takes, of a task that as many people answered."""
    project = make.project(cast.riverside, f"{len(people)} people", wanted=len(people), aggregation="standing_v1")
    task = make.task(make.batch(project))
    for tasker in people[:-1]:
        said(tasker, task, PERSON)
    mine = given(people[-1], task)
    with CaptureQueriesContext(connection) as queries:
        submission.submit(mine, people[-1], mine.token, PERSON)
    assert label_of(task) == "person" and Grade.objects.filter(project_key=project.public_id).count() == len(people)
    return len(queries)


def test_a_deciding_answer_costs_the_same_for_three_people_and_for_twelve(cast) -> None:
    people = [make.person(f"P{index}", cast.riverside, Role.TASKER) for index in range(12)]
    statements_of_the_last_answer(cast, people[:2])  # accounts and prepared statements are there from now on
    assert statements_of_the_last_answer(cast, people[:3]) == statements_of_the_last_answer(cast, people)


def test_nobody_is_graded_by_their_own_vote(cast, choices) -> None:
    project = make.project(cast.riverside, aggregation="categorical_v1", wanted=1)
    task = make.task(make.batch(project))
    said(cast.alice, task, PERSON)
    assert label_of(task) == "person"
    assert not Grade.objects.exists() and not Trait.objects.exists()


@pytest.mark.parametrize("method", ["standing_v1", "categorical_v1"])
def test_a_verdict_that_rests_on_one_answer_grades_nobody_now_or_later(cast, choices, honest, method) -> None:
    project = make.project(cast.riverside, aggregation=method, wanted=3)
    batch = make.batch(project)
    known_answers(cast, project, batch, [(cast.alice, PERSON), (cast.bob, PLACE), (cast.carol, PLACE)], number=12)
    estimating.run(estimating.start(project, by=cast.mina).pk)
    before = Grade.objects.count()
    task = make.task(batch, wanted=4)
    late = given(cast.olga, task)
    for tasker, answer in ((cast.alice, PERSON), (cast.bob, PLACE), (cast.carol, NOTHING)):
        said(tasker, task, answer)
    Task.objects.filter(pk=task.pk).update(wanted=3)  # Olga isn't waited for
    with transaction.atomic():
        verdict = consensus.consider(queue.lock(task.pk))
    assert verdict is not None and verdict.rests_on == [task.annotations.get(tasker=cast.alice).pk]
    assert list(verdict.agreements.values()) == [None] * 3
    submission.submit(late, cast.olga, late.token, PLACE)
    assert Grade.objects.count() == before
    owed = {tasker.name: amount for tasker, amount in ledger.owed(cast.riverside)}
    assert owed == {"Alice": 13 * 50_000, "Bob": 50_000, "Carol": 50_000, "Olga": 50_000}, "unmeasured work is paid"


def test_what_a_label_is_worth_in_somebodys_hands_is_kept_apart(cast) -> None:
    project = make.project(cast.riverside, wanted=3)
    task = make.task(make.batch(project))
    for tasker, answer in (
        (cast.alice, make.MARIA_AND_OSLO),
        (cast.bob, make.MARIA_AND_OSLO),
        (cast.carol, make.MARIA),
    ):
        said(tasker, task, answer)
    rows = {(one.tasker, one.label): (one.good, one.poor) for one in LabelStanding.objects.all()}
    assert rows[(cast.carol, "person")] == (0.5, 0)
    assert rows[(cast.carol, "place")] == (0, 0.5)
    assert rows[(cast.alice, "place")] == (0.5, 0)
    kept = sorted(LabelStanding.objects.values_list("tasker", "label", "good", "poor"))
    whole = sorted(Standing.objects.values_list("tasker", "good", "poor"))
    quality.rebuild(project.public_id)
    assert sorted(LabelStanding.objects.values_list("tasker", "label", "good", "poor")) == kept
    assert sorted(Standing.objects.values_list("tasker", "good", "poor")) == whole


ANIMALS = [{"key": key, "name": key.title()} for key in ("cat", "dog")]


def classified(value, kind="choice", **others) -> dict:
    """An answer of a classification: a value in its usual field, and words in others."""
    fields = [("label", kind, value), *((name, "text", words) for name, words in others.items())]
    return {
        "fields": [
            {"field": name, "kind": what, "value": said, "provenance": {"source": "human"}}
            for name, what, said in fields
        ]
    }


def labels_of(tasker) -> dict:
    return {one.label: (one.good, one.poor) for one in LabelStanding.objects.filter(tasker=tasker)}


def test_a_wrong_class_is_held_against_both_labels(cast) -> None:
    project = make.project(cast.riverside, task_type="classification", labels=ANIMALS, wanted=3)
    task = make.task(make.batch(project))
    for tasker, value in ((cast.alice, "cat"), (cast.bob, "cat"), (cast.carol, "dog")):
        said(tasker, task, classified(value))
    assert labels_of(cast.alice) == labels_of(cast.bob) == {"cat": (0.5, 0)}
    assert labels_of(cast.carol) == {"cat": (0, 0.5), "dog": (0, 0.5)}


def test_other_fields_say_nothing_of_a_label(cast) -> None:
    fields = asked_fields.read("Label (multiple)\nWhy (text 40, optional)")
    project = make.project(
        cast.riverside, task_type="classification", labels=ANIMALS, fields=fields, thresholds={"agreement": 0.3}
    )
    task = make.task(make.batch(project))
    said(cast.alice, task, classified(["cat", "dog"], "multiple", why="both are there"))
    said(cast.bob, task, classified(["cat"], "multiple", why="it sits alone"))
    assert labels_of(cast.alice) == labels_of(cast.bob) == {"cat": (0.5, 0), "dog": (0, 0.5)}


def test_a_model_has_no_vote_where_people_saw_what_models_suggest(cast) -> None:
    cast.carol.kind = "model"
    cast.carol.save(update_fields=["kind"])
    project = make.project(cast.riverside, wanted=3)
    blind, seen = make.tasks(make.batch(project), 2)
    for task in (blind, seen):
        said(cast.carol, task, PLACE)
        mine = given(cast.alice, task)
        Assignment.objects.filter(pk=mine.pk).update(copilot=task == seen)
        submission.submit(mine, cast.alice, mine.token, PERSON)
        said(cast.bob, task, PLACE)
    assert label_of(blind) == "place"
    assert Grade.objects.filter(tasker=cast.carol).count() == 1
    seen.refresh_from_db()
    assert seen.withheld == "review"  # two votes of three
    assert Belief.objects.get(task=seen).votes == {str(seen.annotations.get(tasker=cast.carol).pk): "model-was-seen"}
    review = queue.claim_review(seen, cast.rita)
    submission.decide(review, cast.rita, review.token, PLACE)
    assert Grade.objects.filter(tasker=cast.carol).count() == 1  # blind work alone grades a model
    assert Grade.objects.filter(tasker=cast.bob).count() == 2


def spammed(cast, spammers, **terms):
    """A project in which two spammers decided a task before anybody knew them, and were found out since."""
    project = make.project(cast.riverside, wanted=3, **terms)
    batch = make.batch(project)
    task = make.task(batch)
    for tasker, answer in ((spammers[0], PLACE), (spammers[1], PLACE), (cast.alice, PERSON)):
        said(tasker, task, answer)
    assert label_of(task) == "place"
    pairs = [(spammers[0], PLACE), (spammers[1], PLACE), (cast.alice, PERSON), (cast.bob, PERSON)]
    known_answers(cast, project, batch, pairs, number=10)
    return project, task


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
    crowd = Crowd.objects.filter(project=project).latest("version")
    assert {one.tasker.name for one in crowd.traits.exclude(finding="fine")} == {"Sly", "Slim"}


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


def test_a_run_that_is_cut_off_goes_on_where_it_stood(cast, spammers) -> None:
    project, task = spammed(cast, spammers)
    make.tasks(task.batch, 3)
    whole = estimating.run(estimating.start(project, by=cast.mina).pk)
    traits = list(whole.crowd.traits.order_by("tasker").values("tasker", "mean"))
    assert traits

    cut = estimating.start(project, by=cast.mina)
    with pytest.raises(StateConflict, match="on its way"):
        estimating.start(project, by=cast.mina)
    for _stretch in range(3):
        assert estimating.step(cut.pk, piece=1)
    assert Estimation.objects.get(pk=cut.pk).state == "tasks"
    again = estimating.run(cut.pk)
    assert (again.state, again.weighed) == ("done", whole.weighed)
    assert list(again.crowd.traits.order_by("tasker").values("tasker", "mean")) == traits  # the same rows, the same
    assert not estimating.step(cut.pk)


def test_known_answers_say_how_far_to_believe_it(cast, honest, spammers) -> None:
    project = make.project(cast.riverside, wanted=2)
    batch = make.batch(project)
    assert not Calibrated.objects.exists()
    # Two people who agree on what is wrong: sure of themselves, and never right.
    known_answers(cast, project, batch, [(one, PLACE) for one in spammers], number=8)
    estimating.run(estimating.start(project, by=cast.mina).pk)
    kept = Calibrated.objects.get()
    assert (kept.known, kept.right, kept.sources) == (8, 0, {"gold": 8, "contradictory": 0})
    terms = terms_of(project)
    task = make.task(batch)
    said(cast.alice, task, PERSON)
    said(cast.bob, task, PERSON)
    verdict = Verdict.objects.current().get(task=task)
    assert verdict.confidence < 0.5 < Belief.objects.get(task=task).raw
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
    kept = {one.method: one for one in Calibrated.objects.all()}
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
    page = client.get(f"/projects/{project.public_id}/trust/").content.decode()
    assert "Majority" in page and "12 known answers" in page


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
    assert done.crowd.method == "standing_v1"
    assert (done.weighed, done.proposed) == (9, 0), "what everybody said is no cause for doubt"
    assert {one.tasker for one in Trait.objects.filter(crowd=done.crowd)} == set(honest)
    assert [(one.method, one.known) for one in Calibrated.objects.all()] == [("majority_v1", 6)]


def test_a_choice_that_may_be_left_open_keeps_its_own_method(cast) -> None:
    fields = asked_fields.read(LEFT_OPEN)
    assert methods.estimated_by("categorical_v1", "classification", fields) == "categorical_v1"
    assert methods.estimated_by("majority_v1", "classification", asked_fields.usual()) == "categorical_v1"


def test_a_method_must_fit_the_task_type(cast) -> None:
    project = make.project(cast.riverside)
    with pytest.raises(Exception, match="Choose one of majority_v1, standing_v1"):
        configure.change(project, cast.mina, aggregation="categorical_v1")
    assert configure.change(project, cast.mina, aggregation="standing_v1").version == 2
    with pytest.raises(Exception, match="most"):
        configure.change(project, cast.mina, most=1)
