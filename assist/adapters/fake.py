"""Models that think of nothing, for tests and for work on the pages: same question, same answer.

`TANDEM_FAKE_SECONDS` makes each answer take that long.
"""

import hashlib
import os
import re
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from assist.adapters import Boxes, Embedding, FoundBox, FoundSpan, MaskPrompt, Masks, mask_size
from assist.adapters.devices import Device


def masks(files: Sequence[Path], device: Device) -> "FakeMasks":
    """A segmenter that answers with the box, or with discs around the points."""
    return FakeMasks(_seconds())


def spans(files: Sequence[Path], device: Device) -> "FakeSpans":
    """A span finder that takes each capitalised word for a person and each number for a date."""
    return FakeSpans(_seconds())


def classes(files: Sequence[Path], device: Device) -> "FakeClasses":
    """Texts that share words lie near each other."""
    return FakeClasses(_seconds())


def boxes(files: Sequence[Path], device: Device) -> "FakeBoxes":
    """A detector to which the middle of each image is a thing, the surer the brighter the image."""
    return FakeBoxes(_seconds())


def _seconds() -> float:
    return float(os.environ.get("TANDEM_FAKE_SECONDS") or 0)


class FakeMasks:
    """Three masks, each larger than the one before."""

    device = "none"

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds

    def embed(self, image: np.ndarray, size: tuple[int, int] | None = None) -> Embedding:
        """The mean colour stands for the image."""
        time.sleep(self._seconds)
        mean = image.reshape(-1, 3).mean(axis=0).astype(np.float16)
        return Embedding(mean.reshape(1, 3, 1, 1), size or (int(image.shape[0]), int(image.shape[1])))

    def embed_ahead(self, image: np.ndarray, size: tuple[int, int] | None = None) -> Embedding:
        """The same."""
        return self.embed(image, size)

    def nearer(self, logits: np.ndarray, image_size: tuple[int, int], part: tuple[int, int, int, int]) -> np.ndarray:
        """The same."""
        return logits

    def decode(self, embedding: Embedding, prompt: MaskPrompt) -> Masks:
        """Boxes as they are, then a tenth wider, then two tenths; discs likewise."""
        if not prompt.points and prompt.box is None:
            raise ValueError("a prompt needs a point or a box")
        time.sleep(self._seconds)
        pixels = np.stack([_drawn(embedding.image_size, prompt, growth) for growth in (1.0, 1.1, 1.2)])
        return Masks(pixels, np.zeros((3, 256, 256), np.float16), (0.9, 0.8, 0.7), 0)


def _drawn(image_size: tuple[int, int], prompt: MaskPrompt, growth: float) -> np.ndarray:
    height, width = mask_size(image_size)
    down, across = height / image_size[0], width / image_size[1]
    ys, xs = np.mgrid[:height, :width]
    ys, xs = (ys + 0.5) / down, (xs + 0.5) / across
    radius = 0.1 * min(image_size) * growth
    marked = np.zeros((height, width), bool)
    if prompt.box is not None:
        x, y, w, h = prompt.box
        near_x, near_y = np.abs(xs - x - w / 2) <= w / 2 * growth, np.abs(ys - y - h / 2) <= h / 2 * growth
        marked |= near_x & near_y
    for x, y, include in prompt.points:
        disc = (xs - x) ** 2 + (ys - y) ** 2 <= radius**2
        marked = marked | disc if include else marked & ~disc
    return marked


class FakeSpans:
    """A rule that anybody can predict."""

    device = "none"

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds

    def spans(self, text: str) -> list[FoundSpan]:
        """Capitalised words are PERSON, numbers are DATE."""
        time.sleep(self._seconds)
        return [
            FoundSpan(hit.start(), hit.end(), "DATE" if hit.group().isdigit() else "PERSON", 0.5)
            for hit in re.finditer(r"\b[A-Z][a-z]+\b|\b\d+\b", text)
        ]

    def spans_of(self, texts: Sequence[str]) -> list[list[FoundSpan]]:
        """One by one."""
        return [self.spans(text) for text in texts]


class FakeClasses:
    """A rule that anybody can predict."""

    device = "none"

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds

    def classify(self, text: str, labels: Sequence[str]) -> list[float]:
        """The share of a label grows with how many of its words the text has."""
        time.sleep(self._seconds)
        words = set(text.lower().split())
        counts = [1 + 9 * len(words & set(label.lower().split())) for label in labels]
        return [count / sum(counts) for count in counts]

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Each word has a place of its own among 64, by its hash; brought to length one."""
        time.sleep(self._seconds)
        rows = np.full((len(texts), 64), 1e-3, np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w+", text.lower()):
                row[hashlib.sha256(word.encode()).digest()[0] % 64] += 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


class FakeBoxes:
    """A rule that anybody can predict."""

    device = "none"

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds

    def boxes(self, image: np.ndarray, size: tuple[int, int] | None = None) -> Boxes:
        """The middle half each way is a THING; black is 0 and white 1."""
        time.sleep(self._seconds)
        height, width = size or image.shape[:2]
        sure = round(float(image.mean()) / 255, 4)
        return Boxes([FoundBox(width / 4, height / 4, width / 2, height / 2, "THING", sure)])
