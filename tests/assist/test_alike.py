"""What is like a task: found in its own project, exactly ordered, and kept through cuts."""

import time
from pathlib import Path

import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assist.alike import atlas, groups, guessed, index, vectors
from assist.alike.vectors import Vectors
from assist.errors import CopilotError
from assist.models import LabelVectors, ModelVersion, Precomputed
from assist.suggestions import precompute
from assist.suggestions.vector_encoding import packed
from projects.configuration import configure
from projects.models import Project, Task
from tests.support import make
from tests.support.assist import work
from tests.support.assist.running import Runtime
from tests.support.cast import Cast
from tests.support.projects.pipeline import Api
from tests.support.projects.studio import Tab

FAKE = "fake-classes@1"
TEXTS = [
    "The battery of this lamp was empty after an hour.",
    "A recipe for a soup of lentils and carrots.",
    "After one hour the lamp's battery is dead.",
    "The parliament voted on the new budget.",
]


def units(count: int, width: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_nearest_come_first_beside_a_shortlist_as_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    themes = units(40, 128)
    rows = np.repeat(themes, 50, axis=0) + 0.7 * units(2000, 128, seed=1) + 0.05  # not around nothing
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    exact = [int(one) for one in np.argsort(-(rows @ rows[77]))[:20]]
    monkeypatch.setattr(vectors, "PLAIN", 500)
    monkeypatch.setattr(vectors, "SHORTLIST", 200)
    kept = Vectors(tmp_path, 128)
    for at in range(0, 2000, 300):
        some = rows[at : at + 300]
        kept.add(range(at + 1, at + 1 + len(some)), some)
    found = kept.near(rows[77], 20)
    assert found[0] == (78, pytest.approx(1, abs=1e-3)) and len(kept) == 2000
    assert len({key for key, _ in found} & {one + 1 for one in exact}) >= 19


def test_the_nearest_is_found_where_many_others_are_just_as_far(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "PLAIN", 100)
    monkeypatch.setattr(vectors, "SHORTLIST", 2)
    some, same, asked = units(101, 64), units(1, 64, seed=1), units(1, 64, seed=2)
    kept = Vectors(tmp_path, 64)
    kept.add(range(1, 102), -asked + 0.1 * some)
    kept.add(range(102, 402), np.repeat(same, 300, axis=0))
    kept.add([402], asked)
    assert kept.near(asked[0], 1) == [(402, pytest.approx(1, abs=1e-3))]


def test_what_was_cut_off_is_not_there_and_is_written_over(tmp_path: Path) -> None:
    kept, rows = Vectors(tmp_path, 64), units(3, 64)
    kept.add([1, 2], rows[:2])
    with (tmp_path / vectors.ROWS).open("ab") as file:
        file.write(b"half of a row")
    assert len(kept) == 2
    kept.add([5], rows[2:])
    assert kept.last() == 5 and kept.near(rows[2], 1) == [(5, pytest.approx(1, abs=1e-3))]
    found, none = kept.row(2), kept.row(3)
    assert found is not None and np.allclose(found, rows[1], atol=1e-3) and none is None


@pytest.mark.django_db(transaction=True)
def test_mina_sees_what_is_like_a_task_and_nothing_of_another_project(
    cast: Cast, client: Client, fake_runtime: Runtime, settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "TEXTS", FAKE)
    monkeypatch.setitem(index.WIDTHS, FAKE, 64)
    settings.RUNTIME_ADDRESS, settings.DATA_DIR = fake_runtime.address, tmp_path
    batch, theirs = make.batch(make.project(cast.riverside)), make.batch(make.project(cast.hilltop))
    first, soup, like, budget = (make.task(batch, text=text) for text in TEXTS)
    make.task(theirs, text=TEXTS[0])
    assert index.go_on() == 5 and index.go_on() == 0, "each is read once"
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("task-alike", args=[first.public_id])).content.decode()
    assert "Among 4 tasks" in page and page.index(TEXTS[2][:20]) < page.index(TEXTS[1][:20])
    assert (
        reverse("task-alike", args=[first.public_id])
        in client.get(reverse("task", args=[first.public_id])).content.decode()
    )
    said = Api(cast.mina, cast.riverside).get("task-alike", first.public_id).json()
    assert said["tasks"][0]["id"] == str(like.public_id) and said["tasks"][0]["likeness"] > 0.5
    assert {one["id"] for one in said["tasks"]} == {str(one.public_id) for one in (soup, like, budget)}
    (tmp_path / "alike" / "a-project-that-is-gone").mkdir()
    assert index.forget() == 1 and len(list((tmp_path / "alike").iterdir())) == 2


