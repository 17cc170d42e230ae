"""Nobody fills the disk with bodies that never end: not who may not send them, and not who may."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import namedtuple
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, closing
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.test import Client
from django.urls import get_resolver, reverse

from config.bodies import BodyLimits
from config.body_senders import RULES
from config.limits import MIB, Limits, larger
from projects import queue
from projects.data.importing import uploads
from projects.models import Import
from taskers.credentials import tokens
from taskers.files.spool import OverShare, OverTotal, Spool, sweep
from taskers.models import Person
from taskers.models.people import Role, Scope
from tests.support import make
from tests.support.cast import Cast
from tests.support.config.serving import Line, serving
from tests.support.waiting import until

MULTIPART = "multipart/form-data; boundary=x"
NEITHER_CAN_TELL = {401, 403, 404}


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with closing(Spool(tmp_path, bytes_each=20 * MIB, bytes_total=30 * MIB)) as spool:
        yield spool


def under_way(spool: Spool) -> int:
    return sum(json.loads((spool.folder / "bytes.json").read_text()).values())


# --- the spool by itself ----------------------------------------------------------------------------------------------
def test_what_one_sends_and_what_all_send_is_bounded_over_all_processes(tmp_path: Path, spool: Spool) -> None:
    with closing(Spool(tmp_path, bytes_each=20 * MIB, bytes_total=30 * MIB)) as other:
        spool.take("mina", 12 * MIB)
        with pytest.raises(OverShare):
            other.take("mina", 9 * MIB)
        other.take("mina", 8 * MIB)
        with pytest.raises(OverTotal):
            spool.take("olga", 11 * MIB)
        spool.take("olga", 10 * MIB)
        spool.give_back("mina", 12 * MIB)
        other.take("olga", 10 * MIB)
    assert under_way(spool) == 10 * MIB
    spool.take("mina", 20 * MIB)  # what the other process had went with it


def test_a_killed_process_leaves_nothing_after_the_sweep(tmp_path: Path, spool: Spool) -> None:
    writes = (
        "import sys, time, pathlib; from taskers.files.spool import Spool;"
        f"spool = Spool(pathlib.Path(sys.argv[1]), bytes_each={20 * MIB}, bytes_total={30 * MIB});"
        "spool.take('mina', 2**20); (spool.folder / 'a.upload').write_bytes(b'x' * 2**20);"
        "print('ready', flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", writes, str(tmp_path)], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == b"ready\n"
            left = next(tmp_path.glob("*/a.upload"))
            assert sweep(tmp_path) == 0 and left.exists(), "it lives"
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(60)
    spool.take("mina", 20 * MIB)  # looks for what others left
    assert not left.parent.exists() and spool.folder.exists()


# --- who may send -----------------------------------------------------------------------------------------------------
class Sending:
    """A request with a body that never ends, into an app that reads it to its end; and what was answered."""

    def __init__(
        self,
        path: str,
        *,
        method: str = "POST",
        length: int = 0,
        pieces: int = 0,
        content_type: str = MULTIPART,
        address: str = "203.0.113.9",
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Sends so many pieces of a MiB, and then no more; without a length it says none."""
        length_says = ("content-length", str(length)) if length else ("transfer-encoding", "chunked")
        pairs = [("content-type", content_type), length_says, *headers.items()]
        self.scope = {
            "type": "http",
            "method": method,
            "path": path,
            "client": (address, 1),
            "headers": [(name.encode(), value.encode()) for name, value in pairs],
        }
        self.pieces = pieces
        self.heard, self.waits = 0, False
        self.messages: list[dict] = []

    async def receive(self) -> dict:
        if self.heard >= self.pieces:
            self.waits = True
            await asyncio.Event().wait()
        self.heard += 1
        return {"type": "http.request", "body": b"x" * MIB, "more_body": True}

    async def send(self, message: dict) -> None:
        self.messages.append(message)

    @property
    def answer(self) -> tuple[int, str]:
        return self.messages[0]["status"], json.loads(self.messages[1]["body"])["code"]

    @property
    def status(self) -> int:
        return self.messages[0]["status"]


