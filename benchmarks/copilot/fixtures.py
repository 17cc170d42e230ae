"""The projects, the people and the work that the copilot's figures come from."""

import asyncio
import itertools
import os
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.copilot.bare import SAM
from benchmarks.copilot.page import Page
from benchmarks.copilot.pictures import SIZES, Photograph, photograph
from benchmarks.queue import fixtures
from benchmarks.queue.wire import signed_in
from projects import queue
from projects.configuration import configure
from projects.data.media import assets
from projects.data.media.pictures import read_picture
from projects.models import Batch, Project, Task
from projects.workflow import batches
from taskers.models import Organization

# Of each size: every tasker gets one of their own, and some are looked at in advance.
PICTURES = {"0.3 MP": 36, "2 MP": 18, "12 MP": 18}
TEXTS = 40
PEOPLE = 70
WORDS = 300
AHEAD_SECONDS = 60.0
CAT = [{"key": "cat", "name": "Cat"}]
SENTENCES = (
    "Maria Lopez of the World Bank visited Denver on 4 March 2024 to look at the new ferries.",
    "The harbour was quiet that morning, and nobody expected the delegation before noon.",
    "In Oslo, Jonas Berg told the Financial Times that Harbor Lines had lost 3.2 million euros in 2023.",
    "Most of the crew had worked there for years and knew every rope by its sound.",
    "Apple and Siemens signed a letter with the mayor of Hamburg on Tuesday.",
    "It rained until the evening, which delayed the tour of the yard by two hours.",
)


def text(number: int) -> str:
    """English of about 300 words, another for each number."""
    random = np.random.default_rng(number)
    words: list[str] = [f"Report {number}."]
    while len(words) < WORDS:
        words += SENTENCES[random.integers(len(SENTENCES))].split()
    return " ".join(words[:WORDS])


class Work:
    """Hands out people with a task in their hands."""

    def __init__(self, port: int, owner: Organization) -> None:
        self._cookies = iter([signed_in(one) for one in fixtures.people(owner, PEOPLE, "Copilot")])
        self._port = port
        self._pictures: dict[str, Photograph] = {}  # by task id
        self._numbers = itertools.count()
        self._images = {kind: self._images_of(owner, kind) for kind in SIZES}
        self._texts = _texts(owner)

    async def image(self, kind: str) -> tuple[Page, dict[str, Any], Photograph]:
        """Somebody new with a photograph of this size that nobody else has."""
        page = self._newcomer()
        assignment = await page.claim(self._images[kind])
        return page, assignment, self.picture(assignment)

    async def text(self) -> tuple[Page, dict[str, Any]]:
        """Somebody new with a text that nobody else has."""
        page = self._newcomer()
        return page, await page.claim(self._texts)

    def picture(self, assignment: dict[str, Any]) -> Photograph:
        """The photograph of this work."""
        return self._pictures[assignment["task"]["id"]]

    async def until_ready(self, foreseen: dict[str, Any]) -> None:
        """Wait until what a tasker gets next has been looked at, as happens while they work."""
        embedding = Path(os.environ["TANDEM_DATA"]) / "embeddings" / f"{self.picture(foreseen).sha256}.{SAM}.emb"
        async with asyncio.timeout(AHEAD_SECONDS):
            while not embedding.exists():
                await asyncio.sleep(0.1)

    def _newcomer(self) -> Page:
        return Page(self._port, *next(self._cookies))

    def _images_of(self, owner: Organization, kind: str) -> Project:
        project = configure.create(
            owner, None, name=f"Pictures of {kind}", task_type="image_regions", labels=CAT, wanted=1, rate=0
        )
        batch = batches.move(batches.create(project, kind, by=None), "live", by=None)
        for _ in range(PICTURES[kind]):
            picture = photograph(kind, next(self._numbers))
            self._pictures[str(_image_task(batch, picture).public_id)] = picture
        return project


def _image_task(batch: Batch, picture: Photograph) -> Task:
    read = read_picture(picture.file)
    asset = assets.store(batch.project.organization, [read])[read.sha256]
    task = Task.objects.create(
        project=batch.project,
        batch=batch,
        asset=asset,
        external_id=asset.sha256,
        payload={"asset": asset.sha256, "width": asset.width, "height": asset.height, "name": "photograph.jpg"},
        payload_hash=asset.sha256,
        wanted=1,
    )
    queue.open_slots([task.pk])
    return task


def _texts(owner: Organization) -> Project:
    project = fixtures.project(owner, "Reports", wanted=1)
    batch = batches.move(batches.create(project, "Reports", by=None), "live", by=None)
    rows = [
        Task(
            project=project,
            batch=batch,
            external_id=str(number),
            payload={"text": text(number)},
            payload_hash=f"{number:064}",
            wanted=1,
        )
        for number in range(TEXTS)
    ]
    queue.open_slots([task.pk for task in Task.objects.bulk_create(rows)])
    return project
