"""What Datumaro writes besides: formats that few ask for, offered as its own writers make them.

It holds a set in memory while it writes, so these are bounded. Loaded when it is needed: it weighs. Which of its
writers aren't offered, and why, stands in docs/formats.md.
"""

import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from projects.data.exporting import datumaro_fits as fits
from projects.data.exporting import pictures, shapes
from projects.data.exporting.datumaro_context import with_image_backend
from projects.data.exporting.decided import Decided
from projects.data.exporting.format import Entry, ExportFormat
from projects.data.exporting.names import FlatNames, ending
from projects.data.exporting.pieces import pieces_of
from projects.data.exporting.source import Source
from projects.errors import Refused
from projects.inference import geometry
from projects.task_types.asked_fields import CHOICES

MOST = 5_000  # tasks
MOST_SHAPES = 200_000
Fit = Callable[[Source, Any, int], Any]  # an item as a writer takes it, by its place among all


def write(source: Source, writer: str, fit: Fit, **options: Any) -> Iterator[Entry]:
    """Written to a temporary folder by Datumaro, and sent from there. Raises Refused beyond MOST, and for what is no
    picture."""
    items = [fit(source, item, at) for at, item in enumerate(_items(source), start=1)]
    with tempfile.TemporaryDirectory() as folder:
        with_image_backend(_export, source, items, folder, writer, **options)
        root = Path(folder)
        for path in sorted(root.rglob("*")):
            if path.is_file():
                with path.open("rb") as file:
                    yield Entry(path.relative_to(root).as_posix(), pieces_of(file))


def _export(source: Source, items: list[Any], folder: str, writer: str, **options: Any) -> None:
    from datumaro.components.dataset import Dataset
    from datumaro.components.media import Image

    dataset = Dataset.from_iterable(items, categories=_categories(source), media_type=Image)
    dataset.export(folder, writer, save_media=source.terms.media, **options)


def _categories(source: Source) -> dict[Any, Any]:
    from datumaro.components.annotation import AnnotationType, LabelCategories, MaskCategories

    names = ["background", *("_".join(name.split()) for name in source.names)]
    colours = [(0, 0, 0), *shapes.distinct([one.colour for one in source.in_order])]
    return {
        AnnotationType.label: LabelCategories.from_iterable(names),
        AnnotationType.mask: MaskCategories(dict(enumerate(colours))),
    }


def _items(source: Source) -> Iterator[Any]:
    from datumaro.components.dataset_base import DatasetItem
    from datumaro.components.media import Image

    names, tasks, drawn = FlatNames(), 0, 0
    for split in source.splits:
        for one in source.tasks(split):
            if "asset" not in one.payload:
                raise Refused("This format is of pictures alone.", code="no-pictures", place="format")
            annotations = list(_annotations(source, one))
            tasks, drawn = tasks + 1, drawn + len(annotations)
            if tasks > MOST or drawn > MOST_SHAPES:
                text = (
                    "This format holds all in memory: at most %(most)s tasks and %(shapes)s shapes. Narrow the filter."
                )
                raise Refused(text, code="export-too-large", place="format", most=MOST, shapes=MOST_SHAPES)
            size = (one.payload["height"], one.payload["width"])
            media = Image.from_bytes(data=_data(one), ext=ending(one), size=size)
            yield DatasetItem(names.stem(one), subset=split or "train", media=media, annotations=annotations)


def _data(one: Decided) -> Callable[[], bytes]:
    return lambda: pictures.whole(one) if one.pictures else b""


def _annotations(source: Source, one: Decided) -> Iterator[Any]:
    """The regions of an answer, or the classes that were chosen first."""
    from datumaro.components.annotation import Label

    for at, region in enumerate(one.answer.get("regions", ()), start=1):
        yield _drawn(source, region, at)
    for part in one.answer.get("fields", ()):
        if part["kind"] in CHOICES and part["value"]:
            keys = part["value"] if isinstance(part["value"], list) else [part["value"]]
            keys = keys[-1:] if part["kind"] == "tree" else keys
            yield from (Label(source.classes[key].number + 1) for key in keys if key in source.classes)
            return


def _drawn(source: Source, region: dict[str, Any], at: int) -> Any:
    from datumaro.components import annotation

    shape, kind = region["shape"], region["shape"]["type"]
    said = {
        "label": source.classes[region["label"]].number + 1,
        "attributes": dict(region["attributes"]),
        "z_order": at,
        "id": at,
        "group": at,
    }
    if kind == "mask":
        return annotation.Mask(geometry.bitmap_from_mask(shape).astype("uint8"), **said)
    if kind == "box":
        return annotation.Bbox(*shapes.box_of(shape), **said)
    if kind == "point":
        return annotation.Points([shape["x"], shape["y"]], [2 if shape.get("visible", True) else 1], **said)
    flat_points = [float(value) for point in shape["points"] for value in point]
    make = annotation.Polygon if kind == "polygon" else annotation.PolyLine
    return make(flat_points, **said)


def _by(
    writer: str,
    *,
    title: str,
    note: str,
    loses: str,
    fit: Fit = fits.as_it_is,
    of: str = "image_regions",
    most_labels: int = 0,
    **options: Any,
) -> ExportFormat:
    """One of Datumaro's writers as a format of ours."""
    return ExportFormat(
        key=f"dm_{writer}",
        title=title,
        note=note,
        loses=loses,
        task_types=(of,),
        ending=".zip",
        media_type="application/zip",
        write=partial(write, writer=writer, fit=fit, **options),
        folder=True,
        media=True,
        pictures_only=True,
        most=MOST,
        most_labels=most_labels,
    )


