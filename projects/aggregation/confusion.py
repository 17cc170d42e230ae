"""One model of who mistakes what for what: a hierarchical Dawid-Skene model with task difficulty.

The chance that tasker w says l about a task of class k and difficulty group g is

    softmax over l of   d_g (μ + s_w) [l = k]  +  e_kl [l ≠ k]  +  b_wl

with μ the population's ability, s_w the tasker's own, e_kl the population's confusions, b_wl the
tasker's liking for an answer, d_g the ease of the group (0: the task tells nothing; 1: ordinary). s and
b are drawn from normal distributions whose variances are estimated too (partial pooling), so a tasker
with one label is the population's tasker and one with a thousand is themselves. The population's
ability is one number for all classes: asymmetries must be earned by each tasker apart, which keeps
skewed classes from being explained away.

Sources: Dawid and Skene 1979 (the latent class model, EM), Whitehill et al. 2009 (ability × ease),
Paun et al. 2018 (the hierarchical variant), Tutz 1986 style multinomial logit with random effects
fitted by Newton steps on expected counts (generalised EM) and Laplace variances.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Floats = NDArray[np.float64]

# Weakly informative: two labels' worth of "half right, rest even" per class row of the population.
ROW_PRIOR = 2.0
# Mean change of a task's posterior at which the estimate stands still.
STILL = 1e-3
# Steps are shortened to this many logits, so that one step can't run away.
LONGEST_STEP = 2.0


@dataclass(frozen=True)
class Member:
    """Which parts of the model are on. `ease` are the groups' d_g, `shares` how common each is before
    anything is seen; they are re-estimated if `learn_shares`."""

    bias: bool
    ease: tuple[float, ...] = (1.0,)
    shares: tuple[float, ...] = (1.0,)
    learn_shares: bool = False


@dataclass(frozen=True)
class Fit:
    """What was learnt. Shapes: tasks T, taskers W, classes K, groups G, parameters D = 1 (+ K).

    `posterior` (T, K); `groups` (T, G) posterior of each task's difficulty group; `table` (W, K, G, K)
    log chance of each answer; `newcomer` (K, G, K) the same for a tasker without labels; `traits`
    (W, D) [s, b...] and `spread` (W, D, D) their covariance; `classes` (K,) log share of each class;
    `confusions` (K, K) the population's e_kl, zeros on the diagonal.
    """

    posterior: Floats
    groups: Floats
    table: Floats
    newcomer: Floats
    traits: Floats
    spread: Floats
    classes: Floats
    shares: Floats
    ability: float
    confusions: Floats
    variances: Floats


@dataclass
class _State:
    traits: Floats
    variances: Floats
    ability: float
    confusions: Floats
    spread: Floats


def fit(
    task: NDArray[np.int64],
    worker: NDArray[np.int64],
    label: NDArray[np.int64],
    sizes: tuple[int, int, int],
    member: Member,
    known: NDArray[np.int64] | None = None,
    rounds: int = 60,
    lean: Floats | None = None,
) -> Fit:
    """Estimate all from triples. `sizes` = (tasks, taskers, classes); `known[t]` is a class or -1; `lean`
    (tasks, classes) are log chances of each task's classes from elsewhere, used instead of the shares."""
    tasks, workers, classes = sizes
    ease, shares = np.array(member.ease), np.array(member.shares)
    said = _votes(task, worker, label, sizes)
    heard = said.T.tocsr()
    joint = _start(task, label, tasks, classes, known)[:, :, None] * shares
    state = _first_state(workers, classes, member.bias)
    class_logs = np.zeros(classes)
    for turn in range(rounds):
        counts = said @ joint.reshape(tasks, classes * ease.size)
        counts = counts.reshape(workers, classes, classes, ease.size).transpose(0, 2, 3, 1)
        _step(state, counts, ease, member.bias)
        if turn > 3:
            _learn_variances(state)
        if member.learn_shares:
            shares = (joint.sum((0, 1)) + 1) / (tasks + ease.size)
        totals = joint.sum((0, 2)) + 1
        class_logs = np.log(totals / totals.sum())
        table = answer_logs(state, ease, member.bias)
        scores = heard @ table.transpose(0, 3, 1, 2).reshape(workers * classes, classes * ease.size)
        scores = scores.reshape(tasks, classes, ease.size) + np.log(shares)
        scores += (class_logs if lean is None else lean)[..., None]
        before, joint = joint, _normalised(scores, known)
        if turn > 8 and np.abs(joint.sum(2) - before.sum(2)).sum() < STILL * tasks:
            break
    newcomer = answer_logs(replace(state, traits=np.zeros((1, state.variances.size))), ease, member.bias)[0]
    return Fit(joint.sum(2), joint.sum(1), table, newcomer, state.traits, state.spread, class_logs, shares,
               state.ability, state.confusions, state.variances)  # fmt: skip


