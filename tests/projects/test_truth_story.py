"""Annotator accuracy, how often to ask, and when to look again: the truth engine at work on rows."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from projects import queue
from projects.configuration import configure
from projects.errors import Refused
from projects.models import (
    AnnotatorParameters,
    Assignment,
    Posterior,
    Task,
    Verdict,
)
from projects.quality import consensus, estimating
from projects.task_types import asked_fields
from projects.workflow import submission
from taskers.models import Grade, LabelStanding, Standing
from taskers.models.people import Role
from taskers.money import ledger
from taskers.standing import grades
from tests.support import make
from tests.support.projects.judging import (
    ANIMALS,
    NOTHING,
    PERSON,
    PLACE,
    classified,
    given,
    known_answers,
    label_of,
    said,
)

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


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
    belief = Posterior.objects.get(task=task)
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
    assert not Grade.objects.exists() and not AnnotatorParameters.objects.exists()


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
    grades.rebuild(project.public_id)
    assert sorted(LabelStanding.objects.values_list("tasker", "label", "good", "poor")) == kept
    assert sorted(Standing.objects.values_list("tasker", "good", "poor")) == whole


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
    assert Posterior.objects.get(task=seen).votes == {str(seen.annotations.get(tasker=cast.carol).pk): "model-was-seen"}
    review = queue.claim_review(seen, cast.rita)
    submission.decide(review, cast.rita, review.token, PLACE)
    assert Grade.objects.filter(tasker=cast.carol).count() == 1  # blind work alone grades a model
    assert Grade.objects.filter(tasker=cast.bob).count() == 2
