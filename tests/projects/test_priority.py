"""What a manager puts first is handed out before the others of its batch, and every promise holds as before."""

import contextlib
import random

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Count
from django.urls import reverse

from projects import queue
from projects.models import Assignment, BulkAction, Project, Task
from projects.queue import Nothing, candidate_slots, sql
from projects.reports import task_search
from projects.reports.task_search import Filters
from projects.workflow import bulk_actions, submission, task_actions
from projects.workforce import availability
from taskers.errors import Problem, StateConflict
from taskers.models import Event
from tests.support import make
from tests.support.projects.judging import said
from tests.support.projects.leases import run_out
from tests.support.projects.managing import signed_in
from tests.support.projects.pipeline import Api, refused

pytestmark = pytest.mark.django_db
BADGE = '<span class="badge badge--info">First</span>'


@pytest.fixture
def project(cast) -> Project:
    return make.project(cast.riverside, wanted=2)


@pytest.fixture
def tasks(project) -> list[Task]:
    return make.tasks(make.batch(project), 6)


def first(task: Task, by) -> Task:
    return task_actions.put_first(task, by=by)


def turn(tasker, project: Project) -> Task:
    """The task of their next judgement, done."""
    return make.judged(tasker, project, make.MARIA).task


def test_alice_and_bob_get_what_mina_put_first_wherever_their_walks_stand(cast, project, tasks) -> None:
    assert turn(cast.alice, project) == tasks[0]
    for one in (tasks[4], tasks[0]):
        first(one, cast.mina)
    assert [turn(cast.alice, project) for _ in range(2)] == [tasks[4], tasks[1]], "the other one is Alice's already"
    assert [turn(cast.bob, project) for _ in range(2)] == [tasks[4], tasks[0]]
    assert turn(cast.bob, project) == tasks[2], "breadth first, as ever"
    assert queue.audit().breaches == []


def test_a_claim_asks_as_much_as_ever_and_looks_at_what_is_first_only_where_there_is_something(
    cast, project, tasks, django_assert_num_queries
) -> None:
    done = make.judged(cast.alice, project, make.MARIA).assignment
    assert "never executed" in looked_at(cast.alice, project)
    first(tasks[5], cast.mina)
    with django_assert_num_queries(2):
        assert queue.claim(cast.alice, project, done=done).task == tasks[5]


def looked_at(tasker, project: Project) -> str:
    """Of the choice's plan as it ran: the look for the deepest of the slots that come in turn, by whatever way."""
    terms = {"tasker": tasker.pk, "projects": [project.pk], "aging": 600.0, "most": 6, "after": None}
    terms |= {"today": "2026-01-01", "midnight": "2026-01-01"}
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF) {sql.CHOOSE_BATCHES}", terms)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    found = [one for one in plan.splitlines() if "on projects_assignment a_" in one and "never" in one]
    assert found, plan
    return found[0]


