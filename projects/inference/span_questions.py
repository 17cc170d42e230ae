"""All texts of a project together: who misses and who invents, and what the words tell, in turn (`span_turns`).

All labels are asked about at once, beside known answers. What it leaves is of use for texts to come: an accuracy model,
parameters, and the words of each label (learning from crowds, Raykar et al. 2010).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from projects.inference.classification import Estimate
from projects.inference.dawid_skene import votes
from projects.inference.instance_level import Asked, Floats, Ints, Labels, Told
from projects.inference.span_features import Stretch
from projects.inference.span_turns import POOL, in_turn
from projects.inference.span_words import Reading, lean, learn_words, mean_logit

MOST_TEXTS = 5_000  # the newest, whose words are read
MOST_CHARACTERS = 1_000_000  # of them together: 40 s of the nightly estimate for a label that all of them have
MOST_WORDS = 20_000  # weights that are kept, of all labels together


def estimate_spans(rows: Sequence[Asked], labels: Labels) -> Told:
    """Taskers and words from the questions of all texts; those of other texts than the newest are told by taskers."""
    order = np.lexsort((labels.said, labels.worker, labels.task))
    given = votes(labels.task[order], labels.worker[order], labels.said[order], labels.sizes)
    marked = np.bincount(labels.task, weights=labels.said, minlength=labels.sizes[0]) > 0
    # A label whose marks all have rivals is asked about only where nobody marked it: of that its words learn nothing.
    questions = {label: one for label, one in _questions(rows).items() if marked[one.numbers].any()}
    readings = {label: Reading(one.texts, one.stretches, marked[one.numbers]) for label, one in questions.items()}

    def ask_words(belief: Floats) -> Floats:
        logits = np.full(len(belief), mean_logit(belief))
        for label, one in questions.items():
            logits[one.numbers] = lean(readings[label], belief[one.numbers])
        return logits

    fits, inside, alone = in_turn(given, labels.sizes, labels.known, ask_words if questions else None)
    most = MOST_WORDS // max(len(questions), 1)
    words = {label: learn_words(readings[label], alone[one.numbers], most) for label, one in questions.items()}
    return Told(Estimate(np.column_stack([1 - inside, inside]), fits, POOL), words)


class _Questions:
    """The questions about one label, by their numbers, and the texts that they are asked of."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.stretches: list[Stretch] = []
        self._numbers: list[int] = []

    def ask(self, text: str, number: int, start: int, end: int, *, begins: bool) -> None:
        """One more question; `begins` with the first of a text."""
        if begins:
            self.texts.append(text)
        self.stretches.append(Stretch(len(self.texts) - 1, start, end))
        self._numbers.append(number)

    @property
    def numbers(self) -> Ints:
        return np.array(self._numbers, dtype=np.int64)


def _questions(rows: Sequence[Asked]) -> dict[str, _Questions]:
    found: dict[str, _Questions] = {}
    newest = _newest(rows)
    first = 0
    for place, one in enumerate(rows):
        if one.text and place >= newest:
            begun: set[str] = set()
            for number, (label, start, end) in enumerate(one.where, start=first):
                if label:
                    asked = found.setdefault(label, _Questions())
                    asked.ask(one.text, number, start, end, begins=label not in begun)
                    begun.add(label)
        first += len(one.said)
    return {label: found[label] for label in sorted(found)}


def _newest(rows: Sequence[Asked]) -> int:
    """The place of the first text whose words are read."""
    characters = 0
    for place in range(len(rows) - 1, -1, -1):
        characters += len(rows[place].text)
        if characters > MOST_CHARACTERS or len(rows) - place > MOST_TEXTS:
            return place + 1
    return 0
