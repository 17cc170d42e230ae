"""Finishing tasks: a task that was begun is handed out before others, in an order that nobody shares."""

import random

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from projects import queue
from projects.configuration import configure
from projects.models import Assignment, Project
from projects.quality.gold import authoring
from projects.queue import candidate_slots, gold_dealing
from projects.queue.candidate_slots import MAX_SHIFT
from projects.workflow import submission
from projects.workforce import availability, rules
from taskers.models import Person
from tests.support import make
from tests.support.projects.gold import Always
from tests.support.projects.pipeline import Api

pytestmark = pytest.mark.django_db

TASKS, WANTED = 60, 3


@pytest.fixture
def project(cast) -> Project:
    return make.project(cast.riverside, wanted=WANTED, depth_first=True, copilot=False)


@pytest.fixture
def taskers(cast) -> list[Person]:
    return [cast.alice, cast.bob, cast.carol]


def judge_in_turn(taskers: list[Person], project: Project, judgements: int) -> dict[Person, list[int]]:
    """Each tasker in turn does their next task, so many judgements in all; the tasks of each in their order."""
    tasks: dict[Person, list[int]] = {tasker: [] for tasker in taskers}
    for number in range(judgements):
        tasker = taskers[number % len(taskers)]
        tasks[tasker].append(make.judged(tasker, project, make.MARIA).task.pk)
    return tasks


def finished(project: Project) -> int:
    """Tasks of which all judgements came in."""
    return sum(not task.assignments.exclude(state="submitted").exists() for task in project.tasks.all())


@pytest.mark.parametrize("depth_first", [True, False])
def test_tasks_are_finished_while_most_are_not_begun(cast, taskers, depth_first: bool) -> None:
    project = make.project(cast.riverside, wanted=WANTED, depth_first=depth_first, copilot=False)
    batch = make.batch(project)
    make.tasks(batch, TASKS)
    judge_in_turn(taskers, project, TASKS)
    begun = project.tasks.filter(assignments__state="submitted").distinct().count()
    if depth_first:
        assert finished(project) >= 5 and begun <= TASKS // WANTED + 2 * MAX_SHIFT
    else:
        assert finished(project) == 0 and begun == TASKS
    judge_in_turn(taskers, project, TASKS * (WANTED - 1))
    assert finished(project) == TASKS
    assert [queue.claim(tasker, project).code for tasker in taskers] == ["all-done"] * 3
    assert queue.audit().breaches == []


def test_a_load_gives_all_rows_of_a_task_one_place_and_tasks_a_drawn_order(cast, project) -> None:
    batch = make.batch(project)
    tasks = make.tasks(batch, 40)
    Assignment.objects.all().delete()
    queue.open_slots([task.pk for task in tasks])
    rows = Assignment.objects.order_by("walk_key", "slot").values_list("task", "slot")
    places = list(dict.fromkeys(task for task, _slot in rows))
    assert list(rows) == [(task, slot) for task in places for slot in range(WANTED)]
    ascents = sum(one < other for one, other in zip(places, places[1:], strict=False))
    assert 10 <= ascents <= 29, "19.5 expected of a drawn order, with a standard deviation of 1.8"


def test_taskers_beside_each_other_share_no_order(cast, project, taskers) -> None:
    """Not even the same one begun further on: what two of them did both they did in different orders."""
    make.tasks(make.batch(project), TASKS)
    did = judge_in_turn(taskers, project, TASKS)
    for one, other in ((0, 1), (1, 2), (0, 2)):
        mine, theirs = did[taskers[one]], did[taskers[other]]
        common = [task for task in mine if task in theirs]
        order = [theirs.index(task) for task in common]
        assert len(common) >= 5 and order != sorted(order)


def test_a_claim_draws_its_start_anew_and_a_look_ahead_sees_the_same(cast, project) -> None:
    batch = make.batch(project)
    make.tasks(batch, TASKS)
    shifts = set()
    for _ in range(8):
        (slot,) = candidate_slots.choose_batches(cast.alice, [project]).slots
        shifts.add(slot.shift)
        expected = list(
            Assignment.objects.filter(state="open", slot=0).order_by("walk_key").values_list("task", flat=True)
        )[slot.shift]
        mine = make.held(cast.alice, project)
        assert mine.task_id == expected
        ahead = queue.look_ahead(mine, cast.alice, [project])
        submission.submit(mine, cast.alice, mine.token, make.MARIA)
        (slot,) = candidate_slots.choose_batches(cast.alice, [project]).slots
        assert queue.claim(cast.alice, project).task == ahead.task
        mine = make.held(cast.alice, project)
        submission.submit(mine, cast.alice, mine.token, make.MARIA)
    assert len(shifts) > 2 and max(shifts) < MAX_SHIFT


