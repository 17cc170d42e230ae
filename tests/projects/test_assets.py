"""Stored media: kept once, served to those who may see the task, in ranges, and collected when unneeded."""

from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import AsyncRequestFactory
from django.utils import timezone

from projects.data import importing
from projects.data.media import assets
from projects.models import Asset, Task
from projects.web.shared import media
from taskers.errors import NotFound
from tests.support import make
from tests.support.projects.pictures import picture


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    """A media folder of the test's own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def task(cast):
    """A task at Riverside with a stored picture."""
    project = make.project(cast.riverside, "Cats", "image_regions", labels=[{"name": "Cat"}])
    one = picture()
    fields = {"asset": one.sha256, "width": 30, "height": 20, "name": "cat.png"}
    importing.load_all(make.batch(project), [importing.Row("cat.png", "cat", fields, one)], by=None)
    return Task.objects.select_related("asset").get()


def ask(person, task, view=media.task_media, method: str = "GET", **headers: str):
    """The response to a request of a person, with its body read."""
    request = AsyncRequestFactory().generic(method, "/", headers=headers)

    async def auser():
        return person

    request.auser = auser

    async def answered():
        response = await view(request, task.public_id)
        if response.streaming:
            return response, b"".join([piece async for piece in response.streaming_content])
        return response, response.content

    return async_to_sync(answered)()


def stored_files() -> set[str]:
    return {name for kind in assets.FOLDERS for name in assets._files(default_storage, kind)}


def test_the_same_picture_is_stored_once_per_organization(cast):
    first = assets.store(cast.riverside, [picture(), picture(), picture(7)])
    again = assets.store(cast.riverside, [picture()])
    assert again[picture().sha256] == first[picture().sha256] and len(first) == 2
    theirs = assets.store(cast.hilltop, [picture()])[picture().sha256]
    assert theirs != first[picture().sha256] and theirs.file.name != first[picture().sha256].file.name
    assert Asset.objects.count() == 3 and len(stored_files()) == 6


def test_a_file_cut_off_by_a_crash_is_written_again(cast):
    name = f"assets/{cast.riverside.public_id}/{picture().sha256[:2]}/{picture().sha256}.png"
    default_storage.save(name, ContentFile(picture().data[:40]))
    stored = assets.store(cast.riverside, [picture()])[picture().sha256]
    with default_storage.open(name) as file:
        assert file.read() == picture().data
    assert stored.file.name == name


def test_a_file_lost_from_the_storage_comes_back_when_it_is_loaded_again(cast):
    stored = assets.store(cast.riverside, [picture()])[picture().sha256]
    default_storage.delete(stored.file.name)
    assert assets.store(cast.riverside, [picture()])[picture().sha256] == stored
    assert default_storage.open(stored.file.name).read() == picture().data


def test_everybody_of_the_project_gets_the_picture(cast, task):
    for person in (cast.alice, cast.rita, cast.mina):
        response, body = ask(person, task)
        assert response.status_code == 200 and body == picture().data
        assert response["Content-Type"] == "image/png" and response["Content-Length"] == str(len(body))
        assert response["Cache-Control"].startswith("private") and response["X-Content-Type-Options"] == "nosniff"
    response, body = ask(cast.alice, task, media.task_thumbnail)
    assert body == picture().thumbnail and response["Content-Type"] == "image/jpeg"


def test_a_text_task_has_no_picture(cast):
    text = make.task(make.batch(make.project(cast.riverside)))
    with pytest.raises(NotFound, match="no picture"):
        ask(cast.alice, text)


def test_a_missing_file_is_said_and_not_a_crash(cast, task):
    default_storage.delete(task.asset.file.name)
    with pytest.raises(NotFound, match="missing from the store"):
        ask(cast.alice, task)


def test_a_picture_that_the_browser_has_is_not_sent_again(cast, task):
    etag = ask(cast.alice, task)[0]["ETag"]
    for seen in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        response, body = ask(cast.alice, task, **{"If-None-Match": seen})
        assert (response.status_code, body) == (304, b"")
    assert ask(cast.alice, task, **{"If-None-Match": '"other"'})[0].status_code == 200
    assert ask(cast.alice, task, media.task_thumbnail)[0]["ETag"] != etag


def test_parts_are_sent_as_asked(cast, task):
    data = picture().data
    size = len(data)
    for asked, part in (("bytes=0-9", data[:10]), ("bytes=5-", data[5:]), ("bytes=-4", data[-4:])):
        response, body = ask(cast.alice, task, Range=asked)
        start = data.find(part)
        assert (response.status_code, body) == (206, part)
        assert response["Content-Range"] == f"bytes {start}-{start + len(part) - 1}/{size}"
    response, body = ask(cast.alice, task, Range=f"bytes={size}-")
    assert (response.status_code, response["Content-Range"]) == (416, f"bytes */{size}")
    for whole in ("bytes=0-1,4-5", "rows=1-2", "bytes=-", "bytes=9-3"):
        assert ask(cast.alice, task, Range=whole)[1] == data
    response, body = ask(cast.alice, task, Range="bytes=0-9", **{"If-Range": '"older"'})
    assert (response.status_code, body) == (200, data)


def test_head_tells_the_size_and_other_methods_are_refused(cast, task):
    response, body = ask(cast.alice, task, method="HEAD")
    assert (response.status_code, response["Content-Length"], body) == (200, str(len(picture().data)), b"")
    assert ask(cast.alice, task, method="POST")[0].status_code == 405


def test_large_pictures_are_streamed_in_pieces(cast, task, monkeypatch):
    monkeypatch.setattr(media, "PIECE", 16)
    response, body = ask(cast.alice, task, Range="bytes=3-40")
    assert response.streaming and response.is_async and body == picture().data[3:41]


def test_only_what_no_task_refers_to_is_collected(cast, task):
    unused = assets.store(cast.riverside, [picture(7)])[picture(7).sha256]
    left = default_storage.save("assets/left/behind.png", ContentFile(b"x"))
    assert assets.collect() == 0
    assert assets.collect(before=timezone.now() + timedelta(minutes=1)) == 3
    assert not Asset.objects.filter(pk=unused.pk).exists() and not default_storage.exists(left)
    assert stored_files() == {task.asset.file.name, task.asset.thumbnail.name}
    assert assets.collect(before=timezone.now() + timedelta(minutes=1)) == 0
