"""The websocket, through the whole application: who may, what comes back, and what happens when things die."""

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.test import Client
from pycocotools import mask as coco

from assist.client import shared
from assist.models import Suggestion
from config.asgi import application
from projects import queue, submission
from projects.models import Assignment
from projects.queue.clock import from_now
from taskers.models import Person
from tests import make
from tests.assist import work
from tests.assist.conftest import Picture
from tests.assist.running import FAKE, Runtime, running
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)

# Its connection is closed after each use: one left open would keep the test database from being removed.
in_thread = partial(database_sync_to_async, thread_sensitive=False)

REPORT = "Maria Lopez of the World Bank visited Denver on 4 March 2024."
NOWHERE = "unix:/nowhere/runtime.sock"


class Page:
    """A browser's page at an assignment, signed in as somebody or nobody."""

    def __init__(self, person: Person | None, assignment: Any, origin: str = "http://localhost") -> None:
        headers = [(b"origin", origin.encode()), (b"host", b"localhost")]
        if person is not None:
            client = Client()
            client.force_login(person, "django.contrib.auth.backends.ModelBackend")
            headers.append((b"cookie", f"sessionid={client.cookies['sessionid'].value}".encode()))
        self.line = WebsocketCommunicator(application, f"/ws/assist/{assignment}/", headers=headers)
        self.count = 0

    async def connect(self) -> bool:
        connected, _ = await self.line.connect(timeout=5)
        return connected

    async def say(self, **message: Any) -> None:
        await self.line.send_to(text_data=json.dumps(message))

    async def hear(self, timeout: float = 30) -> dict[str, Any]:
        return json.loads(await self.line.receive_from(timeout=timeout))

    async def closed(self) -> int:
        """The code with which the line is closed, after whatever is still said."""
        while True:
            output = await self.line.receive_output(timeout=10)
            if output["type"] == "websocket.close":
                return output["code"]

    async def open(self, token: Any) -> dict[str, Any]:
        assert await self.connect()
        await self.say(type="open", id="o1", token=str(token))
        return await self.hear()

    async def prompt(self, id: str = "p1", **prompt: Any) -> dict[str, Any]:
        await self.say(type="prompt", id=id, prompt=prompt)
        return await self.hear()


@pytest.fixture
async def at(settings) -> AsyncIterator[Any]:
    """Point the web side at a runtime: `at(address)`; its line is hung up afterwards."""
    used: list[str] = []

    def point(address: str) -> None:
        settings.RUNTIME_ADDRESS = address
        used.append(address)

    yield point
    for address in used:
        await shared(address).close()


@pytest.fixture
def text(cast: Cast) -> Assignment:
    """A report in Alice's hands."""
    project = make.project(cast.riverside)
    make.tasks(make.batch(project), 2, text=REPORT)
    return make.held(cast.alice, project)


@pytest.fixture
def image(cast: Cast, astronaut: Picture) -> Assignment:
    """A photograph in Alice's hands."""
    project = work.image_project(cast.riverside)
    work.image_task(make.batch(project), astronaut.file)
    return make.held(cast.alice, project)


@in_thread
def page_of(person: Person | None, assignment: Any, **more: str) -> Page:
    return Page(person, assignment, **more)


@in_thread
def suggestions() -> list[Suggestion]:
    return list(Suggestion.objects.select_related("model").order_by("pk"))


async def kept(number: int) -> list[Suggestion]:
    for _ in range(200):
        rows = await suggestions()
        if len(rows) >= number:
            return rows
        await asyncio.sleep(0.02)
    raise AssertionError("the suggestions were not written down")


async def test_alice_gets_the_astronauts_face_from_the_real_model(
    cast: Cast, image: Assignment, real_runtime: Runtime, at
) -> None:
    at(real_runtime.address)
    page = await page_of(cast.alice, image.public_id)
    ready = await page.open(image.token)
    assert ready == {"type": "ready", "id": "o1", "capability": "segment", "model": work.SAM}
    masks = await page.prompt(box=[180, 65, 90, 110])
    assert (masks["type"], len(masks["masks"]), masks["image_size"]) == ("masks", 3, [512, 512])
    best = masks["masks"][masks["best"]]
    pixels: np.ndarray = coco.decode({"size": best["size"], "counts": best["counts"].encode()})
    assert pixels[120, 225] and not pixels[40, 40]
    refined = await page.prompt("p2", points=[[225, 120, 1], [250, 300, 0]], previous=best["handle"])
    assert refined["suggestion"] != masks["suggestion"]
    rows = await kept(2)
    assert [str(row.public_id) for row in rows] == [masks["suggestion"], refined["suggestion"]]
    assert str(rows[0].model) == work.SAM and rows[0].assignment_key == image.pk
    assert 0 < rows[1].latency_ms <= refined["latency_ms"] and rows[0].fate == "offered"
    await page.line.disconnect()


