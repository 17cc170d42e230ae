"""Simulated canaries, looked at after each piece of work: how often a sound one is taken back, how soon a harmful one
is, and how soon a loss is named in shadow. By the mathematics of assist/learning/guardrails.py, without a database.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assist.learning.guardrails import BLIND, OF_WORK, Piece, Watch

MARGIN = 0.1
CLIMB = ((0.05, 2 * MARGIN), (0.25, MARGIN))  # share of the work, and the margin that lets it on
PEOPLE = 12
MOST = 20_000  # pieces of work


@dataclass(frozen=True)
class Life:
    """How a canary ended, after how many pieces of work, of which its own."""

    end: str
    pieces: int
    own: int


def life(rng: np.random.Generator, champion: float, candidate: float, alike: int = len(OF_WORK)) -> Life:
    """A canary from its first piece of work until it answers all or is taken back. The harm of so many guardrails, from
    the first, comes at these rates, each apart from the others', and people differ in it; the others show none."""
    watch, step, own = Watch(), 0, 0
    tastes = rng.normal(0, 0.05, PEOPLE)
    for number in range(1, MOST + 1):
        share, within = CLIMB[step]
        person, mine = int(rng.integers(PEOPLE)), bool(rng.random() < share)
        own += mine
        rate = (candidate if mine else champion) + tastes[person]
        came = dict(zip(OF_WORK, (rng.random(alike) < rate).astype(float).tolist(), strict=False))
        watch = watch.after(Piece(mine, share, str(person), dict.fromkeys(OF_WORK, 0.0) | came), within)
        if watch.harm:
            return Life("back", number, own)
        if watch.clears(within):
            step += 1
            if step == len(CLIMB):
                return Life("promoted", number, own)
    return Life("waits", MOST, own)


def refusing(rng: np.random.Generator) -> Life:
    """One that is refused 35 times of 100 where the champion is 20 times, and harms in nothing else."""
    return life(rng, 0.2, 0.35, alike=1)


def named(rng: np.random.Generator, lost: float, won: float, verdicts: int) -> int | None:
    """After how many blind verdicts harm is named, of a champion that is right nine times of ten."""
    watch = Watch()
    for number, draw in enumerate(rng.random(verdicts), 1):
        # From 0: right but for the candidate; right for it alone; wrong for both; right for both.
        candidate = not (draw < lost or lost + won <= draw < 0.1 + lost)
        champion = draw < lost or draw >= 0.1 + lost
        watch = watch.compared(float(candidate), float(champion), MARGIN)
        if watch.harm:
            return number if watch.harm == BLIND else None
    return None


def shares(lives: Sequence[Life]) -> dict[str, float]:
    """Of canaries: which share of them ended how."""
    ends = [one.end for one in lives]
    return {end: ends.count(end) / len(ends) for end in sorted(set(ends))}
