"""Outlines of things that scenes are made of, part by part, around the origin and one unit large."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Array = np.ndarray
Draw = np.random.Generator


@dataclass(frozen=True)
class Part:
    """A closed outline, N×2; a part that doesn't add is a hole through which the ground is seen."""

    outline: Array
    adds: bool = True


def _round(x: float, y: float, wide: float, tall: float, power: float = 2.0) -> Array:
    """An ellipse, or for a higher power a rectangle with round corners."""
    turn = np.linspace(0, 2 * np.pi, 80, endpoint=False)
    c, s = np.cos(turn), np.sin(turn)
    across = np.sign(c) * np.abs(c) ** (2 / power) * wide / 2
    down = np.sign(s) * np.abs(s) ** (2 / power) * tall / 2
    return np.stack([across + x, down + y], 1)


def _wobbly(draw: Draw, wide: float, tall: float, how: float) -> Array:
    """Round, but not regular."""
    turn = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    far = np.ones_like(turn)
    for wave in range(2, 6):
        far += how / wave * draw.normal() * np.cos(wave * turn + draw.uniform(0, 2 * np.pi))
    far = np.clip(far, 0.3, 1.7)
    return np.stack([np.cos(turn) * wide / 2, np.sin(turn) * tall / 2], 1) * far[:, None]


def _stroke(points: list[tuple[float, float]], thick: float) -> Array:
    """A line of some width through points."""
    path = np.array(points, float)
    along = np.gradient(path, axis=0)
    beside = np.stack([-along[:, 1], along[:, 0]], 1)
    beside *= thick / 2 / np.maximum(np.linalg.norm(beside, axis=1, keepdims=True), 1e-9)
    return np.concatenate([path + beside, (path - beside)[::-1]])


def bottle(draw: Draw) -> list[Part]:
    wide = draw.uniform(0.22, 0.34)
    return [
        Part(_round(0, -0.3, wide * 0.4, 0.3, 5)),
        Part(_round(0, 0.14, wide, 0.7, 5)),
        Part(_round(0, -0.45, wide * 0.46, 0.1, 6)),
        Part(_round(0, 0.18, wide * 0.98, draw.uniform(0.2, 0.35), 9)),
    ]


def mug(draw: Draw) -> list[Part]:
    wide = draw.uniform(0.4, 0.55)
    return [
        Part(_round(wide / 2 + 0.03, 0, 0.3, 0.45)),
        Part(_round(wide / 2 + 0.04, 0, 0.16, 0.28), adds=False),
        Part(_round(0, 0, wide, 0.75, 5)),
        Part(_round(0, -0.33, wide * 0.94, 0.14)),
    ]


def fish(draw: Draw) -> list[Part]:
    tall = draw.uniform(0.3, 0.5)
    return [
        Part(np.array([[0.25, 0.0], [0.5, -0.22], [0.44, 0.0], [0.5, 0.22]])),
        Part(np.array([[-0.15, -tall / 3], [0.05, -tall * 0.85], [0.18, -tall / 3]])),
        Part(_round(-0.08, 0, 0.8, tall)),
        Part(_round(-0.32, -0.05, 0.06, 0.06)),
    ]


def sign(draw: Draw) -> list[Part]:
    power = draw.choice([2.0, 1.0, 8.0])
    return [
        Part(_round(0, 0.3, 0.05, 0.42, 8)),
        Part(_round(0, -0.15, 0.6, 0.6, power)),
        Part(_round(0, -0.15, 0.42, 0.42, power)),
        Part(_round(0, -0.15, 0.26, 0.07, 8)),
    ]


def flower(draw: Draw) -> list[Part]:
    count = int(draw.integers(5, 9))
    turns = np.arange(count) * 2 * np.pi / count
    petals = []
    for turn in turns:
        way = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        petals.append(Part(_round(0.17, 0, 0.26, 0.14) @ way.T + (0, -0.18)))
    bend = draw.normal(0, 0.08)
    return [
        Part(_stroke([(0, -0.15), (bend, 0.15), (bend / 2, 0.5)], 0.035)),
        *petals,
        Part(_round(0, -0.18, 0.15, 0.15)),
    ]


