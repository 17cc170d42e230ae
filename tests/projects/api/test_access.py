"""The API: who may ask it, and that no address asks much of the database."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.models import Import
from tests.support import make
from tests.support.projects.pipeline import Api, refused

pytestmark = pytest.mark.django_db


GETS = ("project", "batches", "verdicts", "batch", "import", "task", "task-verdicts")
POSTS = ("batches", "claim", "batch-move", "batch-tasks", "batch-imports")


@pytest.fixture
def keys(cast, project, batch) -> dict[str, tuple]:
    """An address of each kind in Riverside."""
    task = make.task(batch)
    made = Import.objects.create(batch=batch, name="a.jsonl", format="jsonl", file="a.jsonl")
    by_project = dict.fromkeys(("project", "batches", "verdicts", "claim"), (project.public_id,))
    by_batch = dict.fromkeys(("batch", "batch-move", "batch-tasks", "batch-imports"), (batch.public_id,))
    by_task = dict.fromkeys(("task", "task-verdicts", "task-media"), (task.public_id,))
    export = {"export": (project.public_id, "jsonl")}
    return by_project | by_batch | by_task | export | {"import": (made.public_id,)}


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


def test_what_cannot_be_read_is_answered_with_what_can(mina, project) -> None:
    """Whoever comes from another tool learns from the refusal how it is asked here."""
    missing = refused(
        mina.client.get("/api/v1/projects/", headers={"Authorization": "Token x"}), 401, "not-authenticated"
    )
    assert missing["detail"] == "Send a token: Authorization: Bearer tdm_…"
    unslashed = refused(mina.client.get("/api/v1/projects"), 404, "not-found")
    assert unslashed["detail"].endswith("Those of the API end with a slash.")
    path = reverse("api-projects")
    typed = refused(mina.client.post(path, b"a,b", "text/csv"), 415, "unsupported-media-type")
    assert typed["detail"].endswith("is one of: application/json.")
    packed = mina.client.post(path, b"{}", "application/json", headers={"Content-Encoding": "gzip"})
    assert "Content-Encoding" in refused(packed, 415, "unsupported-media-type")["detail"]
    said = refused(mina.post("projects", body={"name": "A", "task_type": "songs", "labels": []}), 400, "invalid")
    assert said["place"] == "task_type" and "text_spans" in said["detail"]
    paged = refused(mina.get("verdicts", project.public_id, after="None"), 400, "invalid", "after")
    assert paged["detail"].startswith("Give the `next`")
    for name, terms in (("tasks", {"status": "decided"}), ("verdicts", {"cursor": "3"}), ("batches", {"page": "2"})):
        refused(mina.get(name, project.public_id, **terms), 422, "unknown-field", *terms)
    refused(
        mina.client.get(reverse("api-export", args=[project.public_id, "jsonl"]) + "?bacth=x"), 422, "unknown-field"
    )
    for name, body in (("batches", {"name": "A", "prority": 1}), ("made-deliveries", {"format": "jsonl", "term": {}})):
        refused(mina.post(name, project.public_id, body=body), 422, "unknown-field")


def test_unknown_address_is_a_problem_too(mina) -> None:
    refused(mina.client.get("/api/v1/nothing/here/"), 404, "not-found")


def test_browser_is_answered_in_json_too(mina) -> None:
    assert (
        mina.client.get(reverse("api-projects"), headers={"Accept": "text/html"})["Content-Type"] == "application/json"
    )


@pytest.mark.parametrize("name", GETS)
def test_no_address_asks_much(mina, keys, name: str, django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(10):
        assert mina.get(name, *keys[name]).status_code == 200
