"""Masks: the decoder of the default mask model, taught what a project's people mark; its encoder stays as it is.

Each picture is encoded once, however many passes or trials there are. A region is asked for as people ask: by a click
or a box, and then by a second click that corrects the answer. Of the three masks of a first answer the nearest learns,
so that they go on to disagree where it isn't clear what is meant, and the model's estimates learn which of them it is.

What it knew it keeps: on pictures unlike the project's it answers as before, or else goes on practising (rehearsal.py).
"""

import copy
import math
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from assist.adapters import LONGEST_SIDE, Embedding, MaskPrompt, sam_frame
from assist.adapters.files import DECODER, ENCODER, Artifact, WeightsProblem, verify
from assist.adapters.mobile_sam import Elsewhere, embedding_of
from assist.adapters.sam_decoder import SamDecoder
from assist.adapters.sam_decoder import load as load_decoder
from assist.adapters.sam_light import LightDecoder
from assist.learning.reasons import REASONS
from assist.learning.recipes import pointing, rehearsal
from assist.learning.recipes.pointing import Region
from assist.learning.recipes.recipe import Made, Report, Unfit, Work
from assist.learning.recipes.rehearsal import Rehearsal
from assist.learning.region_masks import as_mask, middle
from assist.learning.snapshot_file import Line
from assist.runtime.decoding import BadPicture, pixels_of
from assist.runtime.embedding_store import EmbeddingStore
from assist.suggestions.edit_distance import overlap
from projects.inference.geometry import bitmap_from_mask, mask_area, mask_box
from taskers.files.folders import models_folder

LEAST_REGIONS = 10  # to learn from
MOST_PICTURES = {"train": 600, "validation": 60}  # by chance, where there are more
MOST_REGIONS = 5  # of a picture to compare models on, from its first; as the gate does
TOGETHER = 4  # regions of a picture at once
A_PASS = 60  # times so many
PATIENCE = 2  # passes without a better figure
WARM_UP = 10  # steps
LOUDEST = 1.0  # the longest that a gradient may be
FOCAL, DICE = 20.0, 1.0  # weights, as segment_anything was trained
FILE = "decoder.safetensors"
NAME = "mobile-sam@0.2.0"


@dataclass(frozen=True)
class Seen:
    """A picture that was encoded, and what people marked in it."""

    name: str
    size: tuple[int, int]
    shapes: Sequence[Mapping[str, Any]]  # masks of its size that have an area


