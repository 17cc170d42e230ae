"""The posterior of one task and the standing of one tasker, at once, between two batch estimates.

A batch (`classification.estimate`) leaves an `AccuracyModel`: what holds for all; and for each tasker
`AnnotatorParameters`: what holds for them. Both are plain numbers that go into JSON. A submission then costs one call
of `posterior` (work in proportion to the labels on the task) and, once the task is decided, one call of
`learn` per tasker, with the posterior of the *other* taskers' labels, so that nobody is graded by
themselves (assumed density filtering: one Newton step on the tasker's parameters, Opper 1998; where a
tasker has a confusion matrix, one more count in it).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from projects.inference.classification import Estimate, Fitted
from projects.inference.confusion import ConfusionFit, expected_logs
from projects.inference.dawid_skene import Fit, Member
from projects.inference.rivals import ENOUGH, tempered

Floats = NDArray[np.float64]

# Counts below this are not stored, and the others with so many digits.
LEAST_COUNT, DIGITS = 1e-8, 9
# What of an accuracy model is no table.
PLAIN = ("sure", "needed")


@dataclass(frozen=True)
class AccuracyModel:
    """What a batch knows of all: the members of the pool side by side. G groups over M members of ability, and then C
    kinds of tasks over the members with a confusion matrix for each tasker.

    `ease` (G,), `member` (G + C,) the member each group or kind belongs to, `ability` (M,), `confusions` (M, K, K),
    `offset` (K, G + C) log shares of classes and groups, `variances` (M, D) where D is 1 + K, or 1 where no
    member knows liking for answers; among others, a member without it has zero variance there. `rows` (K, C, K) are
    what is added to every tasker's counts; `weights` of all members, even where there are none.
    """

    ease: Floats
    member: NDArray[np.int64]
    ability: Floats
    confusions: Floats
    offset: Floats
    variances: Floats
    rows: Floats = field(default_factory=lambda: np.zeros((0, 0, 0)))
    weights: Floats = field(default_factory=lambda: np.zeros(0))
    sure: float = 1.0
    needed: int = 0

    @property
    def identified(self) -> bool:
        """Whether the crowd's answers tell what is true; False where another story could as well be."""
        return self.sure >= ENOUGH

    @property
    def shares(self) -> Floats:
        """How much each member counts; they sum to one."""
        members = int(self.member[-1]) + 1
        return self.weights if self.weights.size else np.full(members, 1 / members)

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
        logits = np.ascontiguousarray(self.confusions[self.owner].transpose(1, 0, 2))
        right = np.arange(self.classes)
        logits[right, :, right] += self.ability[self.owner] * self.ease
        return logits

    @cached_property
    def owner(self) -> NDArray[np.int64]:
        """The member of each group of ability."""
        return self.member[: self.ease.size]

    @cached_property
    def row_totals(self) -> Floats:
        """(K, C) what is added to every tasker's rows."""
        return self.rows.sum(2)

    def to_json(self) -> dict[str, Any]:
        told = {name: getattr(self, name).tolist() for name in self.__dataclass_fields__ if name not in PLAIN}
        return told | {"sure": self.sure, "needed": self.needed}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> AccuracyModel:
        tables = [name for name in cls.__dataclass_fields__ if name in stored and name not in PLAIN]
        numbers: dict[str, Any] = {name: np.array(stored[name], dtype=float) for name in tables}
        if not numbers.get("rows", np.zeros(0)).size:
            numbers.pop("rows", None)
        plain = {name: stored[name] for name in PLAIN if name in stored}
        return cls(**{**numbers, "member": numbers["member"].astype(np.int64)}, **plain)


