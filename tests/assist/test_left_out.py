"""Planted errors tell nobody gold: as many go on decided tasks, done once more and left out of consensus."""

import pytest

from assist.suggestions.bindings import bind
from projects import queue
from projects.configuration import configure
from projects.models import Assignment, Correctable, Verdict
from projects.quality.gold import authoring
from projects.queue import RequestedTask
from projects.queue.clock import Clock
from projects.reports import earnings
from projects.web.annotator import work_json
from projects.workflow import corrections, submission
from projects.workforce import rules
from taskers.models import Grade
from taskers.money import ledger
from tests.support import make
from tests.support.projects.gold import DICE
from tests.support.projects.judging import all_settled, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast):
    made = make.project(cast.riverside, wanted=1)
    rules.change(made, cast.mina, gold_share=0.5)
    return configure.change(made, cast.mina, planted_share=0.5).project


@pytest.fixture
def batch(project):
    return make.batch(project)


def decided(batch, tasker, number: int) -> None:
    for task in make.tasks(batch, number):
        said(tasker, task, make.MARIA)


def worked(tasker, project, number: int) -> list[Assignment]:
    """So many pieces of work, each foreseen and wished for as the studio does; every wish comes true."""
    done: list[Assignment] = []
    wish = None
    for _ in range(number):
        mine = queue.claim(tasker, project, requested=wish)
        assert isinstance(mine, Assignment), mine
        assert wish is None or mine.task.public_id == wish.task
        ahead = queue.look_ahead(mine, tasker, [project])
        wish = RequestedTask(ahead.task.public_id, ahead.signature) if ahead else None
        done.append(mine)
        submission.submit(mine, tasker, mine.token, make.MARIA)
    return done


def test_half_of_the_planted_errors_are_on_work_left_out_of_consensus(cast, project, batch) -> None:
    decided(batch, cast.bob, 60)
    for task in make.tasks(batch, 60):
        authoring.keep(task, make.MARIA, by=cast.mina, dice=DICE)
    make.tasks(batch, 120)
    planted = {"gold": 0, "extra": 0, "judge": 0}
    wish = None
    for _ in range(120):
        mine = queue.claim(cast.alice, project, requested=wish)
        planted[mine.kind] += bind(cast.alice.pk, mine.public_id, mine.token).planted
        submission.submit(mine, cast.alice, mine.token, make.MARIA)
    assert planted["judge"] == 0 and planted["extra"] >= 5
    assert 0.25 <= planted["gold"] / (planted["gold"] + planted["extra"]) <= 0.75, planted
    assert queue.audit().breaches == []


def test_it_looks_like_any_work_changes_no_verdict_and_is_paid_and_graded(cast, project, batch) -> None:
    decided(batch, cast.bob, 30)
    make.tasks(batch, 40)
    verdicts = list(Verdict.objects.order_by("pk").values("pk", "task", "answer", "superseded_at", "rests_on"))
    done = worked(cast.alice, project, 40)
    extra = [one for one in done if one.kind == "extra"]
    assert extra and len({one.task_id for one in done}) == 40, "none comes twice"
    shapes = {frozenset(work_json.assignment_json(one, cast.alice)) for one in done}
    assert len(shapes) == 1
    assert list(Verdict.objects.order_by("pk").values(*verdicts[0])[: len(verdicts)]) == verdicts
    assert queue.audit().breaches == [] and ledger.audit() == []
    all_settled(project)
    assert earnings.totals(cast.alice, cast.riverside).owed == 40 * 50_000
    assert Grade.objects.filter(tasker=cast.alice, source="verdict").count() >= len(extra)
    listed, _before = earnings.entries(cast.alice, cast.riverside)
    assert {one.state for one in listed} <= {"accepted", "judged", "waiting"} and len(listed) == 30


def test_where_nothing_is_decided_yet_nothing_is_planted_on_gold_either(cast, project, batch) -> None:
    for task in make.tasks(batch, 10):
        authoring.keep(task, make.MARIA, by=cast.mina, dice=DICE)
    make.tasks(batch, 10)
    for mine in iter(lambda: queue.claim(cast.alice, project), None):
        if not isinstance(mine, Assignment) or Assignment.objects.filter(tasker=cast.alice).count() > 8:
            break
        if mine.kind == "gold":
            Verdict.objects.update(superseded_at="2026-01-01T00:00Z")
            assert not bind(cast.alice.pk, mine.public_id, mine.token).planted
        submission.submit(mine, cast.alice, mine.token, make.MARIA)
    assert Assignment.objects.filter(tasker=cast.alice, kind="gold").exists()


def test_a_reviewer_judges_no_task_that_they_were_dealt_again(cast, project, batch) -> None:
    decided(batch, cast.bob, 30)
    make.tasks(batch, 30)
    extra = next(one for one in worked(cast.alice, project, 30) if one.kind == "extra")
    with pytest.raises(Exception, match="Nobody reviews"):
        queue.refuse_own_work(extra.task, cast.alice)


def test_it_may_be_corrected_for_as_long_as_any_work(cast, project, batch) -> None:
    decided(batch, cast.bob, 30)
    project = configure.change(project, cast.mina, correction_minutes=30).project
    for task in make.tasks(batch, 20):
        authoring.keep(task, make.MARIA, by=cast.mina, dice=DICE)
    make.tasks(batch, 30)
    assert {"gold", "extra", "judge"} == {one.kind for one in worked(cast.alice, project, 25)}
    listed, _before = earnings.entries(cast.alice, cast.riverside)
    assert {(one.state, one.until is not None) for one in listed} == {("waiting", True)}
    Correctable.objects.update(until=Clock())
    corrections.catch_up()
    all_settled(project)
    assert {one.state for one in earnings.entries(cast.alice, cast.riverside)[0]} <= {"accepted", "judged"}
    assert queue.audit().breaches == [] and ledger.audit() == []
