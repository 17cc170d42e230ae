"""Items of Datumaro's as those of its writers take them that don't take them as they are. It is loaded when it is
needed."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from projects.data.exporting import shapes
from projects.data.exporting.names import folder
from projects.data.exporting.source import Source
from projects.errors import Refused

MOST_NUMBERED, MOST_IN_A_BYTE = 999, 255  # objects of a picture that MOTS and KITTI have numbers for
GOOD = "good"  # MVTec's word for pictures without a fault


def as_it_is(source: Source, item: Any, at: int) -> Any:
    """Nothing is to be changed."""
    return item


def of_one_fault(source: Source, item: Any, at: int) -> Any:
    """MVTec has one mask for a picture, which lies in the folder of its class; a picture without one is good, and a
    label of that name is called otherwise."""
    from datumaro.components.annotation import Mask

    masks = _of(item, "mask")
    same = [one for one in masks if one.label == masks[0].label]
    name = folder("_".join(source.names[same[0].label - 1].split())) if same else GOOD
    name = f"{name}_" if same and name.lower() == GOOD else name
    pixels = np.logical_or.reduce([one.image for one in same]) if same else None
    found = [Mask(pixels.astype(np.uint8), label=same[0].label)] if pixels is not None else []
    return item.wrap(id=f"{name}/{item.id}", annotations=found)


def numbered_masks(source: Source, item: Any, at: int) -> Any:
    """MOTS asks which object over time a mask is of: here each is one of its own. A picture without masks has one in
    which there is nothing, or it would have no file. Raises Refused for more masks than it has numbers."""
    from datumaro.components.annotation import Mask

    masks = [one.wrap(attributes={"track_id": number}) for number, one in _numbered(item, MOST_NUMBERED)]
    return item.wrap(
        annotations=masks or [Mask(np.zeros(item.media.size, np.uint8), label=0, attributes={"track_id": 0})]
    )


def masks_by_number(source: Source, item: Any, at: int) -> Any:
    """KITTI has a byte for the object's number. Raises Refused for more masks than that."""
    return item.wrap(annotations=[one.wrap(id=number) for number, one in _numbered(item, MOST_IN_A_BYTE)])


def numbered_pictures(source: Source, item: Any, at: int) -> Any:
    """MOT calls pictures by their numbers."""
    return item.wrap(id=str(at), subset="train", annotations=_of(item, "bbox"))


def of_areas(source: Source, item: Any, at: int) -> Any:
    """Segment Anything has pixels: those of a box nobody said."""
    return item.wrap(annotations=_of(item, "mask", "polygon"))


def of_text_places(source: Source, item: Any, at: int) -> Any:
    """ICDAR has a line for each place, of two or of four corners, and what is written there in quotes."""
    from datumaro.components.annotation import Polygon

    found = []
    for one in _of(item, "bbox", "polygon"):
        text = " ".join(str(one.attributes.get("text", "")).replace('"', "'").split())
        if one.type.name == "polygon":
            shape = {"type": "polygon", "points": np.reshape(one.points, (-1, 2)).tolist()}
            found.append(Polygon(np.ravel(shapes.four_corners(shape)).tolist(), attributes={"text": text}))
        else:
            found.append(one.wrap(attributes={"text": text}))
    return item.wrap(annotations=found)


def _numbered(item: Any, most: int) -> Iterator[tuple[int, Any]]:
    masks = _of(item, "mask")
    if len(masks) > most:
        text = "“%(name)s” has %(count)s masks, and this format tells at most %(most)s of a picture apart."
        raise Refused(text, code="too-many-regions", place=item.id, name=item.id, count=len(masks), most=most)
    return enumerate(masks, start=1)


def _of(item: Any, *kinds: str) -> list[Any]:
    return [one for one in item.annotations if one.type.name in kinds]
