"""Nothing is saved that a tasker could not answer: by page, by program, by verb."""

import pytest
from django.urls import reverse

from projects.configuration import configure, save_settings
from projects.errors import Refused
from projects.models import Project
from projects.task_types import asked_fields
from taskers.models import Event
from tests.support import make, sending
from tests.support.projects.pipeline import Api

pytestmark = pytest.mark.django_db

SAFE = {"name": "Safe", "kind": "choice"}
MOOD = {"name": "Mood", "kind": "choice"}
WHEN = {"name": "Breed", "kind": "text", "when": {"field": "mood", "is": "glad"}}

# What is asked, with which labels, by which type, and what is said to it where.
UNANSWERABLE = [
    ("preference", [SAFE], [], "no-choices", "fields[1]"),
    ("preference", [SAFE], [{"name": "Rude", "field": "Tone"}], "no-field", "labels[0].field"),
    ("preference", [{"name": "Preferred", "kind": "text"}], [], "field-twice", "fields"),
    ("classification", [], [], "no-choices", "fields[0]"),
    ("classification", [MOOD | {"required": False}], [], "no-choices", "fields[0]"),
    ("classification", [MOOD, {"name": "Seen", "kind": "multiple"}], [{"name": "Glad"}], "no-choices", "fields[1]"),
    ("classification", [MOOD, {"name": "Kind", "kind": "tree"}], [{"name": "Glad"}], "no-choices", "fields[1]"),
    ("classification", [MOOD], [{"name": "Glad"}, {"name": "Cat", "field": "Animal"}], "no-field", "labels[1].field"),
    ("classification", [MOOD, WHEN], [{"name": "Sad"}], "never-shown", "fields[1].when"),
    ("classification", [{"name": "Legs", "kind": "number", "min": 8, "max": 0}], [], "bad-fields", "fields[0]"),
    ("classification", [{"name": "Legs", "kind": "number", "step": 1e-9}], [], "bad-fields", "fields[0]"),
    ("classification", [{"name": "Words", "kind": "text", "longest": 0.5}], [], "bad-fields", "fields[0].longest"),
    ("classification", [{"name": "Legs", "kind": "number", "unit": "by (two)"}], [], "bad-fields", "fields[0].unit"),
    ("classification", [{"name": "Mood (now)", "kind": "choice"}], [{"name": "Glad"}], "bad-fields", "fields[0].name"),
    ("classification", [MOOD, {"key": "b", "name": "mood", "kind": "text"}], [{"name": "Glad"}], "field-twice",
     "fields[1].name"),
    ("text_spans", None, [], "no-labels", "labels"),
    ("image_regions", None, [], "no-labels", "labels"),
    ("image_regions", None, [{"name": "Cat", "shapes": []}], "bad-shapes", "labels[0].shapes"),
    ("text_spans", None, [{"name": "Cat", "attributes": [{"name": "Pose", "kind": "choice", "choices": ["a"]}]}],
     "bad-attribute", "labels[0].attributes[0].choices"),
]  # fmt: skip


@pytest.mark.parametrize(("task_type", "fields", "labels", "code", "place"), UNANSWERABLE)
def test_no_project_is_made_that_a_tasker_could_not_answer(cast, task_type, fields, labels, code, place):
    asked = {} if fields is None else {"fields": fields}
    with pytest.raises(Refused) as refused:
        make.project(cast.riverside, "By verb", task_type, labels=labels, **asked)
    assert (refused.value.code, refused.value.place) == (code, place)
    body = {"name": "By program", "task_type": task_type, "labels": labels}
    body |= {} if fields is None else {"fields_asked": fields}
    answer = Api(cast.mina, cast.riverside).post("projects", body=body)
    assert answer.status_code in (400, 422) and answer.json()["place"], answer.content
    assert not Project.objects.exists()


