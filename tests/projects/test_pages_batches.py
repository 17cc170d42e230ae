"""Batches and projects are moved and arranged by page."""

import re

import pytest
from django.test import Client

from projects.models import Batch, Project
from projects.workflow import batches
from tests.support import make, sending
from tests.support.projects.managing import page, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast) -> Project:
    return make.project(cast.riverside, "Names in reports")


@pytest.fixture
def batch(project) -> Batch:
    return make.batch(project)


@pytest.fixture
def mina(cast) -> Client:
    return signed_in(cast.mina)


def test_manager_pauses_and_resumes_a_batch(mina, batch) -> None:
    for state in ("paused", "live"):
        mina.post(page("batch-move", batch.public_id), {"state": state})
        batch.refresh_from_db()
        assert batch.state == state


def test_moved_batch_is_shown_at_once(mina, batch) -> None:
    answer = mina.post(page("batch-move", batch.public_id), {"state": "paused"}, headers={"HX-Request": "true"})
    assert "Paused" in answer.content.decode()


@pytest.mark.parametrize(("state", "status"), [("draft", 422), ("nonsense", 422), ("live", 409)])
def test_batch_goes_nowhere_it_cannot(mina, batch, state: str, status: int) -> None:
    assert mina.post(page("batch-move", batch.public_id), {"state": state}).status_code == status


def test_manager_pauses_the_project(mina, project) -> None:
    mina.post(page("project-move", project.public_id), {"state": "paused"})
    project.refresh_from_db()
    assert project.state == "paused"
    assert mina.post(page("project-move", project.public_id), {"state": "gone"}).status_code == 422


def test_page_says_when_no_worker_is_alive(mina, project, batch) -> None:
    assert "No worker is alive" in mina.get(page("project", project.public_id)).content.decode()


def test_cancelled_batch_offers_no_levers(mina, project, batch) -> None:
    batches.move(batch, "cancelled", by=None)
    shown = mina.get(page("project", project.public_id)).content.decode()
    assert page("batch-move", batch.public_id) not in re.findall(r'hx-post="([^"]+)"', shown)


def test_a_batch_that_cannot_be_placed_so_says_so_on_its_page(mina, project, batch) -> None:
    prefix = f"b{batch.public_id.hex}"
    said = {f"{prefix}-priority": "high", f"{prefix}-deadline": "soon"}
    answer = mina.post(page("batch-arrange", batch.public_id), said)
    shown = sending.read(answer.content.decode(), "")
    assert (answer.status_code, len(shown.faults)) == (422, 2)
    assert {box[1:] for _text, box in shown.faults} == {f"id_{prefix}-priority", f"id_{prefix}-deadline"} & shown.ids
