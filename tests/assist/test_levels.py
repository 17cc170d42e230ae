"""What a project has no model of its own for, its organization's default answers; it takes nobody's place."""

import random
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, connection, transaction
from django.test import Client
from django.urls import reverse

from assist.learning import rollout
from assist.models import Deployment, Evaluation, ModelVersion, OrganizationDefault, PassedOver, Suggestion
from assist.registry import defaults, registry, resolution
from assist.registry.resolution import Level
from projects.models import Project
from taskers.credentials import tokens
from taskers.errors import NotFound, StateConflict
from taskers.models import Event
from tests.support import make, owner
from tests.support.assist import work
from tests.support.assist.running import Runtime
from tests.support.cast import Cast

SPANS = "spans"
REFUSED = (IntegrityError, ProgrammingError, InternalError)


def version(name: str, **terms: object) -> ModelVersion:
    return ModelVersion.objects.create(name=name, version="1", capability=SPANS, runtime="spacy", **terms)


def project(cast: Cast, name: str = "Notes") -> Project:
    return make.project(cast.riverside, name, copilot=True)


def answering(where: Project) -> dict[str, tuple[int, str]]:
    return {str(one.version): (one.share, one.level) for one in resolution.deployed(where, SPANS)}


def offer(where: Project, model: ModelVersion) -> None:
    Suggestion.objects.create(assignment_key=1, task_key=1, project_key=where.public_id, model=model)


def sql(statement: str, *values: object) -> Callable[[], None]:
    def said() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)

    return said


BEGIN = "INSERT INTO assist_organizationdefault (organization_id, version_id, started_by_id) VALUES (%s, %s, %s)"


@pytest.mark.django_db
def test_a_project_answers_with_its_own_then_with_its_organizations(
    cast: Cast, django_assert_num_queries: Callable
) -> None:
    notes, next_door = project(cast), make.project(cast.hilltop, "Next door", copilot=True)
    usual, own = version("usual"), version("own")
    begun = defaults.begin(cast.riverside, usual, by=cast.mina)
    later = project(cast, "Begun afterwards")
    for one in (notes, later):
        assert answering(one) == {"usual@1": (100, Level.ORGANIZATION)}
        assert resolution.champion(one, SPANS) == usual
    assert answering(next_door) == {} and resolution.chosen(next_door.public_id, SPANS, "x") is None
    mine = work.deployed(notes, own, share=30, by=cast.mina)
    assert answering(notes) == {"own@1": (30, Level.PROJECT), "usual@1": (70, Level.ORGANIZATION)}
    with django_assert_num_queries(1):
        drawn = [resolution.chosen(notes.public_id, SPANS, "a word")]
    drawn += [resolution.chosen(notes.public_id, SPANS, f"assignment {number}") for number in range(200)]
    assert {"own@1", "usual@1"} == set(drawn) and 30 < drawn.count("own@1") < 95
    registry.withdraw(mine, by=cast.mina)
    assert answering(notes) == {"usual@1": (100, Level.ORGANIZATION)}
    defaults.end(begun, by=cast.olga)
    assert answering(notes) == {} and resolution.champion(notes, SPANS) is None
    told = Event.objects.filter(organization_id=cast.riverside.pk, kind__startswith="model_default").order_by("pk")
    assert list(told.values_list("kind", "actor_id")) == [
        ("model_default_begun", cast.mina.pk),
        ("model_default_ended", cast.olga.pk),
    ]
    with pytest.raises(StateConflict):
        defaults.end(begun, by=cast.olga)


