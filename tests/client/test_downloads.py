"""Files to the disk: whole or not at all, and gone on with where the line broke."""

import hashlib

import pytest

from tandem_client import BadInput, NotFound, Tandem, Unreachable
from tests.support.client.stub import Handler, hangs_up, refuses, stub

LABELS = bytes(range(256)) * 4096  # 1 MiB
MARK = '"v1"'


class Store:
    """A server of one file, whose line breaks after so many bytes, as often as it is told to."""

    def __init__(self, content: bytes = LABELS, mark: str = MARK, breaks: int = 0, after: int = 600_000) -> None:
        self.content, self.mark, self.breaks, self.after = content, mark, breaks, after
        self.sent = 0

    def __call__(self, handler: Handler) -> None:
        start = self._start(handler)
        handler.send_response(206 if start else 200)
        handler.send_header("content-length", str(len(self.content) - start))
        handler.send_header("content-disposition", 'attachment; filename="../labels.bin"')
        if self.mark:
            handler.send_header("etag", self.mark)
        if start:
            handler.send_header("content-range", f"bytes {start}-{len(self.content) - 1}/{len(self.content)}")
        handler.end_headers()
        rest = self.content[start:]
        if self.breaks:
            self.breaks -= 1
            rest = rest[: self.after]
            handler.close_connection = True
        handler.wfile.write(rest)
        self.sent += len(rest)

    def _start(self, handler: Handler) -> int:
        if not self.mark or handler.headers.get("if-range") != self.mark:
            return 0
        return int(handler.headers["range"].removeprefix("bytes=").removesuffix("-"))


def client(server) -> Tandem:
    return Tandem(server.address, "tdm_token", tries=2, sleep=lambda _seconds: None)


def test_a_download_goes_on_where_the_line_broke(tmp_path) -> None:
    store, told = Store(breaks=1), []
    with stub(usual=store) as server:
        path = client(server).exports.download(
            "p1", "jsonl", tmp_path / "labels.bin", progress=lambda *s: told.append(s)
        )
    assert path.read_bytes() == LABELS
    assert store.sent == len(LABELS), "nothing was sent twice"
    assert told[-1] == (len(LABELS), len(LABELS))
    assert sorted(tmp_path.iterdir()) == [path]


def test_another_run_goes_on_where_the_one_before_ended(tmp_path) -> None:
    store = Store(breaks=100, after=100_000)
    with stub(usual=store) as server:
        with pytest.raises(Unreachable):
            client(server).exports.download("p1", "jsonl", tmp_path)
        before, store.breaks = store.sent, 0
        assert 0 < before < len(LABELS)
        assert client(server).exports.download("p1", "jsonl", tmp_path).read_bytes() == LABELS
        assert store.sent == len(LABELS)


def test_what_changed_meanwhile_is_fetched_anew(tmp_path) -> None:
    store = Store(breaks=100, after=100_000)
    with stub(usual=store) as server:
        with pytest.raises(Unreachable):
            client(server).exports.download("p1", "jsonl", tmp_path / "labels.bin")
        newer = Store(LABELS[::-1], '"v2"')
        server.usual = newer
        assert client(server).exports.download("p1", "jsonl", tmp_path / "labels.bin").read_bytes() == LABELS[::-1]


@pytest.mark.parametrize("mark", ["", 'W/"weak"'])
def test_without_a_sure_mark_it_begins_anew(tmp_path, mark) -> None:
    store = Store(mark=mark, breaks=1)
    with stub(usual=store) as server:
        path = client(server).exports.download("p1", "jsonl", tmp_path / "labels.bin")
    assert path.read_bytes() == LABELS
    assert store.sent == 600_000 + len(LABELS)


def test_what_is_there_stays_until_the_new_file_is_whole(tmp_path) -> None:
    place = tmp_path / "labels.bin"
    place.write_text("of yesterday")
    with stub(usual=Store(breaks=100)) as server:
        server.usual = Store(mark="", breaks=100)
        with pytest.raises(Unreachable):
            client(server).exports.download("p1", "jsonl", place)
    assert place.read_text() == "of yesterday"


def test_a_name_that_leads_elsewhere_stays_in_the_folder(tmp_path) -> None:
    (tmp_path / "in").mkdir()
    with stub(Store()) as server:
        path = client(server).exports.download("p1", "jsonl", tmp_path / "in")
    assert path == tmp_path / "in" / "labels.bin"


def test_two_downloads_into_one_folder_dont_meet(tmp_path) -> None:
    with stub(usual=Store(breaks=100, after=1000)) as server:
        for format in ("jsonl", "coco"):
            with pytest.raises(Unreachable):
                client(server).exports.download("p1", format, tmp_path)
    assert len(list(tmp_path.glob(".tandem-*.part"))) == 2


def test_a_piece_that_was_whole_already_is_no_trap(tmp_path) -> None:
    """Everything came, and the run was killed before the file had its name: no range is left to ask for."""
    (tmp_path / ".labels.bin.part").write_bytes(LABELS)
    (tmp_path / ".labels.bin.part.mark").write_text(MARK)
    with stub(refuses(416, "no-range"), Store()) as server:
        path = client(server).exports.download("p1", "jsonl", tmp_path / "labels.bin")
    assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(LABELS).digest()


def test_a_refusal_leaves_nothing_behind(tmp_path) -> None:
    with stub(refuses(404, "not-found")) as server, pytest.raises(NotFound):
        client(server).exports.download("p1", "jsonl", tmp_path / "labels.bin")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cant_be_written_is_named(tmp_path) -> None:
    with stub(Store()) as server, pytest.raises(BadInput, match="nowhere"):
        client(server).exports.download("p1", "jsonl", tmp_path / "nowhere" / "labels.bin")


def test_a_line_that_breaks_before_a_word_is_tried_again(tmp_path) -> None:
    with stub(hangs_up, Store()) as server:
        assert client(server).exports.download("p1", "jsonl", tmp_path / "l").read_bytes() == LABELS
