"""A file in parts: begun, cut off, gone on with, made an import; what is wrong is named, and nothing is left."""

import hashlib
import io
import os
import signal
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.data import importing
from projects.data.archive import cleanup
from projects.data.importing import parts, uploads
from projects.models import Import, Task, Upload
from taskers.models import ApiToken
from tests.support.full_disk import full_disk
from tests.support.projects.pipeline import Api, refused

pytestmark = pytest.mark.django_db

ROWS = "".join(f'{{"external_id": "r-{n}", "text": "Text number {n}"}}\n' for n in range(200)).encode()
SHA = hashlib.sha256(ROWS).hexdigest()


@pytest.fixture
def committing(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


def begun(api: Api, batch, **said) -> str:
    terms = {"batch": str(batch.public_id), "name": "rows.jsonl", "size": len(ROWS), "sha256": SHA} | said
    answer = api.post("uploads", body=terms)
    assert answer.status_code == 201, answer.content
    return answer.json()["id"]


def part(api: Api, key: str, offset: int, data: bytes):
    path = f"{reverse('api-upload', args=[key])}?offset={offset}"
    return api.client.put(path, data, "application/octet-stream")


def received(api: Api, key: str) -> int:
    return api.get("upload", key).json()["received"]


def left(media) -> list[str]:
    return sorted(one.name for one in (media / "uploads").glob("*"))


def test_parts_come_twice_late_and_overlapping_and_become_one_import(mina, batch, media, committing):
    key = begun(mina, batch)
    assert part(mina, key, 0, ROWS[:1000]).json()["received"] == 1000
    assert part(mina, key, 0, ROWS[:1000]).json()["received"] == 1000, "once more, it is harmless"
    assert refused(part(mina, key, 2000, ROWS[2000:3000]), 409, "wrong-offset")["received"] == 1000
    assert part(mina, key, 500, ROWS[500:3000]).json()["received"] == 3000, "what is new in it counts"
    assert refused(mina.post("upload-finish", key), 409, "upload-incomplete")["received"] == 3000
    assert begun(mina, batch) == key, "who begins the same again goes on"
    assert part(mina, key, 3000, ROWS[3000:]).json()["received"] == len(ROWS)
    with committing():
        made = mina.post("upload-finish", key)
    assert (made.status_code, made.json()["state"], made.json()["name"]) == (202, "waiting", "rows.jsonl")
    assert mina.post("upload-finish", key).json()["id"] == made.json()["id"]
    assert part(mina, key, 100, ROWS[100:]).status_code == 200, "a late part, too"
    assert mina.get("upload", key).json()["import"] == made.json()["id"]
    importing.run(Import.objects.get().pk)
    assert (Import.objects.get().loaded, Task.objects.count(), left(media)) == (200, 200, [])


def test_a_file_that_changed_meanwhile_is_named_and_may_come_anew(mina, batch, media, committing):
    key = begun(mina, batch)
    part(mina, key, 0, ROWS.replace(b"Text", b"Next"))
    with committing():
        refused(mina.post("upload-finish", key), 422, "checksum-differs")
    assert not Import.objects.exists() and (received(mina, key), left(media)) == (0, [])
    part(mina, key, 0, ROWS)
    assert mina.post("upload-finish", key).status_code == 202
    refused(part(mina, begun(mina, batch, size=5, sha256=""), 0, b"too much"), 422, "beyond-size")


def test_what_is_under_way_is_listed_and_given_up_on_a_page_and_by_program(cast, mina, nora, batch, media, committing):
    key, whole = begun(mina, batch), begun(mina, batch, name="whole.jsonl")
    part(mina, key, 0, ROWS[:1024])
    part(mina, whole, 0, ROWS)
    with committing():
        mina.post("upload-finish", whole)
    (listed,) = mina.get("uploads-under-way", batch.project.public_id).json()["results"]
    assert (listed["id"], listed["received"], listed["size"]) == (key, 1024, len(ROWS)), "what is an import isn't"
    assert listed["begun_at"] <= listed["touched_at"]
    refused(nora.get("uploads-under-way", batch.project.public_id), 404, "not-found")
    browser = Client()
    browser.force_login(cast.mina)
    load = reverse("load", args=[batch.project.public_id])
    page = browser.get(load).content.decode()
    assert "rows.jsonl" in page and "1.0\xa0KB of" in page and "Mina" in page
    with committing():
        assert browser.post(reverse("upload-drop", args=[key])).headers["Location"] == load
    assert mina.get("uploads-under-way", batch.project.public_id).json()["results"] == [] and left(media) == []
    assert "Files under way" not in browser.get(load).content.decode()
    assert mina.get("upload", whole).json()["import"], "what became an import stays one"


def test_a_full_disk_is_named_and_counts_nothing_of_the_part(mina, batch, media, monkeypatch):
    key = begun(mina, batch)
    with full_disk(most=2500):
        assert part(mina, key, 0, ROWS[:2000]).status_code == 200
        monkeypatch.setattr(parts, "PIECE", 100)  # so that some of it is written before there is no room
        refused(part(mina, key, 2000, ROWS[2000:4000]), 507, "storage-full")
        assert received(mina, key) == 2000
        assert parts.path_of(Upload.objects.get().public_id).stat().st_size == 2000, "nothing is half written"
    assert part(mina, key, 2000, ROWS[2000:]).json()["received"] == len(ROWS)
    assert parts.sha256(Upload.objects.get().public_id) == SHA
    monkeypatch.setattr(parts, "has_room", lambda size: False)
    answer = mina.post("uploads", body={"batch": str(batch.public_id), "name": "b.csv", "size": 10})
    refused(answer, 507, "storage-full")


def test_bytes_that_a_disk_lost_are_asked_for_again(mina, batch):
    key = begun(mina, batch)
    part(mina, key, 0, ROWS[:1000])
    parts.delete(Upload.objects.get().public_id)
    assert received(mina, key) == 0
    assert refused(part(mina, key, 1000, ROWS[1000:]), 409, "wrong-offset")["received"] == 0
    assert part(mina, key, 0, ROWS).json()["received"] == len(ROWS)
    assert mina.post("upload-finish", key).status_code == 202


def test_a_token_that_expires_meanwhile_ends_nothing_and_the_next_goes_on(cast, mina, nora, alice, batch):
    key = begun(mina, batch)
    part(mina, key, 0, ROWS[:1000])
    ApiToken.objects.filter(pk=mina.token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    refused(part(mina, key, 1000, ROWS[1000:]), 401, "authentication-failed")
    refused(part(nora, key, 1000, ROWS[1000:]), 404, "not-found")
    refused(part(alice, key, 1000, ROWS[1000:]), 403, "not-allowed")
    reader = Api(cast.mina, cast.riverside, "read")
    refused(part(reader, key, 1000, ROWS[1000:]), 403, "scope-missing")
    again = Api(cast.mina, cast.riverside, "load")
    assert received(again, key) == 1000
    assert part(again, key, 1000, ROWS[1000:]).json()["received"] == len(ROWS)
    assert again.post("upload-finish", key).status_code == 202


def test_what_nobody_goes_on_with_for_a_day_is_swept(mina, batch, media, settings, committing):
    old, young = begun(mina, batch), begun(mina, batch, sha256="")
    part(mina, old, 0, ROWS[:1000])
    part(mina, young, 0, ROWS[:1000])
    Upload.objects.filter(public_id=old).update(touched_at=timezone.now() - timedelta(days=1, minutes=1))
    refused(part(mina, old, 1000, ROWS[1000:]), 410, "upload-gone")
    assert begun(mina, batch) != old, "it is begun again"
    stray = parts.path_of(Upload.objects.get(public_id=young).public_id).with_name("stray")
    stray.write_bytes(b"of no row")
    os.utime(stray, (0, 0))
    with committing():
        assert cleanup.reap()["uploads"] == 2
    assert (left(media), cleanup.reap()["uploads"]) == ([young], 0)
    refused(mina.get("upload", old), 404, "not-found")


def test_an_organization_sends_so_much_at_once_and_files_that_are_read(mina, batch, settings):
    def refusal(**said):
        return mina.post("uploads", body={"batch": str(batch.public_id), "name": "b.csv", "size": 10} | said)

    settings.UPLOADS_AT_ONCE, settings.UPLOADS_BYTES, settings.UPLOAD_MOST = 2, 10_000, 9_000
    refused(refusal(size=9_001), 413, "too-large", "size")
    refused(refusal(name="b.exe"), 422, "unknown-format", "file")
    first = begun(mina, batch, size=9_000, sha256="")
    refused(refusal(size=1_001), 409, "too-many-uploads")
    begun(mina, batch, size=1_000, sha256="")
    refused(refusal(size=1), 409, "too-many-uploads")
    assert mina.client.delete(reverse("api-upload", args=[first])).status_code == 204
    assert refusal(size=1).status_code == 201


def test_a_disk_is_promised_once_and_never_whole(mina, batch, monkeypatch):
    free = parts.RESERVE + 10_000
    monkeypatch.setattr(parts.shutil, "disk_usage", lambda folder: SimpleNamespace(free=free))
    key = begun(mina, batch, size=6_000, sha256="")
    more = {"batch": str(batch.public_id), "name": "b.csv", "size": 5_000}
    refused(mina.post("uploads", body=more), 507, "storage-full")
    part(mina, key, 0, b"x" * 2_000)
    free -= 2_000
    refused(mina.post("uploads", body=more), 507, "storage-full")
    assert mina.client.delete(reverse("api-upload", args=[key])).status_code == 204
    assert mina.post("uploads", body=more).status_code == 201


def test_a_part_without_a_body_is_named(mina, batch):
    key = begun(mina, batch)
    path = reverse("api-upload", args=[key])
    refused(mina.client.put(path, b"", "application/octet-stream"), 422, "no-part", "body")
    refused(mina.client.generic("PUT", path), 422, "no-part", "body")
    assert received(mina, key) == 0


def test_who_says_that_a_file_is_whole_is_who_loads_it(cast, mina, batch):
    key = begun(mina, batch)
    part(mina, key, 0, ROWS)
    olga = Api(cast.olga, cast.riverside, "load")
    assert olga.post("upload-finish", key).status_code == 202
    assert Import.objects.get().started_by == cast.olga


def test_bytes_that_cant_be_removed_keep_the_night_from_nothing(mina, batch, media, committing, monkeypatch):
    old = begun(mina, batch)
    part(mina, old, 0, ROWS[:1000])
    Upload.objects.update(touched_at=timezone.now() - timedelta(days=2))
    os.utime(parts.path_of(Upload.objects.get().public_id), (0, 0))

    def stuck(*_said, **_terms):
        raise PermissionError("a disk that is read only")

    with monkeypatch.context() as patched, committing():
        patched.setattr(Path, "unlink", stuck)
        assert set(cleanup.reap()) >= {"uploads", "events"}
        assert left(media) == [old]
    assert (cleanup.reap()["uploads"], left(media)) == (1, [])


@pytest.mark.django_db(transaction=True)
def test_a_web_process_killed_in_mid_part_leaves_what_was_counted(cast, batch):
    made = uploads.begin(batch, name="rows.jsonl", size=len(ROWS), sha256=SHA, by=cast.mina)
    uploads.send(made, 0, io.BytesIO(ROWS[:1000]))

    class Cut(io.BytesIO):
        """Half of a part is written, then the process is no more."""

        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                os.kill(os.getpid(), signal.SIGKILL)
            return super().read(500)

    child = os.fork()
    if not child:
        parts.write(made.public_id, 1000, Cut(ROWS[1000:]), len(ROWS))
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert parts.length(made.public_id) == 1500 and uploads.reached(made) in (0, 1000)
    made.refresh_from_db()
    assert uploads.reached(made) == 1000
    uploads.send(made, 1000, io.BytesIO(ROWS[1000:]))
    importing.run(uploads.finish(made, by=cast.mina).pk)
    assert Task.objects.count() == 200
