"""Where deliveries go. A new target is one function here or in a file of its own, and one line in the registry."""

import os
import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from django.conf import settings

from projects.data.connectors import saved
from projects.data.deliveries import kept_files, object_store
from projects.data.deliveries.kept_files import NotWritten, Stored
from projects.data.deliveries.shipment import DATA, ELSEWHERE, MANIFEST, Shipment, Target, checked
from projects.data.exporting.zipping import zipped
from projects.errors import Refused
from projects.models import Connector, Delivery, Project, limits

DOWNLOAD = "download"  # it stays here until somebody fetches it
BUCKET = "bucket"
NO_PLACES = "No place is allowed for this target: leave it out, or have a folder allowed or a bucket kept with its key."
NO_PLACE = "Deliveries of this project don't go to that place, but to: %(choices)s."


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


def _into_bucket(shipment: Shipment) -> Stored:
    """Below the prefix of one of the organization's buckets, the manifest last."""
    kept = saved.buckets(shipment.of.project.organization)
    bucket = next((one for one in kept if _said(one) == shipment.of.place), None)
    if bucket is None:
        raise NotWritten("This bucket is no longer among the organization's places.")
    with saved.as_system(bucket) as (system, base):
        return object_store.into(system, base)(shipment)


def _said(bucket: Connector) -> str:
    """A bucket as a place, with where in it: one of the same name that leads elsewhere is another place."""
    return f"{bucket.name} ({bucket.settings['bucket']}/{bucket.settings.get('prefix', '')})"[: limits.PLACE]


def _buckets(project: Project) -> Sequence[str]:
    """The organization's own."""
    return [_said(one) for one in saved.buckets(project.organization)]


def _folders(project: Project) -> Sequence[str]:
    """Those that the operator allows."""
    return tuple(settings.DELIVERY_FOLDERS)


TARGETS: dict[str, Target] = {
    one.key: one
    for one in (
        Target(DOWNLOAD, "To download here", lambda project: ("",), _store),
        Target("folder", "Into a folder of the server", _folders, _into_folder),
        Target(BUCKET, "Into a bucket", _buckets, _into_bucket),
    )
}


def places(project: Project) -> list[tuple[Target, str]]:
    """Every place that a delivery of this project may go to."""
    return [(target, place) for target in TARGETS.values() for place in target.places(project)]


def meant(project: Project, target: str, place: str) -> str:
    """A place by its full name; a bucket may be named by its id or its name alone. What is none stays as it is."""
    if target == BUCKET and place not in _buckets(project):
        kept = [one for one in saved.buckets(project.organization) if place in (str(one.public_id), one.name)]
        return _said(kept[0]) if len(kept) == 1 else place
    return place


def find(project: Project, target: str, place: str) -> Target:
    """The target, if it may go there. Raises Refused."""
    found = TARGETS.get(target)
    if found is None:
        choices = ", ".join(TARGETS)
        raise Refused("A delivery goes to: %(choices)s.", code="wrong-target", place="target", choices=choices)
    places = found.places(project)
    if place not in places:
        if choices := ", ".join(filter(None, places))[: limits.PLACE]:
            raise Refused(NO_PLACE, code="place-not-allowed", place="place", choices=choices)
        raise Refused(NO_PLACES, code="place-not-allowed", place="place")
    return found


def name_of(one: Delivery, ending: str = "") -> str:
    """What a delivery is called where it goes."""
    plain = re.sub(r"[^a-z0-9]+", "-", one.project.name.lower()).strip("-")[:60] or "project"
    return f"{plain}-{one.number:04d}-{str(one.public_id)[:8]}{ending}"
