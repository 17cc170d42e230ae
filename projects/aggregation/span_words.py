"""What the words themselves tell about whether a stretch of text belongs to a span.

A ridge logistic regression on plain features of each stretch (its words, neighbours, place, length),
trained on the current posterior as soft labels (learning from crowds, Raykar et al. 2010). Each
document is told by a model trained on the other documents, so nothing is learnt by heart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.special import expit

Floats = NDArray[np.float64]

FOLDS = 5
RIDGE = 2.0
# A feature must be seen this often to be used.
SEEN = 3
TOKEN = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class Stretch:
    """Code points [start, end) of document number `document`."""

    document: int
    start: int
    end: int


def features(texts: Sequence[str], stretches: Sequence[Stretch]) -> csr_array:
    """One row of zeros and ones per stretch; columns seen less than SEEN times are left out."""
    tokens = [[(m.start(), m.end(), _shape(m.group())) for m in TOKEN.finditer(text)] for text in texts]
    starts = [np.array([start for start, _, _ in line], dtype=np.int64) for line in tokens]
    names: dict[str, int] = {}
    rows, columns = [], []
    for row, stretch in enumerate(stretches):
        line = tokens[stretch.document]
        low, high = np.searchsorted(starts[stretch.document], (stretch.start, stretch.end))
        for name in sorted(set(_told(line, int(low), int(high)))):
            rows.append(row)
            columns.append(names.setdefault(name, len(names)))
    shape = (len(stretches), max(len(names), 1))
    table = csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)
    return table[:, np.flatnonzero(np.bincount(columns, minlength=shape[1]) >= SEEN)]


def lean(table: csr_array, belief: Floats, document: NDArray[np.int64]) -> Floats:
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


def _train(table: csr_array, belief: Floats) -> Floats:
    turned = table.T.tocsr()

    def cost(weights: Floats) -> tuple[float, Floats]:
        logit = table @ weights[1:] + weights[0]
        pull = expit(logit) - belief
        value = (np.logaddexp(0, logit) - belief * logit).sum() + RIDGE / 2 * (weights[1:] ** 2).sum()
        return float(value), np.concatenate(([pull.sum()], turned @ pull + RIDGE * weights[1:]))

    start = np.zeros(table.shape[1] + 1)
    start[0] = _logit(belief.mean())
    return minimize(cost, start, jac=True, method="L-BFGS-B", options={"maxiter": 60}).x


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
