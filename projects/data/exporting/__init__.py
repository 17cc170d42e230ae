"""Decided tasks on their way out. A new format is one new file here and one line in the registry."""

import itertools
import re
from collections.abc import AsyncGenerator, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connections

from projects.data.exporting import (
    brat,
    coco,
    coco_panoptic,
    conll,
    cvat,
    datumaro_json,
    datumaro_others,
    docbin,
    doccano,
    dota,
    imagenet,
    jsonl,
    label_studio,
    labelme,
    mask_pictures,
    open_images,
    parquet_folder,
    prodigy,
    ranking,
    table,
    voc,
    yolo,
)
from projects.data.exporting.format import ExportFormat
from projects.data.exporting.slots import SLOTS, Download
from projects.data.exporting.source import Source, standing
from projects.data.exporting.staging import STAGED_BYTES, stage
from projects.data.exporting.terms import Terms
from projects.data.exporting.zipping import END as END_OF_ZIP
from projects.data.exporting.zipping import zipped
from projects.errors import NothingSubmitted, NothingToExport, Refused
from projects.models import Batch, Project, Task
from taskers.models import Person

# In the order of the page.
FORMATS: dict[str, ExportFormat] = {
    one.key: one
    for one in (
        jsonl.FORMAT,
        coco.FORMAT,
        coco.KEY_POINTS,
        coco_panoptic.FORMAT,
        yolo.DETECT,
        yolo.SEGMENT,
        yolo.ORIENTED,
        yolo.POSE,
        voc.FORMAT,
        cvat.FORMAT,
        labelme.FORMAT,
        open_images.FORMAT,
        mask_pictures.PLAIN,
        mask_pictures.CITYSCAPES,
        dota.FORMAT,
        datumaro_json.FORMAT,
        conll.FORMAT,
        conll.BIOES,
        docbin.FORMAT,
        brat.FORMAT,
        table.FORMAT,
        table.TABS,
        ranking.FORMAT,
        imagenet.FORMAT,
        parquet_folder.FORMAT,
        label_studio.FORMAT,
        doccano.FORMAT,
        prodigy.FORMAT,
        *datumaro_others.FORMATS,
    )
}

PIECE = 64 * 1024
FIRST_TASKS = 100  # that say what a project is of
ZIP = "application/zip"

__all__ = [
    "FORMATS",
    "Download",
    "ExportFormat",
    "download",
    "ending",
    "export",
    "file_name",
    "fitting",
    "formats_for",
    "gathered",
    "media_type",
    "packed",
    "several",
]


def formats_for(project: Project) -> list[ExportFormat]:
    """The formats that make sense for a project: none of pictures alone where its first tasks are texts."""
    formats = [one for one in FORMATS.values() if project.task_type in one.task_types]
    if any(format.pictures_only for format in formats) and _is_of_texts(project):
        return [format for format in formats if not format.pictures_only]
    return formats


def _is_of_texts(project: Project) -> bool:
    pictures = Task.objects.filter(project=project).order_by("pk").values_list("asset_id", flat=True)[:FIRST_TASKS]
    return len(pictures) > 0 and not any(pictures)


def export(
    project: Project, key: str, *, batch: Batch | None = None, undecided: bool = False
) -> Generator[bytes, None, None]:
    """The project's decided tasks as a file, in pieces of some size; with `undecided`, the answers from which nothing
    was decided yet follow. Refused if the format doesn't fit it, or the batch doesn't fit the format; its first piece
    raises NothingToExport where there is nothing and the format has no file for that."""
    terms = Terms(batch=batch, undecided=undecided)
    found = fitting(project, key, terms)
    problem = NothingSubmitted() if undecided else NothingToExport()
    tasks = itertools.count()
    source = replace(standing(project, terms), told=lambda: next(tasks))
    return _not_empty(gathered(packed(found, source)), tasks, problem)


def _not_empty(
    pieces: Generator[bytes, None, None], tasks: "itertools.count[int]", problem: NothingToExport
) -> Generator[bytes, None, None]:
    first = next(pieces, b"")
    # A file without a byte, or a zip without a file, which some formats make of decided tasks too.
    if (not first or first.startswith(END_OF_ZIP)) and next(tasks) == 0:
        raise problem
    with closing(pieces):
        if first:
            yield first
        yield from pieces


def packed(found: ExportFormat, source: Source) -> Iterator[bytes]:
    """The bytes of an export: of its one file, or of the zip in which several leave."""
    entries = found.write(source)
    if several(found, source.terms):
        yield from zipped(entries)
        return
    for entry in entries:
        yield from entry.pieces


