"""The shapes of an answer as the formats of others write them: boxes, rings of corners, bitmaps. Pure."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import Image

from projects.inference import geometry, vector_shapes

AREAS = ("mask", "box", "polygon")
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
    points = [point for ring in rings(shape) for point in ring]
    found = shapely.MultiPoint(points).minimum_rotated_rectangle if points else None
    if not isinstance(found, shapely.Polygon):
        return []
    corners = [[float(x), float(y)] for x, y in found.exterior.coords[:-1]]
    return corners if vector_shapes.ring_area(corners) > 0 else corners[::-1]


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
    """A bitmap, numbers (8 or 16 bits) or colours as PNG; with a palette, each number by its colour."""
    if picture.dtype == bool:
        picture = picture.astype(np.uint8) * 255
    image = Image.fromarray(picture)
    if palette:
        image = image.convert("L")
        image.putpalette([value for colour in palette for value in colour])
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


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
