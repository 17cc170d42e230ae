"""What becomes of skipped tasks, and of the work of those who are shown out."""

import pytest

from projects import queue
from projects.configuration import configure
from projects.errors import Refused
from projects.models import Annotation, Assignment, Verdict
from projects.queue import Nothing, candidate_slots, take
from projects.queue.claim_numbers import StaleChoice
from projects.workflow import submission, task_actions, void_work
from projects.workforce import rules
from taskers.money import ledger
from tests.support import make
from tests.support.projects.judging import given

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast):
    return make.project(cast.riverside, wanted=2)


@pytest.fixture
def batch(project):
    return make.batch(project)


def owed(cast) -> dict[str, int]:
    return {person.name: amount for person, amount in ledger.owed(cast.riverside)}


def skipped(tasker, project, reason: str) -> Assignment:
    mine = make.held(tasker, project)
    queue.skip(mine, tasker, mine.token, reason=reason)
    return mine


def test_what_is_put_off_comes_back_to_the_same_tasker_last(cast, project, batch) -> None:
    first, second = make.tasks(batch, 2, wanted=1)
    assert skipped(cast.alice, project, "later").task == first
    assert make.judged(cast.alice, project, make.MARIA).task == second
    assert make.held(cast.alice, project).task == first
    assert queue.audit().breaches == []


def test_a_project_may_send_a_reason_to_review(cast, project, batch) -> None:
    make.task(batch)
    rules.change(project, cast.mina, skip_modes={"unclear": "review"})
    mine = skipped(cast.alice, project, "unclear")
    assert list(queue.waiting_for_review([project])) == [mine.task]
    assert isinstance(queue.claim(cast.bob, project), Nothing)
    queue.restore(mine.task, by=cast.mina)
    make.held(cast.bob, project)
    assert queue.audit().breaches == []


def test_after_three_who_skip_a_task_it_waits_for_review_and_after_three_more_again(cast, project, batch) -> None:
    task = make.task(batch)
    for number in range(6):
        skipped(make.person(f"P{number}", cast.riverside, "tasker"), project, "too-hard" if number % 2 else "other")
        task.refresh_from_db()
        assert task.withheld == ("review" if number % 3 == 2 else "")
        assert queue.audit().breaches == []
        if number == 2:
            assert isinstance(queue.claim(cast.bob, project), Nothing)
            queue.restore(task, by=cast.mina)


def test_what_is_put_off_and_what_models_skip_sends_nothing_to_review(cast, project, batch) -> None:
    task = make.task(batch)
    cast.carol.kind = "model"
    cast.carol.save(update_fields=["kind"])
    for tasker, reason in ((cast.alice, "unclear"), (cast.bob, "unclear"), (cast.olga, "later"), (cast.carol, "other")):
        mine = given(tasker, task)
        queue.skip(mine, tasker, mine.token, reason=reason)
    task.refresh_from_db()
    assert task.withheld == "" and queue.audit().breaches == []


def test_what_was_answered_before_it_was_skipped_waits_for_the_reviewer(cast, project, batch) -> None:
    task = make.task(batch)
    make.judged(cast.alice, project, make.MARIA)
    for number in range(3):
        skipped(make.person(f"P{number}", cast.riverside, "tasker"), project, "not-for-me")
    review = queue.claim_review(task, cast.rita)
    submission.decide(review, cast.rita, review.token, make.MARIA)
    assert Verdict.objects.current().get(task=task).agreements == {str(task.annotations.get(tasker=cast.alice).pk): 1.0}
    assert queue.audit().breaches == []


def test_unknown_modes_and_reasons_are_refused(cast, project) -> None:
    for modes in ({"unclear": "moon"}, {"moon": "me"}, ["me"]):
        with pytest.raises(Refused):
            rules.change(project, cast.mina, skip_modes=modes)


