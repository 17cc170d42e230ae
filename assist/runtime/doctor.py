"""Loads each model, asks it one real question, and says in plain words how it went."""

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar, cast

import numpy as np
import psutil
from PIL import Image, ImageDraw, ImageFont

from assist.adapters import (
    Classifier,
    Detector,
    ImageReader,
    Judge,
    MaskPrompt,
    Offer,
    Runtime,
    RuntimeMissing,
    Segmenter,
    SpanFinder,
    Writer,
    devices,
)
from assist.adapters.devices import CPU, DeviceMissing
from assist.adapters.files import WeightsProblem
from assist.adapters.library_faults import reason
from assist.errors import CopilotError

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


def examine(offers: Iterable[Offer], folder: Path, state: Path | None = None) -> list[Finding]:
    """One finding for each model. Never raises: whatever is wrong becomes a line that says what to do."""
    return [_examine(offer, folder, state) for offer in offers]


def _examine(offer: Offer, folder: Path, state: Path | None) -> Finding:
    before, started = _memory(), time.monotonic()
    try:
        runtime = offer.load(folder, devices.choose() if offer.accelerated else CPU, state)
        loaded = time.monotonic() - started
        example = BROUGHT.get("embed" if offer.lays else offer.capability) if offer.brought else None
        well, lines, figures = (example or EXAMPLES[offer.capability])(runtime)
    except (WeightsProblem, RuntimeMissing, DeviceMissing, CopilotError) as problem:
        return Finding(offer.key, False, (str(problem),))
    except Exception as error:  # a doctor reports what is wrong instead of falling ill
        cure = "" if offer.brought else " Fetch the models again; if that doesn't help, reinstall."
        return Finding(offer.key, False, (f"It failed: {reason(error)}.{cure}",))
    memory = _memory() - before
    place = f"device {runtime.device}, {os.cpu_count()} cores, loaded in {loaded:.1f} s, {memory} MB"
    return Finding(offer.key, well, (place, *lines), {"load seconds": round(loaded, 2), "memory MB": memory} | figures)


def _memory() -> int:
    """Of this process, in MB."""
    return psutil.Process().memory_info().rss >> 20


def _masks(runtime: Runtime) -> Report:
    model = cast(Segmenter, runtime)
    embedding, encode = _timed(lambda: model.embed(_photograph()))
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


def _any_spans(runtime: Runtime) -> Report:
    model = cast(SpanFinder, runtime)
    spans, seconds = _timed(lambda: model.spans(SENTENCE))
    told = ", ".join(f"{SENTENCE[one.start : one.end]} ({one.label})" for one in spans[:8])
    return (
        True,
        (f"in a sentence: {told or 'nothing'}, in {seconds * 1000:.0f} ms",),
        {"text seconds": round(seconds, 3)},
    )


def _any_boxes(runtime: Runtime) -> Report:
    model = cast(Detector, runtime)
    boxes, seconds = _timed(lambda: model.boxes(_photograph()))
    told = ", ".join(f"{one.label} {one.score:.2f}" if one.score is not None else one.label for one in boxes.found[:8])
    lines = [f"in a photograph: {told or 'nothing'}, in {seconds * 1000:.0f} ms"]
    lines += [f"{count:,} boxes can't be used: {why}" for why, count in boxes.dropped.items()]
    broken = boxes.dropped.get("not-a-number") and not boxes.found
    return not broken, tuple(lines), {"image seconds": round(seconds, 3)}


def _any_shares(subject: Callable[[], object]) -> Callable[[Runtime], Report]:
    def ask(runtime: Runtime) -> Report:
        model, asked = cast(Judge, runtime), subject()
        (found,), seconds = _timed(lambda: model.shares([asked], TOPICS))
        if not found:
            return False, ("It gave no answer that can be used to a first question.",), {}
        best = max(found, key=lambda label: found[label] or 0)
        return True, (f"its answer: {best}, in {seconds * 1000:.0f} ms",), {"seconds": round(seconds, 3)}

    return ask


def _any_vector(runtime: Runtime) -> Report:
    model = cast(ImageReader, runtime)
    rows, seconds = _timed(lambda: model.image_vectors([_photograph()]))
    return True, (f"a vector of {rows.shape[1]} in {seconds * 1000:.0f} ms",), {"image seconds": round(seconds, 3)}


