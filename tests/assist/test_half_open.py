"""Clients that vanish without a word: their process stops, and the line never ends. A real server, real lines."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import psutil
import pytest
import uvicorn

from assist.runtime import client
from assist.runtime.client import RuntimeClient
from config.web import configuration, patient
from projects.models import Assignment
from tests.support import make
from tests.support.assist.page import Page
from tests.support.assist.running import FAKE, ROOT, Runtime, running
from tests.support.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)

SPANS = FAKE[1]
PING = 0.5  # seconds here, twenty in life
SOON = 20.0
# Opens a line, asks, says so, and reads none of the answers; a thread of its library answers pings.
CLIENT = """
import json, socket, sys
from websockets.sync.client import connect
address, port, cookie, token = sys.argv[1:]
small = socket.socket()
small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
small.connect(("127.0.0.1", int(port)))
with connect(address, sock=small, additional_headers={"Cookie": cookie}, origin=f"http://127.0.0.1:{port}") as line:
    line.send(json.dumps({"type": "open", "id": "o1", "token": token}))
    print(json.loads(line.recv())["type"], flush=True)
    line.send(json.dumps({"type": "prompt", "id": "p1", "prompt": {"text": True}}))
    print("asked", flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def serving(ping: float = PING, unread: float = 60.0) -> Iterator[int]:
    """A web server that waits for so many seconds; its port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(configuration(ping))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [patient(listener, unread)]}, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.force_exit = server.should_exit = True
        thread.join(60)


@pytest.fixture
def slow(settings) -> Iterator[Runtime]:
    """A runtime whose every answer takes longer than a test."""
    with running(SPANS, seconds=600.0) as runtime:
        settings.RUNTIME_ADDRESS = runtime.address
        settings.ALLOWED_HOSTS = ["*"]
        runtime.until_ready()
        yield runtime


@pytest.fixture
def held(cast: Cast) -> Assignment:
    project = make.project(cast.riverside)
    make.tasks(make.batch(project), 2)
    return make.held(cast.alice, project)


def visiting(port: int, held: Assignment) -> subprocess.Popen[str]:
    """Alice's page in a process of its own, when it has asked."""
    cookie = next(value.decode() for name, value in Page(held.tasker, held.public_id).headers if name == b"cookie")
    address = f"ws://127.0.0.1:{port}/ws/assist/{held.public_id}/"
    command = [sys.executable, "-c", CLIENT, address, str(port), cookie, str(held.token)]
    visitor = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert visitor.stdout is not None
    assert [visitor.stdout.readline().strip() for _ in range(2)] == ["ready", "asked"]
    return visitor


def waiting(runtime: Runtime) -> int:
    status = client.status_now(runtime.address, 5.0)
    assert status is not None
    return status["models"][SPANS]["waiting"]


def lines_at(port: int) -> int:
    """Connections that this process keeps open to clients of the server."""
    mine = psutil.Process(os.getpid()).net_connections("tcp")
    return sum(one.laddr.port == port and bool(one.raddr) for one in mine)


def until(holds, seconds: float = SOON) -> float:
    """How long it took to come true."""
    start = time.monotonic()
    while not holds():
        assert time.monotonic() - start < seconds, "it never came true"
        time.sleep(0.05)
    return time.monotonic() - start


def test_client_that_stops_in_mid_question_gives_up_its_place(held: Assignment, slow: Runtime) -> None:
    with serving() as port:
        other = threading.Thread(target=lambda: asyncio.run(_ask(slow)), daemon=True)
        other.start()
        until(lambda: waiting(slow) == 1)
        visitor = visiting(port, held)
        until(lambda: waiting(slow) == 2)
        visitor.send_signal(signal.SIGSTOP)
        try:
            until(lambda: waiting(slow) == 1)
            until(lambda: lines_at(port) == 0)
        finally:
            visitor.kill()
            visitor.wait()


async def _ask(runtime: Runtime) -> None:
    """Somebody else, who keeps the model busy."""
    asker = RuntimeClient(runtime.address)
    with contextlib.suppress(Exception):
        await asker.spans(SPANS, "Oslo", "bob")
    await asker.close()


def test_client_that_answers_pings_is_let_be(held: Assignment, slow: Runtime) -> None:
    with serving(ping=4 * PING) as port:  # which a machine that stands still for a second answers as well
        visitor = visiting(port, held)
        time.sleep(12 * PING)  # time is the point here: three pings, each answered
        assert waiting(slow) == 1 and lines_at(port) == 1
        visitor.kill()
        visitor.wait()
        until(lambda: lines_at(port) == 0)


def test_client_that_reads_nothing_any_more_is_cut_off_though_words_are_left_for_it(cast: Cast, settings) -> None:
    project = make.project(cast.riverside)
    make.tasks(make.batch(project), 1, text="Oslo and Bergen " * 600)
    held = make.held(cast.alice, project)
    with running(SPANS) as runtime, serving(ping=30.0, unread=3.0) as port:
        settings.RUNTIME_ADDRESS = runtime.address
        settings.ALLOWED_HOSTS = ["*"]
        runtime.until_ready()
        visitor = visiting(port, held)
        visitor.send_signal(signal.SIGSTOP)
        try:
            until(lambda: unsent(port) > 0)
            until(lambda: lines_at(port) == 0)
        finally:
            visitor.kill()
            visitor.wait()


def unsent(port: int) -> int:
    """Bytes that the kernel holds for clients of the server which they have not taken."""
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in table][1:]
    mine = [row for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "01"]
    return sum(int(row[4].split(":")[0], 16) for row in mine)
