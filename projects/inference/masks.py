"""One mask from several people's, and the merge of region answers whose taskers agree.

The pixel vote is weighted by closeness to the others and by trust, as STAPLE (Warfield et al. 2004)
weighs raters, but with one weight per person instead of a hit and a false alarm rate per pixel: those
are ruled by the background and did worse on all data tried. The vote is smoothed by a share of the
object's size, since an outline is smooth and hands are not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from projects.inference import arguments, deadline, geometry, vector_shapes
from projects.inference.agreement import shape_ious
from projects.inference.boxes import closeness_weights
from projects.inference.geometry import Bitmap, Matrix
from projects.inference.matching import cluster
from projects.inference.outcome import Answer
from projects.inference.pieces import common_attributes, common_provenance

# The share of trust that a pixel of the object needs: people draw around a thing rather than through it. Chosen with
# `SMOOTHING` by leave-one-set-out over the sets of BU-BIL, see docs/truth.md.
INNER = 0.58
# Width of the smoothing as a share of the object's side.
SMOOTHING = 0.03


def merge_regions(answers: Sequence[Answer], iou: float = 0.5) -> Answer:
    """One answer from several: each region found by more than half of the answers with the same label
    and IoU ≥ `iou`, with the pixels most of them gave."""
    arguments.chance("iou", iou)
    found = [(who, region, shape) for who, answer in enumerate(answers) for region, shape in with_shapes(answer)]
    found.sort(key=lambda one: canonical(one[1]))
    regions = [region for _, region, _ in found]
    groups = cluster(_similarity(regions, [shape for *_, shape in found]), [who for who, *_ in found], iou)
    kept = [[regions[i] for i in group] for group in groups if 2 * len(group) > len(answers)]
    merged = sorted((_one(members) for members in kept), key=canonical)
    return {"regions": [{"id": f"r{n}", **region} for n, region in enumerate(merged, start=1)]}


def with_shapes(answer: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Each region of one answer with its shape as it is compared with others."""
    regions = answer["regions"]
    return list(zip(regions, vector_shapes.with_reach([region["shape"] for region in regions]), strict=True))


@dataclass(frozen=True)
class FusedMask:
    """`mask` is the fused mask shape; `doubt` the area of pixels with a vote between 0.2 and 0.8, as a
    share of the mask's area (boundary uncertainty); `closeness[i]` the IoU of mask i with the fusion of
    the others, None when alone; `vote` the share of trust per pixel inside the window `at` (x, y)."""

    mask: dict[str, Any]
    doubt: float
    closeness: list[float | None]
    vote: NDArray[np.float64]
    at: tuple[int, int]


def fuse_masks(masks: Sequence[Mapping[str, Any]], trust: Sequence[float] | None = None) -> FusedMask:
    """Fuse masks of one thing, one per person, all of one image size. BadArgument for none, or masks of two sizes."""
    stack = _stacked(masks, trust)
    layers, table, belief = stack.layers, stack.table, stack.belief
    vote = smoothed_vote(layers, table, belief)
    inside = vote > INNER if len(masks) > 1 else layers[0]
    doubt = int(np.count_nonzero((vote > 0.2) & (vote < 0.8))) / max(int(np.count_nonzero(inside)), 1)
    closeness: list[float | None] = [None] * len(masks)
    if len(masks) > 1:
        for i in range(len(masks)):
            keep = np.delete(np.arange(len(masks)), i)
            trusted = belief[keep] if belief[keep].any() else np.ones(len(keep))
            others = smoothed_vote(layers[keep], table[np.ix_(keep, keep)], trusted) > INNER
            closeness[i] = geometry.bitmap_iou(layers[i], others if len(keep) > 1 else layers[keep[0]])
    return FusedMask(stack.whole(inside), doubt, closeness, vote, (stack.columns.start, stack.rows.start))


def fused_mask(masks: Sequence[Mapping[str, Any]], trust: Sequence[float] | None = None) -> dict[str, Any]:
    """The mask of `fuse_masks` alone, at a fraction of its cost."""
    arguments.weights("trust", trust, len(masks))
    if len(masks) == 1:
        return dict(masks[0])
    stack = _stacked(masks, trust)
    return stack.whole(smoothed_vote(stack.layers, stack.table, stack.belief) > INNER)


def edge_doubt(masks: Sequence[Mapping[str, Any]], trust: Sequence[float] | None = None) -> float:
    """How far people's outlines lie from that of `fused_mask`, in pixels, by trust: the area between them ÷ its length.

    BadArgument for no mask.
    """
    stack = _stacked(masks, trust)
    inside = smoothed_vote(stack.layers, stack.table, stack.belief) > INNER
    between = np.count_nonzero(stack.layers != inside, axis=(1, 2))
    length = max(int(np.count_nonzero(inside & ~scipy.ndimage.binary_erosion(inside))), 1)
    return float(closeness_weights(stack.table, stack.belief) @ between) / length


