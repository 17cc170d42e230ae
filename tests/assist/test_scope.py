"""What was learnt from one organization's verdicts answers nobody else, whoever writes the rows."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, connection, transaction
from django.db.models import ProtectedError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assist.annotators import work as placing
from assist.models import ModelVersion, PassedOver, Snapshot, TrainingRun
from assist.registry import defaults, lineage, registry, resolution
from projects.annotators import lifecycle
from projects.models import Project
from taskers.credentials import tokens
from taskers.errors import StateConflict
from taskers.models import Event
from taskers.organizations import consent
from tests.support import make
from tests.support.assist import work
from tests.support.cast import Cast

pytestmark = pytest.mark.django_db
REFUSED = (IntegrityError, ProgrammingError, InternalError)


@pytest.fixture
def home(cast: Cast) -> Project:
    return make.project(cast.riverside, "At home")


@pytest.fixture
def away(cast: Cast) -> Project:
    return make.project(cast.hilltop, "Next door")


def version(name: str, **terms: Any) -> ModelVersion:
    return ModelVersion.objects.create(name=name, version="1", capability="spans", runtime="spacy", **terms)


def run_of(cast: Cast, project: Project, made: ModelVersion, **terms: Any) -> TrainingRun:
    snapshot = Snapshot.objects.create(
        project=project, cut=terms.pop("cut", timezone.now()), settings_version=1, schema=1, state="ready",
        sha256=64 * "a", made_by=cast.mina,
    )  # fmt: skip
    terms |= {"recipe": "spacy-entities", "seed": 0, "code": 64 * "b", "packages": 64 * "c", "asked_by": cast.mina}
    return TrainingRun.objects.create(project=project, snapshot=snapshot, state="done", version=made, **terms)


def sql(statement: str, *values: object) -> Callable[[], None]:
    def said() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)

    return said


DEPLOY = """INSERT INTO assist_deployment (project_id, version_id, share, basis, reason, started_by_id)
VALUES (%s, %s, 100, 'first', '', %s)"""
ANNOTATE = """INSERT INTO assist_annotatorversion (annotator_id, version_id, answered, skipped, note, placed_by_id)
VALUES (%s, %s, 0, 0, '', %s)"""


def test_no_statement_deploys_what_another_organization_taught(cast, home, away) -> None:
    taught = version("taught", organization=cast.riverside)
    run_of(cast, home, taught)
    middle = version(
        "middle", parent=taught, organization=cast.hilltop
    )  # it may call itself theirs, and answers nobody
    child = version("child", parent=middle, organization=cast.hilltop)
    for one in (taught, child):
        with pytest.raises(REFUSED, match="organization"):
            sql(DEPLOY, away.pk, one.pk, cast.mina.pk)()
    sql(DEPLOY, home.pk, taught.pk, cast.mina.pk)()
    annotator, _secret = lifecycle.register(away, name="Somebody's", by=cast.mina)
    for one in (taught, child):
        with pytest.raises(REFUSED, match="organization"):
            sql(ANNOTATE, annotator.pk, one.pk, cast.mina.pk)()
    with pytest.raises(REFUSED, match="without consent"), transaction.atomic():
        version("everybodys", parent=taught)


def test_what_was_taught_stays_whose_it_is(cast, home) -> None:
    taught = version("taught", organization=cast.riverside)
    run_of(cast, home, taught)
    for owner in (None, cast.hilltop.pk):
        with pytest.raises(REFUSED):
            sql("UPDATE assist_modelversion SET organization_id = %s WHERE id = %s", owner, taught.pk)()
    for name, owner in (("everybodys", None), ("theirs", cast.hilltop)):
        with pytest.raises(REFUSED, match="organization"), transaction.atomic():
            run_of(cast, home, version(name, organization=owner))


def test_only_verdicts_with_consent_teach_models_for_everybody(cast, home, away) -> None:
    """The owner's consent counts from then on; taken back, nobody comes to use anew what rests on it."""
    yesterday = timezone.now() - timedelta(days=1)
    consent.give(cast.riverside, by=cast.olga)
    with pytest.raises(StateConflict):
        consent.give(cast.riverside, by=cast.olga)
    with pytest.raises(REFUSED, match="organization"), transaction.atomic():
        run_of(cast, home, version("too-early"), cut=yesterday)
    general, private = version("general"), version("private", organization=cast.riverside)
    for made in (general, private):
        run_of(cast, home, made)
    child = version("child", parent=private)  # everybody's, of the same verdicts
    for name, one in (("First", general), ("Second", child)):
        sql(DEPLOY, make.project(cast.hilltop, name).pk, one.pk, cast.nora.pk)()
    assert set(registry.usable(away)) >= {general, child} and not lineage.taken_back()

    consent.withdraw(cast.riverside, by=cast.olga)
    assert lineage.taken_back() == {general.pk, child.pk}, "what is its own alone is no matter of consent"
    assert not set(registry.usable(away)) & {general, child} and general in registry.usable(home)
    for one in (general, child):
        with pytest.raises(REFUSED, match="organization"):
            sql(DEPLOY, away.pk, one.pk, cast.nora.pk)()
    with pytest.raises(StateConflict, match="lets nobody else have"):
        registry.deploy(away, general, share=100, by=cast.nora, grounds=registry.FIRST)
    with pytest.raises(REFUSED, match="without consent"), transaction.atomic():
        version("grandchild", parent=child)
    consent.give(cast.riverside, by=cast.olga)
    assert general.pk in lineage.taken_back(), "a new consent is for new snapshots"