@pytest.mark.django_db
def test_a_default_takes_nobodys_place(cast: Cast) -> None:
    offered, deployed, fresh = (project(cast, name) for name in ("Offered", "Deployed", "Fresh"))
    shipped, older, newer = version("shipped"), version("older"), version("newer")
    offer(offered, shipped)
    work.deployed(deployed, shipped, share=40, by=cast.mina)
    defaults.begin(cast.riverside, older, by=cast.mina)
    assert answering(offered) == {} and answering(deployed) == {"shipped@1": (40, Level.PROJECT)}
    assert answering(fresh) == {"older@1": (100, Level.ORGANIZATION)}
    offer(fresh, older)
    second = defaults.begin(cast.riverside, newer, by=cast.mina)
    assert answering(fresh) == {"older@1": (100, Level.ORGANIZATION)}, "what answered here stays"
    latest = project(cast, "Latest")
    assert answering(latest) == {"newer@1": (100, Level.ORGANIZATION)}
    assert [one.left for one in defaults.of(cast.riverside)] == [3, 2]
    defaults.end(second, by=cast.mina)
    assert answering(latest) == {"older@1": (100, Level.ORGANIZATION)}
    with pytest.raises(StateConflict, match="Another model answers here already"):
        rollout.first(fresh, newer, share=100, by=cast.mina)


@pytest.mark.django_db
def test_a_version_that_is_deployed_and_the_default_answers_once_with_both_shares(cast: Cast, client: Client) -> None:
    notes, usual = project(cast), version("usual")
    defaults.begin(cast.riverside, usual, by=cast.mina)
    work.deployed(notes, usual, share=30, by=cast.mina)
    (found,) = resolution.deployed(notes, SPANS)
    assert (found.version, found.share) == (usual, 100)
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("project-copilot", args=[notes.public_id]))
    assert [one.share for one in (*page.context["deployed"], *page.context["defaults"])] == [30, 70]
    _, secret = tokens.issue(cast.mina, cast.riverside, name="Pipeline")
    head = {"Authorization": f"Bearer {secret}"}
    shown = client.get(reverse("api-deployments", args=[notes.public_id]), headers=head).json()
    assert [one["share"] for one in (*shown["results"], shown["organization_default"])] == [30, 70]


@pytest.mark.django_db
def test_the_page_of_all_models_shows_what_a_projects_tasks_have_a_use_for(cast: Cast, client: Client) -> None:
    """A default of boxes is nothing to texts, and in images it leaves the masks to whatever the runtime serves."""
    notes = project(cast)
    pictures = make.project(cast.riverside, "Pictures", "image_regions", labels=work.CAT, copilot=True)
    boxes, spans = version("boxes"), version("spans")
    with owner.unguarded("assist_modelversion"):
        ModelVersion.objects.filter(pk=boxes.pk).update(capability="detect")
    for one in (boxes, spans):
        defaults.begin(cast.riverside, one, by=cast.mina)
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    lines = {one["project"]: one for one in client.get(reverse("models-overview")).context["lines"]}
    for where, model, rest in ((notes, spans, 0), (pictures, boxes, 100)):
        assert ([one.version for one in lines[where]["deployed"]], lines[where]["rest"]) == ([model], rest)
        assert client.get(reverse("project-copilot", args=[where.public_id])).context["rest"] == rest


@pytest.mark.django_db
def test_nothing_begins_with_what_nobody_can_ask(cast: Cast, client: Client) -> None:
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    for key in (registry.TERMS, registry.imported(project(cast).public_id, "Detector")):
        unasked = registry.model_version(key)
        with pytest.raises(StateConflict):
            defaults.check(cast.riverside, unasked)
        sent = client.post(reverse("default-begin"), {"default-version": str(unasked.public_id)})
        assert sent.status_code == 422 and unasked not in sent.context["default_form"].fields["version"].queryset


@pytest.mark.django_db
def test_the_database_refuses_a_default_without_its_basis(cast: Cast) -> None:
    where = project(cast)
    for one in (version("untried", smoke="waiting"), version("theirs", organization=cast.hilltop)):
        with pytest.raises(REFUSED, match="first question|another organization"):
            sql(BEGIN, cast.riverside.pk, one.pk, cast.mina.pk)()
        with pytest.raises(StateConflict):
            defaults.check(cast.riverside, one)
    work.deployed(where, version("first"), share=100, by=cast.mina)
    sql(BEGIN, cast.riverside.pk, version("by hand").pk, cast.mina.pk)()
    over = PassedOver.objects.get()
    assert over.project == where, "whoever writes the row"
    with pytest.raises(REFUSED):
        sql("DELETE FROM assist_passedover")()
    with pytest.raises(REFUSED):
        sql("UPDATE assist_organizationdefault SET version_id = %s", version("another").pk)()
    with pytest.raises(StateConflict, match="begin with"):
        registry.remove(Path("nowhere"), "by hand@1")
    with pytest.raises(NotFound):
        defaults.live(cast.hilltop, over.default.version.public_id)


