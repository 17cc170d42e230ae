"""What comes back of an answer that one of our formats writes and one of our readers reads."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from projects.data import exporting
from projects.data.exporting.shapes import AREAS, bitmap, box_of, four_corners, rings
from projects.data.importing import Fault, Row
from projects.data.reading.format import Reading
from projects.data.reading.formats import FORMATS, recognise
from projects.data.reading.readers.united import NEAR
from projects.inference import geometry
from projects.models import Asset
from projects.task_types.region_shapes import SHAPES as CHECKS
from tests.support.projects.files import Held
from tests.support.projects.round_trips import HEIGHT, LABELS, WIDTH, decided, region, shown, written

Region = dict[str, Any]
NUMBER = re.compile(r"\d+(?=(?:_leftImg8bit)?\.\w+$)")
SIZE = {"width": WIDTH, "height": HEIGHT}
NAMED = (LABELS[0] | {"name": "Big cat", "colour": "#aa0000"}, LABELS[1])
BOX = {"type": "box", "x": 2.25, "y": 3.5, "width": 10.5, "height": 8.25}


def block(*blocks: tuple[int, int, int, int, bool]) -> dict[str, Any]:
    """A mask of blocks of pixels: from row to row, from column to column, in it or not."""
    pixels = np.zeros((HEIGHT, WIDTH), dtype=bool)
    for top, bottom, left, right, inside in blocks:
        pixels[top:bottom, left:right] = inside
    return geometry.mask_from_bitmap(pixels)


ONE = block((3, 10, 4, 9, True), (5, 6, 4, 5, False))
# A thing that an answer can say -> the regions of a picture that say it.
SAYINGS: Mapping[str, Sequence[Region]] = {
    "box": [region("r0", "cat", BOX)],
    "polygon": [region("r0", "cat", {"type": "polygon", "points": [[2, 12], [7.5, 2], [20, 9.25], [10, 15]]})],
    "mask": [region("r0", "cat", ONE)],
    "hole": [region("r0", "cat", block((3, 13, 4, 18, True), (6, 9, 8, 12, False)))],
    "parts": [region("r0", "cat", block((3, 7, 4, 8, True), (10, 15, 14, 20, True)))],
    "two": [region("r0", "cat", block((1, 4, 1, 4, True))), region("r1", "cat", block((8, 12, 8, 12, True)))],
    "below": [region("r0", "cat", block((3, 13, 4, 18, True))), region("r1", "dog", block((5, 9, 6, 12, True)))],
    "line": [region("r0", "cat", {"type": "polyline", "points": [[1, 18], [12, 16], [20, 19]]})],
    "point": [region("r0", "cat", {"type": "point", "x": 5, "y": 6, "visible": True})],
    "hidden": [region("r0", "cat", {"type": "point", "x": 5, "y": 6, "visible": False})],
    "attributes": [
        region("r0", "cat", BOX, far=True, near=False, pose="lying", size=4),
        region("r1", "cat", ONE, far=True, near=False, pose="lying", size=4),
    ],
    "nothing": [],
}
# Where nothing tells files apart, or they are read as something else: the reader that is chosen then.
READ_AS = {
    "dm_mots_png": "datumaro_mots",
    "dm_mvtec": "datumaro_mvtec_segmentation",  # told by its good pictures, which not every set has
    "dm_segment_anything": "datumaro_segment_anything",
    "dm_icdar_text_localization": "datumaro_icdar_text_localization",
}
UNREAD = {"dm_mot_seq_gt", "dm_arrow"}  # which nothing here reads
ASPECTS = (*SAYINGS, "blank", "id", "meta")


def read_back(key: str, assets: Sequence[Asset], answers: Sequence[Sequence[Region]], masks: str) -> dict[int, Row]:
    """What comes back, by the number of the picture. Nothing may be told that isn't lost in the writing."""
    tasks = [
        decided(at, shown(asset, f"{at}.png") | {"meta": {"herd": "h"}}, {"regions": list(regions)}, asset)
        for at, (asset, regions) in enumerate(zip(assets, answers, strict=True))
    ]
    files = Held(written(key, "image_regions", tasks, NAMED, masks))
    reader = FORMATS[READ_AS.get(key) or recognise(files, "image_regions").key]
    found = list(reader.read(files, Reading("image_regions")))
    told = [one for one in found if isinstance(one, Fault)] + [
        lost for row in found if isinstance(row, Row) for lost in row.lost
    ]
    assert not [one for one in told if key != "dm_mvtec" or one.code != "no-place"], told  # it calls empty ones good
    numbered = [(int(NUMBER.findall(row.fields["name"])[-1]), row) for row in found if isinstance(row, Row)]
    assert len(dict(numbered)) == len(numbered), "no picture comes back twice"
    return dict(numbered)


