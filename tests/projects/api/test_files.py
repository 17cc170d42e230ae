"""What isn't JSON, by token: exports in pieces, and the pictures of tasks."""

import io
import json

import numpy as np
import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import AsyncClient
from django.urls import reverse
from PIL import Image

from projects.data import importing
from projects.data.media.pictures import read_picture
from projects.data.reading.rows import Row
from projects.models import Project, Task
from taskers.credentials import tokens
from tests.support import cast as people
from tests.support import make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def nothing_left_open():
    """Async views ask the database from a thread of their own, whose connection outlives them."""
    yield
    await sync_to_async(connections.close_all)()


@pytest.fixture
def everybody(transactional_db) -> people.Cast:
    return people.assemble()


class Api:
    """A program with a token, asking through ASGI."""

    def __init__(self, secret: str) -> None:
        self.headers = {"Authorization": f"Bearer {secret}"}
        self.client = AsyncClient()

    async def get(self, address: str, query: dict | None = None):
        return await self.client.get(address, query, headers=self.headers)

    async def post(self, address: str):
        return await self.client.post(address, {}, "application/json", headers=self.headers)


def with_token(person, organization) -> Api:
    _token, secret = tokens.issue(person, organization, name="Pipeline")
    return Api(secret)


async def body_of(answer) -> bytes:
    return b"".join([piece async for piece in answer.streaming_content])


@pytest.fixture
def mina(everybody) -> Api:
    return with_token(everybody.mina, everybody.riverside)


@pytest.fixture
def decided(everybody) -> Project:
    project = make.project(everybody.riverside, wanted=1)
    make.tasks(make.batch(project), 3)
    for _ in range(2):
        make.judged(everybody.alice, project, make.MARIA)
    return project


@pytest.fixture
def picture(everybody) -> Task:
    """A task with a small grey picture."""
    project = make.project(everybody.riverside, "Photographs", "image_regions", labels=[{"name": "Cat"}])
    file = io.BytesIO()
    Image.fromarray(np.full((6, 8), 90, np.uint8)).save(file, "PNG")
    stored = read_picture(file.getvalue())
    fields = {"asset": stored.sha256, "width": 8, "height": 6, "name": "grey.png"}
    importing.load_all(make.batch(project), [Row("grey.png", "grey.png", fields, stored)], by=None)
    return Task.objects.select_related("project").get(project=project)


async def test_export_streams_the_decided(mina, decided) -> None:
    answer = await mina.get(reverse("api-export", args=[decided.public_id, "jsonl"]))
    assert answer.streaming
    assert answer["Content-Type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in (await body_of(answer)).splitlines()]
    assert [line["external_id"] for line in lines] == ["First-0", "First-1"]


async def test_export_of_one_batch_holds_only_that(mina, decided) -> None:
    other = await sync_to_async(make.batch)(decided, "Empty")
    answer = await mina.get(reverse("api-export", args=[decided.public_id, "jsonl"]), {"batch": str(other.public_id)})
    assert (answer.status_code, answer.json()["code"]) == (422, "nothing-to-export")


async def test_tasker_fetches_the_picture_of_claimed_work(everybody, picture) -> None:
    alice = await sync_to_async(with_token)(everybody.alice, everybody.riverside)
    claim = await alice.post(reverse("api-claim", args=[picture.project.public_id]))
    image = claim.json()["assignment"]["task"]["image"]
    assert (image["width"], image["height"]) == (8, 6)
    answer = await alice.get(image["url"])
    assert Image.open(io.BytesIO(await body_of(answer))).size == (8, 6)


async def test_others_fetch_no_picture(everybody, picture) -> None:
    address = reverse("api-task-media", args=[picture.public_id])
    ned = await sync_to_async(with_token)(everybody.ned, everybody.hilltop)
    assert (await ned.get(address)).status_code == 404
    assert (await AsyncClient().get(address)).status_code == 401
    assert (await Api("tdm_wrong").get(address)).status_code == 401


async def test_session_opens_no_picture_of_the_api(everybody, picture) -> None:
    client = AsyncClient()
    await client.aforce_login(everybody.alice)
    assert (await client.get(reverse("api-task-media", args=[picture.public_id]))).status_code == 401
