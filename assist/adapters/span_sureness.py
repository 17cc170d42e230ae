"""How sure a spaCy pipeline is of each entity, which it doesn't tell by itself.

Its recogniser goes through a text and says at each word what comes next: an entity of some kind begins, goes on, ends,
or there is none. It gives a number to each of these choices; their softmax at the choice that was made, multiplied over
the entity's words, is the chance that the recogniser itself gives it. Where the recogniser is run here that costs no
second reading. Beams are the library's own way to such a chance; in pipelines that weren't trained for them they find
other entities than the pipeline does (docs/decisions/0044).
"""

from collections.abc import Sequence

import numpy as np
from spacy.pipeline import EntityRecognizer
from spacy.tokens import Doc, Span

SUREST = 0.9999  # nothing is certain

Step = np.ndarray  # a share for each choice


def recognise(recogniser: EntityRecognizer, documents: Sequence[Doc]) -> list[list[float | None]]:
    """Have the entities set in documents that have none yet, as the pipeline sets them; returns each one's chance."""
    steps, states = _walk(recogniser, documents)
    recogniser.set_annotations(documents, states)
    return _chances(recogniser, documents, steps)


def chances(recogniser: EntityRecognizer, documents: Sequence[Doc]) -> list[list[float | None]]:
    """The same of entities that are set already; None of one that the recogniser has no choice for."""
    steps, _ = _walk(recogniser, documents)
    return _chances(recogniser, documents, steps)


def _walk(recogniser: EntityRecognizer, documents: Sequence[Doc]) -> tuple[list[dict[int, Step]], list]:
    """For each document the shares at each of its words, and the state that it ends in."""
    model = recogniser.model.predict(documents)
    states = recogniser.moves.init_batch(documents)
    steps: list[dict[int, Step]] = [{} for _ in documents]
    live = [n for n, state in enumerate(states) if not state.is_final()]
    while live:
        now = [states[n] for n in live]
        words = [state.B(0) for state in now]
        numbers = np.asarray(model.predict(now))
        recogniser.transition_states(now, numbers)
        shares = np.exp(numbers - numbers.max(1, keepdims=True))
        shares /= shares.sum(1, keepdims=True)
        for n, word, share in zip(live, words, shares, strict=True):
            steps[n][word] = share
        live = [n for n in live if not states[n].is_final()]
    return steps, states


def _chances(
    recogniser: EntityRecognizer, documents: Sequence[Doc], steps: Sequence[dict[int, Step]]
) -> list[list[float | None]]:
    columns = {name: column for column, name in enumerate(recogniser.move_names)}
    return [
        [_chance(one, seen, columns) for one in document.ents] for document, seen in zip(documents, steps, strict=True)
    ]


def _chance(entity: Span, steps: dict[int, Step], columns: dict[str, int]) -> float | None:
    choices = "U" if len(entity) == 1 else "B" + "I" * (len(entity) - 2) + "L"
    chance = 1.0
    for word, choice in zip(range(entity.start, entity.end), choices, strict=True):
        column = columns.get(f"{choice}-{entity.label_}")
        if column is None or word not in steps:
            return None
        chance *= float(steps[word][column])
    return round(min(SUREST, max(1 - SUREST, chance)), 4)
