"""The mask decoder: what it gains on a project's pictures, and what it keeps of the default model's masks on
photographs, with and without rehearsal.

The project is the microscopy image of the package `stardist` (BSD-3) where TANDEM_NUCLEI names the folder of its
`img2d.tif` and `mask2d.tif`, cut into sixteen pieces; else drawn cells stand in. The photographs are scikit-image's:
nothing is learnt from them, and nothing is chosen by them.
"""

import hashlib
import io
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from scipy.special import stdtrit
from skimage import data

from assist.adapters import familiar
from assist.adapters.familiar import Familiar
from assist.adapters.files import DECODER, verify
from assist.adapters.mobile_sam import Elsewhere
from assist.adapters.sam_decoder import SamDecoder
from assist.adapters.sam_decoder import load as load_decoder
from assist.adapters.sam_frame import inside
from assist.adapters.tuned_sam import fill
from assist.learning.recipes import RECIPES
from assist.learning.recipes import sam_decoder as recipe
from assist.learning.recipes.recipe import Made, Work
from assist.learning.snapshot_file import Line, Writer
from assist.learning.splits import GATE, TRAIN, VALIDATION
from benchmarks.loop.row import Row
from benchmarks.models.scenes import scene
from projects.inference.geometry import mask_from_bitmap
from taskers.files.folders import models_folder

ACROSS = 4  # pieces, and as many down
SPLITS = 10 * (TRAIN,) + 2 * (VALIDATION,) + 4 * (GATE,)
PHOTOGRAPHS = ("astronaut", "camera", "chelsea", "coffee", "coins", "rocket")
CLICKS = 4  # across a photograph, and as many down
LEAST, LEVEL = 0.95, 0.95
PASSES = 4

Piece = tuple[np.ndarray, list[np.ndarray]]  # pixels, and the masks of its things


def rows() -> Iterator[Row]:
    """With rehearsal, then without."""
    torch.set_num_threads(1)
    what, pieces = _pieces()
    with tempfile.TemporaryDirectory(prefix="tandem-masks-") as place:
        folder = Path(place)
        lines = _lines(pieces, folder / "pictures")
        judged = _Judge(folder, lines)
        for rehearsal in (True, False):
            began = time.process_time()
            made, decoder, line = _trained(folder, lines, rehearsal)
            took = time.process_time() - began
            yield from _told(what, judged, decoder, line, made, took)


def _told(
    what: str, judged: "_Judge", decoder: SamDecoder, line: Familiar | None, made: Made, took: float
) -> Iterator[Row]:
    mixed = made.metrics.get("kept")
    how, asked = "with rehearsal" if mixed else "without", bool(mixed) or None
    away = Elsewhere(line, judged.base) if line else None
    before, after = judged.before, judged.overlaps(decoder, away)
    gains = np.array([now["overlap"] - then["overlap"] for now, then in zip(after, before, strict=True)])
    least = gains.mean() - stdtrit(len(gains) - 1, LEVEL) * gains.std(ddof=1) / np.sqrt(len(gains))
    then, now = _means(before), _means(after)
    told = ", ".join(f"{key} {then[key]:.2f} to {now[key]:.2f}" for key in ("click", "box"))
    gained = f"{told}; gain {gains.mean():.3f}, at least {least:.3f}; {took:.0f} s of one core"
    yield Row(f"{what}, {len(gains)} pieces held back, {how}", "overlap rises", gained, asked and bool(least > 0))
    kept = judged.kept(decoder, line)
    share = f"; share {mixed['share']:.1f}, {mixed['overlap']:.3f} of what it was checked by" if mixed else ""
    reached = f"clicks {kept['click']:.3f}, boxes {kept['box']:.3f}; {kept['familiar']:.0f} taken for familiar{share}"
    mean = (kept["click"] + kept["box"]) / 2
    asked_of = f"overlap with the default model's three masks ≥ {LEAST}"
    yield Row(f"{len(PHOTOGRAPHS)} photographs, {how}", asked_of, f"{mean:.3f}: {reached}", asked and mean >= LEAST)


