"""Which of a field's labels a text lies nearest to, and how far that may be believed. Pure numpy and scipy.

Each label has a prototype among the vectors of texts: the mean of its phrases and of the texts that were decided to be
it, where the phrases count as a few texts (Snell, Swersky and Zemel, "Prototypical Networks", 2017). So a label means
what its words say until people have said what it means. A text's share for a label is the softmax of its cosines over
a temperature. That temperature is what makes shares honest (Guo and others, "On Calibration of Modern Neural
Networks", 2017): it is fitted to verdicts that were found without the copilot's help, each against prototypes that
leave it out. Before there are enough of those nobody knows how far a share may be believed, and none is told.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy

WORDS_COUNT = 4.0  # texts that a label's words are worth
ENOUGH = 50  # blind verdicts that a temperature is fitted to
USUAL = 0.08  # the temperature before that; it only says which label comes first
COLDEST, HOTTEST = 0.005, 1.0


@dataclass(frozen=True)
class Choices:
    """A field whose answer may be guessed: each of its labels by the phrases that say what it means."""

    field: str
    kind: str  # "choice" | "tree"
    phrases: dict[str, tuple[str, ...]]  # label key -> phrases
    # Of a tree: label key -> keys from the root to it.
    paths: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)

    def value(self, label: str) -> str | list[str]:
        """How an answer says this label."""
        return list(self.paths[label]) if self.kind == "tree" else label


@dataclass(frozen=True)
class Learnt:
    """What verdicts taught about a field: for each label the sum of its texts' vectors."""

    labels: tuple[str, ...] = ()
    sums: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros((0, 0), np.float32))  # a row for each label
    temperature: float | None = None  # None: too few blind verdicts


@dataclass(frozen=True)
class Guess:
    """The likeliest label of a field; `score` in [0, 1], or None where nobody knows how far it may be believed."""

    field: str
    label: str
    score: float | None


@dataclass(frozen=True)
class Fit:
    """How well the prototypes did on blind verdicts that they had not seen."""

    blind: int
    right: float | None  # share of them; None without any
    temperature: float | None


def guess(choices: Choices, learnt: Learnt, words: np.ndarray, text: np.ndarray) -> Guess:
    """`words`: a unit row for each label, in their order; `text`: one unit vector."""
    found = shares(choices, learnt, words, text)
    best = int(found.argmax())
    label = list(choices.phrases)[best]
    return Guess(choices.field, label, None if learnt.temperature is None else round(float(found[best]), 4))


def by_examples(fields: Sequence[Choices], learnt: Mapping[str, Learnt], found: np.ndarray) -> list[Guess]:
    """The likeliest label of each field by what verdicts showed alone, for what no words are near to: images. Fields of
    which fewer than two labels were seen have no guess."""
    guesses = []
    for one in fields:
        taught = learnt.get(one.field, Learnt())
        seen = {label for label, row in zip(taught.labels, taught.sums, strict=True) if row.any()} & set(one.phrases)
        if len(seen) < 2 or taught.sums.shape[1] != len(found):
            continue
        known = dataclasses.replace(one, phrases={key: said for key, said in one.phrases.items() if key in seen})
        guesses.append(guess(known, taught, np.zeros((len(seen), len(found)), np.float32), found))
    return guesses


def shares(choices: Choices, learnt: Learnt, words: np.ndarray, text: np.ndarray) -> np.ndarray:
    """A share for each label, in their order, adding up to 1; arguments as of `guess`."""
    return _shares(_units(_anchored(list(choices.phrases), learnt, words)) @ text, learnt.temperature or USUAL)


def sums(count: int, texts: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """For each of `count` labels the sum of the texts decided to be it; `chosen` are the labels' places."""
    found = np.zeros((count, texts.shape[1]), np.float32)
    np.add.at(found, chosen, texts)
    return found


def fit(words: np.ndarray, texts: np.ndarray, chosen: np.ndarray, blind: np.ndarray) -> Fit:
    """Try each blind verdict against prototypes without it. `chosen`: the labels' places; `blind`: a mask of texts."""
    cosines = left_out(words, texts, chosen, blind)
    own = chosen[np.flatnonzero(blind)]
    if not len(own):
        return Fit(0, None, None)
    right = float((cosines.argmax(1) == own).mean())
    enough = len(own) >= ENOUGH and len(set(own.tolist())) > 1
    return Fit(len(own), right, _temperature(cosines, own) if enough else None)


def left_out(words: np.ndarray, texts: np.ndarray, chosen: np.ndarray, blind: np.ndarray) -> np.ndarray:
    """For each blind text its cosine to each label's prototype, which has learnt from all texts but that one."""
    places = np.flatnonzero(blind)
    rows, own = texts[places], chosen[places]
    anchored = WORDS_COUNT * words + sums(len(words), texts, chosen)
    cosines = rows @ _units(anchored).T
    without = _units(anchored[own] - rows)
    cosines[np.arange(len(places)), own] = (rows * without).sum(1)
    return cosines


def shares_of_left_out(cosines: np.ndarray, own: np.ndarray) -> np.ndarray | None:
    """The shares that such cosines stand for, those of each second text by the temperature that the others say, so that
    none is told by its own verdict; `own`: the labels' places. None where too few are there to tell one."""
    if len(own) < 2 * ENOUGH or any(len(set(own[at::2].tolist())) < 2 for at in (0, 1)):
        return None
    found = np.empty_like(cosines)
    for at in (0, 1):
        found[at::2] = _shares(cosines[at::2], _temperature(cosines[1 - at :: 2], own[1 - at :: 2]))
    return found


def mean_of(rows: Sequence[np.ndarray]) -> np.ndarray:
    """One unit vector for several phrases that mean the same."""
    return _units(np.mean(rows, axis=0, keepdims=True))[0]


def _anchored(labels: Sequence[str], learnt: Learnt, words: np.ndarray) -> np.ndarray:
    found = WORDS_COUNT * np.asarray(words, np.float32)
    known = {label: place for place, label in enumerate(learnt.labels)}
    for place, label in enumerate(labels):
        if label in known and learnt.sums.shape[1] == found.shape[1]:
            found[place] += learnt.sums[known[label]]
    return found


def _units(rows: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1)


def _shares(cosines: np.ndarray, temperature: float) -> np.ndarray:
    scaled = np.exp((cosines - cosines.max(-1, keepdims=True)) / temperature)
    return scaled / scaled.sum(-1, keepdims=True)


def _temperature(cosines: np.ndarray, own: np.ndarray) -> float:
    """The one under which what was decided is likeliest."""

    def loss(log_temperature: float) -> float:
        shares = _shares(cosines, float(np.exp(log_temperature)))
        return -float(np.log(shares[np.arange(len(own)), own] + 1e-12).mean())

    found = scipy.optimize.minimize_scalar(loss, bounds=(np.log(COLDEST), np.log(HOTTEST)), method="bounded")
    return float(np.exp(found.x))
