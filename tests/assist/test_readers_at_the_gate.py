"""The gate of readers, by readers that are played: one that reads as well passes and comes to answer step by step, one
that misreads what a batch shows is refused by its name, and of a few receipts nothing can be told."""

from typing import Any

import numpy as np
import pytest

from assist.learning import canary, evaluation
from assist.models import Evaluation, ModelVersion
from assist.registry import registry, resolution
from assist.runtime.client import RuntimeClient
from projects.models import Assignment, Project
from projects.reports import verdict_index
from taskers.models import Event
from tests.support import make
from tests.support.assist import work
from tests.support.assist.eyes import box
from tests.support.assist.pictures import picture
from tests.support.cast import Cast

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
    """What stands in each picture; whoever is called "2" can't read what begins with a B."""
    known: dict[str, str] = {}

    async def boxes(self: Any, model: str, image: str, supply: Any, asker: str | None = None) -> dict[str, Any]:
        words = known[image]
        read = "?" * len(words) if model == "reads@2" and words.startswith("B") else words
        return {"boxes": [[*PLACE, "text", 0.9, read]], "dropped": {}}

    monkeypatch.setattr(RuntimeClient, "boxes", boxes)
    return known


@pytest.fixture
def project(cast: Cast, written: dict[str, str]) -> Project:
    made = make.project(cast.riverside, "Receipts", "image_regions", labels=LABELS, wanted=1)
    for name in ("A", "B"):
        batch = make.batch(made, name)
        for number in range(EACH):
            shown = picture(np.full((20, 40, 3), len(written), np.uint8))
            written[shown.sha256] = f"{name} {number}.50"
            work.image_task(batch, shown.file, f"{name} {number}.png", wanted=1)
            answer = box("line", *PLACE, says=written[shown.sha256]) | {"id": "r1"}
            make.judged(cast.alice, made, {"regions": [answer]})
    verdict_index.add(Event.objects.filter(project_key=made.public_id))
    registry.deploy(made, reader("1"), share=100, by=cast.mina, grounds=registry.FIRST)
    return made


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
    assert [(one["figure"], one["slice"], one["candidate"], one["high"]) for one in found.figures[:2]] == [
        ("letters-wrong", "all", 0.0, 0.0), ("read-exactly", "all", 1.0, 0.0)
    ]  # fmt: skip
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
