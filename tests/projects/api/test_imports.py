"""Loading by program: a dry run, the choice, kept places."""

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from projects.data import importing
from projects.models import Import, ImportedPrediction, Task
from taskers.credentials import tokens
from tests.support import make
from tests.support.projects.formats import said_format as said_format  # a fixture
from tests.support.projects.formats import spans
from tests.support.projects.importing import lines

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("said_format")]

ROW = {"id": "r-1", "text": "Maria went to Oslo.", "said": [{"answer": spans((0, 5, "PERSON")), "score": 0.5}]}


@pytest.fixture
def mina(cast) -> Client:
    _token, secret = tokens.issue(cast.mina, cast.riverside, name="Pipeline")
    return Client(headers={"authorization": f"Bearer {secret}"})


@pytest.fixture
def batch(cast):
    return make.batch(make.project(cast.riverside))


def sent(client: Client, batch, tmp_path, **said: str) -> dict:
    path = tmp_path / "old.said"
    path.write_text(lines(ROW))
    with path.open("rb") as file:
        answer = client.post(f"/api/v1/batches/{batch.public_id}/imports/", {"file": file, **said})
    assert answer.status_code == 202, answer.content
    importing.run(Import.objects.get(public_id=answer.json()["id"]).pk)
    return client.get(f"/api/v1/imports/{answer.json()['id']}/").json()


def test_dry_run_says_what_is_in_a_file_and_the_choice_loads_it(mina, batch, tmp_path) -> None:
    found = sent(mina, batch, tmp_path, look="true")
    assert (found["state"], found["plan"]["rows"], found["plan"]["needs"]) == ("planned", 1, ["answers"])
    assert found["plan"]["labels"][0]["meaning"] == "person" and not Task.objects.exists()
    body = {"answers": "prediction", "source": "Detector", "labels": {"PERSON": "person"}}
    address = f"/api/v1/imports/{found['id']}/choice/"
    answer = mina.post(address, body, content_type="application/json")
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    importing.run(Import.objects.get().pk)
    kept = ImportedPrediction.objects.get()
    assert (kept.source.name, kept.score) == ("Detector", 0.5)
    assert mina.post(address, body, content_type="application/json").status_code == 409


def test_bad_choice_names_its_place(mina, batch, tmp_path) -> None:
    found = sent(mina, batch, tmp_path)
    address = f"/api/v1/imports/{found['id']}/choice/"
    answer = mina.post(address, {"labels": {"PERSON": "nobody"}}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"], answer.json()["place"]) == (
        422,
        "unknown-label",
        "labels.PERSON",
    )
    assert mina.post(f"/api/v1/imports/{found['id']}/drop/").json()["state"] == "dropped"


def test_an_import_that_waits_can_be_dropped_once_and_its_job_does_not_run(mina, batch) -> None:
    waiting = importing.receive(batch, ContentFile(lines(ROW).encode()), name="old.said", by=None)
    address = f"/api/v1/imports/{waiting.public_id}/drop/"
    assert mina.post(address).json()["state"] == "dropped"
    assert not ProcrastinateJob.objects.filter(status="todo", queue_name="imports").exists()
    assert mina.post(address).status_code == 409


def test_place_is_kept_and_loaded_from_and_never_shows_its_secret(mina, batch, settings, monkeypatch) -> None:
    monkeypatch.setattr("projects.data.connectors.bucket.Bucket.see", lambda _bucket: None)
    settings.OUTBOUND = ["s3.example.com"]
    given = {"endpoint": "https://s3.example.com", "bucket": "photos", "key": "AKIA", "secret": "never-shown"}
    body = {"kind": "s3", "name": "Photos", "settings": given}
    made = mina.post("/api/v1/connectors/", body, content_type="application/json")
    assert made.status_code == 201
    assert "never-shown" not in (made.content + mina.get("/api/v1/connectors/").content).decode()
    address = f"/api/v1/batches/{batch.public_id}/imports/"
    assert mina.post(address, {"connector": made.json()["id"]}).status_code == 202
    assert Import.objects.get().connector.name == "Photos"
    assert mina.post(address, {}).json()["code"] == "no-file"
    assert mina.delete(f"/api/v1/connectors/{made.json()['id']}/").status_code == 204
    assert mina.post(address, {"connector": made.json()["id"]}).json()["code"] == "unknown-connector"


def test_what_failed_is_gone_on_with_listed_and_tells_all_that_is_wrong(mina, batch, tmp_path) -> None:
    rows = [{"text": "A line."}, *({"nothing": number} for number in range(3))]
    (tmp_path / "rows.jsonl").write_text(lines(*rows))
    with (tmp_path / "rows.jsonl").open("rb") as file:
        made = mina.post(f"/api/v1/batches/{batch.public_id}/imports/", {"file": file}).json()
    address = f"/api/v1/imports/{made['id']}"
    assert mina.post(f"{address}/go-on/").status_code == 409, "a worker will load it"
    found = Import.objects.get()
    importing.run(found.pk)
    first = mina.get(f"{address}/faults/?limit=2").json()
    assert ([one["place"] for one in first["results"]], first["more"]) == (["line 2, text", "line 3, text"], True)
    rest = mina.get(f"{address}/faults/?limit=2&after={first['next']}").json()
    assert ([one["place"] for one in rest["results"]], rest["more"]) == (["line 4, text"], False)
    assert mina.get(f"{address}/faults/?kind=lost").json()["results"] == []
    (line,) = mina.get(f"/api/v1/batches/{batch.public_id}/imports/").json()["results"]
    assert (line["name"], line["state"], line["loaded"], line["rejected"]) == ("rows.jsonl", "done", 1, 3)
    failed = importing.keep(batch, ContentFile(b"{}"), name="other.jsonl", by=None)
    Import.objects.filter(pk=failed.pk).update(state="failed", reason="gone")
    answer = mina.post(f"/api/v1/imports/{failed.public_id}/go-on/")
    assert (answer.status_code, answer.json()["state"], answer.json()["reason"]) == (202, "waiting", "")


def test_a_table_is_looked_at_again_with_its_columns(mina, batch, tmp_path) -> None:
    (tmp_path / "table.csv").write_text("What,Where\nMaria went to Oslo.,Oslo\n")
    with (tmp_path / "table.csv").open("rb") as file:
        made = mina.post(f"/api/v1/batches/{batch.public_id}/imports/", {"file": file}).json()
    address = f"/api/v1/imports/{made['id']}/"
    importing.run(Import.objects.get().pk)
    assert mina.get(address).json()["plan"]["needs"] == ["columns"]
    answer = mina.post(f"{address}look/", {"columns": {"What": "text"}}, content_type="application/json")
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    importing.run(Import.objects.get().pk)
    found = mina.get(address).json()
    assert (found["state"], found["plan"]["rows"], found["plan"]["needs"]) == ("planned", 1, [])
