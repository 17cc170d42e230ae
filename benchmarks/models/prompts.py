"""What a person would point at, and how near an answer comes: clicks and boxes of things whose masks are known."""

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from assist.adapters import MaskPrompt, mask_size
from benchmarks.models.scenes import Scene

Array = np.ndarray
OFF = 0.03  # of a box's sides, by which its corners are missed
BAND = 0.008  # of the image's diagonal, within which an edge counts as found


@dataclass(frozen=True)
class Thing:
    """One thing of a scene, at the size at which masks travel, with a click into it and a box around it."""

    kind: str
    number: int
    mask: Array
    click: MaskPrompt
    box: MaskPrompt


def things(scene: Scene) -> list[Thing]:
    """All of a scene; the same each time."""
    draw = np.random.default_rng([scene.number, 99])
    return [_thing(scene, mask, draw) for mask in scene.masks]


def _thing(scene: Scene, mask: Array, draw: np.random.Generator) -> Thing:
    x, y = inmost(mask, draw)
    down, across = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    left, top = float(across[0]), float(down[0])
    wide, tall = across[-1] + 1 - left, down[-1] + 1 - top
    missed = draw.normal(0, OFF, 4)
    corner = (max(0.0, left + missed[0] * wide), max(0.0, top + missed[1] * tall))
    box = (*corner, float(wide * (1 + missed[2])), float(tall * (1 + missed[3])))
    size = mask_size(mask.shape)  # type: ignore[arg-type]
    seen = (
        mask if size == mask.shape else np.asarray(Image.fromarray(mask).resize(size[::-1], Image.Resampling.NEAREST))
    )
    return Thing(scene.kind, scene.number, seen, MaskPrompt(points=((x, y, True),)), MaskPrompt(box=box))


def inmost(mask: Array, draw: np.random.Generator) -> tuple[float, float]:
    """A place of the inner half of a mask: x, y."""
    deep = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    places = np.argwhere(deep >= 0.5 * deep.max())
    y, x = places[draw.integers(len(places))]
    return float(x) + 0.5, float(y) + 0.5


def correction(thing: Thing, answer: Array, image_size: tuple[int, int]) -> tuple[float, float, bool]:
    """Where somebody would click next: into the middle of what is wrong most, to add it or to take it away."""
    missing, surplus = thing.mask & ~answer, answer & ~thing.mask
    deepest = [ndimage.distance_transform_edt(np.pad(one, 1))[1:-1, 1:-1] for one in (missing, surplus)]
    adds = deepest[0].max() >= deepest[1].max()
    deep = deepest[0] if adds else deepest[1]
    y, x = np.unravel_index(int(deep.argmax()), deep.shape)
    scale = image_size[0] / answer.shape[0]
    return (float(x) + 0.5) * scale, (float(y) + 0.5) * scale, bool(adds)


def overlap(one: Array, other: Array) -> float:
    """Intersection over union."""
    return float((one & other).sum() / max(1, (one | other).sum()))


def edges(answer: Array, wanted: Array) -> float:
    """The F-measure of the two outlines, each pixel found that lies within a narrow band of the other's."""
    near = max(1.0, BAND * float(np.hypot(*wanted.shape)))
    lines = [one & ~ndimage.binary_erosion(one) for one in (answer, wanted)]
    if not lines[0].any():
        return 0.0
    away = [ndimage.distance_transform_edt(~line) for line in lines]
    precision, recall = float((away[1][lines[0]] <= near).mean()), float((away[0][lines[1]] <= near).mean())
    return 2 * precision * recall / max(1e-9, precision + recall)
