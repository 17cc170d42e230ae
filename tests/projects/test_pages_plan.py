"""The plan page: what is in files is shown before anything is written, chosen once, and then loaded."""

import io
import json
import tarfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from projects.data import importing
from projects.data.connectors import saved
from projects.models import Connector, Import, ImportedPrediction, Label, Project, Task, Verdict
from tests.support import make
from tests.support.projects.formats import said_format as said_format  # a fixture
from tests.support.projects.formats import spans
from tests.support.projects.importing import kept, lines, picture, zipped
from tests.support.projects.importing import media as media  # a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("said_format")]

ROW = {"id": "r-1", "text": "Maria went to Oslo.", "said": [{"answer": spans((0, 5, "PERSON"), (6, 10, "VERB"))}]}


@pytest.fixture
def project(cast) -> Project:
    return make.project(cast.riverside)


@pytest.fixture
def mina(cast) -> Client:
    client = Client()
    assert client.post("/accounts/login/", {"login": cast.mina.email, "password": make.PASSWORD}).status_code == 302
    return client


def planned(project: Project, *rows: dict) -> Import:
    return importing.run(kept(make.batch(project), lines(*rows), "old.said").pk)


def shown(client: Client, found: Import) -> str:
    return client.get(reverse("import", args=[found.public_id])).content.decode()


def choose(client: Client, found: Import, **said: object):
    return client.post(reverse("import-choose", args=[found.public_id]), said)


def send(client: Client, project: Project, *files: tuple[str, bytes], **fields: str):
    form = {"batch_name": "March", "live": "on", **fields}
    given = [SimpleUploadedFile(name, body) for name, body in files]
    return client.post(reverse("load", args=[project.public_id]), form | {"file": given})


def test_plan_shows_samples_labels_and_problems_and_nothing_is_written(mina, project) -> None:
    found = planned(project, ROW, {"id": "r-2", "text": "Odd.", "curve": True})
    page = shown(mina, found)
    assert "What is in it" in page and "Curves aren&#x27;t kept." in page
    assert '<option value="person" selected>Person</option>' in page
    assert '<option value="+" selected>A new label of this name</option>' in page
    view = page.partition('id="plan-view" type="application/json">')[2].partition("</script>")[0]
    assert json.loads(view)["samples"][0]["text"] == ROW["text"]
    assert not Task.objects.exists() and Label.objects.count() == 2


def test_choice_is_sent_as_the_page_has_it_and_the_file_is_loaded(mina, project) -> None:
    found = planned(project, ROW)
    choose(
        mina,
        found,
        answers="prediction",
        source="Detector",
        **{"label-name": ["PERSON", "VERB"], "label": ["person", "+"]},
    )
    done = importing.run(found.pk)
    assert (done.state, done.answered) == ("done", 1)
    assert ImportedPrediction.objects.get().source.name == "Detector"
    assert project.labels.filter(key="verb").exists()
    page = shown(mina, done)
    assert "Answers kept" in page and "What is in it" not in page


def test_a_choice_too_late_is_told(mina, project) -> None:
    found = planned(project, ROW)
    choose(mina, found, answers="leave")
    again = mina.post(reverse("import-choose", args=[found.public_id]), {"answers": "leave"}, follow=True)
    assert "waits for no choice" in again.content.decode()


def test_what_was_lost_is_on_the_page_and_comes_as_csv(mina, project) -> None:
    found = planned(project, ROW)
    choose(mina, found, answers="prediction", **{"label-name": ["PERSON", "VERB"], "label": ["person", "-"]})
    done = importing.run(found.pk)
    told = shown(mina, done)
    assert "The label “VERB” is left out." in told and "notice--warn" in told
    assert "Not all that came with them was kept: see below." in told
    answer = mina.get(reverse("import-lost", args=[done.public_id]))
    assert answer.status_code == 200 and "lost-" in answer["Content-Disposition"]


def test_nothing_is_loaded_where_somebody_thinks_better_of_it(
    mina, project, django_capture_on_commit_callbacks
) -> None:
    found = planned(project, ROW)
    with django_capture_on_commit_callbacks(execute=True):
        mina.post(reverse("import-drop", args=[found.public_id]))
    found.refresh_from_db()
    assert found.state == "dropped" and not Task.objects.exists()
    assert not found.file.storage.exists(found.file.name)
    assert "Nothing of it was loaded" in shown(mina, found)


def test_columns_are_said_on_the_page_and_remembered(mina, project, monkeypatch) -> None:
    table = b"name;words\nr-1;Maria went to Oslo.\n"
    send(mina, project, ("rows.csv", table))
    found = importing.run(Import.objects.get().pk)
    assert found.state == "planned" and "no column “text”" in shown(mina, found)
    columns = {"column-name": ["name", "words"], "column": ["external_id", "text"]}
    mina.post(reverse("import-choose", args=[found.public_id]), {"act": "look", **columns})
    found = importing.run(found.pk)
    assert (found.plan["rows"], found.plan["mapped"]) == (1, {"name": "external_id", "words": "text"})
    choose(mina, found, **columns)
    assert importing.run(found.pk).loaded == 1
    assert Task.objects.get().external_id == "r-1" and Task.objects.get().payload["text"] == "Maria went to Oslo."
    send(mina, project, ("more.csv", table.replace(b"r-1", b"r-2")), batch_name="April")
    assert importing.run(Import.objects.latest("pk").pk).loaded == 1  # known by now: no choice is needed


