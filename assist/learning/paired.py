"""How surely one model is no worse than another, by the groups of tasks that both answered. Pure numpy and scipy.

Everything here takes each group's sum of differences and its tasks. Two ways to tell, and each has its own part of the
level. The interval is Student's over groups (gate.py says what is added to it); it takes so many groups that a loss of
one margin would have shown itself among them, since a spread says nothing of what was never seen.

The bets suppose nothing of the spread, so fewer groups do. A group's sum of differences plus one margin for each of its
tasks is at least -(1 - margin) times the tasks of the largest group; a share of 1 over that is bet on each, the same on
all. Where groups of these sizes lose one margin or more on the whole, the expected product of 1 + bet x is at most 1
(independent groups; for differing means by the inequality of arithmetic and geometric means), for each bet and for the
mean over several, so it comes to 1 / level with at most that chance (Markov; as bets on bounded means, Waudby-Smith and
Ramdas 2023). A part of the tasks where all is lost and that was not met by chance is among what that holds for: with
bets of 1 and nothing but ties it is the rule above, that a loss of one margin would have shown itself. Nothing is told
of groups larger and rarer than any that was met.
"""

import math

import numpy as np
import scipy

SHARES = np.arange(1, 20) / 20  # of the largest bet: all of them at once, with as much capital each
MIXED = 1.5  # what of the logarithm of the capital that costs, about, against the best of them


def mean_of(sums: np.ndarray, sizes: np.ndarray) -> tuple[float, float]:
    """The mean difference of a task and its standard error, with the two groups that are added."""
    sums, sizes = with_two_more(sums, sizes)
    mean = sums.sum() / sizes.sum()
    spread = ((sums - mean * sizes) ** 2).sum() * len(sums) / (len(sums) - 1)
    return float(mean), float(np.sqrt(spread) / sizes.sum())


def with_two_more(sums: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One that the candidate wins whole, and one that it loses whole."""
    return np.append(sums, [1.0, -1.0]), np.append(sizes, [1.0, 1.0])


def interval(sums: np.ndarray, sizes: np.ndarray, margin: float, level: float) -> tuple[float, float]:
    """The mean difference, and how far its interval reaches to each side."""
    mean, error = mean_of(sums, sizes)
    return mean, float(scipy.special.stdtrit(len(sums), 1 - level)) * max(error, least_error(margin, len(sums)))


def least_error(margin: float, groups: int) -> float:
    """The standard error below which none is believed: that of answers which are lost at the margin."""
    return math.sqrt(margin * (1 - margin) / groups)


def least(margin: float, level: float) -> int:
    """Groups among which a loss of one margin would show itself once, all but surely."""
    return math.ceil(math.log(level) / math.log1p(-margin))


def needed(sums: np.ndarray, sizes: np.ndarray, margin: float, level: float, chance: float) -> int:
    """Tasks with which an interval tells of a candidate that is as good, with this chance, if they are like these."""
    error = max(mean_of(sums, sizes)[1], least_error(margin, len(sums)))
    reach = float(scipy.special.ndtri(1 - level) + scipy.special.ndtri(chance))
    for_spread = (sizes.sum() + 2) * (reach * error / margin) ** 2
    return math.ceil(max(for_spread, least(margin, level) * sizes.sum() / len(sizes)))


def log_capital(sums: np.ndarray, sizes: np.ndarray, margin: float) -> float:
    """The logarithm of what 1 has grown to that was bet against "it loses one margin or more"."""
    each = _grown(sums, sizes, margin).sum(axis=0)
    most = each.max()
    return float(most + np.log(np.exp(each - most).mean()))


def needed_to_bet(sums: np.ndarray, sizes: np.ndarray, margin: float, level: float, chance: float) -> float:
    """Tasks with which the bets tell, with about this chance, of a candidate that goes on as it did here; infinite
    where it gains nothing by them."""
    grown = _grown(*with_two_more(sums, sizes), margin)
    best = grown[:, grown.mean(axis=0).argmax()]
    gain, spread = float(best.mean()), float(best.std())
    if gain <= 0:
        return math.inf
    asked, away = MIXED - math.log(level), float(scipy.special.ndtri(chance)) * spread
    groups = ((away + math.sqrt(away**2 + 4 * gain * asked)) / (2 * gain)) ** 2
    return math.ceil(groups * sizes.sum() / len(sizes))


def _grown(sums: np.ndarray, sizes: np.ndarray, margin: float) -> np.ndarray:
    """For each group, by each bet, the logarithm of how much the capital grows."""
    return np.log1p(np.outer(sums + margin * sizes, SHARES / ((1 - margin) * sizes.max())))