async def test_alice_gets_names_and_places_from_the_real_model(
    cast: Cast, text: Assignment, real_runtime: Runtime, at
) -> None:
    at(real_runtime.address)
    page = await page_of(cast.alice, text.public_id)
    assert (await page.open(text.token))["model"] == work.SPACY
    found = await page.prompt(text=True)
    words = {(REPORT[span["start"] : span["end"]], span["label"]) for span in found["spans"]}
    assert ("Maria Lopez", "person") in words and ("Denver", "place") in words
    assert {span["suggestion"] for span in found["spans"]} == {str(row.public_id) for row in await suggestions()}
    again = await page.prompt("p2", text=True)
    assert again["spans"] == found["spans"]
    await page.line.disconnect()


@pytest.mark.parametrize("who", ["bob", "mina", "ned", "nora", "sam"])
async def test_stranger_and_neighbour_are_cut_off(
    cast: Cast, text: Assignment, fake_runtime: Runtime, at, who: str
) -> None:
    at(fake_runtime.address)
    page = await page_of(getattr(cast, who), text.public_id)
    assert (await page.open(text.token))["code"] == "not-yours"
    assert await page.closed() == 4403
    assert await suggestions() == []


async def test_a_manager_tries_a_task_with_the_copilot_and_nothing_is_kept(
    cast: Cast, image: Assignment, fake_runtime: Runtime, at
) -> None:
    at(fake_runtime.address)
    page = await page_of(cast.mina, f"try/{image.task.public_id}")
    assert (await page.open(image.task.public_id))["capability"] == "segment"
    masks = await page.prompt(box=[180, 65, 90, 110])
    assert (masks["type"], len(masks["masks"])) == ("masks", 3)
    await page.line.disconnect()
    assert await suggestions() == []


@pytest.mark.parametrize("who", ["alice", "rita", "ned", "nora", "sam"])
async def test_only_the_projects_managers_may_try(
    cast: Cast, text: Assignment, fake_runtime: Runtime, at, who: str
) -> None:
    at(fake_runtime.address)
    page = await page_of(getattr(cast, who), f"try/{text.task.public_id}")
    assert (await page.open(text.task.public_id))["code"] == "not-yours"
    assert await page.closed() == 4403


async def test_unknown_assignment_looks_the_same_as_a_strangers(cast: Cast, fake_runtime: Runtime, at) -> None:
    at(fake_runtime.address)
    page = await page_of(cast.alice, uuid4())
    assert (await page.open(uuid4()))["code"] == "not-yours"
    assert await page.closed() == 4403


async def test_nobody_signed_in_is_cut_off(text: Assignment) -> None:
    page = await page_of(None, text.public_id)
    assert await page.connect()
    assert await page.closed() == 4401


async def test_page_of_another_site_is_not_let_in(cast: Cast, text: Assignment) -> None:
    page = await page_of(cast.alice, text.public_id, origin="https://evil.example")
    assert not await page.connect()


async def test_wrong_token_is_cut_off(cast: Cast, text: Assignment, fake_runtime: Runtime, at) -> None:
    at(fake_runtime.address)
    page = await page_of(cast.alice, text.public_id)
    assert (await page.open(uuid4()))["code"] == "not-held"
    assert await page.closed() == 4409


