"""A made-up crowd whose abilities are known: who is found out, and what dynamic overlap saves.

It is not drawn from the model that is fitted: right answers follow a logistic of ability less
difficulty above a floor of guessing, wrong ones a random table of confusions; taskers differ greatly in
how much they do; some see a model's suggestion and sometimes just take it. As the design demands, the
model's own vote is left out where anybody on the task saw its suggestion.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from benchmarks.truth.verdicts import Ledger
from projects.inference.calibration import Calibration, calibrated_posterior
from projects.inference.classification import Estimate, estimate
from projects.inference.vetting import vet

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bits = NDArray[np.bool_]

CLASSES = 4
VOTES = 5


@dataclass(frozen=True)
class World:
    """Labels in the order they would come in: `turn[i]` is the how-manieth label of its task."""

    truth: Ints
    task: Ints
    worker: Ints
    label: Ints
    turn: Ints
    ability: Floats
    honest: Bits

    @property
    def sizes(self) -> tuple[int, int, int]:
        return self.truth.size, self.ability.size, CLASSES

    def only(self, chosen: Bits) -> World:
        parts = {name: getattr(self, name)[chosen] for name in ("task", "worker", "label", "turn")}
        return replace(self, **parts)


@dataclass(frozen=True)
class Result:
    """The measured figures. `fixed` are accuracies of three votes per task, by majority and by our own
    estimate; `dynamic` maps each target tried to (labels per task, accuracy)."""

    ability_share: float
    honest_share: float
    found: float
    flagged: float
    fixed_votes: float
    fixed: tuple[float, float]
    dynamic: dict[float, tuple[float, float]]

    def cost(self, accuracy: float) -> float | None:
        """Labels per task of the cheapest way to be as accurate, over those of fixed votes.

        Between two targets that were tried lies a mixture: one for a share of the tasks, the other for the rest.
        """
        points = sorted(self.dynamic.values())
        enough = [votes for votes, reached in points if reached >= accuracy]
        for (low, under), (high, over) in combinations(points, 2):
            if under < accuracy <= over:
                enough.append(low + (high - low) * (accuracy - under) / (over - under))
        return min(enough) / self.fixed_votes if enough else None


def make(seed: int, taskers: int = 500, tasks: int = 20_000, bad: float = 0.1) -> World:
    """A world; tasker 0 is the model, the last `bad` share are spammers and adversaries by halves."""
    random = np.random.default_rng(seed)
    truth = random.choice(CLASSES, tasks, p=[0.4, 0.3, 0.2, 0.1])
    hardness = random.normal(0, 1, tasks)
    skill = random.normal(1.6, 0.8, taskers)
    kind = np.zeros(taskers, dtype=np.int64)
    culprits = np.arange(taskers - int(bad * taskers), taskers)
    kind[culprits[::2]], kind[culprits[1::2]] = 1, 2
    worker = _assign(random, taskers, tasks)
    task = np.repeat(np.arange(tasks), VOTES)
    label, right = _answer(random, truth[task], skill[worker] - hardness[task], kind[worker], worker)
    label, seen = _copilot(random, truth, hardness, task, worker, label, kind)
    turn = np.tile(np.arange(VOTES), tasks)
    grid = skill[:, None] - np.sort(hardness)[None, :: tasks // 200]
    ability = np.where(kind == 0, _chance(grid).mean(1), np.where(kind == 1, 1 / CLASSES, 0.08))
    exposed = np.bincount(task[seen], minlength=tasks) > 0
    counted = ~((worker == 0) & exposed[task])
    world = World(truth, task, worker, label, turn, ability, kind == 0)
    return world.only(counted)


def measure(world: World, targets: Sequence[float] = (0.5, 0.6, 0.7, 0.75, 0.8)) -> Result:
    """All figures of one world; `targets` are confidence targets for dynamic overlap, rising, tried until
    our own estimate on three votes is reached."""
    all_of_it = _estimate(world)
    findings = np.array([worth.finding in ("blind", "against") for worth in vet(all_of_it)])
    guessed = _ability(all_of_it)
    right = world.label == world.truth[world.task]
    done = np.maximum(np.bincount(world.worker, minlength=world.ability.size), 1)
    oracle = np.bincount(world.worker, right, world.ability.size) / done
    honest, truth = world.honest, world.ability
    three = world.only(world.turn < 3)
    fixed = _majority_accuracy(three), float((_estimate(three).answer == world.truth).mean())
    dynamic: dict[float, tuple[float, float]] = {}
    for target in targets:
        dynamic[target] = _dynamic(world, target)
        if dynamic[target][1] >= max(fixed):
            break
    return Result(
        _correlation(guessed, truth) / _correlation(oracle, truth),
        _correlation(guessed[honest], truth[honest]) / _correlation(oracle[honest], truth[honest]),
        float(findings[~honest].mean()),
        float(findings[honest].mean()),
        three.task.size / world.truth.size,
        fixed,
        dynamic,
    )


def _assign(random: np.random.Generator, taskers: int, tasks: int) -> Ints:
    """VOTES different taskers per task; the model takes a quarter of all tasks."""
    busy = random.lognormal(0, 0.6, taskers)
    busy[0] = 0
    keys = random.exponential(1, (tasks, taskers)) / np.maximum(busy, 1e-12)
    chosen = np.argpartition(keys, VOTES, axis=1)[:, :VOTES]
    chosen[random.random(tasks) < 0.25, 0] = 0
    return random.permuted(chosen, axis=1).ravel()


def _chance(gap: Floats) -> Floats:
    return 1 / CLASSES + (1 - 1 / CLASSES) / (1 + np.exp(-gap))


def _answer(random: np.random.Generator, truth: Ints, gap: Floats, kind: Ints, worker: Ints) -> tuple[Ints, Bits]:
    right = random.random(truth.size) < np.where(kind == 2, 0.08, _chance(gap))
    confusions = random.dirichlet(np.ones(CLASSES - 1), CLASSES).cumsum(1)
    step = (random.random(truth.size)[:, None] > confusions[truth]).sum(1) + 1
    label = np.where(right, truth, (truth + step) % CLASSES)
    spam = np.where(worker % 4 < 2, random.integers(0, CLASSES, truth.size), worker % CLASSES)
    return np.where(kind == 1, spam, label), right


def _copilot(
    random: np.random.Generator, truth: Ints, hardness: Floats, task: Ints, worker: Ints, label: Ints, kind: Ints
) -> tuple[Ints, Bits]:
    """Three in ten honest taskers see the model's suggestion on three tasks in ten and take one in two."""
    suggestion, _ = _answer(random, truth, 1.0 - hardness, np.zeros_like(truth), np.zeros_like(truth))
    label = np.where(worker == 0, suggestion[task], label)
    shown = (worker % 10 < 3) & (worker > 0) & (kind[worker] == 0) & (random.random(task.size) < 0.3)
    taken = shown & (random.random(task.size) < 0.5)
    return np.where(taken, suggestion[task], label), shown


