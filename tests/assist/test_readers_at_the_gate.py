"""The gate of readers, by readers that are played: one that reads as well passes and comes to answer step by step, one
that misreads what a batch shows is refused by its name, and of a few receipts nothing can be told."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from assist.errors import CopilotError
from assist.learning import canary, evaluation
from assist.learning.asked import asked_by
from assist.learning.slices import MARKED
from assist.models import Evaluation, ModelVersion
from assist.registry import registry, resolution
from assist.runtime.client import RuntimeClient
from projects.models import Assignment, Project
from projects.reports import verdict_index
from taskers.models import Event
from tests.support import make, owner
from tests.support.assist import work
from tests.support.assist.eyes import box
from tests.support.assist.pictures import picture
from tests.support.cast import Cast
from tests.support.projects.pipeline import Api

pytestmark = pytest.mark.django_db

LABELS = [{"key": "line", "name": "Line", "shapes": ["box"], "attributes": [{"name": "Says", "kind": "text"}]}]
PLACE = (4, 4, 30, 10)
EACH = 20  # receipts in each of two batches


def reader(version: str) -> ModelVersion:
    terms = {"labels": ["text"], "label_map": {}}
    return ModelVersion.objects.create(
        name="reads", version=version, capability="read", runtime="rapidocr", smoke="passed", terms=terms
    )


@pytest.fixture
def written(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What stands in each picture; whoever is called "2" can't read what begins with a B, "blind" sees nothing, nobody
    reads what is "faint" or can open what is "gone", nor can "1" open what is "lost"."""
    known: dict[str, str] = {}

    async def boxes(self: Any, model: str, image: str, supply: Any, asker: str | None = None) -> dict[str, Any]:
        words = known[image]
        if words == "gone" or (words.startswith("lost") and model == "reads@1"):
            raise CopilotError("no-image")
        if model == "reads@blind" or not words or words.startswith("faint"):
            return {"boxes": [], "dropped": {}}
        read = "?" * len(words) if model == "reads@2" and words.startswith("B") else words
        return {"boxes": [[*PLACE, "text", 0.9, read]], "dropped": {}}

    monkeypatch.setattr(RuntimeClient, "boxes", boxes)
    return known


@pytest.fixture
def project(cast: Cast, written: dict[str, str]) -> Project:
    made = make.project(cast.riverside, "Receipts", "image_regions", labels=LABELS, wanted=1)
    for name in ("A", "B"):
        shown(cast, made, written, name, [f"{name} {number}.50" for number in range(EACH)])
    registry.deploy(made, reader("1"), share=100, by=cast.mina, grounds=registry.FIRST)
    return made


@pytest.fixture
def desk(cast: Cast, written: dict[str, str]) -> Project:
    """The same without a receipt yet."""
    made = make.project(cast.riverside, "Desk", "image_regions", labels=LABELS, wanted=1)
    registry.deploy(made, reader("1"), share=100, by=cast.mina, grounds=registry.FIRST)
    return made


def shown(cast: Cast, project: Project, written: dict[str, str], name: str, words: Sequence[str]) -> None:
    """A batch of pictures with these words, which somebody wrote down; without any nothing is marked."""
    batch = make.batch(project, name)
    for number, said in enumerate(words):
        made = picture(np.full((20, 40, 3), len(written), np.uint8))
        written[made.sha256] = said
        work.image_task(batch, made.file, f"{name} {number}.png", wanted=1)
        answer = box("line", *PLACE, says=said) | {"id": "r1"}
        make.judged(cast.alice, project, {"regions": [answer] if said else []})
    verdict_index.add(Event.objects.filter(project_key=project.public_id))


def evaluated(project: Project, candidate: ModelVersion, cast: Cast) -> Evaluation:
    made = evaluation.begin(project, candidate, by=cast.mina, margin=0.2)
    evaluation.run(made.pk)
    made.refresh_from_db()
    assert made.state == "done", made.reason
    return made


def test_one_that_reads_as_well_passes_and_begins_with_five_percent(cast: Cast, project: Project) -> None:
    found = evaluated(project, reader("3"), cast)
    assert (found.outcome, found.tasks) == ("passed", 2 * EACH), found.findings
    assert {one["slice"] for one in found.findings} == {"all", "batch A", "batch B"}
    assert [(one["figure"], one["slice"], one["candidate"], one["difference"]) for one in found.figures[:2]] == [
        ("letters-wrong", "all", 0.0, 0.0), ("read-exactly", "all", 1.0, 0.0)
    ]  # fmt: skip
    assert all(one["low"] < -0.05 and one["high"] > 0.05 for one in found.figures), "that all are alike is no proof"
    assert found.measure == "read" and found.confusions.candidate == []
    canary.begin(found, by=cast.mina)
    assert {str(one.version): one.share for one in resolution.deployed(project, "read")} == {
        "reads@1": 95,
        "reads@3": 5,
    }


