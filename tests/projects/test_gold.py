"""Gold: dealt unseen and not too often, scored, paid, worn out."""

import random
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from projects import queue
from projects.models import Assignment, PooledGold
from projects.quality.gold import grading
from projects.queue import gold_dealing
from projects.workflow import submission
from projects.workforce import rules
from taskers.errors import StateConflict
from taskers.models import Event, Grade, LabelStanding, Standing, Transfer
from taskers.money import ledger
from taskers.standing import grades
from tests.support import make
from tests.support.projects.gold import DICE, Always, done, stocked
from tests.support.projects.judging import all_settled

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast):
    return make.project(cast.riverside, wanted=1)


@pytest.fixture
def batch(project):
    made = make.batch(project)
    make.tasks(made, 4)
    return made


def test_gold_looks_like_any_other_task_and_takes_nobodys_place(cast, project, batch) -> None:
    (kept,) = stocked(batch)
    rules.change(project, cast.mina, gold_share=0.1)
    mine = queue.claim(cast.alice, project, rng=Always())
    assert (mine.kind, mine.task, mine.state, mine.rate) == ("gold", kept.gold.task, "held", 50_000)
    assert queue.claim(cast.alice, project, rng=Always()).pk == mine.pk
    assert queue.audit().breaches == []


def test_gold_is_never_seen_twice(cast, project, batch) -> None:
    stocked(batch, 2)
    rules.change(project, cast.mina, gold_share=0.1)
    first = queue.claim(cast.alice, project, rng=Always())
    queue.release(first, cast.alice, first.token)
    second = done(cast.alice, project, make.MARIA, Always())
    assert {first.kind, second.kind} == {"gold"} and first.task != second.task
    assert queue.claim(cast.alice, project, rng=Always()).kind == "judge"


def test_gold_grades_and_pays_once_and_only_what_is_right_enough(cast) -> None:
    project = make.project(cast.riverside)
    batch = make.batch(project)
    make.tasks(batch, 4)
    stocked(batch)
    rules.change(project, cast.mina, gold_share=0.1)
    mine = done(cast.alice, project, make.MARIA, Always())
    submission.submit(mine, cast.alice, mine.token, make.MARIA)
    done(cast.bob, project, make.OSLO, Always())
    assert not Grade.objects.exists() and not Transfer.objects.exists(), "not before its moment"
    all_settled(project)
    all_settled(project)
    grade = Grade.objects.get(tasker=cast.alice)
    assert (grade.source, grade.value) == ("gold", 1.0)
    assert Grade.objects.get(tasker=cast.bob).value == 0.0
    assert [one.target.tasker for one in Transfer.objects.all()] == [cast.alice]  # wrong: graded, not paid
    assert ledger.audit() == []
    assert grades.standing(cast.bob, project.public_id).mean < grades.standing(cast.alice, project.public_id).mean


def test_gold_tells_of_each_label_and_a_rebuild_says_the_same(cast, project, batch) -> None:
    (task,) = make.tasks(batch)
    queue.set_aside(task, by=None)
    grading.stock(task, make.MARIA_AND_OSLO, by=None, dice=DICE)
    rules.change(project, cast.mina, gold_share=0.1)
    done(cast.alice, project, make.MARIA, Always())
    all_settled(project)
    kept = LabelStanding.objects.order_by("label").values_list("label", "good", "poor")
    assert list(kept) == [("person", 1.0, 0.0), ("place", 0.0, 1.0)]
    stands = Standing.objects.values_list("good", "poor", "shown_good", "shown_poor").get(tasker=cast.alice)
    grades.rebuild(project.public_id)
    assert list(kept.all()) == [("person", 1.0, 0.0), ("place", 0.0, 1.0)]
    again = Standing.objects.values_list("good", "poor", "shown_good", "shown_poor").get(tasker=cast.alice)
    assert again == stands


def test_the_stock_rotates_and_wears_out(cast, project, batch) -> None:
    stocked(batch, 2)
    rules.change(project, cast.mina, gold_share=0.1, gold_uses=2)
    seen = []
    for name in ("Ada", "Ben", "Cleo", "Dan"):
        seen.append(done(make.person(name, cast.riverside, "tasker"), project, make.MARIA, Always()).task_id)
    assert sorted(seen.count(one) for one in set(seen)) == [2, 2] and seen[0] != seen[1]
    assert set(PooledGold.objects.values_list("retired_why", flat=True)) == {"worn out"}
    assert queue.claim(cast.carol, project, rng=Always()).kind == "judge"


