"""Sixteen taskers click, read and hand in while the runtime and its models are killed again and again.

Nobody gets a wrong answer, nobody waits for ever, and no work is lost or refused because of it.
"""

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import psutil
import pytest
from pycocotools import mask as coco

from assist.runtime.client import shared
from projects import queue
from projects.models import Annotation, Project
from projects.workflow import submission
from taskers.models import Organization
from tests.support import make
from tests.support.assist import work
from tests.support.assist.pictures import Picture
from tests.support.assist.running import FAKE, Runtime, running
from tests.support.assist.taskers import PATIENCE, REFUSALS, Tasker, in_thread
from tests.support.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = "Maria met Jonas in Oslo"
WORDS = {"Maria", "Jonas", "Oslo"}


@dataclass
class Told:
    """What all of them heard, and how long the slowest answer took."""

    said: Counter[str] = field(default_factory=Counter)
    wrong: list[Any] = field(default_factory=list)
    slowest: float = 0.0
    handed_in: int = 0


@pytest.fixture
async def runtime(settings) -> AsyncIterator[Runtime]:
    with running(*FAKE, seconds=0.02) as started:
        started.until_ready()
        settings.RUNTIME_ADDRESS = started.address
        yield started
        await shared(started.address).close()


@in_thread
def sixteen_at_work(owner: Organization, picture: Picture, seconds: int) -> tuple[Project, list[Tasker]]:
    """Eight people at photographs and eight at texts, with work for all of them until the last second."""
    images, texts = work.image_project(owner), make.project(owner, "Chaos")
    for number in range(4):  # for two people each
        work.image_task(make.batch(images, f"Batch {number}"), picture.file, f"{number}.png")
    make.tasks(make.batch(texts), 8 * 10 * seconds, text=TEXT, wanted=1)
    people = [make.person(f"Tasker{number}", owner, "tasker") for number in range(16)]
    return texts, [Tasker(one, make.held(one, (images, texts)[n % 2])) for n, one in enumerate(people)]


@pytest.mark.parametrize("seconds", [6, pytest.param(60, marks=pytest.mark.torture)])
async def test_nobody_gets_a_wrong_answer_waits_for_ever_or_loses_work(
    cast: Cast, astronaut: Picture, runtime: Runtime, seconds: int
) -> None:
    texts, taskers = await sixteen_at_work(cast.riverside, astronaut, seconds)
    told, deaths, began = Told(), Counter[str](), time.monotonic()

    def over() -> bool:
        """When the time is up and enough was seen, or has not been for long: some machines are slow to start anew."""
        passed, seen = time.monotonic() - began, (told.said["masks"], told.said["spans"], told.handed_in)
        return passed > 10 * seconds or (passed > seconds and min(seen) > 8 and sum(deaths.values()) >= seconds / 3)

    killing = asyncio.create_task(kill(runtime, told, deaths, over))
    await asyncio.gather(*(busy(one, texts, told, over, random.Random(n)) for n, one in enumerate(taskers)))
    await killing
    assert told.wrong == []
    assert sum(deaths.values()) >= seconds / 3, deaths
    assert told.said["masks"] > 8 and told.said["spans"] > 8, f"it answers in between: {told.said}"
    assert set(told.said) <= {"masks", "spans", "ready", *REFUSALS}, told.said
    assert told.slowest < PATIENCE
    assert told.handed_in > 8
    assert await in_thread(Annotation.objects.filter(task__project=texts).count)() == told.handed_in
    assert (await in_thread(queue.audit)()).breaches == []
    await well_again(taskers[0])


async def kill(runtime: Runtime, told: Told, deaths: Counter[str], over: Callable[[], bool]) -> None:
    """Every second or so the runtime, or one of its models, as the kernel would; not before it answered again."""
    dice, heard = random.Random(6), -1
    while not over():
        await asyncio.sleep(dice.uniform(0.7, 1.3))
        answers = told.said["masks"] + told.said["spans"]
        if answers == heard:
            continue
        heard = answers
        assert runtime.process is not None
        children = psutil.Process(runtime.process.pid).children()
        if children and dice.random() < 0.6:
            dice.choice(children).send_signal(signal.SIGKILL)
            deaths["model"] += 1
        else:
            await asyncio.to_thread(runtime.kill)
            await asyncio.sleep(dice.uniform(0, 0.5))
            await asyncio.to_thread(runtime.start)
            deaths["runtime"] += 1


async def busy(one: Tasker, texts: Project, told: Told, over: Callable[[], bool], dice: random.Random) -> None:
    """Ask, and hand in now and then, until the end."""
    await one.sit_down()
    opened = False
    while not over():
        await asyncio.sleep(dice.uniform(0.05, 0.3))
        start = time.monotonic()
        if not opened:
            reply = await one.ask({"type": "open", "token": str(one.held.token)})
            opened = reply["type"] == "ready"
        else:
            reply = await question(one, told, dice)
        told.slowest = max(told.slowest, time.monotonic() - start)
        told.said[reply["code"] if reply["type"] == "error" else reply["type"]] += 1
        if one.held.task.project_id == texts.pk and dice.random() < 0.3:
            await hand_in(one, texts, told)
            await one.leave()
            await one.sit_down()
            opened = False
    await one.leave()


async def question(one: Tasker, told: Told, dice: random.Random) -> dict[str, Any]:
    """A click at a place of this tasker's own, or the spans of the text; the answer is looked at pixel by pixel."""
    if one.held.task.asset_id is None:
        reply = await one.ask({"type": "prompt", "prompt": {"text": True}})
        if reply["type"] == "spans":
            found = {TEXT[span["start"] : span["end"]] for span in reply["spans"]}
            if found != WORDS:
                told.wrong.append(reply)
        return reply
    x, y = dice.randrange(60, 450), dice.randrange(60, 450)
    reply = await one.ask({"type": "prompt", "prompt": {"points": [[x, y, 1]]}})
    if reply["type"] == "masks":
        mask = reply["masks"][0]
        pixels = coco.decode({"size": mask["size"], "counts": mask["counts"].encode()})
        down, across = pixels.nonzero()
        if abs(across.mean() + 0.5 - x) > 1 or abs(down.mean() + 0.5 - y) > 1:
            told.wrong.append((x, y, reply))
    return reply


@in_thread
def hand_in(one: Tasker, texts: Project, told: Told) -> None:
    """Work is saved whether or not there is a copilot."""
    assert one.held.token is not None
    submission.submit(one.held, one.person, one.held.token, {"spans": []})
    told.handed_in += 1
    one.held = make.held(one.person, texts)


async def well_again(one: Tasker) -> None:
    """When the dying has ended, the copilot is back for everybody."""
    await one.sit_down()
    until = time.monotonic() + 60
    while time.monotonic() < until:
        reply = await one.ask({"type": "open", "token": str(one.held.token)})
        if reply["type"] == "ready":
            reply = await one.ask({"type": "prompt", "prompt": {"points": [[200, 200, 1]]}})
            if reply["type"] == "masks":
                await one.leave()
                return
        await asyncio.sleep(0.5)
    raise AssertionError("the copilot did not come back")
