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

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import scipy
from numpy.typing import NDArray

from projects.inference.colours import Colours, colours
from projects.inference.matrices import Table, inverses, quickest

Floats = NDArray[np.float64]

# Weakly informative: two labels' worth of "half right, rest even" per class row of the population.
ROW_PRIOR = 2.0
# Mean change of a task's posterior at which the estimate stands still.
STILL = 1e-3
# Before so many turns it is never held to stand still.
FIRST_TURNS = 4
# Steps are shortened to this many logits, so that one step can't run away.
LONGEST_STEP = 2.0
# Sums of chances below that have lost digits.
SMALLEST = 1e-280


@dataclass(frozen=True)
class Member:
    """Which parts of the model are on. `ease` are the groups' d_g, `shares` how common each is before
    anything is seen; they are re-estimated if `learn_shares`. Where all are `alike` there is one ability for everybody
    and every class, all classes are equally common and all mistakes equally likely: that is a majority vote. Where
    mistakes are `popular` each falls on a class as often whatever is true (only `one_coin` fits that).
    Where what a tasker is goes `together` its covariance is learnt: who is strict with one grade is so with all."""

    bias: bool
    ease: tuple[float, ...] = (1.0,)
    shares: tuple[float, ...] = (1.0,)
    learn_shares: bool = False
    alike: bool = False
    popular: bool = False
    together: bool = False


@dataclass(frozen=True)
class Fit:
    """What was learnt. Shapes: tasks T, taskers W, classes K, groups G, parameters D = 1 (+ K).

    `joint` (T, K, G) posterior of each task's class and difficulty group; `ease` (G,) of the groups; `parameters`
    (W, D) [s, b...] and `spread` (W, D, D) their covariance; `classes` (K,) log share of each class;
    `confusions` (K, K) the population's e_kl, zeros on the diagonal.
    """

    joint: Floats
    ease: Floats
    parameters: Floats
    spread: Floats
    classes: Floats
    shares: Floats
    ability: float
    confusions: Floats
    variances: Floats

    @property
    def posterior(self) -> Floats:
        """(T, K) probability of each class."""
        return self.joint.sum(2)

    @property
    def offset(self) -> Floats:
        """(K, G) log share of each class and group."""
        return self.classes[:, None] + np.log(self.shares)

    @property
    def table(self) -> Floats:
        """(W, K, G, K) log chance of each answer."""
        state = _State(self.parameters, self.variances, self.ability, self.confusions, self.spread)
        return answer_logs(state, self.ease, self.parameters.shape[1] > 1).transpose(3, 0, 1, 2)

    def foretold(self, task: NDArray[np.int64], worker: NDArray[np.int64], label: NDArray[np.int64]) -> Floats:
        """The chance of each of these labels, if none of them was there when this was learnt."""
        return np.einsum("nkg,nkg->n", self.joint[task], np.exp(self.table[worker, :, :, label]))


class Learnt(Protocol):
    """What any model learnt of people: `table` and `offset` as in Fit."""

    @property
    def table(self) -> Floats: ...

    @property
    def offset(self) -> Floats: ...


@dataclass
class _State:
    parameters: Floats
    variances: Floats
    ability: float
    confusions: Floats
    spread: Floats
    covariance: Floats | None = None


