"""Files that come in parts: begun, gone on with after whatever broke, and made an import once they are whole.

A part is on the disk before it is counted, in the transaction that holds its row: a process that is killed in between
leaves bytes that don't count, and the next part is written over them. So `received` is always where to go on.
"""

import logging
import time
from datetime import timedelta
from typing import IO, Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Now
from django.utils import timezone

from projects.data.importing import parts
from projects.data.importing.receive import receive
from projects.data.reading import recognise
from projects.errors import Refused
from projects.models import Batch, Import, Project, Upload
from taskers.errors import NotFound, Problem, StateConflict, StorageFull
from taskers.models import Organization, Person

logger = logging.getLogger(__name__)

KEPT = timedelta(days=1)  # after the last part; and one that became an import is known for as long
PART = 8 * 1024 * 1024  # bytes of a part at most


class TooLarge(Refused):
    """The file is larger than this Tandem takes."""

    code = "too-large"
    status = 413


class TooManyUploads(StateConflict):
    """Your organization is sending as much at once as it may: finish a file, give one up, or wait a day."""

    code = "too-many-uploads"


class WrongOffset(StateConflict):
    """This part doesn't begin where the bytes end that are here; go on at `received`."""

    code = "wrong-offset"

    def __init__(self, received: int) -> None:
        """`received` is where to go on."""
        self.received = received
        super().__init__()

    def as_json(self) -> dict[str, Any]:
        return super().as_json() | {"received": self.received}


class Incomplete(WrongOffset):
    """Not all of the file is here yet; go on at `received`."""

    code = "upload-incomplete"


class Gone(Problem):
    """Nothing came of this file for a day, so what had come was thrown away. Begin it again."""

    code = "upload-gone"
    status = 410


class Differs(Refused):
    """What came isn't the file that was told: its sha256 differs. Send it anew from the beginning."""

    code = "checksum-differs"


def begin(batch: Batch, *, name: str, size: int, sha256: str = "", by: Person) -> Upload:
    """A file of so many bytes that will come in parts. Where the same was begun before, that one.

    Raises Refused (a file that nothing reads, or that is too large), TooManyUploads, StorageFull.
    """
    recognise.check_name(name, batch.project.task_type)
    if size > settings.UPLOAD_MOST:
        raise TooLarge(place="size")
    with transaction.atomic():
        Organization.objects.select_for_update(no_key=True).get(pk=batch.project.organization_id)  # its sum is asked
        same = _open(batch.project.organization).filter(batch=batch, name=name, size=size, sha256=sha256)
        if sha256 and (found := same.order_by("pk").last()):
            return found
        _see_room(batch.project.organization, size)
        return Upload.objects.create(batch=batch, name=name, size=size, sha256=sha256, begun_by=by)


def _open(organization: Organization) -> QuerySet[Upload]:
    """Those of an organization that are on their way."""
    rows = Upload.objects.filter(batch__project__organization=organization, became=None)
    return rows.filter(touched_at__gt=Now() - KEPT)


def under_way(project: Project) -> QuerySet[Upload]:
    """Those of a project, in the order in which they were begun."""
    rows = _open(project.organization).filter(batch__project=project)
    return rows.select_related("batch__project", "became", "begun_by").order_by("pk")


def _see_room(organization: Organization, size: int) -> None:
    rows = _open(organization)
    promised = rows.aggregate(bytes=Sum("size"))["bytes"] or 0
    if rows.count() >= settings.UPLOADS_AT_ONCE or promised + size > settings.UPLOADS_BYTES:
        raise TooManyUploads()
    coming = Upload.objects.filter(became=None, touched_at__gt=Now() - KEPT)  # of everybody: they share the disk
    if not parts.has_room(size + (coming.aggregate(bytes=Sum(F("size") - F("received")))["bytes"] or 0)):
        raise StorageFull()