@dataclass(frozen=True)
class AnnotatorParameters:
    """A tasker per member: `mean` (M, D) of ability and likings, `spread` (M, D, D); `counts` (K, C, K) how often they
    said what of which class and kind, nothing where no member has confusion matrices."""

    mean: Floats
    spread: Floats
    counts: Floats = field(default_factory=lambda: np.zeros((0, 0, 0)))

    def to_json(self) -> dict[str, Any]:
        """Stored sparsely: of many classes each tasker has seen few."""
        mean: Any = self.mean.tolist()
        if self.counts.size:
            cells = np.flatnonzero(self.counts > LEAST_COUNT)
            told = [cells.tolist(), self.counts.ravel()[cells].round(DIGITS).tolist()]
            mean = {"mean": mean, "shape": list(self.counts.shape), "counts": told}
        return {"mean": mean, "spread": self.spread.tolist()}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> AnnotatorParameters:
        mean, spread = stored["mean"], np.array(stored["spread"], dtype=float)
        if not isinstance(mean, dict):
            return cls(np.array(mean, dtype=float), spread)
        counts = np.zeros(mean["shape"])
        counts.flat[mean["counts"][0]] = mean["counts"][1]
        return cls(np.array(mean["mean"], dtype=float), spread, counts)


def accuracy_model_of(estimate: Estimate) -> AccuracyModel:
    """The common part of a batch estimate."""
    able, personal = _abilities(estimate), _personal(estimate)
    fits: list[Fitted] = [*able, *personal]
    groups = [fit.joint.shape[2] for fit in fits]
    variances = np.zeros((len(able), _width(estimate)))
    for m, fit in enumerate(able):
        variances[m, : fit.variances.size] = fit.variances
    classes = estimate.posterior.shape[1]
    eases = [np.array(member.ease) for member in estimate.members if isinstance(member, Member)]
    return AccuracyModel(
        np.concatenate([*eases, np.zeros(0)]),
        np.repeat(np.arange(len(groups)), groups),
        np.array([fit.ability for fit in able]),
        np.array([fit.confusions for fit in able]).reshape(len(able), classes, classes),
        np.concatenate([fit.offset for fit in fits], axis=1),
        variances,
        np.concatenate([np.zeros((classes, 0, classes)), *(fit.prior for fit in personal)], axis=1),
        estimate.weights,
        estimate.sure,
        estimate.needed,
    )


def parameters_of(estimate: Estimate, worker: int) -> AnnotatorParameters:
    """One tasker's part of a batch estimate."""
    able, personal, size = _abilities(estimate), _personal(estimate), _width(estimate)
    mean, spread = np.zeros((len(able), size)), np.zeros((len(able), size, size))
    for m, fit in enumerate(able):
        wide = fit.parameters.shape[1]
        mean[m, :wide], spread[m, :wide, :wide] = fit.parameters[worker], fit.spread[worker]
    classes = estimate.posterior.shape[1]
    counts = [np.zeros((classes, 0, classes)), *(fit.counts[worker] for fit in personal)]
    return AnnotatorParameters(mean, spread, np.concatenate(counts, axis=1))


def _abilities(estimate: Estimate) -> list[Fit]:
    return [fit for fit in estimate.fits if isinstance(fit, Fit)]


def _personal(estimate: Estimate) -> list[ConfusionFit]:
    return [fit for fit in estimate.fits if isinstance(fit, ConfusionFit)]


def _width(estimate: Estimate) -> int:
    return max((fit.variances.size for fit in _abilities(estimate)), default=1)


def newcomer(accuracy_model: AccuracyModel) -> AnnotatorParameters:
    """A tasker of whom nothing is known: the population's mean and variances."""
    return AnnotatorParameters(
        np.zeros_like(accuracy_model.variances),
        np.array([np.diag(row) for row in accuracy_model.variances]),
        np.zeros_like(accuracy_model.rows),
    )


def posterior(
    accuracy_model: AccuracyModel, parameters: Sequence[AnnotatorParameters], labels: Sequence[int]
) -> Floats:
    """Probability of each class (K,) of a task on which taskers with `parameters` gave `labels`."""
    pooled = accuracy_model.shares @ _pooled(accuracy_model, _scores(accuracy_model, parameters, labels))
    return tempered(np.minimum(pooled, 1), accuracy_model.sure)  # shares add up to a hair more than one


