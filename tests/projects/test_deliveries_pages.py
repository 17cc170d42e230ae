"""Deliveries on their pages and over the API: ordered, looked at, downloaded, each download written down."""

import json

import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from projects.data import deliveries
from projects.models import Delivery, limits
from taskers.credentials import tokens
from taskers.models import AuditRecord
from tests.support.projects.delivering import content, delivered
from tests.support.projects.delivering import folder as folder  # a fixture
from tests.support.projects.delivering import project as project  # a fixture

USUAL = {"format": "jsonl", "target": "download:"}


@pytest.fixture
def mina(cast) -> Client:
    client = Client()
    client.force_login(cast.mina)
    return client


@pytest.fixture
def program(cast) -> dict[str, str]:
    _token, secret = tokens.issue(cast.mina, cast.riverside, name="Pipeline")
    return {"authorization": f"Bearer {secret}"}


def body(answer) -> bytes:
    async def read() -> bytes:
        return b"".join([piece async for piece in answer.streaming_content])

    return async_to_sync(read)()


def page(client: Client, name: str, *keys: object, **asked) -> str:
    return client.get(reverse(name, args=keys), **asked).content.decode()


def test_a_manager_orders_one_and_sees_it_in_the_list(cast, mina, project, folder):
    batch = project.batches.get()
    typed = USUAL | {"batch": str(batch.public_id), "confidence": "10", "since": "2020-01-31T10:00", "note": "Ours"}
    typed |= {"train": "80", "val": "20", "group": "herd", "label_map": "Person = human\nplace =", "labels": ["person"]}
    answer = mina.post(reverse("export", args=[project.public_id]), typed | {"target": f"folder:{folder}"})
    made = Delivery.objects.get()
    assert answer.status_code == 302 and answer["Location"].endswith("/deliveries/1/")
    assert made.terms["split"] == {"by": "herd", "shares": {"train": 80, "val": 20, "test": 0}}
    assert made.terms["label_map"] == {"person": "human", "place": None} and made.terms["confidence"] == 0.1
    assert (made.place, made.note, made.made_by) == (str(folder), "Ours", cast.mina)
    assert "#1" in page(mina, "export", project.public_id)
    shown = page(mina, "project-delivery", project.public_id, 1)
    assert "No worker is alive" in shown and "herd" in shown


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"label_map": "nobody = x"}, "isn&#x27;t a label of this project"),
        ({"label_map": "person =\nplace ="}, "leaves out every label"),
        ({"train": "80"}, "make up 100"),
        ({"target": "folder:/etc"}, "Select a valid choice"),
        ({"format": "coco"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(mina, project, typed, said):
    answer = mina.post(reverse("export", args=[project.public_id]), USUAL | typed)
    assert answer.status_code == 422 and said in answer.content.decode() and not Delivery.objects.exists()


def test_one_that_is_done_shows_what_is_in_it_and_can_be_fetched_in_parts(cast, mina, project):
    made = delivered(project, by=cast.mina, note="<b>Ours</b>")
    shown = page(mina, "project-delivery", project.public_id, 1)
    assert made.sha256 in shown and "&lt;b&gt;Ours" in shown and "the first that chose its tasks in this way" in shown
    address = reverse("project-delivery-file", args=[project.public_id, 1])
    whole = mina.get(address)
    assert body(whole) == content(made) and whole["Content-Disposition"].endswith('.jsonl"')
    part = mina.get(address, headers={"range": "bytes=5-9"})
    assert (part.status_code, body(part)) == (206, content(made)[5:10])
    manifest = mina.get(reverse("project-delivery-manifest", args=[project.public_id, 1]))
    assert json.loads(body(manifest))["files"][0]["sha256"] == made.sha256
    table = body(mina.get(reverse("project-delivery-differences", args=[project.public_id, 1])))
    assert table.count(b"added") == 3
    records = AuditRecord.objects.filter(kind="exported", actor=cast.mina)
    assert records.count() == 4 and records[0].subject == f"project:{project.public_id}"


def test_htmx_asks_until_it_is_done(mina, project):
    ordered = deliveries.order(project, by=None, format="jsonl")
    address = reverse("project-delivery", args=[project.public_id, ordered.number])
    assert mina.get(address, headers={"hx-request": "true"}).status_code == 200
    deliveries.run(ordered.pk)
    assert mina.get(address, headers={"hx-request": "true"}).status_code == 286


def test_one_that_failed_says_why_and_is_made_again(mina, project):
    ordered = deliveries.order(project, by=None, format="jsonl", said={"confidence": 1.0})
    ProcrastinateJob.objects.filter(status="todo").update(status="failed")
    deliveries.run(ordered.pk)
    shown = page(mina, "project-delivery", project.public_id, 1)
    assert "nothing to deliver" in shown and "Make it again" in shown
    answer = mina.post(reverse("project-delivery-go-on", args=[project.public_id, 1]))
    assert answer.status_code == 302 and Delivery.objects.get().state == "waiting"
    assert mina.get(reverse("project-delivery-file", args=[project.public_id, 1])).status_code == 404


def test_a_file_that_is_gone_from_the_store_is_said(cast, mina, project, folder):
    made = delivered(project)
    (folder / "media" / made.file).unlink()
    answer = mina.get(reverse("project-delivery-file", args=[project.public_id, 1]))
    assert answer.status_code == 404 and "missing from the store" in answer.content.decode()


def test_a_program_orders_follows_and_fetches_one(cast, project, program):
    client = Client(headers=program)
    address = reverse("api-made-deliveries", args=[project.public_id])
    asked = {"format": "conll", "terms": {"split": {"shares": {"train": 100}}, "since": "2020-01-01T00:00:00Z"}}
    made = client.post(address, asked, content_type="application/json")
    assert made.status_code == 202 and made.json()["number"] == 1 and made.json()["state"] == "waiting"
    deliveries.run(Delivery.objects.get().pk)
    one = client.get(reverse("api-made-delivery", args=[project.public_id, 1])).json()
    assert (one["state"], one["tasks"], one["files"]) == ("done", 3, 1)
    data = client.get(reverse("api-made-delivery-file", args=[project.public_id, 1]))
    assert data["Content-Type"] == "application/zip" and len(body(data)) == one["bytes"]
    assert [row["number"] for row in client.get(address).json()["results"]] == [1]
    formats = client.get(reverse("api-formats", args=[project.public_id])).json()["results"]
    assert {"jsonl", "brat", "parquet"} <= {row["key"] for row in formats} and all(row["loses"] for row in formats)
    refused = client.post(address, {"format": "voc"}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (422, "wrong-format")
    again = client.post(reverse("api-made-delivery-go-on", args=[project.public_id, 1]))
    assert again.status_code == 409
    assert AuditRecord.objects.filter(kind="exported").count() == 1


def test_a_program_that_reads_orders_nothing_that_goes_elsewhere(cast, mina, project, folder):
    headers = {}
    for scope in ("read", "manage"):
        _token, secret = tokens.issue(cast.mina, cast.riverside, name=scope, scopes=[scope])
        headers[scope] = {"authorization": f"Bearer {secret}"}
    asked = {"format": "jsonl", "target": "folder", "place": str(folder)}

    def ordered(scope: str, asked: dict[str, str]) -> tuple[int, str]:
        address = reverse("api-made-deliveries", args=[project.public_id])
        answer = Client(headers=headers[scope]).post(address, asked, content_type="application/json")
        return answer.status_code, answer.json().get("code", "")

    def gone_on_with(scope: str) -> int:
        return (
            Client(headers=headers[scope])
            .post(reverse("api-made-delivery-go-on", args=[project.public_id, 1]))
            .status_code
        )

    assert ordered("read", asked) == (403, "scope-missing") and not Delivery.objects.exists()
    assert ordered("manage", asked) == (202, "")
    record = AuditRecord.objects.get(kind="exported")
    said = {"number": 1, "target": "folder", "place": str(folder), "format": "jsonl"}
    assert (record.actor, record.organization, record.detail) == (cast.mina, cast.riverside, said)
    assert (gone_on_with("read"), gone_on_with("manage")) == (403, 409)
    assert ordered("read", {"format": "jsonl"}) == (202, "")
    for _number in range(limits.DELIVERIES_AT_ONCE - 2):
        deliveries.order(project, by=cast.mina, format="jsonl")
    assert ordered("read", {"format": "jsonl"}) == (409, "too-many-deliveries")
    answer = mina.post(reverse("export", args=[project.public_id]), USUAL)
    assert answer.status_code == 422 and "order another one once one of them is done" in answer.content.decode()
    Delivery.objects.filter(number=1).update(state="failed")
    assert ordered("read", {"format": "jsonl"}) == (202, "")