def test_leaked_gold_is_dealt_no_more(cast, project, batch) -> None:
    (kept,) = stocked(batch)
    rules.change(project, cast.mina, gold_share=0.1)
    grading.retire(kept, "leaked", by=cast.mina)
    assert queue.claim(cast.alice, project, rng=Always()).kind == "judge"
    with pytest.raises(StateConflict):
        grading.retire(kept, "leaked", by=cast.mina)


def test_the_share_varies_around_what_was_asked() -> None:
    dice = random.Random(3)
    known = sum(gold_dealing.gold_is_due(0.1, 100.0, dice) for _ in range(20_000)) / 20_000
    unknown = sum(gold_dealing.gold_is_due(0.1, 0.0, dice) for _ in range(20_000)) / 20_000
    assert 0.09 < known < 0.11 and 0.27 < unknown < 0.33
    assert not any(gold_dealing.gold_is_due(0.0, 0.0, dice) for _ in range(100))


def test_a_task_that_people_judge_cannot_be_set_aside(cast, project, batch) -> None:
    mine = make.held(cast.alice, project)
    with pytest.raises(StateConflict, match="judging"):
        queue.set_aside(mine.task, by=cast.mina)


@pytest.fixture
def grid(cast, project, batch):
    """A group of Alice's for a grid of 8, and a stock that has more than enough."""
    make.tasks(batch, 20)
    stocked(batch, 9)
    rules.change(project, cast.mina, gold_share=0.1)
    return queue.claim_group(cast.alice, project, 8, rng=Always())


def hand_in(group, tasker) -> None:
    for one in group:
        submission.submit(one, tasker, one.token, make.MARIA)


def test_a_grid_holds_gold_that_nothing_tells_from_the_rest(cast, project, grid) -> None:
    assert sorted(one.kind for one in grid) == ["gold"] * 4 + ["judge"] * 4
    for told in ("token", "state", "rate", "copilot", "settings_version"):
        assert len({getattr(one, told) for one in grid}) == 1, told
    again = queue.claim_group(cast.alice, project, 8, rng=Always())
    assert again == grid == sorted(grid, key=lambda one: one.public_id)
    hand_in(grid, cast.alice)
    all_settled(project)
    assert Grade.objects.filter(tasker=cast.alice, source="gold").count() == 4
    assert queue.audit().breaches == [] and ledger.audit() == []


def test_no_group_shows_gold_twice(cast, project, grid) -> None:
    seen = [one.task_id for one in grid]
    for _ in range(2):
        hand_in(grid, cast.alice)
        grid = queue.claim_group(cast.alice, project, 8, rng=Always())
        seen += [one.task_id for one in grid]
    assert len(set(seen)) == len(seen) == 24 - 3
    assert Assignment.objects.filter(kind="gold").count() == 9, "the stock has no more for her"


def test_grids_get_gold_as_often_as_single_claims(cast, project, batch, monkeypatch) -> None:
    asked = []

    def never(share, evidence, dice) -> bool:
        asked.append(share)
        return False

    monkeypatch.setattr(gold_dealing, "gold_is_due", never)
    rules.change(project, cast.mina, gold_share=0.07)
    assert len(queue.claim_group(cast.alice, project, 3)) == 3
    assert asked == [0.07] * 3


def test_the_last_group_gets_no_more_gold_than_it_has_places_for() -> None:
    dealt = gold_dealing.due_among([True, False, True, True, False, True, False], judgements=2)
    assert dealt == 3
    assert gold_dealing.due_among([True, True], judgements=0) == 0


def test_who_is_late_with_a_grid_is_not_told_which_were_gold(cast, project, grid) -> None:
    Assignment.objects.filter(token=grid[0].token).update(deadline=Now() - timedelta(hours=1))
    assert queue.expire_due() == 8
    hand_in(grid, cast.alice)
    assert set(Assignment.objects.filter(token=grid[0].token).values_list("state", flat=True)) == {"submitted"}
    all_settled(project)
    assert Grade.objects.filter(tasker=cast.alice, source="gold").count() == 4
    assert Event.objects.filter(kind="gold_submitted").count() == 4
    assert queue.audit().breaches == []
