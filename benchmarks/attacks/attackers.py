"""Those who attack: each gets the port, acts for some seconds from addresses of its own, and tells what it was told."""

import contextlib
import io
import json
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from projects.data.connectors.upload import opened
from projects.data.importing import FORMATS
from projects.data.reading.format import Reading
from projects.errors import Refused

MIB = 1024 * 1024
SECONDS = 8.0  # of each attack
TRICKLE_SECONDS = 26.0  # of one on the pace of bodies, which have twenty to begin with


@dataclass(frozen=True)
class Work:
    """A project with a task for two taskers, and the tokens of both."""

    project: str
    tokens: list[str]


@dataclass(frozen=True)
class Target:
    """The web process, what a manager of it may know, and what its taskers may do."""

    port: int
    token: str
    batch: str
    project: str
    work: Mapping[str, Work]


Told = Counter[str]  # what was said, how often
Attack = Callable[[Target], Told]


def unfinished_posts(target: Target) -> Told:
    """Four strangers send 299 MiB of 300 to the sign-in page, and never the rest."""
    return _pressed(lambda: _lines(target, 4), _post("/accounts/login/", 300 * MIB), 299 * MIB)


def endless_posts(target: Target) -> Told:
    """Four strangers send a body that says no length and has no end."""
    head = b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    return _pressed(lambda: _lines(target, 4), head, 299 * MIB, b"%x\r\n%s\r\n" % (MIB // 4, b"x" * (MIB // 4)))


def idle_from_one(target: Target) -> Told:
    """3,400 connections of one address that say nothing."""
    return _idle(target, ["127.0.3.1"] * 3400)


def idle_from_many(target: Target) -> Told:
    """3,400 connections of 34 addresses that say nothing."""
    return _idle(target, [f"127.0.4.{1 + n // 100}" for n in range(3400)])


def slow_heads(target: Target) -> Told:
    """200 connections that send a byte of a head every half second."""
    return _trickled(target, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ", 200, 0.5, 14.0)


def slow_bodies(target: Target) -> Told:
    """200 connections that send a byte of a body every half second."""
    return _trickled(target, _post("/accounts/login/", 10_000), 200, 0.5, TRICKLE_SECONDS)


def large_json(target: Target) -> Told:
    """A manager's program sends 55 MiB of JSON, four times at once."""
    path = f"/api/v1/batches/{target.batch}/tasks/"
    return _pressed(lambda: _lines(target, 4), _post(path, 55 * MIB, "application/json", target), 55 * MIB)


def json_within_bounds(target: Target) -> Told:
    """A manager's program sends lists of 8 MiB and bodies of 2 MiB that are nothing but brackets, sixteen at once."""
    whole = b"[" + b"{}," * (8 * MIB // 3 - 10) + b"{}]"
    deep = b'{"name": ' + b"[" * (MIB // 2) + b"]" * (MIB // 2) + b"}"
    asked = [_post(f"/api/v1/batches/{target.batch}/tasks/", len(whole), "application/json", target) + whole] * 4
    asked += [_post("/api/v1/projects/", len(deep), "application/json", target) + deep] * 12
    lines = _lines(target, len(asked))
    for line, text in zip(lines, asked, strict=True):
        line.settimeout(120)
        line.sendall(text)
    return Counter(_answer(line, 120.0) for line in lines)


def wide_table(target: Target) -> Told:
    """A manager loads CSV of 100,000 columns. What a worker would do with it is done here."""
    row = ",".join(["text", *(f"c{n}" for n in range(100_000))]).encode()
    begun = time.perf_counter()
    try:
        with opened(io.BytesIO(row + b"\n" + row + b"\n"), "wide.csv") as files:
            rows = sum(1 for _ in FORMATS["csv"].read(files, Reading("text_spans")))
        said = f"{rows} rows"
    except Refused as refused:
        said = refused.code
    return Counter([f"{said} after {time.perf_counter() - begun:.1f} s"])


def stalled_exports(target: Target) -> Told:
    """A manager's program asks for forty exports and reads none."""
    lines = _lines(target, 40)
    asked = f"GET /api/v1/projects/{target.project}/export/jsonl/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    for line in lines:
        line.sendall(f"{asked}Authorization: Bearer {target.token}\r\n\r\n".encode())
    time.sleep(SECONDS)
    return Counter(_answer(line, 20.0) for line in lines)


ATTACKS: tuple[Attack, ...] = (
    unfinished_posts,
    endless_posts,
    idle_from_one,
    idle_from_many,
    slow_heads,
    slow_bodies,
    large_json,
    json_within_bounds,
    wide_table,
    stalled_exports,
)


def _post(path: str, length: int, kind: str = "application/x-www-form-urlencoded", by: Target | None = None) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Type: {kind}", f"Content-Length: {length}"]
    lines += [f"Authorization: Bearer {by.token}"] if by else []
    return "\r\n".join([*lines, "", ""]).encode()


def _line(target: Target, address: str) -> socket.socket:
    # Small windows, so that what isn't read stays with the server, as it would across a network.
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
    line.settimeout(SECONDS)
    line.bind((address, 0))
    line.connect(("127.0.0.1", target.port))
    return line


def _lines(target: Target, number: int) -> list[socket.socket]:
    return [_line(target, f"127.0.9.{1 + n}") for n in range(number)]


def _pressed(
    lines: Callable[[], list[socket.socket]], head: bytes, size: int, piece: bytes = b"x" * (MIB // 4)
) -> Told:
    """What each is told who sends so much of a body, as fast as it is taken, and then comes again."""
    told: Told = Counter()
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        told += _pressed_once(lines(), head, size, piece, until)
    return told


def _pressed_once(lines: list[socket.socket], head: bytes, size: int, piece: bytes, until: float) -> Told:
    for line in lines:
        line.sendall(head)
        line.settimeout(0.05)
    left = dict.fromkeys(lines, size)
    while left and time.monotonic() < until:
        for line in list(left):
            try:
                left[line] -= line.send(piece)
            except TimeoutError:
                continue
            except OSError:
                left[line] = 0
            if left[line] <= 0:
                del left[line]
    return Counter(_answer(line) for line in lines)


def _idle(target: Target, addresses: list[str]) -> Told:
    """Connections that say nothing, and again as many as were dropped, for some seconds."""
    open_lines: list[socket.socket] = []
    told: Told = Counter()
    try:
        for address in addresses:
            with contextlib.suppress(OSError):
                open_lines.append(_line(target, address))
        time.sleep(SECONDS)
        for line in open_lines:
            told[_answer(line, 0.0)] += 1
    finally:
        for line in open_lines:
            line.close()
    return told


def _trickled(target: Target, head: bytes, number: int, pause: float, seconds: float) -> Told:
    lines = _lines(target, number)
    for line in lines:
        line.sendall(head)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(pause)
        for line in lines:
            with contextlib.suppress(OSError):
                line.sendall(b"a")
    return Counter(_answer(line, 0.1) for line in lines)


def _answer(line: socket.socket, seconds: float = 3.0) -> str:
    """The status and the code of what was said on a line, which ends with it."""
    data = b"".join(_heard(line, seconds))
    line.close()
    head, _, body = data.partition(b"\r\n\r\n")
    if not data:
        return "nothing said"
    status = head.split(b" ", 2)[1].decode()
    with contextlib.suppress(ValueError, KeyError, TypeError):
        return f"{status} {json.loads(body)['code']}"
    return status


def _heard(line: socket.socket, seconds: float) -> Iterator[bytes]:
    until = time.monotonic() + seconds
    read = 0
    while read < 4096:
        line.settimeout(max(0.001, until - time.monotonic()))
        try:
            piece = line.recv(4096)
        except OSError:
            return
        if not piece:
            return
        read += len(piece)
        yield piece
        if seconds > 3.0 and b"\r\n\r\n" in piece and read > 200:
            until = min(until, time.monotonic() + 0.2)
