"""Many at once, from connections of their own: never one slot twice, never one tasker twice on a task."""

import contextlib
import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from projects import queue
from projects.errors import AlreadySubmitted, LeaseLost
from projects.models import Annotation, Assignment, ClaimNumber, Verdict
from projects.queue import Nothing, RequestedTask, claim_numbers, sql
from projects.workflow import submission
from projects.workforce import rules
from taskers.errors import StateConflict
from taskers.models import Transfer
from taskers.models.people import Role
from taskers.money import ledger
from taskers.skills import skills
from tests.support import make
from tests.support.connections import all_at_once
from tests.support.projects.leases import run_out
from tests.support.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 8
GATE = 18


@pytest.fixture
def taskers(cast):
    return [make.person(f"Tasker{number}", cast.riverside, Role.TASKER) for number in range(PEOPLE)]


def test_a_crowd_claims_exactly_what_is_wanted(cast, taskers) -> None:
    project = make.project(cast.riverside, wanted=2)
    make.tasks(make.batch(project), 3)
    found = all_at_once([lambda who=who: queue.claim(who, project) for who in taskers])
    given = [one for one in found if isinstance(one, Assignment)]
    assert len(given) == 6  # 3 tasks × 2, although 8 asked
    assert max(Counter((one.task_id, one.slot) for one in given).values()) == 1
    assert {one.code for one in found if isinstance(one, Nothing)} == {"waiting"}
    assert queue.audit().breaches == []


def test_six_tabs_of_one_tasker_show_one_task(cast) -> None:
    project = make.project(cast.riverside)
    make.tasks(make.batch(project), 6)
    found = all_at_once([lambda: queue.claim(cast.alice, project)] * 6)
    assert len({one.pk for one in found}) == 1
    assert Assignment.objects.filter(state="held").count() == 1


def test_a_crowd_that_foresees_the_same_task_has_it_once(cast, taskers) -> None:
    project = make.project(cast.riverside, wanted=1)
    batch = make.batch(project)
    make.tasks(batch, 2 * PEOPLE)
    theirs = [queue.claim(one, project) for one in taskers]
    wished = batch.tasks.order_by("pk").last()
    # All are given a seal for one and the same task, as if each had foreseen it.
    seals = [claim_numbers.sign(one, ClaimNumber.objects.get(tasker=one).number, wished.public_id) for one in taskers]
    for one, mine in zip(taskers, theirs, strict=True):
        submission.submit(mine, one, mine.token, make.MARIA)
    asking = zip(taskers, seals, strict=True)
    wishes = [
        lambda one=one, seal=seal: queue.claim(one, project, requested=RequestedTask(wished.public_id, seal))
        for one, seal in asking
    ]
    found = all_at_once(wishes)
    assert all(isinstance(one, Assignment) for one in found), found
    assert [one.task for one in found].count(wished) == 1
    assert len({one.task_id for one in found}) == PEOPLE
    assert queue.audit().breaches == []


def test_a_team_that_claims_at_once_has_each_task_of_its_list_once(cast, taskers) -> None:
    project = make.project(cast.riverside, wanted=1)
    rules.change(project, cast.mina, mode="lists")
    team = skills.define(cast.riverside, "Team")
    for one in taskers:
        skills.grant(one, team, by=cast.mina)
    tasks = make.tasks(make.batch(project), PEOPLE - 2)
    for one in tasks:
        queue.work_lists.put_on(one, [], [team], by=None)
    asking = [lambda who=who: queue.claim(who, project) for who in taskers]
    naming = [lambda who=who: _named(who, tasks[0]) for who in taskers]
    found = all_at_once(asking + naming)
    held = [one for one in found if isinstance(one, Assignment)]
    taken = list(Assignment.objects.filter(state="held").values_list("task", "tasker"))
    assert len(taken) == len({task for task, _who in taken}) == len({who for _task, who in taken}) == PEOPLE - 2
    assert {(one.task_id, one.tasker_id) for one in held} <= set(taken)
    assert queue.audit().breaches == []


def test_what_is_put_back_in_turn_between_a_claims_choice_and_its_lock_is_not_followed(cast, monkeypatch) -> None:
    project = make.project(cast.riverside, wanted=1)
    tasks = make.tasks(make.batch(project), 3)
    queue.prioritize(tasks[2], 1, by=cast.mina)
    # Between the two the claim waits, for as long as this test holds the lock that it wants.
    gate = f"WHERE pg_advisory_xact_lock_shared({GATE})::text = '' AND NOT"
    held_up = sql.TAKE.replace("WHERE NOT", gate, 1)
    assert held_up != sql.TAKE
    with ThreadPoolExecutor(1) as pool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [GATE])
            with monkeypatch.context() as patched:
                patched.setattr(sql, "TAKE", held_up)
                claim = pool.submit(_on_its_own, lambda: queue.claim(cast.alice, project))
                until(lambda: _waits_at(GATE))
            queue.prioritize(tasks[2], 0, by=cast.mina)
            cursor.execute("SELECT pg_advisory_unlock(%s)", [GATE])
        mine = claim.result(60)
    walked = [mine.task]
    while isinstance(mine, Assignment):
        submission.submit(mine, cast.alice, mine.token, make.MARIA)
        mine = queue.claim(cast.alice, project, done=mine)
        walked += [mine.task] if isinstance(mine, Assignment) else []
    assert walked == tasks, "in turn, and none is passed by"
    assert queue.audit().breaches == []


def _on_its_own(call: Callable) -> object:
    try:
        return call()
    finally:
        connection.close()


