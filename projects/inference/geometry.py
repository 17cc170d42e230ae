"""Shapes as numbers: COCO RLE, bitmaps, boxes, polygons, overlap measures and one-to-one matching.

Bitmaps are boolean arrays of shape (height, width); boxes are [x, y, width, height] in pixels, as in
COCO. A run-length code read from outside must pass `check_rle` first: the C decoder trusts its input.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy
import shapely
from numpy.typing import NDArray
from pycocotools import mask as coco

from projects.inference import contours

Bitmap = NDArray[np.bool_]
Matrix = NDArray[np.float64]

MAX_PIXELS = 200_000_000
# Instances hanging together beyond which matching is greedy: the exact method takes cubic time.
LARGEST_EXACT = 1000


class BadShape(ValueError):
    """This shape can't be read."""


def rle_runs(counts: str) -> NDArray[np.int64]:
    """The run lengths in a compressed COCO string; BadShape if it is not one.

    Each character holds five bits and a "more follows" bit; from the fourth run on, a run is told as
    its difference from the run two places before.
    """
    raw = np.frombuffer(counts.encode("ascii", "replace"), dtype=np.uint8).astype(np.int64) - 48
    if raw.size == 0 or raw.min() < 0 or raw.max() > 63 or raw[-1] & 32:
        raise BadShape("the mask's run-length code is damaged")
    last = np.flatnonzero((raw & 32) == 0)
    first = np.concatenate(([0], last[:-1] + 1))
    lengths = last - first + 1
    if lengths.max() > 7:
        raise BadShape("the mask's run-length code holds a number that is too large")
    place = np.arange(raw.size) - np.repeat(first, lengths)
    values = np.add.reduceat((raw & 31) << (5 * place), first)
    negative = (raw[last] & 16) != 0
    values[negative] -= np.int64(1) << (5 * lengths[negative])
    runs = values.copy()
    runs[1::2] = np.cumsum(values[1::2])
    runs[2::2] = np.cumsum(values[2::2])
    return runs


def check_rle(shape: Mapping[str, Any]) -> None:
    """Refuse (BadShape) a mask whose size or run lengths don't make a bitmap of exactly that size."""
    size, counts = shape.get("size"), shape.get("counts")
    if not isinstance(counts, str):
        raise BadShape("the mask has no run-length code")
    if (
        not isinstance(size, Sequence)
        or len(size) != 2
        or not all(isinstance(n, int) and not isinstance(n, bool) and n > 0 for n in size)
        or size[0] * size[1] > MAX_PIXELS
    ):
        raise BadShape("the mask's size must be [height, width], two whole numbers above zero")
    runs = rle_runs(counts)
    pixels = size[0] * size[1]
    # Each run is compared first: the sum of absurd ones would wrap around to a likely number.
    if (runs < 0).any() or (runs > pixels).any() or runs.sum() != pixels:
        raise BadShape(f"the mask's runs don't fill {size[0]} × {size[1]} pixels")


def mask_from_bitmap(bitmap: NDArray[Any]) -> dict[str, Any]:
    """The answer's mask shape ({"type", "size", "counts"}) of a bitmap; anything non-zero is object."""
    code = coco.encode(np.asfortranarray(np.asarray(bitmap) != 0, dtype=np.uint8))
    size = [int(code["size"][0]), int(code["size"][1])]
    return {"type": "mask", "size": size, "counts": code["counts"].decode("ascii")}


def bitmap_from_mask(shape: Mapping[str, Any]) -> Bitmap:
    """The bitmap of a mask shape that has passed `check_rle`."""
    return coco.decode(_rle(shape)).astype(bool)


def mask_area(shape: Mapping[str, Any]) -> int:
    """Pixels in a mask shape."""
    return int(coco.area(_rle(shape)))


def mask_box(shape: Mapping[str, Any]) -> list[int]:
    """The tight [x, y, width, height] around a mask shape; zeros for an empty mask."""
    return [int(n) for n in coco.toBbox(_rle(shape))]


def mask_from_polygon(points: Sequence[Sequence[float]], height: int, width: int) -> dict[str, Any]:
    """The mask shape inside a polygon of [x, y] points; BadShape for fewer than three points."""
    if len(points) < 3:
        raise BadShape("a polygon needs at least three points")
    flat = [float(value) for point in points for value in point]
    code = coco.merge(coco.frPyObjects([flat], height, width))
    return {"type": "mask", "size": [height, width], "counts": code["counts"].decode("ascii")}


