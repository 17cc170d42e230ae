"""Somebody brings a model by its page or by program: what is wrong is said there, and what is well may be chosen."""

import io
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from assist.jobs import try_model
from assist.models import Deployment, ModelVersion
from assist.registry import trial
from taskers.credentials import tokens
from taskers.models import Event, Person
from tests.support import make
from tests.support.assist import brought, work
from tests.support.assist.running import Runtime
from tests.support.cast import Cast
from tests.support.permission_rows import REMOTE
from tests.support.projects.pipeline import Api, refused


@pytest.fixture(autouse=True)
def store(tmp_path: Path, settings) -> Path:
    settings.MODELS_DIR = str(tmp_path / "models")
    settings.OUTBOUND = ["models.example.com"]
    return tmp_path / "models"


def page_of(client: Client, person: Person) -> Client:
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    return client


def zipped(folder: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for path in folder.rglob("*"):
            file.write(path, path.relative_to(folder))
    return packed.getvalue()


def sent(client: Client, folder: Path):
    file = SimpleUploadedFile("model.zip", zipped(folder), "application/zip")
    return client.post(reverse("model-add"), {"file": file, "page": ""})


def test_mina_brings_a_model_and_chooses_it_once_it_has_answered(
    cast: Cast, client: Client, tmp_path: Path, fake_runtime: Runtime, settings
) -> None:
    settings.RUNTIME_ADDRESS = fake_runtime.address
    mina, project = page_of(client, cast.mina), work.image_project(cast.riverside)
    assert sent(mina, brought.detector_folder(tmp_path / "m")).status_code == 302
    version = ModelVersion.objects.get(organization=cast.riverside)
    assert version.smoke == "waiting" and Event.objects.filter(kind="model_brought", actor_id=cast.mina.pk).exists()
    assert 'id="brought-list" hx-get' in mina.get(reverse("models-overview")).content.decode(), "its answer is awaited"
    told = reverse("copilot-deploy", args=[project.public_id])
    choice = {"version": str(version.public_id), "share": "100"}
    assert mina.post(told, choice).status_code == 422, "nobody may choose it yet"
    assert ProcrastinateJob.objects.filter(task_name=trial.JOB, args={"version_key": version.pk}).exists()
    assert try_model(version.pk)
    listed = mina.get(reverse("models-overview")).content.decode()
    assert "Answered a first question" in listed and "thing 0.90" in listed
    offered = mina.get(reverse("project-copilot", args=[project.public_id])).content.decode()
    assert f">{version} ({version.added_at:%-d %b %Y}, " in offered, "of which day, since its name may say nothing"
    assert mina.post(told, choice).status_code == 302
    assert Deployment.objects.get(project=project).version == version
    assert "Suggestions from" in mina.get(reverse("project-copilot", args=[project.public_id])).content.decode()


def test_what_is_wrong_is_said_on_the_page_with_its_place(cast: Cast, client: Client, tmp_path: Path) -> None:
    model = brought.detector_folder(tmp_path / "m")
    (model / "model.onnx").write_bytes(b"changed")
    answer = sent(page_of(client, cast.mina), model)
    assert answer.status_code == 422 and "model.onnx: Its sha256 is" in answer.content.decode()
    answer = client.post(reverse("model-add"), {"page": REMOTE.replace("licence", "license")})
    assert answer.status_code == 422 and "license: There is no such field." in answer.content.decode()
    answer = client.post(reverse("model-add"), {"page": " "})
    assert answer.status_code == 422 and 'adapter = "onnx-detector"' in answer.content.decode(), "how one is written"
    assert not ModelVersion.objects.exclude(smoke="").exists()


def test_model_that_fails_its_first_question_says_why_and_may_be_asked_again(cast: Cast, client: Client) -> None:
    mina = page_of(client, cast.mina)
    assert mina.post(reverse("model-add"), {"page": REMOTE}).status_code == 302
    version = ModelVersion.objects.get(organization=cast.riverside)
    assert not try_model(version.pk)
    assert "asks no other host" in mina.get(reverse("models-overview")).content.decode()
    mina.post(reverse("model-again", args=[version.public_id]))
    version.refresh_from_db()
    assert version.smoke == "waiting"
    mina.post(reverse("model-remove", args=[version.public_id]))
    assert list(mina.get(reverse("models-overview")).context["brought"]) == []


def test_neighbour_sees_nothing_of_it(cast: Cast, client: Client) -> None:
    page_of(client, cast.mina).post(reverse("model-add"), {"page": REMOTE})
    version = ModelVersion.objects.get(organization=cast.riverside)
    nora = page_of(Client(), cast.nora)
    make.project(cast.hilltop)
    assert "far+" not in nora.get(reverse("models-overview")).content.decode()
    assert nora.post(reverse("model-remove", args=[version.public_id])).status_code == 404
    assert nora.post(reverse("model-add"), {"page": REMOTE}).status_code == 302, "its name is free there"


def test_program_brings_a_model_and_hears_what_is_wrong(cast: Cast, client: Client, tmp_path: Path) -> None:
    _, secret = tokens.issue(cast.mina, cast.riverside, name="ML")
    head = {"Authorization": f"Bearer {secret}"}
    file = SimpleUploadedFile("m.zip", zipped(brought.spans_folder(tmp_path / "m")), "application/zip")
    made = client.post("/api/v1/models/", {"file": file}, headers=head)
    assert made.status_code == 201 and (made.json()["capability"], made.json()["smoke"]) == ("spans", "waiting")
    wrong = client.post("/api/v1/models/", {"page": REMOTE.replace('http"', 'ftp"')}, "application/json", headers=head)
    assert wrong.status_code == 422 and (wrong.json()["code"], wrong.json()["place"]) == ("unknown-adapter", "adapter")
    assert client.post("/api/v1/models/", {}, "application/json", headers=head).status_code in {400, 422}
    listed = client.get("/api/v1/models/", headers=head).json()["results"]
    assert [one["id"] for one in listed] == [made.json()["id"]]


@pytest.mark.parametrize(
    ("hosts", "code", "words"),
    [([], "outbound-off", "asks no other host"), (["other.example.com"], "host-not-allowed", "models.example.com")],
)
def test_model_on_a_host_that_is_not_allowed_is_refused_when_it_is_brought(
    cast: Cast, client: Client, settings, hosts: list[str], code: str, words: str
) -> None:
    settings.OUTBOUND = hosts
    answer = page_of(client, cast.mina).post(reverse("model-add"), {"page": REMOTE})
    assert answer.status_code == 422 and words in answer.content.decode()
    office = Api(cast.mina, cast.riverside)
    problem = refused(office.post("brought-models", body={"page": REMOTE}), 422, code, "options.url")
    assert words in problem["detail"]
    assert not ModelVersion.objects.filter(organization=cast.riverside).exists()
