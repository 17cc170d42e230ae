"""Whether a known answer leaked or is wrong: planted ones are found, sound ones are left alone as often as promised."""

import numpy as np
import pytest

from projects.inference import leakage
from projects.inference.leakage import ALPHA, LOOKS, Use

pytestmark = pytest.mark.slow


def uses(dice: np.random.Generator, number: int, *, right: float = 0.8, speed: float = 1.0) -> list[Use]:
    """So many uses by different people: right with this chance, in about `speed` of their usual time."""
    made = []
    for _ in range(number):
        usual = 20_000 * np.exp(dice.normal(0, 0.5))
        time = usual * speed * np.exp(dice.normal(0, 0.5))
        made.append(Use(float(dice.random() < right), float(time), float(usual)))
    return made


def ever(life: list[Use], dice: np.random.Generator) -> int | None:
    """The number of uses at which a known answer is called leaked, looked at as a worker does; None: never."""
    for look, number in enumerate(LOOKS):
        if leakage.due(len(life), look) and leakage.leak(life[:number], dice):
            return number
    return None


LIVES = 400  # of fewer a promise broken fourfold may go unseen


@pytest.mark.parametrize(("right", "speed"), [(0.5, 1.0), (0.8, 0.7), (0.95, 0.45)], ids=["hard", "usual", "easy"])
def test_sound_ones_are_called_leaked_no_more_often_than_promised(right: float, speed: float) -> None:
    """Whatever the item: lives of 192 uses, five looks each; far over the promise would be 4 standard errors."""
    alarms = 0
    for seed in range(LIVES):
        dice = np.random.default_rng([7, seed])
        alarms += ever(uses(dice, 192, right=right, speed=speed), dice) is not None
    assert alarms / LIVES <= ALPHA + 4 * (ALPHA * (1 - ALPHA) / LIVES) ** 0.5


def test_a_planted_leak_is_found_before_it_is_worn_out() -> None:
    found = []
    for seed in range(60):
        dice = np.random.default_rng([8, seed])
        life = uses(dice, 20, right=0.7) + uses(dice, 172, right=0.98, speed=0.3)
        found.append(ever(life, dice))
    assert sum(one is not None for one in found) >= 57
    assert sum(one is not None and one <= 48 for one in found) >= 48  # within 28 uses of the leak


def test_the_jump_says_where_it_began() -> None:
    dice = np.random.default_rng(3)
    jump = leakage.leak(uses(dice, 24, right=0.6) + uses(dice, 24, right=1.0, speed=0.2), dice)
    assert jump and 20 <= jump.at <= 27 and jump.since > jump.before and jump.p <= leakage.LEVEL


def test_faster_alone_or_better_alone_is_no_leak() -> None:
    """Everybody got quicker but errs as before; or everybody learnt, at the same pace as ever."""
    for seed in range(20):
        dice = np.random.default_rng([9, seed])
        quicker = uses(dice, 48, right=0.4) + uses(dice, 48, right=0.4, speed=0.3)
        better = uses(dice, 48, right=0.4) + uses(dice, 48, right=1.0)
        assert leakage.leak(quicker, dice) is None and leakage.leak(better, dice) is None


def test_unmeasured_times_tell_nothing() -> None:
    dice = np.random.default_rng(1)
    assert leakage.leak([Use(1.0, 0, None)] * 50 + [Use(1.0, 0, 9.0)] * 50, dice) is None
    assert leakage.leak([], dice) is None


def test_a_wrong_known_answer_is_doubted_and_a_hard_one_is_not() -> None:
    assert leakage.doubt(2, [18, 1, 1]) is not None
    assert leakage.doubt(10, [12, 2]) is None
    assert leakage.doubt(0, [3]) is None  # too few to say
    assert leakage.doubt(0, []) is None


def test_sound_ones_are_doubted_no_more_often_than_promised() -> None:
    """The worst case of the promise: one other answer is exactly as common as the known one."""
    dice, doubted = np.random.default_rng(5), 0
    for _ in range(2_000):
        life = dice.choice(4, size=LOOKS[-1], p=[0.4, 0.4, 0.1, 0.1])
        counts = [np.bincount(life[:number], minlength=4) for number in LOOKS]
        doubted += any(leakage.doubt(int(one[0]), [int(n) for n in one[1:] if n]) is not None for one in counts)
    assert doubted / 2_000 <= ALPHA


def test_the_share_that_is_found_out_of_wrong_ones() -> None:
    dice, found = np.random.default_rng(6), 0
    for _ in range(200):
        life = dice.choice(4, size=48, p=[0.1, 0.75, 0.1, 0.05])
        counts = [np.bincount(life[:number], minlength=4) for number in LOOKS[:3]]
        found += any(leakage.doubt(int(one[0]), [int(n) for n in one[1:] if n]) is not None for one in counts)
    assert found >= 195