def regions_of(row: Row) -> list[Region]:
    """The regions that a row brings; there is one answer at most."""
    return [one for said in row.said for one in said.answer["regions"]]


def row_of(key: str, assets: Sequence[Asset], masks: str) -> dict[str, str]:
    """Of each aspect, what comes back: "yes", what it becomes, or "–" for nothing."""
    rows = read_back(key, assets, list(SAYINGS.values()), masks)
    found = {saying: _cell(saying, said, rows.get(at)) for at, (saying, said) in enumerate(SAYINGS.items())}
    first = next(iter(rows.values()))
    labels = {one["label"] for row in rows.values() for one in regions_of(row)}
    found["blank"] = "yes" if labels & {"Big cat", "cat"} else "–"  # a key is as good as a name
    found["id"] = "yes" if first.external_id.startswith("set/") else "–"
    found["meta"] = "yes" if first.fields.get("meta") == {"herd": "h"} else "–"
    return found


def _cell(saying: str, said: Sequence[Region], row: Row | None) -> str:
    if row is None:  # a picture in which there is nothing, for a format that has no place for it
        return "–"
    back = regions_of(row)
    if saying == "nothing":
        return "yes" if row.said and not back else "–"
    if saying == "attributes":
        return _attributes(back)
    if [_told(one) for one in back] == [_told(one) for one in said]:
        return "yes"
    kinds = [one["shape"]["type"] for one in back]
    if len(set(kinds)) == 1 and kinds[0] == said[0]["shape"]["type"]:
        return {"two": "one", "below": "cut", "hidden": "in sight"}.get(saying, kinds[0])
    plural = {"box": "boxes", "polygon": "polygons", "mask": "masks"}
    return " and ".join(plural[kind] if kinds.count(kind) > 1 else kind for kind in dict.fromkeys(kinds)) or "–"


def _attributes(back: Sequence[Region]) -> str:
    wanted = {"far": True, "near": False, "pose": "lying", "size": 4}
    if not back:
        return "–"
    held = [{name: one.get("attributes", {}).get(name) for name in wanted} for one in back]
    if all(one == wanted for one in held):
        return "yes"
    if all({name: str(value).lower() for name, value in one.items()} == _texts(wanted) for one in held):
        return "as text"
    return "–" if all(value is None for one in held for value in one.values()) else "some"


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value).lower() for name, value in values.items()}


def _told(one: Region) -> str:
    return repr(sorted(rounded(one["shape"]).items()))


def rounded(value: Any) -> Any:
    """To a tenth of a pixel."""
    if isinstance(value, dict):
        return {name: rounded(one) for name, one in value.items()}
    if isinstance(value, list):
        return [rounded(one) for one in value]
    return round(float(value), 1) if isinstance(value, int | float) and not isinstance(value, bool) else value


# --- what a format makes of any regions --------------------------------------------------------------------

Makes = Callable[[Sequence[Region]], list[tuple[str, dict[str, Any]]]]


def kept(*kinds: str) -> Makes:
    """Those of these kinds, as they are."""
    return lambda regions: [(one["label"], one["shape"]) for one in regions if one["shape"]["type"] in kinds]


def as_boxes(regions: Sequence[Region]) -> list[tuple[str, dict[str, Any]]]:
    """Whatever has an area as the box around it."""
    names = ("x", "y", "width", "height")
    return [
        (one["label"], {"type": "box"} | dict(zip(names, box_of(one["shape"]), strict=True)))
        for one in regions
        if one["shape"]["type"] in AREAS
    ]


def as_boxes_and_points(regions: Sequence[Region]) -> list[tuple[str, dict[str, Any]]]:
    """The same, and the points as they are."""
    return [*as_boxes(regions), *kept("point")(regions)]


