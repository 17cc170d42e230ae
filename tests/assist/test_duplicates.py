"""What is nearly the same as an earlier task: told by a tag, held back where that is wanted, never lost."""

import io
import time
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from PIL import Image, ImageDraw, UnidentifiedImageError

from assist.alike import duplicates, index
from assist.models import NearlyTheSame
from assist.registry import registry
from projects import queue
from projects.data import importing
from projects.models import Batch, Project, Task, TaskTag
from projects.workflow import tags
from tests.support import make
from tests.support.assist import work
from tests.support.cast import Cast
from tests.support.projects.pipeline import Api

Act = NearlyTheSame.Act


def soon() -> float:
    return time.monotonic() + 60


@pytest.fixture
def here(settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def photo(seed: int, size: tuple[int, int] = (320, 240), quality: int = 90) -> bytes:
    """Some shapes that a seed draws, as a JPEG."""
    chance = np.random.default_rng(seed)
    image = Image.new("RGB", (320, 240), tuple(int(one) for one in chance.integers(0, 255, 3)))
    pen = ImageDraw.Draw(image)
    for _ in range(9):
        x, y, across, down = (int(one) for one in chance.integers(10, 200, 4))
        pen.ellipse((x, y, x + across, y + down), fill=tuple(int(one) for one in chance.integers(0, 255, 3)))
    out = io.BytesIO()
    image.resize(size).save(out, "JPEG", quality=quality)
    return out.getvalue()


def tagged(project: Project) -> set[str]:
    rows = TaskTag.objects.filter(project=project, tag=tags.NEARLY_THE_SAME)
    return set(rows.values_list("task__external_id", flat=True))


def test_the_hash_survives_size_and_quality_and_tells_pictures_apart() -> None:
    rows = [duplicates.looks(photo(seed)) for seed in range(12)]
    again = [duplicates.looks(photo(seed, (151, 117), 25)) for seed in range(12)]
    assert all(row is not None for row in [*rows, *again])
    bits = (1 - np.stack(rows) @ np.stack(again).T) * 32  # type: ignore[arg-type]
    assert bits.diagonal().max() <= duplicates.FEW_BITS
    assert bits[~np.eye(12, dtype=bool)].min() > duplicates.FEW_BITS
    plain = io.BytesIO()
    Image.new("RGB", (50, 50), "white").save(plain, "PNG")
    assert duplicates.looks(plain.getvalue()) is None, "a plain picture has no looks to compare"


def test_what_is_no_thumbnail_of_ours_is_never_decoded() -> None:
    other = io.BytesIO()
    Image.new("RGB", (50, 50), "white").save(other, "TIFF")
    with pytest.raises(UnidentifiedImageError):
        duplicates.looks(other.getvalue())


@pytest.mark.django_db
def test_the_same_photo_smaller_and_worse_is_tagged_and_the_import_says_so(
    cast: Cast, client: Client, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "is_here", lambda *_: False)
    project = make.project(cast.riverside, "Photos", "image_regions", labels=[{"name": "Cat"}])
    batch = make.batch(project)
    for name, content in (("a", photo(2)), ("b", photo(4)), ("a-small", photo(2, (160, 120), 40))):
        work.image_task(batch, content, f"{name}.jpg")
    assert duplicates.look(project, soon()) == 1 and tagged(project) == {"a-small.jpg"}
    assert duplicates.look(project, soon()) == 0, "each is looked at once"
    assert not Task.objects.filter(project=project).exclude(withheld="").exists(), "it is told, and handed out as ever"
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    made = importing.keep(batch, ContentFile(b"{}"), name="photos.jsonl", by=cast.mina)
    page = client.get(reverse("import", args=[made.public_id])).content.decode()
    assert "1 task of this batch is nearly the same" in page
    found = client.get(reverse("tasks", args=[project.public_id]), {"tag": tags.NEARLY_THE_SAME}).content.decode()
    assert "a-small.jpg" in found and "b.jpg" not in found


@pytest.mark.django_db
def test_mina_has_texts_held_back_that_say_the_same_and_hands_one_out_again(
    cast: Cast, client: Client, here: Path
) -> None:
    project = make.project(cast.riverside, wanted=1)
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    at = reverse("copilot-nearly", args=[project.public_id])
    assert client.post(at, {"act": "drop"}).status_code == 422
    assert client.post(at, {"act": "hold"}).status_code == 302 and duplicates.chosen(project) == Act.HOLD
    tasks = make.tasks(make.batch(project), 5)
    rows = np.random.default_rng(3).normal(size=(5, 384)).astype(np.float32)
    rows[3] = rows[1] + 0.05 * rows[0]
    index.vectors_of(project, index.TEXTS).add(
        [one.pk for one in tasks], rows / np.linalg.norm(rows, axis=1, keepdims=True)
    )
    assert duplicates.look(project, soon()) == 1
    twin = Task.objects.get(pk=tasks[3].pk)
    assert (twin.withheld, tagged(project)) == (Task.Withheld.MANAGER, {twin.external_id})
    held = Task.objects.filter(project=project, withheld=Task.Withheld.MANAGER)
    assert list(held) == [twin] and queue.audit().breaches == []
    queue.restore(twin, by=cast.mina)
    assert duplicates.look(project, soon()) == 0 and not held.all(), "what a manager decided stays"


@pytest.mark.django_db
def test_a_program_reads_and_makes_the_choice_and_nothing_is_looked_for_where_none_is_wanted(
    cast: Cast, here: Path
) -> None:
    project = make.project(cast.riverside)
    api = Api(cast.mina, cast.riverside)
    assert api.get("nearly", project.public_id).json() == {"act": "flag"}
    assert api.put("nearly", project.public_id, body={"act": "nothing"}).json() == {"act": "nothing"}
    same_text(project, 2)
    assert duplicates.look(project, soon()) == 0 and not tagged(project)


def same_text(project: Project, count: int) -> list[Task]:
    """Tasks whose texts nearly say the same, kept like those of a round: the first a little apart from the rest."""
    tasks = make.tasks(make.batch(project, f"Batch {project.batches.count()}"), count)
    rows = np.repeat(np.eye(1, 384, dtype=np.float32), count, axis=0)
    rows[0, :2] = 0.985, (1 - 0.985**2) ** 0.5
    index.vectors_of(project, index.TEXTS).add([one.pk for one in tasks], rows)
    return tasks


def held(project: Project) -> set[Task]:
    return set(Task.objects.filter(project=project, withheld=Task.Withheld.MANAGER))


@pytest.mark.django_db
def test_only_a_task_that_is_still_worked_on_is_a_reason_to_hold_back_another(cast: Cast, here: Path) -> None:
    """A batch that is cancelled and loaded again is handed out; many that say the same come one after another."""
    project = make.project(cast.riverside)
    duplicates.choose(project, Act.HOLD, by=cast.mina)
    (first,) = same_text(project, 1)
    Batch.objects.filter(pk=first.batch_id).update(state=Batch.State.CANCELLED)
    again, *others = same_text(project, 40)
    assert duplicates.look(project, soon()) == 39 and held(project) == set(others), "those behind it crowd nothing out"
    queue.withhold(again, Task.Withheld.BROKEN)
    (next_one,) = same_text(project, 1)
    assert duplicates.look(project, soon()) == 0 and next_one not in held(project)
    assert queue.audit().breaches == []


@pytest.mark.django_db
def test_a_choice_holds_for_what_is_loaded_from_then_on(cast: Cast, here: Path) -> None:
    project = make.project(cast.riverside)
    duplicates.choose(project, Act.NOTHING, by=cast.mina)
    early = same_text(project, 3)
    duplicates.choose(project, Act.HOLD, by=cast.mina)
    assert duplicates.look(project, soon()) == 0 and not held(project), "nobody looked for them then"
    late = same_text(project, 2)
    assert duplicates.look(project, soon()) == 2 and held(project) == set(late)
    assert tagged(project) == {one.external_id for one in late} and not held(project) & set(early)


@pytest.mark.django_db
def test_an_upgrade_begins_with_what_comes_next(cast: Cast, here: Path) -> None:
    project = make.project(cast.riverside)
    same_text(project, 3)
    with connection.cursor() as cursor:
        cursor.execute(import_module("assist.migrations.0010_first_pass").BEGIN_HERE)
    assert duplicates.look(project, soon()) == 0 and duplicates.chosen(project) == Act.FLAG
    (late,) = same_text(project, 1)
    assert duplicates.look(project, soon()) == 1 and tagged(project) == {late.external_id}