def test_it_stays_first_when_it_comes_back_is_asked_of_more_and_was_held_back(cast, project, tasks) -> None:
    first(tasks[3], cast.mina)
    mine = make.held(cast.alice, project)
    queue.release(mine, cast.alice, mine.token)
    again = make.held(cast.alice, project)
    assert again.task == tasks[3]
    run_out(again)
    queue.expire_due()
    task_actions.withhold(tasks[3], by=cast.mina)
    assert make.held(cast.bob, project).task == tasks[0]
    task_actions.hand_out_again(tasks[3], by=cast.mina)
    task_actions.raise_overlap(tasks[3], 3, by=cast.mina)
    assert [turn(one, project) for one in (cast.alice, cast.carol)] == [tasks[3], tasks[3]]
    open_slots = Assignment.objects.filter(task=tasks[3], state="open").values_list("slot", flat=True)
    assert [one // 1000 for one in open_slots] == [1]
    assert queue.audit().breaches == []


def test_what_runs_out_and_comes_in_late_takes_the_place_of_its_replacement(cast, project, tasks) -> None:
    mine = make.held(cast.alice, project)
    run_out(mine)
    queue.expire_due()
    first(mine.task, cast.mina)
    submission.submit(mine, cast.alice, mine.token, make.MARIA)
    assert Assignment.objects.counting().filter(task=mine.task).count() == 2
    assert queue.audit().breaches == []


def test_no_slot_of_a_task_is_promised_once_in_turn_and_once_first(cast, project, tasks) -> None:
    first(tasks[0], cast.mina)
    with pytest.raises(IntegrityError, match="assignment_slot_once"), transaction.atomic():
        Assignment.objects.create(task=tasks[0], batch=tasks[0].batch, slot=0)
    assert queue.open_slots([one.pk for one in tasks]) == 0, "a load that is done again adds nothing"


def test_back_in_turn_it_comes_after_what_is_open(cast, project, tasks) -> None:
    first(tasks[1], cast.mina)
    task_actions.put_in_turn(tasks[1], by=cast.mina)
    assert [turn(cast.alice, project) for _ in range(6)] == [*(one for one in tasks if one != tasks[1]), tasks[1]]
    with pytest.raises(StateConflict):
        task_actions.put_in_turn(tasks[1], by=cast.mina)


def test_what_is_open_to_alice_counts_each_task_once_and_a_project_in_another_order_keeps_them_first(
    cast, project, tasks
) -> None:
    for one in tasks[:3]:
        first(one, cast.mina)
    turn(cast.alice, project)
    assert availability.of(cast.alice, [project])[project.pk].left.tasks == 5
    assert queue.reorder(project.pk) == 11
    assert {turn(cast.alice, project) for _ in range(2)} == set(tasks[1:3])


def test_whatever_happens_in_whichever_order_every_promise_holds(cast, project, tasks) -> None:
    dice = random.Random(18)
    people = [cast.alice, cast.bob, cast.carol]
    moves = [
        lambda: first(dice.choice(tasks), cast.mina),
        lambda: task_actions.put_in_turn(dice.choice(tasks), by=cast.mina),
        lambda: task_actions.withhold(dice.choice(tasks), by=cast.mina),
        lambda: task_actions.requeue(dice.choice(tasks), by=cast.mina),
        lambda: task_actions.raise_overlap(dice.choice(tasks), dice.randrange(2, 5), by=cast.mina),
        lambda: queue.claim(dice.choice(people), project),
        lambda: (held := Assignment.objects.held().first()) and queue.force_release(held, by=cast.mina),
        lambda: hand_in(queue.claim(dice.choice(people), project)),
    ]
    for _step in range(80):
        with contextlib.suppress(Problem):  # it can't be done at that moment
            dice.choice(moves)()
        assert queue.audit().breaches == []
    ways = Assignment.objects.filter(state="open").values("slot", "task__priority").annotate(number=Count("pk"))
    assert all(one["slot"] // 1000 == one["task__priority"] for one in ways)
    assert Event.objects.filter(kind="put_first").exists()


def hand_in(mine: Assignment | Nothing) -> None:
    if isinstance(mine, Assignment):
        submission.submit(mine, mine.tasker, mine.token, make.MARIA)


def test_mina_counts_puts_first_finds_and_takes_it_back_by_the_api(cast, project, tasks) -> None:
    mina = Api(cast.mina, cast.riverside)
    task_actions.cancel(tasks[0], by=cast.mina)
    for one in (cast.alice, cast.bob):
        said(one, tasks[1], make.MARIA)  # decided
    first(tasks[2], cast.mina)
    told = mina.post("bulk", project.public_id, body={"verb": "first", "filter": {}, "dry_run": True}).json()
    assert (told["would"], told["left"]) == (4 - 1, {"cancelled": 1, "decided": 1, "first": 1})
    mina.post("bulk", project.public_id, body={"verb": "first", "filter": {}})
    action = run(BulkAction.objects.get())
    assert (action.done, sorted(one["code"] for one in action.faults)) == (
        3,
        ["already-decided", "cancelled", "same-priority"],
    )
    found = mina.get("tasks", project.public_id, priority=1).json()["results"]
    assert [one["external_id"] for one in found] == [one.external_id for one in tasks[2:]]
    assert {one["priority"] for one in found} == {1}
    mina.post("bulk-undo", project.public_id, str(action.public_id), body={})
    run(BulkAction.objects.latest("pk"))
    assert list(Task.objects.filter(priority=1)) == [tasks[2]]
    for one in (cast.alice, cast.bob):
        said(one, tasks[2], make.MARIA)
    assert mina.get("tasks", project.public_id, priority=1).json()["results"] == [], "what is over is first no more"
    back = mina.post("task-act", tasks[2].public_id, body={"verb": "in-turn"})
    assert (back.status_code, back.json()["priority"]) == (200, 0)
    refused(mina.post("task-act", tasks[2].public_id, body={"verb": "in-turn"}), 409, "same-priority")


def run(action: BulkAction) -> BulkAction:
    while bulk_actions.go_on(action.pk) == bulk_actions.PIECE:
        pass
    action.refresh_from_db()
    return action


def test_mina_puts_one_first_on_its_page_and_sees_it_in_the_browser(cast, project, tasks) -> None:
    mina = signed_in(cast.mina)
    page = reverse("task", args=[tasks[4].public_id])
    assert "Put first" in mina.get(page).content.decode()
    shown = mina.post(reverse("task-priority", args=[tasks[4].public_id]), {"priority": "first"}, follow=True)
    assert "Put back in turn" in shown.content.decode()
    browser = reverse("tasks", args=[project.public_id])
    found = mina.get(browser, {"priority": "first", "column": ["priority"]}).content.decode()
    assert tasks[4].external_id in found and tasks[3].external_id not in found
    preview = {"verb": "in-turn", "task": [str(one.public_id) for one in tasks], "which": "marked"}
    told = mina.post(reverse("bulk-preview", args=[project.public_id]), preview).content.decode()
    assert "come in their turn already" in told and ">5<" in told
    mina.post(reverse("task-priority", args=[tasks[4].public_id]), {"priority": "in-turn"})
    assert not task_search.search(project, Filters(first=True)).keys


@pytest.mark.parametrize("over", ["decided", "cancelled"])
def test_what_is_over_is_shown_as_first_nowhere(cast, project, tasks, over: str) -> None:
    first(tasks[4], cast.mina)
    mina, address = signed_in(cast.mina), reverse("task", args=[tasks[4].public_id])
    assert BADGE in mina.get(address).content.decode()
    if over == "cancelled":
        task_actions.cancel(tasks[4], by=cast.mina)
    else:
        for one in (cast.alice, cast.bob):
            said(one, tasks[4], make.MARIA)
    page = mina.get(address).content.decode()
    assert 'value="in-turn"' not in page and BADGE not in page
    for shown in (["priority"], ["state"]):
        browser = mina.get(reverse("tasks", args=[project.public_id]), {"column": shown}).content.decode()
        assert tasks[4].external_id in browser and BADGE not in browser
    assert not task_search.search(project, Filters(first=True)).keys


def test_another_batch_that_is_more_urgent_comes_before_what_is_first_in_this_one(cast, project, tasks) -> None:
    urgent = make.tasks(make.batch(project, "Urgent"), 1)
    urgent[0].batch.__class__.objects.filter(pk=urgent[0].batch_id).update(priority=50)
    first(tasks[0], cast.mina)
    chosen = candidate_slots.choose_batches(cast.alice, [project]).slots
    assert [(one.batch, one.slot) for one in chosen][:3] == [
        (urgent[0].batch_id, 0),
        (urgent[0].batch_id, 1),
        (tasks[0].batch_id, 1000),
    ]
    assert turn(cast.alice, project) == urgent[0]