@dataclass(frozen=True)
class Votes:
    """Who said what of which task, as two sparse matrices of the same ones: `said` (classes × taskers, tasks),
    rows by class and then tasker, and its transpose `heard`; `first` (classes, tasks) what is held in the beginning,
    the shares of the votes unless said, and how many `steps` people are fitted to that before anything else is held;
    `looks` is what all look like, if that is known."""

    said: scipy.sparse.csr_array
    heard: scipy.sparse.csr_array
    first: Floats
    steps: int = 1
    looks: Colours | None = None

    @cached_property
    def seen(self) -> NDArray[np.int64]:
        """The rows of `said` that aren't empty: what somebody never said needs no table of their own."""
        return np.flatnonzero(np.diff(self.said.indptr))

    @cached_property
    def of_seen(self) -> tuple[Table, Table]:
        """`said` and `heard` with the rows, and columns, that are `seen` alone."""
        rows, tasks = self.said.shape
        starts = np.append(self.said.indptr[self.seen], self.said.indptr[-1])
        said = scipy.sparse.csr_array((self.said.data, self.said.indices, starts), shape=(self.seen.size, tasks))
        place = np.zeros(rows, dtype=self.heard.indices.dtype)
        place[self.seen] = np.arange(self.seen.size)
        columns = place[self.heard.indices]
        heard = scipy.sparse.csr_array((self.heard.data, columns, self.heard.indptr), shape=(tasks, self.seen.size))
        return quickest(said), quickest(heard)

    @cached_property
    def products(self) -> tuple[Table, Table]:
        """`said` and `heard` as they are quickest to multiply by."""
        return quickest(self.said), quickest(self.heard)

    @cached_property
    def triples(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """(task, tasker, class) of each label, by class and then tasker."""
        row = np.repeat(np.arange(self.said.shape[0]), np.diff(self.said.indptr))
        label, worker = np.divmod(row, max(self.said.shape[0] // max(len(self.first), 1), 1))
        return self.said.indices.astype(np.int64), worker, label

    @cached_property
    def told(self) -> Colours:
        """What tasks, taskers and classes look like."""
        if self.looks is not None:
            return self.looks
        classes, tasks = self.first.shape
        return colours(*self.triples, (tasks, self.said.shape[0] // max(classes, 1), classes))


def votes(
    task: NDArray[np.int64],
    worker: NDArray[np.int64],
    label: NDArray[np.int64],
    sizes: tuple[int, int, int],
    weight: Floats | None = None,
) -> Votes:
    """Arrange triples for any number of fits. `sizes` = (tasks, taskers, classes); `weight` is how much each counts."""
    tasks, workers, classes = sizes
    each = np.ones(task.size) if weight is None else weight
    said = scipy.sparse.csr_array((each, (label * workers + worker, task)), shape=(workers * classes, tasks))
    first = np.bincount(label * tasks + task, each, minlength=classes * tasks).reshape(classes, tasks)
    first[:, first.sum(0) == 0] = 1
    return Votes(said, said.T.tocsr(), first / first.sum(0))


def fit(
    given: Votes,
    sizes: tuple[int, int, int],
    member: Member,
    known: NDArray[np.int64] | None = None,
    rounds: int = 60,
    lean: Floats | None = None,
    begin: Fit | None = None,
) -> Fit:
    """Estimate all from votes. `sizes` = (tasks, taskers, classes); `known[t]` is a class or -1; `lean`
    (tasks, classes) are log chances of each task's classes from elsewhere, used instead of the shares; `begin` is what
    was learnt of the same people, else all begins with the shares of the votes.

    Inside, tasks and taskers are the last axis of every table: sums over classes and groups, of which
    there are few, then run along the memory."""
    tasks, workers, classes = sizes
    ease, shares = np.array(member.ease), np.array(member.shares)
    leaning = None if lean is None else np.ascontiguousarray(lean.T)
    if begin is None:
        joint = held(given.first, known)[:, None, :] * shares[:, None]
        state = _first_state(workers, classes, member)
    else:
        joint, shares = np.ascontiguousarray(expected(begin, given, known).transpose(1, 2, 0)), begin.shares
        state = _State(begin.parameters, begin.variances.copy(), begin.ability, begin.confusions, begin.spread)
    posterior = joint.sum(1)
    table, (said, heard) = answer_logs(state, ease, member.bias), given.products
    class_logs = np.zeros(classes)
    for turn in range(rounds):
        states = np.ascontiguousarray(joint.reshape(classes * ease.size, tasks).T)
        counts = np.ascontiguousarray((said @ states).T).reshape(classes, ease.size, classes, workers)
        table = _stepped(state, counts, ease, member, table, 1 if turn else given.steps)
        if turn > 3 and not member.alike:
            _learn_variances(state, member.together)
        if member.learn_shares:
            shares = (joint.sum((0, 2)) + 1) / (tasks + ease.size)
        totals = np.ones(classes) if member.alike else posterior.sum(1) + 1
        class_logs = np.log(totals / totals.sum())
        scores = (heard @ table.reshape(classes * ease.size, classes * workers).T).T
        scores = np.ascontiguousarray(scores).reshape(classes, ease.size, tasks) + np.log(shares)[:, None]
        scores += (class_logs[:, None] if leaning is None else leaning)[:, None]
        joint = _normalised(scores, known)
        before, posterior = posterior, joint.sum(1)
        if turn >= FIRST_TURNS and np.abs(posterior - before).sum() < STILL * tasks:
            break
    return Fit(joint.transpose(2, 0, 1), ease, state.parameters, state.spread, class_logs, shares, state.ability,
               state.confusions, state.variances)  # fmt: skip


def answer_logs(state: _State, ease: Floats, bias: bool) -> Floats:
    """Log chance (K, G, K, W) by true class and difficulty group of each answer of each tasker."""
    classes, workers = len(state.confusions), len(state.parameters)
    logits = np.empty((classes, ease.size, classes, workers))
    logits[:] = state.confusions[:, None, :, None]
    right = np.arange(classes)
    logits[right, :, right] = ease[:, None] * (state.ability + state.parameters[:, 0])
    if bias:
        logits += state.parameters[:, 1:].T
    logits -= logits.max(2, keepdims=True)
    return logits - np.log(np.exp(logits).sum(2, keepdims=True))


def expected(learnt: Learnt, given: Votes, known: NDArray[np.int64] | None) -> Floats:
    """(T, K, G) the joint posterior of other labels of the people of whom this was learnt."""
    table = learnt.table.transpose(3, 0, 1, 2)
    classes, groups = table.shape[2:]
    scores = given.products[1] @ table.reshape(-1, classes * groups)
    joint = normalised(scores, learnt.offset.ravel()).reshape(-1, classes, groups)
    if known is None:
        return joint
    right = (known[:, None] == np.arange(classes))[:, :, None]
    return np.where(known[:, None, None] >= 0, right * joint.sum(1, keepdims=True), joint)


def held(chance: Floats, known: NDArray[np.int64] | None) -> Floats:
    """The chances (K, T) with all weight on the known class where one is known."""
    if known is None:
        return chance
    return np.where(known >= 0, known == np.arange(len(chance))[:, None], chance).astype(float)


def plain_confusions(classes: int) -> Floats:
    """(K, K) the log chances of all mistakes where they are equally likely, zeros on the diagonal."""
    return np.where(np.eye(classes, dtype=bool), 0.0, -np.log(max(classes - 1, 1)))


def normalised(scores: Floats, offset: Floats) -> Floats:
    """The chances (tasks, states) by their log scores, which it uses up, and `offset` (states,), which is added to them
    all. The largest of each task is sought only where one is too small for its own sake: seeking it takes as long as
    half a turn. Multiplying by what is the same for a row or a column is quicker than adding it, or dividing by it."""
    common = np.exp(offset)
    chances = np.exp(scores)
    totals = chances @ common
    if not (totals.min(initial=1) > SMALLEST and totals.max(initial=1) < np.inf):
        scores += offset
        scores -= scores.max(1, keepdims=True, initial=-1e300)
        common = np.ones(offset.size)
        chances = np.exp(scores)
        totals = chances @ common
    chances *= np.dot((1 / totals)[:, None], common[None])
    return chances


def _first_state(workers: int, classes: int, member: Member) -> _State:
    size = 1 + (classes if member.bias else 0)
    confusions = plain_confusions(classes)
    variances = np.zeros(size) if member.alike else np.array([1.0] + [0.5] * (size - 1))
    return _State(np.zeros((workers, size)), variances, 1.5, confusions, np.zeros((workers, size, size)))


def _stepped(state: _State, counts: Floats, ease: Floats, member: Member, table: Floats, steps: int) -> Floats:
    """The log chances of all answers after so many Newton steps from those of `table`."""
    for _ in range(steps):
        _step(state, counts, ease, member, np.exp(table))
        table = answer_logs(state, ease, member.bias)
    return table


def _step(state: _State, counts: Floats, ease: Floats, member: Member, chance: Floats) -> None:
    """One Newton step on every tasker's parameters, then on the ability and the confusions of all. `chance`
    (K, G, K, W) are the chances of the answers under `state`."""
    totals = counts.sum(2)
    if member.alike:
        _step_ability(state, counts, totals, chance, ease)
        return
    bias = member.bias
    prior = np.diag(1 / state.variances) if state.covariance is None else np.linalg.inv(state.covariance)
    slope = _slope(counts - totals[:, :, None] * chance, ease, bias) - prior @ state.parameters.T
    inverse = inverses(_curve(totals, chance, ease, bias) + prior[:, :, None])
    state.spread = inverse.transpose(2, 0, 1)
    move = np.einsum("dew,ew->dw", inverse, slope)
    longest = np.abs(move).max(0)
    state.parameters = state.parameters + (move * np.minimum(1, LONGEST_STEP / np.maximum(longest, 1e-9))).T
    chance = np.exp(answer_logs(state, ease, bias))
    _step_ability(state, counts, totals, chance, ease)
    _step_confusions(state, counts, totals, chance)


def _slope(rest: Floats, ease: Floats, bias: bool) -> Floats:
    right = ease @ np.einsum("kgkw->gw", rest)
    return np.vstack([right, rest.sum((0, 1))]) if bias else right[None]


def _curve(totals: Floats, chance: Floats, ease: Floats, bias: bool) -> Floats:
    right = np.einsum("kgkw->kgw", chance)
    ability: Floats = ease**2 @ (totals * right * (1 - right)).sum(0)
    if not bias:
        return ability[None, None]
    classes, groups, _, workers = chance.shape
    states = classes * groups
    flat = chance.reshape(states, classes, workers)
    weighted = totals.reshape(states, 1, workers) * flat
    pull = totals * right * ease[:, None]
    cross = pull.sum(1) - np.einsum("sw,slw->lw", pull.reshape(states, workers), flat)
    curve = np.empty((classes + 1, classes + 1, workers))
    curve[0, 0] = ability
    curve[0, 1:] = curve[1:, 0] = cross
    np.negative(np.einsum("slw,smw->lmw", weighted, flat), out=curve[1:, 1:])
    diagonal = np.arange(1, classes + 1)
    curve[diagonal, diagonal] += weighted.sum(0)
    return curve


def _step_ability(state: _State, counts: Floats, totals: Floats, chance: Floats, ease: Floats) -> None:
    right = np.einsum("kgkw->kgw", chance)
    hits = np.einsum("kgkw->kgw", counts)
    slope = ease @ (hits - totals * right).sum((0, 2)) - 0.1 * state.ability
    curve = ease**2 @ (totals * right * (1 - right)).sum((0, 2)) + 0.1
    state.ability = float(state.ability + np.clip(slope / curve, -1, 1))


def _step_confusions(state: _State, counts: Floats, totals: Floats, chance: Floats) -> None:
    classes = len(state.confusions)
    if classes <= 2:
        return
    off = ~np.eye(classes, dtype=bool)
    even = ROW_PRIOR / (classes - 1)
    every = np.ones(counts.shape[3])
    seen = (counts @ every).sum(1) + even
    expected = (chance @ totals[..., None])[..., 0].sum(1) + even
    logs = np.where(off, state.confusions + np.log(seen / expected), -np.inf)
    state.confusions = np.where(off, logs - np.logaddexp.reduce(logs, axis=1, keepdims=True), 0.0)


def _learn_variances(state: _State, together: bool) -> None:
    """How far people are apart. Where their parameters go together, the covariance is drawn to none by as many people
    as a tasker has parameters."""
    square = state.parameters**2 + np.einsum("wdd->wd", state.spread)
    workers, size = square.shape
    state.variances[0] = learnt_variance(state.parameters[:, 0], state.spread[:, 0, 0])
    if size > 1:
        state.variances[1:] = (square[:, 1:].sum() + 0.5) / (workers * (size - 1) + 2)
    if together:
        products = state.parameters.T @ state.parameters + state.spread.sum(0)
        state.covariance = (products + size * np.diag(state.variances)) / (workers + size)


def learnt_variance(ability: Floats, spread: Floats) -> float:
    """How far people's abilities are apart, drawn a little towards a half."""
    return float(((ability**2 + spread).sum() + 1.0) / (ability.size + 2))


def _normalised(scores: Floats, known: NDArray[np.int64] | None) -> Floats:
    """Joint posterior (K, G, T); a known task has all its weight on the known class."""
    if known is not None:
        excluded = (known >= 0) & (known != np.arange(len(scores))[:, None])
        scores = np.where(excluded[:, None], -np.inf, scores)
    joint = np.exp(scores - scores.max((0, 1)))
    joint /= joint.sum((0, 1))
    return joint