def _estimate(world: World) -> Estimate:
    return estimate(world.task, world.worker, world.label, world.sizes)


def _ability(result: Estimate) -> Floats:
    """Each tasker's expected share of right answers, averaged over members, groups and classes."""
    shares = []
    for fit in result.fits:
        hits = np.exp(np.einsum("wkgk->wkg", fit.table))
        shares.append(np.einsum("wkg,kg->w", hits, np.exp(fit.offset)))
    return np.mean(shares, axis=0)


def _dynamic(world: World, target: float) -> tuple[float, float]:
    """(labels per task, accuracy) when each task starts with one label and gets another while unsure."""
    wanted = np.ones(world.truth.size, dtype=np.int64)
    while True:
        part = world.only(world.turn < wanted[world.task])
        result = _estimate(part)
        sure = calibrated_posterior(result.posterior, Calibration()).max(1)
        more = (sure < target) & (wanted < VOTES)
        if not more.any():
            return part.task.size / world.truth.size, float((result.answer == world.truth).mean())
        wanted = wanted + more


def _majority_accuracy(world: World) -> float:
    """Majority vote, ties shared."""
    votes = np.zeros((world.truth.size, CLASSES))
    np.add.at(votes, (world.task, world.label), 1)
    best = votes == votes.max(1, keepdims=True)
    return float((best[np.arange(len(votes)), world.truth] / best.sum(1)).mean())


def _correlation(first: Floats, second: Floats) -> float:
    return float(np.corrcoef(first, second)[0, 1])


def table(ledger: Ledger, seeds: int = 5) -> None:
    """Measure worlds of several seeds and print means and spreads."""
    ledger.say(f"\n## Simulation: 500 taskers (10 % bad), 20,000 tasks, at most 5 labels each, {seeds} seeds")
    results = []
    for seed in range(seeds):
        r = measure(make(seed))
        results.append(r)
        majority, ours = r.fixed
        ledger.say(
            f"seed {seed}: bad found {r.found:.1%}, honest flagged {r.flagged:.1%}, ability {r.ability_share:.3f}"
        )
        ledger.say(f"  three fixed votes: majority {majority:.1%}, our estimate {ours:.1%}")
        for target, (votes, accuracy) in r.dynamic.items():
            ledger.say(f"  dynamic, target {target:.2f}: {accuracy:.1%} with {votes:.2f} labels a task")
    rows: list[tuple[str, str, list[float], Callable[[float], bool]]] = [
        ("ability, of the oracle's", "≥ 0.95", [r.ability_share for r in results], lambda mean: mean >= 0.95),
        ("ability among the honest", "≥ 0.95", [r.honest_share for r in results], lambda mean: mean >= 0.95),
        ("bad found", "≥ 0.95", [r.found for r in results], lambda mean: mean >= 0.95),
        ("honest flagged", "≤ 0.01", [r.flagged for r in results], lambda mean: mean <= 0.01),
        (
            "cost against three by majority",
            "≤ 0.7",
            [r.cost(r.fixed[0]) or 9 for r in results],
            lambda mean: mean <= 0.7,
        ),
        (
            "cost against three, our estimate",
            "≤ 0.7",
            [r.cost(r.fixed[1]) or 9 for r in results],
            lambda mean: mean <= 0.7,
        ),
    ]
    for what, asked, values, good in rows:
        reached = f"{np.mean(values):.3f} ± {np.std(values):.3f} ({min(values):.3f} to {max(values):.3f})"
        ledger.told(f"simulation, {what}", asked, reached, good(float(np.mean(values))))
