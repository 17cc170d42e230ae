"""Scenes whose masks are known, because they are drawn: many kinds of things, each the same for its seed.

What is drawn is made of parts in different colours and materials (a bottle has a cap and a label), throws shadows,
lies partly behind others, and is saved as a JPEG: what is easy in drawings is hard here as it is in photographs.
Grounds and materials are those of scikit-image's photographs, or noise.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage
from skimage import data

from benchmarks.models.things import THINGS, Part

Array = np.ndarray
Draw = np.random.Generator

PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket", "brick", "grass", "gravel", "camera", "immunohistochemistry")
FINER = 4  # each edge is drawn so many times finer, and brought down
LEAST_SEEN, LEAST_PIXELS = 0.6, 60  # of a thing, to be asked for


@dataclass(frozen=True)
class Scene:
    """Pixels, RGB; and for each thing in it the part of it that is seen."""

    kind: str
    number: int
    pixels: Array
    masks: tuple[Array, ...]


@dataclass(frozen=True)
class Kind:
    """`size`: width and height; `sides`: how large its things are, of the height; `alike`: all of a kind and colour."""

    size: tuple[int, int]
    things: tuple[str, ...]
    count: tuple[int, int]
    sides: tuple[float, float]
    alike: bool = False
    hidden: bool = False  # in the colours of the ground
    rows: bool = False  # side by side, without gaps
    grey: bool = False


KINDS = {
    "desk": Kind((1024, 768), ("bottle", "mug", "fish", "sign", "blob", "flower"), (3, 5), (0.25, 0.5)),
    "street": Kind((1024, 768), ("vehicle", "figure", "building", "sign"), (4, 7), (0.1, 0.45)),
    "heap": Kind((800, 600), ("blob", "pebble", "leaf"), (14, 22), (0.14, 0.26), alike=True),
    "shelf": Kind((1024, 640), ("bottle", "mug", "building"), (7, 11), (0.3, 0.6), alike=True, rows=True),
    "small": Kind((1280, 960), ("vehicle", "figure", "fish", "bottle", "pebble"), (6, 9), (0.02, 0.06)),
    "thin": Kind((800, 600), ("ring", "fork", "flower"), (3, 5), (0.25, 0.5)),
    "hidden": Kind((800, 600), ("fish", "leaf", "blob", "figure"), (2, 4), (0.25, 0.5), hidden=True),
    "cells": Kind((512, 512), ("cell",), (18, 30), (0.07, 0.15), alike=True, grey=True),
}
# Of 12 and of 4 megapixels: things that are small there, and thin ones.
LARGE = {
    "far": Kind((4000, 3000), ("vehicle", "figure", "fish", "bottle", "pebble", "sign"), (5, 7), (0.01, 0.045)),
    "lines": Kind((2400, 1800), ("ring", "fork", "flower", "leaf"), (5, 7), (0.03, 0.12)),
}


def scenes(each: int, first: int = 0) -> Iterator[Scene]:
    """So many of each kind, from the number `first` on."""
    for kind in KINDS:
        for number in range(first, first + each):
            yield scene(kind, number)


def scene(name: str, number: int) -> Scene:
    """The scene of a kind and a number."""
    kind = (KINDS | LARGE)[name]
    draw = np.random.default_rng([sum(map(ord, name)), number])
    width, height = kind.size
    pixels = _material(draw, height, width, ground=True)
    light = draw.uniform(0, 2 * np.pi)
    chosen = str(draw.choice(kind.things))
    colours, owner = int(draw.integers(1 << 30)), np.full((height, width), -1)
    wholes: list[int] = []
    if kind.grey:
        pixels = draw.uniform(20, 70) + np.repeat(
            ndimage.gaussian_filter(draw.normal(0, 60, owner.shape), 12)[..., None], 3, 2
        )
    for n, (x, y, side) in enumerate(_places(kind, draw)):
        paint = np.random.default_rng(colours if kind.alike else [number, n, 7])
        parts = _turned(THINGS[chosen if kind.alike else str(draw.choice(kind.things))](draw), draw, kind.rows)
        left, top = max(0, int(x - side)), max(0, int(y - side))
        here = np.s_[top : int(y + side) + 1, left : int(x + side) + 1]
        near, tone = pixels[here], _tone(pixels, x, y) if kind.hidden else None
        alpha = np.zeros(near.shape[:2], np.float32)
        for part in parts:
            seen = _cover(part.outline * side + (x - left, y - top), near.shape[:2])
            alpha = np.maximum(alpha, seen) if part.adds else alpha * (1 - seen)
            if part.adds:
                shown = seen * _without_holes(parts, side, (x - left, y - top), near.shape[:2])
                _lay(near, shown, _paint(paint, tone, seen.shape, kind.grey), light)
        _cast(near, alpha, light, side)
        owner[here][alpha > 0.5] = n
        wholes.append(int((alpha > 0.5).sum()))
    left_over = [(owner == n, whole) for n, whole in enumerate(wholes)]
    kept = [part for part, whole in left_over if part.sum() >= max(LEAST_PIXELS, LEAST_SEEN * whole)]
    return Scene(name, number, _saved(pixels, draw), tuple(kept))


def _places(kind: Kind, draw: Draw) -> Iterator[tuple[float, float, float]]:
    """Middles and sides, in pixels."""
    width, height = kind.size
    count = int(draw.integers(kind.count[0], kind.count[1] + 1))
    if kind.rows:
        side = draw.uniform(*kind.sides) * height
        for n in range(count):
            yield (n + 0.5) * width / count, height * 0.55 + draw.normal(0, 3), min(side, 1.5 * width / count)
        return
    for _ in range(count):
        side = draw.uniform(*kind.sides) * height
        yield draw.uniform(side / 2, width - side / 2), draw.uniform(side / 2, height - side / 2), side


def _turned(parts: list[Part], draw: Draw, upright: bool) -> list[Part]:
    angle = draw.normal(0, 0.1 if upright else 0.35)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    mirror = np.array([draw.choice([-1.0, 1.0]), 1.0])
    return [Part((part.outline * mirror) @ turn.T, part.adds) for part in parts]


def _cover(points: Array, size: tuple[int, int]) -> Array:
    """How far each pixel lies within an outline, 0..1."""
    fine = Image.new("L", (size[1] * FINER, size[0] * FINER))
    ImageDraw.Draw(fine).polygon([(float(x), float(y)) for x, y in points * FINER], fill=255)
    return np.asarray(fine.reduce(FINER), np.float32) / 255


def _without_holes(parts: list[Part], side: float, middle: tuple[float, float], size: tuple[int, int]) -> Array:
    left = np.ones(size, np.float32)
    for part in parts:
        if not part.adds:
            left *= 1 - _cover(part.outline * side + middle, size)
    return left


def _lay(pixels: Array, seen: Array, material: Array, light: float) -> None:
    """A part onto the scene, rounded by light."""
    depth = ndimage.distance_transform_edt(seen > 0.5)
    steep = np.gradient(ndimage.gaussian_filter(np.sqrt(depth), 1.5))
    shade = 1 + 0.5 * (steep[1] * np.cos(light) + steep[0] * np.sin(light))
    pixels += seen[..., None] * (material * np.clip(shade, 0.5, 1.5)[..., None] - pixels)


def _cast(pixels: Array, alpha: Array, light: float, side: float) -> None:
    """Its shadow, on what isn't itself."""
    down, across = (round(0.06 * side * float(way)) for way in (np.sin(light), np.cos(light)))
    shadow = ndimage.gaussian_filter(np.roll(alpha, (down, across), (0, 1)), max(1.0, 0.03 * side))
    pixels *= (1 - 0.5 * shadow * (1 - alpha))[..., None]