def _means(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {key: float(np.mean([one[key] for one in rows])) for key in rows[0]}


def _trained(folder: Path, lines: Sequence[Line], rehearsal: bool) -> tuple[Made, SamDecoder, Familiar | None]:
    place = folder / f"model-{rehearsal}"
    place.mkdir()
    writer = Writer(folder / f"{rehearsal}.parquet", {"task_type": "image_regions"})
    writer.add(one for one in lines if one.split != GATE)
    writer.close()
    usual = {name: one.usual for name, one in RECIPES["sam-decoder"].parameters.items()}
    chosen = usual | {"passes": PASSES, "rehearsal": rehearsal}
    given = Work(
        snapshot=writer.path,
        labels={"nucleus": "Nucleus"},
        label_map={},
        parameters=chosen,
        seed=7,
        folder=place,
        report=lambda report: None,
        kept=folder,
        pictures=folder / "pictures",
    )
    made = recipe.train(given)
    decoder = load_decoder(verify(DECODER, models_folder()))
    tensors = load_file(place / recipe.FILE)
    line = familiar.taken_from(tensors)
    fill(decoder, tensors)
    return made, decoder, line


class _Judge:
    """What was held back, and photographs, each with what the default model says of it."""

    def __init__(self, folder: Path, lines: Sequence[Line]) -> None:
        self._encoded = recipe.Encoded(folder / "embeddings", models_folder())
        self.base = load_decoder(verify(DECODER, models_folder()))
        self._held = [self._seen(one, folder / "pictures") for one in lines if one.split == GATE]
        for name in PHOTOGRAPHS:
            self._encoded.add(name, partial(_photograph, name))
        self.before = self.overlaps(self.base, None)

    def _seen(self, line: Line, pictures: Path) -> recipe.Seen:
        size = self._encoded.size_of(line.asset, pictures / line.asset)
        assert size is not None
        return recipe.Seen(line.asset, size, [one["shape"] for one in line.said["regions"]])

    def overlaps(self, decoder: SamDecoder, away: Elsewhere | None) -> list[dict[str, float]]:
        """Of each piece that was held back, over all of its things."""
        things = [[replace(one, shapes=[shape]) for shape in one.shapes] for one in self._held]
        return [_means([recipe.measured(decoder, self._encoded, [one], away) for one in some]) for some in things]

    def kept(self, decoder: SamDecoder, line: Familiar | None) -> dict[str, float]:
        """The overlap of its masks of photographs with those of the default model, and how many of these it takes for
        familiar."""
        found: dict[str, list[float]] = {"click": [], "box": []}
        own = 0
        with torch.inference_mode():
            for name in PHOTOGRAPHS:
                embedding = self._encoded.of(name)
                features = torch.from_numpy(embedding.features.astype(np.float32))
                rows, columns = inside(embedding.image_size, 256)
                ours = line is None or line(features, embedding.image_size)
                answers, own = decoder if ours else self.base, own + ours
                for y in (np.arange(CLICKS) + 0.5) / CLICKS * rows * 4:
                    for x in (np.arange(CLICKS) + 0.5) / CLICKS * columns * 4:
                        click = torch.tensor([[[x, y]]], dtype=torch.float32), torch.ones(1, 1)
                        logits, scores = self.base(features, click, None, None)
                        box = _box(logits[0, 1 + int(scores[0, 1:].argmax())], float(x), float(y))
                        before = self.base(features, None, box, None)[0]
                        now = answers(features, click, None, None)[0], answers(features, None, box, None)[0]
                        for kind, one, other in zip(found, (logits, before), now, strict=True):
                            found[kind] += [
                                _overlap(one[0, n, :rows, :columns], other[0, n, :rows, :columns]) for n in (1, 2, 3)
                            ]
        return {kind: float(np.mean(some)) for kind, some in found.items()} | {"familiar": own}


def _box(logits: torch.Tensor, x: float, y: float) -> torch.Tensor:
    places = (logits > 0).nonzero()
    if not len(places):
        return torch.tensor([[x - 40, y - 40, x + 40, y + 40]])
    (top, left), (bottom, right) = places.min(0).values * 4.0, (places.max(0).values + 1) * 4.0
    return torch.tensor([[float(left), float(top), float(right), float(bottom)]])


def _overlap(one: torch.Tensor, other: torch.Tensor) -> float:
    either = int(((one > 0) | (other > 0)).sum())
    return int(((one > 0) & (other > 0)).sum()) / either if either else 1.0


def _photograph(name: str) -> np.ndarray:
    found = getattr(data, name)()
    return np.ascontiguousarray(found if found.ndim == 3 else np.repeat(found[..., None], 3, 2))


def _pieces() -> tuple[str, list[Piece]]:
    folder = os.environ.get("TANDEM_NUCLEI")
    if folder is None:
        drawn = [scene("cells", number) for number in range(len(SPLITS))]
        return "drawn cells", [(one.pixels, list(one.masks)) for one in drawn]
    image, marked = (np.asarray(Image.open(Path(folder) / name)).astype(float) for name in ("img2d.tif", "mask2d.tif"))
    low, high = np.percentile(image, (1, 99.8))
    grey = np.repeat((np.clip((image - low) / (high - low), 0, 1) * 255).astype(np.uint8)[..., None], 3, 2)
    side = image.shape[0] // ACROSS
    found = list[Piece]()
    for at in range(ACROSS**2):
        here = np.s_[at // ACROSS * side : (at // ACROSS + 1) * side, at % ACROSS * side : (at % ACROSS + 1) * side]
        things = [marked[here] == one for one in np.unique(marked[here]) if one]
        found.append((np.ascontiguousarray(grey[here]), things))
    return "stardist's nuclei", found


def _lines(pieces: Sequence[Piece], folder: Path) -> list[Line]:
    """Of each piece, in splits by chance."""
    folder.mkdir()
    order, made = np.random.default_rng(0).permutation(len(SPLITS)), list[Line]()
    for number, (pixels, things) in enumerate(pieces):
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        name = hashlib.sha256(file.getvalue()).hexdigest()
        (folder / name).write_bytes(file.getvalue())
        shapes = [mask_from_bitmap(one) for one in things]
        said = {"regions": [{"id": f"r{n}", "label": "nucleus", "shape": one} for n, one in enumerate(shapes)]}
        made.append(
            Line(
                task=f"t{number}",
                batch="1",
                group=name,
                split=SPLITS[int(order[number])],
                blind=True,
                payload=json.dumps({"asset": name}),
                asset=name,
                verdict=f"v{number}",
                answer=json.dumps(said),
                method="majority_v1",
                confidence=1.0,
                at=datetime(2026, 1, 1, tzinfo=UTC),
            )
        )
    return made
