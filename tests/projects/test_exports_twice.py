"""Every format twice in one process, by download and by delivery, with pictures and without: complete each time."""

import io
import zipfile
from collections.abc import Callable, Iterator
from contextvars import Context
from functools import partial

import pytest
from asgiref.sync import async_to_sync
from django.urls import reverse

from projects.data import exporting, importing
from projects.data.exporting.format import Entry
from projects.data.exporting.slots import Slots
from projects.data.exporting.source import Source
from projects.data.exporting.terms import read as read_terms
from projects.data.media.pictures import read_picture
from projects.models import Project, Task
from tests.support import make
from tests.support.projects.delivering import content, delivered, folder
from tests.support.projects.exporting import SPANS, TEXT, gallery, picture
from tests.support.projects.preference import pairs, said

__all__ = ["folder", "gallery"]  # fixtures

# Formats of each family of writers: one file, a spooled file, a zip, Parquet, and Datumaro's, which read pictures or
# don't. The others are tried before a release.
SAMPLES = {
    *("jsonl", "table", "conll", "docbin", "brat", "coco", "yolo", "masks", "imagenet", "parquet"),
    *("dm_kitti_segmentation", "dm_mvtec", "dm_datumaro_binary", "dm_yolo", "dm_coco_labels", "dm_imagenet_txt"),
}
Build = Callable[[pytest.FixtureRequest], Project]


def _texts(request: pytest.FixtureRequest) -> Project:
    cast = request.getfixturevalue("cast")
    project = make.project(cast.riverside, wanted=1)
    make.task(make.batch(project), text=TEXT)
    make.judged(cast.alice, project, {"spans": SPANS})
    return project


def _shapes(request: pytest.FixtureRequest) -> Project:
    return request.getfixturevalue("gallery")


def _classes(cast, name: str, rows: list[importing.Row]) -> Project:
    labels = [{"name": "Cat", "key": "cat"}, {"name": "Dog", "key": "dog"}]
    project = make.project(cast.riverside, name, "classification", labels=labels, wanted=1)
    importing.load_all(make.batch(project), rows, by=None)
    make.in_order(Task.objects.filter(project=project))
    for _ in rows:
        make.judged(cast.alice, project, {"fields": [{"field": "label", "value": "cat"}]})
    return project


def _sorted_texts(request: pytest.FixtureRequest) -> Project:
    rows = [importing.Row(f"line {n}", f"text-{n}", {"text": f"Text {n}."}) for n in range(2)]
    return _classes(request.getfixturevalue("cast"), "Sorted texts", rows)


def _sorted_pictures(request: pytest.FixtureRequest) -> Project:
    rows = []
    for number in range(2):
        shown = read_picture(picture(number))
        fields = {"asset": shown.sha256, "width": 30, "height": 20, "name": f"{number}.png"}
        rows.append(importing.Row(f"{number}.png", f"sorted/{number}", fields, shown))
    return _classes(request.getfixturevalue("cast"), "Sorted pictures", rows)


def _pairs(request: pytest.FixtureRequest) -> Project:
    cast = request.getfixturevalue("cast")
    project = pairs(cast, wanted=1)
    fields = {"prompt": "Why?", "first": {"text": "Rayleigh.", "item": "a"}, "second": {"text": "No.", "item": "b"}}
    importing.load_all(make.batch(project), [importing.Row("line 1", "pair", fields)], by=None)
    make.judged(cast.alice, project, said("first"))
    return project


PROJECTS: dict[str, tuple[str, Build]] = {
    "texts": ("text_spans", _texts),
    "shapes": ("image_regions", _shapes),
    "sorted_texts": ("classification", _sorted_texts),
    "sorted_pictures": ("classification", _sorted_pictures),
    "pairs": ("preference", _pairs),
}
CASES = [
    pytest.param(name, key, marks=() if key in SAMPLES else pytest.mark.torture, id=f"{name}-{key}")
    for name, (task_type, _build) in PROJECTS.items()
    for key, format in exporting.FORMATS.items()
    if task_type in format.task_types and not (name == "sorted_texts" and format.pictures_only)
]


def downloaded(cast, project: Project, key: str) -> bytes:
    """What a download sends, in a context in which nothing was set: as a request has one that didn't load Datumaro."""

    def send() -> bytes:
        download = exporting.download(project, key, by=cast.mina)
        data = async_to_sync(_all)(download)
        assert download.length == len(data)
        return data

    return Context().run(send)


async def _all(pieces: exporting.Download) -> bytes:
    return b"".join([piece async for piece in pieces])


def complete(data: bytes, is_zip: bool) -> bool:
    """Whether there is something in an export, and nothing of a zip is missing."""
    if not is_zip:
        return len(data) > 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return bool(archive.namelist()) and archive.testzip() is None


@pytest.mark.parametrize(("name", "key"), CASES)
def test_each_format_is_complete_twice_in_one_process(request, cast, folder, name, key) -> None:
    project, format = PROJECTS[name][1](request), exporting.FORMATS[key]
    files = [downloaded(cast, project, key) for _ in range(2)]
    assert all(complete(data, format.folder) for data in files)
    for media in (False, True) if format.media else (False,):
        terms = {"media": media}
        made = [Context().run(partial(delivered, project, cast.mina, format=key, **terms)) for _ in range(2)]
        assert [(one.state, one.fault, one.reason) for one in made] == [("done", "", "")] * 2
        is_zip = exporting.several(format, read_terms(project, terms))
        assert all(complete(content(one), is_zip) for one in made)


def test_formats_of_pictures_alone_are_not_offered_for_texts(request, cast, folder) -> None:
    of_pictures = {key for key, format in exporting.FORMATS.items() if format.pictures_only}
    texts, pictures = _sorted_texts(request), _sorted_pictures(request)
    assert not of_pictures & {format.key for format in exporting.formats_for(texts)}
    offered = {format.key for format in exporting.formats_for(pictures)}
    assert {"dm_coco_labels", "dm_imagenet_txt", "dm_voc_classification"} <= offered
    empty = _classes(cast, "Empty", [])
    assert offered == {format.key for format in exporting.formats_for(empty)}, "before anything is loaded"


def _broken(source: Source) -> Iterator[Entry]:
    """A writer that fails behind its first piece."""

    def pieces() -> Iterator[bytes]:
        yield b"{}\n" * 100
        raise LookupError("IMAGE_BACKEND")

    yield Entry("all.jsonl", pieces())


def test_an_export_that_fails_in_its_beginning_sends_nothing_and_gives_its_place_back(
    request, cast, client, monkeypatch
) -> None:
    project = _texts(request)
    monkeypatch.setitem(exporting.FORMATS, "jsonl", exporting.FORMATS["jsonl"]._replace(write=_broken))
    monkeypatch.setattr(exporting, "SLOTS", slots := Slots())
    client.force_login(cast.mina)
    client.raise_request_exception = False
    response = client.get(reverse("export-download", args=[project.public_id, "jsonl"]))
    assert response.status_code == 500 and "content-disposition" not in response.headers
    assert not slots.taken


def test_an_export_that_is_whole_before_its_first_byte_says_its_length(request, cast, client, monkeypatch) -> None:
    project = _texts(request)
    client.force_login(cast.mina)
    address = reverse("export-download", args=[project.public_id, "jsonl"])
    whole = client.get(address)
    assert int(whole.headers["content-length"]) == len(async_to_sync(_all)(whole.streaming_content)) > 0
    monkeypatch.setattr(exporting, "STAGED_BYTES", 1)
    assert "content-length" not in client.get(address).headers