def several(found: ExportFormat, terms: Terms) -> bool:
    """Whether it makes more than one file on these terms."""
    return found.folder or bool(terms.split) or (found.media and terms.media)


def fitting(project: Project, key: str, terms: Terms, labels: Sequence[Mapping[str, Any]] = ()) -> ExportFormat:
    """A project's format, if it takes these terms; `labels`: those that are meant (`labels_of`), where they aren't
    today's. Raises Refused with the place."""
    found = _format(project, key)
    if found.whole and terms.batch is not None:
        raise Refused("This is told of the whole project, not of a batch.", code="wrong-batch", place="batch")
    if found.whole and (terms.narrowed or terms.split or terms.label_map):
        raise Refused(
            "This is told of the whole project, without a filter or a split.", code="wrong-terms", place="format"
        )
    if terms.undecided and not found.undecided:
        choices = ", ".join(format.title for format in formats_for(project) if format.undecided)
        text = "This format has no mark for undecided answers. Choose one of these: %(choices)s."
        raise Refused(text, code="wrong-terms", place="undecided", choices=choices)
    if terms.media and not found.media:
        raise Refused("This format takes no pictures along.", code="wrong-terms", place="media")
    if terms.masks and found.masks and terms.masks not in found.masks:
        choices = ", ".join(found.masks)
        raise Refused("This format writes masks as: %(choices)s.", code="wrong-masks", place="masks", choices=choices)
    source = standing(project, terms, labels)
    count = len(source.names) if found.most_labels else 0
    if count > found.most_labels:
        text = "This format tells at most %(most)s labels apart, and there are %(count)s. Leave some out."
        raise Refused(text, code="too-many-labels", place="format", most=found.most_labels, count=count)
    return found


def download(
    project: Project, key: str, *, by: Person, batch: Batch | None = None, undecided: bool = False
) -> Download:
    """The same for an ASGI response, for somebody who asked for it; its beginning is made before anything is sent, and
    all of it where the format has a bound. Raises what goes wrong in that, and TooManyExports.

    It yields without waiting: an ASGI response holds what a sync iterator yields in memory whole [DESIGN section 7].
    """
    give_back = SLOTS.take(by.pk, project.organization_id)
    try:
        pieces = export(project, key, batch=batch, undecided=undecided)
        staged = stage(pieces, None if FORMATS[key].most else STAGED_BYTES)
    except BaseException:
        give_back()
        raise
    return Download(in_thread(staged.pieces), give_back, staged.length)


def file_name(project: Project, key: str, *, batch: Batch | None = None, terms: Terms | None = None) -> str:
    """What to call the file; each format's and each batch's has a name of its own."""
    batch = terms.batch if terms else batch
    found = _format(project, key)
    parts = [_plain(project.name) or "export", *([_plain(batch.name) or str(batch.pk)] if batch else [])]
    return f"{'-'.join(parts)}{ending(found, terms or Terms())}"


def ending(found: ExportFormat, terms: Terms) -> str:
    """How the name of the file ends that leaves."""
    return f"-{found.key}.zip" if several(found, terms) else found.ending


def media_type(found: ExportFormat, terms: Terms) -> str:
    """That of the file that leaves."""
    return ZIP if several(found, terms) else found.media_type


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60]


def _format(project: Project, key: str) -> ExportFormat:
    offered = formats_for(project)
    for one in offered:
        if one.key == key:
            return one
    raise Refused(
        "This project exports as: %(choices)s.",
        code="wrong-format",
        place="format",
        choices=", ".join(one.key for one in offered),
    )


def gathered(pieces: Iterator[bytes]) -> Generator[bytes, None, None]:
    """Small pieces joined to larger ones: each costs a change of threads on its way out."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= PIECE:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


async def in_thread(pieces: Generator[bytes, None, None]) -> AsyncGenerator[bytes, None]:
    """The same pieces for a response, each made while nothing else waits for it."""

    def following() -> bytes | None:
        try:
            return next(pieces, None)
        finally:
            _let_go()

    try:
        while (piece := await sync_to_async(following)()) is not None:
            yield piece
    finally:
        await sync_to_async(pieces.close)()


def _let_go() -> None:
    """Between two pieces, a slow reader keeps no database connection from others."""
    for one in connections.all(initialized_only=True):
        if not one.in_atomic_block:
            one.close()
