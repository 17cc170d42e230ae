"""Images come half done by what comes along: things in boxes, lines with their words, and classes that verdicts
taught."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from skimage import data

from assist.adapters import RUNTIMES, files
from assist.adapters.__main__ import SMALL
from assist.annotators import work as placing
from assist.learning import label_vectors
from assist.models import LabelVectors
from assist.registry import registry
from assist.suggestions import precompute
from projects.models import Annotation, Assignment, ModelAnswer, Project, Verdict
from projects.reports import verdict_index
from projects.workflow import submission
from tests.support import make
from tests.support.assist import work
from tests.support.assist.page import in_thread, page_of
from tests.support.assist.pictures import picture
from tests.support.assist.running import Runtime, running
from tests.support.cast import Cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("first pass")]

THINGS = [{"key": "cat", "name": "Cat", "shapes": ["box"]}]
LINES = [{"key": "price", "name": "Price", "shapes": ["box"], "attributes": [{"name": "Says", "kind": "text"}]}]
SORTS = [{"key": "pet", "name": "Pet"}, {"key": "drink", "name": "Drink"}]


@pytest.fixture(scope="module")
def shipped(model_folder: Path) -> Iterator[Runtime]:
    """A runtime with all that comes along, in one process, and masks that nobody looks at."""
    for key in SMALL:
        files.fetch(model_folder, artifacts=RUNTIMES[key].artifacts)
    with running("fake-masks@1", *SMALL, weights=model_folder, more=("--alone",)) as runtime:
        yield runtime


@pytest.fixture(autouse=True)
def here(shipped: Runtime, settings) -> None:
    settings.RUNTIME_ADDRESS = shipped.address


def chosen(project: Project, key: str, cast: Cast) -> Project:
    work.deployed(project, registry.model_version(key), share=100, by=cast.mina)
    return project


def receipt() -> np.ndarray:
    page = Image.new("RGB", (500, 120), "white")
    ImageDraw.Draw(page).text((30, 40), "Total 12.50 EUR", "black", ImageFont.load_default(32))
    return np.asarray(page)


@in_thread
def held_image(cast: Cast, project: Project, pixels: np.ndarray, ahead: str = "") -> Assignment:
    batch = make.batch(project, f"Batch {project.batches.count()}")
    work.image_task(batch, picture(pixels).file, f"{batch.name}.png")
    if ahead:
        row = precompute.start(batch, by=cast.mina, version=registry.model_version(ahead))
        assert (precompute.run(row.pk), row.problems) == (1, 0)
    return make.held(cast.alice, project)


async def told(cast: Cast, held: Assignment, **asked: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    page = await page_of(cast.alice, held.public_id)
    ready = await page.open(held.token)
    found = await page.prompt(**asked)
    await page.line.disconnect()
    return ready, found


async def test_cat_is_boxed_when_alice_opens_the_photograph(cast: Cast) -> None:
    project = await in_thread(make.project)(cast.riverside, "Pets", "image_regions", labels=THINGS)
    await in_thread(chosen)(project, "nanodet@1", cast)
    held = await held_image(cast, project, data.chelsea(), ahead="nanodet@1")
    ready, found = await told(cast, held, boxes=True)
    assert ready["boxes"] is True
    (cat,) = found["boxes"]
    assert (cat["label"], found["model"]) == ("cat", "nanodet@1") and cat["score"] > 0.5 and cat["box"][2] > 300


async def test_line_is_offered_with_what_it_says(cast: Cast) -> None:
    project = await in_thread(make.project)(cast.riverside, "Receipts", "image_regions", labels=LINES)
    await in_thread(chosen)(project, "rapidocr@3.10.0", cast)
    held = await held_image(cast, project, receipt(), ahead="rapidocr@3.10.0")
    _, found = await told(cast, held, boxes=True)
    (line,) = found["boxes"]
    assert (line["label"], list(line["attributes"].values())) == ("price", ["Total 12.50 EUR"])


def test_a_reader_hands_in_lines_with_what_they_say_as_an_annotator(cast: Cast) -> None:
    """By the gate of any model: watched, it decides nothing."""
    project = make.project(cast.riverside, "Receipts", "image_regions", labels=LINES, wanted=1)
    work.image_task(make.batch(project), picture(receipt()).file)
    version = registry.model_version("rapidocr@3.10.0")
    made = placing.place(project, version, by=cast.mina, target_error=0.1, audit_share=0.2)
    assert (placing.run(made.pk), placing.run(made.pk)) == (1, 0), made.note
    (line,) = Annotation.objects.get(tasker=made.annotator.tasker).answer["regions"]
    assert (line["label"], line["shape"]["type"]) == ("price", "box")
    assert [*line["attributes"].values()] == ["Total 12.50 EUR"]
    assert ModelAnswer.objects.get(annotator=made.annotator).outcome == "waiting" and not Verdict.objects.exists()


async def test_images_are_classed_as_verdicts_taught(cast: Cast) -> None:
    project = await in_thread(make.project)(cast.riverside, "Photographs", "classification", labels=SORTS)
    await in_thread(chosen)(project, "efficientnet-lite0@1", cast)
    cat, cup = data.chelsea(), data.coffee()
    await in_thread(decide)(cast, project, {"pet": cat, "drink": cup})
    assert await in_thread(label_vectors.due)(project)
    assert await in_thread(label_vectors.learn)(project) == 12
    (row,) = await in_thread(lambda: list(LabelVectors.objects.filter(project=project)))()
    assert (row.verdicts, row.right, str(row.version_id and row.labels)) == (12, 1.0, "['pet', 'drink']")
    held = await held_image(cast, project, cup[::-1, 40:520])
    ready, found = await told(cast, held, text=True)
    assert (ready["capability"], ready["model"], ready["waits"]) == ("classify", "efficientnet-lite0@1", True)
    assert [(one["label"], one["score"]) for one in found["classes"]] == [("drink", None)]


def decide(cast: Cast, project: Project, sorts: dict[str, np.ndarray]) -> None:
    """Alice and Bob sort six pictures of each kind, without the copilot."""
    batch = make.batch(project, "Decided")
    field = project.settings_now().fields[0]["key"]
    right = {}
    for label, pixels in sorts.items():
        for n in range(6):
            part = np.ascontiguousarray(pixels[5 * n : 250 + 5 * n, 7 * n : 400 + 7 * n])
            right[work.image_task(batch, picture(part).file, f"{label}{n}.png").pk] = label
    for who in (cast.alice, cast.bob) * len(right):
        held = make.held(who, project)
        said = {"field": field, "kind": "choice", "value": right[held.task_id], "provenance": {"source": "human"}}
        submission.submit(held, who, held.token, {"fields": [said]})
    while verdict_index.catch_up():
        pass
