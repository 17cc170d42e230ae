"""A model decides alone only where an evaluation says that it may, or two people do; the database sees to it."""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assist.adapters import RUNTIMES, catalogue
from assist.annotators import work as placing
from assist.learning import deciding, evaluation, rollout
from assist.models import Evaluation, ModelVersion, Override
from assist.registry import registry
from projects.annotators import lifecycle
from projects.errors import Refused
from projects.models import DecidingRequest, ModelAnnotator, ModelAnnotatorChange, Project
from projects.reports import verdict_index
from taskers.errors import StateConflict
from taskers.models import Event
from tests.support import make, owner
from tests.support.assist import work
from tests.support.assist.running import FAKE, Runtime, running
from tests.support.cast import Cast
from tests.support.projects.pipeline import Api

pytestmark = pytest.mark.django_db
NAMES = ("Maria", "Jonas", "Amira", "Pedro", "Ingrid")
RULE = FAKE[1]
NEXT, WORSE = (replace(RUNTIMES[RULE], version=version, artifacts=()) for version in "23")  # the same rule
# The rule says 50 % of everything and is always right.
LENIENT = {"most_miscalibration": 0.7, "most_seconds": 20.0, "most_memory": 100_000}
MOVE = "UPDATE projects_modelannotator SET mode = 'decide' WHERE id = %s"


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    folder = tmp_path_factory.mktemp("models")
    (folder / catalogue.LISTED).write_text(json.dumps([asdict(one) for one in (NEXT, WORSE)]))
    with running(RULE, weights=folder) as found:
        found.until_ready()
        yield found


@pytest.fixture
def project(cast: Cast, runtime: Runtime, settings) -> Project:
    settings.RUNTIME_ADDRESS = runtime.address
    return make.project(cast.riverside, wanted=1)


@pytest.fixture
def read(cast: Cast, project: Project) -> Project:
    """Eighty texts that Alice has read alone; whatever she marked, the rule marks as well."""
    batch = make.batch(project)
    said = [(f"on day {number} the ferry took ", NAMES[number % len(NAMES)]) for number in range(80)]
    make.texts(batch, [f"{before}{name} across" for before, name in said])
    for before, name in said:
        make.judged(cast.alice, project, make.spans((len(before), len(before) + len(name))))
    verdict_index.add(Event.objects.filter(project_key=project.public_id))
    return project


@pytest.fixture
def rule(project: Project) -> ModelVersion:
    return registry.model_version(RULE)


@pytest.fixture
def worse() -> ModelVersion:
    """It takes every person for a place."""
    ModelVersion.objects.filter(pk=registry._written(WORSE).pk).update(terms={"label_map": {"PERSON": "place"}})
    return registry.model_version(WORSE.key)


def placed(cast: Cast, project: Project, version: ModelVersion) -> ModelAnnotator:
    return placing.place(project, version, by=cast.mina).annotator


def evaluated(cast: Cast, project: Project, candidate: ModelVersion, **terms) -> Evaluation:
    made = evaluation.begin(project, candidate, by=cast.mina, **terms)
    evaluation.run(made.pk)
    made.refresh_from_db()
    assert made.state == "done", made.reason
    return made


def champion(cast: Cast, project: Project, version: ModelVersion) -> None:
    rollout.first(project, version, share=100, by=cast.mina)


def refused(cast: Cast, annotator: ModelAnnotator, **terms: str) -> None:
    with pytest.raises(Refused, match="Nothing says yet"):
        lifecycle.move(annotator, by=cast.mina, mode="decide", **terms)


def said(found: Evaluation) -> dict[str, str]:
    return {one["rule"]: one["outcome"] for one in found.rulings}


