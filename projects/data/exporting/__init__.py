"""Decided tasks on their way out. A new format is one new file here and one line in the registry."""

import re
from collections.abc import AsyncGenerator, Generator, Iterator

from asgiref.sync import sync_to_async
from django.db import connections

from projects.data.exporting import coco, conll, docbin, jsonl, ranking, table
from projects.data.exporting.format import ExportFormat
from projects.data.exporting.slots import SLOTS, Download
from projects.errors import Refused
from projects.models import Batch, Project
from projects.task_types import TASK_TYPES
from taskers.models import Person

FORMATS: dict[str, ExportFormat] = {
    module.FORMAT.key: module.FORMAT for module in (jsonl, coco, conll, docbin, table, ranking)
}

PIECE = 64 * 1024

__all__ = ["FORMATS", "ExportFormat", "download", "export", "file_name", "formats_for", "stream"]


def formats_for(project: Project) -> list[ExportFormat]:
    """The formats that make sense for a project."""
    return [FORMATS[key] for key in TASK_TYPES[project.task_type].exports]


def export(project: Project, key: str, *, batch: Batch | None = None) -> Generator[bytes, None, None]:
    """The project's decided tasks as a file, in pieces of some size. Refused if the format doesn't fit it, or the
    batch doesn't fit the format."""
    found = _format(project, key)
    if found.whole and batch is not None:
        raise Refused("This is told of the whole project, not of a batch.", code="wrong-batch", place="batch")
    return _gathered(found.write(project, batch))


def stream(project: Project, key: str, *, batch: Batch | None = None) -> AsyncGenerator[bytes, None]:
    """The same for an ASGI response, which holds a sync iterator in memory whole [DESIGN section 7].

    Refused comes at the call, before anything is sent.
    """
    return in_thread(export(project, key, batch=batch))


def download(project: Project, key: str, *, by: Person, batch: Batch | None = None) -> Download:
    """The same for somebody who asked for it. Raises TooManyExports too."""
    made = stream(project, key, batch=batch)
    return Download(made, SLOTS.take(by.pk, project.organization_id))


def file_name(project: Project, key: str, *, batch: Batch | None = None) -> str:
    """What to call the file; each format's and each batch's has a name of its own."""
    parts = [_plain(project.name) or "export", *([_plain(batch.name) or str(batch.pk)] if batch else [])]
    return f"{'-'.join(parts)}{_format(project, key).ending}"


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


def _gathered(pieces: Iterator[bytes]) -> Generator[bytes, None, None]:
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
