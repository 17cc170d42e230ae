"""The API: what a customer's pipeline does with projects, batches and tasks, and what it is told when it can't."""

import json
from io import BytesIO

import pytest
from django.urls import reverse

from projects import queue
from projects.models import Project, Task
from taskers.models import Event
from tests.support import make
from tests.support.projects.pipeline import refused

pytestmark = pytest.mark.django_db


SHIPS = {
    "name": "Ships",
    "task_type": "text_spans",
    "wanted": 3,
    "rate": "0.035",
    "instructions": "Mark ships.\n",
    "labels": [{"name": "Ship", "hotkey": "h"}, {"name": "Port", "colour": "#2f9e44"}],
    "label_mapping": {"GPE": "port"},
    "thresholds": {"agreement": 0.8, "span_match": "overlap"},
    "review": {"share": 0.1, "labels": ["ship"], "when": "after"},
}


def test_manager_creates_and_gets_a_project(cast, mina) -> None:
    made = mina.post("projects", body=SHIPS)
    assert made.status_code == 201
    assert mina.get("project", made.json()["id"]).json() == made.json()
    settings = Project.objects.get(name="Ships").settings_now()
    assert (settings.rate, settings.wanted, settings.made_by) == (35_000, 3, cast.mina)
    assert made.json()["settings"]["rate"] == "0.035"
    assert made.json()["settings"]["review"] == settings.review == SHIPS["review"]
    assert [one["key"] for one in made.json()["labels"]] == ["ship", "port"]
    assert made.json()["currency"] == "USD"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"rate": "0.0000001"}, "rate"),
        ({"rate": -1}, "rate"),
        ({"wanted": 0}, "wanted"),
        ({"name": ""}, "name"),
        ({"task_type": "songs"}, "task_type"),
        ({"labels": [{"name": "A"}, {"name": ""}]}, "labels[1].name"),
        ({"thresholds": {"iou": 2}}, "thresholds.iou"),
        ({"review": {"share": 2}}, "review.share"),
        ({"review": {"when": "never"}}, "review.when"),
        ({"review": "all"}, "review"),
        ({"name": "a\u0000b"}, "name"),
    ],
)
def test_project_that_cannot_be_is_refused_with_the_place(mina, change: dict, place: str) -> None:
    refused(mina.post("projects", body=SHIPS | change), 400, "invalid", place)
    assert not Project.objects.exists()


def test_verbs_refusals_are_problems(mina, project) -> None:
    twice = SHIPS | {"labels": [{"name": "Ship"}, {"name": "ship"}]}
    refused(mina.post("projects", body=twice), 422, "label-twice", "labels[1].name")
    refused(mina.post("projects", body=SHIPS | {"name": project.name}), 409, "project-exists", "name")


def test_tasker_creates_no_project(alice) -> None:
    refused(alice.post("projects", body=SHIPS), 403, "not-allowed")


def test_lists_are_cut_by_key(cast, mina) -> None:
    for number in range(5):
        make.project(cast.riverside, f"P{number}")
    names, after = [], None
    for _ in range(3):
        page = mina.get("projects", limit=2, **({"after": after} if after else {})).json()
        names += [one["name"] for one in page["results"]]
        after = page["next"]
    assert names == [f"P{number}" for number in range(5)]
    assert page["more"] is False


def test_batch_is_made_and_moved(mina, project) -> None:
    made = mina.post("batches", project.public_id, body={"name": "March", "priority": 5}).json()
    assert (made["state"], made["priority"], made["progress"]["tasks"]) == ("draft", 5, 0)
    assert mina.post("batch-move", made["id"], body={"state": "live"}).json()["state"] == "live"
    refused(mina.post("batch-move", made["id"], body={"state": "live"}), 409, "state-conflict")
    refused(mina.post("batch-move", made["id"], body={"state": "draft"}), 400, "invalid", "state")
    refused(mina.post("batches", project.public_id, body={"name": "March"}), 409, "batch-exists", "name")
    assert [one["name"] for one in mina.get("batches", project.public_id).json()["results"]] == ["March"]


# --- loading --------------------------------------------------------------------------------------------

ROWS = [
    {"external_id": "r-1", "payload": {"text": "Maria went to Oslo."}},
    {"external_id": "r-2", "payload": {"text": ""}},
    {"external_id": "r-3", "payload": {"text": "Nobody went."}},
]


def test_list_goes_in_and_bad_rows_are_told(mina, batch) -> None:
    done = mina.post("batch-tasks", batch.public_id, body=ROWS).json()
    assert (done["read"], done["loaded"], done["known"], done["rejected"]) == (3, 2, 0, 1)
    assert done["errors"][0]["place"].startswith("tasks[1]")
    assert Task.objects.count() == 2
    assert queue.audit().breaches == []


def test_loading_again_changes_nothing(mina, batch) -> None:
    mina.post("batch-tasks", batch.public_id, body=ROWS)
    events = Event.objects.count()
    done = mina.post("batch-tasks", batch.public_id, body=ROWS).json()
    assert (done["loaded"], done["known"]) == (0, 2)
    assert Event.objects.count() == events
    changed = [ROWS[0] | {"payload": {"text": "Another text."}}]
    assert mina.post("batch-tasks", batch.public_id, body=changed).json()["errors"][0]["code"] == "external-id-conflict"


