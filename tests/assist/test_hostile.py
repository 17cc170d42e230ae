"""What nobody should send and what nobody can help: each gets its code or a closed line, and annotating goes on."""

import json
import resource
import shutil
from pathlib import Path
from typing import Any

import pytest

from assist.adapters.files import ENCODER, path_of
from assist.session.protocol import MAX_BYTES
from assist.session.session import BURST, STRIKES
from assist.web import status
from projects.models import Assignment
from projects.workflow import submission
from tests.support import make
from tests.support.assist import work
from tests.support.assist.page import Page, in_thread, page_of
from tests.support.assist.pictures import Picture
from tests.support.assist.running import Runtime, running, settled
from tests.support.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)

MEGABYTE = 1 << 20


@pytest.fixture
def image(cast: Cast, astronaut: Picture) -> Assignment:
    """A photograph in Alice's hands."""
    project = work.image_project(cast.riverside)
    work.image_task(make.batch(project), astronaut.file)
    return make.held(cast.alice, project)


async def opened(cast: Cast, held: Assignment) -> tuple[Page, dict[str, Any]]:
    page = await page_of(cast.alice, held.public_id)
    return page, await page.open(held.token)


async def goes_on(cast: Cast, held: Assignment) -> None:
    """The work in hand can be handed in as if nothing had happened."""
    assert (await in_thread(submission.submit)(held, cast.alice, held.token, {"regions": []})).pk


async def test_ten_thousand_points_are_too_many_bytes_and_the_line_is_closed(
    cast: Cast, image: Assignment, fake_runtime: Runtime, at
) -> None:
    at(fake_runtime.address)
    page, _ = await opened(cast, image)
    frame = {"type": "prompt", "id": "p1", "prompt": {"points": [[1, 1, 1]] * 10_000}}
    assert len(json.dumps(frame, separators=(",", ":"))) > MAX_BYTES
    await page.say(**frame)
    assert (await page.hear())["code"] == "too-big"
    assert await page.closed() == 4413
    await goes_on(cast, image)


async def test_a_thousand_points_are_too_many_and_none_too_few(
    cast: Cast, image: Assignment, fake_runtime: Runtime, at
) -> None:
    at(fake_runtime.address)
    page, _ = await opened(cast, image)
    for number in (1_000, 0):
        assert (await page.prompt(f"p{number}", points=[[1, 1, 1]] * number))["code"] == "bad-prompt"
    assert (await page.prompt("p2", points=[[1, 1, 1]]))["type"] == "masks"
    await page.line.disconnect()


async def test_unknown_ids_are_passed_over(cast: Cast, image: Assignment, fake_runtime: Runtime, at) -> None:
    at(fake_runtime.address)
    page, _ = await opened(cast, image)
    await page.say(type="cancel", id="nobody")
    masks = await page.prompt(points=[[100, 100, 1]], previous="a-handle-of-nobodys")
    assert (masks["id"], masks["type"]) == ("p1", "masks")
    await page.line.disconnect()


async def test_flood_is_told_and_then_cut_off(cast: Cast, image: Assignment, fake_runtime: Runtime, at) -> None:
    at(fake_runtime.address)
    page, _ = await opened(cast, image)
    for number in range(int(BURST) + STRIKES + 10):
        await page.say(type="cancel", id=f"c{number}")
    assert (await page.hear())["code"] == "slow-down"
    assert await page.closed() == 4429
    await goes_on(cast, image)


async def test_corrupt_model_file_is_said_and_annotating_goes_on(
    cast: Cast, image: Assignment, model_folder: Path, at, tmp_path: Path
) -> None:
    shutil.copytree(model_folder, tmp_path / "models")
    file = path_of(ENCODER, tmp_path / "models")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with running(work.SAM, weights=tmp_path / "models") as runtime:
        at(runtime.address)
        page, first = await opened(cast, image)
        if first["type"] == "ready":  # it was still being looked at
            first = await page.prompt(points=[[100, 100, 1]])
        assert first["code"] == "model-missing"
        assert "sha256" not in first["text"], "how it is broken is the operator's business"
        assert "delete the file and fetch again" in status.of_capability("segment")
        await goes_on(cast, image)
        await page.line.disconnect()


async def test_full_disk_costs_no_mask(cast: Cast, image: Assignment, model_folder: Path, at) -> None:
    with running(work.SAM, weights=model_folder) as runtime:
        at(runtime.address)
        runtime.until_ready()
        assert runtime.process is not None
        resource.prlimit(runtime.process.pid, resource.RLIMIT_FSIZE, (MEGABYTE, MEGABYTE))  # an embedding has two
        page, _ = await opened(cast, image)
        for number in range(2):
            assert (await page.prompt(f"p{number}", points=[[100, 100, 1]]))["type"] == "masks"
        await settled(lambda: "could not be written" in runtime.said())  # which is tried behind the answer
        await settled(lambda: not runtime.embeddings())  # and no torn file is left
        await goes_on(cast, image)
        await page.line.disconnect()
