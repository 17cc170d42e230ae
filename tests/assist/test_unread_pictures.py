"""An evaluation of masks goes on where a picture can't be read: it is left out of both models' tasks, and told."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from assist.errors import CopilotError
from assist.learning import evaluation
from assist.models import EvaluationScore, ModelVersion
from assist.runtime.client import RuntimeClient
from projects.inference.geometry import mask_from_bitmap
from projects.models import Asset, Project
from projects.reports import verdict_index
from taskers.models import Event
from tests.support import make
from tests.support.assist import work
from tests.support.assist.pictures import picture
from tests.support.cast import Cast
from tests.support.projects.pipeline import Api

pytestmark = pytest.mark.django_db
PICTURES = 6


@pytest.fixture
def project(cast: Cast, settings, tmp_path: Path) -> Project:
    """Pictures of which Alice marked the upper half; one is gone, and one holds something else by now."""
    settings.MEDIA_ROOT = str(tmp_path)
    made = work.image_project(cast.riverside, wanted=1)
    half = np.zeros((30, 40), bool)
    half[:15] = True
    region = {"id": "r1", "label": "cat", "shape": mask_from_bitmap(half), "attributes": {}}
    for number in range(PICTURES):
        shown = picture(np.full((30, 40, 3), 40 * number, np.uint8))
        work.image_task(make.batch(made, f"Batch {number}"), shown.file, f"{number}.png", wanted=1)
        make.judged(cast.alice, made, {"regions": [region]})
    verdict_index.add(Event.objects.filter(project_key=made.public_id))
    gone, spoilt, *_ = Asset.objects.order_by("pk")
    (tmp_path / gone.file.name).unlink()
    (tmp_path / spoilt.file.name).write_bytes(b"something else")
    return made


def answering(odd: str) -> Any:
    """The whole picture; the weaker model has no answer to an odd one."""

    async def segment(self: RuntimeClient, model: str, image: str, supply: Any, **prompt: Any) -> dict[str, Any]:
        assert prompt["asker"] is None, "people's own clicks go first"
        if await supply() == b"something else":
            raise CopilotError("no-image")
        if model == "weak@1" and image == odd:
            raise CopilotError("no-answer")
        mask = mask_from_bitmap(np.ones((30, 40), bool))
        return {"masks": [{"size": mask["size"], "counts": mask["counts"], "score": 0.9}], "best": 0}

    return segment


def test_pictures_that_cant_be_read_are_left_out_and_counted(
    cast: Cast, project: Project, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = Asset.objects.order_by("pk").last()
    assert last
    monkeypatch.setattr(RuntimeClient, "segment", answering(last.sha256))
    terms = {"capability": "segment", "smoke": "passed", "version": "1"}
    weak, strong = (ModelVersion.objects.create(name=name, **terms) for name in ("weak", "strong"))
    work.deployed(project, strong, share=100, by=cast.mina)
    made = evaluation.begin(project, weak, by=cast.mina)
    evaluation.run(made.pk)
    made.refresh_from_db()
    assert (made.state, made.unread, made.tasks) == ("done", 2, PICTURES - 2), made.reason
    rows = EvaluationScore.objects.order_by("task").values_list("candidate", "champion")
    assert list(rows) == [(0.5, 0.5)] * 3 + [(0.0, 0.5)], "what it has no answer to counts against it"
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("copilot-evaluation", args=[project.public_id, made.public_id])).content.decode()
    assert "2 tasks were left out: their images can’t be read" in page
    told = Api(cast.mina, cast.riverside).get("evaluation", project.public_id, made.public_id).json()
    assert told["unread"] == 2
