"""Votes on pairs that were never seen, as the product ranks: preference_v1 beside Bradley-Terry and Davidson.

Both yardsticks are fitted here by maximum likelihood with a hair of a ridge, so that who always wins stays finite.
What counts is who wins a vote on a pair that took no part; ties are left out of the score, not of the fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

from benchmarks.truth import data
from benchmarks.truth.statistics import paired
from benchmarks.truth.verdicts import Ledger
from projects.inference.preference import TIE, Votes, as_the_crowd_sees, infer_preferences, numbered_groups

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FOLDS = 10
RIDGE = 0.01
# Items, people, votes; how much people differ in reliability; how ready they are for ties; their liking for a side.
MADE_UP = {
    "few items": (12, 8, 400, 0.0, -1.0, 0.0),
    "uneven people": (20, 30, 800, 0.5, -1.0, 0.0),
    "sides": (60, 40, 1500, 0.2, 0.0, 0.5),
    "many ties": (100, 100, 1500, 0.5, 0.8, 0.0),
}
SEEDS = range(20, 25)


def run(root: Path, ledger: Ledger) -> None:
    """llmfao, ranked by model and by single answer, and made-up votes."""
    ledger.say("\n## Preference: votes on unseen pairs, tenfold over pairs, as the product calls it")
    rows = data.comparisons(root)
    for name, keys in (("llmfao, models", ()), ("llmfao, answers", ("prompt",))):
        votes, pair, items, people = as_votes(rows, keys)
        _told(name, [unseen(votes, pair, items, people)], ledger)
    group = numbered_groups(models_of(rows, keys))
    _told("llmfao, answers by model", [unseen(votes, pair, items, people, group)], ledger)
    made_up(ledger)


def made_up(ledger: Ledger) -> None:
    """Simulated votes; the seeds took no part in choosing anything."""
    found = []
    for name, shape in MADE_UP.items():
        some = [unseen(*_simulated(seed, *shape)) for seed in SEEDS]
        _told(f"simulated, {name}", some, ledger)
        found += some
    _told("simulated, all", found, ledger)


def as_votes(rows: list[dict[str, str]], keys: tuple[str, ...] = ()) -> tuple[Votes, Ints, int, int]:
    """Votes, the number of each one's pair, and how many items and people there are.

    What was compared is an item, and another one for each value of the columns `keys`; without a column `task`, the
    same two items are one pair.
    """
    sides = [[(row[side], *(row[key] for key in keys)) for row in rows] for side in ("left", "right")]
    items = {name: n for n, name in enumerate(sorted({*sides[0], *sides[1]}))}
    people = {name: n for n, name in enumerate(sorted({row["worker"] for row in rows}))}
    votes = Votes(
        np.array([items[name] for name in sides[0]]),
        np.array([items[name] for name in sides[1]]),
        np.array([people[row["worker"]] for row in rows]),
        np.array([("left", "right", "tie").index(row["label"]) for row in rows]),
    )
    given = [row.get("task") or "|".join(sorted((row["left"], row["right"]))) for row in rows]
    plain = all(key.isdigit() for key in given)
    pairs = {key: int(key) if plain else n for n, key in enumerate(sorted(set(given)))}
    return votes, np.array([pairs[key] for key in given]), len(items), len(people)


def models_of(rows: list[dict[str, str]], keys: tuple[str, ...]) -> list[str]:
    """What made each item, in the order of their numbers."""
    items = {(row[side], *(row[key] for key in keys)) for row in rows for side in ("left", "right")}
    return [name for name, *_ in sorted(items)]


def unseen(votes: Votes, pair: Ints, items: int, people: int, group: Ints | None = None) -> dict[str, Floats]:
    """For each method, of each vote that is no tie: 1 where it is told rightly by the votes on other pairs, ½ where
    both are held equal, else 0."""
    fold = np.random.default_rng(0).integers(0, FOLDS, pair.max() + 1)[pair]
    hits: dict[str, Floats] = {name: np.zeros(pair.size) for name in ("ours", "Bradley-Terry", "Davidson")}
    for number in range(FOLDS):
        here = fold == number
        others = Votes(*(column[~here] for column in votes))
        strengths = {
            "ours": as_the_crowd_sees(others, infer_preferences(others, items, people, group))[0],
            "Bradley-Terry": _fitted(others, items, others.outcome != TIE),
            "Davidson": _fitted(others, items, np.ones(others.outcome.size, dtype=bool)),
        }
        for name, strength in strengths.items():
            gap = np.round(strength[votes.left[here]] - strength[votes.right[here]], 9)
            hits[name][here] = np.where(gap == 0, 0.5, (gap > 0) == (votes.outcome[here] == 0))
    return {name: values[votes.outcome != TIE] for name, values in hits.items()}


def _told(name: str, found: list[dict[str, Floats]], ledger: Ledger) -> None:
    means: Mapping[str, float] = {way: float(np.mean([one[way].mean() for one in found])) for way in found[0]}
    ledger.say(f"{name:28s} " + ", ".join(f"{way} {mean:.1%}" for way, mean in means.items()))
    for way in ("Bradley-Terry", "Davidson"):
        gap, low, high = paired([one["ours"] for one in found], [one[way] for one in found])
        ledger.told(f"{name}, against {way}", "lower end ≥ 0", f"{gap:+.1%} ({low:+.1%} to {high:+.1%})", low >= 0)


def _fitted(votes: Votes, items: int, kept: NDArray[np.bool_]) -> Floats:
    """Strengths by Davidson's model of these votes; without ties it is Bradley and Terry's."""
    left, right, outcome = (column[kept] for column in (votes.left, votes.right, votes.outcome))
    rows = np.arange(left.size)
    ways = 3 if (outcome == TIE).any() else 2

    def cost(at: Floats) -> tuple[float, Floats]:
        gap = at[left] - at[right]
        logs = log_softmax(np.column_stack([gap / 2, -gap / 2, np.full(gap.size, at[items])])[:, :ways], axis=1)
        pull = np.exp(logs)
        pull[rows, outcome] -= 1
        push = (pull[:, 0] - pull[:, 1]) / 2
        slope = RIDGE * at
        slope[:items] += np.bincount(left, push, items) - np.bincount(right, push, items)
        slope[items] += pull[:, 2:].sum()
        return float(-logs[rows, outcome].sum() + RIDGE / 2 * at @ at), slope

    return minimize(cost, np.zeros(items + 1), jac=True, method="L-BFGS-B", options={"maxiter": 500}).x[:items]


def _simulated(
    seed: int, items: int, people: int, count: int, uneven: float, ties: float, side: float
) -> tuple[Votes, Ints, int, int]:
    random = np.random.default_rng([seed, items])
    strength = random.normal(0, 1.2, items)
    left = random.integers(0, items, count)
    right = (left + random.integers(1, items, count)) % items
    who = random.integers(0, people, count)
    reliable = np.maximum(random.normal(1, uneven, people), -0.5)
    push = reliable[who] * (strength[left] - strength[right]) + random.normal(0, side, people)[who]
    chance = np.exp(np.column_stack([push / 2, -push / 2, ties + random.normal(0, 0.5, people)[who]]))
    chance /= chance.sum(1, keepdims=True)
    outcome = (random.random(count)[:, None] > chance.cumsum(1)).sum(1)
    return Votes(left, right, who, outcome), np.minimum(left, right) * items + np.maximum(left, right), items, people
