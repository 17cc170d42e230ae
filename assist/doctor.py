"""Loads each model, asks it one real question, and says in plain words how it went."""

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

import psutil

from assist.runtimes import MaskPrompt, Offer, Runtime, RuntimeMissing, Segmenter, SpanFinder
from assist.weights import WeightsProblem

T = TypeVar("T")

SENTENCE = "Maria Lopez of the World Bank visited Denver on 4 March 2024."
FACE = (180.0, 65.0, 90.0, 110.0)  # in scikit-image's picture of an astronaut: x, y, width, height

SLOW_ENCODE, SLOW_DECODE, SLOW_SPANS = 3.0, 0.3, 0.5  # seconds


@dataclass(frozen=True)
class Finding:
    """How one model is: `lines` for a person, `well` for a program."""

    key: str
    well: bool
    lines: tuple[str, ...]


def examine(offers: Iterable[Offer], folder: Path) -> list[Finding]:
    """One finding for each model. Never raises: whatever is wrong becomes a line that says what to do."""
    return [_examine(offer, folder) for offer in offers]


def _examine(offer: Offer, folder: Path) -> Finding:
    before, started = _memory(), time.monotonic()
    try:
        runtime = offer.load(folder)
        loaded = time.monotonic() - started
        example = EXAMPLES[offer.capability]
        well, lines = example(runtime)
    except (WeightsProblem, RuntimeMissing) as problem:
        return Finding(offer.key, False, (str(problem),))
    except Exception as error:  # a doctor reports what is wrong instead of falling ill
        text = (
            f"It failed with {type(error).__name__}: {error}. Fetch the models again; if that doesn't help, reinstall."
        )
        return Finding(offer.key, False, (text,))
    place = f"device {runtime.device}, {os.cpu_count()} cores, loaded in {loaded:.1f} s, {_memory() - before} MB"
    return Finding(offer.key, well, (place, *lines))


def _memory() -> int:
    """Of this process, in MB."""
    return psutil.Process().memory_info().rss >> 20


def _masks(runtime: Runtime) -> tuple[bool, tuple[str, ...]]:
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
    return found, tuple(lines)


def _spans(runtime: Runtime) -> tuple[bool, tuple[str, ...]]:
    model = cast(SpanFinder, runtime)
    model.spans(SENTENCE)
    spans, seconds = _timed(lambda: model.spans(SENTENCE))
    words = {SENTENCE[span.start : span.end] for span in spans}
    lines = [f"names in a sentence: {', '.join(sorted(words)) or 'none'}, in {seconds * 1000:.0f} ms"]
    found = {"Maria Lopez", "Denver"} <= words
    if not found:
        lines.append("A name was missed: the pipeline's package is damaged. Reinstall it with `make install`.")
    if seconds > SLOW_SPANS:
        lines.append("Slow: give the runtime more cores, or stop what else is running on this machine.")
    return found, tuple(lines)


EXAMPLES: dict[str, Callable[[Runtime], tuple[bool, tuple[str, ...]]]] = {"segment": _masks, "spans": _spans}


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    started = time.monotonic()
    result = work()
    return result, time.monotonic() - started