def _any_words(runtime: Runtime) -> Report:
    model = cast(Writer, runtime)
    said, seconds = _timed(lambda: model.write(REVIEW, "Summary", 500))
    line = f"of a review it writes: {said[:120]}, in {seconds * 1000:.0f} ms"
    return True, (line,), {"text seconds": round(seconds, 3)}


def _any_place(runtime: Runtime) -> Report:
    model = cast(Classifier, runtime)
    rows, seconds = _timed(lambda: model.vectors([REVIEW, *TOPICS]))
    nearest = TOPICS[int((rows[1:] @ rows[0]).argmax())]
    lines = [f"a vector of {rows.shape[1]}; a review lies nearest to {nearest}: 4 texts in {seconds * 1000:.0f} ms"]
    apart = not np.allclose(rows, rows[0], atol=1e-6)
    if not apart:
        lines.append("It lays all texts in one place: say in another way how its pieces are pooled.")
    return apart, tuple(lines), {"text seconds": round(seconds / len(rows), 3)}


def _person(runtime: Runtime) -> Report:
    model = cast(Detector, runtime)
    model.boxes(_photograph())
    boxes, seconds = _timed(lambda: model.boxes(_photograph()))
    found = [one for one in boxes.found if one.label == "person" and one.width > 250]
    lines = [f"a person in a photograph: {found[0].score if found else 'not found'}, in {seconds * 1000:.0f} ms"]
    if not found:
        lines.append("That is wrong: the model's file or a library is damaged. Fetch the models again, or reinstall.")
    return bool(found), tuple(lines), {"image seconds": round(seconds, 3)}


def _alike(runtime: Runtime) -> Report:
    """A photograph lies nearer to its own half than to another."""
    model = cast(ImageReader, runtime)
    one, other = _photograph(), _photograph()[::-1, :, ::-1]
    model.image_vectors([one])
    rows, seconds = _timed(lambda: model.image_vectors([one, one[:, :400], other]))
    near, far = float(rows[0] @ rows[1]), float(rows[0] @ rows[2])
    lines = [f"a photograph is like its part ({near:.2f}), less like it turned round ({far:.2f}): 3 images in"
             f" {seconds * 1000:.0f} ms"]  # fmt: skip
    if not near > far:
        lines.append("That is wrong: the model's file or a library is damaged. Fetch the models again, or reinstall.")
    return near > far, tuple(lines), {"image seconds": round(seconds / 3, 3)}


def _lines(runtime: Runtime) -> Report:
    model = cast(Detector, runtime)
    boxes, seconds = _timed(lambda: model.boxes(_written(SENTENCE)))
    read = " ".join(one.text for one in boxes.found)
    lines = [f"a line of text: {read or 'nothing'}, in {seconds * 1000:.0f} ms"]
    well = "Denver" in read
    if not well:
        lines.append("That is wrong: the model's file or a library is damaged. Fetch the models again, or reinstall.")
    return well, tuple(lines), {"image seconds": round(seconds, 3)}


def _written(text: str) -> np.ndarray:
    """A line in black on white."""
    image = Image.new("RGB", (1000, 80), "white")
    ImageDraw.Draw(image).text((20, 20), text, "black", ImageFont.load_default(28))
    return np.asarray(image)


def _photograph() -> np.ndarray:
    from skimage import data  # an example picture; nothing else of the application needs it

    return data.astronaut()


# Of a model that somebody brought nobody knows what it should find: it has to answer, in a form that can be used.
BROUGHT: dict[str, Callable[[Runtime], Report]] = {
    "spans": _any_spans,
    "detect": _any_boxes,
    "classify": _any_shares(lambda: REVIEW),
    "classify-image": _any_shares(_photograph),
    "generate": _any_words,
    "embed": _any_place,
    "embed-image": _any_vector,
    "read": _any_boxes,
}

EXAMPLES: dict[str, Callable[[Runtime], Report]] = {
    "segment": _masks,
    "spans": _spans,
    "classify": _classes,
    "detect": _person,
    "embed-image": _alike,
    "read": _lines,
}


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    started = time.monotonic()
    result = work()
    return result, time.monotonic() - started
