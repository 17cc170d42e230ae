"""The posterior of one task and the standing of one tasker, at once, between two batch estimates.

A batch (`classification.estimate`) leaves an `AccuracyModel`: what holds for all; and for each tasker
`AnnotatorParameters`: what holds for them. Both are plain numbers that go into JSON. A submission then costs one call
of `posterior` (work in proportion to the labels on the task) and, once the task is decided, one call of
`learn` per tasker, with the posterior of the *other* taskers' labels, so that nobody is graded by
themselves (assumed density filtering: one Newton step on the tasker's parameters, Opper 1998).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from projects.inference.classification import Estimate

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class AccuracyModel:
    """What a batch knows of all: the members of the pool side by side. G groups over M members.

    `ease` (G,), `member` (G,) the member each group belongs to, `ability` (M,), `confusions` (M, K, K),
    `offset` (K, G) log shares of classes and groups, `variances` (M, D) where D is 1 + K, or 1 where no
    member knows liking for answers; among others, a member without it has zero variance there.
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

    # What every submission needs again.
    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """The first group of each member."""
        return np.flatnonzero(np.diff(self.member, prepend=-1))

    @cached_property
    def plain(self) -> Floats:
        """(K, G, K) logits of each answer by true class and group, of a tasker without any ability or liking."""
        logits = np.ascontiguousarray(self.confusions[self.member].transpose(1, 0, 2))
        right = np.arange(self.classes)
        logits[right, :, right] += self.ability[self.member] * self.ease
        return logits

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name).tolist() for name in self.__dataclass_fields__}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> AccuracyModel:
        numbers = {name: np.array(stored[name]) for name in cls.__dataclass_fields__}
        return cls(**{**numbers, "member": numbers["member"].astype(np.int64)})


@dataclass(frozen=True)
class AnnotatorParameters:
    """A tasker per member: `mean` (M, D) of ability and likings, `spread` (M, D, D)."""

    mean: Floats
    spread: Floats

    def to_json(self) -> dict[str, Any]:
        return {"mean": self.mean.tolist(), "spread": self.spread.tolist()}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> AnnotatorParameters:
        return cls(np.array(stored["mean"], dtype=float), np.array(stored["spread"], dtype=float))


def accuracy_model_of(estimate: Estimate) -> AccuracyModel:
    """The common part of a batch estimate."""
    groups = [len(member.ease) for member in estimate.members]
    variances = np.zeros((len(groups), _width(estimate)))
    for m, fit in enumerate(estimate.fits):
        variances[m, : fit.variances.size] = fit.variances
    offset = np.concatenate([f.classes[:, None] + np.log(f.shares) for f in estimate.fits], axis=1)
    return AccuracyModel(
        np.concatenate([member.ease for member in estimate.members]),
        np.repeat(np.arange(len(groups)), groups),
        np.array([fit.ability for fit in estimate.fits]),
        np.stack([fit.confusions for fit in estimate.fits]),
        offset,
        variances,
    )


def parameters_of(estimate: Estimate, worker: int) -> AnnotatorParameters:
    """One tasker's part of a batch estimate."""
    size = _width(estimate)
    mean, spread = np.zeros((len(estimate.fits), size)), np.zeros((len(estimate.fits), size, size))
    for m, fit in enumerate(estimate.fits):
        wide = fit.parameters.shape[1]
        mean[m, :wide], spread[m, :wide, :wide] = fit.parameters[worker], fit.spread[worker]
    return AnnotatorParameters(mean, spread)


def _width(estimate: Estimate) -> int:
    return max(fit.variances.size for fit in estimate.fits)


def newcomer(accuracy_model: AccuracyModel) -> AnnotatorParameters:
    """A tasker of whom nothing is known: the population's mean and variances."""
    return AnnotatorParameters(
        np.zeros_like(accuracy_model.variances), np.stack([np.diag(row) for row in accuracy_model.variances])
    )


def posterior(
    accuracy_model: AccuracyModel, parameters: Sequence[AnnotatorParameters], labels: Sequence[int]
) -> Floats:
    """Probability of each class (K,) of a task on which taskers with `parameters` gave `labels`."""
    return _pooled(accuracy_model, _scores(accuracy_model, parameters, labels)).mean(0)


def posteriors_after(
    accuracy_model: AccuracyModel,
    parameters: Sequence[AnnotatorParameters],
    labels: Sequence[int],
    asked: AnnotatorParameters,
) -> Floats:
    """(K, K): for each label that one more tasker may give, the probability of each class then."""
    scores, logs = _scores(accuracy_model, parameters, labels), _answer_logs(accuracy_model, asked.mean[None])[0]
    return np.stack(
        [_pooled(accuracy_model, scores + logs[:, :, label]).mean(0) for label in range(accuracy_model.classes)]
    )