def test_in_file_order_the_order_is_the_files(cast, taskers) -> None:
    project = make.project(cast.riverside, wanted=WANTED, depth_first=True, file_order=True, copilot=False)
    tasks = make.tasks(make.batch(project), 10)
    did = judge_in_turn(taskers, project, 30)
    assert all(did[tasker] == [task.pk for task in tasks] for tasker in taskers)


def test_what_comes_back_or_is_asked_for_anew_is_finished_before_others_are_begun(cast, project) -> None:
    batch = make.batch(project)
    tasks = make.tasks(batch, TASKS)
    mine = make.held(cast.alice, project)
    queue.release(mine, cast.alice, mine.token)
    assert make.held(cast.bob, project).task == mine.task
    queue.raise_wanted(tasks[-1], WANTED + 1, by=cast.mina)
    assert make.held(cast.carol, project).task == tasks[-1]
    assert queue.audit().breaches == []


def test_one_tasker_alone_gets_every_task_once_and_is_told_how_many_are_left(cast) -> None:
    """What they did lies open for others all along their walk."""
    project = make.project(cast.riverside, wanted=12, depth_first=True, copilot=False)
    make.tasks(make.batch(project), TASKS)
    did = [make.judged(cast.alice, project, make.MARIA).task.pk for _ in range(TASKS - 5)]
    left = availability.of(cast.alice, [project])[project.pk].left
    assert (left.tasks, left.whole) == (5, True)
    did += [make.judged(cast.alice, project, make.MARIA).task.pk for _ in range(5)]
    assert len(set(did)) == TASKS and queue.claim(cast.alice, project).code == "all-done"


def test_a_group_holds_each_task_once(cast, project) -> None:
    make.tasks(make.batch(project), 20)
    group = queue.claim_group(cast.alice, project, 12, rng=random.Random(1))
    assert len({work.task_id for work in group}) == 12
    other = queue.claim_group(cast.bob, project, 20, rng=random.Random(1))
    assert len({work.task_id for work in other}) == 20
    assert queue.audit().breaches == []


def test_a_change_of_the_setting_moves_what_is_open_and_nobody_misses_anything(cast, taskers) -> None:
    project = make.project(cast.riverside, wanted=WANTED, copilot=False)
    make.tasks(make.batch(project), 30)
    first = judge_in_turn(taskers, project, 15)
    for depth_first in (True, False, True):
        configure.change(project, cast.mina, depth_first=depth_first)
        assert ProcrastinateJob.objects.filter(task_name="projects.jobs.reorder_project").exists()
        queue.reorder(project.pk)
        for tasker, tasks in judge_in_turn(taskers, project, 15).items():
            first[tasker] += tasks
    judge_in_turn(taskers, project, 90 - 60)
    assert finished(project) == 30 and queue.audit().breaches == []


def test_gold_comes_where_the_draw_says_wherever_the_walk_stands(cast, project) -> None:
    """Which claims get gold is the same with and without the setting; what comes next on the walk stays next."""
    batch = make.batch(project)
    make.tasks(batch, TASKS)
    for _ in range(12):
        authoring.keep(make.task(batch), make.MARIA, by=cast.mina, dice=random.Random(3))
    rules.change(project, cast.mina, gold_share=0.3)
    for _ in range(12):
        choice = candidate_slots.choose_batches(cast.alice, [project])
        expected = gold_dealing.due(choice, gold_dealing.rng(cast.alice, choice.number)) is not None
        mine = make.held(cast.alice, project)
        assert (mine.kind == "gold") == expected
        submission.submit(mine, cast.alice, mine.token, make.MARIA)
    choice = candidate_slots.choose_batches(cast.alice, [project])
    gold = queue.claim(cast.bob, project, rng=Always())
    assert gold.kind == "gold"
    assert candidate_slots.choose_batches(cast.alice, [project]).slots == choice.slots


def test_the_setting_is_in_the_api_and_off_unless_chosen(cast) -> None:
    mina = Api(cast.mina, cast.riverside)
    asked = {"name": "Finish", "task_type": "text_spans", "labels": [{"key": "person", "name": "Person"}]}
    usual = mina.post("projects", body=asked).json()
    assert usual["settings"]["depth_first"] is False
    made = mina.post("projects", body=asked | {"name": "Finished", "depth_first": True}).json()
    assert made["settings"]["depth_first"] is True