FORMATS = (
    _by(
        "label_me",
        title="LabelMe (web, XML), by Datumaro",
        note="An XML file for each picture. At most 5,000 tasks.",
        loses="Which shape lies on top, lines, points, blanks in names, external ids, meta; attributes as far as it "
        "has a place for them.",
    ),
    _by(
        "yolo",
        title="YOLO (Darknet), by Datumaro",
        note="obj.data, obj.names and a text file for each picture. At most 5,000 tasks.",
        loses="All but boxes; blanks in names, attributes, external ids, meta.",
    ),
    _by(
        "kitti_detection",
        title="KITTI, boxes, by Datumaro",
        note="A text file of boxes for each picture. At most 5,000 tasks.",
        loses="All but boxes; blanks in names, attributes but “occluded” and “truncated”, external ids, meta.",
    ),
    _by(
        "kitti_segmentation",
        title="KITTI, masks, by Datumaro",
        note="Pictures of classes and of instances. At most 5,000 tasks. At most 255 labels, and 255 masks of a "
        "picture.",
        loses="All but masks; blanks in names, attributes, external ids, meta.",
        fit=fits.masks_by_number,
        most_labels=255,
    ),
    _by(
        "wider_face",
        title="WIDER FACE, by Datumaro",
        note="One list of boxes for each part. At most 5,000 tasks.",
        loses="All but boxes; blanks in names, attributes but its own, external ids, meta.",
    ),
    _by(
        "mvtec",
        title="MVTec, by Datumaro",
        note="Masks in folders of their classes. At most 5,000 tasks.",
        loses="All but the masks of one class in a picture, which become one mask; blanks in names, that a label is "
        "called “good” (it becomes “good_”), attributes, external ids, meta.",
        fit=fits.of_one_fault,
    ),
    _by(
        "coco_stuff",
        title="COCO stuff, by Datumaro",
        note="Masks of stuff in COCO's JSON. At most 5,000 tasks.",
        loses="Lines, points, blanks in names, external ids, meta; polygons become masks.",
    ),
    _by(
        "datumaro_binary",
        title="Own format, packed, by Datumaro",
        note="A file of its own for each part. At most 5,000 tasks.",
        loses="Provenance, blanks in names, external ids, meta.",
    ),
    _by(
        "arrow",
        title="Own format, Arrow, by Datumaro",
        note="Tables with the pictures in them. At most 5,000 tasks.",
        loses="Provenance, blanks in names, external ids, meta.",
    ),
    _by(
        "camvid",
        title="CamVid, by Datumaro",
        note="A picture of classes for each picture, in the colours of the labels. At most 5,000 tasks. "
        "At most 255 labels.",
        loses="All but masks, which objects of a class are apart, what lies below something else; blanks in names, "
        "attributes, external ids, meta.",
        most_labels=255,
    ),
    _by(
        "mots_png",
        title="MOTS, by Datumaro",
        note="A picture of instances for each picture. At most 5,000 tasks. At most 63 labels, and 999 masks of a "
        "picture.",
        loses="All but masks, what lies below something else; blanks in names, attributes, external ids, meta. A "
        "number stands for each object of a picture, which is not followed over time.",
        fit=fits.numbered_masks,
        most_labels=63,  # a thousand numbers for each in 16 bits, beside nothing and the background
    ),
    _by(
        "mot_seq_gt",
        title="MOT, by Datumaro",
        note="One table of the boxes of all pictures, which are numbered. At most 5,000 tasks.",
        loses="All but boxes, the parts of a split, names of pictures, blanks in names, attributes but “occluded”, "
        "external ids, meta.",
        fit=fits.numbered_pictures,
    ),
    _by(
        "segment_anything",
        title="Segment Anything (SA-1B), by Datumaro",
        note="A JSON file for each picture with the masks in it. At most 5,000 tasks.",
        loses="Labels, pictures in which there is nothing, lines, points, attributes, external ids, meta; boxes are "
        "left out, polygons become masks.",
        fit=fits.of_areas,
    ),
    _by(
        "icdar_text_localization",
        title="ICDAR, text places, by Datumaro",
        note="A text file of boxes and four-cornered polygons for each picture. At most 5,000 tasks.",
        loses="Labels, masks, corners of polygons beyond four, lines, points, attributes but “text”, external ids, "
        "meta.",
        fit=fits.of_text_places,
    ),
    _by(
        "imagenet_txt",
        title="ImageNet with lists, by Datumaro",
        note="A list of pictures with the numbers of their classes, and the pictures. At most 5,000 tasks.",
        loses="All but the first choice; of a path all but its end; blanks in names, external ids, meta.",
        of="classification",
    ),
    _by(
        "voc_classification",
        title="VOC's lists of classes, by Datumaro",
        note="For each class a list that says of each picture whether it shows it. At most 5,000 tasks.",
        loses="All but the first choice; of a path all but its end; blanks in names, external ids, meta.",
        of="classification",
    ),
    _by(
        "coco_labels",
        title="COCO, classes of pictures, by Datumaro",
        note="One JSON file for each part with the classes of its pictures. At most 5,000 tasks.",
        loses="All but the first choice; of a path all but its end; blanks in names, external ids, meta.",
        of="classification",
    ),
)
