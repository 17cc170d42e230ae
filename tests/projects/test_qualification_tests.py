"""Courses: items in their order before the first judgement, answers shown at once or at the end, tries and passes."""

import random
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from projects import queue
from projects.errors import Refused
from projects.models import Annotation, Assignment, QualificationAttempt, QualificationStep, Verdict
from projects.quality.gold import grading
from projects.quality.qualification import feedback, qualification_tests
from projects.queue import Nothing, qualification
from projects.queue.candidate_slots import choose_batches
from projects.queue.claim_numbers import StaleChoice
from projects.workflow import submission
from projects.workforce import rules
from taskers.errors import StateConflict
from taskers.models import Event, Grade, Qualification, Transfer
from taskers.money import ledger
from taskers.skills import skills
from tests.support import make
from tests.support.projects.courses import DICE, answered, course

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast):
    return make.project(cast.riverside, wanted=1)


@pytest.fixture
def batch(project):
    made = make.batch(project)
    make.tasks(made, 4)
    return made


@pytest.fixture
def skill(cast):
    return skills.define(cast.riverside, "Names", kind="qualification")


def lesson(annotation) -> dict[str, Any]:
    found = feedback.of(annotation.assignment, annotation)
    assert found is not None
    return found


def test_a_course_comes_first_in_its_order_and_passing_it_opens_the_project(cast, project, batch, skill) -> None:
    items = course(batch, skill, cast, 3)
    qualification_tests.arrange(project, [items[2].pk, items[0].pk, items[1].pk], by=cast.mina)
    done = [answered(cast.alice, project, make.MARIA).task_id for _ in range(3)]
    assert done == [items[2].gold.task_id, items[0].gold.task_id, items[1].gold.task_id]
    assert Qualification.objects.get(person=cast.alice, skill=skill).value == 1.0
    assert queue.claim(cast.alice, project, rng=DICE).kind == "judge"


def test_after_each_answer_the_right_one_is_shown_with_its_explanation(cast, project, batch, skill) -> None:
    course(batch, skill, cast)
    shown = lesson(answered(cast.alice, project, make.MARIA_AND_OSLO))
    assert (shown["done"], shown["of"], shown["result"]) == (1, 2, None)
    [item] = shown["items"]
    assert [len(item[which]["spans"]) for which in ("known", "answer")] == [1, 2]
    assert item["explanation"] == "Names, part 1"
    assert item["differences"] == ["Not to be marked: Place, “Oslo” (characters 40 to 44)."]
    assert item["score"] == pytest.approx(2 / 3, abs=1e-3)


def test_a_qualification_shows_nothing_before_its_end(cast, project, batch, skill) -> None:
    course(batch, skill, cast, shown=False, training_pass=0.9)
    first = lesson(answered(cast.alice, project, make.OSLO))
    assert first["items"] == [] and first["result"] is None
    last = lesson(answered(cast.alice, project, make.MARIA))
    assert [one["score"] for one in last["items"]] == [0.0, 1.0]
    assert last["result"]["passed"] is False and "50 %" in last["result"]["text"]


def test_where_some_items_are_kept_to_the_end_those_alone_decide(cast, project, batch, skill) -> None:
    practice, test = course(batch, skill, cast, training_pass=0.9)
    qualification_tests.explain(test, "", shown=False, by=cast.mina)
    answered(cast.alice, project, make.OSLO)
    ended = lesson(answered(cast.alice, project, make.MARIA))
    assert ended["result"]["passed"] is True
    assert [one["name"] for one in ended["items"]] == [test.gold.task.code]


def test_who_fails_waits_and_has_only_so_many_tries(cast, project, batch, skill) -> None:
    course(batch, skill, cast, training_tries=2, training_wait=24)
    for _ in range(2):
        answered(cast.alice, project, make.OSLO)
    waiting = queue.claim(cast.alice, project, rng=DICE)
    assert isinstance(waiting, Nothing) and waiting.code == "course-wait"
    QualificationAttempt.objects.update(ended_at=timezone.now() - timedelta(hours=25))
    for _ in range(2):
        answered(cast.alice, project, make.OSLO)
    nothing = queue.claim(cast.alice, project, rng=DICE)
    assert isinstance(nothing, Nothing) and nothing.code == "not-qualified"
    assert not Qualification.objects.exists()
    assert [one.passed for one in QualificationAttempt.objects.all()] == [False, False]


def test_a_manager_gives_tries_back(cast, project, batch, skill) -> None:
    course(batch, skill, cast, training_tries=1)
    for _ in range(2):
        answered(cast.alice, project, make.OSLO)
    assert isinstance(queue.claim(cast.alice, project, rng=DICE), Nothing)
    assert qualification_tests.forgive(project, cast.alice, by=cast.mina) == 1
    assert qualification_tests.forgive(project, cast.alice, by=cast.mina) == 0
    assert queue.claim(cast.alice, project, rng=DICE).kind == "training"
    assert Event.objects.filter(kind="course_forgiven").count() == 1


def test_tries_given_back_in_mid_try_end_it_without_a_trace(cast, project, batch, skill) -> None:
    course(batch, skill, cast)
    mine = queue.claim(cast.alice, project, rng=DICE)
    qualification_tests.forgive(project, cast.alice, by=cast.mina)
    annotation = submission.submit(mine, cast.alice, mine.token, make.OSLO)
    assert not QualificationStep.objects.exists() and lesson(annotation)["items"] == []
    answered(cast.alice, project, make.MARIA)
    assert QualificationAttempt.objects.filter(forgiven_at=None).count() == 1


