"""The websocket, through the whole application: who may, what comes back, and what happens when things die."""

import asyncio
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from pycocotools import mask as coco

from assist.adapters import RUNTIMES, Offer, catalogue
from assist.registry import registry, resolution
from assist.runtime.client import RuntimeClient
from assist.session.consumers import MOST_LINES
from assist.suggestions.bindings import subject_of
from projects import queue
from projects.models import Assignment
from projects.queue.clock import from_now
from projects.workflow import submission
from taskers.models import Person
from tests.support import make
from tests.support.assist import work
from tests.support.assist.page import in_thread, kept, page_of, suggestions
from tests.support.assist.pictures import Picture
from tests.support.assist.running import FAKE, Runtime, running, until_at_work
from tests.support.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)

REPORT = "Maria Lopez of the World Bank visited Denver on 4 March 2024."
NOWHERE = "unix:/nowhere/runtime.sock"


@pytest.fixture
def text(cast: Cast) -> Assignment:
    """A report in Alice's hands."""
    project = make.project(cast.riverside)
    make.tasks(make.batch(project), 2, text=REPORT)
    return make.held(cast.alice, project)


@pytest.fixture
def image(cast: Cast, astronaut: Picture) -> Assignment:
    """A photograph in Alice's hands."""
    project = work.image_project(cast.riverside, sharpens=False)
    work.image_task(make.batch(project), astronaut.file)
    return make.held(cast.alice, project)


async def test_alice_gets_the_astronauts_face_from_the_real_model(
    cast: Cast, image: Assignment, real_runtime: Runtime, at
) -> None:
    at(real_runtime.address)
    page = await page_of(cast.alice, image.public_id)
    ready = await page.open(image.token)
    assert ready == {
        "type": "ready",
        "id": "o1",
        "capability": "segment",
        "model": work.SAM,
        "waits": False,
        "imported": False,
        "boxes": False,
        "words": False,
    }
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
    assert 0 < rows[1].latency_ms <= refined["latency_ms"] and rows[0].outcome == "offered"
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
    rows = await kept(len(found["spans"]))
    assert {span["suggestion"] for span in found["spans"]} == {str(row.public_id) for row in rows}
    again = await page.prompt("p2", text=True)
    assert again["spans"] == found["spans"]
    await page.line.disconnect()


@in_thread
def deployed_twice(cast: Cast, second: Offer) -> dict[str | None, Assignment]:
    """Two versions share a project's work in halves: Alice holds work of one of them, and Bob of the other."""
    project = make.project(cast.riverside)
    make.tasks(make.batch(project), 40, text=REPORT)
    for version in (registry.model_version(FAKE[1]), registry._written(second)):
        work.deployed(project, version, share=50, by=cast.mina)

    def drawn(held: Assignment) -> str | None:
        return resolution.chosen(project.public_id, "spans", subject_of(held))

    alices, bobs = make.held(cast.alice, project), make.held(cast.bob, project)
    while drawn(bobs) == drawn(alices):
        assert bobs.token
        submission.submit(bobs, cast.bob, bobs.token, make.MARIA)
        bobs = make.held(cast.bob, project)
    return {drawn(alices): alices, drawn(bobs): bobs}


async def test_the_version_drawn_for_the_work_answers_it(cast: Cast, at, tmp_path: Path) -> None:
    second = replace(RUNTIMES[FAKE[1]], version="2", artifacts=())
    (tmp_path / catalogue.LISTED).write_text(json.dumps([asdict(second)]))
    shared_out = await deployed_twice(cast, second)
    assert set(shared_out) == {FAKE[1], second.key}
    with running(FAKE[1], weights=tmp_path) as runtime:
        at(runtime.address)
        for model, held in shared_out.items():
            person = cast.alice if held.tasker_id == cast.alice.pk else cast.bob
            page = await page_of(person, held.public_id)
            assert (await page.open(held.token))["model"] == model
            found = await page.prompt(text=True)
            assert found["model"] == model and found["spans"]
            await page.line.disconnect()
    said = {row.assignment_key: str(row.model) for row in await suggestions()}
    assert said == {held.pk: model for model, held in shared_out.items()}


async def test_person_with_too_many_lines_loses_the_oldest_and_nobody_else_does(
    cast: Cast, text: Assignment, fake_runtime: Runtime, at
) -> None:
    at(fake_runtime.address)
    bobs = await in_thread(make.held)(cast.bob, text.task.project)
    bob = await page_of(cast.bob, bobs.public_id)
    assert (await bob.open(bobs.token))["type"] == "ready"
    pages = [await page_of(cast.alice, text.public_id) for _ in range(MOST_LINES + 1)]
    for page in pages:
        assert await page.connect()
    assert await pages[0].closed() == 4408
    for page in (bob, pages[1], pages[-1]):
        await page.say(type="ping", id="k1")
        assert (await page.hear())["type"] == "pong"
    await pages[1].line.disconnect()
    again = await page_of(cast.alice, text.public_id)
    assert await again.connect()
    await pages[2].say(type="ping", id="k2")
    assert (await pages[2].hear())["type"] == "pong", "a line that was hung up counts no more"
    for page in (bob, again, *pages[2:]):
        await page.line.disconnect()


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


async def test_unknown_assignment_looks_the_same_as_a_strangers(cast: Cast, fake_runtime: Runtime, at) -> None:
    at(fake_runtime.address)
    page = await page_of(cast.alice, uuid4())
    assert (await page.open(uuid4()))["code"] == "not-yours"
    assert await page.closed() == 4403


async def test_page_of_another_site_is_not_let_in(cast: Cast, text: Assignment) -> None:
    page = await page_of(cast.alice, text.public_id, origin="https://evil.example")
    assert not await page.connect()


async def test_wrong_token_is_cut_off(cast: Cast, text: Assignment, fake_runtime: Runtime, at) -> None:
    at(fake_runtime.address)
    page = await page_of(cast.alice, text.public_id)
    assert (await page.open(uuid4()))["code"] == "wrong-token"
    assert await page.closed() == 4409


async def test_prompt_after_the_lease_has_ended_gets_no_answer(
    cast: Cast, text: Assignment, fake_runtime: Runtime, at, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assist.session.gateway.FRESH_SECONDS", 0.0)
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
    monkeypatch.setattr("assist.session.gateway.FRESH_SECONDS", 0.0)
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
        client = RuntimeClient(runtime.address)
        await until_at_work(client, FAKE[0])
        await client.close()
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


@pytest.mark.parametrize(
    ("chosen", "asked", "words"), [("es", "en", "Di primero"), ("", "es-MX", "Di primero"), ("", "fr", "Say open")]
)
async def test_what_went_wrong_is_said_in_alices_language(
    cast: Cast, text: Assignment, chosen: str, asked: str, words: str
) -> None:
    await in_thread(Person.objects.filter(pk=cast.alice.pk).update)(language=chosen)
    page = await page_of(cast.alice, text.public_id)
    page.headers.append((b"accept-language", asked.encode()))
    assert await page.connect()
    refused = await page.prompt(text=True)
    assert (refused["code"], refused["text"].startswith(words)) == ("not-open", True)
    await page.line.disconnect()