@pytest.mark.django_db
def test_a_deployed_model_of_where_texts_lie_tells_what_is_alike_once_it_has_come_as_far(
    cast: Cast, settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By three numbers, of which no file is kept as they are."""
    settings.DATA_DIR = tmp_path
    project = make.project(cast.riverside, "Letters", "classification", labels=[{"name": "A"}, {"name": "B"}])
    version = ModelVersion.objects.create(
        name="far", version="1", capability="classify", smoke="passed",
        terms={"adapter": "http-embedder", "label_map": {}, "options": {}},
    )  # fmt: skip
    work.deployed(project, version, share=100, by=cast.mina)
    tasks = make.tasks(make.batch(project), 4)
    ours, theirs = np.eye(4, index.WIDTHS[index.TEXTS], dtype=np.float32), np.eye(3, dtype=np.float32)[[0, 1, 0, 2]]
    far_away = False

    def vectors_of(one: ModelVersion, some: list[Task], *_: float, keep: bool = False) -> list[np.ndarray]:
        if far_away and one == version:
            raise CopilotError("backend-down")
        return list((theirs if one == version else ours)[[tasks.index(task) for task in some]])

    monkeypatch.setattr(index.precompute, "vectors_of", vectors_of)
    monkeypatch.setattr(index.registry, "is_here", lambda *_: False)
    far_away = True
    assert index.index(project, time.monotonic() + 60) == 4
    assert index.near(tasks[0], 1).model == index.TEXTS, "who is away takes nothing away"
    far_away = False
    assert index.index(project, time.monotonic() + 60) == 0, "it is left in peace for a while"
    (index._folder(project, "far@1") / index.AWAY).unlink()
    assert index.index(project, time.monotonic() + 60) == 4 and len(index.vectors_of(project, "far@1")) == 4
    found = index.near(tasks[0], 1)
    assert (found.model, found.tasks[0].task, found.tasks[0].likeness) == ("far@1", tasks[2], 1.0)
    assert sorted(map(len, groups.of(project, tasks))) == [1, 1, 2], "by the same"
    LabelVectors.objects.create(
        project=project, version=version, field="label", labels=["a", "b"], sums=theirs[:2].astype("<f4").tobytes(),
        verdicts=60, blind=0, right=None, temperature=None, upto=1,
    )  # fmt: skip
    model, kept = atlas._kept(project)
    told = guessed.of(project, model, kept.rows(np.array([0, 2])))
    assert told == [{"field": "label", "label": "a", "share": 1.0}], "as the map's groups are called"
    configure.change(project, None, copilot=False)
    assert index.near(tasks[0], 1).model == index.TEXTS, "nothing is sent anywhere while the copilot is off"


@pytest.mark.django_db
def test_a_host_that_refuses_one_text_is_paid_once_for_the_others_and_left_in_peace_while_it_is_away(
    cast: Cast, settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_DIR = tmp_path
    project = make.project(cast.riverside, "Letters", "classification", labels=[{"name": "A"}, {"name": "B"}])
    terms = {"adapter": "http-embedder", "label_map": {}, "options": {"batch": 2}}
    far = ModelVersion.objects.create(name="far", version="1", capability="classify", smoke="passed", terms=terms)
    tasks, asked = make.tasks(make.batch(project), 5), list[list[int]]()

    def of_texts(one: ModelVersion, some: list[Task], patience: float | None) -> list:
        places = [tasks.index(task) for task in some]
        asked.append(places)
        if 2 in places or (4 in places and not back):
            raise CopilotError("backend-refused" if 2 in places else "backend-down")
        return [packed(np.eye(64, dtype=np.float32)[place]) for place in places]

    monkeypatch.setattr(precompute.asked_ahead, "of_texts", of_texts)
    back, until = False, time.monotonic() + 60
    assert index._of_kind(project, "far@1", until, index.TEXTS) == 3
    assert asked == [[0, 1], [2, 3], [2], [3], [4]] and Precomputed.objects.filter(version=far).count() == 3
    assert index._of_kind(project, "far@1", until, index.TEXTS) == 0 and len(asked) == 5, "it is left in peace"
    (index._folder(project, "far@1") / index.AWAY).unlink()
    back = True
    assert index._of_kind(project, "far@1", until, index.TEXTS) == 1 and asked[5:] == [[4]]
    cut_off = index._folder(project, "cut@1") / index.WIDTH
    cut_off.parent.mkdir()
    cut_off.write_text("")
    assert len(index.vectors_of(project, "cut@1")) == 0 and index._begun(project, "cut@1", 128).width == 128


@pytest.mark.django_db
def test_no_project_waits_for_another_to_be_done(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    projects, seen = [make.project(cast.riverside, name) for name in ("One", "Two", "Three")], []

    def goes_on_and_on(project: Project, until: float) -> int:
        seen.append(project)
        time.sleep(max(0.0, until - time.monotonic()))
        return 1

    monkeypatch.setattr(index, "index", goes_on_and_on)
    assert index.go_on(0.6) == 3 and seen == projects


@pytest.mark.django_db
@pytest.mark.parametrize("task_type", index.WITHOUT_TEXT)
def test_where_no_task_has_a_text_none_is_looked_for(cast: Cast, task_type: str) -> None:
    project = make.project(cast.riverside)
    project.task_type = task_type
    with CaptureQueriesContext(connection) as queries:
        assert index._of_kind(project, index.TEXTS, time.monotonic() + 60) == 0
    assert not queries.captured_queries


@pytest.mark.django_db
def test_where_nothing_can_be_compared_that_is_said(cast: Cast, client: Client, settings, tmp_path: Path) -> None:
    settings.RUNTIME_ADDRESS, settings.DATA_DIR = f"unix:{tmp_path}/nobody.sock", tmp_path
    task = make.task(make.batch(make.project(cast.riverside)))
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("task-alike", args=[task.public_id])).content.decode()
    assert "Nothing can be compared" in page and "not running" in page
    said = Api(cast.mina, cast.riverside).get("task-alike", task.public_id).json()
    assert said["tasks"] == [] and "not running" in said["why"]


def test_rows_are_parted_where_they_stand_apart_and_not_where_they_do_not() -> None:
    themes = units(3, 128)
    rows = np.repeat(themes, [9, 4, 6], axis=0) + 0.3 * units(19, 128, seed=1)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    assert groups.parted(rows) == [0] * 9 + [2] * 4 + [1] * 6, "the largest is the first"
    assert set(groups.parted(np.repeat(themes[:1], 8, axis=0))) == {0}
    assert groups.parted(rows[:2]) == [0, 0]


@pytest.mark.django_db
def test_what_one_person_holds_is_told_by_what_is_alike_and_all_of_it_once(
    cast: Cast, settings, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path
    project = make.project(cast.riverside, "Cats", "classification", labels=[{"name": "Cat"}], wanted=1, grid=24)
    tasks = make.tasks(make.batch(project), 9)
    themes = units(2, 384)
    rows = np.repeat(themes, 4, axis=0) + 0.2 * units(8, 384, seed=1)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    index.vectors_of(project, index.TEXTS).add([one.pk for one in tasks[:8]], rows)
    tab = Tab(cast.alice, project)
    _, found = tab.send("POST", f"/studio/{project.public_id}/grid/claim", {})
    token, tiles = found["assignment"]["token"], found["assignment"]["task"]["tiles"]
    _, told = tab.send("POST", "/studio/grid/groups", {"token": token})
    named = {one["id"]: one["task"]["id"] for one in tiles}
    seen = [{named[one] for one in group} for group in told["groups"]]
    public = [str(one.public_id) for one in tasks]
    assert sorted(map(sorted, seen[:2])) == sorted(map(sorted, [public[:4], public[4:8]]))
    assert seen[2:] == [{public[8]}], "of this one nothing is kept yet"
    bob = Tab(cast.bob, project)
    assert bob.send("POST", "/studio/grid/groups", {"token": token})[0] == 404
