"""What whoever looks after models sees of searches, of weak slices, of doubted verdicts and of a model's card."""

import json

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from assist.learning import gate, likely_wrong, snapshots
from assist.learning.search import searches
from assist.models import Evaluation, EvaluationScore, LabelCheck, ModelVersion, Search, Snapshot, TrainingRun, Trial
from assist.registry import registry
from projects.models import Project, SecondLook, Verdict
from taskers.models.people import Role
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
    for task in make.tasks(make.batch(made), 12):
        said(cast.alice, task, make.MARIA)
    return made


@pytest.fixture
def snapshot(cast: Cast, project: Project) -> Snapshot:
    made = snapshots.take(project, by=cast.mina)
    snapshots.run(made.pk)
    made.refresh_from_db()
    return made


def came_to(search: Search, values: list[float]) -> None:
    """These figures, one a trial."""
    usual = search.trials.get().parameters
    search.trials.all().delete()
    rates = [0.0001 * 2**at for at in range(len(values))]
    Trial.objects.bulk_create(
        Trial(search=search, number=at, state="done", value=value, parameters=usual | {"learn_rate": rate})
        for at, (value, rate) in enumerate(zip(values, rates, strict=True))
    )
    Search.objects.filter(pk=search.pk).update(importance={"learn_rate": 0.75, "passes": 0.25})


def test_a_search_is_begun_watched_stopped_and_its_winner_trained(cast, project, snapshot, emil) -> None:
    body = {"snapshot": str(snapshot.public_id), "recipe": "spacy-entities", "seed": "3", "at_once": "1"}
    wrong = emil.post(at("copilot-search-begin", project), body | {"trials": "0", "minutes": "5"})
    assert wrong.status_code == 422 and "greater than or equal to 1" in wrong.content.decode()
    answer = emil.post(at("copilot-search-begin", project), body | {"trials": "9", "minutes": "5"})
    search = Search.objects.get()
    assert answer["Location"] == at("copilot-search", project, search.public_id)
    page = shown(emil, "copilot-search", project, search.public_id)
    assert "0 of 9 at most" in page and "every 3s" in page and 'class="lines"' not in page
    assert "spaCy entities" in shown(emil, "copilot-training", project)
    came_to(search, [0.5, 0.75, 0.625])
    page = shown(emil, "copilot-search", project, search.public_id)
    assert "0.250 more than with today’s settings" in page and page.count('r="4"/>') == 3
    assert "75" in page and "Learning rate" in page and "learn_rate" not in page
    assert page.count('<svg class="share-bar"') == 2
    emil.post(at("copilot-search-stop", project, search.public_id))
    emil.post(at("copilot-search-train", project, search.public_id))
    run = TrainingRun.objects.get()
    assert run.parameters["learn_rate"] == 0.0002 and run.seed == 3
    assert emil.get(at("copilot-search", make.project(cast.hilltop), search.public_id)).status_code == 404


def test_a_program_searches_too(cast, project, snapshot) -> None:
    mine, key = Api(cast.mina, cast.riverside), project.public_id
    body = {"snapshot": str(snapshot.public_id), "recipe": "spacy-entities", "trials": 4}
    begun = mine.post("searches", key, body=body).json()
    assert begun["state"] == "running" and begun["winner"] is None and begun["trials"][0]["parameters"]["passes"] == 12
    refused(mine.post("searches", key, body=body), 409, "state-conflict")
    came_to(Search.objects.get(), [0.5, 0.75])
    assert mine.get("search", key, begun["id"]).json()["winner"] == 1
    assert mine.post("search", key, begun["id"]).json()["state"] == "stopped"
    assert mine.post("search-winner", key, begun["id"]).json()["parameters"]["learn_rate"] == 0.0002
    assert len(mine.get("searches", key).json()["results"]) == 1


@pytest.fixture
def measured(cast: Cast, project: Project) -> Evaluation:
    made = Evaluation.objects.create(
        project=project, candidate=registry.model_version("fake-spans@1"), champion=registry.model_version(work.SPACY),
        margin=gate.MARGIN, state="done", outcome="refused", rules=gate.VERSION, begun_by=cast.mina,
        findings=[{"slice": "", "tasks": 12, "candidate": 0.5, "champion": 0.25}],
    )  # fmt: skip
    for number, verdict in enumerate(Verdict.objects.order_by("pk")):
        weak = number < 10
        EvaluationScore.objects.create(
            evaluation=made, task=verdict.task_id, verdict=verdict.pk, candidate=0.0 if weak else 1.0,
            champion=0.0 if weak else 1.0, slices=["label ship"] if weak else [],
        )  # fmt: skip
    return made