def polygons_from_bitmap(bitmap: Bitmap, tolerance: float = 0.5) -> list[list[list[float]]]:
    """Outer rings ([[x, y], ...], open, one per connected part) around a bitmap's pixels.

    Holes are not told; `tolerance` is the simplification in pixels (0 keeps each corner).
    """
    rings = contours.outer_rings(bitmap)
    if tolerance:
        parts = shapely.simplify([shapely.polygons(np.array(ring, dtype=float)) for ring in rings], tolerance)
        return sorted(shapely.get_coordinates(part)[:-1].tolist() for part in parts if not part.is_empty)
    return sorted([[float(x), float(y)] for x, y in ring] for ring in rings)


def mask_ious(first: Sequence[Mapping[str, Any]], second: Sequence[Mapping[str, Any]]) -> Matrix:
    """IoU of each mask of `first` with each of `second`; two empty masks have 0.

    Works on the run-length codes and compares pixels only where bounding boxes meet. Masks of
    different image sizes have nothing in common: 0.
    """
    out = np.zeros((len(first), len(second)))
    sizes = {tuple(shape["size"]) for shape in (*first, *second)}
    for size in sizes:
        rows = [i for i, shape in enumerate(first) if tuple(shape["size"]) == size]
        columns = [j for j, shape in enumerate(second) if tuple(shape["size"]) == size]
        if rows and columns:
            codes_a = [_rle(first[i]) for i in rows]
            codes_b = [_rle(second[j]) for j in columns]
            out[np.ix_(rows, columns)] = coco.iou(codes_a, codes_b, [0] * len(columns))
    return np.nan_to_num(out)


def box_ious(first: NDArray[Any] | Sequence[Any], second: NDArray[Any] | Sequence[Any]) -> Matrix:
    """IoU of each [x, y, w, h] of `first` with each of `second`; 0 where both are empty."""
    a = np.asarray(first, dtype=float).reshape(-1, 4)
    b = np.asarray(second, dtype=float).reshape(-1, 4)
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum((a[:, :2] + a[:, 2:])[:, None], (b[:, :2] + b[:, 2:])[None])
    common = np.clip(high - low, 0, None).prod(axis=2)
    union = a[:, 2:].prod(axis=1)[:, None] + b[:, 2:].prod(axis=1)[None] - common
    return np.divide(common, union, out=np.zeros_like(common), where=union > 0)


def bitmap_iou(first: Bitmap, second: Bitmap) -> float:
    """IoU of two bitmaps of the same size; 1 when both are empty."""
    union = int(np.count_nonzero(first | second))
    return int(np.count_nonzero(first & second)) / union if union else 1.0


def boundary_f(first: Bitmap, second: Bitmap, tolerance: float = 2.0) -> float:
    """F measure of two outlines: the harmonic mean of the shares of each outline that lie within
    `tolerance` pixels of the other (Perazzi et al. 2016, the DAVIS benchmark). 1 when both are empty,
    0 when one is."""
    edge_a, edge_b = _outline(first), _outline(second)
    if not edge_a.any() or not edge_b.any():
        return float(edge_a.any() == edge_b.any())
    near_b = (scipy.ndimage.distance_transform_edt(~edge_b)[edge_a] <= tolerance).mean()
    near_a = (scipy.ndimage.distance_transform_edt(~edge_a)[edge_b] <= tolerance).mean()
    total = near_a + near_b
    return float(2 * near_a * near_b / total) if total else 0.0


def mask_boundary_f(first: Mapping[str, Any], second: Mapping[str, Any], tolerance: float = 2.0) -> float:
    """`boundary_f` of two mask shapes of one image size, looked at only where either of them lies."""
    if tuple(first["size"]) != tuple(second["size"]):
        return 0.0
    boxes = [box for box in map(mask_box, (first, second)) if box[2] and box[3]]
    if not boxes:
        return 1.0
    x, y = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    a, b = (bitmap_from_mask(shape)[y:bottom, x:right] for shape in (first, second))
    return boundary_f(a, b, tolerance)


