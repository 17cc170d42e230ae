"""What a delivery is when it leaves, and what a place is that takes it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NamedTuple

from projects.data.deliveries.kept_files import Stored
from projects.data.deliveries.manifest import Manifest
from projects.data.exporting.format import Entry
from projects.errors import Refused
from projects.models import Delivery, Project

ELSEWHERE = Stored("", "", 0)  # what is kept here of a delivery that went elsewhere
MANIFEST = "manifest.json"
DATA = "data"  # the folder that the files are in, beside the manifest


@dataclass(frozen=True)
class Shipment:
    """What a target is given: files one after the other, each to be read to its end, and the manifest after them."""

    of: Delivery
    name: str  # what to call the file or the folder; no other delivery has it
    entries: Iterable[Entry]
    several: bool  # whether there may be more than one file
    manifest: Manifest


class Target(NamedTuple):
    """One kind of place. `write` is all or nothing to whoever looks there; done again, it takes the place of what a
    killed run left."""

    key: str
    title: str
    places: Callable[[Project], Sequence[str]]  # those that may be chosen; ("",) where there is nothing to choose
    write: Callable[[Shipment], Stored]


def checked(name: str) -> PurePosixPath:
    """A file's name below a folder. Raises Refused for one that would lead out of it."""
    path = PurePosixPath(name)
    if path.is_absolute() or not path.parts or {"..", ""} & set(name.split("/")) or "\0" in name:
        raise Refused("A file's name leads out of its folder: %(name)s.", code="unsafe-path", name=name[:200])
    return path
