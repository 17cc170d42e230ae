"""The vectors that guesses are made of: a text's, and those of the phrases its labels are known by, kept in memory."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np

from assist.suggestions.prototypes import Choices, Guess, Learnt, guess, mean_of

REMEMBERED = 4096  # phrases

_known: dict[tuple[str, str], np.ndarray] = {}


class Vectors(Protocol):
    """What is asked of the runtime (assist/runtime/client.py)."""

    async def vectors(self, model: str, texts: Sequence[str], asker: str | None = None) -> np.ndarray: ...


async def guesses(
    runtime: Vectors,
    model: str,
    fields: Sequence[Choices],
    learnt: Mapping[str, Learnt],
    text: str,
    asker: str,
    vector: np.ndarray | None = None,
) -> list[Guess]:
    """The likeliest label of each field; `vector` is the text's, where it was prepared. Raises CopilotError."""
    if not fields:
        return []
    rows = await _vectors(runtime, model, fields, [] if vector is not None else [text], asker)
    found = vector if vector is not None else rows[text]
    return [guess(one, learnt.get(one.field, Learnt()), words(one, rows), found) for one in fields]


async def phrases(runtime: Vectors, model: str, fields: Sequence[Choices]) -> dict[str, np.ndarray]:
    """The vector of each phrase of these fields."""
    return await _vectors(runtime, model, fields, [], None)


def words(choices: Choices, rows: Mapping[str, np.ndarray]) -> np.ndarray:
    """A unit row for each label of a field, in their order."""
    return np.stack([mean_of([rows[phrase] for phrase in said]) for said in choices.phrases.values()])


async def _vectors(
    runtime: Vectors, model: str, fields: Sequence[Choices], texts: Sequence[str], asker: str | None
) -> dict[str, np.ndarray]:
    """By the words themselves; what isn't known yet is asked for in one question, with the text."""
    wanted = dict.fromkeys(_said(fields))
    missing = [*texts, *(one for one in wanted if (model, one) not in _known and one not in texts)]
    rows = await runtime.vectors(model, missing, asker) if missing else np.zeros((0, 0))
    fresh = dict(zip(missing, rows, strict=True))
    found = {one: fresh[one] if one in fresh else _known[model, one] for one in (*wanted, *texts)}
    if len(_known) > REMEMBERED:
        _known.clear()
    _known.update({(model, one): found[one] for one in wanted})
    return found


def _said(fields: Iterable[Choices]) -> Iterable[str]:
    for choices in fields:
        for said in choices.phrases.values():
            yield from said