def test_id_names_a_row_and_the_answer_says_what_became_of_every_field(mina, batch) -> None:
    rows = [{"id": 17, "text": "One", "ward": "North"}, {"id": "b", "payload": {"text": "Two"}}, {"text": "Three"}]
    done = mina.post("batch-tasks", batch.public_id, body=rows).json()
    assert (done["loaded"], done["ids"], done["unnamed"], done["columns"]) == (3, 2, 1, ["ward"])
    assert set(Task.objects.values_list("external_id", flat=True)) > {"17", "b"}


def test_json_lines_are_read_as_they_come(mina, batch) -> None:
    body = b"\n".join(json.dumps(row).encode() for row in ROWS) + b"\nnonsense\n"
    done = mina.post("batch-tasks", batch.public_id, body=body, type="application/x-ndjson").json()
    assert (done["loaded"], done["rejected"]) == (2, 2)
    assert [one["place"].split(",")[0] for one in done["errors"]] == ["line 2", "line 4"]


def test_many_chunks_go_in(mina, batch) -> None:
    body = b"".join(json.dumps({"external_id": f"n-{i}", "text": f"Text {i}"}).encode() + b"\n" for i in range(4100))
    assert mina.post("batch-tasks", batch.public_id, body=body, type="application/x-ndjson").json()["loaded"] == 4100


@pytest.mark.parametrize(
    ("body", "type", "status", "code"),
    [
        (b"{", "application/json", 400, "parse-error"),
        (b'{"a": 1}', "application/json", 422, "wrong-shape"),
        (b"[1, null]", "application/json", 200, ""),
        (b"[]", "application/json", 200, ""),
        (b"", "application/x-ndjson", 422, "wrong-shape"),
        (b"text", "text/plain", 415, "unsupported-media-type"),
        (b'[{"payload": {"text": "a\\u0000b"}}]', "application/json", 200, ""),
        (b'[{"payload": {"text": "\\ud800"}}]', "application/json", 200, ""),
        (b'[{"payload": {"text": NaN}}]', "application/json", 400, "parse-error"),
        pytest.param(b"[" * 100_000, "application/json", 422, "too-deep", id="too-deep"),
        pytest.param(b"[" * 900 + b"]" * 900, "application/json", 422, "too-deep", id="too-deep-and-whole"),
    ],
)
def test_odd_bodies_break_nothing(mina, batch, body: bytes, type: str, status: int, code: str) -> None:
    answer = mina.post("batch-tasks", batch.public_id, body=body, type=type)
    if code:
        refused(answer, status, code)
    assert answer.status_code == status
    assert not Task.objects.exists()


def test_list_that_is_too_long_is_refused(mina, batch, monkeypatch) -> None:
    monkeypatch.setattr("projects.api.rows.LONGEST_LIST", 50)
    refused(mina.post("batch-tasks", batch.public_id, body=ROWS), 413, "too-large")


def test_body_of_too_many_values_is_refused_unread(mina, batch, monkeypatch) -> None:
    monkeypatch.setattr("projects.api.rows.MOST_VALUES", 2)
    refused(mina.post("batch-tasks", batch.public_id, body=b"[{},{},{},{"), 413, "too-large")


def test_list_of_too_many_rows_is_refused(mina, batch, monkeypatch) -> None:
    monkeypatch.setattr("projects.api.rows.MOST_ROWS", 1)
    refused(mina.post("batch-tasks", batch.public_id, body=ROWS), 413, "too-large")


def test_closed_batch_takes_no_tasks(mina, batch) -> None:
    mina.post("batch-move", batch.public_id, body={"state": "closed"})
    refused(mina.post("batch-tasks", batch.public_id, body=ROWS), 409, "batch-closed")


def test_file_is_taken_in_and_followed(mina, batch) -> None:
    file = BytesIO(b"One.\nTwo.\n")
    file.name = "rows.txt"
    made = mina.client.post(reverse("api-batch-imports", args=[batch.public_id]), {"file": file})
    assert made.status_code == 202
    assert mina.get("import", made.json()["id"]).json()["state"] == "waiting"


def test_manager_has_a_judgement_done_again(cast, mina, alice, project, batch) -> None:
    task = make.task(batch)
    make.judged(cast.alice, project, make.MARIA)
    (one,) = mina.get("task-judgements", task.public_id).json()["results"]
    assert (one["tasker"]["name"], one["answer"]["spans"][0]["end"], one["voided_at"]) == ("Alice", 11, None)
    body = {"judgement": one["id"], "reason": "It is too long."}
    refused(alice.post("task-judgements", task.public_id, body=body), 403, "not-allowed")
    refused(mina.post("task-judgements", task.public_id, body=body | {"reason": " "}), 400, "invalid", "reason")
    (after,) = mina.post("task-judgements", task.public_id, body=body).json()["results"]
    assert after["voided_at"] and after["void_reason"] == "It is too long."
    refused(mina.post("task-judgements", task.public_id, body=body), 409, "state-conflict")
    assert make.held(cast.bob, project).task == task