@dataclass(frozen=True)
class _Stack:
    """Masks of one thing as bitmaps of their common window, how alike they are, and how far each is trusted."""

    size: Sequence[int]
    rows: slice
    columns: slice
    layers: NDArray[np.bool_]
    table: Matrix
    belief: NDArray[np.float64]

    def whole(self, inside: Bitmap) -> dict[str, Any]:
        """The window as a mask of the image."""
        whole = np.zeros(self.size, dtype=bool)
        whole[self.rows, self.columns] = inside
        return geometry.mask_from_bitmap(whole)


def _stacked(masks: Sequence[Mapping[str, Any]], trust: Sequence[float] | None) -> _Stack:
    _check(masks)
    belief = arguments.weights("trust", trust, len(masks))
    rows, columns = _window(masks)
    layers = np.stack([geometry.bitmap_from_mask(mask)[rows, columns] for mask in masks])
    return _Stack(masks[0]["size"], rows, columns, layers, geometry.mask_ious(masks, masks), belief)


def _check(masks: Sequence[Mapping[str, Any]]) -> None:
    if not masks:
        raise arguments.BadArgument("masks", "there is no mask to fuse")
    if len({tuple(mask["size"]) for mask in masks}) > 1:
        raise arguments.BadArgument("masks", "all must be of one image size")


def smoothed_vote(layers: NDArray[np.bool_], table: Matrix, trust: NDArray[np.float64]) -> NDArray[np.float64]:
    """The trust-weighted share of layers holding each pixel, smoothed by SMOOTHING × the side of a
    square as large as the object."""
    weights = closeness_weights(table, trust)
    vote = np.tensordot(weights, layers.astype(float), 1)
    return scipy.ndimage.gaussian_filter(vote, SMOOTHING * np.sqrt(np.count_nonzero(vote > 0.5)))


def majority_mask(masks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The pixels in more than half of the masks. Where votes are equal the mean signed distance to the
    outlines decides (shape-based averaging, Rohlfing and Maurer 2007), so two masks meet half way. BadArgument for
    none, or masks of two sizes."""
    _check(masks)
    height, width = masks[0]["size"]
    window = _window(masks)
    layers = [geometry.bitmap_from_mask(mask)[window] for mask in masks]
    votes = np.sum(layers, axis=0, dtype=np.int32)
    inside = 2 * votes > len(layers)
    tied = 2 * votes == len(layers)
    if tied.any():
        depth = np.sum([signed_distance(layer) for layer in layers], axis=0)
        inside |= tied & (depth > 1e-9)
    whole = np.zeros((height, width), dtype=bool)
    whole[window] = inside
    return geometry.mask_from_bitmap(whole)


def signed_distance(bitmap: Bitmap) -> np.ndarray:
    """Distance to the outline in pixels, positive inside."""
    padded = np.pad(bitmap, 1)
    depth = scipy.ndimage.distance_transform_edt(padded) - scipy.ndimage.distance_transform_edt(~padded)
    return depth[1:-1, 1:-1]


def _one(members: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "label": members[0]["label"],
        "shape": merge_shapes([region["shape"] for region in members]),
        "attributes": common_attributes(members),
        "provenance": common_provenance(members),
    }


def merge_shapes(shapes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The shape in the middle of shapes of one kind, nobody being trusted more than others. BadArgument for none, or a
    mixture."""
    deadline.check()
    kind = arguments.kinds("shapes", shapes, vector_shapes.LIKENESS.keys() | {"mask"})
    if len(shapes) == 1:
        return dict(shapes[0])
    if kind == "mask":
        return majority_mask(shapes)
    if kind in ("box", "point"):
        return vector_shapes.median_box(shapes) if kind == "box" else vector_shapes.median_point(shapes)
    return vector_shapes.most_central(shapes)


def _window(masks: Sequence[Mapping[str, Any]]) -> tuple[slice, slice]:
    boxes = [box for box in map(geometry.mask_box, masks) if box[2] and box[3]]
    if not boxes:
        return slice(0, 1), slice(0, 1)
    x0, y0 = min(b[0] for b in boxes), min(b[1] for b in boxes)
    x1, y1 = max(b[0] + b[2] for b in boxes), max(b[1] + b[3] for b in boxes)
    return slice(y0, y1), slice(x0, x1)


def _similarity(regions: Sequence[Mapping[str, Any]], shapes: Sequence[Mapping[str, Any]]) -> np.ndarray:
    labels = np.array([region["label"] for region in regions], dtype=object)
    overlaps = shape_ious(shapes, shapes)
    return np.where(labels[:, None] == labels[None, :], overlaps, 0.0)


def canonical(region: Mapping[str, Any]) -> tuple[Any, ...]:
    """What regions are sorted by, so that the order in which they were drawn is nothing."""
    shape = region["shape"]
    if shape["type"] != "mask":
        return (*vector_shapes.box_of(shape), region["label"], json.dumps(shape, sort_keys=True))
    return (*geometry.mask_box(shape), region["label"], shape["counts"])
