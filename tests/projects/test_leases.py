"""Leases: kept, given back, skipped, run out; and work that comes in late."""

import re
from uuid import uuid4

import pytest
from django.db import connection

from benchmarks.queue import plans
from projects import queue
from projects.errors import AlreadySubmitted, Banned, LeaseLost, Refused, StaleDraft, WrongToken
from projects.models import Annotation, Assignment, Draft
from projects.queue import drafts, leases
from projects.workflow import submission, void_work
from projects.workforce import rules
from taskers.errors import Problem, StateConflict
from taskers.people import invitations
from tests.support import make
from tests.support.projects.leases import run_out

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast):
    return make.project(cast.riverside, wanted=1)


@pytest.fixture
def batch(project):
    return make.batch(project)


@pytest.fixture
def mine(cast, project, batch):
    """Alice's work in hand, the only judgement of the only task."""
    make.task(batch)
    return make.held(cast.alice, project)


def test_a_heartbeat_keeps_it(cast, mine) -> None:
    assert queue.renew(mine, cast.alice, mine.token) > mine.deadline


def test_a_heartbeat_is_one_statement_that_finds_its_tasker_and_waits_for_no_disk(
    cast, mine, django_assert_num_queries
) -> None:
    with django_assert_num_queries(1):
        queue.renew(mine, cast.alice, mine.token)
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("off",), "until the transaction ends, which is the test's"
        cursor.execute("SET LOCAL enable_seqscan TO off; SET LOCAL enable_bitmapscan TO off")
    terms = {"project": 1, "version": 1, "assignment": 1, "tasker": 1, "token": str(mine.token)}
    plan = plans.generic(leases.RENEW, terms)
    # By which index the row's own key is looked up is the planner's to choose: with few rows all cost the same.
    found = re.findall(r"using (\w+) on projects_assignment\b", plan)
    assert "assignment_held_tasker" in found and len(found) == 2 and "Seq Scan on projects_assignment" not in plan, plan


def test_a_stranger_cannot_keep_give_back_or_hand_in(cast, mine) -> None:
    for tasker, token, refusal in ((cast.bob, mine.token, LeaseLost), (cast.alice, uuid4(), WrongToken)):
        with pytest.raises(refusal):
            queue.renew(mine, tasker, token)
        with pytest.raises(refusal):
            queue.release(mine, tasker, token)
        with pytest.raises(refusal):
            submission.submit(mine, tasker, token, make.MARIA)
    assert not Annotation.objects.exists()


def test_a_released_promise_is_replaced(cast, mine) -> None:
    queue.release(mine, cast.alice, mine.token)
    assert [one.state for one in Assignment.objects.order_by("pk")] == ["released", "open"]
    assert queue.audit().breaches == []


def test_a_skipped_task_goes_to_others_only(cast, project, mine) -> None:
    queue.skip(mine, cast.alice, mine.token, reason="too-hard")
    assert queue.claim(cast.alice, project).code == "all-done"
    assert make.held(cast.bob, project).task == mine.task


def test_a_skip_needs_a_reason_of_the_list(cast, mine) -> None:
    with pytest.raises(Problem, match="Choose one of"):
        queue.skip(mine, cast.alice, mine.token, reason="because")
    mine.refresh_from_db()
    assert mine.state == "held"


def test_a_broken_task_is_withheld_for_the_manager_once_two_say_so(cast, project, mine) -> None:
    queue.report(mine, cast.alice, mine.token, note="The text is empty.")
    bobs = make.held(cast.bob, project)
    queue.report(bobs, cast.bob, bobs.token, note="Nothing to read.")
    mine.task.refresh_from_db()
    assert mine.task == bobs.task and mine.task.withheld == "broken"
    assert queue.claim(cast.carol, project).code == "all-done"
    queue.restore(mine.task, by=cast.mina)
    assert make.held(cast.carol, project).task == mine.task
    assert queue.audit().breaches == []


def test_late_work_counts_if_nobody_else_began(cast, mine) -> None:
    run_out(mine)
    assert queue.expire_due() == 1
    submission.submit(mine, cast.alice, mine.token, make.MARIA)
    assert [one.state for one in Assignment.objects.order_by("pk")] == ["submitted", "withdrawn"]
    assert queue.audit().breaches == []