@pytest.mark.django_db(transaction=True)
def test_an_evaluation_is_stale_once_the_default_changed(cast: Cast) -> None:
    notes = project(cast)
    champion, candidate, third = version("champion"), version("candidate"), version("third")
    defaults.begin(cast.riverside, champion, by=cast.mina)
    for begun in (True, False):
        passed = Evaluation.objects.create(
            project=notes, candidate=candidate, champion=champion, margin=0.05, rules=1, begun_by=cast.mina
        )
        Evaluation.objects.filter(pk=passed.pk).update(state="done", outcome="passed")
        passed.refresh_from_db()
        if begun:
            defaults.begin(cast.riverside, third, by=cast.mina)
            with pytest.raises(StateConflict, match="evaluate it again"):
                rollout.promote(passed, share=25, by=cast.mina)
    rollout.promote(passed, share=25, by=cast.mina)
    assert answering(notes) == {"candidate@1": (25, Level.PROJECT), "third@1": (75, Level.ORGANIZATION)}


@pytest.mark.django_db(transaction=True)
def test_who_answered_is_known_after_fifty_steps_by_chance(cast: Cast, django_assert_num_queries: Callable) -> None:
    notes, rng = project(cast), random.Random(7)
    versions = [version(f"v{number}") for number in range(4)]
    drawn: list[tuple[str, datetime, str]] = []
    for _ in range(50):
        one = rng.choice(versions)
        try:
            _step(rng.randrange(4), cast, notes, one, rng.choice([10, 40, 100]))
        except StateConflict:
            continue
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            moment = cursor.fetchone()[0]
        subjects = [f"assignment {rng.randrange(1000)}" for _ in range(5)]
        drawn += [(each, moment, resolution.chosen(notes.public_id, SPANS, each) or "") for each in subjects]
    assert len({model for _, _, model in drawn}) == 5, "each answered, and what comes along"
    with django_assert_num_queries(1):
        then = resolution.chosen_then(notes, SPANS, [(subject, at) for subject, at, _ in drawn])
    assert then == [model for _, _, model in drawn]


def _step(kind: int, cast: Cast, where: Project, one: ModelVersion, share: int) -> None:
    own = Deployment.objects.live().filter(project=where, version=one).first()
    theirs = OrganizationDefault.objects.live().filter(version=one).first()
    if kind == 0:
        work.deployed(where, one, share=share, by=cast.mina)
    elif kind == 1 and own:
        registry.withdraw(own, by=cast.mina)
    elif kind == 2:
        defaults.begin(cast.riverside, one, by=cast.mina)
    elif kind == 3 and theirs:
        defaults.end(theirs, by=cast.mina)


@pytest.mark.django_db
def test_an_engineer_chooses_it_on_the_page_and_takes_it_back(
    cast: Cast, client: Client, fake_runtime: Runtime, settings
) -> None:
    settings.RUNTIME_ADDRESS = fake_runtime.address
    notes, usual = project(cast), version("usual", smoke="passed", terms={"label_map": {}})
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    sent = client.post(reverse("default-begin"), {"default-version": str(usual.public_id)}, follow=True)
    assert "begin with usual@1 from now on" in sent.content.decode()
    page = client.get(reverse("project-copilot", args=[notes.public_id])).content.decode()
    assert "From the organization" in page and "The model that comes along" not in page
    assert "from the organization" in client.get(reverse("models-overview")).content.decode()
    assert client.post(reverse("default-begin"), {"default-version": "x"}).status_code == 422
    client.post(reverse("default-end", args=[usual.public_id]))
    page = client.get(reverse("project-copilot", args=[notes.public_id])).content.decode()
    assert "From the organization" not in page and "The model that comes along" in page
