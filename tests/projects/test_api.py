"""The API: what a customer's pipeline does with it, and what it is told when it can't."""

import json
from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects import queue, verdict_index
from projects.models import Annotation, Batch, Draft, Intake, Project, Task
from taskers import tokens
from taskers.models import Event, Transfer
from tests import make

pytestmark = pytest.mark.django_db

PROBLEM = "application/problem+json"


class Api:
    """A program with somebody's token."""

    def __init__(self, person, organization) -> None:
        self.token, self.secret = tokens.issue(person, organization, name="Pipeline")
        self.client = Client(headers={"Authorization": f"Bearer {self.secret}"})

    def get(self, name: str, *keys: object, **query: object):
        return self.client.get(reverse(f"api-{name}", args=keys), query)

    def post(self, name: str, *keys: object, body: object = None, **terms: str):
        data = body if isinstance(body, (bytes, str)) else json.dumps(body or {})
        return self.client.post(reverse(f"api-{name}", args=keys), data, terms.get("type", "application/json"))

    def put(self, name: str, *keys: object, body: object):
        return self.client.put(reverse(f"api-{name}", args=keys), json.dumps(body), "application/json")


@pytest.fixture
def mina(cast) -> Api:
    return Api(cast.mina, cast.riverside)


@pytest.fixture
def alice(cast) -> Api:
    return Api(cast.alice, cast.riverside)


@pytest.fixture
def nora(cast) -> Api:
    return Api(cast.nora, cast.hilltop)


@pytest.fixture
def project(cast) -> Project:
    return make.project(cast.riverside, wanted=1)


@pytest.fixture
def batch(project) -> Batch:
    return make.batch(project)


