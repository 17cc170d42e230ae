"""Classes of texts: for each field a linear head on the sentence model's vectors, which stay as they are.

Beside it always stands a plain baseline, word weights with the same kind of head: where that is no worse, the vectors
are not worth their price, and the page says so.
"""

import os
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np

from assist.adapters import minilm
from assist.adapters.devices import Device
from assist.learning.recipes import heads, word_weights
from assist.learning.recipes.heads import Rows
from assist.learning.recipes.recipe import Made, Report, Work
from assist.learning.snapshot_file import Line

PORTION = 64  # texts at once


def train(work: Work) -> Made:
    """Fit a head for each field that has enough to learn from."""
    learnt, held_out = (heads.told(lines, _text) for lines in (work.train(), work.validation()))
    heads.check(learnt, held_out, "text")
    rows = _vectors(minilm.load((), Device("cpu")), [*learnt.seen, *held_out.seen], work)
    vectors, other = rows[: len(learnt.seen)], rows[len(learnt.seen) :]
    strength = float(work.parameters["strength"])
    kinds = {
        "model": Rows(vectors, other, strength),
        "baseline": word_weights.rows(learnt, held_out, strength),
    }
    metrics = heads.fit(learnt, held_out, kinds, work, "text")
    counts = {"train": float(len(learnt.seen)), "validation": float(len(held_out.seen))}
    manifest = {"adapter": "text-head", "capability": "classify", "label_map": heads.label_map(learnt)}
    return Made(metrics | {"texts": counts}, manifest)


def _text(line: Line) -> str:
    text = line.shown.get("text")
    return text if isinstance(text, str) else ""


def _vectors(model: minilm.MiniLm, texts: Sequence[str], work: Work) -> np.ndarray:
    """One row each, told as they come: this is what takes time."""
    place = _place(texts, work)
    if place is not None and place.exists():
        return np.load(place, allow_pickle=False)
    parts, began = [], time.monotonic()
    for at in range(0, len(texts), PORTION):
        parts.append(model.vectors(texts[at : at + PORTION]))
        done = min(at + PORTION, len(texts))
        left = (time.monotonic() - began) / done * (len(texts) - done)
        work.report(Report(done, len(texts), None, None, left))
    found = np.concatenate(parts)
    if place is not None:
        fresh = place.with_suffix(f".{os.getpid()}.npy")
        np.save(fresh, found)
        fresh.replace(place)
    return found


def _place(texts: Sequence[str], work: Work) -> Path | None:
    """Where these texts' vectors lie for the next trial."""
    if work.kept is None:
        return None
    whole = sha256()
    for text in texts:
        whole.update(sha256(text.encode()).digest())
    return work.kept / f"{whole.hexdigest()}.npy"
