"""Stored media by content: written once, behind Django's storages, and collected when nothing refers to it."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from projects.data.media.pictures import Picture
from projects.models import Asset
from taskers.models import Organization

FOLDERS = ("assets", "thumbnails")
ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}
LOCK = 0x4D65646961 << 16  # our number space of PostgreSQL's advisory locks: shared by writers, alone for the collector
USED_BY = ("tasks", "other_tasks", "archived_tasks", "other_archived_tasks", "illustrations")
UNUSED = dict.fromkeys(USED_BY)
GRACE = timedelta(days=1)  # media are stored a moment before the tasks that refer to them


def store(
    organization: Organization, pictures: Iterable[Picture], elsewhere: Mapping[str, str] | None = None
) -> dict[str, Asset]:
    """Store these pictures with their thumbnails, each once; returns the organization's assets by sha256. Of those that
    lie `elsewhere` (sha256 -> the name by which the storage knows them) the thumbnail alone is written.

    Files are written before the rows that name them: if the transaction fails, what is left behind
    is found again by the next try, or collected. Call inside a transaction.
    """
    _lock("pg_advisory_xact_lock_shared")
    by_hash = {picture.sha256: picture for picture in pictures}
    known = _known(organization, by_hash)
    for sha256, asset in known.items():
        # Lost from the storage, or left out of a backup: here it is again.
        if not default_storage.exists(str(asset.file.name)):
            _written(organization, by_hash[sha256])
    lies = elsewhere or {}
    new = [_written(organization, one, lies.get(sha256, "")) for sha256, one in by_hash.items() if sha256 not in known]
    if new:
        Asset.objects.bulk_create(new, ignore_conflicts=True)
        known |= _known(organization, (asset.sha256 for asset in new))
    return known


def find(organization: Organization, hashes: Iterable[str]) -> dict[str, Asset]:
    """Those of the named assets that this organization has, by sha256."""
    return _known(organization, hashes)


def collect(*, before: datetime | None = None) -> int:
    """Delete what no task, live or archived, and no instructions refer to, if it was stored before a time (a day ago).

    Returns how many files went. Files without a row are left behind by loads that failed; they go by the same rule.
    """
    before = before or timezone.now() - GRACE
    gone = 0
    for asset in Asset.objects.filter(created_at__lt=before, **UNUSED).iterator(chunk_size=500):
        gone += _delete(asset)
    for folder in FOLDERS:
        for names in _chunks(_files(default_storage, folder), 500):
            gone += _delete_unnamed(names, before)
    return gone


def _lock(function: str) -> None:
    """Until the transaction ends, nothing is collected that is being stored, whose row nobody sees yet."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [LOCK])


def _known(organization: Organization, hashes: Iterable[str]) -> dict[str, Asset]:
    found = Asset.objects.filter(organization=organization, sha256__in=list(hashes))
    return {asset.sha256: asset for asset in found}


def _written(organization: Organization, picture: Picture, lies: str = "") -> Asset:
    ending = ENDINGS[picture.media_type]
    return Asset(
        organization=organization,
        sha256=picture.sha256,
        media_type=picture.media_type,
        size=len(picture.data),
        width=picture.width,
        height=picture.height,
        file=lies or _write(_name("assets", organization, picture.sha256, ending), picture.data),
        thumbnail=_write(_name("thumbnails", organization, picture.sha256, ".jpg"), picture.thumbnail),
    )


def _name(folder: str, organization: Organization, sha256: str, ending: str) -> str:
    # One folder per organization: nothing that one of them deletes can be another's.
    return f"{folder}/{organization.public_id}/{sha256[:2]}/{sha256}{ending}"


def _write(name: str, data: bytes) -> str:
    """Write a file under a name that tells its content; one cut off by a crash is written again."""
    if default_storage.exists(name):
        with default_storage.open(name) as file:
            if file.size == len(data) and hashlib.file_digest(file, "sha256").digest() == _digest(data):
                return name
        default_storage.delete(name)
    return default_storage.save(name, ContentFile(data))


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _delete(asset: Asset) -> int:
    """Delete one asset unless a task took hold of it meanwhile; the database's foreign key decides."""
    try:
        with transaction.atomic():
            _lock("pg_advisory_xact_lock")
            with connection.cursor() as cursor:
                # A task that took hold of it is noticed by the DELETE, not at commit when the files are gone.
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            deleted, _ = Asset.objects.filter(pk=asset.pk, **UNUSED).delete()
            names = [name for name in (asset.file.name, asset.thumbnail.name) if name and deleted]
            for name in names:
                default_storage.delete(name)
            return len(names)
    except IntegrityError:  # ProtectedError is one too
        return 0


@transaction.atomic
def _delete_unnamed(names: list[str], before: datetime) -> int:
    _lock("pg_advisory_xact_lock")
    named = set(Asset.objects.filter(file__in=names).values_list("file", flat=True))
    named |= set(Asset.objects.filter(thumbnail__in=names).values_list("thumbnail", flat=True))
    old = [name for name in names if name not in named and default_storage.get_modified_time(name) < before]
    for name in old:
        default_storage.delete(name)
    return len(old)


def _files(storage: Storage, folder: str) -> Iterator[str]:
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        yield f"{folder}/{name}"
    for name in folders:
        yield from _files(storage, f"{folder}/{name}")


def _chunks(names: Iterable[str], size: int) -> Iterator[list[str]]:
    chunk: list[str] = []
    for name in names:
        chunk.append(name)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