def _waits_at(gate: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted", [gate])
        return cursor.rowcount > 0


def test_tasks_are_put_first_and_back_while_a_crowd_takes_them(cast, taskers) -> None:
    project = make.project(cast.riverside, wanted=2)
    tasks = make.tasks(make.batch(project), PEOPLE)

    def work(who) -> int:
        done = 0
        while isinstance(mine := queue.claim(who, project), Assignment):
            submission.submit(mine, who, mine.token, make.MARIA)
            done += 1
        return done

    def arrange(dice: random.Random) -> int:
        for _time in range(4 * PEOPLE):
            one = dice.choice(tasks)
            with contextlib.suppress(StateConflict):  # it is so already
                queue.prioritize(one, dice.randrange(2), by=cast.mina)
        return 0

    calls = [lambda who=who: work(who) for who in taskers[:4]]
    all_at_once([*calls, *(lambda seed=seed: arrange(random.Random(seed)) for seed in (1, 2))])
    for who in taskers[:4]:  # what one left to another who had just stopped
        work(who)
    done = Assignment.objects.filter(kind="judge", state="submitted")
    assert done.count() == 2 * PEOPLE == len(set(done.values_list("task", "tasker")))
    assert queue.audit().breaches == []


def _named(who, task):
    try:
        return queue.claim_named(who, task)
    except StateConflict as conflict:
        return conflict.code


def test_submitting_and_releasing_at_once_has_one_winner(cast) -> None:
    project = make.project(cast.riverside, wanted=1)
    make.task(make.batch(project))
    mine = make.held(cast.alice, project)

    def attempt(act: Callable) -> str:
        try:
            act()
        except (LeaseLost, AlreadySubmitted) as problem:
            return problem.code
        return "won"

    submitted, released = all_at_once(
        [lambda: attempt(lambda: submission.submit(mine, cast.alice, mine.token, make.MARIA))]
        + [lambda: attempt(lambda: queue.release(mine, cast.alice, mine.token))]
    )
    assert (submitted, released) in [("won", AlreadySubmitted.code), (LeaseLost.code, "won")]
    assert queue.audit().breaches == []


def test_the_same_submit_from_many_connections_is_one_annotation_and_one_cent(cast) -> None:
    project = make.project(cast.riverside, wanted=1)
    make.task(make.batch(project))
    mine = make.held(cast.alice, project)
    found = all_at_once([lambda: submission.submit(mine, cast.alice, mine.token, make.MARIA)] * 6)
    assert len({one.pk for one in found}) == 1
    assert (Annotation.objects.count(), Verdict.objects.count(), Transfer.objects.count()) == (1, 1, 1)


def test_the_last_two_judgements_at_once_still_decide(cast) -> None:
    """Each must see the other: whoever comes second decides."""
    project = make.project(cast.riverside, wanted=2)
    make.task(make.batch(project))
    alices, bobs = make.held(cast.alice, project), make.held(cast.bob, project)
    all_at_once(
        [
            lambda: submission.submit(alices, cast.alice, alices.token, make.MARIA),
            lambda: submission.submit(bobs, cast.bob, bobs.token, make.MARIA),
        ]
    )
    assert Verdict.objects.current().count() == 1
    assert Transfer.objects.count() == 2


def test_a_late_submit_races_with_a_claim(cast) -> None:
    """Either the late work counts or the new tasker has it; never both, never neither."""
    project = make.project(cast.riverside, wanted=1)
    make.task(make.batch(project))
    mine = make.held(cast.alice, project)
    run_out(mine)
    queue.expire_due()

    def late() -> str:
        try:
            submission.submit(mine, cast.alice, mine.token, make.MARIA)
        except LeaseLost:
            return "lost"
        return "counted"

    outcome, found = all_at_once([late, lambda: queue.claim(cast.bob, project)])
    assert (outcome == "counted") == isinstance(found, Nothing)
    assert queue.audit().breaches == []


def test_a_task_that_is_claimed_at_this_moment_is_not_set_aside(cast) -> None:
    """Its claim isn't over yet when it is set aside: that one waits for its end, and then finds it in work."""
    project = make.project(cast.riverside, wanted=1)
    task = make.task(make.batch(project))

    def set_aside() -> str:
        try:
            queue.set_aside(task, by=cast.mina)
        except StateConflict as problem:
            return problem.code
        finally:
            connection.close()
        return "set aside"

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            make.held(cast.alice, project)
            outcome = pool.submit(set_aside)
            wait_until_somebody_waits()
        assert outcome.result(60) == "in-work"
    task.refresh_from_db()
    assert task.wanted == 1
    assert queue.audit().breaches == []


def wait_until_somebody_waits() -> None:
    """Until another connection waits for a lock that this one holds."""

    def waiting() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            return cursor.fetchone()[0]

    until(waiting, 30)


def test_a_crowd_works_everything_off(cast, taskers) -> None:
    """Claims, submits, skips and releases at random; afterwards every task has what it wanted."""
    project = make.project(cast.riverside, wanted=3)
    make.tasks(make.batch(project), 12)

    def work(who, seed: int) -> int:
        dice, done = random.Random(seed), 0
        while isinstance(mine := queue.claim(who, project), Assignment):
            if dice.random() < 0.2:
                queue.release(mine, who, mine.token)
                continue
            submission.submit(mine, who, mine.token, make.MARIA)
            done += 1
        return done

    done = all_at_once([lambda who=who, seed=seed: work(who, seed) for seed, who in enumerate(taskers)])
    # Somebody may find only others' leases and leave; nobody is left to do the rest only if all is done or all left.
    for who in taskers:
        done.append(work(who, 99))
    assert sum(done) == 36
    assert Verdict.objects.current().count() == 12
    assert Transfer.objects.count() == 36
    assert queue.audit().breaches == [] and ledger.audit() == []