def _polygon(points: list) -> dict[str, Any]:
    return CHECKS["polygon"]({"type": "polygon", "points": points}, SIZE, "")


def as_outlines(regions: Sequence[Region]) -> list[tuple[str, dict[str, Any]]]:
    """Whatever has an area as a polygon, of a mask each part."""
    return [(one["label"], _polygon(ring)) for one in regions for ring in rings(one["shape"])]


def as_boxes_and_outlines(regions: Sequence[Region]) -> list[tuple[str, dict[str, Any]]]:
    """Boxes as they are, whatever else has an area as a polygon."""
    return [*kept("box")(regions), *as_outlines([one for one in regions if one["shape"]["type"] != "box"])]


def as_turned_boxes(regions: Sequence[Region]) -> list[tuple[str, dict[str, Any]]]:
    """Whatever has an area as the smallest box around it, turned as may be."""
    areas = [one for one in regions if one["shape"]["type"] in AREAS]
    return [(one["label"], _polygon([_inside(at) for at in four_corners(one["shape"])])) for one in areas]


def _inside(at: Sequence[float]) -> list[float]:
    return [min(max(at[0], 0), WIDTH), min(max(at[1], 0), HEIGHT)]


def as_masks(regions: Sequence[Region]) -> list[tuple[str, dict[str, Any]]]:
    """Whatever has an area as its pixels; of boxes nobody said which."""
    return [found for one in regions for found in _beside_its_box(one, _pixels(one))]


def as_boxes_and_painted(regions: Sequence[Region]) -> list[tuple[str, dict[str, Any]]]:
    """Masks and polygons painted one over the other, boxes as they are."""
    canvas = np.zeros((HEIGHT, WIDTH), dtype=int)
    for number, one in enumerate(regions, start=1):
        if one["shape"]["type"] in ("mask", "polygon"):
            canvas[_pixels(one)] = number
    return [found for number, one in enumerate(regions, start=1) for found in _beside_its_box(one, canvas == number)]


def _beside_its_box(one: Region, pixels: np.ndarray) -> list[tuple[str, dict[str, Any]]]:
    """A region's pixels, and its box where that is another than the one around them."""
    found = as_boxes([one])
    if one["shape"]["type"] in ("mask", "polygon") and pixels.any():
        mask = _mask(pixels)
        told, tight = (
            np.array([x, y, x + width, y + height]) for x, y, width, height in (box_of(one["shape"]), box_of(mask))
        )
        found = [(one["label"], mask), *(found if (abs(told - tight) > NEAR).any() else [])]
    return found


def painted(*kinds: str, by: str = "region") -> Makes:
    """Those of these kinds painted one over the other, apart by region or by label."""

    def make(regions: Sequence[Region]) -> list[tuple[str, dict[str, Any]]]:
        canvas = np.zeros((HEIGHT, WIDTH), dtype=int)
        for number, one in enumerate(regions, start=1):
            if one["shape"]["type"] in kinds:
                canvas[_pixels(one)] = number
        seen = {number: canvas == number for number in np.unique(canvas) if number}
        if by == "region":
            return [(regions[number - 1]["label"], _mask(pixels)) for number, pixels in seen.items()]
        found: dict[str, np.ndarray] = {}
        for number, pixels in seen.items():
            label = regions[number - 1]["label"]
            found[label] = found.get(label, False) | pixels
        return [(label, _mask(pixels)) for label, pixels in found.items()]

    return make


def of_one_fault(regions: Sequence[Region]) -> list[tuple[str, dict[str, Any]]]:
    """The masks of the first mask's label, as one."""
    masks = [one for one in regions if one["shape"]["type"] == "mask"]
    same = [_pixels(one) for one in masks if one["label"] == masks[0]["label"]]
    return [(masks[0]["label"], _mask(np.logical_or.reduce(same)))] if same else []


def _pixels(one: Region) -> np.ndarray:
    return bitmap(one["shape"], HEIGHT, WIDTH)


def _mask(pixels: np.ndarray) -> dict[str, Any]:
    return geometry.mask_from_bitmap(pixels)


VARIANTS = [
    (key, masks)
    for key, one in exporting.FORMATS.items()
    if "image_regions" in one.task_types and key not in UNREAD
    for masks in one.masks or ("",)
]
