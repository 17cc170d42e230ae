"""Each guide of docs/guides/ is followed to its end, against a real server with a real worker."""

from collections.abc import Iterator

import pytest

from projects.models import (
    Annotation,
    Batch,
    Delivery,
    ImportedPrediction,
    Project,
    Task,
    VerdictEntry,
    VerdictGone,
)
from projects.workflow import task_actions
from tests.support import cast as people
from tests.support import make
from tests.support.client.guides import GUIDES, Guide, blocks
from tests.support.client.live import HOOKS, answering, secret_of, working
from tests.support.config.ports import free_port, listens
from tests.support.projects.importing import picture
from tests.support.projects.judging import said
from tests.support.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

FOLLOWED = {"follow-verdicts", "batch-done", "training-set", "coco-with-detector", "from-label-studio"}


@pytest.fixture
def cast(transactional_db) -> people.Cast:
    return people.assemble()


@pytest.fixture
def server(cast, settings) -> Iterator[str]:
    settings.OUTBOUND, settings.OUTBOUND_PRIVATE = ["http://127.0.0.1"], ["127.0.0.1"]
    with answering() as address, working(**HOOKS):
        yield address


def minas(name: str, cast: people.Cast, server: str, folder, **variables: str) -> Guide:
    """A guide, followed by Mina."""
    return Guide(name, folder, SERVER=server, TOKEN=secret_of(cast.mina, cast.riverside), **variables)


def test_every_guide_is_followed() -> None:
    pages = {path.stem for path in GUIDES.glob("*.md")}
    assert {name for name in pages if any(one.language == "sh" for one in blocks(name))} == FOLLOWED


def test_send_tasks_and_follow_the_verdicts(cast, server, tmp_path) -> None:
    guide = minas("follow-verdicts", cast, server, tmp_path)
    (tmp_path / "reports.txt").write_text(f"{make.TEXT}\n{make.TEXT} Again.\n\nNobody is here.\n")
    assert "Signed in" in guide.step()
    assert "Names in reports (text_spans" in guide.step()
    guide.step()
    for name in ("report-1", "report-2"):
        for tasker in (cast.alice, cast.bob):
            said(tasker, Task.objects.get(external_id=name), make.MARIA)
    until(lambda: VerdictEntry.objects.filter(label="").count() == 2)
    guide.step()
    task_actions.requeue(Task.objects.get(external_id="report-2"), by=cast.mina)
    until(VerdictGone.objects.exists)
    guide.step()
    assert guide.over()


def test_call_me_when_a_batch_is_done(cast, server, tmp_path) -> None:
    port = free_port()
    guide = minas("batch-done", cast, server, tmp_path, PORT=str(port))
    project = make.project(cast.riverside, "Reports", wanted=1)
    tasks = make.tasks(make.batch(project, "March"), 2)
    guide.step()
    guide.step()
    assert (tmp_path / "webhook.secret").stat().st_mode & 0o077 == 0
    with guide.begin() as receiver:
        try:
            until(lambda: listens(port))
            for task in tasks:
                said(cast.alice, task, make.MARIA)
            assert receiver.stdout is not None
            assert receiver.stdout.readline() == guide.promise()
        finally:
            receiver.kill()
    assert (tmp_path / "March.jsonl").read_text().count("\n") == 2
    assert guide.over()


def test_take_the_labels_to_a_training_set(cast, server, tmp_path) -> None:
    guide = minas("training-set", cast, server, tmp_path)
    reports = make.project(cast.riverside, "Names in reports", wanted=1)
    for task in make.tasks(make.batch(reports, "March"), 4):
        said(cast.alice, task, make.MARIA)
    make.project(cast.riverside, "Harbours", "image_regions", labels=[{"name": "Ship", "shapes": ["box"]}], wanted=1)
    (tmp_path / "pictures" / "quay").mkdir(parents=True)
    (tmp_path / "pictures" / "quay" / "one.png").write_bytes(picture())
    guide.step()
    assert "labels.spacy: " in guide.step()
    guide.step()
    assert guide.step().startswith("pictures: 1 read, 1 new, 0 known, 0 refused")
    assert Batch.objects.get(project=Project.objects.get(name="Harbours")).state == "live"
    ship = {"id": "r1", "label": "ship", "shape": {"type": "box", "x": 4, "y": 8, "width": 12, "height": 6}}
    said(cast.alice, Task.objects.get(external_id="quay/one.png"), {"regions": [ship]})
    assert "sha256" in guide.step()
    guide.step()
    assert guide.over()


def test_bring_a_coco_set_with_a_detectors_boxes(cast, server, tmp_path) -> None:
    guide = minas("coco-with-detector", cast, server, tmp_path)
    (tmp_path / "harbour").mkdir()
    (tmp_path / "harbour" / "quay.png").write_bytes(picture(size=(32, 24)))
    for _ in range(4):
        guide.step()
    kept = ImportedPrediction.objects.order_by("source__name").values_list("source__name", "score")
    assert list(kept) == [("detector-3", 0.81), ("detector-4", 0.93)]
    ship = {"id": "r1", "label": "ship", "shape": {"type": "box", "x": 4, "y": 8, "width": 12, "height": 6}}
    said(cast.alice, Task.objects.get(external_id="quay.png"), {"regions": [ship]})
    assert "sha256" in guide.step()
    assert Delivery.objects.get().note.startswith("CC-BY")
    assert guide.over()


def test_move_from_label_studio(cast, server, tmp_path) -> None:
    guide = minas("from-label-studio", cast, server, tmp_path)
    for _ in range(3):
        guide.step()
    task = Task.objects.get()
    assert task.external_id == "41"
    said(cast.alice, task, make.MARIA)
    assert Annotation.objects.filter(assignment__task=task).count() == 2
    assert guide.over()
