"""A new project begins in the gallery: ready ones, and what somebody kept as a template."""

import re

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from projects.configuration import presets
from projects.models import Label, Project, ProjectSettings, ProjectTemplate, Requirement
from projects.queue.qualification import course_items
from projects.task_types import TASK_TYPES
from projects.task_types.classification import AskedLabels
from projects.workforce import rules
from taskers.models import Event
from taskers.skills import skills
from tests.support import make, owner, sending
from tests.support.projects.courses import course
from tests.support.projects.managing import page, signed_in
from tests.support.projects.pipeline import Office, refused

pytestmark = pytest.mark.django_db
LABELS = [{"key": "person", "name": "Person"}, {"key": "place", "name": "Place"}]


@pytest.fixture
def mina(cast) -> Client:
    return signed_in(cast.mina)


def form_of(client: Client, address: str) -> sending.Form:
    read = sending.read(client.get(address).content.decode(), address)
    (form,) = (one for one in read.forms if one.method == "post" and "labels-TOTAL_FORMS" in dict(one.fields))
    return form


def sent(client: Client, address: str, **typed: str):
    """The form behind an address as a browser sends it, with what somebody typed."""
    form = form_of(client, address)
    return client.post(page("project-new"), form.said(**typed))


def test_every_ready_one_is_in_the_gallery_and_the_form_it_fills_makes_it_as_it_is(cast, mina) -> None:
    shown = mina.get(page("project-gallery")).content.decode()
    keys = re.findall(r"\?preset=([\w-]+)", shown)
    assert keys == list(presets.PRESETS) and len(keys) == 10
    for key, preset in presets.PRESETS.items():
        answer = sent(mina, f"{page('project-new')}?preset={key}", name=f"After {key}")
        assert answer.status_code == 302, f"{key}: {sending.read(answer.content.decode(), '').faults}"
        made = Project.objects.get(name=f"After {key}")
        asked = [one["key"] for one in preset.labels]
        own = {"first", "second", "tie"}
        assert [one.key for one in made.labels.in_use() if one.key not in own] == asked
        now = made.settings_now()
        held = {name: getattr(now, name) for name in preset.settings if name != "thresholds"}
        assert held == {name: value for name, value in preset.settings.items() if name != "thresholds"}
        assert preset.settings.get("thresholds", {}).items() <= now.thresholds.items()
        assert now.instructions == str(preset.instructions) and now.target in (0.9, held.get("target", 0.9))


@pytest.mark.parametrize("preset", presets.PRESETS.values(), ids=list(presets.PRESETS))
def test_what_a_ready_one_shows_is_a_task_and_an_answer_of_its_type(preset: presets.Preset) -> None:
    kind = TASK_TYPES[preset.task_type]
    fields = preset.settings.get("fields", [])
    own = [{"key": one, "name": one, "field": "preferred"} for one in ("first", "second")]
    rows = [*preset.labels, *(own if preset.task_type == "preference" else ())]
    labels = {one["key"]: {"field": "", "parent": "", **one} for one in rows}
    payload = kind.check_payload(preset.payload)
    answer = kind.check_answer(preset.answer, payload, AskedLabels(labels, fields) if fields else labels)
    assert not kind.is_empty(answer)


def test_a_template_fills_the_form_and_what_the_form_does_not_ask_comes_along(cast, mina) -> None:
    project = make.project(cast.riverside, "Names", labels=LABELS, wanted=4, confidence="number", control_share=0.1)
    spanish = skills.define(cast.riverside, name="Spanish", kind="language", by=cast.olga)
    rules.change(project, cast.mina, daily_tasks=12)
    rules.ask_for(project, spanish, by=cast.mina)
    assert mina.post(page("project-template", project.public_id), {"name": "Ours"}).status_code == 302
    template = ProjectTemplate.objects.get()
    assert "Ours" in mina.get(page("project-gallery")).content.decode()

    answer = sent(mina, f"{page('project-new')}?template={template.public_id}", name="After it", wanted="3")
    made = Project.objects.get(name="After it")
    assert answer["Location"] == page("load", made.public_id)
    now = made.settings_now()
    assert (now.wanted, now.confidence, now.control_share) == (3, "number", 0.1)
    assert [one.key for one in made.labels.in_use()] == ["person", "place"]
    assert rules.in_force(made).daily_tasks == 12
    assert [one.skill for one in Requirement.objects.filter(project=made)] == [spanish]

    assert mina.post(page("template-remove", template.public_id)).status_code == 302
    assert not ProjectTemplate.objects.exists() and Project.objects.filter(name="After it").exists()
    assert mina.get(f"{page('project-new')}?template={template.public_id}").status_code == 404