def test_late_work_is_refused_when_somebody_began_and_its_draft_kept(cast, project, mine) -> None:
    drafts.save(mine, cast.alice, mine.token, version=0, answer=make.MARIA)
    run_out(mine)
    make.held(cast.bob, project)
    with pytest.raises(LeaseLost):
        submission.submit(mine, cast.alice, mine.token, make.MARIA)
    assert Draft.objects.get(assignment=mine).answer == make.MARIA
    assert not Annotation.objects.exists()
    assert queue.audit().breaches == []


def test_late_work_of_whoever_opened_the_review_since_is_refused(cast, mine) -> None:
    """Else they would review their own work, and have seen what others say before they say it."""
    invitations.grant(cast.riverside, cast.alice, "reviewer", by=cast.olga)
    drafts.save(mine, cast.alice, mine.token, version=0, answer=make.MARIA)
    run_out(mine)
    queue.expire_due()
    review = queue.claim_review(mine.task, cast.alice)
    with pytest.raises(LeaseLost):
        submission.submit(mine, cast.alice, mine.token, make.OSLO)
    assert submission.decide(review, cast.alice, review.token, make.OSLO), "who merely lost a lease reviews as ever"
    assert not Annotation.objects.filter(assignment=mine).exists() and Draft.objects.exists()
    assert queue.audit().breaches == []


@pytest.mark.parametrize("everywhere", [False, True])
def test_late_work_of_somebody_banned_meanwhile_is_refused_and_its_draft_kept(cast, project, mine, everywhere) -> None:
    drafts.save(mine, cast.alice, mine.token, version=0, answer=make.MARIA)
    run_out(mine)
    queue.expire_due()
    where = {"organization": cast.riverside} if everywhere else {"project": project}
    void_work.ban(cast.alice, reason="Spam.", by=cast.mina, **where)
    with pytest.raises(Banned):
        submission.submit(mine, cast.alice, mine.token, make.MARIA)
    assert Draft.objects.get(assignment=mine).answer == make.MARIA
    assert not Annotation.objects.exists()
    assert queue.audit().breaches == []
    assert make.held(cast.bob, project).task == mine.task


def test_late_work_of_somebody_who_is_only_paused_is_taken(cast, project, mine) -> None:
    run_out(mine)
    queue.expire_due()
    rules.exclude(cast.alice, reason="A break.", by=cast.mina, project=project)
    assert submission.submit(mine, cast.alice, mine.token, make.MARIA)


def test_expiring_twice_changes_nothing(cast, mine) -> None:
    run_out(mine)
    assert (queue.expire_due(), queue.expire_due()) == (1, 0)


def test_a_manager_takes_work_out_of_hands_once(cast, mine) -> None:
    queue.force_release(mine, by=cast.mina)
    with pytest.raises(StateConflict):
        queue.force_release(mine, by=cast.mina)
    with pytest.raises(LeaseLost):
        submission.submit(mine, cast.alice, mine.token, make.MARIA)


def test_the_same_answer_twice_is_one_annotation(cast, mine) -> None:
    first = submission.submit(mine, cast.alice, mine.token, make.MARIA)
    second = submission.submit(mine, cast.alice, mine.token, make.MARIA)
    assert first == second
    assert Annotation.objects.count() == 1


def test_another_answer_afterwards_is_refused(cast, mine) -> None:
    submission.submit(mine, cast.alice, mine.token, make.MARIA)
    with pytest.raises(AlreadySubmitted):
        submission.submit(mine, cast.alice, mine.token, make.OSLO)
    assert Annotation.objects.get().answer["spans"][0]["label"] == "person"


def test_a_refused_answer_writes_nothing_and_leaves_the_work_in_hand(cast, mine) -> None:
    with pytest.raises(Refused) as refusal:
        submission.submit(mine, cast.alice, mine.token, make.spans((0, 9999)))
    assert (refusal.value.code, refusal.value.place) == ("span-outside-text", "spans[0].end")
    mine.refresh_from_db()
    assert mine.state == "held"


def test_a_draft_builds_on_the_one_before(cast, mine) -> None:
    assert drafts.save(mine, cast.alice, mine.token, version=0, answer=make.MARIA) == 1
    assert drafts.save(mine, cast.alice, mine.token, version=1, answer=make.OSLO) == 2
    with pytest.raises(StaleDraft):
        drafts.save(mine, cast.alice, mine.token, version=1, answer=make.MARIA)
    assert Draft.objects.get().answer == make.OSLO


def test_a_draft_is_gone_once_the_work_is_in(cast, mine) -> None:
    drafts.save(mine, cast.alice, mine.token, version=0, answer=make.MARIA)
    submission.submit(mine, cast.alice, mine.token, make.MARIA)
    assert not Draft.objects.exists()
