"""Known answers: dealt unseen and not too often, scored, paid, worn out; and training before the first judgement."""

import random

import pytest

from projects import dealing, queue, rules, submission
from projects.models import Assignment, StockedGold
from projects.queue import Nothing
from taskers import ledger, quality, skills
from taskers.errors import StateConflict
from taskers.models import Grade, Qualification, Transfer
from tests import make

pytestmark = pytest.mark.django_db
DICE = random.Random(7)


class Always(random.Random):
    """Dice that always fall for gold."""

    def random(self) -> float:
        return 0.0


@pytest.fixture
def project(cast):
    return make.project(cast.riverside, wanted=1)


@pytest.fixture
def batch(project):
    made = make.batch(project)
    make.tasks(made, 4)
    return made


def stocked(batch, number: int = 1, pool: str = "control") -> list[StockedGold]:
    tasks = make.tasks(batch, number)
    for task in tasks:
        queue.set_aside(task, by=None)
    return [dealing.stock(task, make.MARIA, by=None, pool=pool, dice=DICE) for task in tasks]


def done(tasker, project, answer, dice) -> Assignment:
    mine = queue.claim(tasker, project, dice=dice)
    assert isinstance(mine, Assignment), mine
    submission.submit(mine, tasker, mine.token, answer)
    return mine


def test_gold_looks_like_any_other_task_and_takes_nobodys_place(cast, project, batch) -> None:
    (kept,) = stocked(batch)
    rules.change(project, cast.mina, gold_share=0.1)
    mine = queue.claim(cast.alice, project, dice=Always())
    assert (mine.kind, mine.task, mine.state, mine.rate) == ("gold", kept.gold.task, "held", 50_000)
    assert queue.claim(cast.alice, project, dice=Always()).pk == mine.pk
    assert queue.audit() == []


def test_gold_is_never_seen_twice(cast, project, batch) -> None:
    stocked(batch, 2)
    rules.change(project, cast.mina, gold_share=0.1)
    first = queue.claim(cast.alice, project, dice=Always())
    queue.release(first, cast.alice, first.token)
    second = done(cast.alice, project, make.MARIA, Always())
    assert {first.kind, second.kind} == {"gold"} and first.task != second.task
    assert queue.claim(cast.alice, project, dice=Always()).kind == "judge"


def test_gold_grades_and_pays_once(cast, project, batch) -> None:
    stocked(batch)
    rules.change(project, cast.mina, gold_share=0.1)
    mine = done(cast.alice, project, make.MARIA, Always())
    submission.submit(mine, cast.alice, mine.token, make.MARIA)
    grade = Grade.objects.get(tasker=cast.alice)
    assert (grade.source, grade.value) == ("gold", 1.0)
    assert Transfer.objects.count() == 1 and ledger.audit() == []
    done(cast.bob, project, make.OSLO, Always()) if stocked(batch) else None
    assert Grade.objects.get(tasker=cast.bob).value == 0.0
    assert Transfer.objects.count() == 1  # wrong: graded, not paid
    assert quality.standing(cast.bob, project.public_id).mean < quality.standing(cast.alice, project.public_id).mean


def test_the_stock_rotates_and_wears_out(cast, project, batch) -> None:
    stocked(batch, 2)
    rules.change(project, cast.mina, gold_share=0.1, gold_uses=2)
    seen = []
    for name in ("Ada", "Ben", "Cleo", "Dan"):
        seen.append(done(make.person(name, cast.riverside, "tasker"), project, make.MARIA, Always()).task_id)
    assert sorted(seen.count(one) for one in set(seen)) == [2, 2] and seen[0] != seen[1]
    assert set(StockedGold.objects.values_list("retired_why", flat=True)) == {"worn out"}
    assert queue.claim(cast.carol, project, dice=Always()).kind == "judge"


def test_leaked_gold_is_dealt_no_more(cast, project, batch) -> None:
    (kept,) = stocked(batch)
    rules.change(project, cast.mina, gold_share=0.1)
    dealing.retire(kept, "leaked", by=cast.mina)
    assert queue.claim(cast.alice, project, dice=Always()).kind == "judge"
    with pytest.raises(StateConflict):
        dealing.retire(kept, "leaked", by=cast.mina)


def test_the_share_varies_around_what_was_asked() -> None:
    dice = random.Random(3)
    known = sum(dealing.gold_is_due(0.1, 100.0, dice) for _ in range(20_000)) / 20_000
    unknown = sum(dealing.gold_is_due(0.1, 0.0, dice) for _ in range(20_000)) / 20_000
    assert 0.09 < known < 0.11 and 0.27 < unknown < 0.33
    assert not any(dealing.gold_is_due(0.0, 0.0, dice) for _ in range(100))


def test_a_task_that_people_judge_cannot_be_set_aside(cast, project, batch) -> None:
    mine = make.held(cast.alice, project)
    with pytest.raises(StateConflict, match="judging"):
        queue.set_aside(mine.task, by=cast.mina)


def test_a_scorer_can_be_plugged_in(cast, project, batch) -> None:
    stocked(batch)
    rules.change(project, cast.mina, gold_share=0.1)
    dealing.score_with(lambda task, answer, truth, thresholds: 0.25)
    try:
        done(cast.alice, project, make.MARIA, Always())
    finally:
        dealing.score_with(dealing.by_agreement)
    assert Grade.objects.get(tasker=cast.alice).value == 0.25


def test_training_comes_first_and_passing_it_opens_the_project(cast, project, batch) -> None:
    skill = skills.define(cast.riverside, "Names", kind="qualification")
    stocked(batch, 4, "training")
    rules.change(project, cast.mina, training_tasks=2, training_pass=0.8, training_skill=skill)
    for _ in range(2):
        assert done(cast.alice, project, make.MARIA, DICE).kind == "training"
    assert Qualification.objects.get(person=cast.alice, skill=skill).value == 1.0
    assert queue.claim(cast.alice, project, dice=DICE).kind == "judge"
    assert not Grade.objects.exists() and not Transfer.objects.exists()


def test_who_fails_the_training_every_time_is_told_so(cast, project, batch) -> None:
    skill = skills.define(cast.riverside, "Names", kind="qualification")
    stocked(batch, 5, "training")
    rules.change(project, cast.mina, training_tasks=2, training_tries=2, training_skill=skill)
    for _ in range(4):
        assert done(cast.alice, project, make.OSLO, DICE).kind == "training"
    nothing = queue.claim(cast.alice, project, dice=DICE)
    assert isinstance(nothing, Nothing) and nothing.code == "not-qualified"
    assert not Qualification.objects.exists()