def chances_of_next(
    accuracy_model: AccuracyModel,
    parameters: Sequence[AnnotatorParameters],
    labels: Sequence[int],
    asked: AnnotatorParameters,
) -> Floats:
    """(M, K): the chance of each label that one more tasker may give, to each member of the pool."""
    scores, logs = _scores(accuracy_model, parameters, labels), _answer_logs(accuracy_model, asked.mean[None])[0]
    joint = np.exp(scores - np.maximum.reduceat(scores.max(0), accuracy_model.starts)[accuracy_model.member])
    given = np.add.reduceat(np.einsum("kg,kgl->gl", joint, np.exp(logs)), accuracy_model.starts, axis=0)
    return given / given.sum(1, keepdims=True)


def _scores(accuracy_model: AccuracyModel, parameters: Sequence[AnnotatorParameters], labels: Sequence[int]) -> Floats:
    """(K, G) joint log chance of what was said."""
    if not labels:
        return accuracy_model.offset
    logits = _answer_logits(accuracy_model, np.array([one.mean for one in parameters]))
    given = logits[np.arange(len(labels)), :, :, list(labels)]
    top = logits.max(-1)
    return accuracy_model.offset + (given - top - np.log(np.exp(logits - top[..., None]).sum(-1))).sum(0)


def learn(
    accuracy_model: AccuracyModel, parameters: AnnotatorParameters, label: int, others: Floats
) -> AnnotatorParameters:
    """The tasker after one more label; `others` (K,) is the posterior without it. Near-certain
    posteriors teach much, undecided ones little."""
    logs = _answer_logs(accuracy_model, parameters.mean[None])[0]
    shares = np.exp(accuracy_model.offset - accuracy_model.offset.max())
    shares = (
        others[:, None] * shares / np.maximum(_per_member(accuracy_model, shares.sum(0))[accuracy_model.member], 1e-300)
    )
    weight = shares * np.exp(logs[:, :, label])
    weight /= np.maximum(_per_member(accuracy_model, weight.sum(0))[accuracy_model.member], 1e-300)
    chance = np.exp(logs)
    means, spreads = parameters.mean.copy(), parameters.spread.copy()
    for m in range(len(means)):
        here = accuracy_model.member == m
        slope, curve = _pull(weight[:, here], chance[:, here], accuracy_model.ease[here], label, means.shape[1] > 1)
        spreads[m] = spreads[m] - spreads[m] @ curve @ np.linalg.solve(
            np.eye(len(curve)) + spreads[m] @ curve, spreads[m]
        )
        means[m] = means[m] + spreads[m] @ slope
    return AnnotatorParameters(means, spreads)


def _pull(weight: Floats, chance: Floats, ease: Floats, label: int, likings: bool) -> tuple[Floats, Floats]:
    """Slope and expected curvature of one label's log chance in the parameters [s, b...].

    A label's logit holds its own liking, and the ability times the ease where it is the right one: an identity beside
    one column, so that nothing larger than (K·G, K) and (K, K) is made.
    """
    right = np.einsum("kgk->kg", chance)
    pull = weight * ease
    slope = float(pull[label].sum() - (pull * right).sum())
    ability = float((pull * ease * right * (1 - right)).sum())
    if not likings:
        return np.array([slope]), np.array([[ability]])
    classes = chance.shape[-1]
    said, each = chance.reshape(-1, classes), weight.reshape(-1, 1)
    expected = (each * said).sum(0)
    curve = np.empty((1 + classes, 1 + classes))
    curve[0, 0] = ability
    curve[0, 1:] = curve[1:, 0] = (pull * right).sum(1) - (pull * right).reshape(-1) @ said
    curve[1:, 1:] = np.diag(expected) - (each * said).T @ said
    return np.append(slope, np.eye(classes)[label] * weight.sum() - expected), curve


def _answer_logs(accuracy_model: AccuracyModel, means: Floats) -> Floats:
    """(taskers, K, G, K) log chances; `means` (taskers, M, D)."""
    logits = _answer_logits(accuracy_model, means)
    logits -= logits.max(-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


def _answer_logits(accuracy_model: AccuracyModel, means: Floats) -> Floats:
    """The same, each but for a sum that is common to its answers."""
    by_group = means[:, accuracy_model.member]
    liked = by_group[:, None, :, 1:] if means.shape[-1] > 1 else np.zeros((len(means), 1, 1, 1))
    logits = accuracy_model.plain + liked
    gain = by_group[:, :, 0] * accuracy_model.ease
    for k in range(accuracy_model.classes):
        logits[:, k, :, k] += gain
    return logits


def _per_member(accuracy_model: AccuracyModel, values: Floats) -> Floats:
    return np.add.reduceat(values, accuracy_model.starts, axis=-1)


def _pooled(accuracy_model: AccuracyModel, scores: Floats) -> Floats:
    """Posterior (M, K) of each member from joint scores (K, G)."""
    top = np.maximum.reduceat(scores.max(0), accuracy_model.starts)
    joint = np.add.reduceat(np.exp(scores - top[accuracy_model.member]), accuracy_model.starts, axis=1).T
    return joint / joint.sum(1, keepdims=True)
