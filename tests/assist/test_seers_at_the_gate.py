"""Detectors and readers take each other's place only where it is shown that nothing is lost: the models that come
along, asked of pictures whose boxes and words people told alone."""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image, ImageDraw, ImageFont
from skimage import data

from assist.adapters import RUNTIMES, catalogue, files
from assist.learning import evaluation, rollout, worst_cases
from assist.models import Deployment, Evaluation, ModelVersion
from assist.registry import registry, resolution
from projects.models import Project
from projects.reports import verdict_index
from taskers.models import Event
from tests.support import make
from tests.support.assist import weights, work
from tests.support.assist.pictures import picture
from tests.support.assist.running import Runtime, running
from tests.support.cast import Cast
from tests.support.projects.pipeline import Api

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("seers at the gate")]

NANODET, READER = "nanodet@1", "rapidocr@3.10.0"
WORDS = [{"name": "Says", "kind": "text"}]
LABELS = [
    {"key": "cat", "name": "Cat", "shapes": ["box"]},
    {"key": "line", "name": "Line", "shapes": ["box"], "attributes": WORDS},
]
SURE = replace(RUNTIMES[NANODET].terms, options=RUNTIMES[NANODET].terms.options | {"overlap": 0.5})  # type: ignore[union-attr, type-var]
NEXT = replace(RUNTIMES[NANODET], version="2", terms=SURE, origin=None)
MARGIN = 0.2  # so that twenty pictures can tell
PICTURES, FEW = 20, 8


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """The detector and the reader that come along, and the detector under another version, all in one process."""
    for key in (NANODET, READER):
        files.fetch(weights.pinned(), artifacts=RUNTIMES[key].artifacts)
    folder = weights.linked(tmp_path_factory.mktemp("models") / "linked")
    (folder / catalogue.LISTED).write_text(json.dumps([asdict(NEXT)]))
    with running(NANODET, NEXT.key, READER, weights=folder, more=("--alone",)) as found:
        found.until_ready()
        yield found


@pytest.fixture
def project(cast: Cast, runtime: Runtime, settings) -> Project:
    settings.RUNTIME_ADDRESS = runtime.address
    return make.project(cast.riverside, "Photographs", "image_regions", labels=LABELS, wanted=1)


@pytest.fixture
def candidate() -> ModelVersion:
    """The detector that somebody brought; it has answered a first question."""
    made = registry._written(NEXT)
    return registry.tried(made, well=True, said="", figures={})


def marked(label: str, x: float, y: float, width: float, height: float, **said: str) -> dict:
    shape = {"type": "box", "x": x, "y": y, "width": width, "height": height}
    return {"id": "r1", "label": label, "shape": shape, "attributes": said}


def cats(number: int) -> tuple[np.ndarray, dict]:
    """A cat, somewhere on grey."""
    shown = data.chelsea()[::2, ::2]
    canvas = np.full((190, 300, 3), 120 + number, np.uint8)
    x, y = 3 * number, number
    canvas[y : y + 150, x : x + 226] = shown
    return canvas, marked("cat", x + 10, y + 4, 210, 144)


def receipts(number: int) -> tuple[np.ndarray, dict]:
    """A printed line."""
    page, words = Image.new("RGB", (260, 260), "white"), f"Total {number}2.50 EUR"
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(26)
    pen.text((8, 40 + 8 * number), words, "black", font)
    left, top, right, bottom = pen.textbbox((8, 40 + 8 * number), words, font)
    return np.asarray(page), marked("line", left, top, right - left, bottom - top, says=words)


def decided(cast: Cast, project: Project, shows, count: int = PICTURES) -> None:
    batch = make.batch(project, f"Batch {project.batches.count()}")
    for number in range(count):
        pixels, region = shows(number)
        work.image_task(batch, picture(pixels).file, f"{batch.name} {number}.png", wanted=1)
        make.judged(cast.alice, project, {"regions": [region]})
    verdict_index.add(Event.objects.filter(project_key=project.public_id))


def evaluated(project: Project, candidate: ModelVersion, cast: Cast) -> Evaluation:
    made = evaluation.begin(project, candidate, by=cast.mina, margin=MARGIN)
    evaluation.run(made.pk)
    made.refresh_from_db()
    assert made.state == "done", made.reason
    return made


