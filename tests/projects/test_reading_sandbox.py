"""Files of imports are read by a process that can do nothing else, and that nobody believes."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from projects.data import importing
from projects.data.connectors.beneath import UnsafePath
from projects.data.connectors.files import Entry
from projects.data.importing import Fault, Row, storing
from projects.data.reading import sandboxed
from projects.data.reading.format import Reading
from projects.data.reading.formats import FORMATS
from projects.errors import Refused
from projects.models import Import, Task
from taskers.errors import StorageFull
from tests.support import make
from tests.support.projects import misbehaving_reader
from tests.support.projects.files import Held, in_sandbox
from tests.support.projects.importing import kept, lines, picture
from tests.support.projects.importing import media as media  # a fixture
from tests.support.waiting import until
from tests.support.walls import ROOT

KEY = "the-key-of-the-secret-box"


@pytest.fixture
def taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Text files say what their reader does."""
    monkeypatch.setattr(sandboxed, "PROGRAM", misbehaving_reader.__file__)


@pytest.fixture
def batch(cast, media):
    return make.batch(make.project(cast.riverside, wanted=1))


def run(batch, *lines: str) -> Import:
    return importing.run(kept(batch, "\n".join(lines), "deeds.txt").pk)


def reads(*deeds: str) -> list[Row | Fault]:
    return list(in_sandbox(Held({"deeds.txt": "\n".join(deeds)}), "text", "text_spans"))


