"""The shapes of an answer as the formats of others write them: boxes, rings of corners, bitmaps. Pure."""

import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from projects.inference import geometry, vector_shapes

AREAS = ("mask", "box", "polygon")
SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREYS, COLOURS, NUMBERED_COLOURS = 0, 2, 3  # PNG's kinds of pictures
LEVEL = 3  # of packing: masks get little smaller by more of it
Shape = Mapping[str, Any]
Ring = list[list[float]]


def box_of(shape: Shape) -> list[float]:
    """The tight [x, y, width, height] around any shape."""
    if shape["type"] == "mask":
        return [float(side) for side in geometry.mask_box(shape)]
    return [float(side) for side in vector_shapes.box_of(shape)]


def rings(shape: Shape) -> list[Ring]:
    """The outer rings of what has an area; of a mask one for each connected part. Holes are not told."""
    if shape["type"] == "mask":
        return [ring for ring in geometry.polygons_from_bitmap(geometry.bitmap_from_mask(shape)) if len(ring) > 2]
    if shape["type"] == "polygon":
        return [[[float(x), float(y)] for x, y in shape["points"]]]
    if shape["type"] == "box":
        x, y, width, height = box_of(shape)
        return [[[x, y], [x + width, y], [x + width, y + height], [x, y + height]]]
    return []


def four_corners(shape: Shape) -> Ring:
    """The smallest rectangle, turned as may be, around what has an area; clockwise on the screen."""
    if shape["type"] == "box":
        return rings(shape)[0]
    if shape["type"] == "polygon" and len(shape["points"]) == 4:
        return rings(shape)[0]
    hull = shapely.convex_hull(shapely.multipoints(_corners(shape)))
    if not isinstance(hull, shapely.Polygon):
        return []
    ring = shapely.get_coordinates(hull)
    along = np.diff(ring, axis=0) / np.linalg.norm(np.diff(ring, axis=0), axis=1)[:, None]
    turned = np.stack([along, along[:, ::-1] * [-1, 1]], axis=1)  # both axes of a rectangle on each side of the hull
    reach = turned @ ring.T
    low, high = reach.min(axis=2), reach.max(axis=2)
    at = int((high - low).prod(axis=1).argmin())  # one side of the smallest lies on one of the hull
    corners = [
        [low[at, 0], low[at, 1]],
        [high[at, 0], low[at, 1]],
        [high[at, 0], high[at, 1]],
        [low[at, 0], high[at, 1]],
    ]
    return (np.array(corners) @ turned[at]).tolist()


def _corners(shape: Shape) -> NDArray[np.float64]:
    """The corners of a polygon; of a mask those of the first and the last pixel of each row, which its hull goes by."""
    if shape["type"] != "mask":
        return np.array(shape["points"], dtype=float)
    pixels = geometry.bitmap_from_mask(shape)
    rows = np.flatnonzero(pixels.any(axis=1))
    first, last = pixels[rows].argmax(axis=1), pixels.shape[1] - pixels[rows, ::-1].argmax(axis=1)
    return (
        np.array([(x, y) for x in (first, last) for y in (rows, rows + 1)], dtype=float)
        .transpose(0, 2, 1)
        .reshape(-1, 2)
    )


def bitmap(shape: Shape, height: int, width: int) -> NDArray[np.bool_]:
    """The pixels of what has an area; none of a line or a point."""
    if shape["type"] == "mask":
        return geometry.bitmap_from_mask(shape)
    found = np.zeros((height, width), dtype=bool)
    for ring in rings(shape):
        found |= geometry.bitmap_from_mask(geometry.mask_from_polygon(ring, height, width))
    return found


def rle(shape: Shape, height: int, width: int) -> dict[str, Any]:
    """The same as COCO's compressed run lengths."""
    made = shape if shape["type"] == "mask" else geometry.mask_from_bitmap(bitmap(shape, height, width))
    return {"size": list(made["size"]), "counts": made["counts"]}


def png(picture: NDArray[Any], palette: Sequence[tuple[int, int, int]] = ()) -> bytes:
    """A bitmap, numbers (8 or 16 bits) or colours as PNG; with a palette, each number by its colour.

    Written here, after the PNG specification: rows of masks are alike as they are, and looking for the filter that
    makes them smallest, as Pillow does, takes most of its time. Raises ValueError for a picture without
    pixels, which is no PNG.
    """
    if not picture.size:
        raise ValueError("a PNG has a pixel at least")
    if picture.dtype == bool:
        picture = picture.astype(np.uint8) * 255
    height, width = picture.shape[:2]
    kind = NUMBERED_COLOURS if palette else COLOURS if picture.ndim == 3 else GREYS
    lines = np.ascontiguousarray(picture, picture.dtype.newbyteorder(">")).reshape(height, -1).view(np.uint8)
    rows = np.zeros((height, lines.shape[1] + 1), dtype=np.uint8)  # each begins with its filter: none
    rows[:, 1:] = lines
    head = struct.pack(">LLBBBBB", width, height, 8 * picture.dtype.itemsize, kind, 0, 0, 0)
    colours = _chunk(b"PLTE", bytes(value for colour in palette[:256] for value in colour)) if palette else b""
    pixels = _chunk(b"IDAT", zlib.compress(rows.data, LEVEL))
    return b"".join((SIGNATURE, _chunk(b"IHDR", head), colours, pixels, _chunk(b"IEND", b"")))


def _chunk(name: bytes, data: bytes) -> bytes:
    return b"".join((struct.pack(">L", len(data)), name, data, struct.pack(">L", zlib.crc32(data, zlib.crc32(name)))))


def colour_of(text: str) -> tuple[int, int, int]:
    """A colour such as #1c7ed6 in numbers."""
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def distinct(colours: Sequence[str]) -> list[tuple[int, int, int]]:
    """A colour for each of these, their own as long as it is nobody's yet; none is black."""
    taken = {(0, 0, 0)}
    found = []
    for text in colours:
        red, green, blue = colour_of(text)
        while (red, green, blue) in taken:
            blue = (blue + 37) % 256
            green = (green + (blue < 37)) % 256
        taken.add((red, green, blue))
        found.append((red, green, blue))
    return found