def vehicle(draw: Draw) -> list[Part]:
    high = draw.uniform(0.2, 0.32)
    cabin = np.array([[-0.3, -0.02], [-0.2, -high], [0.14, -high], [0.28, -0.02]])
    return [
        Part(cabin),
        Part(_round(0, 0.08, 0.98, 0.24, 6)),
        Part(cabin * (0.82, 0.8) - (0, 0.015)),
        Part(_round(-0.28, 0.2, 0.19, 0.19)),
        Part(_round(0.28, 0.2, 0.19, 0.19)),
    ]


def figure(draw: Draw) -> list[Part]:
    apart = draw.uniform(0.03, 0.11)
    return [
        Part(_stroke([(-0.04, 0.05), (-apart, 0.28), (-apart, 0.5)], 0.09)),
        Part(_stroke([(0.04, 0.05), (apart, 0.28), (apart, 0.5)], 0.09)),
        Part(_stroke([(-0.1, -0.24), (-0.17, -0.08), (-0.16 + draw.normal(0, 0.03), 0.06)], 0.06)),
        Part(_stroke([(0.1, -0.24), (0.17, -0.08), (0.16 + draw.normal(0, 0.03), 0.06)], 0.06)),
        Part(_round(0, -0.1, 0.25, 0.38, 4)),
        Part(_round(0, -0.39, 0.16, 0.2)),
        Part(_round(0, -0.45, 0.17, 0.1)),
    ]


def building(draw: Draw) -> list[Part]:
    wide = draw.uniform(0.5, 0.8)
    windows = [Part(_round(x * wide, y, 0.13 * wide, 0.12, 9)) for x in (-0.28, 0, 0.28) for y in (-0.05, 0.2)]
    roof = np.array([[-wide * 0.56, -0.2], [0, -0.5], [wide * 0.56, -0.2]])
    return [Part(_round(0, 0.15, wide, 0.72, 14)), Part(roof), *windows, Part(_round(0, 0.42, 0.14 * wide, 0.16, 9))]


def blob(draw: Draw) -> list[Part]:
    return [Part(_wobbly(draw, draw.uniform(0.6, 1), draw.uniform(0.6, 1), 0.3))]


def pebble(draw: Draw) -> list[Part]:
    return [Part(_wobbly(draw, draw.uniform(0.8, 1), draw.uniform(0.6, 0.9), 0.1))]


def cell(draw: Draw) -> list[Part]:
    whole = _wobbly(draw, draw.uniform(0.8, 1), draw.uniform(0.7, 1), 0.15)
    return [Part(whole)]


def leaf(draw: Draw) -> list[Part]:
    across = np.linspace(-0.5, 0.5, 40)
    half = draw.uniform(0.15, 0.28) * np.cos(across * np.pi) ** draw.uniform(0.7, 1.3)
    outline = np.concatenate([np.stack([across, half], 1), np.stack([across, -half], 1)[::-1]])
    return [Part(outline), Part(_stroke([(-0.48, 0), (0, 0.01), (0.48, 0)], 0.015))]


def ring(draw: Draw) -> list[Part]:
    tall, thick = draw.uniform(0.5, 1), draw.uniform(0.1, 0.25)
    return [Part(_round(0, 0, 1, tall)), Part(_round(0, 0, 1 - thick, tall - thick), adds=False)]


def fork(draw: Draw) -> list[Part]:
    tines = [Part(_stroke([(x, -0.5), (x, -0.35), (x, -0.18)], 0.03)) for x in (-0.09, -0.03, 0.03, 0.09)]
    handle = _stroke([(0, -0.12), (0.01, 0.2), (0, 0.5)], draw.uniform(0.04, 0.07))
    return [*tines, Part(_round(0, -0.14, 0.22, 0.14, 3)), Part(handle)]


THINGS: dict[str, Callable[[Draw], list[Part]]] = {
    make.__name__: make
    for make in (bottle, mug, fish, sign, flower, vehicle, figure, building, blob, pebble, cell, leaf, ring, fork)
}