def refused(answer, status: int, code: str, place: str | None = None) -> dict:
    """The problem that was answered with, checked."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == PROBLEM
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert {"type", "title", "detail"} <= set(problem)
    if place is not None:
        assert problem["place"] == place
    return problem


# --- who may -------------------------------------------------------------------------------------------

GETS = ("project", "batches", "verdicts", "batch", "intake", "task", "task-verdicts")
POSTS = ("batches", "claim", "batch-move", "batch-tasks", "batch-intakes")


@pytest.fixture
def keys(cast, project, batch) -> dict[str, tuple]:
    """An address of each kind in Riverside."""
    task = make.task(batch)
    made = Intake.objects.create(batch=batch, name="a.jsonl", format="jsonl", file="a.jsonl")
    by_project = dict.fromkeys(("project", "batches", "verdicts", "claim"), (project.public_id,))
    by_batch = dict.fromkeys(("batch", "batch-move", "batch-tasks", "batch-intakes"), (batch.public_id,))
    by_task = dict.fromkeys(("task", "task-verdicts", "task-media"), (task.public_id,))
    export = {"export": (project.public_id, "jsonl")}
    return by_project | by_batch | by_task | export | {"intake": (made.public_id,)}


@pytest.mark.parametrize("name", [*GETS, "export", "task-media"])
def test_neighbour_finds_nothing(nora, keys, name: str) -> None:
    refused(nora.get(name, *keys[name]), 404, "not-found")


@pytest.mark.parametrize("name", POSTS)
def test_neighbour_moves_nothing(nora, keys, name: str) -> None:
    refused(nora.post(name, *keys[name]), 404, "not-found")


@pytest.mark.parametrize("name", [*GETS, "export"])
def test_tasker_without_the_role_is_told_so(alice, keys, name: str) -> None:
    refused(alice.get(name, *keys[name]), 403, "not-allowed")


def test_manager_is_no_tasker(mina, project) -> None:
    refused(mina.post("claim", project.public_id), 403, "not-allowed")


@pytest.mark.parametrize("name", [*GETS, "export"])
def test_stranger_is_asked_for_a_token(keys, name: str) -> None:
    answer = Client().get(reverse(f"api-{name}", args=keys[name]))
    refused(answer, 401, "not-authenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_session_is_no_token(cast, project) -> None:
    client = Client()
    client.force_login(cast.mina)
    refused(client.get(reverse("api-project", args=[project.public_id])), 401, "not-authenticated")


def test_token_reaches_only_into_its_own_organization(cast, project) -> None:
    make.invitations.grant(cast.hilltop, cast.mina, "manager", by=cast.nora)
    at_hilltop = Api(cast.mina, cast.hilltop)
    refused(at_hilltop.get("project", project.public_id), 404, "not-found")
    assert at_hilltop.get("projects").json()["results"] == []


@pytest.mark.parametrize("end", ["revoked_at", "expires_at"])
def test_ended_token_opens_nothing(cast, mina, end: str) -> None:
    type(mina.token).objects.filter(pk=mina.token.pk).update(**{end: timezone.now()})
    refused(mina.get("projects"), 401, "authentication-failed")


def test_unknown_address_is_a_problem_too(mina) -> None:
    refused(mina.client.get("/api/v1/nothing/here/"), 404, "not-found")


def test_browser_is_answered_in_json_too(mina) -> None:
    assert (
        mina.client.get(reverse("api-projects"), headers={"Accept": "text/html"})["Content-Type"] == "application/json"
    )


# --- projects and batches -------------------------------------------------------------------------------

SHIPS = {
    "name": "Ships",
    "task_type": "text_spans",
    "wanted": 3,
    "rate": "0.035",
    "instructions": "Mark ships.\n",
    "labels": [{"name": "Ship", "hotkey": "s"}, {"name": "Port", "colour": "#2f9e44"}],
    "label_mapping": {"GPE": "port"},
    "thresholds": {"agreement": 0.8, "span_match": "overlap"},
}


def test_manager_creates_and_gets_a_project(cast, mina) -> None:
    made = mina.post("projects", body=SHIPS)
    assert made.status_code == 201
    assert mina.get("project", made.json()["id"]).json() == made.json()
    settings = Project.objects.get(name="Ships").settings_now()
    assert (settings.rate, settings.wanted, settings.made_by) == (35_000, 3, cast.mina)
    assert made.json()["settings"]["rate"] == "0.035"
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
        ({"name": "a\u0000b"}, "name"),
    ],
)
def test_project_that_cannot_be_is_refused_with_the_place(mina, change: dict, place: str) -> None:
    refused(mina.post("projects", body=SHIPS | change), 400, "invalid", place)
    assert not Project.objects.exists()


def test_verbs_refusals_are_problems(mina, project) -> None:
    twice = SHIPS | {"labels": [{"name": "Ship"}, {"name": "ship"}]}
    refused(mina.post("projects", body=twice), 422, "label-twice", "labels[1].key")
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
    assert (done["read"], done["loaded"], done["known"], done["refused"]) == (3, 2, 0, 1)
    assert done["errors"][0]["place"].startswith("tasks[1]")
    assert Task.objects.count() == 2
    assert queue.audit() == []


def test_loading_again_changes_nothing(mina, batch) -> None:
    mina.post("batch-tasks", batch.public_id, body=ROWS)
    events = Event.objects.count()
    done = mina.post("batch-tasks", batch.public_id, body=ROWS).json()
    assert (done["loaded"], done["known"]) == (0, 2)
    assert Event.objects.count() == events
    changed = [ROWS[0] | {"payload": {"text": "Another text."}}]
    assert mina.post("batch-tasks", batch.public_id, body=changed).json()["errors"][0]["code"] == "external-id-conflict"


def test_json_lines_are_read_as_they_come(mina, batch) -> None:
    body = b"\n".join(json.dumps(row).encode() for row in ROWS) + b"\nnonsense\n"
    done = mina.post("batch-tasks", batch.public_id, body=body, type="application/x-ndjson").json()
    assert (done["loaded"], done["refused"]) == (2, 2)
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


def test_closed_batch_takes_no_tasks(mina, batch) -> None:
    mina.post("batch-move", batch.public_id, body={"state": "closed"})
    refused(mina.post("batch-tasks", batch.public_id, body=ROWS), 409, "batch-closed")


def test_file_is_taken_in_and_followed(mina, batch) -> None:
    file = BytesIO(b"One.\nTwo.\n")
    file.name = "rows.txt"
    made = mina.client.post(reverse("api-batch-intakes", args=[batch.public_id]), {"file": file})
    assert made.status_code == 202
    assert mina.get("intake", made.json()["id"]).json()["state"] == "waiting"


# --- work -----------------------------------------------------------------------------------------------


def claimed(alice: Api, project: Project) -> dict:
    return alice.post("claim", project.public_id).json()["assignment"]


def test_tasker_works_by_program(cast, alice, project, batch) -> None:
    make.tasks(batch, 2)
    work = claimed(alice, project)
    assert work["task"]["payload"]["text"] == make.TEXT
    assert work["pay"] == "$0.05"
    assert alice.post("heartbeat", work["id"], body={"token": work["token"]}).json()["deadline"] >= work["deadline"]
    draft = {"token": work["token"], "version": 0, "answer": {"spans": []}}
    assert alice.put("draft", work["id"], body=draft).json() == {"version": 1}
    answer = {"token": work["token"], "answer": make.MARIA, "active_ms": 1200}
    done = alice.post("submit", work["id"], body=answer).json()
    assert Annotation.objects.get().active_ms == 1200
    assert done["assignment"]["id"] != work["id"]
    assert not Draft.objects.exists()


def test_submitting_again_is_taken_once(alice, project, batch) -> None:
    make.tasks(batch, 2)
    work = claimed(alice, project)
    answer = {"token": work["token"], "answer": make.MARIA}
    first, second = (alice.post("submit", work["id"], body=answer).json() for _ in range(2))
    assert first["submitted"] == second["submitted"]
    assert first["assignment"]["id"] == second["assignment"]["id"]
    assert (Annotation.objects.count(), Transfer.objects.count()) == (1, 1)
    refused(alice.post("submit", work["id"], body=answer | {"answer": make.OSLO}), 409, "already-submitted")


def test_when_nothing_is_left_it_is_said(alice, project, batch) -> None:
    answer = alice.post("claim", project.public_id).json()
    assert answer["assignment"] is None
    assert answer["nothing"]["code"] == "all-done"


def test_bad_answer_is_refused_with_the_place(alice, project, batch) -> None:
    make.task(batch)
    work = claimed(alice, project)
    wrong = {"token": work["token"], "answer": make.spans((0, 999))}
    refused(alice.post("submit", work["id"], body=wrong), 422, "span-outside-text", "spans[0].end")
    unknown = {"token": work["token"], "answer": make.spans((0, 5, "ghost"))}
    refused(alice.post("submit", work["id"], body=unknown), 422, "unknown-label", "spans[0].label")


@pytest.mark.parametrize("text", ["a\u0000b", "\ud800"])
def test_draft_that_cannot_be_stored_is_refused(alice, project, batch, text: str) -> None:
    make.task(batch)
    work = claimed(alice, project)
    draft = {"token": work["token"], "version": 0, "answer": {"note": text}}
    refused(alice.put("draft", work["id"], body=draft), 400, "invalid", "answer")


def test_skip_asks_somebody_else(cast, alice, project, batch) -> None:
    make.task(batch)
    work = claimed(alice, project)
    refused(alice.post("skip", work["id"], body={"token": work["token"], "reason": "lazy"}), 400, "invalid", "reason")
    done = alice.post("skip", work["id"], body={"token": work["token"], "reason": "unclear"}).json()
    assert done["assignment"] is None
    assert make.held(cast.bob, project)


def test_release_gives_back(alice, project, batch) -> None:
    make.task(batch)
    work = claimed(alice, project)
    assert alice.post("release", work["id"], body={"token": work["token"]}).status_code == 204
    refused(alice.post("release", work["id"], body={"token": work["token"]}), 409, "lease-lost")


@pytest.mark.parametrize("name", ["heartbeat", "submit", "skip", "release"])
@pytest.mark.parametrize("who", ["bob", "mina", "ned"])
def test_nobody_touches_work_in_other_hands(cast, alice, project, batch, name: str, who: str) -> None:
    make.task(batch)
    work = claimed(alice, project)
    person = getattr(cast, who)
    other = Api(person, cast.hilltop if who == "ned" else cast.riverside)
    body = {"token": work["token"], "answer": make.MARIA, "reason": "unclear", "version": 0}
    refused(other.post(name, work["id"], body=body), 404, "not-found")


# --- verdicts -------------------------------------------------------------------------------------------


def test_verdicts_are_followed(cast, mina, project, batch) -> None:
    tasks = make.tasks(batch, 3)
    for _ in range(2):
        make.judged(cast.alice, project, make.MARIA)
    verdict_index.add(Event.objects.all())
    page = mina.get("verdicts", project.public_id, limit=1).json()
    assert (page["results"][0]["external_id"], page["more"]) == (tasks[0].external_id, True)
    rest = mina.get("verdicts", project.public_id, after=page["next"]).json()
    assert [one["external_id"] for one in rest["results"]] == [tasks[1].external_id]
    make.judged(cast.alice, project, make.MARIA)
    verdict_index.add(Event.objects.all())
    later = mina.get("verdicts", project.public_id, after=rest["next"]).json()
    assert [one["external_id"] for one in later["results"]] == [tasks[2].external_id]
    assert mina.get("verdicts", project.public_id, after=later["next"]).json()["next"] == later["next"]


def test_task_tells_its_verdict(cast, mina, project, batch) -> None:
    task = make.task(batch)
    assert mina.get("task", task.public_id).json()["verdict"] is None
    make.judged(cast.alice, project, make.MARIA)
    shown = mina.get("task", task.public_id).json()
    assert [span["label"] for span in shown["verdict"]["answer"]["spans"]] == ["person"]
    assert mina.get("task-verdicts", task.public_id).json()["results"][0]["id"] == shown["verdict"]["id"]


@pytest.mark.parametrize("query", [{"after": "x"}, {"limit": "0"}, {"limit": "201"}, {"after": "9" * 19}])
def test_odd_pages_are_refused(mina, project, query: dict) -> None:
    assert refused(mina.get("verdicts", project.public_id, **query), 400, "invalid")["place"] in query


def test_export_in_another_types_format_is_refused(mina, project) -> None:
    refused(mina.get("export", project.public_id, "coco"), 422, "wrong-format", "format")


@pytest.mark.parametrize("name", GETS)
def test_no_address_asks_much(mina, keys, name: str, django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(10):
        assert mina.get(name, *keys[name]).status_code == 200