@pytest.mark.django_db(transaction=True)
def test_what_answers_already_may_give_up_a_share_after_the_consent_was_taken_back(cast, home, away) -> None:
    consent.give(cast.riverside, by=cast.olga)
    general = version("general")
    run_of(cast, home, general)
    work.deployed(away, general, share=100, by=cast.nora)
    consent.withdraw(cast.riverside, by=cast.olga)
    work.deployed(away, version("their-own", organization=cast.hilltop), share=40, by=cast.nora)
    shares = {one.version.name: one.share for one in resolution.deployed(away, "spans")}
    assert shares == {"general": 60, "their-own": 40}
    with pytest.raises(StateConflict, match="lets nobody else have"):
        work.deployed(away, general, share=90, by=cast.nora)


def test_an_annotator_goes_on_after_the_consent_was_taken_back(cast, home, fake_runtime, settings) -> None:
    settings.RUNTIME_ADDRESS = fake_runtime.address
    away = make.project(cast.hilltop, "Next door", wanted=1)
    make.tasks(make.batch(away), 3)
    consent.give(cast.riverside, by=cast.olga)
    general, another = registry.model_version("fake-spans@1"), version("another")
    for made in (general, another):
        run_of(cast, home, made)
    placed = placing.place(away, general, by=cast.nora, target_error=0.1, audit_share=0.2)
    consent.withdraw(cast.riverside, by=cast.olga)
    assert placing.run(placed.pk) == 3
    placed.refresh_from_db()
    assert (placed.answered, placed.note) == (3, ""), "each answer is counted"
    with pytest.raises(REFUSED, match="organization"):
        sql("UPDATE assist_annotatorversion SET version_id = %s WHERE id = %s", another.pk, placed.pk)()


def test_a_default_begins_in_no_project_after_the_consent_was_taken_back(cast, home, away) -> None:
    consent.give(cast.riverside, by=cast.olga)
    general, own = version("general"), version("own", organization=cast.hilltop)
    run_of(cast, home, general)
    child = version("child", parent=general)
    for one in (own, general, child):
        defaults.begin(cast.hilltop, one, by=cast.nora)
    defaults.begin(cast.riverside, general, by=cast.mina)
    consent.withdraw(cast.riverside, by=cast.olga)
    later, at_home = make.project(cast.hilltop, "Begun later"), make.project(cast.riverside, "Begun later at home")
    answering = [resolution.champion(one, "spans") for one in (away, later, at_home)]
    assert answering == [child, own, general], "it may keep what it has, and whoever taught it has all of it"


def test_neither_a_default_nor_a_project_that_it_passes_over_is_deleted(cast, home, away) -> None:
    consent.give(cast.riverside, by=cast.olga)
    general = version("general")
    run_of(cast, home, general)
    defaults.begin(cast.hilltop, general, by=cast.nora)
    consent.withdraw(cast.riverside, by=cast.olga)
    later = make.project(cast.hilltop, "Begun later")
    passed = PassedOver.objects.get(project=later)
    for kept in (later, passed.default):
        with pytest.raises(ProtectedError) as refused:
            kept.delete()
        assert passed in refused.value.protected_objects, "it is refused by name, before anything is gone"
    assert PassedOver.objects.filter(project=later).exists()


def test_a_consent_is_an_owners_word_and_stays_on_record(cast, home, away, client) -> None:
    made = consent.give(cast.riverside, by=cast.olga)
    with pytest.raises(REFUSED):
        sql("UPDATE taskers_trainingconsent SET given_at = now() - interval '1 year' WHERE id = %s", made.pk)()
    with pytest.raises(REFUSED):
        sql("DELETE FROM taskers_trainingconsent WHERE id = %s", made.pk)()
    general = version("general")
    run_of(cast, home, general)
    work.deployed(away, general, share=100, by=cast.nora)
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    assert client.post(reverse("consent-withdraw")).status_code == 403
    client.force_login(cast.olga, "django.contrib.auth.backends.ModelBackend")
    assert client.post(reverse("consent-withdraw")).status_code == 302
    page = client.get(reverse("models-overview")).content.decode()
    assert "teach its own models alone" in page and ">Consent<" in page
    kinds = ["training_consent_given", "training_consent_withdrawn"]
    assert list(Event.objects.filter(kind__in=kinds).order_by("pk").values_list("kind", flat=True)) == kinds
    client.force_login(cast.nora, "django.contrib.auth.backends.ModelBackend")
    card = reverse("copilot-card", args=[away.public_id, general.public_id])
    for address in (reverse("models-overview"), reverse("project-copilot", args=[away.public_id]), card):
        assert re.search("taken back|took its consent back", client.get(address).content.decode()), address


def test_programs_are_told_of_no_model_of_another_organization(cast, home, away) -> None:
    theirs, own = version("theirs", organization=cast.riverside), version("own", organization=cast.hilltop)
    _token, secret = tokens.issue(cast.nora, cast.hilltop, name="Pipeline")
    program = Client(headers={"Authorization": f"Bearer {secret}"})
    here = reverse("api-deployments", args=[away.public_id])
    shown = program.get(here).json()
    assert str(own) in [one["name"] for one in shown["versions"]] and str(theirs) not in str(shown)
    said = {"version": str(theirs.public_id)}
    for address, sent in ((here, said | {"share": 40}), (reverse("api-defaults"), said)):
        answer = program.post(address, sent, content_type="application/json")
        assert answer.status_code == 404 and b"theirs" not in answer.content, address
    defaults.begin(cast.riverside, theirs, by=cast.mina)
    assert program.get(reverse("api-defaults")).json() == {"results": []}
    assert program.delete(reverse("api-default", args=[theirs.public_id])).status_code == 404
    assert program.get(reverse("api-training-consent")).json() == {"consents": False, "history": []}
