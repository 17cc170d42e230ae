"""What the words themselves tell about whether a stretch of text belongs to a span.

Two ridge logistic regressions on plain features, trained on the current belief as soft labels (learning from crowds,
Raykar et al. 2010), each document told by the others, so that nothing is learnt by heart.

One tells words that are inside from all words of the texts. It learns of words, since a stretch begins and ends where
somebody marked something: what all stretches teach of a length or a first word is that somebody marked it, and that has
been counted already. A stretch says what its words say on the average: one taken too much is one mistake, however many
words it has. The other tells, of what somebody marked, what is inside from what isn't: there bounds do tell something.

Both add to the odds of any word and of any marked stretch; how often a stretch is inside stays for people to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from projects.inference.span_features import Stretch, Tokens, of_stretch, of_word, read, read_again

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

FOLDS = 5
RIDGE = 4.0
SEEN = 3  # a feature must be seen this often to be used
OF_WORDS = 0.75  # how far words of a stretch are heard, since the stretch speaks of the same words once more


@dataclass(frozen=True)
class Words:
    """What words tell of one label: the logit of a marked stretch to be inside is `bias`, on the average of its words
    the weights of their features, and the weights of its own. Plain numbers that go into JSON."""

    bias: float
    words: Mapping[str, float]
    stretches: Mapping[str, float]

    def lean(self, text: str, starts: Sequence[int], ends: Sequence[int]) -> Floats:
        """Logit that each stretch [start, end) of a text is inside, if somebody marked it."""
        tokens = read_again(text)
        ranges = [tokens.within(start, end) for start, end in zip(starts, ends, strict=True)]
        return self.bias + np.array([self._told(tokens, first, after) for first, after in ranges], dtype=float)

    def _told(self, tokens: Tokens, first: int, after: int) -> float:
        by_word = sum(self.words.get(name, 0.0) for at in range(first, after) for name in of_word(tokens, at))
        together = sum(self.stretches.get(name, 0.0) for name in sorted(set(of_stretch(tokens, first, after))))
        return OF_WORDS * by_word / max(after - first, 1) + together

    def to_json(self) -> list[Any]:
        """[bias, weights of words, weights of stretches]."""
        return [self.bias, dict(self.words), dict(self.stretches)]

    @classmethod
    def from_json(cls, stored: Sequence[Any]) -> Words:
        return cls(float(stored[0]), stored[1], stored[2])


@dataclass(frozen=True)
class Table:
    """Rows of zeros and ones, and the name of each column. Features seen less than SEEN times are left out."""

    rows: scipy.sparse.csr_array
    names: Sequence[str]


class Reading:
    """Stretches of texts and what they are like; `marked` are those that anybody marked."""

    def __init__(self, texts: Sequence[str], stretches: Sequence[Stretch], marked: Bools) -> None:
        tokens = [read(text) for text in texts]
        ranges = [tokens[one.document].within(one.start, one.end) for one in stretches]
        sizes = np.array([after - first for first, after in ranges], dtype=np.int64)
        places = [(tokens[one.document], *words) for one, words in zip(stretches, ranges, strict=True)]
        self.document: Ints = np.array([one.document for one in stretches], dtype=np.int64)
        self.marked: Ints = np.flatnonzero(marked)
        self.stretch: Ints = np.repeat(np.arange(len(stretches)), sizes)  # of each word
        self.words = _table(of_word(text, at) for text, first, after in places for at in range(first, after))
        self.stretches = _table(sorted(set(of_stretch(*places[number]))) for number in self.marked.tolist())
        self._sizes = np.maximum(sizes, 1)

    def on_average(self, logits: Floats) -> Floats:
        """(words) -> (stretches): the mean of each stretch's words, 0 where it has none."""
        return np.bincount(self.stretch, weights=logits, minlength=len(self._sizes)) / self._sizes


