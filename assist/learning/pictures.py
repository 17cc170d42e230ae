"""The pictures that a recipe gets: those of the lines it may read, each in a file named by its sha256.

A recipe's process knows neither the database nor where media lie, and gets no picture that judges models: what is laid
is read off the snapshot that it gets, which lacks their lines. Copies, so that no recipe can touch what is stored.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from django.core.files.storage import default_storage

from assist.learning import snapshot_file
from projects.models import Asset
from taskers.errors import Problem
from taskers.models import Organization

CHUNK = 500  # pictures looked up at once
SPARE = 512 << 20  # bytes that stay free beside them


class NoRoom(Problem):
    """The pictures to learn from need %(needed)s MB, and %(free)s MB are free here."""

    code = "no-room"
    status = 507


def lay(organization: Organization, lines: Path, folder: Path, heard: Callable[[], bool]) -> bool:
    """Lay the pictures of these lines in a new folder; whether it came to the end before `heard` said no. One that is
    gone, or isn't what it was, isn't there: the recipe sees to that. Raises NoRoom, OSError."""
    folder.mkdir()
    hashes = sorted({line.asset for line in snapshot_file.read(lines) if line.asset})
    _check_room(organization, hashes, folder)
    for asset in _known(organization, hashes):
        if not heard():
            return False
        data = _read(asset)
        if data is not None:
            (folder / asset.sha256).write_bytes(data)
    return True


def _known(organization: Organization, hashes: Sequence[str]) -> Iterator[Asset]:
    """Of other organizations none."""
    for at in range(0, len(hashes), CHUNK):
        yield from Asset.objects.filter(organization=organization, sha256__in=hashes[at : at + CHUNK])


def _check_room(organization: Organization, hashes: Sequence[str], folder: Path) -> None:
    needed = sum(one.size for one in _known(organization, hashes))
    free = shutil.disk_usage(folder).free
    if needed + SPARE > free:
        raise NoRoom(needed=f"{needed >> 20:,}", free=f"{free >> 20:,}")


def _read(asset: Asset) -> bytes | None:
    """The file, as it was stored; None where it can't be had."""
    try:
        with default_storage.open(str(asset.file.name)) as file:
            data = file.read()
    except OSError:
        return None
    return data if hashlib.sha256(data).hexdigest() == asset.sha256 else None
