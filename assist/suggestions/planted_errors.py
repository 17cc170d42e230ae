"""Deliberately wrong suggestions, to see who looks before accepting. Pure.

DESIGN section 2 allows them only where they can spoil nothing: on known answers, and on work left out of consensus.
Which of those get one is drawn by hash, so that a reload shows the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np
from pycocotools import mask as coco

from assist.registry.hash_bucket import lot
from assist.suggestions.offers import Offer
from assist.suggestions.prototypes import Choices

OFF_CENTRE = 0.35  # how far a trap's mask lies off, as a share of its size
AT_LEAST = 4  # pixels


def drawn(assignment: UUID, share: float) -> bool:
    """Whether this assignment is shown a trap; the same each time it is asked."""
    return lot(f"trap {assignment}") < share


def spoil_spans(offers: Sequence[Offer], labels: Sequence[str], seed: str) -> list[Offer]:
    """The offers, one of them wrong beyond doubt: another label where there is one, else half of its words."""
    if not offers:
        return list(offers)
    place = int(lot(f"which {seed}") * len(offers))
    return [_wrong_span(offer, labels) if at == place else offer for at, offer in enumerate(offers)]


def spoil_classes(offers: Sequence[Offer], fields: Mapping[str, Choices], seed: str) -> list[Offer]:
    """The offers, one of them under another label of its field."""
    if not offers:
        return list(offers)
    place = int(lot(f"which {seed}") * len(offers))
    return [_wrong_class(offer, fields, seed) if at == place else offer for at, offer in enumerate(offers)]


def spoil_boxes(offers: Sequence[Offer], size: tuple[int, int], seed: str) -> list[Offer]:
    """The offers, one of them off its thing by about a third of its size. `size`: the image's height and width."""
    if not offers:
        return list(offers)
    place = int(lot(f"which {seed}") * len(offers))
    return [_wrong_box(offer, size) if at == place else offer for at, offer in enumerate(offers)]


def spoil_masks(reply: dict[str, Any], first: dict[str, Any] | None = None) -> dict[str, Any]:
    """The runtime's reply with all three masks off their object by about a third of its size. `first`: the right mask
    that led when these were told before; they are as far off as then."""
    shift = _shift(_pixels(first or reply["masks"][reply["best"]]))
    return {**reply, "masks": [{**mask, "counts": _counts(_moved(_pixels(mask), shift))} for mask in reply["masks"]]}


def _wrong_span(offer: Offer, labels: Sequence[str]) -> Offer:
    output = dict(offer.output)
    others = sorted(set(labels) - {output["label"]})
    if others:
        output["label"] = others[0]
    else:
        output["end"] = output["start"] + max(1, (output["end"] - output["start"]) // 2)
    return replace(offer, output=output, planted=True)


def _wrong_box(offer: Offer, size: tuple[int, int]) -> Offer:
    x, y, width, height = offer.output["box"]
    across, down = max(AT_LEAST, OFF_CENTRE * width), max(AT_LEAST, OFF_CENTRE * height)
    x = max(0.0, x - across) if x + width / 2 > size[1] / 2 else min(size[1] - width, x + across)
    y = max(0.0, y - down) if y + height / 2 > size[0] / 2 else min(size[0] - height, y + down)
    kept = {"label", "model_label", "own_score", "attributes"}  # of lines that are read all others have their words
    output = {name: value for name, value in offer.output.items() if name in kept}
    return replace(offer, output=output | {"box": [round(x, 2), round(y, 2), width, height]}, planted=True)


def _wrong_class(offer: Offer, fields: Mapping[str, Choices], seed: str) -> Offer:
    choices = fields[offer.output["field"]]
    others = sorted(set(choices.phrases) - {offer.output["label"]})
    label = others[int(lot(f"wrong {seed}") * len(others))]
    return replace(offer, output={**offer.output, "label": label, "value": choices.value(label)}, planted=True)


def _shift(pixels: np.ndarray) -> tuple[int, int]:
    """Rows and columns to move by: toward the middle of the picture, so that the trap stays in sight."""
    if not pixels.any():
        return 0, 0
    moves = []
    for axis in (0, 1):
        places = np.flatnonzero(pixels.any(axis=1 - axis))
        reach = max(AT_LEAST, round(OFF_CENTRE * (places[-1] - places[0] + 1)))
        moves.append(int(reach if places.mean() < pixels.shape[axis] / 2 else -reach))
    return moves[0], moves[1]


def _moved(pixels: np.ndarray, shift: tuple[int, int]) -> np.ndarray:
    rows, columns = np.nonzero(pixels)
    rows, columns = rows + shift[0], columns + shift[1]
    inside = (rows >= 0) & (rows < pixels.shape[0]) & (columns >= 0) & (columns < pixels.shape[1])
    moved = np.zeros(pixels.shape, bool)
    moved[rows[inside], columns[inside]] = True
    return moved


def _pixels(mask: dict[str, Any]) -> np.ndarray:
    return coco.decode({"size": mask["size"], "counts": mask["counts"].encode()}).astype(bool)


def _counts(pixels: np.ndarray) -> str:
    return coco.encode(np.asfortranarray(pixels.astype(np.uint8)))["counts"].decode("ascii")