def answer_logs(state: _State, ease: Floats, bias: bool) -> Floats:
    """Log chance (W, K, G, K) of each answer by tasker, true class and difficulty group."""
    classes = len(state.confusions)
    logits = np.repeat(state.confusions[None, :, None, :], ease.size, axis=2)
    logits = np.repeat(logits, len(state.traits), axis=0)
    right = np.arange(classes)
    gain = (state.ability + state.traits[:, 0])[:, None] * ease
    logits[:, right, :, right] = gain[None]
    if bias:
        logits = logits + state.traits[:, None, None, 1:]
    logits -= logits.max(-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


def _votes(
    task: NDArray[np.int64], worker: NDArray[np.int64], label: NDArray[np.int64], sizes: tuple[int, int, int]
) -> csr_array:
    """Who said what of which task: (taskers × classes, tasks)."""
    tasks, workers, classes = sizes
    cells = (worker * classes + label, task)
    return csr_array((np.ones(task.size), cells), shape=(workers * classes, tasks))


def _start(
    task: NDArray[np.int64],
    label: NDArray[np.int64],
    tasks: int,
    classes: int,
    known: NDArray[np.int64] | None,
) -> Floats:
    votes = np.zeros((tasks, classes))
    np.add.at(votes, (task, label), 1)
    votes[votes.sum(1) == 0] = 1
    votes /= votes.sum(1, keepdims=True)
    if known is not None:
        sure = known >= 0
        votes[sure] = np.eye(classes)[known[sure]]
    return votes


def _first_state(workers: int, classes: int, bias: bool) -> _State:
    size = 1 + (classes if bias else 0)
    confusions = np.full((classes, classes), -np.log(max(classes - 1, 1)))
    np.fill_diagonal(confusions, 0.0)
    variances = np.array([1.0] + [0.5] * (size - 1))
    return _State(np.zeros((workers, size)), variances, 1.5, confusions, np.zeros((workers, size, size)))


def _step(state: _State, counts: Floats, ease: Floats, bias: bool) -> None:
    """One Newton step on every tasker's traits, then on the ability and the confusions of all."""
    totals = counts.sum(3)
    chance = np.exp(answer_logs(state, ease, bias))
    slope = _slope(counts - totals[..., None] * chance, ease, bias) - state.traits / state.variances
    curve: Floats = _curve(totals, chance, ease, bias) + np.diag(1 / state.variances)
    state.spread = np.asarray(np.linalg.inv(curve), dtype=np.float64)
    move = (state.spread @ slope[..., None])[..., 0]
    longest = np.abs(move).max(1, keepdims=True)
    state.traits = state.traits + move * np.minimum(1, LONGEST_STEP / np.maximum(longest, 1e-9))
    _step_population(state, counts, totals, np.exp(answer_logs(state, ease, bias)), ease)


def _slope(rest: Floats, ease: Floats, bias: bool) -> Floats:
    right = np.einsum("wkgk->wg", rest) @ ease
    return np.column_stack([right, rest.sum((1, 2))]) if bias else right[:, None]


def _curve(totals: Floats, chance: Floats, ease: Floats, bias: bool) -> Floats:
    right = np.einsum("wkgk->wkg", chance)
    ability: Floats = (totals * right * (1 - right)).sum(1) @ ease**2
    if not bias:
        return ability[:, None, None]
    workers, classes = len(totals), chance.shape[-1]
    states = classes * ease.size
    weighted = totals[..., None] * chance
    flat = chance.reshape(workers, states, classes)
    inner = np.matmul(weighted.reshape(workers, states, classes).transpose(0, 2, 1), flat)
    pull = totals * right * ease
    cross = pull.sum(2) - np.matmul(pull.reshape(workers, 1, states), flat)[:, 0]
    curve = np.zeros((workers, classes + 1, classes + 1))
    curve[:, 0, 0] = ability
    curve[:, 0, 1:] = curve[:, 1:, 0] = cross
    curve[:, 1:, 1:] -= inner
    diagonal = np.arange(1, classes + 1)
    curve[:, diagonal, diagonal] += weighted.sum((1, 2))
    return curve


def _step_population(state: _State, counts: Floats, totals: Floats, chance: Floats, ease: Floats) -> None:
    right = np.einsum("wkgk->wkg", chance)
    hits = np.einsum("wkgk->wkg", counts)
    slope = ((hits - totals * right) * ease).sum() - 0.1 * state.ability
    curve = (totals * right * (1 - right) * ease**2).sum() + 0.1
    state.ability = float(state.ability + np.clip(slope / curve, -1, 1))
    classes = len(state.confusions)
    if classes <= 2:
        return
    off = ~np.eye(classes, dtype=bool)
    even = ROW_PRIOR / (classes - 1)
    seen = counts.sum((0, 2)) + even
    expected = (totals[..., None] * chance).sum((0, 2)) + even
    logs = np.where(off, state.confusions + np.log(seen / expected), -np.inf)
    state.confusions = np.where(off, logs - np.logaddexp.reduce(logs, axis=1, keepdims=True), 0.0)


def _learn_variances(state: _State) -> None:
    square = state.traits**2 + np.einsum("wdd->wd", state.spread)
    workers, size = square.shape
    state.variances[0] = (square[:, 0].sum() + 1.0) / (workers + 2)
    if size > 1:
        state.variances[1:] = (square[:, 1:].sum() + 0.5) / (workers * (size - 1) + 2)


def _normalised(scores: Floats, known: NDArray[np.int64] | None) -> Floats:
    """Joint posterior (T, K, G); a known task has all its weight on the known class."""
    if known is not None:
        sure = known[:, None] >= 0
        excluded = sure & (known[:, None] != np.arange(scores.shape[1]))
        scores = np.where(excluded[:, :, None], -np.inf, scores)
    joint = np.exp(scores - scores.max((1, 2), keepdims=True))
    return joint / joint.sum((1, 2), keepdims=True)