def test_another_try_asks_first_what_was_not_seen(cast, project, batch, skill) -> None:
    items = course(batch, skill, cast, 3, training_tasks=2, training_tries=3)
    asked = [answered(cast.alice, project, make.OSLO).task_id for _ in range(4)]
    keys = [one.gold.task_id for one in items]
    assert asked == [keys[0], keys[1], keys[2], keys[0]]


def test_a_pass_that_ran_out_asks_for_the_course_again_with_all_tries(cast, project, batch, skill) -> None:
    course(batch, skill, cast, training_tries=1, training_days=30)
    for _ in range(2):
        answered(cast.alice, project, make.MARIA)
    given = Qualification.objects.get()
    assert timedelta(days=29) < given.expires_at - timezone.now() < timedelta(days=31)
    Qualification.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert queue.claim(cast.alice, project, rng=DICE).kind == "training"


def test_a_course_is_no_judgement_no_grade_and_no_money(cast, project, batch, skill) -> None:
    course(batch, skill, cast)
    for _ in range(2):
        answered(cast.alice, project, make.MARIA)
    assert not Verdict.objects.exists() and not Grade.objects.exists() and not Transfer.objects.exists()
    assert not Annotation.objects.counting().exists() and queue.audit().breaches == []


def test_a_course_that_pays_pays_each_item_once_and_only_what_is_done_well(cast, project, batch, skill) -> None:
    course(batch, skill, cast, training_rate=20_000, training_tries=3, training_pass=1.0)
    answered(cast.alice, project, make.MARIA)
    answered(cast.alice, project, make.OSLO)
    for _ in range(2):
        answered(cast.alice, project, make.MARIA)
    assert [one.amount for one in Transfer.objects.all()] == [20_000] and ledger.audit() == []


def test_handing_the_same_item_in_twice_is_one_step(cast, project, batch, skill) -> None:
    course(batch, skill, cast)
    mine = queue.claim(cast.alice, project, rng=DICE)
    for _ in range(2):
        annotation = submission.submit(mine, cast.alice, mine.token, make.MARIA)
    assert QualificationStep.objects.count() == 1 and len(lesson(annotation)["items"]) == 1


def test_a_course_fills_no_place_of_the_day(cast, project, batch, skill) -> None:
    course(batch, skill, cast, 2)
    rules.change(project, cast.mina, daily_tasks=1)
    for _ in range(2):
        answered(cast.alice, project, make.MARIA)
    assert make.judged(cast.alice, project, make.MARIA)
    assert queue.claim(cast.alice, project).code == "daily-cap"


def test_nobody_gets_a_grid_before_they_passed_the_course(cast, project, batch, skill) -> None:
    course(batch, skill, cast, 1)
    assert queue.begins_with_course(cast.alice, project)
    assert queue.claim_group(cast.alice, project, 3).code == "training-first"
    assert not Assignment.objects.filter(tasker=cast.alice).exists()
    answered(cast.alice, project, make.MARIA)
    assert not queue.begins_with_course(cast.alice, project)
    assert [one.kind for one in queue.claim_group(cast.alice, project, 3)] == ["judge"] * 3


def test_gold_never_shows_that_it_was_gold(cast, project, batch, skill) -> None:
    task = queue.set_aside(make.tasks(batch, 1)[0], by=None)
    grading.stock(task, make.MARIA, by=None, dice=DICE)
    rules.change(project, cast.mina, gold_share=0.5)

    class Always(random.Random):
        def random(self) -> float:
            return 0.0

    mine = queue.claim(cast.alice, project, rng=Always())
    assert mine.kind == "gold" and feedback.where(mine) is None
    annotation = submission.submit(mine, cast.alice, mine.token, make.OSLO)
    assert feedback.of(mine, annotation) is None


def test_what_is_put_in_a_course_is_checked(cast, project, batch, skill) -> None:
    [task] = make.tasks(batch, 1)
    with pytest.raises(Refused, match="label"):
        qualification_tests.add(task, make.spans((0, 5, "animal")), by=cast.mina, dice=DICE)
    with pytest.raises(Refused, match="explanation"):
        qualification_tests.add(task, make.MARIA, by=cast.mina, dice=DICE, explanation="x" * 5000)
    qualification_tests.add(task, make.MARIA, by=cast.mina, dice=DICE)
    with pytest.raises(StateConflict, match="stock"):
        qualification_tests.add(task, make.MARIA, by=cast.mina, dice=DICE)
    held = make.held(cast.alice, project)
    with pytest.raises(StateConflict, match="judging"):
        qualification_tests.add(held.task, make.MARIA, by=cast.mina, dice=DICE)


def test_an_item_taken_out_in_mid_try_starts_the_course_anew(cast, project, batch, skill) -> None:
    first, second = course(batch, skill, cast, training_tries=1)
    answered(cast.alice, project, make.OSLO)
    grading.retire(second, "taken out", by=cast.mina)
    assert lesson(answered(cast.alice, project, make.MARIA))["result"]["passed"] is True


def test_an_empty_course_says_so(cast, project, batch, skill) -> None:
    rules.change(project, cast.mina, training_tasks=2, training_skill=skill)
    nothing = queue.claim(cast.alice, project, rng=DICE)
    assert isinstance(nothing, Nothing) and nothing.code == "no-training"


def test_two_tabs_show_the_same_item(cast, project, batch, skill) -> None:
    course(batch, skill, cast)
    first = queue.claim(cast.alice, project, rng=DICE)
    assert isinstance(first, Assignment)
    stale = choose_batches(cast.alice, [project])
    stale.number -= 1
    with pytest.raises(StaleChoice):
        qualification.next_item(stale, stale.terms[project.pk])
    again = queue.claim(cast.alice, project, rng=DICE)
    assert isinstance(again, Assignment) and again.pk == first.pk
    assert Assignment.objects.filter(kind="training").count() == QualificationAttempt.objects.count() == 1
