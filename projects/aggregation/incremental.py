"""The posterior of one task and the standing of one tasker, at once, between two batch estimates.

A batch (`classification.estimate`) leaves a `Crowd`: what holds for all; and for each tasker a `Trait`:
what holds for them. Both are plain numbers that go into JSON. A submission then costs one call of
`posterior` (work in proportion to the labels on the task) and, once the task is decided, one call of
`learn` per tasker, with the posterior of the *other* taskers' labels, so that nobody is graded by
themselves (assumed density filtering: one Newton step on the tasker's traits, Opper 1998).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from projects.aggregation.classification import Estimate

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Crowd:
    """What a batch knows of all: the members of the pool side by side. G groups over M members.

    `ease` (G,), `member` (G,) the member each group belongs to, `ability` (M,), `confusions` (M, K, K),
    `offset` (K, G) log shares of classes and groups, `variances` (M, 1 + K); a member without liking
    for answers has zero variance there.
    """

    ease: Floats
    member: NDArray[np.int64]
    ability: Floats
    confusions: Floats
    offset: Floats
    variances: Floats

    @property
    def classes(self) -> int:
        return self.offset.shape[0]

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name).tolist() for name in self.__dataclass_fields__}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Crowd:
        numbers = {name: np.array(stored[name]) for name in cls.__dataclass_fields__}
        return cls(**{**numbers, "member": numbers["member"].astype(np.int64)})


@dataclass(frozen=True)
class Trait:
    """A tasker per member: `mean` (M, 1 + K) of ability and likings, `spread` (M, 1 + K, 1 + K)."""

    mean: Floats
    spread: Floats

    def to_json(self) -> dict[str, Any]:
        return {"mean": self.mean.tolist(), "spread": self.spread.tolist()}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Trait:
        return cls(np.array(stored["mean"], dtype=float), np.array(stored["spread"], dtype=float))


def crowd_of(estimate: Estimate) -> Crowd:
    """The common part of a batch estimate."""
    classes = estimate.posterior.shape[1]
    groups = [len(member.ease) for member in estimate.members]
    variances = np.zeros((len(groups), 1 + classes))
    for m, fit in enumerate(estimate.fits):
        variances[m, : fit.variances.size] = fit.variances
    offset = np.concatenate([f.classes[:, None] + np.log(f.shares) for f in estimate.fits], axis=1)
    return Crowd(
        np.concatenate([member.ease for member in estimate.members]),
        np.repeat(np.arange(len(groups)), groups),
        np.array([fit.ability for fit in estimate.fits]),
        np.stack([fit.confusions for fit in estimate.fits]),
        offset,
        variances,
    )


def trait_of(estimate: Estimate, worker: int) -> Trait:
    """One tasker's part of a batch estimate."""
    size = 1 + estimate.posterior.shape[1]
    mean, spread = np.zeros((len(estimate.fits), size)), np.zeros((len(estimate.fits), size, size))
    for m, fit in enumerate(estimate.fits):
        wide = fit.traits.shape[1]
        mean[m, :wide], spread[m, :wide, :wide] = fit.traits[worker], fit.spread[worker]
    return Trait(mean, spread)


def newcomer(crowd: Crowd) -> Trait:
    """A tasker of whom nothing is known: the population's mean and variances."""
    return Trait(np.zeros_like(crowd.variances), np.stack([np.diag(row) for row in crowd.variances]))


def posterior(crowd: Crowd, traits: Sequence[Trait], labels: Sequence[int]) -> Floats:
    """Probability of each class (K,) of a task on which taskers with `traits` gave `labels`."""
    scores = crowd.offset.copy()
    if labels:
        means = np.stack([trait.mean for trait in traits])
        logs = _answer_logs(crowd, means)
        scores += logs[np.arange(len(labels)), :, :, list(labels)].sum(0)
    return _pooled(crowd, scores).mean(0)


def learn(crowd: Crowd, trait: Trait, label: int, others: Floats) -> Trait:
    """The tasker after one more label; `others` (K,) is the posterior without it. Near-certain
    posteriors teach much, undecided ones little."""
    logs = _answer_logs(crowd, trait.mean[None])[0]
    shares = np.exp(crowd.offset - crowd.offset.max())
    shares = others[:, None] * shares / np.maximum(_per_member(crowd, shares.sum(0))[crowd.member], 1e-300)
    weight = shares * np.exp(logs[:, :, label])
    weight /= np.maximum(_per_member(crowd, weight.sum(0))[crowd.member], 1e-300)
    chance = np.exp(logs)
    means, spreads = trait.mean.copy(), trait.spread.copy()
    for m in range(len(means)):
        here = crowd.member == m
        slope, curve = _pull(weight[:, here], chance[:, here], crowd.ease[here], label)
        spreads[m] = spreads[m] - spreads[m] @ curve @ np.linalg.solve(
            np.eye(len(curve)) + spreads[m] @ curve, spreads[m]
        )
        means[m] = means[m] + spreads[m] @ slope
    return Trait(means, spreads)


def _pull(weight: Floats, chance: Floats, ease: Floats, label: int) -> tuple[Floats, Floats]:
    """Slope and expected curvature of one label's log chance in the traits [s, b...]."""
    classes = chance.shape[-1]
    design = np.zeros((classes, ease.size, classes, 1 + classes))
    design[..., 1:] = np.eye(classes)
    for k in range(classes):
        design[k, :, k, 0] = ease
    mean = np.einsum("kgl,kgld->kgd", chance, design)
    slope = np.einsum("kg,kgd->d", weight, design[:, :, label] - mean)
    second = np.einsum("kg,kgl,kgld,kgle->de", weight, chance, design, design)
    return slope, second - np.einsum("kg,kgd,kge->de", weight, mean, mean)


def _answer_logs(crowd: Crowd, means: Floats) -> Floats:
    """(taskers, K, G, K) log chances; `means` (taskers, M, 1 + K)."""
    gain = (crowd.ability + means[:, :, 0])[:, crowd.member] * crowd.ease
    logits = crowd.confusions[crowd.member].transpose(1, 0, 2) + means[:, crowd.member, 1:][:, None]
    right = np.arange(crowd.classes)
    logits[:, right, :, right] += gain
    logits -= logits.max(-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


def _per_member(crowd: Crowd, values: Floats) -> Floats:
    starts = np.flatnonzero(np.diff(crowd.member, prepend=-1))
    return np.add.reduceat(values, starts, axis=-1)


def _pooled(crowd: Crowd, scores: Floats) -> Floats:
    """Posterior (M, K) of each member from joint scores (K, G)."""
    starts = np.flatnonzero(np.diff(crowd.member, prepend=-1))
    top = np.maximum.reduceat(scores.max(0), starts)
    joint = np.add.reduceat(np.exp(scores - top[crowd.member]), starts, axis=1).T
    return joint / joint.sum(1, keepdims=True)