@pytest.mark.usefixtures("taken_over")
def test_a_reader_that_its_file_has_taken_over_is_denied_everything(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("SECRET_KEY", KEY)
    monkeypatch.setenv("DATABASE_URL", f"postgresql://{KEY}")
    for name in ("secret", "media.png"):
        (tmp_path / name).write_text(KEY)
    with socket.socket() as by_tcp, socket.socket(socket.AF_UNIX) as by_path:
        by_tcp.bind(("127.0.0.1", 0))
        by_path.bind(str(tmp_path / "postgresql.sock"))
        for listener in (by_tcp, by_path):
            listener.listen()
        world = {
            "parent": os.getpid(),
            "secret": str(tmp_path / "secret"),
            "media": str(tmp_path / "media.png"),
            "port": by_tcp.getsockname()[1],
            "socket": str(tmp_path / "postgresql.sock"),
            "outside": str(tmp_path / "escaped"),
        }
        (row,) = reads(f"attempt {json.dumps(world)}")
    assert isinstance(row, Row)
    outcomes = row.fields["outcomes"]
    assert set(outcomes) == set(misbehaving_reader.attempts(world))
    assert {name: outcome for name, outcome in outcomes.items() if not outcome.startswith("denied")} == {}
    assert (
        KEY not in json.dumps(row.fields["environment"]) and "DJANGO_SETTINGS_MODULE" not in row.fields["environment"]
    )
    assert not (tmp_path / "escaped").exists()


def test_what_the_reader_tries_works_without_the_sandbox(tmp_path: Path) -> None:
    """Else the test above would pass for want of anything to deny."""
    for name in ("secret", "media.png"):
        (tmp_path / name).write_text(KEY)
    with socket.socket() as by_tcp:
        by_tcp.bind(("127.0.0.1", 0))
        by_tcp.listen()
        world = {"parent": os.getpid(), "secret": str(tmp_path / "secret"), "media": str(tmp_path / "media.png")}
        world |= {"port": by_tcp.getsockname()[1], "socket": "", "outside": str(tmp_path / "escaped")}
        attempts = misbehaving_reader.attempts(world)
        for name in ("read a secret", "list the data folder", "read other media", "connect by TCP", "start a program"):
            attempts[name]()
        for name in ("write outside", "signal the worker", "read /etc/passwd", "make memory that no limit counts"):
            attempts[name]()
    assert (tmp_path / "escaped").exists()


@pytest.mark.django_db
def test_an_import_whose_reader_is_killed_fails_by_name_and_can_be_gone_on_with(batch, monkeypatch) -> None:
    monkeypatch.setattr(storing, "CHUNK_ROWS", 2)
    with monkeypatch.context() as patched:
        patched.setattr(sandboxed, "PROGRAM", misbehaving_reader.__file__)
        rows = [f"row {number} {'long ' * 20_000}" for number in range(6)]  # they are sent when they are many bytes
        done = run(batch, *rows[:5], "die", rows[5])
    assert done.state == "failed" and done.loaded in (2, 4)
    assert done.reason == sandboxed.ReaderDied(name="deeds.txt").text and not done.in_quarantine
    again = importing.run(done.pk)
    assert (again.state, again.loaded) == ("done", 7) and Task.objects.count() == 7


@pytest.mark.django_db
@pytest.mark.usefixtures("taken_over")
def test_what_a_broken_reader_raises_is_told_without_what_the_file_says(batch, caplog) -> None:
    with pytest.raises(sandboxed.ReaderFault) as fault:
        run(batch, "row 1", f"raise {KEY}")
    assert KEY not in str(fault.value) and "misbehaving_reader.py:" in str(fault.value)
    assert KEY not in caplog.text
    assert Import.objects.get().reason == "Something unexpected went wrong (KeyError)."


@pytest.mark.usefixtures("taken_over")
@pytest.mark.parametrize("deed", ["die", "leave", "garbage", "huge", "unknown", "wrong", "outside", "much", "format",
                                  "forever"])  # fmt: skip
def test_what_no_reader_sends_ends_the_reading_by_name(deed: str) -> None:
    items = in_sandbox(Held({"deeds.txt": f"row 1\n{deed}\nrow 2"}), "text", "text_spans")
    with pytest.raises(Refused, match="a place") as refused:
        list(items)
    assert refused.value.code == "reader-died"


@pytest.mark.usefixtures("taken_over")
def test_a_reader_that_takes_too_much_memory_is_refused_by_name() -> None:
    with pytest.raises(Refused, match="a place") as refused:
        reads("row 1", f"fill {3 * 2**30}")
    assert refused.value.code == "too-large"
    assert len(reads("row 1", f"fill {2**28}", "row 2")) == 2  # which many readers take


WORKER = """
import io, sys
from django.conf import settings
settings.configure(USE_I18N=False)
from projects.data.connectors.upload import OneFile
from projects.data.reading import sandboxed
from projects.data.reading.format import Reading
from projects.data.reading.formats import FORMATS
from tests.support.projects import misbehaving_reader
sandboxed.PROGRAM = misbehaving_reader.__file__
data = "\\n".join(["scratch", "where", *["row"] * 100_000, sys.argv[1]]).encode()
with sandboxed.started("deeds.txt", is_upload=False) as process:
    files = OneFile(io.BytesIO(data), "deeds.txt", len(data))
    for row in process.items(files, FORMATS["text"], Reading("text_spans")):
        print(row.fields["text"], flush=True)
        if sys.argv[1] == "row":
            sys.stdin.read()
"""


@pytest.mark.parametrize("deed", ["sleep", "row"])
def test_a_reader_ends_with_its_worker(deed: str) -> None:
    """Whether it is at work, or waits until the worker takes what it has read."""
    streams: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([sys.executable, "-c", WORKER, deed], cwd=ROOT, text=True, **streams) as worker:
        assert worker.stdout
        pid, scratch = worker.stdout.readline().split()
        assert (Path(scratch) / "kept").exists()
        worker.send_signal(signal.SIGKILL)
    until(lambda: not Path(f"/proc/{pid}").exists())
    assert list(Path(scratch).iterdir()) == []
    Path(scratch).rmdir()


@pytest.mark.usefixtures("taken_over")
@pytest.mark.parametrize("deeds", [["where"], ["where", "raise it"], ["where", "die"]])
def test_nothing_is_left_of_a_reading_however_it_ends(tmp_path, monkeypatch, deeds: list[str]) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    rows = [f"row {'long ' * 20_000}"] * 2
    items = in_sandbox(Held({"deeds.txt": "\n".join(["scratch", deeds[0], *rows, *deeds[1:]])}), "text", "text_spans")
    pid = next(items).fields["text"].split()[0]
    if len(deeds) == 1:
        items.close()
    else:
        with pytest.raises((Refused, sandboxed.ReaderFault)):
            list(items)
        items.close()
    assert not Path(f"/proc/{pid}").exists() and list(tmp_path.iterdir()) == []


def test_a_sample_is_stopped_and_the_same_process_reads_again_from_the_beginning() -> None:
    held = Held({"many.txt": "\n".join(f"text {number}" for number in range(200_000))})
    with sandboxed.started("many.txt", is_upload=False) as process:
        chosen = process.recognised(held, "text_spans")
        items = process.items(held, chosen, Reading("text_spans"))
        assert [next(items).fields["text"] for _ in range(3)] == ["text 0", "text 1", "text 2"]
        items.close()
        assert process.count(held) == 1
        assert sum(1 for _ in process.items(held, chosen, Reading("text_spans", skip=10))) == 199_990


class Refusing:
    """Three pictures, of which only the first can be had."""

    def __init__(self, problem: Exception) -> None:
        self.problem = problem
        self.closed: list[str] = []

    def entries(self) -> Iterator[Entry]:
        return iter([Entry("a.png", 1), Entry("b.png", 1), Entry("c.png", 1)])

    def open(self, name: str) -> BinaryIO:
        if name != "a.png":
            raise self.problem
        return io.BytesIO(picture())


def test_what_a_place_refuses_is_told_as_the_fault_of_that_file() -> None:
    row, *faults = in_sandbox(Refusing(UnsafePath("../b.png")), "pictures", "image_regions")
    assert isinstance(row, Row) and row.picture is not None
    assert [(fault.place, fault.code) for fault in faults] == [("b.png", "unsafe-path"), ("c.png", "unsafe-path")]
    assert faults[0].text == UnsafePath("../b.png").text and faults[0].text.values == {"name": "../b.png"}


@pytest.mark.parametrize("problem", [LookupError("the database is away"), StorageFull()])
def test_what_goes_wrong_here_is_raised_as_itself_and_ends_the_process(problem: Exception) -> None:
    with sandboxed.started("a place", is_upload=False) as process:
        items = process.items(Refusing(problem), FORMATS["pictures"], Reading("image_regions"))
        assert isinstance(next(items), Row)
        with pytest.raises(type(problem)) as raised:
            list(items)
        assert raised.value is problem
        with pytest.raises(Refused):
            process.count(Refusing(problem))


def test_files_are_closed_here_once_the_items_before_are_taken() -> None:
    log: list[str] = []

    class File(io.BytesIO):
        def close(self) -> None:
            if not self.closed:
                log.append("closed")
            super().close()

    class Logged(Held):
        def open(self, name: str) -> BinaryIO:
            log.append(f"open {name}")
            return File(self.files[name])

    for item in in_sandbox(Logged({"a.txt": "one\ntwo", "b.txt": "three"}), "text", "text_spans"):
        assert isinstance(item, Row)
        log.append(str(item.fields["text"]))
    assert log == ["open a.txt", "one", "two", "closed", "open b.txt", "three", "closed"]


@pytest.mark.django_db
def test_an_import_fails_by_name_where_no_process_can_be_started(batch, monkeypatch) -> None:
    monkeypatch.setenv("TANDEM_SANDBOX_USER", "nobody-of-that-name")
    done = importing.run(kept(batch, lines({"text": "One"})).pk)
    assert done.state == "failed" and "models doctor" in done.reason
