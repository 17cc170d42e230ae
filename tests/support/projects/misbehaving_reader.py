"""The process that reads imports, taken over by its file: each line of a text says what it does.

"row" gives a row; every other first word is one of DEEDS, and what stands behind it is for that.
"""

import ctypes
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from projects.data.connectors.files import Files
from projects.data.reading import messages, process
from projects.data.reading.channel import Channel
from projects.data.reading.format import Reading
from projects.data.reading.formats import FORMATS
from projects.data.reading.rows import Item, Row


class OpenChannel(Channel):
    """The channel, whose line anybody may write to."""

    line: socket.socket

    def __init__(self, line: socket.socket, *, read_ahead: bool) -> None:
        super().__init__(line, read_ahead=read_ahead)
        OpenChannel.line = line


def send(*message: Any) -> None:
    """A frame behind the back of the reader."""
    send_bytes(messages.packed(list(message)))


def send_bytes(data: bytes) -> None:
    OpenChannel.line.sendall(struct.pack(">I", len(data)) + data)


def ask_often(times: int) -> None:
    for _ in range(times):
        send("entries")


def connect(family: int, address: Any) -> None:
    with socket.socket(family, socket.SOCK_STREAM) as line:
        line.settimeout(2)
        line.connect(address)


def attempts(world: dict[str, Any]) -> dict[str, Callable[[], object]]:
    parent = world["parent"]
    return {
        "read a secret": Path(world["secret"]).read_text,
        "list the data folder": lambda: os.listdir(Path(world["secret"]).parent),
        "read other media": Path(world["media"]).read_bytes,
        "read the worker's environment": Path(f"/proc/{parent}/environ").read_bytes,
        "read the worker's files": lambda: os.listdir(f"/proc/{parent}/fd"),
        "read /etc/passwd": Path("/etc/passwd").read_text,
        "connect by TCP": lambda: connect(socket.AF_INET, ("127.0.0.1", world["port"])),
        "connect to a UNIX socket": lambda: connect(socket.AF_UNIX, world["socket"]),
        "start a program": lambda: subprocess.run(["/bin/true"], check=True),
        "fork": os.fork,
        "signal the worker": lambda: os.kill(parent, 0),
        "write outside": lambda: Path(world["outside"]).write_text("out"),
        "write to its source": lambda: Path(messages.__file__).open("a").close(),
        "make a file beside its scratch folder": lambda: Path(tempfile.gettempdir() + "-more").write_text("out"),
        "make memory that no limit counts": lambda: os.memfd_create("reader"),
        "trace the worker": lambda: trace(parent),
    }


def trace(parent: int) -> None:
    if ctypes.CDLL(None, use_errno=True).ptrace(16, parent, 0, 0) < 0:  # PTRACE_ATTACH
        raise OSError(ctypes.get_errno(), "ptrace")


def attempt(world: str) -> Row:
    """A row that says what came of each attempt."""
    outcomes = {}
    for name, deed in attempts(json.loads(world)).items():
        try:
            outcomes[name] = f"allowed: {deed()!r}"[:80]
        except OSError as problem:
            outcomes[name] = f"denied: {type(problem).__name__}"
    with tempfile.NamedTemporaryFile() as file:  # what it needs
        file.write(b"spooled")
    fields = {"text": "what came of it", "outcomes": outcomes, "environment": dict(os.environ)}
    return Row("line 1", None, fields)


DEEDS: dict[str, Callable[[str], object]] = {
    "attempt": attempt,
    "die": lambda _: os.kill(os.getpid(), signal.SIGKILL),
    "leave": lambda _: os._exit(3),
    "raise": lambda text: {}[text],
    "fill": lambda number: bytearray(int(number)),
    "sleep": lambda _: time.sleep(3600),
    "scratch": lambda _: Path(tempfile.gettempdir(), "kept").write_text("left behind"),
    "where": lambda _: Row("line 1", None, {"text": f"{os.getpid()} {tempfile.gettempdir()}"}),
    "garbage": lambda _: send_bytes(b"\xc1garbage"),
    "huge": lambda _: OpenChannel.line.sendall(struct.pack(">I", messages.MAX_FRAME_BYTES + 1)),
    "unknown": lambda _: send("surprise"),
    "wrong": lambda _: send("row", 7),
    "outside": lambda _: send("read", 999, 0, 10),
    "much": lambda _: send("read", 1, 0, 2**40),
    "format": lambda _: send("refused", "bad", "%(a)999999999s", "", 422, {"a": 1}),
    "forever": lambda _: ask_often(1000),
}


def _read(files: Files, reading: Reading) -> Iterator[Item]:
    with files.open(next(files.entries()).name) as file:
        for number, line in enumerate(file.read().decode().splitlines(), start=1):
            word, _, rest = line.partition(" ")
            deed = Row(f"line {number}", None, {"text": line}) if word == "row" else DEEDS[word](rest)
            if number > reading.skip and isinstance(deed, Row):
                yield deed


if __name__ == "__main__":
    FORMATS["text"] = FORMATS["text"]._replace(read=_read)
    process.Channel = OpenChannel  # type: ignore[misc]
    process.main(int(sys.argv[1]))