def first(project: Project, key: str, cast: Cast) -> ModelVersion:
    version = registry.model_version(key)
    rollout.first(project, version, share=100, by=cast.mina)
    return version


def told(found: Evaluation) -> dict[str, tuple[float, float]]:
    return {one["figure"]: (one["candidate"], one["champion"]) for one in found.figures if one["slice"] == "all"}


def test_a_detector_that_loses_nothing_takes_its_share_and_its_figures_are_shown(
    cast: Cast, project: Project, candidate: ModelVersion
) -> None:
    champion = first(project, NANODET, cast)
    decided(cast, project, cats)
    found = evaluated(project, candidate, cast)
    assert (found.outcome, found.tasks, found.champion) == ("passed", PICTURES, champion), found.findings
    assert found.findings[0]["candidate"] > 0.8
    assert told(found)["average-precision"][0] > 0.8 and 0.6 < told(found)["overlap"][0] < 1
    assert {one["slice"] for one in found.figures} == {"all"}, "no kind of picture is in a part of them alone"
    rollout.promote(found, share=25, by=cast.mina)
    shares = {str(row.version): row.share for row in resolution.deployed(project, "detect")}
    assert shares == {NEXT.key: 25, NANODET: 75}
    assert set(Deployment.objects.values_list("version__version", "basis")) == {("1", "first"), ("2", "passed")}
    mina = Client()
    mina.force_login(cast.mina)
    page = reverse("copilot-evaluation", args=[project.public_id, found.public_id])
    shown = mina.get(page).content.decode()
    assert "Average precision at IoU .5" in shown and "the F1 of the boxes that would be offered" in shown
    spanish = mina.get(page, headers={"accept-language": "es"}).content.decode()
    assert "Precisión media con IoU 0,5" in spanish and "Average precision" not in spanish
    one = Api(cast.mina, cast.riverside).get("evaluation", project.public_id, found.public_id).json()
    assert one["figures"][0]["figure"] == "average-precision" and one["findings"][0]["outcome"] == "passed"


def test_a_reader_does_not_take_a_detectors_place_where_cats_are_marked(cast: Cast, project: Project) -> None:
    first(project, NANODET, cast)
    decided(cast, project, cats, FEW)
    found = evaluated(project, registry.model_version(READER), cast)
    assert found.outcome == "refused" and "all tasks" in found.reason
    assert found.findings[0]["candidate"] < 0.1 and told(found)["average-precision"][0] == 0.0
    worst = worst_cases.case(worst_cases.listed(found, "lost")[0])
    assert worst.champion["regions"][0]["label"] == "cat" and not any(
        one["label"] == "cat" for one in worst.candidate["regions"]
    )
    missed = found.confusions.candidate[0]
    assert (missed["decided"], missed["said"], missed["number"]) == ("cat", "", FEW)


def test_a_detector_that_reads_nothing_does_not_take_a_readers_place(cast: Cast, project: Project) -> None:
    first(project, READER, cast)
    decided(cast, project, receipts, FEW)
    found = evaluated(project, registry.model_version(NANODET), cast)
    assert found.outcome == "refused" and found.findings[0]["champion"] > 0.95
    assert told(found) == {
        "letters-wrong": (1.0, pytest.approx(0, abs=0.03)),
        "read-exactly": (0.0, pytest.approx(1, abs=0.1)),
    }
    worst = worst_cases.case(worst_cases.listed(found, "lost")[0])
    assert worst.champion["regions"][0]["attributes"]["says"].startswith("Total")
    mina = Client()
    mina.force_login(cast.mina)
    shown = mina.get(reverse("copilot-evaluation", args=[project.public_id, found.public_id])).content.decode()
    assert "Letters that are wrong" in shown and "its letters that are read right" in shown
    side = mina.get(reverse("copilot-worst", args=[project.public_id, found.public_id])).content.decode()
    assert [side.count(f'data-answer="{one}"') for one in ("verdict", "candidate", "champion")] == [1, 1, 1]


def test_of_eight_pictures_it_cannot_be_told(cast: Cast, project: Project, candidate: ModelVersion) -> None:
    first(project, NANODET, cast)
    decided(cast, project, cats, FEW)
    found = evaluated(project, candidate, cast)
    assert (found.outcome, found.tasks) == ("cannot-tell", FEW) and found.findings[0]["missing"] > 5
    assert all(one["low"] is None for one in found.figures), "nor is a spread told of eight"