def test_one_that_is_better_decides_once_it_keeps_to_the_floors(cast: Cast, read: Project, rule, worse) -> None:
    champion(cast, read, worse)
    annotator, mina, api = placed(cast, read, rule), Client(), Api(cast.mina, cast.riverside)
    mina.force_login(cast.mina)
    floors = {"least_score": "85", "most_miscalibration": "5", "most_seconds": "20", "most_memory": "1"}
    sent = {f"floors-{name}": value for name, value in floors.items()}
    assert mina.post(reverse("copilot-floors", args=[read.public_id]), sent).status_code == 302
    asked = {"least_score": 0.85, "most_miscalibration": 0.05, "most_seconds": 20.0, "most_memory": 1}
    assert api.get("deciding", read.public_id).json() == asked
    (event,) = Event.objects.filter(kind="deciding_floors_set")
    assert (event.data["before"]["most_memory"], event.data["after"]) == (4_096, asked)
    with pytest.raises(StateConflict, match="from 0 to 1"):
        deciding.set_floors(read, by=cast.mina, least_score=float("nan"))

    found = evaluated(cast, read, rule)
    assert (found.outcome, found.alone) == ("passed", "refused"), "it may suggest"
    assert {key for key, outcome in said(found).items() if outcome == "refused"} == {"calibration", "memory"}
    refused(cast, annotator)
    told = api.get("evaluation", read.public_id, found.public_id).json()
    assert (told["alone"], told["refresh"], told["costs"]) == ("refused", "", found.costs)
    assert {one["rule"]: one["limit"] for one in told["rulings"]} == {
        "superior": 0, "nothing-lost": -0.05, "score": 0.85, "calibration": 0.05, "latency": 20, "memory": 1
    }  # fmt: skip
    shown = mina.get(reverse("copilot-evaluation", args=[read.public_id, found.public_id])).content.decode()
    assert "May it decide alone?" in shown and "A calibration error of at most" in shown
    assert shown.count("Doesn’t hold") == 2 and "What they cost" in shown
    ours, theirs = found.costs["candidate"], found.costs["champion"]
    assert (ours["tasks"], ours["said"], ours["miscalibration"]) == (80, 80, 0.5), "half sure, and always right"
    assert ours["timed"] == theirs["timed"] == 80 and 0 < ours["p50"] <= ours["p95"]
    assert ours["memory"] > 10 and theirs["memory"] > 10

    deciding.set_floors(read, by=cast.mina, **LENIENT)
    again = evaluated(cast, read, rule, margin=0.1)
    assert (again.alone, set(said(again).values())) == ("passed", {"passed"}), again.rulings
    assert lifecycle.move(annotator, by=cast.mina, mode="decide").mode == "decide"
    assert lifecycle.move(annotator, by=cast.mina, audit_share=0.5).mode == "decide", "it decides on other terms"
    page = mina.get(reverse("project-copilot", args=[read.public_id])).content.decode()
    assert page.count(reverse("copilot-evaluation", args=[read.public_id, again.public_id])) == 2, "listed, and why"


def test_one_that_is_as_good_decides_by_a_declared_refresh_and_a_planted_regression_never(
    cast: Cast, read: Project, rule, worse
) -> None:
    champion(cast, read, rule)
    candidate = registry._written(NEXT)
    annotators = [placed(cast, read, one) for one in (candidate, worse)]
    deciding.set_floors(read, by=cast.mina, **LENIENT)
    found = evaluated(cast, read, candidate, margin=0.1)
    assert (found.outcome, found.alone, said(found)["superior"]) == ("passed", "refused", "refused")
    refused(cast, annotators[0])
    declared = evaluated(cast, read, candidate, margin=0.1, refresh="Its licence is better")
    assert (declared.alone, said(declared)["refresh"]) == ("passed", "passed"), declared.rulings
    assert lifecycle.move(annotators[0], by=cast.mina, mode="decide").mode == "decide"
    regression = evaluated(cast, read, worse, refresh="It is newer")
    assert (regression.outcome, regression.alone) == ("refused", "refused")
    assert said(regression)["nothing-lost"] == "refused"
    refused(cast, annotators[1])


def test_the_same_is_done_by_a_command(cast: Cast, project, rule) -> None:
    def command(verb: str, *more: object) -> str:
        call_command("deciding_alone", verb, str(project.public_id), *map(str, more), stdout=(out := StringIO()))
        return out.getvalue()

    mina, olga = ("--by", cast.mina.email), ("--by", cast.olga.email)
    placed(cast, project, rule)
    assert "most_memory 900" in command("floors", "--most-memory", 900, *mina) and deciding.floors_of(
        project
    ) == replace(deciding.Floors(), most_memory=900)
    assert f"{RULE}: Mina asks that it decides: Known" in command("ask", RULE, "--reason", "Known", *mina)
    with pytest.raises(CommandError, match="second person"):
        command("confirm", RULE, *mina)
    assert f"{RULE}: decide" in command("confirm", RULE, *olga)
    with pytest.raises(CommandError, match="Nobody asks"):
        command("decline", RULE, *olga)
    with pytest.raises(CommandError, match="look after models"):
        command("evaluate", RULE, "--by", cast.alice.email)
    call_command(
        "labelled_next", "arrange", str(project.public_id), "--share", "0.2", *mina, stdout=(out := StringIO())
    )
    call_command("labelled_next", "off", str(project.public_id), *mina, stdout=out)
    assert out.getvalue().splitlines() == [f"{state}: 20% put first, 40% of them by lot" for state in ("on", "off")]


def passed(cast: Cast, project: Project, version: ModelVersion, **terms: object) -> Evaluation:
    """An evaluation as a worker writes it that said that the version may decide alone."""
    told = {"outcome": "passed", "alone": "passed", "state": "done", "margin": 0.05, "rules": 1, "begun_by": cast.mina}
    beaten = registry._written(WORSE)
    return Evaluation.objects.create(project=project, candidate=version, champion=beaten, **told | terms)


