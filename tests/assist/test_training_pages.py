"""The rooms of whoever looks after models: snapshots taken, runs begun, watched and stopped, by page and by program."""

import io
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from assist.learning import durations, gate, pictures, recipe_process, snapshots, training
from assist.learning.reasons import REASONS
from assist.models import Evaluation, ModelVersion, Snapshot, TrainingRun
from assist.registry import registry
from assist.templatetags import reasons
from projects.models import Project
from tests.support import make
from tests.support.assist import work
from tests.support.assist.engineer import at, shown
from tests.support.assist.engineer import emil as emil  # a fixture
from tests.support.cast import Cast
from tests.support.projects.judging import said
from tests.support.projects.pipeline import Api, refused

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def places(settings, tmp_path) -> None:
    settings.MEDIA_ROOT, settings.MODELS_DIR = tmp_path / "media", tmp_path / "models"


@pytest.fixture
def project(cast: Cast) -> Project:
    made = make.project(cast.riverside, wanted=1)
    (task,) = make.tasks(make.batch(made))
    said(cast.alice, task, make.MARIA)
    return made


def test_a_snapshot_is_taken_and_a_run_begun_watched_and_stopped(cast, project, emil) -> None:
    assert "None yet" in shown(emil, "copilot-training", project)
    emil.post(at("copilot-snapshot", project))
    taken = Snapshot.objects.get()
    assert "Being made" in shown(emil, "copilot-training", project)
    assert snapshots.run(taken.pk) == "ready"
    taken.refresh_from_db()
    page = shown(emil, "copilot-training", project)
    assert taken.sha256[:12] in page and "Replay" in page and "1 verdict<" in page
    polled = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "snapshots"}
    waited = emil.get(at("copilot-training", project), **polled).content.decode()
    assert re.search(r'id="take"[^>]*hx-swap-oob="true"', waited), "who waited for it may take another at once"
    other = emil.get(at("copilot-training", project), **polled | {"HTTP_HX_TARGET": "runs"}).content.decode()
    assert "hx-swap-oob" not in other, "what somebody chose in a form stays, while runs are watched"
    body = {"snapshot": str(taken.public_id), "recipe": "spacy-entities", "seed": "7", "spacy-entities.passes": "3"}
    answer = emil.post(at("copilot-train", project), body | {"spacy-entities.replay": "on"})
    run = TrainingRun.objects.get()
    assert answer.status_code == 302 and answer["Location"] == at("copilot-run", project, run.public_id)
    assert (run.parameters["passes"], run.parameters["replay"], run.seed) == (3, True, 7)
    assert "being trained already" in emil.post(at("copilot-train", project), body).content.decode()
    curve = [{"step": n, "of": 3, "loss": 1.0, "validation": n / 4, "seconds_left": 3.0} for n in (1, 2)]
    TrainingRun.objects.update(state="running", curve=curve, progress=curve[-1])
    with CaptureQueriesContext(connection) as asked:
        shown(emil, "copilot-training", project)
    listed = [one["sql"] for one in asked if re.search('FROM "assist_(snapshot|trainingrun)" ', one["sql"] or "")]
    assert 'id="runs" hx-get' in shown(emil, "copilot-training", project), "who waits for it sees it done"
    assert [one for one in listed if "LIMIT 20" in one] and not [one for one in listed if '."curve"' in one]
    page = shown(emil, "copilot-run", project, run.public_id)
    assert "2 of 3" in page and "<path d=" in page and "every 2s" in page
    emil.post(at("copilot-run-stop", project, run.public_id))
    run.refresh_from_db()
    assert run.stop_asked


def test_what_is_wrong_with_a_run_is_said_at_its_field(cast, project, emil) -> None:
    none = emil.post(at("copilot-train", project), {"recipe": "spacy-entities", "seed": "0"}).content.decode()
    assert "Take a snapshot first" in none
    taken = snapshots.take(project, by=cast.mina)
    snapshots.run(taken.pk)
    body = {"snapshot": str(taken.public_id), "recipe": "spacy-entities", "seed": "0", "spacy-entities.passes": "900"}
    answer = emil.post(at("copilot-train", project), body)
    assert answer.status_code == 422 and "less than or equal to 60" in answer.content.decode()
    assert not TrainingRun.objects.exists()
    other = make.project(cast.hilltop)
    assert emil.get(at("copilot-training", other)).status_code == 404


def test_who_looks_after_models_alone_finds_the_way_and_is_led_to_nothing_that_is_closed(cast, project, emil) -> None:
    assert f'href="{at("copilot-training", project)}"' in emil.get(reverse("models-overview")).content.decode()
    begun = Evaluation.objects.create(
        project=project,
        candidate=registry.model_version("fake-spans@1"),
        champion=registry.model_version(work.SPACY),
        margin=0.05,
        rules=gate.VERSION,
        begun_by=cast.mina,
    )
    pages = ["training", "improve", "plans", "next", "map", "groups", "drift"]
    ways = {
        way for page in pages for way in re.findall(r'<a [^>]*href="(/[^"#]*)', shown(emil, f"copilot-{page}", project))
    }
    closed = {way for way in ways if emil.get(way).status_code >= 400}
    assert at("copilot-improve", project) in ways and not closed
    offered = shown(emil, "copilot-training", project)
    assert "fake-spans@1" in offered and 'aria-label="Evaluate a model"' in offered
    answer = emil.post(at("copilot-evaluate", project), {"version": "none"})
    assert answer.status_code == 422 and 'aria-label="Evaluate a model"' in answer.content.decode()
    under_way = shown(emil, "copilot-evaluation", project, begun.public_id)
    assert "Under way" in under_way and "0 tasks" not in under_way, "what it counts isn't known yet"
    assert "Terms of the copilot" not in answer.content.decode(), "that page is for who manages"