def filled(client, **changes) -> object:
    """The page of a new project, sent with these changes."""
    address = reverse("project-new")
    form = sending.read(client.get(address).content.decode(), address).forms[-1]
    return sending.send(client, form, name="By page", **changes)


def test_also_asked_without_a_choice_is_refused_at_its_field(cast, client) -> None:
    """The way that it was found: `Also ask: Safe (choice)`, and no labels."""
    client.force_login(cast.mina)
    answer = filled(client, task_type="preference", also_asked="Safe (choice)")
    page = sending.read(answer.content.decode(), "")
    assert answer.status_code == 422 and not Project.objects.exists()
    assert [box for _text, box in page.faults] == ["#id_also_asked"]
    assert "“Safe” takes a choice, and there is no label to choose" in page.faults[0][0]
    named = {"labels-0-name": "Yes", "labels-0-field": "Safe", "labels-1-name": "No", "labels-1-field": "Safe"}
    assert filled(client, task_type="preference", also_asked="Safe (choice)", **named).status_code == 302


@pytest.mark.parametrize("task_type", ["text_spans", "image_regions"])
def test_a_page_without_labels_leads_to_the_first_row(cast, client, task_type: str) -> None:
    client.force_login(cast.mina)
    page = sending.read(filled(client, task_type=task_type).content.decode(), "")
    assert [box for _text, box in page.faults] == ["#id_labels-0-name"]


def test_a_region_without_a_shape_and_a_label_without_its_name_are_refused(cast, client) -> None:
    project = make.project(cast.riverside, "Cats", "image_regions", labels=[{"name": "Cat"}, {"name": "Dog"}])
    client.force_login(cast.mina)
    address = reverse("project-settings", args=[project.public_id])
    form = next(one for one in sending.read(client.get(address).content.decode(), address).forms if one.buttons and
                ("seen", save_settings.mark(project)) in one.fields)  # fmt: skip
    form.fields = [(name, value) for name, value in form.fields if name != "labels-0-shapes"]
    page = sending.read(sending.send(client, form, **{"labels-1-name": ""}).content.decode(), address)
    assert [box for _text, box in page.faults] == ["#id_labels-0-shapes_0", "#id_labels-1-name"]
    assert {one.key for one in project.labels.in_use()} == {"cat", "dog"}


def test_labels_and_fields_are_judged_together_and_taken_together(cast) -> None:
    project = make.project(cast.riverside, "Moods", "classification", fields=[MOOD], labels=[{"name": "Glad"}])
    with pytest.raises(Refused):
        configure.set_labels(project, [], by=cast.mina)
    with pytest.raises(Refused):
        configure.change(project, cast.mina, fields=[MOOD, {"name": "Animal", "kind": "choice"}])
    assert project.labels.in_use().count() == 1 and project.settings_now().version == 1
    both = [{"name": "Glad"}, {"name": "Cat", "field": "Animal"}]
    configure.change(project, cast.mina, fields=[MOOD, {"name": "Animal", "kind": "choice"}], labels=both)
    assert project.labels.in_use().count() == 2
    with pytest.raises(Refused, match="no field of that name"):
        configure.change(project, cast.mina, fields=[MOOD])


def test_labels_name_their_field_and_what_they_lie_under_and_saving_that_changes_no_label(cast, client) -> None:
    kinds = [{"name": "Animal", "kind": "tree"}, {"name": "Is it glad?", "kind": "choice"}]
    labels = [{"name": "Great cat"}, {"name": "Lion", "parent": "great_cat"}, {"name": "Yes", "field": "Is it glad?"}]
    project = make.project(cast.riverside, "Zoo", "classification", fields=kinds, labels=labels)
    client.force_login(cast.mina)
    address = reverse("project-settings", args=[project.public_id])
    forms = sending.read(client.get(address).content.decode(), address).forms
    (form,) = [one for one in forms if "labels-TOTAL_FORMS" in one.said()]
    sent = form.said()
    assert (sent["labels-1-parent"], sent["labels-2-field"]) == (["Great cat"], ["Is it glad?"])
    told = Event.objects.filter(kind="labels_changed")
    before = told.count()
    assert sending.send(client, form).status_code == 302 and told.count() == before


