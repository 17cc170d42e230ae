"""The zip that exports leave in: written as a stream, read by anybody."""

import io
import tempfile
import tracemalloc
import zipfile
from collections.abc import Iterator

from projects.data.exporting.format import Entry
from projects.data.exporting.names import Given
from projects.data.exporting.zipping import Zip, zipped


def made(*entries: Entry) -> bytes:
    return b"".join(zipped(entries))


def pieces(number: int, size: int = 100_000) -> Iterator[bytes]:
    return (bytes([at % 251]) * size for at in range(number))


def test_files_small_large_and_packed_already_come_out_whole():
    data = made(
        Entry("a/empty.txt", []),
        Entry("Zoë.txt", [b"Zo", b"\xc3\xab"]),
        Entry("large.bin", pieces(30)),
        Entry("picture.png", pieces(3), packed=False),
        Entry("many.bin", pieces(90), packed=False),
    )
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["a/empty.txt", "Zoë.txt", "large.bin", "picture.png", "many.bin"]
        assert archive.read("large.bin") == b"".join(pieces(30)) and archive.read("Zoë.txt").decode() == "Zoë"
        kinds = {one.filename: one.compress_type for one in archive.infolist()}
        assert kinds["large.bin"] == zipfile.ZIP_DEFLATED and kinds["many.bin"] == zipfile.ZIP_STORED
        assert len(data) < 10_000_000


def test_the_same_files_make_the_same_bytes():
    entries = [Entry("a.txt", [b"a" * 1000]), Entry("b.bin", [b"b" * 100_000])]
    assert made(*entries) == made(*entries)


def test_more_files_than_a_plain_zip_takes():
    data = made(*(Entry(f"{at}.txt", [b"x"]) for at in range(70_000)))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert len(archive.infolist()) == 70_000 and archive.read("69999.txt") == b"x"


def test_what_lies_behind_four_gigabytes_is_found(tmp_path):
    path = tmp_path / "far.zip"
    with path.open("wb") as file, tempfile.TemporaryFile() as listed:
        far = Zip(listed)
        file.writelines(far.file(Entry("near.txt", [b"near"])))
        file.seek(far.at + 5 * 2**30)  # nothing is written in between
        far.at = file.tell()
        file.writelines(far.file(Entry("far.bin", pieces(3))))
        file.writelines(far.end())
    with zipfile.ZipFile(path) as archive:
        assert archive.read("near.txt") == b"near" and archive.read("far.bin") == b"".join(pieces(3))


def test_its_memory_does_not_grow_with_its_files(monkeypatch):
    monkeypatch.setattr("projects.data.exporting.zipping.SPOOLED", 4096)
    tracemalloc.start()
    try:
        sent = sum(map(len, zipped(Entry(f"folder/{at}.txt", [b"text " * 20]) for at in range(20_000))))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sent > 2_000_000 and peak < 1_500_000


def test_names_are_given_once_however_many_there_are():
    given = Given()
    tracemalloc.start()
    try:
        assert all(given.take(f"folder/{at}") for at in range(30_000))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1_500_000
    assert not any(given.take(f"folder/{at}") for at in range(30_000)) and given.take("folder/30000")
