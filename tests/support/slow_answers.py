"""Answers that people would make who want a process to be busy: few bytes, and long to compare."""

import math
import random
from typing import Any

import numpy as np

from projects.inference import geometry

SIDE = 4000  # pixels of the picture that they lie in


def nested(number: int, text: int = 20_000, *, off: int = 0) -> dict:
    """Spans each within the one before."""
    return {"spans": [_span(index + off, text - index - off, index) for index in range(number)]}


def _span(start: int, end: int, number: int) -> dict[str, Any]:
    return {"id": f"s{number}", "start": start, "end": end, "label": "person"}


def star(corners: int, seed: int = 0) -> dict:
    """A ragged ring around the middle of the picture."""
    dice = random.Random(seed)
    turns = [(2 * math.pi * i / corners, 1500 + 400 * dice.random()) for i in range(corners)]
    points = [[round(2000 + r * math.cos(a), 2), round(2000 + r * math.sin(a), 2)] for a, r in turns]
    return {"type": "polygon", "points": points}


def comb(teeth: int, *, lying: bool = False) -> dict:
    """A polygon whose every side crosses every side of one that lies across it."""
    points = [[0.0, 0.0]]
    for tooth in range(teeth):
        x = SIDE * tooth / teeth
        points += [[x, SIDE], [x + SIDE / 2 / teeth, 1.0]]
    points.append([SIDE, 0.0])
    return {"type": "polygon", "points": [place[::-1] if lying else place for place in points]}


def drawn(*shapes: dict) -> dict:
    return {"regions": [{"id": f"r{n}", "label": "thing", "shape": one} for n, one in enumerate(shapes)]}


def noise(side: int, seed: int) -> dict:
    return geometry.mask_from_bitmap(np.random.default_rng(seed).random((side, side)) < 0.5)