def test_many_on_one_screen_leave_no_label_a_key_that_the_screen_has(cast) -> None:
    labels = [{"name": "Fine", "hotkey": "f"}, {"name": "Other"}]
    with pytest.raises(Refused) as at_once:
        make.project(cast.riverside, "Grid", "classification", labels=labels, grid=12)
    assert at_once.value.code == "bad-hotkey"
    project = make.project(cast.riverside, "One", "classification", labels=labels)
    with pytest.raises(Refused) as later:
        configure.change(project, cast.mina, grid=12)
    assert later.value.code == "bad-hotkey"


def test_weighed_by_class_is_offered_where_it_would_be_taken(cast, client) -> None:
    two = asked_fields.read("Mood (choice)\nLegs (number, optional)")
    many = make.project(cast.riverside, "Many", "classification", fields=two, labels=[{"name": "Glad"}])
    one = make.project(cast.riverside, "One", "classification", labels=[{"name": "Glad"}])
    client.force_login(cast.mina)

    def option(project: Project) -> str:
        shown = client.get(reverse("project-settings", args=[project.public_id])).content.decode()
        return shown.split('<option value="categorical_v1"')[1].split(">")[0]

    assert "hidden" in option(many) and "disabled" in option(many)
    assert "hidden" not in option(one)
    refused = filled(client, task_type="classification", fields_asked="Mood (choice)\nLegs (number)",
                     aggregation="categorical_v1", **{"labels-0-name": "Glad"})  # fmt: skip
    page = sending.read(refused.content.decode(), "")
    assert [box for _text, box in page.faults] == ["#id_aggregation"]


def test_two_hundred_labels_are_saved_as_they_stand(cast, client) -> None:
    labels = [{"name": f"Thing {number}", "shapes": ["box", "mask"]} for number in range(200)]
    project = make.project(cast.riverside, "Many", "image_regions", labels=labels)
    client.force_login(cast.mina)
    address = reverse("project-settings", args=[project.public_id])
    forms = sending.read(client.get(address).content.decode(), address).forms
    form = next(one for one in forms if any(name == "seen" for name, _value in one.fields))
    assert sending.send(client, form).status_code == 302


def test_what_a_program_made_is_kept_when_its_page_is_saved(cast, client) -> None:
    """Keys of its own, of fields and of attributes, which the page shows by name; all that attributes can be."""
    fields = [
        {"key": "m1", "name": "Mood", "kind": "choice"},
        {"key": "w", "name": "Words", "kind": "text", "weight": 2.5, "when": {"field": "m1", "is": "glad"}},
    ]
    moods = make.project(cast.riverside, "M", "classification", fields=fields, labels=[{"name": "Glad", "field": "m1"}])
    asked = [
        {"key": "p9", "name": "Pose", "kind": "choice", "choices": ["standing", "lying; flat"]},
        {"key": "far", "name": "Far & <b>“away”</b>", "kind": "flag", "required": True, "counts": True},
        {"key": "w", "name": "Words", "kind": "text"},
        {"key": "legs", "name": "Legs", "kind": "number"},
    ]
    cats = make.project(cast.riverside, "Cats", labels=[{"name": "Cat", "attributes": asked}, {"name": "Dog"}])
    client.force_login(cast.mina)
    for project in (moods, cats):
        address, before = reverse("project-settings", args=[project.public_id]), save_settings.mark(project)
        forms = sending.read(client.get(address).content.decode(), address).forms
        form = next(one for one in forms if any(name == "seen" for name, _value in one.fields))
        assert sending.send(client, form).status_code == 302
        assert save_settings.mark(project) == before
    assert cats.labels.get(key="cat").attributes == asked