async def admits(scope: dict, receive: Callable, send: Callable) -> None:
    """An app that answers at once: whoever comes so far was admitted."""
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


async def reads(scope: dict, receive: Callable, send: Callable) -> None:
    while (message := await receive())["type"] == "http.request" and message["more_body"]:
        pass


def session(person: Person) -> dict[str, str]:
    client = Client()
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    name = settings.SESSION_COOKIE_NAME
    return {"cookie": f"{name}={client.cookies[name].value}", "accept": "application/json"}


def token(person: Person, organization: Any, *scopes: str) -> dict[str, str]:
    _, secret = tokens.issue(person, organization, name="program", scopes=scopes or (Scope.EVERYTHING,))
    return {"authorization": f"Bearer {secret}", "accept": "application/json"}


@pytest.fixture
def no_drain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.bodies.DRAIN_SECONDS", 0.0)


@pytest.fixture
def keys(cast: Cast) -> dict[str, Any]:
    """What stands in addresses: things of Riverside, with work of Alice's and a review of Rita's."""
    project = make.project(cast.riverside)
    batch = make.batch(project)
    make.task(batch)
    assignment = make.held(cast.alice, project)
    review = queue.claim_review(make.task(batch), cast.rita)
    return {
        "project_id": project.public_id,
        "batch_id": batch.public_id,
        "import_id": Import.objects.create(batch=batch, name="a.jsonl", started_by=cast.mina).public_id,
        "upload_id": uploads.begin(batch, name="a.jsonl", size=MIB, by=cast.mina).public_id,
        "assignment_id": assignment.public_id,
        "task_id": review.task.public_id,
    }


def address_of(name: str, keys: dict[str, Any]) -> str:
    (_, parameters), *_ = get_resolver().reverse_dict.getlist(name)[0][0]
    return reverse(name, kwargs={parameter: keys[parameter] for parameter in parameters})


def test_there_is_a_rule_for_each_address_that_takes_a_large_body() -> None:
    assert set(RULES) == set(larger())


