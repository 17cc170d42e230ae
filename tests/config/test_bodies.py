"""Bodies are bounded before anybody knows who sends them: through real sockets where it matters."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import get_resolver
from django.utils import timezone

from config.bodies import BodyLimits, Turns
from config.limits import MIB, Limits, larger
from projects.models import Task
from taskers.credentials import tokens
from taskers.files.spool import Spool
from tests.support import make
from tests.support.cast import Cast
from tests.support.config.serving import Line, serving
from tests.support.full_disk import full_disk

pytestmark = pytest.mark.django_db(transaction=True)

JSON = "Content-Type: application/json"
LINES = "Content-Type: application/x-ndjson"


@pytest.fixture
def port(settings) -> Iterator[int]:
    settings.ALLOWED_HOSTS = ["*"]
    with serving() as port:
        yield port


def test_strangers_unfinished_post_beyond_the_cap_is_cut(port):
    with Line(port) as line:
        status, page = line.post("/accounts/login/", 300 * MIB).say(b"x" * 1000).heard()
        assert status == 413 and "larger than this address takes" in page
        assert line.closed()


def test_body_that_says_no_length_is_cut_at_the_cap(port):
    piece = b"%x\r\n%s\r\n" % (MIB // 2, b"x" * (MIB // 2))
    with Line(port) as line:
        line.say("POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert line.say(piece).say(piece).say(piece).heard()[0] == 413


def test_program_reads_the_refusal_of_a_large_json_body_as_a_problem(port):
    with Line(port) as line:
        status, body = line.post("/api/v1/projects/", 55 * MIB, JSON).heard()
        assert (status, json.loads(body)["code"]) == (413, "too-large")


def test_script_gets_the_notice_that_it_shows(port):
    with Line(port) as line:
        status, body = line.post("/accounts/login/", 2 * MIB, "HX-Request: true").heard()
        assert status == 413 and 'class="notice' in body and "<html" not in body


def test_stranger_uploads_no_file_and_a_manager_does(cast: Cast, port):
    batch = make.batch(make.project(cast.riverside))
    path = f"/api/v1/batches/{batch.public_id}/tasks/"
    row = json.dumps({"external_id": "a", "text": "Oslo"}).encode() + b"\n"
    body = row * (3 * MIB // len(row))
    with Line(port) as line:
        status, refusal = line.post(path, len(body), LINES).heard()
        assert (status, json.loads(refusal)["code"]) == (401, "not-signed-in")
    _, secret = tokens.issue(cast.mina, cast.riverside, name="loader")
    with Line(port) as line:
        status, done = line.post(path, len(body), LINES, f"Authorization: Bearer {secret}").say(body).heard()
        assert status == 200 and json.loads(done)["loaded"] == 1 and Task.objects.count() == 1
    with Line(port) as line:  # where no JSON Lines are read, that is what is said of them, and not that they are large
        path, who = "/api/v1/projects/", f"Authorization: Bearer {secret}"
        status, refusal = line.post(path, len(row), LINES, who).say(row).heard()
        assert (status, json.loads(refusal)["code"]) == (415, "unsupported-media-type")


def test_ended_token_is_a_strangers(cast: Cast, port):
    batch = make.batch(make.project(cast.riverside))
    token, secret = tokens.issue(cast.mina, cast.riverside, name="old")
    type(token).objects.filter(pk=token.pk).update(revoked_at=timezone.now())
    with Line(port) as line:
        path = f"/api/v1/batches/{batch.public_id}/tasks/"
        assert line.post(path, 3 * MIB, LINES, f"Authorization: Bearer {secret}").heard()[0] == 401


def test_every_address_with_a_cap_of_its_own_is_there():
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    assert set(larger()) <= names


class Sent:
    """A request on its way into an app that reads it whole, and what was answered."""

    def __init__(self, *pieces: bytes, length: int = 10, path: str = "/accounts/login/", ends: bool = True) -> None:
        headers = [(b"content-length", b"%d" % length), (b"content-type", b"application/json")]
        self.scope = {"type": "http", "method": "POST", "path": path, "headers": headers}
        self.pieces, self.ends = list(pieces), ends
        self.said: list[dict] = []

    async def receive(self) -> dict:
        if not self.pieces:
            await asyncio.Event().wait()
        piece = self.pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(self.pieces) or not self.ends}

    async def send(self, message: dict) -> None:
        self.said.append(message)

    @property
    def status(self) -> int:
        return self.said[0]["status"]


async def reading(scope, receive, send) -> None:
    """An app as Django is: it reads all before it looks, and gives up when the sender is gone."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        if not message["more_body"]:
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with contextlib.closing(Spool(tmp_path / "spool", bytes_each=20 * MIB, bytes_total=30 * MIB)) as spool:
        yield spool


