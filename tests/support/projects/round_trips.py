"""Answers written by one of our formats and read by one of our readers, without a database: what came of them."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from projects.data import exporting
from projects.data.exporting import ExportFormat
from projects.data.exporting.decided import Decided
from projects.data.exporting.source import Source
from projects.data.exporting.terms import Terms
from projects.data.media.pictures import read_picture
from projects.models import Asset, Project
from tests.support.projects.exporting import picture

WIDTH, HEIGHT = 30, 20
SHAPES = ("box", "polygon", "mask", "polyline", "point")
NAMES = {"cat": "Cat", "dog": "Dog"}
LABELS: tuple[dict[str, Any], ...] = tuple(
    {"key": key, "name": name, "colour": "#123456", "shapes": list(SHAPES), "field": "", "attributes": []}
    for key, name in NAMES.items()
)


def decided(number: int, payload: dict[str, Any], answer: dict[str, Any], *pictures: Asset) -> Decided:
    """A task that was decided so."""
    at, name = datetime(2026, 3, 1, tzinfo=UTC), f"set/{number}.png"
    return Decided(f"t{number}", name, "b", payload, answer, "v", 0.9, "majority_v1", 1, None, "", at, [], pictures)


def written(
    key: str,
    task_type: str,
    tasks: Sequence[Decided],
    labels: Sequence[Mapping[str, Any]] = LABELS,
    masks: str = "",
) -> dict[str, bytes]:
    """The files of a format, pictures among them where it takes them along."""
    format = exporting.FORMATS[key]
    terms = Terms(media=format.media and any(one.pictures for one in tasks), masks=masks)
    project = Project(name="Round trip", task_type=task_type)
    return unpacked_files(format, terms, Source(project, terms, tuple(labels), lambda _split, _judgements: iter(tasks)))


def unpacked_files(format: ExportFormat, terms: Terms, source: Source) -> dict[str, bytes]:
    """The files that a format makes of a source, by name."""
    data = b"".join(exporting.packed(format, source))
    if not exporting.several(format, terms):
        return {f"all{format.ending}": data}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert len(set(archive.namelist())) == len(archive.namelist()), "no file takes another's place"
        return {name: archive.read(name) for name in archive.namelist()}


def region(id: str, label: str, shape: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    """A region of an answer."""
    return {"id": id, "label": label, "shape": shape, "attributes": attributes, "provenance": {"source": "human"}}


def shown(asset: Asset, name: str) -> dict[str, Any]:
    """The payload of a picture's task."""
    return {"asset": asset.sha256, "width": WIDTH, "height": HEIGHT, "name": name}


def stored(count: int) -> list[Asset]:
    """So many pictures in the store, none like another."""
    found = []
    for number in range(count):
        one = read_picture(picture(number, WIDTH, HEIGHT))
        name = default_storage.save(f"{number}.png", ContentFile(one.data))
        found.append(Asset(sha256=one.sha256, media_type=one.media_type, width=WIDTH, height=HEIGHT, file=name))
    return found