def span_overlaps(first: NDArray[Any], second: NDArray[Any]) -> scipy.sparse.coo_array:
    """Shared length / joint length of each pair of [start, end) that meets, as a sparse matrix.

    Found by a sorted search, so that ten thousand spans cost only as much as the pairs that meet.
    """
    a = np.asarray(first, dtype=np.int64).reshape(-1, 2)
    b = np.asarray(second, dtype=np.int64).reshape(-1, 2)
    order = np.argsort(b[:, 0], kind="stable")
    starts = b[order, 0]
    longest = int((b[:, 1] - b[:, 0]).max(initial=0))
    rows, columns = [], []
    for i, (start, end) in enumerate(a):
        low = np.searchsorted(starts, start - longest, side="left")
        high = np.searchsorted(starts, end, side="left")
        near = order[low:high]
        near = near[b[near, 1] > start]
        rows.append(np.full(near.size, i))
        columns.append(near)
    row = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)
    column = np.concatenate(columns) if columns else np.zeros(0, dtype=np.int64)
    common = np.minimum(a[row, 1], b[column, 1]) - np.maximum(a[row, 0], b[column, 0])
    joint = np.maximum(a[row, 1], b[column, 1]) - np.minimum(a[row, 0], b[column, 0])
    value = np.divide(common, joint, out=np.zeros(row.size), where=joint > 0)
    return scipy.sparse.coo_array((value, (row, column)), shape=(len(a), len(b)))


def match(similarity: Matrix | scipy.sparse.coo_array, threshold: float) -> list[tuple[int, int]]:
    """One-to-one pairs (row, column) with similarity ≥ threshold and > 0, the most similar in total.

    The Hungarian method on each connected component apart, so that big sparse problems stay cheap; in a
    component of more than LARGEST_EXACT instances the most similar pair is taken first instead.
    """
    grid: Any = scipy.sparse.coo_array(similarity)
    keep = (grid.data >= threshold) & (grid.data > 0)
    row, column, value = grid.row[keep], grid.col[keep], grid.data[keep]
    height, width = grid.shape
    pairs: list[tuple[int, int]] = []
    for group in components(row, column + height, height + width):
        pairs += _best_pairs(row[group], column[group], value[group])
    return sorted(pairs)


def components(first: NDArray[Any], second: NDArray[Any], count: int) -> list[NDArray[np.int64]]:
    """Positions of the pairs (first[i], second[i]) of `count` things, grouped by what hangs together."""
    if not len(first):
        return []
    graph = scipy.sparse.coo_array((np.ones(len(first)), (first, second)), shape=(count, count))
    _, part = scipy.sparse.csgraph.connected_components(graph, directed=False)
    order = np.argsort(part[first], kind="stable")
    return np.split(order, np.flatnonzero(np.diff(part[first][order])) + 1)


def _best_pairs(row: NDArray[Any], column: NDArray[Any], value: NDArray[Any]) -> list[tuple[int, int]]:
    rows, local_row = np.unique(row, return_inverse=True)
    columns, local_column = np.unique(column, return_inverse=True)
    if max(rows.size, columns.size) > LARGEST_EXACT:
        return _greedy_pairs(row, column, value)
    block = np.zeros((rows.size, columns.size))
    block[local_row, local_column] = value
    chosen = zip(*scipy.optimize.linear_sum_assignment(block, maximize=True), strict=True)
    return [(int(rows[i]), int(columns[j])) for i, j in chosen if block[i, j] > 0]


def _greedy_pairs(row: NDArray[Any], column: NDArray[Any], value: NDArray[Any]) -> list[tuple[int, int]]:
    taken_rows: set[int] = set()
    taken_columns: set[int] = set()
    pairs = []
    for n in np.lexsort((column, row, -value)):
        i, j = int(row[n]), int(column[n])
        if i not in taken_rows and j not in taken_columns:
            taken_rows.add(i)
            taken_columns.add(j)
            pairs.append((i, j))
    return pairs


def _rle(shape: Mapping[str, Any]) -> dict[str, Any]:
    return {"size": list(shape["size"]), "counts": shape["counts"].encode("ascii")}


def _outline(bitmap: Bitmap) -> Bitmap:
    padded = np.pad(np.asarray(bitmap, dtype=bool), 1)
    inside = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return padded[1:-1, 1:-1] & ~inside