def test_the_database_itself_refuses_who_decides_without_a_basis(cast: Cast, project, rule, worse) -> None:
    annotator, outside = placed(cast, project, rule), lifecycle.give(project, name="Theirs", by=cast.mina)
    elsewhere = make.project(cast.riverside, "Elsewhere")
    passed(cast, elsewhere, rule)
    passed(cast, project, registry._written(NEXT))
    passed(cast, project, rule, alone="cannot-tell")
    told = {"project": project, "version": rule, "purpose": "decide", "share": 100, "asked_by": cast.mina}
    Override.objects.create(**told, reason="", state="confirmed", answered_by=cast.olga)
    Override.objects.create(**told, reason="Trust me", state="confirmed")
    Override.objects.create(**told, reason="Trust me", state="waiting")
    Override.objects.create(**told | {"purpose": "suggest"}, reason="Well", state="confirmed", answered_by=cast.olga)
    with connection.cursor() as cursor:

        def never(statement: str, *values: object) -> None:
            with pytest.raises(IntegrityError, match="without a basis"), transaction.atomic():
                cursor.execute(statement, values)

        never(MOVE, annotator.pk)
        never(MOVE, outside.pk)  # nobody here can ask it, and nobody gave a word for it
        asked = DecidingRequest.objects.create(annotator=outside, reason="Known for years", asked_by=cast.mina)
        never(MOVE, outside.pk)
        with pytest.raises(IntegrityError, match="by_two_people"), transaction.atomic():
            second = {"state": "confirmed", "answered_by": cast.mina, "answered_at": timezone.now()}
            DecidingRequest.objects.filter(pk=asked.pk).update(**second)
        DecidingRequest.objects.filter(pk=asked.pk).update(**second | {"answered_by": cast.olga})
        cursor.execute(MOVE, [outside.pk])
        never(
            "INSERT INTO projects_modelannotator (project_id, tasker_id, mode, target_error, assurance, audit_share,"
            " mean, covariance, known, audits, e_values, alone, registered_by_id)"
            " SELECT project_id, %s, 'decide', .1, .9, .1, '[]', '[]', 0, 0, '[]', 0, registered_by_id"
            " FROM projects_modelannotator WHERE id = %s",
            *(cast.bob.pk, outside.pk),
        )
        never(
            "INSERT INTO assist_annotatorversion (annotator_id, version_id, answered, skipped, note, placed_by_id)"
            " VALUES (%s, %s, 0, 0, '', %s)",
            *(outside.pk, rule.pk, cast.mina.pk),
        )
        passed(cast, project, rule)
        cursor.execute(MOVE, [annotator.pk])
        never("UPDATE assist_annotatorversion SET version_id = %s", worse.pk)
        cursor.execute("UPDATE assist_annotatorversion SET answered = 1")
        with pytest.raises(IntegrityError, match="evaluation_alone_is_more"), transaction.atomic():
            passed(cast, project, rule, outcome="refused")
        cursor.execute("UPDATE projects_modelannotator SET mode = 'count' WHERE id = %s", [annotator.pk])
        work.deployed(project, worse, share=100, by=cast.mina)
        never(MOVE, annotator.pk)  # another has come to answer since
        passed(cast, project, rule, begun_at=timezone.now())
        cursor.execute(MOVE, [annotator.pk])


def test_who_decided_before_there_was_a_full_gate_goes_on(cast: Cast, project, rule) -> None:
    annotator = placed(cast, project, rule)
    with owner.unguarded("projects_modelannotator"), connection.cursor() as cursor:
        cursor.execute(MOVE, [annotator.pk])
    annotator.refresh_from_db()
    assert lifecycle.move(annotator, by=cast.mina, target_error=0.2).mode == "decide"
    assert [one.basis for one in deciding.with_basis(placing.of_project(project))] == [None]


def test_two_people_let_one_decide_and_not_again_once_it_switched_itself_off(cast: Cast, project, rule) -> None:
    mina, olga = Client(), Client()
    mina.force_login(cast.mina)
    olga.force_login(cast.olga)
    page, ask = (reverse(name, args=[project.public_id]) for name in ("project-copilot", "copilot-decide"))
    sent = {"decide-version": rule.public_id, "decide-reason": "The customer’s own"}
    assert mina.post(ask, sent).status_code == 422, "it is no annotator here"
    annotator = placed(cast, project, rule)
    assert mina.post(ask, sent | {"decide-reason": ""}).status_code == 422
    assert mina.post(ask, sent).status_code == 302
    wish = Override.objects.get()
    confirm = reverse("override-confirm", args=[project.public_id, wish.public_id])
    assert "decides alone though no evaluation says" in olga.get(page).content.decode()
    assert mina.post(confirm).status_code == 409
    shown = olga.post(confirm, follow=True).content.decode()
    assert "decides alone from now on" in shown and "The customer’s own (Mina" in shown and "Two people" in shown
    annotator.refresh_from_db()
    change = ModelAnnotatorChange.objects.latest("pk")
    assert (annotator.mode, change.by, change.reason) == ("decide", cast.mina, "The customer’s own")
    ModelAnnotatorChange.objects.create(annotator=annotator, before="decide", mode="off", at=timezone.now())
    ModelAnnotator.objects.update(mode="off", stopped_at=timezone.now())
    refused(cast, annotator, reason="It is better now")
    asked = rollout.ask_to_decide(project, rule, reason="It is better now", by=cast.mina)
    ModelAnnotatorChange.objects.create(annotator=annotator, before="decide", mode="off", at=timezone.now())
    with pytest.raises(StateConflict, match="since this was asked"):
        rollout.confirm_override(asked, by=cast.olga)