def test_a_project_is_cloned_from_its_settings_and_a_name_in_use_is_said(cast, mina) -> None:
    project = make.project(cast.riverside, "Names", labels=LABELS, wanted=4)
    refused = mina.post(page("project-clone", project.public_id), {"name": "Names"}, follow=True)
    assert "already a project" in refused.content.decode()
    answer = mina.post(page("project-clone", project.public_id), {"name": "Names again"})
    made = Project.objects.get(name="Names again")
    assert answer["Location"] == page("project-settings", made.public_id)
    assert (made.settings_now().wanted, made.created_by) == (4, cast.mina)


def test_names_that_were_the_same_before_that_was_refused_are_told_apart_in_a_clone(cast, mina) -> None:
    twins = [{"key": key, "name": "Kind", "kind": "text"} for key in ("a", "b", "c")]
    project = make.project(cast.riverside, "Twins", "classification", fields=twins[:1], labels=LABELS)
    with owner.unguarded("projects_projectsettings"):
        project.settings.update(fields=twins)
    mina.post(page("project-clone", project.public_id), {"name": "Apart"})
    made = Project.objects.get(name="Apart")
    assert [(one["key"], one["name"]) for one in made.settings_now().fields] == [
        ("a", "Kind"), ("b", "Kind 2"), ("c", "Kind 3"),
    ]  # fmt: skip
    spans = make.project(cast.riverside, "Spans")
    spans.labels.filter(key="place").update(attributes=[one | {"kind": "flag"} for one in twins])
    mina.post(page("project-clone", spans.public_id), {"name": "Spans apart"})
    held = Project.objects.get(name="Spans apart").labels.get(key="place").attributes
    assert [(one["key"], one["name"]) for one in held] == [("a", "Kind"), ("b", "Kind 2"), ("c", "Kind 3")]


def test_what_is_cloned_on_the_page_has_its_course_as_by_a_program(cast, mina) -> None:
    project = make.project(cast.riverside, "Names", wanted=1)
    course(make.batch(project), skills.define(cast.riverside, "Names", kind="qualification"), cast, 2)
    mina.post(page("project-clone", project.public_id), {"name": "Names again"})
    made = Project.objects.get(name="Names again")
    assert [one.explanation for one in course_items(made)] == ["Names, part 1", "Names, part 2"]
    assert rules.in_force(made).training_tasks == 2


def test_a_template_needs_a_name_and_of_a_long_one_the_beginning_is_kept(cast, mina) -> None:
    address = page("project-template", make.project(cast.riverside, "Names").public_id)
    answer = mina.post(address, {"name": "  "}, follow=True)
    assert "A template needs a name." in answer.content.decode() and not ProjectTemplate.objects.exists()
    assert mina.post(address, {"name": "n" * 200}).status_code == 302
    assert ProjectTemplate.objects.get().name == "n" * 120


def test_a_template_of_another_organization_is_none(cast, mina) -> None:
    theirs = make.project(cast.hilltop, "Theirs")
    kept = ProjectTemplate.objects.create(
        organization=cast.hilltop, name="Secret", pattern={}, made_by=theirs.created_by or cast.nora
    )
    assert "Secret" not in mina.get(page("project-gallery")).content.decode()
    assert mina.get(f"{page('project-new')}?template={kept.public_id}").status_code == 404
    assert mina.get(f"{page('project-new')}?template=no").status_code == 404


