"""All texts of a project together: who misses and who invents, and what the words tell, in turn until both agree.

The same as `span_atoms.infer_spans` does with many texts at once, but for all labels together and with known answers,
and what it leaves is of use for texts to come: an accuracy model, parameters, and the words of each label (learning
from crowds, Raykar et al. 2010).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from projects.inference.classification import Estimate
from projects.inference.dawid_skene import Fit, fit, votes
from projects.inference.instance_level import Asked, Floats, Ints, Labels, Told
from projects.inference.span_atoms import POOL, STILL, TURNS
from projects.inference.span_words import Stretch, features, lean, learn_words

MOST_TEXTS = 5_000  # the newest, whose words are read
MOST_WORDS = 20_000  # weights that are kept, of all labels together


def estimate_spans(rows: Sequence[Asked], labels: Labels) -> Told:
    """Taskers and words from the questions of all texts; those of other texts than the newest are told by taskers."""
    order = np.lexsort((labels.said, labels.worker, labels.task))
    given = votes(labels.task[order], labels.worker[order], labels.said[order], labels.sizes)
    readings = _readings(rows)
    tables = {label: features(one.texts, one.stretches) for label, one in readings.items()}
    leaning: Floats | None = None
    inside = np.zeros(labels.sizes[0])
    fits: tuple[Fit, ...] = ()
    for _ in range(TURNS):
        fits = tuple(fit(given, labels.sizes, member, labels.known, lean=leaning) for member in POOL)
        before, inside = inside, np.mean([one.posterior[:, 1] for one in fits], axis=0).round(9)
        if not readings or np.abs(inside - before).max(initial=0) < STILL:
            break
        logits = np.full(len(inside), _flat(inside))
        for label, one in readings.items():
            logits[one.questions] = lean(tables[label], inside[one.questions], one.document)
        leaning = np.column_stack([-np.logaddexp(0, logits), -np.logaddexp(0, -logits)])
    most = MOST_WORDS // max(len(readings), 1)
    words = {
        label: learn_words(one.texts, one.stretches, inside[one.questions], most) for label, one in readings.items()
    }  # fmt: skip
    return Told(Estimate(np.column_stack([1 - inside, inside]), fits, POOL), words)


class _Reading:
    """The questions about one label, by their numbers, and the texts that they are asked of."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.stretches: list[Stretch] = []
        self._numbers: list[int] = []

    def read(self, text: str, number: int, start: int, end: int, *, begins: bool) -> None:
        """One more question; `begins` with the first of a text."""
        if begins:
            self.texts.append(text)
        self.stretches.append(Stretch(len(self.texts) - 1, start, end))
        self._numbers.append(number)

    @property
    def questions(self) -> Ints:
        return np.array(self._numbers, dtype=np.int64)

    @property
    def document(self) -> Ints:
        return np.array([one.document for one in self.stretches], dtype=np.int64)


def _readings(rows: Sequence[Asked]) -> dict[str, _Reading]:
    found: dict[str, _Reading] = {}
    first = 0
    for place, one in enumerate(rows):
        if one.text and len(rows) - place <= MOST_TEXTS:
            begun: set[str] = set()
            for number, (label, start, end) in enumerate(one.where, start=first):
                if label:
                    reading = found.setdefault(label, _Reading())
                    reading.read(one.text, number, start, end, begins=label not in begun)
                    begun.add(label)
        first += len(one.said)
    return {label: found[label] for label in sorted(found)}


def _flat(inside: Floats) -> float:
    chance = min(max(float(inside.mean()), 1e-4), 1 - 1e-4) if inside.size else 0.5
    return float(np.log(chance / (1 - chance)))
