"""Where deliveries go. A new target is one function here or in a file of its own, and one line in the registry."""

import os
import re
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from django.conf import settings

from projects.data.deliveries import kept_files
from projects.data.deliveries.kept_files import NotWritten, Stored
from projects.data.deliveries.manifest import Manifest
from projects.data.exporting.format import Entry
from projects.data.exporting.zipping import zipped
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


def _store(shipment: Shipment) -> Stored:
    """One file in the storage, to be downloaded: a zip where there are several."""
    if shipment.several:
        return kept_files.keep(shipment.of, shipment.name, zipped(shipment.entries))
    (entry,) = shipment.entries
    return kept_files.keep(shipment.of, shipment.name, entry.pieces)


def _into_folder(shipment: Shipment) -> Stored:
    """A folder with the manifest and the files below data/, under its name once all of it is there."""
    root, of = Path(shipment.of.place), shipment.of
    whole, part = root / shipment.name, root / f".{shipment.name}.{of.run}.part"
    try:
        for left in root.glob(f".{shipment.name}.*.part"):
            shutil.rmtree(left, ignore_errors=True)
        for entry in shipment.entries:
            _write(part / DATA / checked(entry.name), entry.pieces)
        _write(part / MANIFEST, shipment.manifest.document())
        if whole.exists():  # an earlier run came this far, and no further
            shutil.rmtree(whole)
        os.rename(part, whole)
        _to_disk(root)
    except OSError as error:
        raise NotWritten.of(error) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return ELSEWHERE


def checked(name: str) -> PurePosixPath:
    """A file's name below a folder. Raises Refused for one that would lead out of it."""
    path = PurePosixPath(name)
    if path.is_absolute() or not path.parts or {"..", ""} & set(name.split("/")) or "\0" in name:
        raise Refused("A file's name leads out of its folder: %(name)s.", code="unsafe-path", name=name[:200])
    return path


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())


def _to_disk(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _folders(project: Project) -> Sequence[str]:
    """Those that the operator allows."""
    return tuple(settings.DELIVERY_FOLDERS)


TARGETS: dict[str, Target] = {
    one.key: one
    for one in (
        Target("download", "To download here", lambda project: ("",), _store),
        Target("folder", "Into a folder of the server", _folders, _into_folder),
    )
}


def places(project: Project) -> list[tuple[Target, str]]:
    """Every place that a delivery of this project may go to."""
    return [(target, place) for target in TARGETS.values() for place in target.places(project)]


def find(project: Project, target: str, place: str) -> Target:
    """The target, if it may go there. Raises Refused."""
    found = TARGETS.get(target)
    if found is None:
        choices = ", ".join(TARGETS)
        raise Refused("A delivery goes to: %(choices)s.", code="wrong-target", place="target", choices=choices)
    if place not in found.places(project):
        text = "This is no place that whoever runs this Tandem allows deliveries to go to."
        raise Refused(text, code="place-not-allowed", place="place")
    return found


def name_of(one: Delivery, ending: str = "") -> str:
    """What a delivery is called where it goes."""
    plain = re.sub(r"[^a-z0-9]+", "-", one.project.name.lower()).strip("-")[:60] or "project"
    return f"{plain}-{one.number:04d}-{str(one.public_id)[:8]}{ending}"