def test_a_program_does_the_same(cast, project) -> None:
    mine, key = Api(cast.mina, cast.riverside), project.public_id
    taken = mine.post("snapshots", key).json()
    snapshots.run(Snapshot.objects.get().pk)
    (row,) = mine.get("snapshots", key).json()["results"]
    assert row["id"] == taken["id"] and row["state"] == "ready" and row["rows"] == 1
    body = {"snapshot": row["id"], "recipe": "spacy-entities"}
    begun = mine.post("runs", key, body=body).json()
    assert begun["state"] == "waiting" and begun["parameters"]["passes"] == 12
    assert mine.get("run", key, begun["id"]).json() == begun == mine.get("runs", key).json()["results"][0]
    assert mine.post("run", key, begun["id"]).json()["state"] == "stopped"
    assert training.run(TrainingRun.objects.get().pk) == ""
    refused(mine.post("runs", key, body=body | {"parameters": {"x": 1}}), 422, "unknown-parameter", "x")


def test_why_a_run_failed_is_said_in_the_readers_language(cast, project, emil) -> None:
    """It is kept in English, with its values, and what a package said stays as it was said."""
    snapshots.run(snapshots.take(project, by=cast.mina).pk)
    stderr = io.BytesIO(b"Traceback:\nValueError: no (good) thing\n\n")
    kept = {
        REASONS["few-spans"] % {"number": 20}: "Hay menos de 20 textos con un fragmento del que aprender",
        recipe_process._why(1, stderr): "La receta falló (código 1). ValueError: no (good) thing",
        pictures.NoRoom(needed="700", free="12").text: "necesitan 700 MB",
        "Somebody pulled the plug.": "Somebody pulled the plug.",
    }
    for reason, spanish in kept.items():
        run = training.begin(Snapshot.objects.get(), "spacy-entities", by=cast.mina)
        training.give_up(run.pk, reason)
        for page in (at("copilot-run", project, run.public_id), at("copilot-training", project)):
            assert spanish in emil.get(page, headers={"accept-language": "es"}).content.decode()
            assert reason in emil.get(page, headers={"accept-language": "en"}).content.decode()


@pytest.mark.parametrize("template", REASONS.values())
def test_each_reason_is_made_anew_of_its_own_template(template: str) -> None:
    values = dict.fromkeys(re.findall(r"%\((\w+)\)s", template), "7")
    with translation.override("es"):
        told = reasons.reason(template % values)
        assert told == translation.gettext(template) % values != template % values


def test_a_training_says_beforehand_how_long_it_takes_by_those_before_it(cast, project, emil) -> None:
    """The first took four minutes for a verdict. One that failed tells nothing."""
    snapshot = snapshots.take(project, by=cast.mina)
    assert snapshots.run(snapshot.pk) == "ready" and "It takes about" not in shown(emil, "copilot-training", project)
    later = timezone.now()
    version = ModelVersion.objects.create(name="own", version="1", capability="spans", organization=cast.riverside)
    for state, minutes in (("done", 4), ("failed", 90)):
        TrainingRun.objects.create(
            project=project,
            snapshot=snapshot,
            recipe="spacy-entities",
            seed=0,
            asked_by=cast.mina,
            state=state,
            version=version if state == "done" else None,
            began_at=later,
            ended_at=later + timedelta(minutes=minutes),
        )
    assert "It takes about 4 minutes here." in shown(emil, "copilot-training", project)
    (run, *_) = TrainingRun.objects.filter(state="done").select_related("snapshot")
    larger = Snapshot(rows=3)
    assert durations.expected_minutes("spacy-entities", [run], larger) == 12
    assert durations.expected_minutes("text-classes", [run], larger) is None


def test_an_evaluation_says_beforehand_how_long_it_takes_by_those_before_it(cast, project, emil) -> None:
    """Two took two and four minutes; one that failed tells nothing."""
    terms = {"project": project, "margin": 0.05, "rules": gate.VERSION, "begun_by": cast.mina}
    terms |= {"candidate": registry.model_version("fake-spans@1"), "champion": registry.model_version(work.SPACY)}
    begun = timezone.now()
    assert durations.evaluation_minutes([Evaluation(**terms, begun_at=begun)]) is None
    for state, outcome, minutes in (("done", "passed", 2), ("done", "refused", 4), ("failed", "", 90)):
        ended = begun + timedelta(minutes=minutes)
        Evaluation.objects.create(**terms, state=state, outcome=outcome, begun_at=begun, ended_at=ended)
    assert "It takes about 3 minutes here." in shown(emil, "copilot-training", project)
