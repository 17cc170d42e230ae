"""An attacker who looks at My work at each of its turns can't tell gold by when and how it is paid and judged.

Between two turns there is nothing to see (test_gold_in_my_work.py). Alice notes at each look which of her pieces of
work are decided, what each earned and by how much her standing moved. What she noted in some projects, with the truth
beside it, teaches her which pieces are gold; in others she guesses.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pytest

from projects import queue
from projects.models import GoldSettlement
from projects.quality.gold import grading, settling
from projects.reports import earnings
from projects.workflow import submission
from taskers.standing import grades
from tests.support import make
from tests.support.projects.attackers import FEW, MANY
from tests.support.projects.judging import given

# Each world in transactions of its own: one long one would hold up the readers of the outbox in the tests beside.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
NEVER = datetime.max.replace(tzinfo=UTC)

PIECES = 16  # of Alice's, in one project
STROKES = 12  # pieces handed in, hers and others', between two turns


@dataclass
class Noted:
    """What Alice knows of one piece of her work."""

    gold: bool
    handed_in: int  # looks before it
    decided: int | None = None  # the look that found it decided
    beside: int = 0  # others that the same look found decided
    earned: int = 0
    agreement: float = 1.0
    step: float = 0.0  # of her evidence at that look, for each that it found decided


class Attacker:
    """Looks, and notes what changed since the last look."""

    def __init__(self, cast, project) -> None:
        self.cast, self.project = cast, project
        self.looks, self.evidence = 0, 0.0
        self.noted: dict[int, Noted] = {}

    def handed_in(self, annotation) -> None:
        self.noted[annotation.pk] = Noted(annotation.assignment.kind == "gold", self.looks)

    def look(self) -> None:
        alice = self.cast.alice
        settling.settle_due(alice)
        rows, _before = earnings.entries(alice, self.cast.riverside, project=self.project)
        known = grades.shown(alice, [self.project.public_id], before=NEVER).get(self.project.public_id)
        evidence = known.evidence if known else 0.0
        fresh = [one for one in rows if one.decision and self.noted[one.annotation.pk].decided is None]
        for one in fresh:
            mine = self.noted[one.annotation.pk]
            mine.decided, mine.beside, mine.earned = self.looks, len(fresh) - 1, one.earned
            mine.agreement = one.grade.value if one.grade else -1.0
            mine.step = (evidence - self.evidence) / len(fresh)
        self.looks, self.evidence = self.looks + 1, evidence


def review(cast, project, dice: random.Random) -> None:
    """Rita decides some of what waits for her."""
    for task in queue.waiting_for_review([project]):
        if dice.random() < 0.6:
            mine = queue.claim_review(task, cast.rita)
            submission.decide(mine, cast.rita, mine.token, make.MARIA)


def worked_on(cast, seed: int) -> list[Noted]:
    """A project that Alice and others work on, in an order of its own; what Alice noted of her work."""
    dice = random.Random(seed)
    project = make.project(cast.riverside, f"Project {seed}")
    batch = make.batch(project)
    known = make.tasks(batch, 12)
    for task in known:
        queue.set_aside(task, by=None)
        grading.stock(task, make.MARIA, by=None, dice=dice)
    others = make.tasks(batch, 3 * PIECES)
    attacker = Attacker(cast, project)
    walks = {cast.alice: iter(others), cast.bob: iter(others)}
    pace, strokes = [1.0, dice.uniform(0.5, 2.0)], 0
    while len(attacker.noted) < PIECES:
        (who,) = dice.choices(list(walks), pace)
        is_gold = bool(known) and who == cast.alice and dice.random() < 0.25
        task = known.pop() if is_gold else next(walks[who])
        mine = given(who, task, "gold" if is_gold else "judge")
        done = submission.submit(mine, who, mine.token, make.MARIA if dice.random() < 0.85 else make.OSLO)
        if who == cast.alice:
            attacker.handed_in(done)
        strokes += 1
        if strokes % STROKES == 0:
            review(cast, project, dice)
            attacker.look()
    for _look in range(3):
        attacker.look()
    return list(attacker.noted.values())


def features(rows: Sequence[Noted]) -> Iterator[list[float]]:
    """Of each piece what might tell it: alone, and beside the pieces before and after it."""
    delays = [PIECES if one.decided is None else one.decided - one.handed_in for one in rows]
    for place, one in enumerate(rows):
        around = [delays[at] for at in (place - 1, place + 1) if 0 <= at < len(rows)]
        ends = [rows[at].decided or 10**4 for at in (place - 1, place + 1) if 0 <= at < len(rows)]
        yield [
            float(one.decided is None),
            float(delays[place] == 0),
            np.log1p(delays[place]),
            float(one.beside),
            min(abs(delays[place] - other) for other in around),
            np.mean([abs(delays[place] - other) for other in around]),
            float(sum(end < (one.decided or 10**4) for end in ends)),
            float(one.earned),
            one.agreement,
            float((one.earned > 0) == (one.agreement >= 0.5)),
            abs(one.step - 1),
        ]


def found_out(known: Sequence[Sequence[Noted]], guessed: Sequence[Sequence[Noted]]) -> tuple[float, float]:
    """How often a piece of gold looks more like gold than a piece of work does (0.5: chance), by the best line through
    what was noted; and the standard error of that."""
    x, y = _table(known)
    low, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    x = (x - low) / spread
    between = np.cov(x.T) + 0.1 * np.eye(x.shape[1])
    line = np.linalg.solve(between, x[y].mean(axis=0) - x[~y].mean(axis=0))
    x, y = _table(guessed)
    score = ((x - low) / spread) @ line
    gold, work = score[y], score[~y]
    share = float(np.mean((gold[:, None] > work[None, :]) + 0.5 * (gold[:, None] == work[None, :])))
    error = np.sqrt((len(gold) + len(work) + 1) / (12 * len(gold) * len(work)))  # of Mann and Whitney's test
    return share, float(error)


def _table(projects: Sequence[Sequence[Noted]]) -> tuple[np.ndarray, np.ndarray]:
    rows = [one for some in projects for one in features(some)]
    return np.array(rows), np.array([one.gold for some in projects for one in some])


def odds(projects: Sequence[Sequence[Noted]]) -> float:
    """By how many standard errors Alice does better than chance, learning from each half of the projects in turn."""
    halves = [found_out(projects[::2], projects[1::2]), found_out(projects[1::2], projects[::2])]
    share, error = np.mean([share for share, _ in halves]), np.sqrt(sum(error**2 for _, error in halves)) / 2
    return float((share - 0.5) / error)


@pytest.mark.parametrize("worlds", [FEW, MANY])
def test_attacker_tells_gold_no_better_than_chance_by_moment_money_and_standing(cast, record_property, worlds) -> None:
    projects = [worked_on(cast, seed) for seed in range(worlds)]
    assert sum(one.gold for some in projects for one in some) > 2 * worlds
    record_property("standard errors above chance", round(odds(projects), 2))
    # 1.96 would be 95 %, and fail one honest run in forty.
    assert odds(projects) < 3


@pytest.mark.torture
def test_attacker_tells_gold_that_is_settled_when_it_is_handed_in(cast, monkeypatch) -> None:
    """What was so before, to see that the attack is one."""

    def at_once(assignment, annotation) -> None:
        settlement = {"assignment": assignment, "project": assignment.task.project, "tasker": annotation.tasker}
        GoldSettlement.objects.create(**settlement)
        settling._settle(assignment.pk)

    monkeypatch.setattr(settling, "receive", at_once)
    assert odds([worked_on(cast, seed) for seed in range(20)]) > 3
