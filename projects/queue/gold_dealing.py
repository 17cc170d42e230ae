"""How often gold is dealt, and what looks like it. Pure.

It is nobody's to guess: the share varies from claim to claim around what the project asks, and is higher for those of
whom little is known.
"""

import math
import random

MOST_OFTEN = 0.5


def gold_is_due(share: float, evidence: float, dice: random.Random) -> bool:
    """Whether this claim is to get gold: about `share` of them, up to three times as often before there is evidence."""
    fallen, chance = _fallen(share, evidence, dice)
    return fallen < chance


def is_due_instead(share: float, evidence: float, dice: random.Random) -> bool:
    """Whether this claim is to get what looks like gold: exactly as often, by the same dice, where gold isn't due."""
    fallen, chance = _fallen(share, evidence, dice)
    return chance <= fallen < 2 * chance


def _fallen(share: float, evidence: float, dice: random.Random) -> tuple[float, float]:
    """How the dice fell, in [0, 1), and below what that means gold."""
    eagerness = 1 + 2 * math.exp(-evidence / 10)
    return dice.random(), min(MOST_OFTEN, max(0.0, share) * eagerness * dice.uniform(0.5, 1.5))