def test_a_column_becomes_an_answer_or_nothing_by_its_name_on_the_page(cast, mina) -> None:
    project = make.project(cast.riverside, "Tickets", task_type="classification")
    send(mina, project, ("rows.csv", b"Message;Human said;Passport\nIt broke.;Person;X123\n"))
    found = importing.run(Import.objects.get().pk)
    assert '<option value="answer.label">The answer to “Label”</option>' in shown(mina, found)
    columns = {"column-name": ["Message", "Human said", "Passport"], "column": ["text", "answer.label", "-"]}
    choose(mina, found, act="look", **columns)
    found = importing.run(found.pk)
    assert found.plan["answered"] == 1 and '<option value="-" selected>Nothing: it is left out' in shown(mina, found)
    choose(mina, found, answers="verdict", source="The old tool", **columns)
    assert importing.run(found.pk).loaded == 1
    assert Task.objects.get().payload == {"text": "It broke."}
    assert Verdict.objects.get().answer["fields"][0]["value"] == "person"


def test_file_may_be_looked_at_before_it_is_loaded(mina, project) -> None:
    send(mina, project, ("rows.jsonl", b'{"text": "One"}\n'), look="on")
    found = importing.run(Import.objects.get().pk)
    assert found.state == "planned" and not Task.objects.exists()
    choose(mina, found)
    assert importing.run(found.pk).loaded == 1


def test_pictures_of_samples_are_served_to_managers_alone(cast, mina, media) -> None:
    project = make.project(cast.riverside, "Cats", "image_regions", labels=[{"name": "Cat"}])
    send(mina, project, ("cats.zip", zipped(a=picture())), look="on")
    found = importing.run(Import.objects.get().pk)
    address = reverse("import-sample", args=[found.public_id, 0])
    assert mina.get(address)["Content-Type"] == "image/jpeg"
    assert mina.get(reverse("import-sample", args=[found.public_id, 7])).status_code == 404
    nora = Client()
    nora.force_login(cast.nora)
    assert nora.get(address).status_code == 404


def test_several_files_are_one_import(cast, mina, media) -> None:
    project = make.project(cast.riverside, "Cats", "image_regions", labels=[{"name": "Cat"}])
    send(mina, project, ("a.png", picture(1)), ("b.png", picture(2)))
    assert importing.run(Import.objects.get().pk).loaded == 2
    again = send(mina, project, ("a.png", picture(1)), ("a.png", picture(2)), batch_name="April")
    assert again.status_code == 422 and "Two files are called" in again.content.decode()


def test_packed_files_are_told_by_what_they_hold(mina, project) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        info = tarfile.TarInfo("rows/one.jsonl")
        info.size = len(b'{"text": "One"}\n')
        archive.addfile(info, io.BytesIO(b'{"text": "One"}\n'))
    send(mina, project, ("rows.tar.gz", out.getvalue()))
    assert importing.run(Import.objects.get().pk).loaded == 1


BUCKET = {"endpoint": "https://s3.example.com", "bucket": "photos", "key": "AKIA", "secret": "never-shown"}


def test_place_is_kept_with_its_secret_and_forgotten(cast, mina, settings, monkeypatch) -> None:
    monkeypatch.setattr("projects.data.connectors.bucket.Bucket.see", lambda _bucket: None)
    settings.OUTBOUND = ["s3.example.com"]
    answer = mina.post(reverse("connectors"), {"kind": "s3", "name": "Photos"} | BUCKET)
    assert answer.status_code == 302
    page = mina.get(reverse("connectors")).content.decode()
    assert "photos" in page and "never-shown" not in page and "with a secret" in page
    found = Connector.objects.get()
    mina.post(reverse("connector-end", args=[found.public_id]))
    found.refresh_from_db()
    assert found.ended_at and not found.secret


def test_place_that_is_not_allowed_is_refused_by_the_field(mina, settings) -> None:
    settings.OUTBOUND = []
    answer = mina.post(reverse("connectors"), {"kind": "s3", "name": "Photos"} | BUCKET)
    assert answer.status_code == 422 and "asks no other host" in answer.content.decode()
    assert "never-shown" not in answer.content.decode() and not Connector.objects.exists()


def test_a_private_key_that_is_refused_is_not_shown_again(mina, settings) -> None:
    key = '{"private_key": "never-shown"}'
    answer = mina.post(reverse("connectors"), {"kind": "gcs", "name": "Photos", "bucket": "photos", "key": key})
    page = answer.content.decode()
    assert answer.status_code == 422 and "as Google gives it" in page and 'value="photos"' in page
    assert "never-shown" not in page


def test_what_a_place_has_is_loaded_by_managers_of_the_organization(cast, mina, project, settings, tmp_path) -> None:
    settings.IMPORT_FOLDERS = [str(tmp_path)]
    (tmp_path / "rows.jsonl").write_text('{"text": "One"}\n')
    place = saved.add(cast.riverside, "folder", "Folder", {"folder": str(tmp_path)}, by=cast.mina)
    theirs = saved.add(cast.hilltop, "folder", "Theirs", {"folder": str(tmp_path)}, by=cast.nora)
    page = mina.get(reverse("load", args=[project.public_id])).content.decode()
    assert "Folder" in page and "Theirs" not in page
    address = reverse("load-from", args=[project.public_id])
    form = {"connector": str(place.public_id), "batch_name": "May", "live": "on", "pictures": "copied"}
    assert mina.post(address, form | {"connector": str(theirs.public_id)}).status_code == 422
    mina.post(address, form)
    assert importing.run(Import.objects.get().pk).loaded == 1
    form["batch_name"] = "June"
    mina.post(address, form)
    assert importing.run(Import.objects.latest("pk").pk).position == 0  # nothing is new