def test_weak_slices_lead_to_their_tasks_and_doubts_to_second_looks(cast, project, measured, emil) -> None:
    page = shown(emil, "copilot-improve", project)
    assert "label ship" in page and at("copilot-improve-tasks", project) + "?slice=label%20ship" in page
    listed = emil.get(at("copilot-improve-tasks", project), {"slice": "label ship", "page": "x"}).content.decode()
    long = {"slice": "label ship", "page": "9" * 5_000}  # longer than Python reads a number
    assert emil.get(at("copilot-improve-tasks", project), long).status_code == 200
    assert (
        listed.count("Maria Lopez") == 10
        and reverse("task", args=[Verdict.objects.first().task.public_id]) not in listed
    )
    manager = Client()
    manager.force_login(cast.mina)
    listed = manager.get(at("copilot-improve-tasks", project)).content.decode()
    assert listed.count('href="/projects/tasks/') == 12, "who manages the project goes on to the task"
    emil.post(at("copilot-improve-check", project))
    assert "being checked" in shown(emil, "copilot-improve", project)
    likely_wrong.run(LabelCheck.objects.get().pk)
    assert "10 are likelier wrong than right" in shown(emil, "copilot-improve", project)
    emil.post(at("copilot-improve-looks", project), {"most": "900"})
    assert not SecondLook.objects.exists()
    emil.post(at("copilot-improve-looks", project), {"most": "4"})
    assert SecondLook.objects.filter(reason="model").count() == 4


def test_a_program_sees_the_same(cast, project, measured) -> None:
    mine, key = Api(cast.mina, cast.riverside), project.public_id
    found = mine.get("improve", key).json()
    assert found["model"] == work.SPACY and found["slices"][0]["slice"] == "label ship" and len(found["tasks"]) == 12
    refused(mine.get("label-checks", key), 404, "not-found")
    mine.post("label-checks", key)
    likely_wrong.run(LabelCheck.objects.get().pk)
    assert len(mine.get("label-checks", key).json()["found"]) == 10
    assert mine.post("label-looks", key, body={"most": 3}).json() == {"opened": 3}


def test_a_card_says_what_a_model_learnt_from_and_whose_it_is(cast, project, snapshot, measured, emil) -> None:
    made = ModelVersion.objects.create(
        name="ships", version="1", capability="spans", runtime="spacy", organization=cast.riverside,
        licence="The organization's own", metrics={"model f1": 0.875},
    )  # fmt: skip
    terms = {"recipe": "spacy-entities", "seed": 7, "code": 64 * "b", "packages": 64 * "c", "asked_by": cast.mina}
    TrainingRun.objects.create(project=project, snapshot=snapshot, state="done", version=made, **terms)
    page = shown(emil, "copilot-card", project, made.public_id)
    assert "Riverside" in page and "12 verdicts" in page and "0.875" in page and "the database refuses" in page
    card = json.loads(emil.get(at("copilot-card-json", project, made.public_id)).content)
    assert card["data"]["snapshot"] == snapshot.sha256 and "own-organization" in card["limits"]
    mine = Api(cast.mina, cast.riverside)
    assert mine.get("model-card", project.public_id, made.public_id).json() == card
    spacy = mine.get("model-card", project.public_id, measured.champion.public_id).json()
    assert spacy["data"] is None and spacy["evaluations"][0]["slices"][0]["score"] == 0.25
    neighbour = Client()
    neighbour.force_login(make.person("Hal", cast.hilltop, Role.MANAGER))
    theirs = make.project(cast.hilltop)
    for name in ("copilot-card", "copilot-card-json"):
        assert neighbour.get(at(name, theirs, made.public_id)).status_code == 404
    assert searches.of(theirs).count() == 0


def test_every_page_with_curves_has_the_styles_that_draw_them() -> None:
    """Without them a line is a black area, and its letters are as large as the drawing makes them."""
    pages = [one for one in (settings.BASE_DIR / "templates").rglob("*.html") if 'class="lines"' in one.read_text()]
    texts = {one.name: one.read_text() for one in pages if one.read_text().startswith("{% extends")}
    assert {"search.html", "run.html", "rollout.html", "drift.html"} <= texts.keys()
    sheets = ("css/agreement.css", "css/dashboard.css")
    assert [name for name, text in texts.items() if not all(one in text for one in sheets)] == []