def learn_words(reading: Reading, belief: Floats, most: int) -> Words:
    """What all these texts together teach; `belief` are soft labels of the stretches. The `most` weights that say most
    are kept, half of either kind."""
    bias, words = _learnt(reading.words, belief[reading.stretch], most // 2)
    shift, stretches = _learnt(reading.stretches, belief[reading.marked], most // 2)
    return Words(mean_logit(belief) + OF_WORDS * bias + shift, words, stretches)


def _learnt(table: Table, belief: Floats, most: int) -> tuple[float, dict[str, float]]:
    if not table.names:
        return 0.0, {}
    weights = _train(table.rows, belief)
    kept = sorted(np.argsort(-np.abs(weights[1:]), kind="stable")[:most].tolist())
    return float(weights[0]), {table.names[i]: round(float(weights[1 + i]), 4) for i in kept}


def lean(reading: Reading, belief: Floats) -> Floats:
    """Logit that each stretch is inside, told by the other documents; `belief` are soft labels.

    With fewer than two documents nothing can be told by others: the logit of the mean belief.
    """
    numbers = np.unique(reading.document)
    folds = min(FOLDS, numbers.size)
    out = np.full(belief.size, mean_logit(belief))
    if folds < 2:
        return out
    fold = np.searchsorted(numbers, reading.document) % folds
    for number in range(folds):
        out[fold == number] = mean_logit(belief[fold != number])
    by_word = _told_by_others(reading.words, belief[reading.stretch], fold[reading.stretch])
    together = np.zeros(belief.size)
    together[reading.marked] = _told_by_others(reading.stretches, belief[reading.marked], fold[reading.marked])
    return out + OF_WORDS * reading.on_average(by_word) + together


def _told_by_others(table: Table, belief: Floats, fold: Ints) -> Floats:
    """What each row's features add to the odds of any row, told by the rows of other folds."""
    told = np.zeros(len(belief))
    for number in np.unique(fold) if table.names else ():
        here = fold == number
        if not here.all():
            weights = _train(table.rows[~here], belief[~here])
            told[here] = table.rows[here] @ weights[1:] + weights[0]
    return told


def _train(rows: scipy.sparse.csr_array, belief: Floats) -> Floats:
    """What features add to the odds of any row; the first number is what all rows share."""
    turned, usual = rows.T.tocsr(), mean_logit(belief)

    def cost(weights: Floats) -> tuple[float, Floats]:
        logit = usual + rows @ weights[1:] + weights[0]
        pull = scipy.special.expit(logit) - belief
        value = (np.logaddexp(0, logit) - belief * logit).sum() + RIDGE / 2 * (weights[1:] ** 2).sum()
        return float(value), np.concatenate(([pull.sum()], turned @ pull + RIDGE * weights[1:]))

    start = np.zeros(rows.shape[1] + 1)
    return scipy.optimize.minimize(cost, start, jac=True, method="L-BFGS-B", options={"maxiter": 60}).x


def _table(rows: Iterable[Sequence[str]]) -> Table:
    numbers: dict[str, int] = {}
    sizes: list[int] = []

    def columns() -> Iterator[int]:
        for row in rows:
            sizes.append(len(row))
            yield from (numbers.setdefault(name, len(numbers)) for name in row)

    column = np.fromiter(columns(), dtype=np.int64)
    shape = (len(sizes), max(len(numbers), 1))
    ends = np.concatenate(([0], np.cumsum(sizes, dtype=np.int64)))
    table = scipy.sparse.csr_array((np.ones(column.size, np.float32), column, ends), shape=shape)
    often = np.flatnonzero(np.bincount(column, minlength=shape[1]) >= SEEN)
    names = list(numbers)
    return Table(table[:, often].tocsr(), [names[i] for i in often])


def mean_logit(belief: Floats) -> float:
    """The logit of the mean; 0 of nothing."""
    inside = min(max(float(belief.mean()) if belief.size else 0.5, 1e-4), 1 - 1e-4)
    return float(np.log(inside / (1 - inside)))
