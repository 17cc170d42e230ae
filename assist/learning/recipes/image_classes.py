"""Classes of images: for each field a linear head on the vectors of EfficientNet-Lite0, which stays as it is.

Beside it always stands a plain baseline: a tiny thumbnail, how common each colour is and how large the image is, with
the same kind of head. Where that is no worse, the page shows it. What can't be read is left out and counted.
"""

import os
import shutil
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
from PIL import Image

from assist.adapters import LONGEST_SIDE, RUNTIMES
from assist.adapters.bundle import Bundle
from assist.adapters.files import WeightsMissing, WeightsProblem, verify
from assist.adapters.onnx_classifier import OnnxEmbedder
from assist.learning.reasons import REASONS
from assist.learning.recipes import heads
from assist.learning.recipes.heads import Rows, Told
from assist.learning.recipes.recipe import Made, Report, Unfit, Work
from assist.learning.snapshot_file import Line
from assist.runtime.decoding import pixels_of

EMBEDDER = "efficientnet-lite0@1"
FILE = "model.onnx"
PORTION = 32  # images between two reports
THUMBNAIL = 8  # pixels on each side
COLOURS = 4  # steps of each of red, green and blue
PLAIN_STRENGTH = 1.0  # of the baseline's head, whatever is searched
LICENCE = "The organization's own; EfficientNet-Lite0, which is in it, is Apache-2.0"


def train(work: Work) -> Made:
    """Fit a head for each field that has enough to learn from."""
    whole, other = (heads.told(lines, _asset) for lines in (work.train(), work.validation()))
    heads.check(whole, other, "image")
    names = sorted({*whole.seen, *other.seen})
    embedder = _embedder(work)
    vectors, plain = _looked_at(embedder, names, work)
    place = {name: at for at, name in enumerate(names)}
    readable = np.isfinite(vectors).all(1)
    learnt, held_out = (one.only([readable[place[name]] for name in one.seen]) for one in (whole, other))
    left_out = len(whole.seen) + len(other.seen) - len(learnt.seen) - len(held_out.seen)
    if left_out and not learnt.seen:
        raise Unfit(REASONS["none-read"])
    first, second = ([place[name] for name in one.seen] for one in (learnt, held_out))
    plain = _scaled(plain, first)
    kinds = {
        "model": Rows(vectors[first], vectors[second], float(work.parameters["strength"])),
        "baseline": Rows(plain[first], plain[second], PLAIN_STRENGTH),
    }
    metrics = heads.fit(learnt, held_out, kinds, work, "image")
    return Made(metrics | {"images": _counts(learnt, held_out, left_out)}, _manifest(learnt))


def _asset(line: Line) -> str:
    return line.asset


def _embedder(work: Work) -> OnnxEmbedder:
    """It on one thread, with its file beside what is made. Raises Unfit where it isn't on this machine."""
    offer = RUNTIMES[EMBEDDER]
    assert offer.terms is not None and work.models is not None
    try:
        shutil.copyfile(verify(offer.artifacts[0], work.models), work.folder / FILE)
    except WeightsMissing:
        raise Unfit(REASONS["no-embedder"] % {"model": EMBEDDER}) from None
    except WeightsProblem as problem:
        raise Unfit(REASONS["embedder"] % {"why": problem}) from None
    named = {FILE: work.folder / FILE}
    return OnnxEmbedder(Bundle(offer.key, offer.capability, named, offer.terms, work.folder.parent), threads=1)


def _looked_at(embedder: OnnxEmbedder, names: Sequence[str], work: Work) -> tuple[np.ndarray, np.ndarray]:
    """Vectors and plain numbers, a row for each image, told as they come; no numbers in those that can't be read."""
    kept = _place(names, work)
    if kept is not None and kept.exists():
        with np.load(kept, allow_pickle=False) as arrays:
            return arrays["vectors"], arrays["plain"]
    began, found = time.monotonic(), list[tuple[np.ndarray, np.ndarray] | None]()
    for done, name in enumerate(names, start=1):
        found.append(_one(embedder, name, work))
        if done % PORTION == 0 or done == len(names):
            left = (time.monotonic() - began) / done * (len(names) - done)
            work.report(Report(done, len(names), None, None, left))
    first = next((one for one in found if one is not None), None)
    if first is None:
        raise Unfit(REASONS["none-read"])
    nothing = (np.full_like(first[0], np.nan), np.full_like(first[1], np.nan))
    vectors, plain = (np.array(some, np.float32) for some in zip(*(one or nothing for one in found), strict=True))
    if kept is not None:
        fresh = kept.with_suffix(f".{os.getpid()}.npz")
        np.savez(fresh, vectors=vectors, plain=plain)
        fresh.replace(kept)
    return vectors, plain


def _one(embedder: OnnxEmbedder, name: str, work: Work) -> tuple[np.ndarray, np.ndarray] | None:
    """Of one image, brought down as the runtime brings it down; None where it isn't there or can't be read."""
    assert work.pictures is not None
    try:
        image, size = pixels_of((work.pictures / name).read_bytes(), LONGEST_SIDE)
        return embedder.image_vectors([image])[0], _plain(image, size)
    except MemoryError:
        raise
    except Exception:  # decoders raise nearly anything on damaged data
        return None


def _plain(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A thumbnail, shares of colours, and the size."""
    whole = Image.fromarray(image)
    small = np.asarray(whole.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BILINEAR, reducing_gap=2.0), np.float32)
    steps = (image // (256 // COLOURS)).reshape(-1, 3).astype(np.int64)
    colours = np.bincount(steps @ np.array([COLOURS**2, COLOURS, 1]), minlength=COLOURS**3) / len(steps)
    return np.concatenate([small.ravel() / 255, colours, np.log(size)]).astype(np.float32)


def _scaled(plain: np.ndarray, first: Sequence[int]) -> np.ndarray:
    """Each number by how it varies among what is learnt from."""
    middle, spread = plain[first].mean(0), plain[first].std(0)
    return (plain - middle) / np.where(spread > 1e-6, spread, 1.0)


def _place(names: Sequence[str], work: Work) -> Path | None:
    """Where these images' numbers lie for the next trial."""
    if work.kept is None:
        return None
    return work.kept / f"{sha256(' '.join(names).encode()).hexdigest()}.npz"


def _counts(learnt: Told, held_out: Told, left_out: int) -> dict[str, float]:
    counts = {"train": float(len(learnt.seen)), "validation": float(len(held_out.seen))}
    return counts | ({"left out": float(left_out)} if left_out else {})


def _manifest(learnt: Told) -> dict[str, object]:
    terms = RUNTIMES[EMBEDDER].terms
    assert terms is not None
    return {
        "adapter": "image-head",
        "capability": "classify",
        "licence": LICENCE,
        "parent": EMBEDDER,
        "input": dict(terms.input),
        "options": dict(terms.options),
        "label_map": heads.label_map(learnt),
    }
