"""Pictures that stay where they are: their thumbnail is kept, and a reference with what they held. Whoever may see the
task sees them through Tandem, fetched each time and checked to be the same."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from projects.data.connectors import saved
from projects.data.connectors.archives import safe
from projects.data.connectors.files import Entry, Files
from projects.data.media import assets
from projects.data.media.pictures import MAX_BYTES, Picture, read_picture
from projects.models import Asset, Connector, LeftMedia
from taskers.errors import Problem
from taskers.models import Organization

PIECE = 1024 * 1024
FOLDER = "left/"  # what the storage's names of such pictures begin with


class Left:
    """Which pictures of a load lie where they were found; none where there is no connector to leave them at."""

    def __init__(self, connector: Connector | None = None) -> None:
        self._connector = connector
        self._names: dict[str, str] = {}  # by the sha256 of what was read

    def watched(self, files: Files) -> Files:
        """The same files; what each holds is remembered until it is stored."""
        return files if self._connector is None else _Watched(files, self._names)

    def store(self, organization: Organization, pictures: Sequence[Picture]) -> dict[str, Asset]:
        """Store them, or the references to them; by sha256. Call inside a transaction."""
        if self._connector is None:
            return assets.store(organization, pictures)
        found = {one.sha256: one for one in pictures if one.original_sha256 in self._names}
        lies = {sha256: f"{FOLDER}{organization.public_id}/{sha256}" for sha256 in found}
        stored = assets.store(organization, pictures, lies)
        rows = [
            LeftMedia(
                asset=stored[sha256],
                connector=self._connector,
                name=self._names[one.original_sha256],
                original_sha256=one.original_sha256,
            )
            for sha256, one in found.items()
            if str(stored[sha256].file.name) == lies[sha256]
        ]
        LeftMedia.objects.bulk_create(rows, ignore_conflicts=True)
        self._names.clear()
        return stored


class _Watched:
    def __init__(self, files: Files, names: dict[str, str]) -> None:
        self._files = files
        self._names = names

    def entries(self) -> Iterator[Entry]:
        return self._files.entries()

    def open(self, name: str) -> BinaryIO:
        found = self._files.open(name)
        if safe(name) == name:
            digest = hashlib.sha256()
            while piece := found.read(PIECE):
                digest.update(piece)
            self._names[digest.hexdigest()] = name
            found.seek(0)
        return found


def read(name: str) -> bytes:
    """The picture that the storage knows by this name, as it would have been stored. Raises FileNotFoundError where it
    can't be had, or isn't the same any more."""
    row = LeftMedia.objects.select_related("connector__organization", "asset").filter(asset__file=name).first()
    if row is None:
        raise FileNotFoundError(name)
    try:
        with saved.opened(row.connector) as files, files.open(row.name) as file:
            data = file.read(MAX_BYTES + 1)
        if hashlib.sha256(data).hexdigest() != row.original_sha256:
            raise FileNotFoundError(name)
        if row.original_sha256 != row.asset.sha256:
            data = read_picture(data).data
    except Problem:
        raise FileNotFoundError(name) from None
    if hashlib.sha256(data).hexdigest() != row.asset.sha256:
        raise FileNotFoundError(name)
    return data


def size(name: str) -> int:
    """Bytes of that picture. Raises FileNotFoundError."""
    found = Asset.objects.filter(file=name).values_list("size", flat=True).first()
    if found is None:
        raise FileNotFoundError(name)
    return found
