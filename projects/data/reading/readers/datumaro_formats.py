"""The formats that are read through Datumaro. A new one is one line here; what tells files of it apart is said by the
steps and ends of their names, or by what a file begins with, so that Datumaro isn't loaded to find out."""

import re
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from projects.data.connectors.files import Files
from projects.data.reading.format import ImportFormat
from projects.data.reading.readers import through_datumaro
from projects.data.reading.readers.listing import heads, listed

REGIONS, CLASSES = ("image_regions",), ("classification",)
BOTH = ("image_regions", "classification")


class Known(NamedTuple):
    """One of Datumaro's importers."""

    importer: str
    title: str
    task_types: tuple[str, ...]
    note: str
    told_by: tuple[str, ...] = ()  # parts of names, one of which tells it; none: it is only read when chosen
    begins: tuple[bytes, ...] = ()  # patterns of what a file that ends so holds near its beginning, all of them
    ends: tuple[str, ...] = ()
    needs: str = ""  # a part of some name, without which it can't be read


KNOWN = (
    Known(
        "open_images",
        "Open Images",
        BOTH,
        "Boxes, masks and classes of pictures, with their attributes.",
        (
            "-annotations-bbox.csv",
            "-annotations-human-imagelabels.csv",
            "class-descriptions",
            "-object-segmentation.csv",
        ),
    ),
    Known(
        "voc",
        "VOC with masks",
        BOTH,
        "Boxes, masks of objects or classes, classes of pictures; needs ImageSets.",
        ("SegmentationClass/", "SegmentationObject/"),
        needs="ImageSets/",
    ),
    Known(
        "voc_classification",
        "VOC classes",
        CLASSES,
        "Classes of pictures, by the lists in ImageSets/Main.",
        ("ImageSets/Main/",),
    ),
    Known(
        "label_me",
        "LabelMe (XML)",
        REGIONS,
        "Polygons, boxes and masks with their attributes.",
        (),
        (b"<annotation", b"<polygon>|<imagesize>"),
        (".xml",),
    ),
    Known(
        "datumaro",
        "Datumaro",
        BOTH,
        "All that has a place here: cuboids, captions and depth have none; ellipses become polygons.",
        (),
        (b'"dm_format_version"',),
        (".json",),
    ),
    Known(
        "datumaro_binary",
        "Datumaro, binary",
        BOTH,
        "As Datumaro's own, with pictures inside or beside.",
        (".datum",),
    ),
    Known("imagenet_txt", "ImageNet with lists", CLASSES, "Classes of pictures by list.", ("synsets.txt",)),
    Known("kitti_detection", "KITTI, boxes", REGIONS, "Boxes with their attributes.", ("label_2/",)),
    Known("kitti_segmentation", "KITTI, masks", REGIONS, "Masks of instances.", ("semantic_rgb/", "/instance/")),
    Known("camvid", "CamVid", REGIONS, "A mask for each class.", ("trainannot/", "valannot/", "testannot/")),
    Known("ade20k2017", "ADE20K (2017)", REGIONS, "Masks of things and their parts.", ("_atr.txt",)),
    Known("ade20k2020", "ADE20K (2020)", REGIONS, "Masks of things and their parts."),
    Known(
        "mapillary_vistas",
        "Mapillary Vistas",
        REGIONS,
        "Masks and polygons of instances.",
        ("config_v1.", "config_v2."),
    ),
    Known("wider_face", "WIDER FACE", BOTH, "Boxes with their attributes.", ("wider_face_split/",)),
    Known("vgg_face2", "VGG Face 2", BOTH, "Boxes and landmarks.", ("bb_landmark/",)),
    # Its importer of everything makes three items of each picture: what it is, its mask, and the box around that.
    Known("mvtec_segmentation", "MVTec AD", REGIONS, "Masks of faults.", ("train/good/",)),
    Known("mvtec_classification", "MVTec AD, classes", CLASSES, "The kind of fault in a picture.", ("train/good/",)),
    Known("icdar_text_localization", "ICDAR, text places", REGIONS, "Boxes and polygons of texts; needs one class."),
    Known("celeba", "CelebA", BOTH, "Boxes, landmarks and classes.", ("identity_CelebA.txt",)),
    Known("vott_json", "VoTT, JSON", REGIONS, "Boxes.", ("-export.json",)),
    Known("vott_csv", "VoTT, CSV", REGIONS, "Boxes.", ("-export.csv",)),
    Known("roboflow_create_ml", "Create ML", REGIONS, "Boxes.", ("_annotations.createml.json",)),
    Known("segment_anything", "Segment Anything (SA-1B)", REGIONS, "Masks, which have no labels there: “object”."),
    Known("synthia_rand", "SYNTHIA", REGIONS, "A mask for each class."),
    Known("mots", "MOTS", REGIONS, "Masks of instances; which are the same over time is an attribute."),
    Known("mpii_json", "MPII", REGIONS, "Key points of people and their boxes."),
)


def format_of(known: Known) -> ImportFormat:
    """An importer as one of our formats."""
    return ImportFormat(
        key=f"datumaro_{known.importer}".replace("datumaro_datumaro", "datumaro"),
        title=known.title,
        note=f"{known.note} Read by Datumaro, all annotations at once.",
        task_types=known.task_types,
        endings=known.ends,
        recognises=_recogniser(known),
        read=partial(through_datumaro.read, known.importer),
    )


def _recogniser(known: Known) -> Callable[[Files], bool]:
    def recognises(files: Files) -> bool:
        names = [f"/{entry.name}" for entry in listed(files)]
        if known.needs and not any(known.needs in name for name in names):
            return False
        if any(part in name for part in known.told_by for name in names):
            return True
        if not known.begins:
            return False
        return any(all(re.search(part, start) for part in known.begins) for start in heads(files, known.ends))

    return recognises


FORMATS = tuple(map(format_of, KNOWN))