class Encoded:
    """The embeddings of pictures, each made once."""

    def __init__(self, folder: Path, models: Path) -> None:
        self._models, self._store = models, EmbeddingStore(folder, memory_bytes=256 << 20)

    def size_of(self, name: str, file: Path) -> tuple[int, int] | None:
        """The (height, width) of a picture that is encoded afterwards; None of one that can't be read."""
        found = self._store.read((name, NAME))
        if found is None:
            try:
                pixels, size = pixels_of(file.read_bytes(), LONGEST_SIDE)
            except (BadPicture, OSError):
                return None
            return self._encode(name, pixels, size)
        return found.image_size

    def add(self, name: str, drawn: Callable[[], np.ndarray]) -> None:
        """A picture that is in no file."""
        if self._store.read((name, NAME)) is None:
            pixels = drawn()
            self._encode(name, pixels, (pixels.shape[0], pixels.shape[1]))

    def _encode(self, name: str, pixels: np.ndarray, size: tuple[int, int]) -> tuple[int, int]:
        self._store.write((name, NAME), embedding_of(self._encoder, pixels, size))
        return size

    @cached_property
    def _encoder(self) -> onnxruntime.InferenceSession:
        """On one thread, so that it says the same each time."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_mem_pattern = False
        file = str(_verified(ENCODER, self._models))
        return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])

    def of(self, name: str) -> Embedding:
        """Of a picture that was encoded. Raises Unfit where the disk lost it."""
        found = self._store.read((name, NAME))
        if found is None:
            raise Unfit(REASONS["embeddings-gone"])
        return found


def train(work: Work) -> Made:
    """Teach the decoder; its weights lie in `work.folder` afterwards."""
    torch.set_num_threads(1)
    torch.manual_seed(work.seed)
    models, draw = work.models or models_folder(), np.random.default_rng(work.seed % 2**32)
    with _embeddings(work) as folder:
        encoded, counts = Encoded(folder, models), dict[str, float]()
        told = _seen(work, encoded, work.train(), "train", counts)
        held_out = _seen(work, encoded, work.validation(), "validation", counts)
        units = _units(told)
        if sum(len(regions) for _, regions in units) < LEAST_REGIONS:
            raise Unfit(REASONS["few-regions"] % {"number": LEAST_REGIONS})
        if not held_out:
            raise Unfit(REASONS["no-region"])
        decoder = load_decoder(_verified(DECODER, models))
        before = measured(decoder, encoded, held_out)
        known = _known(decoder, encoded, told, held_out) if work.parameters["rehearsal"] else None
        best, kept = _best(work, decoder, encoded, units, held_out, known, draw)
    weights = {name: one.contiguous() for name, one in decoder.mask_decoder.state_dict().items()}
    if known and known.familiar:
        weights |= known.familiar.tensors()
    save_file(weights, work.folder / FILE)
    metrics = {"model": best, "began from": before, "pictures": counts} | ({"kept": kept} if known else {})
    return Made(metrics, {"adapter": "sam-decoder", "capability": "segment"})


def _verified(artifact: Artifact, models: Path) -> Path:
    """A file of the default model. Raises Unfit."""
    try:
        return verify(artifact, models)
    except WeightsProblem as problem:
        raise Unfit(str(problem)) from None


@contextmanager
def _embeddings(work: Work) -> Iterator[Path]:
    """Where embeddings lie: kept for the next trial of a search, or for this run alone, in its folder, which goes
    however the run ends."""
    if work.kept is not None:
        yield work.kept / "embeddings"
        return
    with tempfile.TemporaryDirectory(prefix="embeddings-", dir=work.folder.parent) as place:
        yield Path(place)


def _seen(work: Work, encoded: Encoded, lines: Iterable[Line], split: str, counts: dict[str, float]) -> list[Seen]:
    """The pictures of a split that have regions with an area and can be read; `counts` gets how many, and how many
    couldn't be read."""
    named = [(line, work.picture(line)) for line in lines if line.asset]
    draw, most = np.random.default_rng([work.seed % 2**32, len(named)]), MOST_PICTURES[split]
    if len(named) > most:
        named = [named[n] for n in sorted(draw.choice(len(named), most, replace=False))]
    found, unread, began = list[Seen](), 0, time.monotonic()
    for done, (line, file) in enumerate(named, 1):
        size = encoded.size_of(line.asset, file) if file else None
        unread += size is None
        shapes = [made for part in line.said["regions"] if size and (made := _with_area(part["shape"], size))]
        if size and shapes:
            found.append(Seen(line.asset, size, shapes))
        left = (time.monotonic() - began) / done * (len(named) - done)
        work.report(Report(0, int(work.parameters["passes"]), None, None, left))
    counts |= {split: float(len(found)), f"{split} unreadable": float(unread)}
    return found


def _known(decoder: SamDecoder, encoded: Encoded, told: Sequence[Seen], held_out: Sequence[Seen]) -> Rehearsal:
    """What it knew, with the pictures that it goes on practising on, and what tells these from the project's."""
    for number, name in enumerate(rehearsal.names()):
        encoded.add(name, partial(rehearsal.picture, number))
    known = Rehearsal(copy.deepcopy(decoder), encoded.of)
    known.tell_apart([one.name for one in told], [one.name for one in held_out])
    return known


def _with_area(shape: Mapping[str, Any], size: tuple[int, int]) -> Mapping[str, Any] | None:
    made = as_mask(shape, *size)
    return made if made and tuple(made["size"]) == size and mask_area(made) else None


Unit = tuple[str, Sequence[Region]]  # a picture, and some of its regions