async def test_prompt_after_the_lease_has_ended_gets_no_answer(
    cast: Cast, text: Assignment, fake_runtime: Runtime, at, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assist.desk.FRESH_SECONDS", 0.0)
    at(fake_runtime.address)
    page = await page_of(cast.alice, text.public_id)
    await page.open(text.token)
    await in_thread(Assignment.objects.filter(pk=text.pk).update)(deadline=from_now(-1))
    refused = await page.prompt(text=True)
    assert (refused["id"], refused["code"]) == ("p1", "not-held")
    assert await page.closed() == 4409


async def test_prompt_after_submitting_gets_no_answer(
    cast: Cast, text: Assignment, fake_runtime: Runtime, at, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assist.desk.FRESH_SECONDS", 0.0)
    at(fake_runtime.address)
    page = await page_of(cast.alice, text.public_id)
    await page.open(text.token)
    await in_thread(submission.submit)(text, cast.alice, text.token, make.MARIA)  # type: ignore[arg-type]
    assert (await page.prompt(text=True))["code"] == "not-held"
    assert await page.closed() == 4409


async def test_two_tabs_get_their_own_answers(cast: Cast, image: Assignment, fake_runtime: Runtime, at) -> None:
    at(fake_runtime.address)
    one, two = await page_of(cast.alice, image.public_id), await page_of(cast.alice, image.public_id)
    await one.open(image.token)
    await two.open(image.token)
    await one.say(type="prompt", id="p1", prompt={"points": [[100, 100, 1]]})
    await two.say(type="prompt", id="p1", prompt={"points": [[400, 400, 1]]})
    here, there = await one.hear(), await two.hear()
    assert (here["type"], there["type"]) == ("masks", "masks")
    assert here["masks"][0]["counts"] != there["masks"][0]["counts"]
    await one.line.disconnect()
    await two.line.disconnect()


async def test_newest_click_wins_and_cancel_works_at_once(cast: Cast, image: Assignment, at) -> None:
    with running(*FAKE, seconds=0.4) as runtime:
        at(runtime.address)
        page = await page_of(cast.alice, image.public_id)
        await page.open(image.token)
        await page.say(type="prompt", id="p1", prompt={"points": [[100, 100, 1]]})
        await page.say(type="prompt", id="p2", prompt={"points": [[400, 400, 1]]})
        assert await page.hear(0.3) == {
            "type": "error",
            "id": "p1",
            "code": "superseded",
            "text": "A newer question took this one's place.",
        }
        await page.say(type="cancel", id="p2")
        assert (await page.hear(0.3))["code"] == "cancelled"
        await page.say(type="prompt", id="p3", prompt={"points": [[300, 300, 1]]})
        assert (await page.hear())["id"] == "p3"
        assert len(await kept(1)) == 1, "only what was offered is written down"
        await page.line.disconnect()


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{", "bad-message"),
        ('{"type":"prompt","id":"p1","prompt":{"points":[]}}', "bad-prompt"),
        (json.dumps({"type": "prompt", "id": "p1", "prompt": {"points": [[1, 1, 1]] * 65}}), "bad-prompt"),
        ('{"type":"prompt","id":"p1","prompt":{"points":[[5000,1,1]]}}', "outside-image"),
        ('{"type":"prompt","id":"p1","prompt":{"text":true}}', "bad-prompt"),
        ('{"type":"destroy","id":"p1"}', "bad-message"),
    ],
)
async def test_hostile_message_gets_an_error_and_the_line_goes_on(
    cast: Cast, image: Assignment, fake_runtime: Runtime, at, frame: str, code: str
) -> None:
    at(fake_runtime.address)
    page = await page_of(cast.alice, image.public_id)
    await page.open(image.token)
    await page.line.send_to(text_data=frame)
    assert (await page.hear())["code"] == code
    assert (await page.prompt("p9", points=[[100, 100, 1]]))["id"] == "p9"
    await page.line.disconnect()


async def test_bytes_and_ten_megabytes(cast: Cast, image: Assignment, fake_runtime: Runtime, at) -> None:
    at(fake_runtime.address)
    page = await page_of(cast.alice, image.public_id)
    await page.open(image.token)
    await page.line.send_to(bytes_data=b"\x00\x01")
    assert (await page.hear())["code"] == "bad-message"
    await page.line.send_to(text_data="x" * 10_000_000)
    assert (await page.hear())["code"] == "too-big"
    assert await page.closed() == 4413


async def test_project_without_copilot_says_so(cast: Cast, fake_runtime: Runtime, at) -> None:
    at(fake_runtime.address)
    project = await in_thread(make.project)(cast.riverside, copilot=False)
    await in_thread(lambda: make.tasks(make.batch(project)))()
    held = await in_thread(make.held)(cast.alice, project)
    page = await page_of(cast.alice, held.public_id)
    assert (await page.open(held.token))["code"] == "copilot-off"
    await page.line.disconnect()


async def test_without_a_runtime_the_line_says_so_and_work_is_handed_in(cast: Cast, text: Assignment, at) -> None:
    at(NOWHERE)
    page = await page_of(cast.alice, text.public_id)
    refused = await page.open(text.token)
    assert (refused["id"], refused["code"]) == ("o1", "copilot-down")
    annotation = await in_thread(submission.submit)(text, cast.alice, text.token, make.MARIA)  # type: ignore[arg-type]
    assert annotation.pk
    await page.line.disconnect()


async def test_missing_weights_are_said(cast: Cast, image: Assignment, at, tmp_path) -> None:
    with running(work.SAM, weights=tmp_path) as runtime:
        at(runtime.address)
        page = await page_of(cast.alice, image.public_id)
        first = await page.open(image.token)
        if first["type"] == "ready":  # it was still loading when it was asked
            first = await page.prompt(points=[[100, 100, 1]])
        assert first["code"] == "model-missing"
        await page.line.disconnect()


async def test_runtime_killed_mid_prompt_fails_the_click_and_nothing_else(cast: Cast, image: Assignment, at) -> None:
    with running(*FAKE, seconds=3.0) as runtime:
        at(runtime.address)
        page = await page_of(cast.alice, image.public_id)
        await page.open(image.token)
        await page.say(type="prompt", id="p1", prompt={"points": [[100, 100, 1]]})
        await asyncio.sleep(0.3)
        runtime.kill()
        refused = await page.hear(2)
        assert (refused["id"], refused["code"]) == ("p1", "copilot-down")
        runtime.seconds = 0.0
        runtime.start()
        answer: dict[str, Any] = {}
        for number in range(100):
            answer = await page.prompt(f"q{number}", points=[[100, 100, 1]])
            if answer["type"] == "masks":
                break
            assert answer["code"] == "copilot-down"
            await asyncio.sleep(0.1)
        assert answer["type"] == "masks"
        assert await in_thread(queue.renew)(image, cast.alice, image.token)  # type: ignore[arg-type]
        await page.line.disconnect()
