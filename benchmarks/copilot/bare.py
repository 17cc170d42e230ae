"""The bare models in processes of their own, as far back in the queue for the processor as the runtime is.

What is compared is thus the same mathematics at the same priority, with and without Tandem around it.
"""

import asyncio
import itertools
import os
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from pycocotools import mask as coco

from assist.adapters import LONGEST_SIDE, RUNTIMES, Embedding, MaskPrompt, priority, sam_frame
from assist.adapters.devices import CPU
from assist.adapters.files import verify
from assist.adapters.mobile_sam import MobileSam
from assist.adapters.sam_decoder import SamDecoder
from assist.adapters.sam_decoder import load as load_decoder
from assist.adapters.spacy_spans import SpacySpans
from assist.runtime.decoding import pixels_of
from assist.runtime.embedding_store import EmbeddingStore
from assist.runtime.server import NICE
from taskers.files.folders import models_folder

SAM = "mobile-sam@0.2.0"
REST_SECONDS = 0.05  # threads of the library that spin after their work are still by then

Points = Sequence[tuple[float, float]]


class Ours:
    """The mask model as the runtime loads it, and nothing beside it."""

    def __init__(self) -> None:
        self.offer = RUNTIMES[SAM]
        self.sam: MobileSam = self.offer.load(models_folder(), CPU)  # type: ignore[assignment]
        self.files: dict[str, bytes] = {}
        self.embeddings: dict[str, Embedding] = {}

    def see(self, name: str, file: bytes) -> None:
        """Keep an image and what the encoder makes of it."""
        self.files[name] = file
        self.embeddings[name] = self.sam.embed(*pixels_of(file, LONGEST_SIDE))

    def decode(self, names: Sequence[str], points: Points) -> list[float]:
        """Seconds of each decoder call, one after another, over these images in turn."""
        taken = []
        for name, (x, y) in zip(itertools.cycle(names), points, strict=False):
            embedding, prompt = self.embeddings[name], MaskPrompt(((x, y, True),))
            taken.append(_timed(partial(self.sam.decode, embedding, prompt)))
        return taken

    def encode(self, name: str) -> tuple[float, float]:
        """Seconds of reading the file and encoding its pixels, as one must without any store; and of encoding alone."""
        start = time.perf_counter()
        pixels, size = pixels_of(self.files[name], LONGEST_SIDE)
        read = time.perf_counter()
        self.sam.embed(pixels, size)
        return time.perf_counter() - start, time.perf_counter() - read

    def runs(self, name: str, points: Points) -> list[list[str]]:
        """For each click the run lengths of the bare pipeline's three masks."""
        found = []
        for x, y in points:
            masks = self.sam.decode(self.embeddings[name], MaskPrompt(((x, y, True),)))
            codes = coco.encode(np.asfortranarray(masks.pixels.transpose(1, 2, 0).astype(np.uint8)))
            found.append([code["counts"].decode() for code in codes])
        return found

    def from_disk(self, names: Sequence[str]) -> list[float]:
        """Seconds until a store that has just been started has an embedding from its folder."""

        async def obtained(folder: Path, key: tuple[str, str]) -> float:
            store = EmbeddingStore(folder)
            start = time.perf_counter()
            assert await store.obtain(key, None) is not None
            return time.perf_counter() - start

        with tempfile.TemporaryDirectory() as folder:
            for name in names:
                EmbeddingStore(Path(folder)).write((name, SAM), self.embeddings[name])
            return [asyncio.run(obtained(Path(folder), (name, SAM))) for name in names]


