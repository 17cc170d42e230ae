"""What is stored is whole, and what can't be stored leaves nothing behind."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse

from config.storage import WholeFiles
from projects.models import Import
from tests.support import make
from tests.support.cast import Cast
from tests.support.full_disk import full_disk

LARGE = b"Oslo is in Norway.\n" * 5000


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    return settings.MEDIA_ROOT


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_file_that_did_not_fit_leaves_nothing(tmp_path):
    with full_disk(), pytest.raises(OSError, match="too large"):
        WholeFiles(tmp_path).save("assets/a.png", ContentFile(LARGE))
    assert files(tmp_path) == []


def test_two_files_of_one_name_are_both_kept(tmp_path, monkeypatch):
    storage = WholeFiles(tmp_path)
    with monkeypatch.context() as both_looked_before_either_wrote:
        both_looked_before_either_wrote.setattr(storage, "get_available_name", lambda name, max_length=None: name)
        first = storage.save("assets/a.png", ContentFile(b"first"))
    second = storage._save("assets/a.png", ContentFile(b"second"))
    assert (tmp_path / first).read_bytes() == b"first"
    assert (tmp_path / second).read_bytes() == b"second" and first != second
    assert len(files(tmp_path)) == 2


def upload(client: Client, project, **headers: str):
    given = {"file": SimpleUploadedFile("a.txt", LARGE), "batch_name": "One", "live": "on"}
    client.raise_request_exception = False
    with full_disk():
        return client.post(reverse("load", args=[project.public_id]), given, headers=headers)


def test_upload_on_a_full_disk_is_refused_by_name_and_leaves_no_file(cast: Cast, media):
    project = make.project(cast.riverside)
    client = Client()
    client.force_login(cast.mina)
    page = upload(client, project)
    assert page.status_code == 507 and "disk is full" in page.content.decode()
    told = upload(client, project, accept="application/json")
    assert told.status_code == 507 and told.json()["code"] == "storage-full"
    assert files(media) == [] and not Import.objects.exists()


def test_upload_whose_row_cannot_be_written_leaves_no_file(cast: Cast, media, monkeypatch):
    def full(*_args, **_named):
        raise DatabaseError("could not extend file")

    project = make.project(cast.riverside)
    client = Client(raise_request_exception=False)
    client.force_login(cast.mina)
    monkeypatch.setattr(Import, "save", full)
    given = {"file": SimpleUploadedFile("a.txt", LARGE), "batch_name": "One", "live": "on"}
    assert client.post(reverse("load", args=[project.public_id]), given).status_code == 500
    assert files(media) == []