async def sent(app: BodyLimits, sending: Sending) -> Sending:
    """All that there will be of it."""
    await app(sending.scope, sending.receive, sending.send)
    return sending


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_drain")
async def test_large_bodies_are_read_from_whom_the_address_admits_alone(cast: Cast, keys, spool: Spool) -> None:
    """Before anything of them is heard; of one that says no length, once the small bound is reached."""
    app = BodyLimits(admits, Limits(), spool)
    passed_on: list[bytes] = []

    async def reads_and_tells(scope: dict, receive: Callable, send: Callable) -> None:
        while (message := await receive())["type"] == "http.request":
            passed_on.append(message["body"])

    reading = BodyLimits(reads_and_tells, Limits(), spool)
    work = {"studio-draft", "studio-submit", "correct-draft", "correct-submit", "api-draft", "api-submit"}
    work |= {"grid-draft", "grid-submit"}
    reviews = {"review-draft", "review-decide"}
    engineer = await sync_to_async(make.person)("Emil", cast.riverside, Role.ML_ENGINEER)
    people = {"alice": cast.alice, "bob": cast.bob, "rita": cast.rita, "mina": cast.mina, "nora": cast.nora}
    people |= {"emil": engineer}
    organizations = {"nora": cast.hilltop}
    sessions = {name: await sync_to_async(session)(person) for name, person in people.items()}
    bearers = {
        name: await sync_to_async(token)(person, organizations.get(name, cast.riverside))
        for name, person in people.items()
    }
    narrow = await sync_to_async(token)(cast.mina, cast.riverside, Scope.READ)
    outcomes = []
    for name, caps in larger().items():
        api = name.startswith("api-")
        form = caps.form > MIB
        content_type = MULTIPART if form else "application/json"
        if name == "api-upload":
            content_type = "application/octet-stream"
        length = caps.form if form else caps.json
        if length <= 2 * MIB and not form:
            continue  # no larger than what anybody may send
        path, method = address_of(name, keys), "PUT" if "draft" in name or name == "api-upload" else "POST"
        admitted = {"mina"}
        if name in work:
            admitted = {"alice"}
        elif name in reviews:
            admitted = {"rita"}
        elif name in {"model-add", "api-brought-models"}:
            admitted = {"mina", "emil", "nora"}
        elif name in {
            *("project-new", "project-new-preview", "project-new-label-list"),
            *("connectors", "api-connectors", "people-invite-list"),
        }:
            admitted = {"mina", "nora"}  # in their own organizations
        terms = {"length": length, "content_type": content_type, "method": method}
        for who in people:
            headers = bearers[who] if api else sessions[who]
            sending = await sent(app, Sending(path, headers=headers, **terms))
            outcomes.append((name, who, sending.status == 299, who in admitted))
            if who not in admitted:
                assert sending.status in {403, 404} and sending.heard == 0, (name, who, sending.messages)
        other_way = sessions["mina"] if api else bearers["mina"]
        strangers = [{"accept": "application/json"}, other_way, *([narrow] if api else [])]
        for headers in strangers:
            sending = await sent(app, Sending(path, headers=headers, **terms))
            assert sending.status in {401, 403} and sending.heard == 0, (name, headers, sending.messages)
        headers = bearers["bob"] if api else sessions["bob"]
        passed_on.clear()
        endless = await sent(reading, Sending(path, pieces=9, headers=headers, **terms | {"length": 0}))
        assert endless.status in {403, 404} and len(passed_on) <= 2, name
    wrong = [outcome for outcome in outcomes if outcome[2] != outcome[3]]
    assert not wrong and len(outcomes) > 100
    assert under_way(spool) == 0


# --- how much of it ---------------------------------------------------------------------------------------------------
@asynccontextmanager
async def unfinished(app: BodyLimits, sendings: list[Sending]) -> AsyncIterator[None]:
    """For as long as this lasts, these have sent what they will and are not done; or they were refused."""
    tasks = [asyncio.create_task(app(sending.scope, sending.receive, sending.send)) for sending in sendings]
    try:
        while not all(task.done() or sending.waits for task, sending in zip(tasks, sendings, strict=True)):
            await asyncio.sleep(0)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_drain")
async def test_what_one_person_and_all_have_under_way_is_bounded_and_given_back(cast: Cast, keys, spool: Spool) -> None:
    app, path = BodyLimits(reads, Limits(spool_step=2 * MIB), spool), address_of("load", keys)
    mina, olga = [await sync_to_async(session)(person) for person in (cast.mina, cast.olga)]
    many = [Sending(path, length=100 * MIB, pieces=5, headers=mina) for _ in range(8)]
    async with unfinished(app, many):
        assert {sending.answer for sending in many if sending.messages} == {(429, "too-much-at-once")}
        assert 0 < sum(not sending.messages for sending in many) < 8 and under_way(spool) <= 20 * MIB
        more = [Sending(path, length=100 * MIB, pieces=15, headers=olga)]
        async with unfinished(app, more):
            (refused,) = more
            assert refused.answer == (503, "spool-full")
            assert dict(refused.messages[0]["headers"])[b"retry-after"] == b"60"
    assert under_way(spool) == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_drain")