class Beside(Ours):
    """The same, and the libraries' own with their defaults, in turns within one process."""

    def __init__(self) -> None:
        super().__init__()
        encoder, decoder = (verify(artifact, models_folder()) for artifact in self.offer.artifacts)
        self.plain_encoder = onnxruntime.InferenceSession(str(encoder), providers=["CPUExecutionProvider"])
        self.plain_decoder: SamDecoder = load_decoder(decoder)

    def engines(self, name: str, points: Points) -> dict[str, list[float]]:
        """Seconds of encoder and decoder, and how far their masks agree."""
        found: dict[str, list[float]] = {key: [] for key in ("encoder", "plain encoder", "decoder", "plain", "iou")}
        pixels, size = pixels_of(self.files[name], LONGEST_SIDE)

        def plain() -> np.ndarray:
            (features,) = self.plain_encoder.run(None, {"input": sam_frame.preprocess(pixels, size)})
            return np.asarray(features, np.float16)

        turns: dict[str, Callable[[], object]] = {
            "plain encoder": plain,
            "encoder": lambda: self.sam.embed(pixels, size),
        }
        for turn in range(4):
            for key in sorted(turns, reverse=bool(turn % 2)):
                time.sleep(REST_SECONDS)
                found[key].append(_timed(turns[key]))
        embedding = self.embeddings[name]
        for x, y in points:
            prompt = MaskPrompt(((x, y, True),))
            found["plain"].append(_timed(partial(self._plain, embedding, prompt)))
            found["decoder"].append(_timed(partial(self.sam.decode, embedding, prompt)))
            found["iou"] += _agreement(self._plain(embedding, prompt), self.sam.decode(embedding, prompt).pixels)
        return found

    def halves(self, name: str, points: Points) -> list[float]:
        """IoU of each mask from the embedding as it is kept with the mask from all pixels in full precision."""
        half = self.embeddings[name]
        whole = sam_frame.preprocess(pixels_of(self.files[name])[0])
        exact = Embedding(np.asarray(self.plain_encoder.run(None, {"input": whole})[0]), half.image_size)
        found: list[float] = []
        for x, y in points:
            prompt = MaskPrompt(((x, y, True),))
            found += _agreement(self._plain(exact, prompt), self._plain(half, prompt))
        return found

    def _plain(self, embedding: Embedding, prompt: MaskPrompt) -> np.ndarray:
        """segment_anything's own modules as they come, bool 3×h×w."""
        with torch.inference_mode():
            features = torch.from_numpy(embedding.features.astype(np.float32))
            logits, scores = self.plain_decoder(features, *sam_frame.tensors(prompt, embedding.image_size))
            return sam_frame.masks(logits, scores[0].tolist(), prompt, embedding.image_size).pixels


class Texts:
    """spaCy's pipeline as the runtime loads it."""

    def __init__(self) -> None:
        self.spacy = SpacySpans()

    def spans(self, texts: Sequence[str]) -> list[float]:
        """Seconds of the bare pipeline for each text."""
        return [_timed(partial(self.spacy.pipeline, text)) for text in texts]

    def piped(self, texts: Sequence[str]) -> float:
        """Seconds of the bare pipeline for all texts in its own batches."""
        return _timed(lambda: list(self.spacy.pipeline.pipe(texts)))


class Bare:
    """The other end of a process: `await bare.ask("decode", ...)`, one question at a time."""

    def __init__(self, models: type) -> None:
        context = get_context("spawn")
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_answer, args=(theirs, models), daemon=True)
        self._process.start()

    async def ask(self, what: str, *arguments: Any) -> Any:
        """The answer of a method of Models; raises RuntimeError with the other side's traceback."""
        self._line.send((what, arguments))
        well, answer = await asyncio.to_thread(self._line.recv)  # sockets that are open stay answered
        if not well:
            raise RuntimeError(answer)
        return answer

    def close(self) -> None:
        self._process.terminate()
        self._process.join(10)


class Crew:
    """A process for each kind of bare model, so that none has another's threads beside it."""

    def __init__(self) -> None:
        self.ours, self.beside, self.texts = Bare(Ours), Bare(Beside), Bare(Texts)

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *problem: object) -> None:
        for one in (self.ours, self.beside, self.texts):
            one.close()


def _answer(line: Connection, kind: type) -> None:
    os.setsid()  # Linux shares the processor between sessions first, and the runtime has one of its own
    priority.lower(NICE)
    models = kind()
    lane = ThreadPoolExecutor(1)  # the runtime's lanes are threads too
    while True:
        what, arguments = line.recv()
        try:
            line.send((True, lane.submit(getattr(models, what), *arguments).result()))
        except Exception:
            line.send((False, traceback.format_exc()))


def _timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _agreement(some: np.ndarray, others: np.ndarray) -> list[float]:
    """IoU of each pair of masks; two empty ones agree."""
    both = (some & others).sum((1, 2))
    either = (some | others).sum((1, 2))
    return [1.0 if e == 0 else float(b / e) for b, e in zip(both, either, strict=True)]
