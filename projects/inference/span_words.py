"""What the words themselves tell about whether a stretch of text belongs to a span.

A ridge logistic regression on plain features of each stretch (its words, neighbours, place, length),
trained on the current posterior as soft labels (learning from crowds, Raykar et al. 2010). Each
document is told by a model trained on the other documents, so nothing is learnt by heart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FOLDS = 5
RIDGE = 2.0
# A feature must be seen this often to be used.
SEEN = 3
Token = tuple[int, int, str]  # from, to, and its plain form
TOKEN = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class Stretch:
    """Code points [start, end) of document number `document`."""

    document: int
    start: int
    end: int


@dataclass(frozen=True)
class Words:
    """What the words around a stretch tell of one label: the logit of being inside is `bias` and the weights of all its
    features. Plain numbers that go into JSON."""

    bias: float
    weights: Mapping[str, float]

    def lean(self, text: str, starts: Sequence[int], ends: Sequence[int]) -> Floats:
        """Logit that each stretch [start, end) of a text is inside."""
        stretches = [Stretch(0, int(start), int(end)) for start, end in zip(starts, ends, strict=True)]
        found = [sum(self.weights.get(name, 0.0) for name in row) for row in _named([text], stretches)]
        return self.bias + np.array(found, dtype=float)

    def to_json(self) -> list[Any]:
        """[bias, weights]."""
        return [self.bias, dict(self.weights)]

    @classmethod
    def from_json(cls, stored: Sequence[Any]) -> Words:
        return cls(float(stored[0]), stored[1])


def learn_words(texts: Sequence[str], stretches: Sequence[Stretch], belief: Floats, most: int) -> Words:
    """What all these texts together teach; `belief` are soft labels. The `most` weights that say most are kept."""
    table, names = _table(texts, stretches)
    if not names:
        return Words(_logit(belief.mean() if belief.size else 0.5), {})
    weights = _train(table, belief)
    kept = sorted(np.argsort(-np.abs(weights[1:]), kind="stable")[:most].tolist())
    return Words(float(weights[0]), {names[i]: round(float(weights[1 + i]), 4) for i in kept})


def features(texts: Sequence[str], stretches: Sequence[Stretch]) -> scipy.sparse.csr_array:
    """One row of zeros and ones per stretch; columns seen less than SEEN times are left out."""
    return _table(texts, stretches)[0]


def _table(texts: Sequence[str], stretches: Sequence[Stretch]) -> tuple[scipy.sparse.csr_array, list[str]]:
    """The features, and the name of each column."""
    names: dict[str, int] = {}
    rows, columns = [], []
    for row, found in enumerate(_named(texts, stretches)):
        for name in found:
            rows.append(row)
            columns.append(names.setdefault(name, len(names)))
    shape = (len(stretches), max(len(names), 1))
    table = scipy.sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)
    often = np.flatnonzero(np.bincount(columns, minlength=shape[1]) >= SEEN)
    all_names = list(names)
    return table[:, often], [all_names[i] for i in often if i < len(all_names)]


def _named(texts: Sequence[str], stretches: Sequence[Stretch]) -> Iterator[list[str]]:
    """The features of each stretch, by name."""
    read = [_tokens(text) for text in texts]
    for stretch in stretches:
        line, starts = read[stretch.document]
        low, high = np.searchsorted(starts, (stretch.start, stretch.end))
        yield sorted(set(_told(line, int(low), int(high))))


@lru_cache(maxsize=8)
def _tokens(text: str) -> tuple[list[Token], NDArray[np.int64]]:
    """The tokens of a text and where they start. One verdict asks several times of the same text."""
    line = [(m.start(), m.end(), _shape(m.group())) for m in TOKEN.finditer(text)]
    return line, np.array([start for start, _, _ in line], dtype=np.int64)


def lean(table: scipy.sparse.csr_array, belief: Floats, document: NDArray[np.int64]) -> Floats:
    """Logit that each stretch is inside, told by the other documents; `belief` are soft labels.

    With fewer than two documents nothing can be told by others: the logit of the mean belief.
    """
    flat = _logit(belief.mean() if belief.size else 0.5)
    out = np.full(belief.size, flat)
    numbers = np.unique(document)
    if numbers.size < 2 or table.shape[1] == 0:
        return out
    fold_of = np.searchsorted(numbers, document) % min(FOLDS, numbers.size)
    for fold in range(min(FOLDS, numbers.size)):
        here = fold_of == fold
        weights = _train(table[~here], belief[~here])
        out[here] = table[here] @ weights[1:] + weights[0]
    return out


def _train(table: scipy.sparse.csr_array, belief: Floats) -> Floats:
    turned = table.T.tocsr()

    def cost(weights: Floats) -> tuple[float, Floats]:
        logit = table @ weights[1:] + weights[0]
        pull = scipy.special.expit(logit) - belief
        value = (np.logaddexp(0, logit) - belief * logit).sum() + RIDGE / 2 * (weights[1:] ** 2).sum()
        return float(value), np.concatenate(([pull.sum()], turned @ pull + RIDGE * weights[1:]))

    start = np.zeros(table.shape[1] + 1)
    start[0] = _logit(belief.mean())
    return scipy.optimize.minimize(cost, start, jac=True, method="L-BFGS-B", options={"maxiter": 60}).x


def _told(line: Sequence[tuple[int, int, str]], low: int, high: int) -> Iterator[str]:
    words = [shape for _, _, shape in line[low:high]]
    yield from (f"has {word}" for word in words)
    yield from (f"has {first} {second}" for first, second in zip(words, words[1:], strict=False))
    yield f"after {line[low - 1][2]}" if low else "opens"
    yield f"before {line[high][2]}" if high < len(line) else "closes"
    yield f"place {10 * low // max(len(line), 1)}"
    if words:
        yield f"first {words[0]}"
        yield f"last {words[-1]}"
        yield f"size {min(int(np.log2(len(words))), 6)}"


def _shape(token: str) -> str:
    return "<number>" if token.isdigit() else token.lower()


def _logit(chance: float) -> float:
    inside = min(max(float(chance), 1e-4), 1 - 1e-4)
    return float(np.log(inside / (1 - inside)))