def posteriors_after(
    accuracy_model: AccuracyModel,
    parameters: Sequence[AnnotatorParameters],
    labels: Sequence[int],
    asked: AnnotatorParameters,
) -> Floats:
    """(K, K): for each label that one more tasker may give, the probability of each class then."""
    scores, logs = _scores(accuracy_model, parameters, labels), _all_logs(accuracy_model, asked)
    after = [
        accuracy_model.shares @ _pooled(accuracy_model, scores + logs[:, :, label])
        for label in range(accuracy_model.classes)
    ]
    return tempered(np.stack(after), accuracy_model.sure)


def chances_of_next(
    accuracy_model: AccuracyModel,
    parameters: Sequence[AnnotatorParameters],
    labels: Sequence[int],
    asked: AnnotatorParameters,
) -> Floats:
    """(M, K): the chance of each label that one more tasker may give, to each member of the pool."""
    scores, logs = _scores(accuracy_model, parameters, labels), _all_logs(accuracy_model, asked)
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
    told = (given - top - np.log(np.exp(logits - top[..., None]).sum(-1))).sum(0)
    if accuracy_model.rows.size:
        counts = np.array([one.counts if one.counts.size else accuracy_model.rows * 0 for one in parameters])
        cells = (
            counts[np.arange(len(labels)), :, :, list(labels)] + accuracy_model.rows.transpose(2, 0, 1)[list(labels)]
        )
        rows = expected_logs(cells, counts.sum(-1) + accuracy_model.row_totals).sum(0)
        told = np.concatenate([told, rows], axis=1)
    return accuracy_model.offset + told


def learn(
    accuracy_model: AccuracyModel, parameters: AnnotatorParameters, label: int, others: Floats
) -> AnnotatorParameters:
    """The tasker after one more label; `others` (K,) is the posterior without it. Near-certain
    posteriors teach much, undecided ones little."""
    logs = _all_logs(accuracy_model, parameters)
    shares = np.exp(accuracy_model.offset - accuracy_model.offset.max())
    shares = (
        others[:, None] * shares / np.maximum(_per_member(accuracy_model, shares.sum(0))[accuracy_model.member], 1e-300)
    )
    weight = shares * np.exp(logs[:, :, label])
    weight /= np.maximum(_per_member(accuracy_model, weight.sum(0))[accuracy_model.member], 1e-300)
    chance = np.exp(logs)
    means, spreads = parameters.mean.copy(), parameters.spread.copy()
    for m in range(len(means)):
        here = np.flatnonzero(accuracy_model.owner == m)
        slope, curve = _pull(weight[:, here], chance[:, here], accuracy_model.ease[here], label, means.shape[1] > 1)
        spreads[m] = spreads[m] - spreads[m] @ curve @ np.linalg.solve(
            np.eye(len(curve)) + spreads[m] @ curve, spreads[m]
        )
        means[m] = means[m] + spreads[m] @ slope
    counts = parameters.counts.copy() if parameters.counts.size else accuracy_model.rows * 0
    if counts.size:
        counts[:, :, label] += weight[:, accuracy_model.ease.size :]
    return AnnotatorParameters(means, spreads, counts)


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


def _all_logs(accuracy_model: AccuracyModel, one: AnnotatorParameters) -> Floats:
    """(K, G + C, K) log chances of one tasker's answers, to the members of ability and then to the others."""
    logs = _answer_logs(accuracy_model, one.mean[None])[0]
    if not accuracy_model.rows.size:
        return logs
    cells = accuracy_model.rows + one.counts if one.counts.size else accuracy_model.rows
    return np.concatenate([logs, expected_logs(cells, cells.sum(-1, keepdims=True))], axis=1)


def _answer_logs(accuracy_model: AccuracyModel, means: Floats) -> Floats:
    """(taskers, K, G, K) log chances; `means` (taskers, M, D)."""
    logits = _answer_logits(accuracy_model, means)
    logits -= logits.max(-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


def _answer_logits(accuracy_model: AccuracyModel, means: Floats) -> Floats:
    """The same, each but for a sum that is common to its answers."""
    by_group = means[:, accuracy_model.owner]
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
