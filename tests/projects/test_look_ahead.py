"""What comes next is looked up before it is claimed: nobody holds it, nobody tells gold by it, a claim confirms it."""

from uuid import uuid4

import pytest

from projects import queue
from projects.models import Assignment
from projects.quality.gold import grading
from projects.queue import RequestedTask
from projects.workflow import submission
from projects.workforce import rules
from tests.support import make
from tests.support.projects.gold import DICE
from tests.support.projects.studio import Tab

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast):
    return make.project(cast.riverside, wanted=1)


@pytest.fixture
def batch(project):
    made = make.batch(project)
    make.tasks(made, 40)
    return made


def hand_in(mine: Assignment, tasker) -> None:
    submission.submit(mine, tasker, mine.token, make.MARIA)


def foreseen(mine, tasker, project):
    found = queue.look_ahead(mine, tasker, [project])
    assert found is not None
    return found, RequestedTask(found.task.public_id, found.signature)


def test_what_is_foreseen_is_what_comes_and_nothing_is_held(cast, project, batch) -> None:
    mine = queue.claim(cast.alice, project)
    found, wish = foreseen(mine, cast.alice, project)
    assert Assignment.objects.held().count() == 1, "looking takes nothing"
    assert foreseen(mine, cast.alice, project)[0].task == found.task, "looking again tells nothing more"
    hand_in(mine, cast.alice)
    then = queue.claim(cast.alice, project, requested=wish)
    assert then.task == found.task and then.state == "held"
    assert queue.audit().breaches == []


def test_gold_comes_as_it_was_foreseen_like_any_other_task(cast, project, batch) -> None:
    golden = make.tasks(batch, 15)
    for task in golden:
        queue.set_aside(task, by=None)
        grading.stock(task, make.MARIA, by=None, dice=DICE)
    rules.change(project, cast.mina, gold_share=0.3)
    mine = queue.claim(cast.alice, project)
    kinds, wrong = [], 0
    for _task in range(30):
        found, wish = foreseen(mine, cast.alice, project)
        hand_in(mine, cast.alice)
        mine = queue.claim(cast.alice, project, requested=wish)
        kinds.append(mine.kind)
        wrong += mine.task != found.task
    assert kinds.count("gold") >= 3 and kinds.count("judge") >= 10
    assert wrong == 0


def test_two_people_at_one_batch_foresee_different_tasks_and_both_get_them(cast, project, batch) -> None:
    theirs = {one: queue.claim(one, project) for one in (cast.alice, cast.bob, cast.carol)}
    wishes = {one: foreseen(mine, one, project) for one, mine in theirs.items()}
    assert len({found.task.pk for found, _wish in wishes.values()}) == 3
    for one, mine in theirs.items():
        hand_in(mine, one)
        assert queue.claim(one, project, requested=wishes[one][1]).task == wishes[one][0].task
    # What lies before the wished for task is passed by nobody.
    while isinstance(mine := queue.claim(cast.alice, project), Assignment):
        hand_in(mine, cast.alice)
    left = set(Assignment.objects.filter(state="open").values_list("pk", flat=True))
    assert left == set(), "all of it was found by plain claims"
    assert queue.audit().breaches == []


def test_what_somebody_else_took_is_not_had_twice(cast, project, batch) -> None:
    mine = queue.claim(cast.alice, project)
    found, wish = foreseen(mine, cast.alice, project)
    assert queue.claim(cast.bob, project).task == found.task
    hand_in(mine, cast.alice)
    then = queue.claim(cast.alice, project, requested=wish)
    assert then.task not in (found.task, mine.task)
    assert queue.audit().breaches == []


def test_a_seal_holds_for_its_person_its_task_and_its_turn_alone(cast, project, batch) -> None:
    tasks = list(batch.tasks.order_by("pk"))
    mine = queue.claim(cast.alice, project)
    _found, wish = foreseen(mine, cast.alice, project)
    far = tasks[30]
    for tampered in (
        RequestedTask(far.public_id, wish.signature),
        RequestedTask(far.public_id, "0" * 64),
        RequestedTask(uuid4(), wish.signature),
    ):
        hand_in(mine, cast.alice)
        mine = queue.claim(cast.alice, project, requested=tampered)
        assert mine.task != far
    theirs = queue.claim(cast.bob, project, requested=RequestedTask(far.public_id, wish.signature))
    assert theirs.task != far
    # Alone again, whatever her key is she foresees the very next: it is done by the time that the late wish comes.
    queue.release(theirs, cast.bob, theirs.token)
    granted = []
    for _turn in range(8):
        late = foreseen(mine, cast.alice, project)[1]
        hand_in(mine, cast.alice)
        hand_in(queue.claim(cast.alice, project), cast.alice)
        mine = queue.claim(cast.alice, project, requested=late)
        granted.append(mine.task.public_id == late.task)
    assert not all(granted), "that turn is over: what was wished for comes by its own place in the walk alone"


@pytest.mark.parametrize("change", [{"daily_tasks": 1}, {"daily_earnings": 1}])
def test_nothing_is_foreseen_where_the_day_ends_with_this_task(cast, project, batch, change: dict) -> None:
    mine = queue.claim(cast.alice, project)
    rules.change(project, cast.mina, **change)
    assert queue.look_ahead(mine, cast.alice, [project]) is None


def test_the_last_task_foresees_nothing(cast, project) -> None:
    make.tasks(make.batch(project), 1)
    mine = queue.claim(cast.alice, project)
    assert queue.look_ahead(mine, cast.alice, [project]) is None


def test_the_wire_tells_of_the_next_task_what_it_tells_of_any_and_the_submit_brings_it(cast, project, batch) -> None:
    tab = Tab(cast.alice, project)
    tab.claim()
    status, told = tab.act("lookahead")
    ahead = told["lookahead"]
    assert status == 200 and set(ahead) == set(tab.held) | {"signature"}
    assert ahead["id"] is ahead["token"] is None and ahead["task"] != tab.held["task"]
    wish = {"task": ahead["task"]["id"], "signature": ahead["signature"]}
    status, reply = tab.act("submit", answer=make.MARIA, requested=wish)
    assert status == 200 and reply["assignment"]["task"] == ahead["task"]
    assert tab.act("submit", answer=make.MARIA, requested={"task": "7"})[0] == 422


def test_nobody_looks_ahead_over_somebody_elses_work(cast, project, batch) -> None:
    tab = Tab(cast.alice, project)
    tab.claim()
    bob = Tab(cast.bob, project)
    bob.held = tab.held
    assert bob.act("lookahead")[0] == 404
