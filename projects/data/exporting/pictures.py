"""The pictures of tasks on their way out, as they are stored."""

from collections.abc import Iterator

from django.core.files.storage import default_storage

from projects.data.exporting.decided import Decided, media_gone
from projects.data.exporting.format import Entry
from projects.data.exporting.pieces import PIECE


def entry(one: Decided, name: str, which: int = 0) -> Iterator[Entry]:
    """A task's picture under this name, where pictures go along. Raises Refused where its file is gone."""
    if len(one.pictures) > which:
        yield Entry(name, pieces(one, which), packed=False)


def pieces(one: Decided, which: int = 0) -> Iterator[bytes]:
    """Its bytes. Raises Refused where the file is gone."""
    try:
        with default_storage.open(str(one.pictures[which].file.name)) as file:
            while piece := file.read(PIECE):
                yield piece
    except FileNotFoundError:
        raise media_gone(one.external_id) from None


def whole(one: Decided, which: int = 0) -> bytes:
    """All of them at once: a picture has at most a hundred megabytes."""
    return b"".join(pieces(one, which))