async def test_a_reserve_of_the_disk_is_left_to_answers(
    cast: Cast, keys, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    room = {"free": 1024 * MIB + 250 * MIB}
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(100 * 1024 * MIB, 0, room["free"]))
    app = BodyLimits(admits, Limits(), spool)
    mina, alice = [await sync_to_async(session)(person) for person in (cast.mina, cast.alice)]
    path = address_of("load", keys)
    assert (await sent(app, Sending(path, length=100 * MIB, headers=mina))).status == 299
    refused = await sent(app, Sending(path, length=200 * MIB, headers=mina))  # a form's file lies there twice
    assert refused.answer == (507, "storage-full") and refused.heard == 0
    room["free"] = 100 * MIB
    answer = {"length": 3 * MIB, "content_type": "application/json", "method": "PUT", "headers": alice}
    assert (await sent(app, Sending(address_of("studio-draft", keys), **answer))).status == 299


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_drain")
async def test_unfinished_small_bodies_of_strangers_share_little_memory(cast: Cast, spool: Spool) -> None:
    app = BodyLimits(reads, Limits(memory_each=2 * MIB, stranger_bytes=3 * MIB), spool)
    terms: dict[str, Any] = {"length": MIB, "pieces": 1, "content_type": "application/json"}
    terms |= {"headers": {"accept": "application/json"}}
    first = [Sending("/accounts/login/", address=f"203.0.113.{number}", **terms) for number in (1, 1, 2)]
    async with unfinished(app, first):
        assert not any(sending.messages for sending in first)
        bob = await sync_to_async(session)(cast.bob)
        known = Sending("/accounts/login/", address="203.0.113.1", **terms | {"headers": bob})
        same, other = [Sending("/accounts/login/", address=f"203.0.113.{number}", **terms) for number in (1, 3)]
        async with unfinished(app, [same, other, known]):
            assert same.answer == other.answer == (503, "busy") and not known.messages
    assert not app.memory.of_addresses and not app.memory.of_people


async def test_who_has_sent_much_may_not_wait_long(spool: Spool, no_drain: None) -> None:
    """What came before buys no time."""
    sending = Sending("/accounts/login/", length=2 * MIB, pieces=1, content_type="application/json")
    sending = await sent(BodyLimits(reads, Limits(body_grace=0.05, body_rate=1), spool), sending)
    assert sending.answer == (408, "too-slow")


async def test_a_body_that_never_stops_coming_ends_by_the_clock(spool: Spool, no_drain: None) -> None:
    sending = Sending("/accounts/login/", content_type="application/json")

    async def trickle() -> dict:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b"", "more_body": True}

    app = BodyLimits(reads, Limits(body_rate=0, body_seconds=0.1), spool)
    await app(sending.scope, trickle, sending.send)
    assert sending.answer == (408, "too-slow")


# --- a real server ----------------------------------------------------------------------------------------------------
def open_files(folder: Path) -> set[str]:
    """What this process has open there, also what has no name any more."""
    links = []
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            links.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        except OSError:
            continue
    return {link for link in links if link.startswith(str(folder)) and not link.endswith("/lock")}


@pytest.mark.django_db(transaction=True)
def test_over_eight_connections_a_tasker_leaves_nothing_on_the_disk_and_a_manager_what_comes(
    cast: Cast, keys, settings
) -> None:
    from config import asgi

    settings.ALLOWED_HOSTS = ["*"]
    path, piece = address_of("load", keys), b"x" * MIB
    with serving() as port, ExitStack() as lines:
        for person in (cast.alice, cast.nora, None):
            cookie = f"Cookie: {session(person)['cookie']}" if person else "X-Nobody: yes"
            for _line in range(8):
                line = lines.enter_context(Line(port))
                line.post(path, 900 * MIB, f"Content-Type: {MULTIPART}", cookie).say(b"x" * 1000)
                assert line.heard()[0] in NEITHER_CAN_TELL
        assert not open_files(asgi.spool.folder) and under_way(asgi.spool) == 0
        with Line(port) as line:
            line.post(path, 900 * MIB, f"Content-Type: {MULTIPART}", f"Cookie: {session(cast.mina)['cookie']}")
            for _piece in range(6):
                line.say(piece)
            until(lambda: under_way(asgi.spool) >= 8 * MIB and len(open_files(asgi.spool.folder)) == 1)
        until(lambda: under_way(asgi.spool) == 0 and not open_files(asgi.spool.folder))
