"""The real mask model is killed under people's hands: masks stay right, and images are handed in meanwhile."""

import asyncio
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from pycocotools import mask as coco

from assist.models import Suggestion
from assist.runtime.client import shared
from assist.suggestions import record
from projects import queue
from projects.models import Annotation
from projects.workflow import submission
from taskers.models import Organization
from tests.support import make
from tests.support.assist import work
from tests.support.assist.pictures import Picture
from tests.support.assist.running import Runtime, running
from tests.support.assist.taskers import REFUSALS, Tasker, in_thread
from tests.support.cast import Cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.torture]

LOADING = 100.0  # a question may wait for the model to be loaded again, on a machine that is busy besides
BOXES = ([180, 65, 90, 110], [20, 40, 400, 380], [60, 260, 200, 240])


@in_thread
def three(owner: Organization, picture: Picture) -> list[Tasker]:
    project = work.image_project(owner, wanted=3)
    work.image_task(make.batch(project), picture.file)
    work.image_task(project.batches.get(), picture.file, "again.png")
    people = [make.person(f"Tasker{number}", owner, "tasker") for number in range(3)]
    return [Tasker(one, make.held(one, project)) for one in people]


async def masks(one: Tasker, box: list[int]) -> dict[str, Any]:
    """The answer for a box, asked for until it comes; whatever comes in between says why there is none."""
    until = time.monotonic() + LOADING
    while time.monotonic() < until:
        reply = await one.ask({"type": "open", "token": str(one.held.token)}, LOADING)
        if reply["type"] == "ready":
            reply = await one.ask({"type": "prompt", "prompt": {"box": box}}, LOADING)
        if reply["type"] == "masks":
            return reply
        assert reply["code"] in REFUSALS, reply
        await asyncio.sleep(0.2)
    raise AssertionError("the copilot did not come back")


@in_thread
def hand_in(one: Tasker, reply: dict[str, Any]) -> None:
    """The best mask as it was offered."""
    best = reply["masks"][reply["best"]]
    shape = {"type": "mask", "size": best["size"], "counts": best["counts"]}
    provenance = {"source": "suggestion", "suggestion": reply["suggestion"], "model": work.SAM}
    region = {"id": "r1", "label": "cat", "shape": shape, "attributes": {}, "provenance": provenance}
    assert one.held.token
    record.settle(submission.submit(one.held, one.person, one.held.token, {"regions": [region]}))


def kill_model(runtime: Runtime) -> None:
    assert runtime.process is not None
    for child in psutil.Process(runtime.process.pid).children():
        child.send_signal(signal.SIGKILL)


def kill_all(runtime: Runtime) -> None:
    runtime.kill()
    runtime.start()


def pixels(reply: dict[str, Any]) -> np.ndarray:
    return np.stack([coco.decode({"size": m["size"], "counts": m["counts"].encode()}) for m in reply["masks"]])


async def test_killed_mask_model_gives_the_same_masks_again_and_holds_no_work_up(
    cast: Cast, astronaut: Picture, model_folder: Path, settings
) -> None:
    with running(work.SAM, weights=model_folder) as runtime:
        settings.RUNTIME_ADDRESS = runtime.address
        await asyncio.to_thread(runtime.until_ready)
        taskers = await three(cast.riverside, astronaut)
        for one in taskers:
            await one.sit_down()
        first = await asyncio.gather(*map(masks, taskers, BOXES))
        for turn, kill in enumerate((kill_model, kill_all)):
            still = zip(taskers[turn + 1 :], BOXES[turn + 1 :], strict=True)
            asked = [asyncio.create_task(masks(one, box)) for one, box in still]
            await asyncio.sleep(0)
            await asyncio.to_thread(kill, runtime)
            await hand_in(taskers[turn], first[turn])
            for reply, before in zip(await asyncio.gather(*asked), first[turn + 1 :], strict=True):
                assert (pixels(reply) ^ pixels(before)).sum() <= 20, "the same but for rounding at an edge"
        await hand_in(taskers[2], first[2])
        for one in taskers:
            await one.leave()
        await shared(runtime.address).close()
    assert await in_thread(Annotation.objects.count)() == 3
    taken = Suggestion.objects.filter(public_id__in=[reply["suggestion"] for reply in first])
    assert await in_thread(lambda: sorted(taken.values_list("outcome", flat=True)))() == ["accepted"] * 3
    assert (await in_thread(queue.audit)()).breaches == []