def test_one_that_misreads_a_batch_is_refused_and_the_batch_is_named(cast: Cast, project: Project) -> None:
    found = evaluated(project, reader("2"), cast)
    assert found.outcome == "refused" and "batch B" in found.reason
    exact = {one["slice"]: one["candidate"] for one in found.figures if one["figure"] == "read-exactly"}
    assert exact == {"all": 0.5, "batch A": 1.0, "batch B": 0.0}


def test_of_a_few_receipts_that_were_read_alone_it_cannot_be_told(cast: Cast, project: Project) -> None:
    done = Assignment.objects.filter(task__project=project, state="submitted").order_by("pk")
    for mine in list(done)[6:]:
        work.offered_then(mine)
    found = evaluated(project, reader("3"), cast)
    assert (found.outcome, found.tasks) == ("cannot-tell", 6) and found.findings[0]["missing"] > 5


@pytest.mark.parametrize("fault", ["gone", "lost"])
def test_pictures_that_cant_be_read_tell_nothing(
    cast: Cast, desk: Project, written: dict[str, str], fault: str
) -> None:
    shown(cast, desk, written, "Old", [fault] * EACH)
    found = evaluated(desk, reader("3"), cast)
    assert (found.outcome, found.tasks) == ("cannot-tell", 0)


def test_empty_pictures_hide_no_reader_that_sees_nothing(cast: Cast, desk: Project, written: dict[str, str]) -> None:
    shown(cast, desk, written, "Empty", [""] * 3 * EACH)
    candidate = reader("blind")
    assert evaluated(desk, candidate, cast).reason.startswith("Nothing to measure by"), "where nothing is marked"
    shown(cast, desk, written, "Few", ["A 1.50", "A 2.50"])
    found = evaluated(desk, candidate, cast)
    assert found.outcome != "passed" and MARKED in found.reason
    also = evaluated(desk, reader("3"), cast)
    assert (also.outcome, MARKED in also.reason) == ("cannot-tell", True), "two pictures are no proof"


def test_a_picture_of_something_else_counts_once_one_of_them_reads_there(
    cast: Cast, desk: Project, written: dict[str, str]
) -> None:
    desk.labels.create(key="logo", name="Logo", shapes=["box"], position=1)
    batch = make.batch(desk, "Logos")
    for number in range(2 * EACH):
        made = picture(np.full((20, 40, 3), number, np.uint8))
        written[made.sha256] = "BANG" if number < EACH else ""
        work.image_task(batch, made.file, f"{number}.png", wanted=1)
        make.judged(cast.alice, desk, {"regions": [box("logo", 0, 0, 4, 4) | {"id": "r1"}]})
    verdict_index.add(Event.objects.filter(project_key=desk.public_id))
    found = evaluated(desk, reader("3"), cast)
    assert found.tasks == EACH and {one.candidate for one in found.scores.all()} == {0.0}
    assert found.outcome == "cannot-tell"


def test_where_neither_reads_anything_nothing_can_be_told(cast: Cast, desk: Project, written: dict[str, str]) -> None:
    desk.labels.create(key="logo", name="Logo", shapes=["point"], position=1, attributes=LABELS[0]["attributes"])
    candidate = reader("3")
    asked = asked_by(desk, [candidate], [])
    assert asked.labels == asked.written.keys() == {"line"}, "what is marked by points alone is asked of nobody"
    shown(cast, desk, written, "All", [f"faint {number}" for number in range(EACH)])
    found = evaluated(desk, candidate, cast)
    assert (found.outcome, found.tasks) == ("cannot-tell", EACH) and found.reason.startswith("Nothing to measure by")
    mina = Client()
    mina.force_login(cast.mina)
    page = mina.get(reverse("copilot-evaluation", args=[desk.public_id, found.public_id])).content.decode()
    assert "Further figures" in page and "Interval, 90 %" in page and "its letters that are read right" in page
    worst = reverse("copilot-worst", args=[desk.public_id, found.public_id])
    side = mina.get(worst, {"order": "candidate"}).content.decode()
    assert "data-answers" in side and "a click in the middle" not in side, "nobody clicked for boxes"
    with owner.unguarded("assist_modelversion"):
        ModelVersion.objects.filter(pk=candidate.pk).update(capability="segment")
    assert "a click in the middle" in mina.get(worst, {"order": "candidate"}).content.decode()
    one = Api(cast.mina, cast.riverside).get("evaluation", desk.public_id, found.public_id).json()
    assert one["findings"][0]["binding"] is True