def test_a_banned_taskers_work_is_replaced_and_kept(cast, project, batch) -> None:
    decided = make.task(batch)
    for tasker in (cast.alice, cast.bob):
        make.judged(tasker, project, make.MARIA)
    undecided, _ = make.tasks(batch, 2)
    done = make.judged(cast.alice, project, make.MARIA)
    holding = make.held(cast.alice, project)
    made = void_work.ban(cast.alice, project=project, reason="Answers at random.", by=cast.mina)
    assert void_work.void_work(made, by=cast.mina) is not None and void_work.void_work(made, by=cast.mina) is None
    holding.refresh_from_db()
    assert holding.state == "released"
    assert Verdict.objects.current().get().task == decided
    voided = Assignment.objects.get(annotations=done)
    assert voided.voided_at and voided.void_reason == "Banned: Answers at random."
    assert Annotation.objects.get(pk=done.pk).answer == done.answer
    assert queue.claim(cast.alice, project).text == "You are banned here: Answers at random."
    assert queue.audit().breaches == []
    assert undecided.wanted == Assignment.objects.counting().filter(task=undecided).count()


def test_what_a_verdict_that_stands_no_more_paid_goes_with_the_work_of_who_is_banned(cast, project, batch) -> None:
    task = make.task(batch)
    for tasker in (cast.alice, cast.bob):
        make.judged(tasker, project, make.MARIA)
    task_actions.requeue(task, by=cast.mina)
    made = void_work.ban(cast.alice, project=project, reason="Answers at random.", by=cast.mina)
    void_work.void_work(made, by=cast.mina)
    assert owed(cast) == {"Bob": 50_000}, "Carol is paid in her place"
    assert ledger.audit() == []


def test_a_claim_that_chose_before_a_ban_takes_nothing_after_it(cast, project, batch) -> None:
    make.task(batch)
    chosen = candidate_slots.choose_batches(cast.alice, [project])
    void_work.ban(cast.alice, project=project, reason="Spam.", by=cast.mina)
    with pytest.raises(StaleChoice):
        take.take_next(chosen)
    assert queue.claim(cast.alice, project).code == "banned"
    assert not Assignment.objects.held().exists()


def test_rework_asks_somebody_else(cast, project, batch) -> None:
    make.task(batch)
    done = make.judged(cast.alice, project, make.MARIA)
    void_work.rework(done.assignment, "The span is too long.", by=cast.mina)
    assert queue.claim(cast.alice, project).code == "all-done"
    make.judged(cast.bob, project, make.MARIA)
    make.judged(cast.carol, project, make.MARIA)
    assert done.pk not in Verdict.objects.current().get().rests_on
    assert queue.audit().breaches == []


def test_rework_opens_a_decided_task_again(cast, project, batch) -> None:
    make.task(batch)
    done = make.judged(cast.alice, project, make.MARIA)
    make.judged(cast.bob, project, make.MARIA)
    assert owed(cast) == {"Alice": 50_000, "Bob": 50_000}
    void_work.rework(done.assignment, "Look again.", by=cast.mina)
    assert not Verdict.objects.current().exists()
    assert owed(cast) == {"Bob": 50_000}, "whoever does it again is paid for it"
    make.judged(cast.carol, project, make.MARIA)
    assert Verdict.objects.current().exists()
    assert owed(cast) == {"Bob": 50_000, "Carol": 50_000}
    assert queue.audit().breaches == [] and ledger.audit() == []


def test_rework_of_a_decided_task_asks_one_person_and_no_more(cast, project, batch) -> None:
    task = make.task(batch)
    done = make.judged(cast.alice, project, make.MARIA)
    make.judged(cast.bob, project, make.MARIA)
    void_work.rework(done.assignment, "Look again.", by=cast.mina)
    task.refresh_from_db()
    assert task.wanted == 2
    assert Assignment.objects.filter(task=task, kind="judge", state="open").count() == 1


def test_a_manager_sees_what_is_in_whose_hands(cast, project, batch) -> None:
    make.tasks(batch, 2)
    mine = make.held(cast.alice, project)
    make.held(cast.bob, project)
    assert [one.tasker for one in queue.held(project)] == [cast.alice, cast.bob]
    queue.force_release(mine, by=cast.mina)
    assert [one.tasker for one in queue.held(project)] == [cast.bob]


def test_a_paused_project_lets_held_work_come_in(cast, project, batch) -> None:
    make.task(batch)
    mine = make.held(cast.alice, project)
    configure.move(project, "paused", by=cast.mina)
    assert make.submission.submit(mine, cast.alice, mine.token, make.MARIA)
