"""Stored media: a task's picture, for those who may see the task, and those of instructions, for those who may read
them; in ranges, cached for good.

An address names a task or an illustration, what is sent is named by its content: a picture never changes under its
ETag. The response is streamed from a thread of its own, because a sync iterator would be held in memory whole.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import NamedTuple
from uuid import UUID

from asgiref.sync import sync_to_async
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import parse_etags

from projects import access
from projects.models import Task
from projects.task_types.preference import FIRST, SECOND
from taskers.errors import NotAllowed, NotFound
from taskers.models import Person
from taskers.models.people import Role

PIECE = 256 * 1024
RANGE = re.compile(r"bytes=(\d*)-(\d*)")
FOR_A_YEAR = "private, max-age=31536000, immutable"


class Media(NamedTuple):
    """A stored file as it is sent."""

    name: str
    media_type: str
    etag: str
    called: str = ""  # what a browser is to save it as; "": it shows it


async def task_media(request: HttpRequest, task_id: UUID, which: str = FIRST) -> HttpResponseBase:
    """The picture of a task, as coordinates refer to it; of a pair, that of its first or second candidate."""
    return await send(request, await _find(request, task_id, which, thumbnail=False))


async def task_thumbnail(request: HttpRequest, task_id: UUID) -> HttpResponseBase:
    """The thumbnail of a task's picture: JPEG, longest side at most 320 pixels."""
    return await send(request, await _find(request, task_id, FIRST, thumbnail=True))


async def illustration(request: HttpRequest, picture_id: UUID) -> HttpResponseBase:
    """A picture of a project's instructions, for whoever reads them; of a template's, for whoever may use it."""
    person = await _asker(request)
    return await send(request, await sync_to_async(_illustration_of)(person, picture_id))


async def _find(request: HttpRequest, task_id: UUID, which: str, *, thumbnail: bool) -> Media:
    person = await _asker(request)
    return await sync_to_async(_media_of)(person, task_id, which, thumbnail)


async def _asker(request: HttpRequest) -> Person:
    person = await request.auser()
    if not isinstance(person, Person):
        raise NotAllowed("Sign in first.", code="not-signed-in", status=401)
    return person


def _media_of(person: Person, task_id: UUID, which: str, thumbnail: bool) -> Media:
    task: Task = access.task(person, task_id, *Role.values)
    asset = task.other_asset if which == SECOND else task.asset
    if asset is None or (thumbnail and not asset.thumbnail):
        raise NotFound("This task has no picture.")
    if thumbnail:
        return Media(str(asset.thumbnail.name), "image/jpeg", f'"{asset.sha256}-small"')
    return Media(str(asset.file.name), asset.media_type, f'"{asset.sha256}"')


def _illustration_of(person: Person, picture_id: UUID) -> Media:
    found = access.illustration(person, picture_id)
    if found.asset is None:
        raise NotFound("This picture was removed.")
    return Media(str(found.asset.file.name), found.asset.media_type, f'"{found.asset.sha256}"')


async def send(request: HttpRequest, media: Media) -> HttpResponseBase:
    """A stored file, or the part of it that is asked for; nothing where the asker has it already. Raises NotFound."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    headers = {
        "ETag": media.etag,
        "Cache-Control": FOR_A_YEAR,
        "Accept-Ranges": "bytes",
        "X-Content-Type-Options": "nosniff",
    }
    if media.called:
        headers["Content-Disposition"] = f'attachment; filename="{media.called}"'
    seen = parse_etags(request.headers.get("If-None-Match", ""))
    if "*" in seen or media.etag in seen or f"W/{media.etag}" in seen:
        return HttpResponse(status=304, headers=headers)
    try:
        file = await asyncio.to_thread(_opened, media.name)
    except FileNotFoundError:
        raise NotFound("The picture's file is missing from the store; tell the operator.") from None
    size = file.size
    wanted = request.headers.get("Range", "")
    if request.headers.get("If-Range", media.etag) != media.etag:
        wanted = ""  # the asker holds part of something else: send the whole
    part = parse_range(wanted, size)
    if part is None:
        file.close()
        return HttpResponse(status=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    start, end = part
    headers["Content-Length"] = str(end - start)
    status = 200
    if (start, end) != (0, size) or RANGE.fullmatch(wanted):
        status, headers["Content-Range"] = 206, f"bytes {start}-{end - 1}/{size}"
    if request.method == "HEAD":
        file.close()
        return HttpResponse(status=status, headers=headers, content_type=media.media_type)
    body = _pieces(file, start, end)
    return StreamingHttpResponse(body, status=status, headers=headers, content_type=media.media_type)


def _opened(name: str) -> File:
    """The file; where it lies is looked up for some, and then the thread keeps no database connection from others."""
    try:
        return default_storage.open(name)
    finally:
        for one in connections.all(initialized_only=True):
            if not one.in_atomic_block:
                one.close()


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """The half-open part [start, end) of `size` bytes that a Range header asks for; None if it lies outside.

    No header, several ranges, or one that isn't understood mean the whole (RFC 9110, section 14.2).
    """
    match = RANGE.fullmatch(header.strip())
    if match is None or match.groups() == ("", ""):
        return 0, size
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(int(last) + 1 if last else size, size)
        if last and int(last) < int(first):
            return 0, size
    return (start, end) if start < end else None


async def _pieces(file: File, start: int, end: int) -> AsyncIterator[bytes]:
    try:
        await asyncio.to_thread(file.seek, start)
        while start < end:
            piece = await asyncio.to_thread(file.read, min(PIECE, end - start))
            if not piece:
                return
            start += len(piece)
            yield piece
    finally:
        await asyncio.to_thread(file.close)