def typed(client: Client, address: str, to: str, **changes: str):
    """What htmx sends of the form behind an address while it is typed."""
    return client.post(to, form_of(client, address).said(**changes), headers={"HX-Request": "true"})


def counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Project, ProjectSettings, Label, Event, ProcrastinateJob))


def test_settings_as_they_are_typed_are_shown_on_a_task_and_nothing_is_saved(cast, mina) -> None:
    project = make.project(cast.riverside, "Names", labels=LABELS)
    make.tasks(make.batch(project), 1, text="Ada in Harstad")
    address, to = page("project-settings", project.public_id), page("settings-preview", project.public_id)
    before = counts()
    changes = {
        "labels-1-name": "Harbour",
        "rate": "0.25",
        "unit_rate": "0.01",
        "lease_minutes": "7",
        "file_order": "on",
        "labels-0-attributes": '[{"name": "Role", "kind": "choice", "choices": ["mayor", "judge"], "required": true}]',
    }
    answer = typed(mina, address, to, instructions="Mark **harbours**.", **changes)
    shown = answer.content.decode()
    assert answer.status_code == 200
    for words in ("Ada in Harstad", "Person", "Harbour", "$0.25 + $0.01 per word", "7:00", "<strong>harbours</strong>"):
        assert words in shown
    assert "Role: mayor / judge<" in shown
    assert "Place" not in shown and "Masks" not in shown and "A task of ours" not in shown
    assert counts() == before and project.settings_now().rate == 50_000
    assert [one.name for one in project.labels.in_use()] == ["Person", "Place"]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [("wanted", "0", "greater than or equal to 1"), ("labels-1-hotkey", "s", "the studio&#x27;s own key for “Skip”")],
)
def test_what_cannot_be_is_said_beside_the_settings_before_they_are_saved(cast, mina, field, value, words) -> None:
    project = make.project(cast.riverside, "Names", labels=LABELS)
    address, to = page("project-settings", project.public_id), page("settings-preview", project.public_id)
    answer = typed(mina, address, to, **{field: value})
    shown = answer.content.decode()
    assert (answer.status_code, words in shown, f'href="#id_{field}"' in shown) == (422, True, True)
    assert "data-faults" not in shown, "the focus would jump there while somebody types"


def test_a_project_that_is_not_there_yet_is_shown_without_a_name(cast, mina) -> None:
    before, to = counts(), page("project-new-preview")
    for key, preset in presets.PRESETS.items():
        answer = typed(mina, f"{page('project-new')}?preset={key}", to)
        shown = answer.content.decode()
        assert answer.status_code == 200, shown
        named = {one["name"] for one in (*preset.labels, *preset.settings.get("fields", ()))} - {"Preferred"}
        assert all(name in shown for name in named) and "A task of ours" in shown
    assert "labels" in typed(mina, page("project-new"), to).content.decode()
    assert typed(mina, page("project-new"), to).status_code == 200, "nobody has said a label yet: no fault"
    assert counts() == before


def test_a_program_lists_the_ready_ones_and_makes_a_project_after_one(cast) -> None:
    mina = Office(cast.mina, cast.riverside)
    listed = mina.get("presets").json()["results"]
    assert [one["key"] for one in listed] == list(presets.PRESETS)
    assert listed[0]["payload"]["text"] and listed[0]["answer"]["spans"] and listed[0]["settings"]["wanted"] == 2
    made = mina.send("POST", "preset", "sentiment", body={"name": "How people feel"})
    assert made.status_code == 201 and [one["key"] for one in made.json()["labels"]] == [
        "positive",
        "neutral",
        "negative",
    ]
    refused(mina.send("POST", "preset", "sentiment", body={"name": "How people feel"}), 409, "project-exists")
    assert mina.send("POST", "preset", "none", body={"name": "Other"}).status_code == 404
