"""People and words in turn: who misses and who invents, and what the words tell, until both agree.

The words are taught by what people say of each stretch, by what is known of them with the words' help, and never by
what words said of it: taught by themselves, they would believe themselves a little more in each turn, until whatever
anybody marked is a span.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy
from numpy.typing import NDArray

from projects.inference.classification import BIAS, HARDNESS, LOGNORMAL
from projects.inference.dawid_skene import Fit, Votes, fit
from projects.inference.span_words import mean_logit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Missing and inventing are different faults, so the member without liking for answers is left out.
POOL = (BIAS, HARDNESS, LOGNORMAL)
TURNS = 8
STILL = 0.01  # no chance moved by more: both agree
SURE = 1e-9


def in_turn(
    given: Votes, sizes: tuple[int, int, int], known: Ints | None, ask_words: Callable[[Floats], Floats] | None
) -> tuple[tuple[Fit, ...], Floats, Floats]:
    """The fits of POOL, how likely each question is inside a span, and what people alone say of it, which is what words
    learn from. `ask_words(belief)` gives the logit of each question, told by the words of other texts; None where there
    are none, and people are asked alone."""
    fits = tuple(fit(given, sizes, member, known) for member in POOL)
    inside = alone = _mean(fits)
    if ask_words is None:
        return fits, inside.round(9), alone
    for _ in range(TURNS - 1):
        logits = ask_words(alone)
        leaning = np.column_stack([-np.logaddexp(0, logits), -np.logaddexp(0, -logits)])
        fits = tuple(fit(given, sizes, member, known, lean=leaning) for member in POOL)
        before, inside = inside, _mean(fits)
        alone = _without(fits, logits, inside, known)
        if np.abs(inside - before).max(initial=0) < STILL:
            break
    return fits, inside.round(9), alone


def _mean(fits: tuple[Fit, ...]) -> Floats:
    return np.mean([one.posterior[:, 1] for one in fits], axis=0)


def _without(fits: tuple[Fit, ...], logits: Floats, inside: Floats, known: Ints | None) -> Floats:
    """What the fits say of each question without what the words said of it. What is known stays known."""
    usual = mean_logit(inside)
    told = [scipy.special.logit(np.clip(one.posterior[:, 1], SURE, 1 - SURE)) - logits + usual for one in fits]
    alone = np.mean(scipy.special.expit(told), axis=0)
    return alone if known is None else np.where(known < 0, alone, inside)
