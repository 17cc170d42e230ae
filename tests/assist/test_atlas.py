"""A project's tasks on a map, and the undecided ones in groups: by what is kept of them, always the same, and without
telling those who judge what a model would say."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assist.alike import atlas, index, plane
from assist.learning import improve
from assist.models import Evaluation, EvaluationScore, LabelVectors, TaskGroup, TaskMap
from assist.registry import registry
from projects.models import Assignment, BulkAction, Project, Task, Verdict
from projects.reports import notices, verdict_index
from projects.task_types import asked_fields
from projects.workforce import rules
from taskers.errors import StateConflict
from taskers.models import Event
from taskers.models.people import Role
from tests.support import make
from tests.support.assist.work import SPACY
from tests.support.cast import Cast
from tests.support.projects.judging import said
from tests.support.projects.pipeline import Api

pytestmark = pytest.mark.django_db
WIDTH = index.WIDTHS[index.TEXTS]
THEMES = ("lamp", "soup", "budget")
SIZES = {"lamp": 40, "soup": 20, "budget": 12}


def client_of(person: Any) -> Client:
    found = Client()
    found.force_login(person, "django.contrib.auth.backends.ModelBackend")
    return found


def themed(seed: int = 3) -> tuple[list[str], np.ndarray]:
    """For each task its theme, and where it lies: near to the others of its theme."""
    rng = np.random.default_rng(seed)
    middles = rng.normal(size=(len(THEMES), WIDTH))
    names = [theme for theme, size in SIZES.items() for _ in range(size)]
    rows = np.stack([middles[THEMES.index(name)] for name in names]) + 0.4 * rng.normal(size=(len(names), WIDTH))
    return names, (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def project(cast: Cast, settings, tmp_path: Path) -> Project:
    """Texts of three themes that were read already; the fields ask for their tone."""
    settings.DATA_DIR = tmp_path
    labels = [{"key": key, "name": key.title(), "field": "Tone"} for key in ("praise", "defect")]
    terms = {"labels": labels, "fields": asked_fields.read("Tone (choice)"), "wanted": 1, "grid": 24}
    made = make.project(cast.riverside, "Letters", "classification", **terms)
    names, rows = themed()
    batch = make.batch(made)
    tasks = make.texts(batch, [f"Text {at} of a {name}." for at, name in enumerate(names)])
    index.vectors_of(made, index.TEXTS).add([one.pk for one in tasks], rows)
    return made


def decide(cast: Cast, project: Project, theme: str, label: str, most: int) -> list[Task]:
    found = [one for one in Task.objects.filter(project=project).order_by("pk") if theme in one.payload["text"]][:most]
    for task in found:
        said(cast.alice, task, {"fields": [{"field": "tone", "value": label}]})
    verdict_index.add(Event.objects.filter(project_key=project.public_id))
    return found


def drawn(cast: Cast, project: Project) -> TaskMap:
    made = atlas.begin(project, by=cast.mina)
    atlas.run(made.pk)
    made.refresh_from_db()
    return made


def themes_of(group: TaskGroup) -> set[str]:
    rows = Task.objects.in_bulk(group.tasks)
    return {theme for one in rows.values() for theme in THEMES if theme in one.payload["text"]}


def test_what_is_alike_lies_together_and_lies_the_same_each_time() -> None:
    names, rows = themed()
    first, neighbours = plane.laid(rows)
    again, _ = plane.laid(rows)
    assert neighbours and np.array_equal(first, again) and first.min() >= 0 and first.max() <= plane.SIDE
    middles = np.stack([first[[name == theme for name in names]].mean(0) for theme in THEMES])
    nearest = np.linalg.norm(first[:, None] - middles[None], axis=2).argmin(1)
    assert [THEMES[at] for at in nearest] == names
    few, neighbours = plane.laid(rows[:5])
    assert not neighbours and few.shape == (5, 2) and np.isfinite(few).all()
    same, _ = plane.laid(np.repeat(rows[:1], 70, axis=0))
    assert np.array_equal(same, np.full((70, 2), plane.SIDE / 2)), "one and the same lies in one place"


def test_undecided_tasks_come_in_groups_and_what_is_decided_leaves_them(cast: Cast, project: Project) -> None:
    decide(cast, project, "soup", "praise", 5)
    made = drawn(cast, project)
    groups = list(made.groups.order_by("number"))
    assert made.state == "done" and (made.tasks, made.undecided, made.cut) == (72, 67, False), made.reason
    assert [(one.size, themes_of(one)) for one in groups] == [(40, {"lamp"}), (15, {"soup"}), (12, {"budget"})]
    assert all(not one.suggested for one in groups), "nobody was taught anything"
    gone = groups[2].tasks[:3]
    Task.objects.filter(pk=gone[0]).update(withheld=Task.Withheld.MANAGER)
    said(cast.bob, Task.objects.get(pk=gone[1]), {"fields": [{"field": "tone", "value": "praise"}]})
    assert atlas.still_undecided(groups[2].tasks) == [*groups[2].tasks[2:]]
    assert atlas.first_undecided(groups[2].tasks, 2) == groups[2].tasks[2:4]


def test_the_same_project_is_drawn_once_at_a_time_and_its_newest_map_stays(cast: Cast, project: Project) -> None:
    first = atlas.begin(project, by=cast.mina)
    with pytest.raises(StateConflict, match="already"):
        atlas.begin(project, by=cast.mina)
    assert atlas.run(first.pk) == 72 and atlas.run(first.pk) == 0
    second = drawn(cast, project)
    assert list(TaskMap.objects.all()) == [second] and {one.map_id for one in TaskGroup.objects.all()} == {second.pk}
    empty = make.project(cast.riverside, "Nothing read")
    failed = drawn(cast, empty)
    assert failed.state == "failed" and "Too few tasks" in failed.reason and atlas.shown(empty) is None
    assert "Too few tasks" in client_of(cast.mina).get(reverse("copilot-map", args=[empty.public_id])).content.decode()


def test_more_undecided_tasks_than_are_parted_go_to_the_nearest_group(
    cast: Cast, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atlas, "PARTED", 36)
    monkeypatch.setattr(atlas, "MOST", 70)
    monkeypatch.setattr(atlas, "POINTS", 30)
    made = drawn(cast, project)
    groups = list(made.groups.order_by("number"))
    assert made.cut and len(made.points) == 30 and sum(one.size for one in groups) == 70
    assert [(one.size, themes_of(one)) for one in groups] == [(40, {"lamp"}), (20, {"soup"}), (10, {"budget"})]


def measured(cast: Cast, project: Project, wrong: Task) -> None:
    """An evaluation in which the model in place missed this task."""
    found = Evaluation.objects.create(
        project=project, candidate=registry.model_version("fake-spans@1"), champion=registry.model_version(SPACY),
        margin=0.05, state="done", outcome="passed", rules=1, begun_by=cast.mina,
    )  # fmt: skip
    verdict = Verdict.objects.current().get(task=wrong)
    EvaluationScore.objects.create(
        evaluation=found, task=wrong.pk, verdict=verdict.pk, candidate=1.0, champion=0.0, slices=[]
    )
    assert improve.measured(project) is not None


def test_the_map_tells_verdicts_and_disagreement_and_its_legend_filters(cast: Cast, project: Project) -> None:
    soups = decide(cast, project, "soup", "praise", 5)
    decide(cast, project, "lamp", "defect", 3)
    measured(cast, project, soups[0])
    page, mina = reverse("copilot-map", args=[project.public_id]), client_of(cast.mina)
    assert page in mina.get(reverse("copilot-improve", args=[project.public_id])).content.decode()
    assert mina.post(reverse("copilot-map-draw", args=[project.public_id])).status_code == 302
    assert "being made" in mina.get(page).content.decode()
    atlas.run(TaskMap.objects.get().pk)
    shown = mina.get(page).content.decode()
    assert "every 3s" not in shown
    points = shown.count("data-x=")
    assert points == 72 and "72 of 72 tasks" in shown and shown.count('tabindex="0"') == 1 and "Undecided" in shown
    assert reverse("task", args=[soups[0].public_id]) in shown and "the model disagrees" in shown
    praised = mina.get(page, {"show": "praise"}).content.decode()
    assert praised.count("data-x=") == 5 and 'value="praise" checked' in praised
    assert 'value="defect" checked' not in praised and 'value="defect"' in praised
    missed = mina.get(page, {"only": "disagreeing"}).content.decode()
    assert missed.count("data-x=") == 1 and reverse("task", args=[soups[0].public_id]) in missed
    assert "No task is of these kinds" in mina.get(page, {"show": "defect", "only": "disagreeing"}).content.decode()
    engineers = client_of(make.person("Emil", cast.riverside, Role.ML_ENGINEER)).get(page).content.decode()
    assert engineers.count("<use") > 72 and "data-x=" not in engineers, "the tasks' pages are the managers'"
    told = Api(cast.mina, cast.riverside).get("map", project.public_id).json()
    assert told["state"] == "done" and len(told["points"]) == 72
    assert {one["kind"] for one in told["points"]} == {"praise", "defect", "-undecided"}
    assert [one["task"] for one in told["points"] if one["disagrees"]] == [str(soups[0].public_id)]


@pytest.mark.parametrize(("name", "part"), [("copilot-map", "map"), ("copilot-groups", "groups")])
def test_a_page_that_waits_for_a_drawing_leaves_as_it_is_what_people_chose_there(
    cast: Cast, project: Project, monkeypatch: pytest.MonkeyPatch, name: str, part: str
) -> None:
    drawn(cast, project)
    made, mina = atlas.begin(project, by=cast.mina), client_of(cast.mina)
    page, htmx = reverse(name, args=[project.public_id]) + "?show=praise&page=2", {"HX-Request": "true"}
    asked = f'id="{part}" hx-get="{page.replace("&", "&amp;")}" hx-trigger="every 3s"'
    assert asked in mina.get(page).content.decode(), "what is swapped asks, and asks for the same"
    told = mina.get(page, headers=htmx)
    assert told.status_code == 200 and "no worker is alive" in told.content.decode()
    monkeypatch.setattr(notices, "worker_alive", lambda: True)
    assert mina.get(page, headers=htmx).status_code == 204
    atlas.run(made.pk)
    told = mina.get(page, headers=htmx)
    assert told.status_code == 200 and f'id="{part}">' in told.content.decode(), "which asks no more"


def taught(project: Project) -> None:
    """Verdicts showed where praise and defects lie: praise among the lamps, defects among soups."""
    names, rows = themed()
    sums = np.stack([rows[[name == theme for name in names]].sum(0) for theme in ("lamp", "soup")])
    LabelVectors.objects.create(
        project=project, version=registry.model_version(index.TEXTS), field="tone", labels=["praise", "defect"],
        sums=sums.astype("<f4").tobytes(), verdicts=60, blind=0, right=None, temperature=None, upto=1,
    )  # fmt: skip


def test_who_may_judge_by_choice_opens_a_group_in_the_grid_and_is_told_no_suggestion(
    cast: Cast, project: Project
) -> None:
    taught(project)
    made = drawn(cast, project)
    first = made.groups.get(number=1)
    assert first.suggested == [{"field": "tone", "label": "praise", "share": 1.0}]
    page, mina, alice = reverse("copilot-groups", args=[project.public_id]), client_of(cast.mina), client_of(cast.alice)
    take = reverse("copilot-group-take", args=[project.public_id, made.public_id, 1])
    told = mina.get(page).content.decode()
    assert "verdicts suggest Praise for 100" in told and take not in told, "in the pool nobody chooses"
    assert alice.get(page).status_code == 403 and alice.post(take).status_code == 403
    assert mina.post(take).status_code == 302 and not Assignment.objects.filter(state="held").exists()
    works_too = cast.riverside.memberships.create(person=cast.mina, role=Role.TASKER)
    told = mina.get(page).content.decode()
    assert "suggest Praise" not in told and "isn’t shown to who may judge" in told, "she may come to them in the pool"
    works_too.delete()
    rules.change(project, cast.mina, mode="choice")
    for judge in (mina, alice):
        told = judge.get(page).content.decode()
        assert take in told and "suggest Praise" not in told and "isn’t shown to who may judge" in told
    assert page in alice.get(reverse("my-list", args=[project.public_id])).content.decode()
    assert all(one.external_id not in told for one in Task.objects.in_bulk(first.tasks[:8]).values())
    assert alice.post(take).headers["Location"] == reverse("studio", args=[project.public_id])
    mine = Assignment.objects.filter(tasker=cast.alice, state="held")
    assert {one.task_id for one in mine} == set(first.tasks[:24]) and len({one.token for one in mine}) == 1
    inside = alice.get(reverse("copilot-group", args=[project.public_id, made.public_id, 1])).content.decode()
    assert "Text" in inside and "Tag these tasks" not in inside
    drawn(cast, project)
    assert alice.post(take).status_code == 404, "the groups were made anew"


def test_a_group_opens_for_who_judged_the_first_hundred_of_it(cast: Cast) -> None:
    project = make.project(cast.riverside, "Many letters", "classification", wanted=2, grid=4)
    rules.change(project, cast.mina, mode="choice")
    keys = [one.pk for one in make.tasks(make.batch(project), 110)]
    map_ = TaskMap.objects.create(project=project, begun_by=cast.mina, state="done", model=index.TEXTS)
    TaskGroup.objects.create(map=map_, number=1, tasks=keys, size=110)
    done = {"state": "submitted", "tasker": cast.alice, "token": uuid4(), "held_at": Now(), "deadline": Now()}
    Assignment.objects.filter(task__in=keys[:105], slot=0).update(**done)
    take, alice = reverse("copilot-group-take", args=[project.public_id, map_.public_id, 1]), client_of(cast.alice)
    studio = reverse("studio", args=[project.public_id])
    for _ in range(2):  # and again while she has them in her hands
        assert alice.post(take).headers["Location"] == studio
    mine = Assignment.objects.filter(tasker=cast.alice, state="held")
    assert sorted(one.task_id for one in mine) == keys[105:109]
    assert client_of(cast.bob).post(take).headers["Location"] == studio
    theirs = Assignment.objects.filter(tasker=cast.bob, state="held")
    assert sorted(one.task_id for one in theirs) == keys[:4], "what waits for a second judgement is his to give"


def test_names_of_labels_are_read_once_for_all_groups(cast: Cast, project: Project) -> None:
    taught(project)
    made = drawn(cast, project)
    page, mina = reverse("copilot-groups", args=[project.public_id]), client_of(cast.mina)
    with CaptureQueriesContext(connection) as of_three:
        told = mina.get(page).content.decode()
    assert told.count("verdicts suggest") > 1
    made.groups.exclude(number=1).delete()
    with CaptureQueriesContext(connection) as of_one:
        assert mina.get(page).content.decode().count("verdicts suggest") == 1
    assert len(of_three) == len(of_one)


def test_a_manager_tags_a_whole_group(cast: Cast, project: Project) -> None:
    made, mina = drawn(cast, project), client_of(cast.mina)
    group = made.groups.get(number=3)
    address = reverse("copilot-group-tag", args=[project.public_id, made.public_id, 3])
    assert client_of(cast.rita).post(address, {"tag": "budgets"}).status_code == 403
    refused = mina.post(address, {"tag": " "}, follow=True).content.decode()
    assert "1 to 40 characters" in refused and not BulkAction.objects.exists()
    assert mina.post(address, {"tag": "budgets"}).status_code == 302
    action = BulkAction.objects.get()
    assert sorted(action.tasks) == sorted(group.tasks) and action.terms == {"tag": "budgets"}
    listed = Api(cast.mina, cast.riverside).get("map-groups", project.public_id).json()
    assert [one["size"] for one in listed["results"]] == [40, 20, 12]
    own = set(Task.objects.filter(pk__in=group.tasks).values_list("public_id", flat=True))
    assert {str(one) for one in own} == set(listed["results"][2]["tasks"])