@transaction.atomic
def send(upload: Upload, offset: int, stream: IO[bytes]) -> Upload:
    """Keep a part of the file that begins at `offset`. What is here already is passed over, so that a part may come
    twice, or late. Raises WrongOffset where it would leave a gap, Gone, Refused for more than there is to come, and
    what the system says where it can't be written: then none of it counts."""
    found = _locked(upload)
    here = reached(found)
    if here == found.size:
        return found
    if offset > here:
        raise WrongOffset(here)
    _pass(stream, here - offset)
    came = parts.write(found.public_id, here, stream, found.size - here)
    if came is None:
        raise Refused("This is more than the file was to have.", code="beyond-size", place="offset")
    if came:
        Upload.objects.filter(pk=found.pk).update(received=here + came, touched_at=Now())
        found.refresh_from_db()
    return found


def reached(upload: Upload) -> int:
    """How many bytes of it are here, which is where to go on; at the beginning, where a disk lost them."""
    if upload.became_id is not None or parts.length(upload.public_id) >= upload.received:
        return upload.received
    return 0


def _pass(stream: IO[bytes], number: int) -> None:
    while number > 0 and (piece := stream.read(min(number, parts.PIECE))):
        number -= len(piece)


def finish(upload: Upload, *, by: Person, stop: str = Import.Stop.NEEDED) -> Import:
    """The import that a whole file becomes, loaded by whoever says that it is whole; again, the same. Raises
    Incomplete, Gone, Differs, Refused."""
    with transaction.atomic():
        found = _locked(upload)
        if found.became is not None:
            return found.became
        if (here := reached(found)) < found.size:
            raise Incomplete(here)
        good = not found.sha256 or parts.sha256(found.public_id) == found.sha256
        if good:
            return _made(found, by, stop)
        Upload.objects.filter(pk=found.pk).update(received=0, touched_at=Now())
        transaction.on_commit(lambda: parts.delete(found.public_id))
    raise Differs()


def _made(found: Upload, by: Person, stop: str) -> Import:
    with parts.Whole(found.public_id, found.name) as file:
        made = receive(found.batch, file, name=found.name, by=by, stop=stop)
    Upload.objects.filter(pk=found.pk).update(became=made, touched_at=Now())
    transaction.on_commit(lambda: parts.delete(found.public_id))
    return made


@transaction.atomic
def drop(upload: Upload) -> None:
    """Give a file up and throw away what came of it; what became an import stays one."""
    Upload.objects.filter(pk=upload.pk).delete()
    transaction.on_commit(lambda: parts.delete(upload.public_id), robust=True)  # what stays is swept by night


def _locked(upload: Upload) -> Upload:
    """The row, held to the end of the transaction: two parts of a file are written one after the other."""
    rows = Upload.objects.select_for_update(of=("self",)).select_related("batch__project__organization")
    found = rows.filter(pk=upload.pk).first()
    if found is None:
        raise NotFound()
    if found.became_id is None and found.touched_at < timezone.now() - KEPT:
        raise Gone()
    return found


def sweep() -> int:
    """Throw away what nobody went on with for a day, and bytes that no row knows; returns how many files it was."""
    gone = 0
    for found in Upload.objects.filter(touched_at__lt=Now() - KEPT).order_by("pk"):
        with transaction.atomic():
            old = Upload.objects.select_for_update(skip_locked=True).filter(pk=found.pk, touched_at__lt=Now() - KEPT)
            if old.first() is None:
                continue
            drop(found)
            gone += 1
    known = {str(one) for one in Upload.objects.filter(became=None).values_list("public_id", flat=True)}
    for place, written in parts.names():
        if place.name not in known and written < time.time() - KEPT.total_seconds():
            try:
                place.unlink(missing_ok=True)
                gone += 1
            except OSError as problem:  # one that can't be removed keeps nobody from the rest of the night's work
                logger.warning("%s stays: %s", place, problem)
    return gone