def _tone(pixels: Array, x: float, y: float) -> Array:
    around = pixels[max(0, int(y) - 40) : int(y) + 40, max(0, int(x) - 40) : int(x) + 40]
    return around.reshape(-1, 3).mean(0)


def _paint(draw: Draw, tone: Array | None, size: tuple[int, int], grey: bool) -> Array:
    if grey:
        return (
            np.full((*size, 3), draw.uniform(110, 190))
            * ndimage.gaussian_filter(draw.normal(1, 1.5, size), 3)[..., None]
        )
    found = _material(draw, *size)
    return found if tone is None else found - found.reshape(-1, 3).mean(0) + tone + draw.normal(0, 14, 3)


def _material(draw: Draw, height: int, width: int, *, ground: bool = False) -> Array:
    """A photograph's piece, stripes, or noise, in some colour."""
    colour = draw.uniform(20, 235, 3)
    which = draw.random()
    if which < (0.75 if ground else 0.3):
        return _photograph(draw, height, width, None if ground or draw.random() < 0.4 else colour)
    across, down = np.meshgrid(np.arange(width), np.arange(height))
    if which > 0.85:
        period, angle = draw.uniform(8, 40), draw.uniform(0, np.pi)
        waves = np.sign(np.sin(2 * np.pi * (across * np.cos(angle) + down * np.sin(angle)) / period))
        return colour + waves[..., None] * draw.uniform(10, 50)
    rough = ndimage.zoom(draw.normal(0, 1, (height // 16 + 2, width // 16 + 2)), 16, order=1)[:height, :width]
    slope = (across / width - 0.5) * draw.normal(0, 40) + (down / height - 0.5) * draw.normal(0, 40)
    return colour + slope[..., None] + rough[..., None] * draw.uniform(2, 18)


def _photograph(draw: Draw, height: int, width: int, colour: Array | None) -> Array:
    source = _read(str(draw.choice(PHOTOGRAPHS)))
    share = draw.uniform(0.5, 1.0)
    tall, wide = int(source.shape[0] * share), int(source.shape[1] * share)
    top, left = draw.integers(source.shape[0] - tall + 1), draw.integers(source.shape[1] - wide + 1)
    piece = Image.fromarray(source[top : top + tall, left : left + wide]).resize(
        (width, height), Image.Resampling.BICUBIC
    )
    found = np.asarray(piece, np.float32)
    return found if colour is None else found.mean(2, keepdims=True) / 128 * colour


def _read(name: str) -> Array:
    source = getattr(data, name)()
    return source if source.ndim == 3 else np.repeat(source[..., None], 3, 2)


def _saved(pixels: Array, draw: Draw) -> Array:
    """As a camera's file has it: a little unsharp, with noise, in JPEG."""
    soft = ndimage.gaussian_filter(pixels, (*[draw.uniform(0.3, 0.9)] * 2, 0)) + draw.normal(
        0, draw.uniform(1, 5), pixels.shape
    )
    file = io.BytesIO()
    Image.fromarray(np.clip(soft, 0, 255).astype(np.uint8)).save(file, "JPEG", quality=int(draw.integers(70, 95)))
    return np.asarray(Image.open(file).convert("RGB"))