def _units(seen: Sequence[Seen]) -> list[Unit]:
    """All regions, so many at once as are shown together."""
    found = list[Unit]()
    for one in seen:
        regions = [made for shape in one.shapes if (made := pointing.region_of(shape, one.size))]
        found += [(one.name, regions[at : at + TOGETHER]) for at in range(0, len(regions), TOGETHER)]
    return found


def _best(
    work: Work,
    decoder: SamDecoder,
    encoded: Encoded,
    units: list[Unit],
    held_out: Sequence[Seen],
    known: Rehearsal | None,
    draw: np.random.Generator,
) -> tuple[dict[str, float], dict[str, float]]:
    """Pass over the regions until nothing gets better; the decoder is as it was at its best, mixed so that it keeps
    what it knew. Returns its figures, and what it keeps with which share of what it learnt."""
    passes, began, order = int(work.parameters["passes"]), time.monotonic(), _endless(units, draw)
    parts = decoder.mask_decoder.requires_grad_(True)
    optimizer = torch.optim.AdamW(parts.parameters(), float(work.parameters["learn_rate"]), weight_decay=0.01)
    warm = torch.optim.lr_scheduler.LinearLR(optimizer, 1 / WARM_UP, total_iters=WARM_UP)
    best, stood, kept, whole = dict[str, float](), 0, dict[str, float](), dict[str, Tensor]()
    for step in range(1, passes + 1):
        losses = list[float]()
        for name, regions in (next(order) for _ in range(min(A_PASS, len(units)))):
            losses.append(_learnt(decoder, encoded.of(name), regions, known, optimizer, draw))
            warm.step()
        learnt = _copied(parts)
        share, still = known.mix(decoder) if known else (1.0, math.nan)
        away = Elsewhere(known.familiar, known.base) if known and known.familiar else None
        found = measured(decoder, encoded, held_out, away)
        left = (time.monotonic() - began) / step * (passes - step)
        work.report(Report(step, passes, float(np.mean(losses)), found["overlap"], left))
        stood = 0 if not best or found["overlap"] > best["overlap"] else stood + 1
        if not stood:
            best, whole = found, _copied(parts)
            kept = {"overlap": still, "share": share, "told apart": float(away is not None)}
        if stood >= PATIENCE:
            break
        parts.load_state_dict(learnt)
    parts.load_state_dict(whole)
    parts.requires_grad_(False)
    return best, kept


def _copied(parts: torch.nn.Module) -> dict[str, Tensor]:
    return {name: one.clone() for name, one in parts.state_dict().items()}


def _endless(units: list[Unit], draw: np.random.Generator) -> Iterator[Unit]:
    while True:
        for n in draw.permutation(len(units)):
            yield units[n]


def _learnt(
    decoder: SamDecoder,
    embedding: Embedding,
    regions: Sequence[Region],
    known: Rehearsal | None,
    optimizer: torch.optim.Optimizer,
    draw: np.random.Generator,
) -> float:
    """One step by some regions of a picture, each asked for twice, and by what it knew where that can't be told apart.
    Returns the loss of the regions. Raises Unfit."""
    features = torch.from_numpy(embedding.features.astype(np.float32))
    masks = np.stack([one.mask for one in regions])
    rows, columns = regions[0].inside
    wanted = torch.from_numpy(masks[:, :rows, :columns].astype(np.float32))
    points = boxes = None
    clicks = [[pointing.first_click(one, draw)] for one in masks]
    if draw.random() < 0.5:
        clicks, boxes = [[] for _ in regions], torch.tensor([pointing.drawn_box(one, draw) for one in regions])
    total, previous = 0.0, None
    for _ in range(2):
        points = _points(clicks) if clicks[0] else None
        logits, scores = decoder(features, points, boxes, previous)
        loss = _loss(logits[..., :rows, :columns], scores, wanted, len(clicks[0]) > 1)
        if not math.isfinite(float(loss.detach())):
            raise Unfit(REASONS["loss"])
        (loss / 2).backward()
        total += float(loss.detach()) / 2
        previous = _shown(logits.detach(), scores.detach())
        answers = previous[:, 0].numpy() > 0
        answers[:, rows:], answers[:, :, columns:] = False, False
        asked = zip(clicks, masks, answers, strict=True)
        clicks = [[*some, pointing.correction(mask, answer, draw)] for some, mask, answer in asked]
    if known and not known.familiar:
        known.loss(decoder, draw).backward()
    torch.nn.utils.clip_grad_norm_(decoder.mask_decoder.parameters(), LOUDEST)
    optimizer.step()
    optimizer.zero_grad()
    return total


