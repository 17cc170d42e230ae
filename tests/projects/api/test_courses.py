"""Courses and known answers by program, and with the rows that are loaded."""

import pytest

from projects import queue
from projects.models import PooledGold, Task
from projects.queue.qualification import course_items
from taskers.skills import skills
from tests.support import make
from tests.support.projects.courses import answered
from tests.support.projects.pipeline import Office

pytestmark = pytest.mark.django_db


@pytest.fixture
def mina(cast) -> Office:
    return Office(cast.mina, cast.riverside)


def item(task: Task, **terms) -> dict:
    return {"task": str(task.public_id), "answer": make.MARIA, "explanation": "So."} | terms


def test_a_program_makes_a_course_and_follows_who_passes(cast, mina, project, batch) -> None:
    skills.define(cast.riverside, "Names")
    first, second, _work = make.tasks(batch, 3)
    mina.send("POST", "course-items", project.public_id, body=item(first))
    added = mina.send("POST", "course-items", project.public_id, body=item(second, shown=False))
    assert added.status_code == 201 and [one["shown"] for one in added.json()["items"]] == [True, False]
    order = {"tasks": [str(second.public_id), str(first.public_id)]}
    said = mina.send("PUT", "course-items", project.public_id, body=order).json()
    assert [one["external_id"] for one in said["items"]] == [second.external_id, first.external_id]
    terms = {"items_asked": 2, "skill": "names", "pass_mark": 0.9, "pay": "0.01", "shown": True, "wait_hours": 3}
    said = mina.send("PATCH", "course", project.public_id, body=terms).json()
    assert (said["items_asked"], said["skill"], said["pay"], said["wait_hours"]) == (2, "names", "0.01", 3)
    assert [one["shown"] for one in said["items"]] == [True, True]
    for _ in range(2):
        answered(cast.alice, project, make.OSLO)
    [alice] = mina.get("course-people", project.public_id).json()["results"]
    assert (alice["state"], alice["score"], alice["failures"]) == ("failed", 0.0, 1)
    said = mina.get("course", project.public_id).json()["items"][0]
    assert (said["answered"], said["failed"]) == (1, 1) and said["common"].startswith(("Missed", "Not to be marked"))
    own = Office(cast.alice, cast.riverside).get("course-mine", project.public_id).json()["results"]
    assert own[0]["passed"] is False and [one["explanation"] for one in own[0]["items"]] == ["So.", "So."]
    assert mina.send("POST", "course-again", project.public_id, cast.alice.public_id).json() == {"tries": 1}
    assert mina.send("POST", "course-again", project.public_id, cast.bob.public_id).status_code == 404
    assert mina.send("DELETE", "course-item", project.public_id, first.public_id).status_code == 204
    assert course_items(project).count() == 1


def test_an_item_is_explained_and_faults_are_named(cast, mina, project, batch) -> None:
    task, other = make.tasks(batch, 2)
    assert mina.send("POST", "course-items", project.public_id, body={"task": str(task.public_id)}).json()["code"] == (
        "not-decided"
    )
    bad = mina.send("POST", "course-items", project.public_id, body=item(task, answer=make.spans((0, 5, "ghost"))))
    assert (bad.status_code, bad.json()["place"]) == (422, "spans[0].label")
    mina.send("POST", "course-items", project.public_id, body=item(task))
    assert mina.send("POST", "course-items", project.public_id, body=item(task)).json()["code"] == "in-gold-pool"
    change = {"explanation": "Because.", "shown": False}
    said = mina.send("PUT", "course-item", project.public_id, task.public_id, body=change).json()
    assert said["items"][0]["explanation"] == "Because." and said["items"][0]["shown"] is False
    assert mina.send("PUT", "course-item", project.public_id, other.public_id, body=change).status_code == 404
    foreign = make.task(make.batch(make.project(cast.riverside, "Other")))
    assert mina.send("POST", "course-items", project.public_id, body=item(foreign)).status_code == 404
    assert mina.send("PATCH", "course", project.public_id, body={"items_asked": 1}).json()["code"] == (
        "no-training-skill"
    )


def test_a_verdict_or_an_answer_becomes_a_known_one(cast, mina, project, batch) -> None:
    decided, given = make.tasks(batch, 2)
    make.judged(cast.alice, project, make.MARIA)
    kept = mina.send("POST", "gold", project.public_id, body={"task": str(decided.public_id)})
    assert kept.status_code == 201 and kept.json()["pool"] == "control"
    body = {"task": str(given.public_id), "answer": make.OSLO}
    assert mina.send("POST", "gold", project.public_id, body=body).json()["external_id"] == given.external_id
    assert queue.audit().breaches == []


def test_rows_bring_their_right_answers(cast, mina, project, batch) -> None:
    rows = [
        {"external_id": "plain", "text": make.TEXT, "explanation": "no answer: a field like any other"},
        {"external_id": "mixed", "text": make.TEXT, "gold": make.MARIA},
        {"external_id": "one", "text": make.TEXT, "gold": make.OSLO, "course": True, "explanation": "A place."},
        {"external_id": "two", "payload": {"text": make.TEXT}, "gold": make.MARIA, "course": True, "shown": False},
        {"external_id": "ghost", "text": make.TEXT, "gold": make.spans((0, 5, "ghost"))},
        {"external_id": "flag", "text": make.TEXT, "gold": make.MARIA, "course": "yes"},
        {"external_id": "long", "text": make.TEXT, "gold": make.MARIA, "course": True, "explanation": "x" * 4001},
        {"external_id": "null", "text": make.TEXT, "gold": None},
    ]
    for loaded, known in ((4, 0), (0, 4)):
        said = mina.send("POST", "batch-tasks", batch.public_id, body=rows).json()
        assert (said["loaded"], said["known"]) == (loaded, known)
        assert [(one["place"], one["code"]) for one in said["errors"]] == [
            ("tasks[4], gold.spans[0].label", "unknown-label"),
            ("tasks[5], course", "wrong-shape"),
            ("tasks[6], explanation", "too-long"),
            ("tasks[7], gold", "wrong-shape"),
        ]
    assert [one.gold.task.external_id for one in course_items(project)] == ["one", "two"]
    assert [(one.explanation, one.shown) for one in course_items(project)] == [("A place.", True), ("", False)]
    assert PooledGold.objects.get(pool="control").gold.task.external_id == "mixed"
    assert Task.objects.get(external_id="plain").payload["meta"]["explanation"].startswith("no answer")
    assert dict(Task.objects.values_list("external_id", "wanted")) == {"plain": 1, "mixed": 0, "one": 0, "two": 0}
    assert queue.audit().breaches == []
