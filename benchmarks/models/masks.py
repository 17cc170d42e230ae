"""How near masks come to what is meant, with the default model: the first answer, and small things seen from near, as
the product's second answer tells them. Intervals are of the mean difference, by drawing whole scenes anew.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from assist.adapters import RUNTIMES, Embedding, MaskPrompt, Masks, close_up
from assist.adapters.mobile_sam import MobileSam
from assist.runtime import near
from benchmarks.models.prompts import Thing, correction, edges, overlap, things
from benchmarks.models.scenes import KINDS, LARGE, Scene, scene
from benchmarks.queue.measure import Row, at_least, told
from taskers.files.folders import models_folder

SAM = "mobile-sam@0.2.0"
HELD_BACK = 101  # the first number of scenes by which nothing was chosen
DRAWS = 2_000

Array = np.ndarray
Found = dict[str, list[tuple[str, float, float]]]  # what was measured -> the scene, first answer, second answer


def measured(each: int) -> list[Row]:
    """The table, over so many scenes of each kind that nothing was chosen by."""
    model: MobileSam = RUNTIMES[SAM].load(models_folder())  # type: ignore[assignment]
    found: Found = defaultdict(list)
    for number in range(HELD_BACK, HELD_BACK + each):
        for kind in KINDS:
            look(model, scene(kind, number), found)
    large: Found = defaultdict(list)
    for number in range(HELD_BACK, HELD_BACK + (each + 1) // 2):
        for kind in LARGE:
            look(model, scene(kind, number), large)
    return [*rows(found), *by_kind(found), *in_large(large)]


def look(model: MobileSam, seen: Scene, found: Found) -> None:
    """Ask for each thing of a scene by a click, by two, and by a box."""
    embedding = model.embed(seen.pixels)
    from_near = Closer(model, seen.pixels)
    for thing in things(seen):
        name = f"{thing.kind} {thing.number}"
        click = model.decode(embedding, thing.click)
        sharper = from_near(thing.click, click)
        _tell(found, "one click", name, thing, click, sharper)
        found["one click, best of 3"].append((name, _best(click, thing), _best(sharper, thing)))
        _tell_edges(found, "one click", name, thing, click, sharper)
        twice = _second(model, embedding, thing, click)
        found["two clicks"].append((name, _share(click, thing), twice))
        box = model.decode(embedding, thing.box)
        nearer = from_near(thing.box, box)
        _tell(found, "a box", name, thing, box, nearer)
        _tell_edges(found, "a box", name, thing, box, nearer)


class Closer:
    """What the product's second answer says of things of one image."""

    def __init__(self, model: MobileSam, pixels: Array) -> None:
        self._model, self._pixels = model, pixels
        self._seen: dict[close_up.Part, Embedding] = {}

    def __call__(self, prompt: MaskPrompt, first: Masks) -> Masks:
        """The first answer, where nearer shows no more."""
        size = self._pixels.shape[:2]
        mask, logits = first.pixels[first.best], first.logits[first.best]
        part = near.part_for(self._model, prompt, mask, size)
        asked = near.asked_of(self._model, prompt, part, size, mask, logits) if part else None
        if part is None or asked is None:
            return first
        if part not in self._seen:
            self._seen[part] = self._model.embed(part.of(self._pixels))
        found = close_up.laid(self._model.decode(self._seen[part], asked), part, size, mask)
        if found is None:
            return first
        pixels = first.pixels.copy()
        pixels[first.best] = found[0]  # the others stay, as the studio is told
        return replace(first, pixels=pixels)


def _second(model: MobileSam, embedding: Embedding, thing: Thing, first: Masks) -> float:
    """After a click that corrects the mask that was shown."""
    click = correction(thing, first.pixels[first.best], embedding.image_size)
    points = (*thing.click.points, click)
    answer = model.decode(embedding, MaskPrompt(points=points, previous=first.logits[first.best].astype(np.float32)))
    return overlap(answer.pixels[answer.best], thing.mask)


def _tell(found: Found, what: str, name: str, thing: Thing, before: Masks, now: Masks) -> None:
    found[what].append((name, _share(before, thing), _share(now, thing)))


def _share(masks: Masks, thing: Thing) -> float:
    """The overlap of the mask that is shown first with what is meant."""
    return overlap(masks.pixels[masks.best], thing.mask)


def _tell_edges(found: Found, what: str, name: str, thing: Thing, before: Masks, now: Masks) -> None:
    bands = [edges(one.pixels[one.best], thing.mask) for one in (before, now)]
    found[f"{what}, edges (F)"].append((name, bands[0], bands[1]))


def _best(masks: Masks, thing: Thing) -> float:
    return max(overlap(one, thing.mask) for one in masks.pixels)


LEAST_GAINS = {"one click": 0.05, "one click, best of 3": 0.0, "a box": 0.01}  # of overlap, by the second answer


def rows(found: Found) -> list[Row]:
    """The mean difference of each, with its interval."""
    table = []
    for what, least in LEAST_GAINS.items():
        before, now, low, high = interval(found[what])
        said = f"{before:.3f} → {now:.3f}, {now - before:+.3f} [{low:+.3f}, {high:+.3f}], {len(found[what])} things"
        table.append(at_least(f"{what}: mean overlap over the first answer", said, now - before, least))
    for what in ("two clicks", "one click, edges (F)", "a box, edges (F)"):
        table.append(besides(what, found[what]))
    return table


def besides(what: str, pairs: Sequence[tuple[str, float, float]]) -> Row:
    """What nothing was asked of."""
    before, now, low, high = interval(pairs)
    said = f"{before:.3f} → {now:.3f}, {now - before:+.3f} [{low:+.3f}, {high:+.3f}], {len(pairs)} things"
    return told(what, said, now)


def in_large(found: Found) -> list[Row]:
    """Small things of large pictures."""
    return [besides(f"{what}, {', '.join(LARGE)}", found[what]) for what in ("one click", "a box") if found[what]]


def by_kind(found: Found) -> list[Row]:
    """Kind by kind."""
    table = []
    for what in ("one click", "a box"):
        for kind in KINDS:
            mine = [one for one in found[what] if one[0].split()[0] == kind]
            table.append(besides(f"{what}, {kind}", mine))
    return table


def interval(pairs: Sequence[tuple[str, float, float]]) -> tuple[float, float, float, float]:
    """Means before and now, and between what the difference lies for 95 of 100 draws of scenes."""
    scenes: dict[str, list[float]] = defaultdict(list)
    for name, before, now in pairs:
        scenes[name].append(now - before)
    sums, counts = (np.array([f(one) for one in scenes.values()]) for f in (np.sum, len))
    draw = np.random.default_rng(16)
    chosen = draw.integers(0, len(scenes), (DRAWS, len(scenes)))
    low, high = np.percentile(sums[chosen].sum(1) / counts[chosen].sum(1), (2.5, 97.5))
    return _mean(one for _, one, _ in pairs), _mean(one for _, _, one in pairs), float(low), float(high)


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))
