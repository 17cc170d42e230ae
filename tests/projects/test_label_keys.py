"""Keys of labels: they follow names until there is data, can be seen and changed until then, and stay afterwards."""

import pytest
from django.test import Client

from projects.configuration import configure, label_changes, label_keys
from projects.errors import Refused
from projects.models import Project
from tests.support import make
from tests.support.projects.managing import FORM, changed, page, signed_in

pytestmark = pytest.mark.django_db
BOXES = FORM | {"task_type": "image_regions", "preset": "boxes"} | {"labels-TOTAL_FORMS": "3"}


@pytest.fixture
def mina(cast) -> Client:
    return signed_in(cast.mina)


@pytest.fixture
def project(cast) -> Project:
    return make.project(cast.riverside, "Names in reports")


def preset_rows(*rows: tuple[str, str, str]) -> dict[str, str]:
    """The label table of a preset as a browser sends it: (present key, key, name) of each row."""
    sent: dict[str, str] = {}
    for index, (present, key, name) in enumerate(rows):
        sent |= {
            f"labels-{index}-{field}": value
            for field, value in {
                "present_key": present,
                "key": key,
                "name": name,
                "hotkey": str(index + 1),
                "colour": "#e03131",
                "shapes": "box",
                "attributes": "[]",
                "model_names": "",
                "ORDER": str(index + 1),
            }.items()
        }
    return sent


def keys_of(project: Project) -> dict[str, str]:
    return dict(project.labels.in_use().values_list("name", "key"))


def test_a_preset_whose_labels_are_renamed_has_keys_of_the_new_names(mina) -> None:
    rows = preset_rows(("car", "car", "Animal"), ("person", "person", "Car"), ("bicycle", "cycle", "Bike"))
    answer = mina.post(page("project-new"), BOXES | rows)
    assert answer.status_code == 302, answer.content.decode()
    assert keys_of(Project.objects.get(name="Ships")) == {"Animal": "animal", "Car": "car", "Bike": "cycle"}


def test_a_key_follows_its_name_and_settings_go_along_until_there_is_data(cast, mina, project) -> None:
    configure.change(
        project,
        cast.mina,
        label_mapping={"PER": "person", "LOC": "place"},
        label_minimums={"person": 0.5},
        review={"labels": ["person"]},
    )
    at = page("project-settings", project.public_id)
    swap = {"labels-0-name": "Place", "labels-1-name": "Person"}
    shown = {"labels-0-model_names": "PER", "labels-1-model_names": "LOC"}
    assert mina.post(at, changed(project) | shown | swap).status_code == 302
    assert keys_of(project) == {"Place": "place", "Person": "person"}
    settings = project.settings_now()
    assert settings.label_mapping == {"PER": "place", "LOC": "person"}
    assert (settings.label_minimums, settings.review) == ({"place": 0.5}, {"labels": ["place"]})
    make.batch(project)
    form = changed(project) | {"labels-0-name": "River"}
    assert mina.post(at, form).status_code == 302
    assert keys_of(project) == {"River": "place", "Person": "person"}, "now that there is data the key stays"
    refused = mina.post(at, changed(project) | {"labels-0-key": "river"})
    assert refused.status_code == 422 and "keeps the key “place”" in refused.content.decode()
    assert "readonly" in mina.get(at).content.decode()


def test_a_key_can_be_typed_and_a_fault_says_where_and_of_which_labels(mina, project) -> None:
    at = page("project-settings", project.public_id)
    assert mina.post(at, changed(project) | {"labels-0-key": "PER"}).status_code == 302
    assert keys_of(project) == {"Person": "PER", "Place": "place"}
    twice = mina.post(at, changed(project) | {"labels-1-key": "PER"}).content.decode()
    assert "Row 2, Key:" in twice and "“Place” and “Person” would have the same key, “PER”" in twice
    named = mina.post(at, changed(project) | {"labels-0-name": "Place", "labels-0-key": ""}).content.decode()
    assert "Row 2, Name:" in named and "“Place” and “Place” would have the same key, “place”" in named
    assert "letters, digits, - and _ only" in mina.post(at, changed(project) | {"labels-0-key": "a b"}).content.decode()


def test_a_label_that_was_taken_away_before_there_was_data_leaves_its_key(mina, project) -> None:
    at = page("project-settings", project.public_id)
    mina.post(at, changed(project) | {"labels-TOTAL_FORMS": "1"})
    assert mina.post(at, changed(project) | {"labels-0-name": "Place"}).status_code == 302
    assert keys_of(project) == {"Place": "place"}
    assert project.labels.count() == 1


def test_a_field_that_hangs_on_a_label_hangs_on_it_under_its_new_key(cast) -> None:
    fields = [
        {"key": "kind", "name": "Kind", "kind": "choice"},
        {"key": "legs", "name": "Legs", "kind": "number", "when": {"field": "kind", "is": "animal"}},
    ]
    labels = [{"key": "animal", "name": "Animal"}, {"key": "car", "name": "Car"}]
    project = configure.create(
        cast.riverside, cast.mina, name="Things", task_type="classification", labels=labels, fields=fields
    )
    label_changes.alter(project, "animal", by=cast.mina, name="Beast")
    assert project.settings_now().fields[1]["when"] == {"field": "kind", "is": "beast"}
    assert not label_keys.renamed([{"name": "Beast", "key": "beast", "present_key": "beast"}])
    with pytest.raises(Refused) as refused:
        configure.set_labels(
            project, [{"key": "a", "name": "Dates"}, {"key": "a", "name": "Date of birth"}], by=cast.mina
        )
    assert refused.value.place == "labels[1].key"
    assert "“Date of birth” and “Dates”" in refused.value.text