def bounded(app: Callable, spool: Spool, **terms: Any) -> BodyLimits:
    return BodyLimits(app, Limits(**terms), spool)


async def test_body_that_comes_too_slowly_is_cut(monkeypatch, spool):
    monkeypatch.setattr("config.bodies.DRAIN_SECONDS", 0.0)
    sent = Sent(b"x", ends=False)
    await bounded(reading, spool, body_grace=0.05)(sent.scope, sent.receive, sent.send)
    assert sent.status == 408 and json.loads(sent.said[1]["body"])["code"] == "too-slow"


async def test_body_that_goes_on_coming_has_time(spool):
    sent = Sent(*[b"x" * 1000] * 5, length=5000)
    await bounded(reading, spool, body_grace=5.0, body_rate=1)(sent.scope, sent.receive, sent.send)
    assert sent.status == 200


async def test_bodies_are_parsed_one_after_the_other_where_they_are_large(monkeypatch, spool):
    monkeypatch.setattr("config.bodies.DRAIN_SECONDS", 0.0)
    going_on, inside = asyncio.Event(), []

    async def slow(scope, receive, send) -> None:
        if (await receive())["type"] == "http.request":
            inside.append(scope)
            await going_on.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})

    app = bounded(slow, spool, in_hand=100_000, turn_seconds=0.05)
    first, second, small = Sent(b"x" * 80_000), Sent(b"x" * 80_000), Sent(b"x")
    running = asyncio.create_task(app(first.scope, first.receive, first.send))
    while not inside:
        await asyncio.sleep(0)
    await app(second.scope, second.receive, second.send)
    assert second.status == 503 and json.loads(second.said[1]["body"])["code"] == "busy"
    beside = asyncio.create_task(app(small.scope, small.receive, small.send))
    while len(inside) < 2:
        await asyncio.sleep(0)
    going_on.set()
    await asyncio.gather(running, beside)
    assert first.status == small.status == 200 and app.turns.free == 100_000


async def test_who_waits_for_a_turn_gets_it_in_order():
    turns = Turns(10)
    held = [await turns.take(8, 1)]
    order = []

    async def wait(size: int) -> None:
        held.append(await turns.take(size, 60))
        order.append(size)

    waiting = [asyncio.create_task(wait(size)) for size in (99, 2, 1)]
    await asyncio.sleep(0)
    turns.give_back(held.pop(0))
    await waiting[0]
    assert order == [99], "nobody overtakes, and who wants more than there is gets all there is"
    turns.give_back(held.pop(0))
    await asyncio.gather(*waiting)
    assert order == [99, 2, 1] and turns.free == 10 - 3


async def test_body_for_which_the_disk_has_no_room_is_refused_by_name(tmp_path, monkeypatch, spool):
    monkeypatch.setattr("config.bodies.DRAIN_SECONDS", 0.0)

    async def keeping(scope, receive, send) -> None:
        with open(tmp_path / "body", "wb") as file:
            file.write((await receive())["body"])

    sent = Sent(b"x" * 5000)
    with full_disk():
        await bounded(keeping, spool)(sent.scope, sent.receive, sent.send)
    assert sent.status == 507 and json.loads(sent.said[1]["body"])["code"] == "storage-full"
