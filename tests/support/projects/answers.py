"""Answers as the pure modules see them: regions, spans, choices."""

import numpy as np

from projects.inference import geometry


def region(x: int, y: int, side: int, label: str = "cat", size: int = 60) -> dict:
    bitmap = np.zeros((size, size), dtype=bool)
    bitmap[y : y + side, x : x + side] = True
    return {"id": f"{x}-{y}", "label": label, "shape": geometry.mask_from_bitmap(bitmap), "attributes": {}}


def regions(*items: dict) -> dict:
    return {"regions": list(items)}


def spans(*items: tuple[int, int, str]) -> dict:
    return {"spans": [{"id": str(i), "start": a, "end": b, "label": c} for i, (a, b, c) in enumerate(items)]}


def choice(value: str) -> dict:
    return {"choice": value}


def same(a: dict, b: dict) -> float:
    return float(a["choice"] == b["choice"])


def first(answers, trust=None):
    return answers[0]
