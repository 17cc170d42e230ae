"""Thirty trials of a search beside thirty by chance, ten seeds: a text head's two settings, and four of a made-up hill.

The head learns scikit-learn's digits in place of texts' vectors, 200 rows of which a tenth is wrong, and is judged by
the next 500. The hill has the settings of the spaCy recipe and one best place, with some noise.
"""

import math
from collections.abc import Callable, Iterable, Mapping

import numpy as np
from optuna.storages import InMemoryStorage
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from assist.learning.recipes import RECIPES
from assist.learning.recipes.recipe import Parameter, Value
from assist.learning.search.study import Study, Told, chance
from benchmarks.loop.row import Row

TRIALS, SEEDS = 30, 10
Figure = Callable[[Mapping[str, Value]], float]


def head() -> Figure:
    """Share right on the rows that choose."""
    digits, rng = load_digits(), np.random.default_rng(4)
    order = rng.permutation(len(digits.target))
    learnt, chosen = order[:200], order[200:700]
    said = digits.target.copy()
    said[learnt[:20]] = (said[learnt[:20]] + 1) % 10

    def figure(settings: Mapping[str, Value]) -> float:
        weight = "balanced" if settings["balanced"] else None
        model = LogisticRegression(C=float(settings["strength"]), max_iter=300, class_weight=weight)
        model.fit(digits.data[learnt] / 16, said[learnt])
        return float(model.score(digits.data[chosen] / 16, said[chosen]))

    return figure


def hill() -> Figure:
    """One best place, worse to all sides."""

    def figure(settings: Mapping[str, Value]) -> float:
        rate = (math.log10(float(settings["learn_rate"])) + 2.4) ** 2
        rest = (float(settings["dropout"]) - 0.35) ** 2 + ((float(settings["passes"]) - 20) / 60) ** 2
        noise = math.sin(1e6 * rate) * 0.005
        return 0.95 - 0.2 * rate - 0.5 * rest + noise

    return figure


def searched(figure: Figure, known: Mapping[str, Parameter], seed: int) -> float:
    """The best of a search, today's settings first."""
    study = Study(InMemoryStorage(), f"seed {seed}", known)  # type: ignore[arg-type]
    usual, told, best = {name: one.usual for name, one in known.items()}, dict[int, Told](), -math.inf
    for number in range(TRIALS):
        place, settings = study.ask(chance(seed, number), {} if number else usual)
        value = figure(usual | settings)
        told[place], best = Told("done", value), max(best, value)
        study.settle(told)
    return best


def by_chance(figure: Figure, known: Mapping[str, Parameter], seed: int) -> float:
    """The best of as many, each drawn alone."""
    rng = np.random.default_rng(seed)
    usual = {name: one.usual for name, one in known.items()}
    return max(figure(usual | {name: _drawn(one, rng) for name, one in known.items()}) for _ in range(TRIALS))


def _drawn(known: Parameter, rng: np.random.Generator) -> Value:
    if isinstance(known.usual, bool):
        return bool(rng.integers(2)) if known.searched else known.usual
    low, high = (math.log(known.least), math.log(known.most)) if known.log else (known.least, known.most)
    value = float(rng.uniform(low, high))
    value = math.exp(value) if known.log else value
    return round(value) if isinstance(known.usual, int) else value


def rows() -> Iterable[Row]:
    """A search is to be as good as the median of as many by chance."""
    for name, key, figure in (("text head", "text-classes", head()), ("made-up hill", "spacy-entities", hill())):
        known = RECIPES[key].parameters
        ours = [searched(figure, known, seed) for seed in range(SEEDS)]
        theirs = [by_chance(figure, known, seed) for seed in range(SEEDS)]
        usual = figure({key: one.usual for key, one in known.items()})
        median, chances = float(np.median(ours)), float(np.median(theirs))
        told = f"{median:.3f} (with today's settings {usual:.3f})"
        yield Row(f"{TRIALS} trials, {name}: median of {SEEDS} seeds", f"≥ {chances:.3f}", told, median >= chances)
