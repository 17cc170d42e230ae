"""Small things asked for once more, seen from near: a part of the image is encoded, behind what people wait for.

What was made of a part is kept for a while, so that the next click at the same thing finds it; and the files of the
images that came last, so that one of which many things are asked comes once.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import numpy as np
from pycocotools import mask as coco

from assist.adapters import Embedding, MaskPrompt, Masks, Segmenter, close_up
from assist.adapters.close_up import Part
from assist.errors import CopilotError
from assist.runtime.decoding import BadPicture, pixels_of
from assist.runtime.lanes import Lane
from assist.runtime.operations import told_sharper

KEPT = 32  # parts, of two megabytes each
FILES = 4  # images

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
Key = tuple[str, str, tuple[int, int, int, int]]  # image sha256, encoder, x, y, width, height of the part


class Near:
    """The parts that were looked at last."""

    def __init__(self, kept: int = KEPT) -> None:
        self._most = kept
        self._kept: OrderedDict[Key, Embedding] = OrderedDict()
        self._files: OrderedDict[str, bytes] = OrderedDict()  # by sha256

    async def ask(
        self, lane: Lane, encoder: str, segmenter: Segmenter, question: dict[str, Any], first: np.ndarray | None
    ) -> dict[str, Any]:
        """One mask as `segment` tells them, without a handle; None where nearer shows no more, or something else.
        `first`: the logits of the mask that was answered. Raises CopilotError "need-image", "no-image"."""
        size = (question["image_size"][0], question["image_size"][1])
        prompt, mask = prompt_of(question), _bitmap(question["mask"])
        part = part_for(segmenter, prompt, mask, size)
        asked = asked_of(segmenter, prompt, part, size, mask, first) if part else None
        if part is None or asked is None:
            return told_sharper(None)
        key = (question["image"], encoder, part.place)
        known, data = self._kept.get(key), self._file(question)
        if known is None and data is None:
            raise CopilotError("need-image")
        look = partial(_look, segmenter, known, data, part, asked)
        embedding, masks = await lane.run(look, question.get("asker"))
        _keep(self._kept, key, embedding, self._most)
        found = await asyncio.to_thread(close_up.laid, masks, part, size, mask)
        if found is None:
            return told_sharper(None)
        (row,) = await asyncio.to_thread(rows, found[0][None], [found[1]])
        return told_sharper(row)

    def _file(self, question: dict[str, Any]) -> bytes | None:
        """Of the image: what came along, or is kept."""
        name, data = question["image"], question.get("data")
        if data is None:
            return self._files.get(name)
        _keep(self._files, name, data, FILES)
        return data


def _keep(kept: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    """The newest so many of them."""
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)


def prompt_of(question: dict[str, Any], previous: np.ndarray | None = None) -> MaskPrompt:
    """What was pointed at."""
    points = tuple((x, y, bool(include)) for x, y, include in question["points"])
    return MaskPrompt(points, tuple(question["box"]) if question.get("box") else None, previous)


def part_for(segmenter: Segmenter, prompt: MaskPrompt, mask: np.ndarray, size: tuple[int, int]) -> Part | None:
    """What there is to see from near, of a model that was measured so and is quick enough for it."""
    return close_up.part_of(prompt, mask, size) if hasattr(segmenter, "nearer") else None


def asked_of(
    segmenter: Segmenter,
    prompt: MaskPrompt,
    part: Part,
    size: tuple[int, int],
    mask: np.ndarray,
    first: np.ndarray | None,
) -> MaskPrompt | None:
    """The prompt for a part; of what isn't tiny with the mask that was answered first, `mask`, whose logits are
    `first`. None where those are gone, or nothing is left to ask for."""
    if part.tiny:
        return close_up.seen_from(prompt, part)
    around = prompt.box or close_up.box_of(mask, size)
    asked = close_up.seen_from(replace(prompt, box=around, previous=None), part)
    if asked is None or first is None or not hasattr(segmenter, "nearer"):
        return None
    return replace(asked, previous=segmenter.nearer(first, size, part.place))


def told(masks: Masks) -> list[dict[str, Any]]:
    """COCO's compressed run lengths of each mask, and how sure the model is."""
    return rows(masks.pixels, masks.scores)


def rows(pixels: np.ndarray, scores: Sequence[float]) -> list[dict[str, Any]]:
    """The same of masks by themselves: bool, n×h×w."""
    runs = coco.encode(np.asfortranarray(pixels.transpose(1, 2, 0).astype(np.uint8)))
    size = list(pixels.shape[1:])
    return [
        {"size": size, "counts": run["counts"].decode("ascii"), "score": round(score, 4)}
        for run, score in zip(runs, scores, strict=True)
    ]


def _bitmap(mask: dict[str, Any]) -> np.ndarray:
    run = {"size": list(mask["size"]), "counts": mask["counts"].encode("ascii")}
    return coco.decode(run).astype(bool)


def _look(
    segmenter: Segmenter, known: Embedding | None, data: bytes | None, part: Part, prompt: MaskPrompt
) -> tuple[Embedding, Masks]:
    """In the way of clicks as little as can be: nobody waits for this."""
    if known is None:
        assert data is not None
        try:
            pixels, _ = pixels_of(data)
        except BadPicture as problem:
            raise CopilotError("no-image", f"The copilot can't read this image: {problem}.") from None
        known = segmenter.embed_ahead(part.of(pixels))
    return known, segmenter.decode(known, prompt)
