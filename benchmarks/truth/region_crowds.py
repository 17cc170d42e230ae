"""Made-up crowds that draw boxes around several things in each image, beside the plain vote.

Nothing here is drawn from the model that is fitted. People overlook things, draw what isn't there, say other names and
draw loosely, each as often as they are. What counts is the F1 of boxes of the right label at an IoU of a half and more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.truth.by_part import FOLDS, REGIONS, known_by, merged, nobody_known
from benchmarks.truth.span_crowds import habits_of
from benchmarks.truth.verdicts import Ledger
from projects.inference import vector_shapes
from projects.inference.masks import merge_regions

LABELS = ("car", "truck", "bus")
SAME = 0.5
ALLOWED = 0.01  # below the plain vote


@dataclass(frozen=True)
class Kind:
    """How many answer each image, and how often somebody overlooks, invents and misnames on the average; how loosely
    they draw, as a share of the box."""

    people: int = 4
    misses: float = 0.25
    invents: float = 0.4
    misnames: float = 0.15
    loose: float = 0.08
    images: int = 80


KINDS = {
    "four people": Kind(),
    "three people": Kind(people=3),
    "five people": Kind(people=5),
    "few images": Kind(images=25),
    "careful": Kind(people=3, misses=0.05, invents=0.08, misnames=0.03, loose=0.03),
    "much missed": Kind(people=5, misses=0.5),
    "much invented": Kind(invents=0.7),
    "loose": Kind(loose=0.15),
}

Answer = dict[str, Any]
Seen = tuple[dict[str, Answer], Answer]  # who said what, and what is there


def table(ledger: Ledger, seeds: int = 4) -> None:
    """Each kind of crowd, and the worst of them against the plain vote."""
    ledger.say(
        "\n## Boxes of several things: F1 on made-up crowds (plain vote, regions_v1 of strangers, of known people)"
    )
    worst = 1.0
    for name, kind in KINDS.items():
        plain, strangers, known = np.mean([compared(kind, seed) for seed in range(seeds)], axis=0)
        worst = min(worst, float(known - plain))
        ledger.say(f"{name:16s} {plain:.1%}  {strangers:.1%}  {known:.1%}")
    holds = worst >= -ALLOWED
    ledger.told("boxes, eight kinds of made-up crowds, against the plain vote", "≥ −1 point", f"{worst:+.1%}", holds)


def compared(kind: Kind, seed: int) -> tuple[float, float, float]:
    """F1 of the plain vote, of regions_v1 where nobody is known, and where people are known by the other images."""
    seen = crowd(kind, seed)
    fold = np.arange(len(seen)) % FOLDS
    plain, strangers, known = [], [], list[Answer]()
    for number in range(FOLDS):
        learnt = known_by(REGIONS, [one for (one, _), at in zip(seen, fold, strict=True) if at != number])
        for answers, _ in (one for one, at in zip(seen, fold, strict=True) if at == number):
            plain.append(merge_regions(list(answers.values())))
            strangers.append(merged(REGIONS, answers, nobody_known()).answer)
            known.append(merged(REGIONS, answers, learnt).answer)
    truth = [there for number in range(FOLDS) for (_, there), at in zip(seen, fold, strict=True) if at == number]
    return _f1(plain, truth), _f1(strangers, truth), _f1(known, truth)


def crowd(kind: Kind, seed: int) -> list[Seen]:
    """Images with up to seven things, and what some of twenty people drew."""
    random = np.random.default_rng(seed)
    habits = [
        habits_of(kind, ("misses", "invents", "misnames"), random) | {"loose": kind.loose * float(random.gamma(2, 0.5))}
        for _ in range(20)
    ]
    seen = []
    for _ in range(kind.images):
        there = [(_box(random), str(random.choice(LABELS))) for _ in range(int(random.integers(0, 8)))]
        some = random.choice(len(habits), kind.people, replace=False)
        seen.append(({f"p{who}": _regions(_drawn(habits[who], there, random)) for who in some}, _regions(there)))
    return seen


def _box(random: np.random.Generator) -> list[float]:
    return [*random.uniform(0, 900, 2).tolist(), *random.uniform(30, 120, 2).tolist()]


def _drawn(
    habits: Mapping[str, float], there: Sequence[tuple[list[float], str]], random: np.random.Generator
) -> list[tuple[list[float], str]]:
    drawn = []
    for box, label in there:
        if random.random() >= habits["misses"]:
            moved = np.array(box) + np.tile(box[2:], 2) * random.normal(0, habits["loose"], 4)
            name = str(random.choice(LABELS)) if random.random() < habits["misnames"] else label
            drawn.append((np.maximum(moved, [0, 0, 5, 5]).tolist(), name))
    while random.random() < habits["invents"]:
        drawn.append((_box(random), str(random.choice(LABELS))))
    return drawn


def _regions(drawn: Sequence[tuple[list[float], str]]) -> Answer:
    return {
        "regions": [
            {"id": f"r{n}", "label": label, "shape": vector_shapes.box(box), "attributes": {}}
            for n, (box, label) in enumerate(drawn)
        ]
    }


def _f1(said: Sequence[Answer], truth: Sequence[Answer]) -> float:
    found = size = 0
    for one, there in zip(said, truth, strict=True):
        size += len(one["regions"]) + len(there["regions"])
        left = list(there["regions"])
        for region in one["regions"]:
            same = [other for other in left if other["label"] == region["label"] and _alike(region, other)]
            if same:
                left.remove(same[0])
                found += 1
    return 2 * found / max(size, 1)


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(vector_shapes.box_likeness([one["shape"]], [other["shape"]])[0, 0] >= SAME)
