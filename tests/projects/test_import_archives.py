"""Archives and files that somebody made to do harm, or that are simply far too large: told by name, with what is good
read all the same."""

import gzip
import io
import shutil
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from projects.data.connectors import upload
from projects.data.connectors.server_folder import OneFolder
from projects.data.importing import Fault, Row
from projects.data.reading.format import Reading
from projects.data.reading.formats import FORMATS
from projects.data.reading.readers.unpacked import unpack
from projects.errors import Refused
from taskers.errors import StorageFull
from tests.support.projects.importing import picture

GOOD = "set/good.png"
TEN_GIGABYTES = 10 * 1024**3 + 1


def tar_of(*members: tuple[str, bytes | str, bytes]) -> bytes:
    """A tar of these: a name, what it holds or where it points, and of which kind it is."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content, kind in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            data = content if isinstance(content, bytes) else b""
            info.size, info.linkname = len(data), content if isinstance(content, str) else ""
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zip_of(*members: tuple[str, bytes, int]) -> bytes:
    """A zip of these: a name, what it holds, and what Unix says that it is."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content, mode in members:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, content)
    return out.getvalue()


def told(data: bytes, name: str) -> tuple[list[str | None], list[tuple[str, str]]]:
    """Which pictures an archive gives, and what is told of the others."""
    with upload.opened(io.BytesIO(data), name) as files:
        items = list(FORMATS["pictures"].read(files, Reading("image_regions")))
    faults = [(item.place, item.code) for item in items if isinstance(item, Fault)]
    return [item.external_id for item in items if isinstance(item, Row)], sorted(faults)


def test_links_devices_and_paths_that_lead_out_are_told_and_never_followed(tmp_path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(picture(9))
    sent = tar_of(
        ("set/link.png", str(secret), tarfile.SYMTYPE),
        ("set/hard.png", GOOD, tarfile.LNKTYPE),
        ("set/pipe.png", "", tarfile.FIFOTYPE),
        ("set/disk.png", "", tarfile.BLKTYPE),
        ("../../up.png", picture(1), tarfile.REGTYPE),
        ("/abs.png", picture(2), tarfile.REGTYPE),
        (GOOD, picture(3), tarfile.REGTYPE),
    )
    names = ["abs.png", "set/disk.png", "set/hard.png", "set/link.png", "set/pipe.png", "up.png"]
    expected = [GOOD], [(name, "unsafe-path") for name in names]
    assert told(sent, "a.tar") == expected
    assert told(gzip.compress(sent), "a.tar.gz") == expected
    sent = zip_of(
        ("set/link.png", str(secret).encode(), 0o120777),
        ("set/../../up.png", picture(1), 0o100644),
        (GOOD, picture(3), 0o100644),
    )
    assert told(sent, "a.zip") == ([GOOD], [("set/link.png", "unsafe-path"), ("set/up.png", "unsafe-path")])


def test_what_unpacks_to_far_more_is_refused_however_it_is_packed() -> None:
    bomb = gzip.compress(tar_of(("zeros.png", bytes(8_000_000), tarfile.REGTYPE)))
    with pytest.raises(Refused) as refused:
        told(bomb, "a.tar.gz")
    assert refused.value.code == "zip-bomb"
    within = zip_of(("inner.zip", zip_of((GOOD, picture(), 0o100644)), 0o100644), (GOOD, picture(), 0o100644))
    assert told(within, "a.zip") == ([GOOD], [("inner.zip", "not-an-image")]), "archives in archives stay packed"


def test_nothing_is_unpacked_to_a_disk_that_it_would_fill(tmp_path, monkeypatch) -> None:
    """However little was sent: others need the disk too."""
    sent = gzip.compress(bytes(40 * 1024**2), 1)
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "a.png").write_bytes(picture())
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: shutil._ntuple_diskusage(2**40, 2**40, 2**30))
    with pytest.raises(StorageFull), upload.opened(io.BytesIO(sent), "a.txt.gz"):
        pass
    with pytest.raises(StorageFull):
        unpack(OneFolder(folder), tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: shutil._ntuple_diskusage(2**40, 2**39, 2**39))
    monkeypatch.setattr(upload, "MAX_BYTES", 39 * 1024**2)
    with pytest.raises(Refused) as refused, upload.opened(io.BytesIO(sent), "a.txt.gz"):
        pass
    assert refused.value.code == "zip-bomb"


def test_ten_gigabytes_are_answered_at_once_and_by_name(tmp_path: Path) -> None:
    """The files have holes, so that they take no disk: whoever read them whole would take minutes and all memory."""
    keys = {
        "huge.png": "pictures",
        "huge.txt": "text",
        "huge.jsonl": "jsonl",
        "huge.csv": "csv",
        "huge.json": "coco",
        "tasks.json": "label_studio",
        "huge.xml": "cvat_xml",
        "huge.tsv": "webanno",
        "huge.parquet": "parquet",
        "huge.spacy": "docbin",
        "huge.ann": "brat",
    }
    tracemalloc.start()
    for name, key in keys.items():
        folder = tmp_path / key
        folder.mkdir()
        with (folder / name).open("wb") as file:
            file.truncate(TEN_GIGABYTES)
        try:
            items = list(FORMATS[key].read(OneFolder(folder), Reading("text_spans")))
        except Refused as refused:
            assert refused.code, key
        else:
            assert items and all(isinstance(item, Fault) for item in items), key
    assert tracemalloc.get_traced_memory()[1] < 300 * 1024**2
    tracemalloc.stop()
    with (tmp_path / "huge.zip").open("w+b") as file, pytest.raises(Refused) as refused:
        file.truncate(TEN_GIGABYTES)
        with upload.opened(file, "huge.zip"):
            pass
    assert refused.value.code == "not-a-zip"