def _points(clicks: Sequence[Sequence[pointing.Click]]) -> tuple[Tensor, Tensor]:
    places = torch.tensor([[[x, y] for x, y, _ in some] for some in clicks])
    return places, torch.tensor([[float(adds) for *_, adds in some] for some in clicks])


def _shown(logits: Tensor, scores: Tensor) -> Tensor:
    """Of each first answer the mask that is shown, which a second click is about: N×1×256×256."""
    own = scores[:, 1:].argmax(1) + 1
    return logits[torch.arange(len(logits)), own][:, None]


def _loss(logits: Tensor, scores: Tensor, wanted: Tensor, clear: bool) -> Tensor:
    """Of masks N×4×h×w for regions N×h×w. Where more than one click makes it clear what is meant, the token that is
    for that learns; else the nearest of the other three. All estimates learn."""
    target = wanted[:, None].expand_as(logits)
    shares = logits.sigmoid()
    even = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    missed = torch.where(target > 0.5, 1 - shares, shares)
    focal = (even * missed**2).mean((2, 3))
    both = (shares * target).sum((2, 3))
    dice = 1 - (2 * both + 1) / (shares.sum((2, 3)) + target.sum((2, 3)) + 1)
    each = FOCAL * focal + DICE * dice
    with torch.no_grad():
        marked, true = logits > 0, target > 0.5
        overlaps = (marked & true).sum((2, 3)) / (marked | true).sum((2, 3)).clamp(min=1)
    of_masks = each[:, 0] if clear else each[:, 1:].min(1).values
    return (of_masks + ((scores - overlaps) ** 2).mean(1)).mean()


def measured(
    decoder: SamDecoder,
    encoded: Encoded,
    held_out: Sequence[Seen],
    elsewhere: Elsewhere | None = None,
) -> dict[str, float]:
    """The mean overlap with regions for a click in the middle, for the box, and of both, as the runtime answers."""
    own = LightDecoder(decoder.prompt_encoder, decoder.mask_decoder)
    if elsewhere:
        other = LightDecoder(elsewhere.decoder.prompt_encoder, elsewhere.decoder.mask_decoder)
    clicks, boxes = list[float](), list[float]()
    with torch.inference_mode():
        for one in held_out:
            embedding = encoded.of(one.name)
            told = torch.from_numpy(embedding.features.astype(np.float32))
            ours = elsewhere is None or elsewhere.familiar(told, embedding.image_size)
            light = own if ours else other
            for shape in one.shapes[:MOST_REGIONS]:
                region = bitmap_from_mask(shape)
                x, y = middle(region)
                left, top, wide, tall = (float(side) for side in mask_box(shape))
                asked = MaskPrompt(((x, y, True),)), MaskPrompt(box=(left, top, wide, tall))
                for prompt, found in zip(asked, (clicks, boxes), strict=True):
                    found.append(overlap(region, _answer(light, embedding, prompt)))
    click, box = float(np.mean(clicks)), float(np.mean(boxes))
    return {"overlap": (click + box) / 2, "click": click, "box": box}


def _answer(light: LightDecoder, embedding: Embedding, prompt: MaskPrompt) -> np.ndarray:
    features, size = torch.from_numpy(embedding.features.astype(np.float32)), embedding.image_size
    logits, scores = light(features, *sam_frame.tensors(prompt, size))
    masks = sam_frame.masks(logits, scores[0].tolist(), prompt, size)
    return masks.pixels[masks.best]
