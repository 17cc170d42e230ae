"""Loads each model, asks it one real question, and says in plain words how it went."""

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar, cast

import psutil

from assist.adapters import Classifier, MaskPrompt, Offer, Runtime, RuntimeMissing, Segmenter, SpanFinder, devices
from assist.adapters.devices import CPU, DeviceMissing
from assist.adapters.files import WeightsProblem

T = TypeVar("T")

SENTENCE = "Maria Lopez of the World Bank visited Denver on 4 March 2024."
FACE = (180.0, 65.0, 90.0, 110.0)  # in scikit-image's picture of an astronaut: x, y, width, height

REVIEW = "The battery was empty after an hour, and it never charged again."
TOPICS = ("praise for a product", "a complaint about a product", "a recipe for soup")

SLOW_ENCODE, SLOW_DECODE, SLOW_TEXT = 3.0, 0.3, 0.5  # seconds


Figures = dict[str, float]
Report = tuple[bool, tuple[str, ...], Figures]


@dataclass(frozen=True)
class Finding:
    """How one model is: `lines` for a person, `well` and what was measured for a program."""

    key: str
    well: bool
    lines: tuple[str, ...]
    figures: Figures = field(default_factory=dict)


def examine(offers: Iterable[Offer], folder: Path) -> list[Finding]:
    """One finding for each model. Never raises: whatever is wrong becomes a line that says what to do."""
    return [_examine(offer, folder) for offer in offers]


def _examine(offer: Offer, folder: Path) -> Finding:
    before, started = _memory(), time.monotonic()
    try:
        runtime = offer.load(folder, devices.choose() if offer.accelerated else CPU)
        loaded = time.monotonic() - started
        example = EXAMPLES[offer.capability]
        well, lines, figures = example(runtime)
    except (WeightsProblem, RuntimeMissing, DeviceMissing) as problem:
        return Finding(offer.key, False, (str(problem),))
    except Exception as error:  # a doctor reports what is wrong instead of falling ill
        text = (
            f"It failed with {type(error).__name__}: {error}. Fetch the models again; if that doesn't help, reinstall."
        )
        return Finding(offer.key, False, (text,))
    memory = _memory() - before
    place = f"device {runtime.device}, {os.cpu_count()} cores, loaded in {loaded:.1f} s, {memory} MB"
    return Finding(offer.key, well, (place, *lines), {"load seconds": round(loaded, 2), "memory MB": memory} | figures)


def _memory() -> int:
    """Of this process, in MB."""
    return psutil.Process().memory_info().rss >> 20


def _masks(runtime: Runtime) -> Report:
    from skimage import data  # an example picture; nothing else of the application needs it

    model = cast(Segmenter, runtime)
    embedding, encode = _timed(lambda: model.embed(data.astronaut()))
    model.decode(embedding, MaskPrompt(box=FACE))  # the first call pays for what later ones share
    masks, decode = _timed(lambda: model.decode(embedding, MaskPrompt(box=FACE)))
    best = masks.pixels[masks.best]
    lines = [f"a face in a photograph: image read in {encode:.2f} s, masks in {decode * 1000:.0f} ms"]
    found = bool(best[120, 225]) and not best[40, 40]
    if not found:
        lines.append("The mask is wrong: the model file or a library is damaged. Fetch the models again, or reinstall.")
    if encode > SLOW_ENCODE or decode > SLOW_DECODE:
        lines.append("Slow: give the runtime more cores, or stop what else is running on this machine.")
    return found, tuple(lines), {"encode seconds": round(encode, 3), "decode seconds": round(decode, 3)}


def _spans(runtime: Runtime) -> Report:
    model = cast(SpanFinder, runtime)
    model.spans(SENTENCE)
    spans, seconds = _timed(lambda: model.spans(SENTENCE))
    words = {SENTENCE[span.start : span.end] for span in spans}
    lines = [f"names in a sentence: {', '.join(sorted(words)) or 'none'}, in {seconds * 1000:.0f} ms"]
    found = {"Maria Lopez", "Denver"} <= words
    if not found:
        lines.append("A name was missed: the pipeline's package is damaged. Reinstall it with `make install`.")
    if seconds > SLOW_TEXT:
        lines.append("Slow: give the runtime more cores, or stop what else is running on this machine.")
    return found, tuple(lines), {"text seconds": round(seconds, 3)}


def _classes(runtime: Runtime) -> Report:
    model = cast(Classifier, runtime)
    model.classify(REVIEW, TOPICS)
    shares, seconds = _timed(lambda: model.classify(REVIEW, TOPICS))
    best = max(range(len(TOPICS)), key=shares.__getitem__)
    lines = [f"a review is {TOPICS[best]} ({shares[best]:.0%}), in {seconds * 1000:.0f} ms"]
    if best != 1:
        lines.append("That is wrong: the model's package is damaged. Reinstall it with `make install`.")
    if seconds > SLOW_TEXT:
        lines.append("Slow: give the runtime more cores, or stop what else is running on this machine.")
    return best == 1, tuple(lines), {"text seconds": round(seconds, 3)}


EXAMPLES: dict[str, Callable[[Runtime], Report]] = {
    "segment": _masks,
    "spans": _spans,
    "classify": _classes,
}


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    started = time.monotonic()
    result = work()
    return result, time.monotonic() - started
