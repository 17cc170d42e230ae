"""Making a project and changing its settings by page; what can't be is said where it is mended."""

import json
import random
import re

import pytest
from django.test import Client

from projects.configuration import configure, label_changes, save_settings
from projects.errors import Refused
from projects.models import Batch, BatchProgress, Project
from projects.quality.gold import authoring
from projects.reports import settings_effect, verdict_index
from projects.web.annotator import work_json
from projects.web.manager.forms.labels import in_one_line, label_rows, names_in
from projects.workflow import submission
from taskers.models import Event, Person
from tests.support import make, sending
from tests.support.projects.judging import given
from tests.support.projects.managing import FORM, changed, page, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast) -> Project:
    return make.project(cast.riverside, "Names in reports")


@pytest.fixture
def batch(project) -> Batch:
    return make.batch(project)


@pytest.fixture
def mina(cast) -> Client:
    return signed_in(cast.mina)


def test_manager_makes_a_project(cast, mina) -> None:
    answer = mina.post(page("project-new"), FORM | {"labels-0-model_names": 'GPE, "land, sea", LOC'})
    made = Project.objects.get(name="Ships")
    settings = made.settings_now()
    assert answer["Location"] == page("load", made.public_id)
    assert (settings.wanted, settings.rate, settings.lease_seconds) == (3, 35_000, 1200)
    assert settings.thresholds == {"agreement": 0.8, "span_match": "overlap"}
    assert settings.label_mapping == {"GPE": "port", "LOC": "port", "land, sea": "port"}
    rows = label_rows(save_settings.labels_of(made), settings.label_mapping)
    assert [one["model_names"] for one in rows] == ["", 'GPE, LOC, "land, sea"']
    assert [one.name for one in made.labels.in_use()] == ["Ship", "Port"]
    assert made.organization == cast.riverside


@pytest.mark.parametrize("names", [["land, sea", 'the "old"', "two  spaces", "LOC"], ['5" nails'], ["a" * 140_000]])
def test_the_models_names_come_back_from_their_line_as_they_are(names: list[str]) -> None:
    assert names_in(in_one_line(names)) == names


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "required"),
        ("rate", "-1", "greater than or equal to 0"),
        ("rate", "0.0000001", "decimal places"),
        ("wanted", "51", "less than or equal to 50"),
        ("labels-1-hotkey", "p", "“Ship” has the key P already"),
        ("labels-1-hotkey", "s", "S is the studio&#x27;s own key for “Skip”"),
        ("labels-1-hotkey", "!", "a letter or a digit"),
        ("labels-1-name", "port", "“Port” and “port” would have the same key"),
        ("labels-0-colour", "red", "valid"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_made(mina, field: str, value: str, words: str) -> None:
    answer = mina.post(page("project-new"), FORM | {field: value})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Project.objects.filter(name="Ships").exists()


def test_a_bad_pay_is_said_at_the_top_and_keeps_its_currency(mina, project) -> None:
    """The page came back at its head without a word, and “in USD” was gone."""
    answer = mina.post(page("project-settings", project.public_id), changed(project, rate="much"))
    shown = sending.read(answer.content.decode(), "")
    assert (answer.status_code, [box for _text, box in shown.faults]) == (422, ["#id_rate"])
    assert shown.faults[0][0] == "Pay per accepted judgement, in USD: Enter a number."
    assert any("one thing to mend" in one and "Enter a number." in one for one in shown.alerts)
    assert "Pay per accepted judgement, in USD</label>" in answer.content.decode()


def test_every_fault_is_in_the_list_wherever_its_field_lies(mina, project) -> None:
    form = changed(project, wanted="0", instructions_xx="") | {
        "labels-0-hotkey": "long",
        "labels-1-attributes": '[{"name": "Pose", "kind": "choice", "choices": ["standing"]}]',
        "labels-0-present_key": "x" * 61,
    }
    shown = sending.read(mina.post(page("project-settings", project.public_id), form).content.decode(), "")
    boxes = [box for _text, box in shown.faults]
    assert boxes == ["#id_wanted", "", "#id_labels-0-hotkey", "#id_labels-1-attributes"], "a hidden field has no box"
    assert shown.faults[2][0].startswith("Row 1, Hotkey: ")
    assert shown.faults[3][0] == "Row 2, Attributes: A choice is between two to fifty different words."
    assert {box[1:] for box in boxes if box} <= shown.ids


def test_attributes_are_saved_as_their_boxes_say_and_a_fault_is_said_at_its_box(mina, project) -> None:
    pose = {"name": "Pose", "kind": "choice", "choices": ["standing", " lying  down "], "required": True}
    asked = [pose, {"name": "Occluded", "kind": "flag", "counts": True}]
    form = changed(project) | {"labels-1-attributes": json.dumps(asked)}
    assert mina.post(page("project-settings", project.public_id), form).status_code == 302
    held = project.labels.get(key="place").attributes
    assert held[0] == {"key": "pose"} | pose | {"choices": ["standing", "lying down"]}
    # Called otherwise it is the same attribute still, and what is typed comes back where it can't be.
    renamed = [held[0] | {"name": "Posture"}, held[1]]
    form = changed(project) | {"labels-1-attributes": json.dumps(renamed)}
    assert mina.post(page("project-settings", project.public_id), form).status_code == 302
    assert project.labels.get(key="place").attributes == renamed
    twice = changed(project) | {"labels-1-attributes": json.dumps([*renamed, {"name": "Posture", "kind": "text"}])}
    shown = mina.post(page("project-settings", project.public_id), twice).content.decode()
    assert 'data-fault="[2].name"' in shown and "Each attribute needs a name of its own." in shown
    twins = changed(project) | {
        "labels-1-attributes": json.dumps([*renamed, {"name": "Posture", "key": "other", "kind": "flag"}])
    }
    shown = mina.post(page("project-settings", project.public_id), twins).content.decode()
    box = sending.read(shown, "").faults[0]
    assert 'data-fault="[2].name"' in shown and box[0].startswith("Row 2, Attributes: ") and "labels-1" in box[1]
    for unreadable in ("Pose (standing, sitting)", "[" * 50_000, '[{"name": "a\\u0000", "kind": "flag"}]'):
        form = changed(project) | {"labels-1-attributes": unreadable}
        assert mina.post(page("project-settings", project.public_id), form).status_code == 422
    assert project.labels.get(key="place").attributes == renamed


def test_attributes_that_were_called_the_same_before_that_was_refused_stand_in_nobodys_way(cast, mina, project) -> None:
    twins = [{"key": key, "name": "Pose", "kind": "flag"} for key in ("a", "b")]
    with pytest.raises(Refused) as refused:
        label_changes.alter(project, "place", by=cast.mina, attributes=twins)
    assert refused.value.place == "labels[1].attributes[1].name"
    project.labels.filter(key="place").update(attributes=twins)
    more = {"labels-0-name": "Somebody", "rate": "0.5"}
    assert mina.post(page("project-settings", project.public_id), changed(project, **more)).status_code == 302
    assert project.labels.get(key="place").attributes == twins and project.settings_now().rate == 500_000


def test_a_refusal_by_htmx_has_its_list_too(mina, project) -> None:
    answer = mina.post(page("load", project.public_id), {"batch_name": ""}, headers={"HX-Request": "true"})
    shown = sending.read(answer.content.decode(), "")
    assert [box for _text, box in shown.faults] == ["#id_file", "#id_batch_name"]
    assert "<html" not in answer.content.decode() and {"id_file", "id_batch_name"} <= shown.ids


def test_name_taken_is_said(cast, mina, project) -> None:
    answer = mina.post(page("project-new"), FORM | {"name": project.name})
    assert answer.status_code == 422
    assert "already a project" in answer.content.decode()


def test_change_makes_the_next_version(cast, mina, project) -> None:
    mina.post(page("project-settings", project.public_id), changed(project, wanted="4"))
    settings = project.settings_now()
    assert (settings.version, settings.wanted, settings.made_by) == (2, 4, cast.mina)


def test_manager_calls_a_project_something_else_and_a_page_opened_before_does_not_undo_it(cast, mina, project) -> None:
    make.project(cast.riverside, "Ships")
    at = page("project-settings", project.public_id)
    shown = mina.get(at).content.decode()
    assert "Spans in texts" in shown and 'name="initial-name" value="Names in reports"' in shown
    before = {"initial-name": "Names in reports"}
    taken = mina.post(at, changed(project, name="Ships", wanted="4", **before)).content.decode()
    assert "already a project" in taken and 'value="Ships"' in taken
    assert "A project needs a name" in mina.post(at, changed(project, name=" ", **before)).content.decode()
    mina.post(at, changed(project, name="People in reports", **before))
    mina.post(at, changed(project, name="Names in reports", wanted="5", **before))
    project.refresh_from_db()
    assert (project.name, project.settings_now().wanted) == ("People in reports", 5)


def test_manager_says_that_empty_answers_are_usual_and_the_studio_is_told(cast, mina, project) -> None:
    assert project.settings_now().empty_usual is False, "the studio asks unless a project says otherwise"
    mina.post(page("project-settings", project.public_id), changed(project, empty_usual="on"))
    settings = project.settings_now()
    assert (settings.version, settings.empty_usual) == (2, True)
    assert work_json.project_json(project, settings, cast.alice)["empty_usual"] is True
    mina.post(page("project-settings", project.public_id), changed(project))
    assert (project.settings_now().version, project.settings_now().empty_usual) == (3, False)


def test_finishing_tasks_is_chosen_on_the_form(mina, project) -> None:
    mina.post(page("project-settings", project.public_id), changed(project, depth_first="on"))
    assert project.settings_now().depth_first
    shown = mina.get(page("project-settings", project.public_id)).content.decode()
    assert re.search(r'name="depth_first"[^>]* checked', shown)


def test_file_order_is_chosen_on_the_form_and_refused_there_beside_unseen_gold(cast, mina, project, batch) -> None:
    mina.post(page("project-settings", project.public_id), changed(project, file_order="on"))
    assert project.settings_now().file_order
    mina.post(page("project-settings", project.public_id), changed(project))
    authoring.keep(make.task(batch), make.MARIA, by=cast.mina, dice=random.Random(1))
    answer = mina.post(page("project-settings", project.public_id), changed(project, file_order="on"))
    assert answer.status_code == 422 and "Retire them first" in answer.content.decode()
    assert not project.settings_now().file_order


def test_label_keeps_its_key_when_it_is_renamed(mina, project, batch) -> None:
    form = changed(project) | {"labels-0-name": "Human being"}
    mina.post(page("project-settings", project.public_id), form)
    assert project.labels.get(key="person").name == "Human being"


def test_label_taken_away_is_retired(mina, project) -> None:
    form = changed(project) | {"labels-TOTAL_FORMS": "1"}
    mina.post(page("project-settings", project.public_id), form)
    assert [one.key for one in project.labels.in_use()] == ["person"]
    assert project.labels.get(key="place").retired_at is not None


def test_two_labels_that_mean_the_same_are_merged(mina, project) -> None:
    at = page("project-settings", project.public_id)
    asked = mina.get(at).content.decode()
    assert 'id="merge-label" name="label" required><option value="">Choose</option>' in asked, "no click merges unasked"
    merging = page("project-merge-labels", project.public_id)
    same = mina.post(merging, {"label": "place", "into": "place"}, follow=True).content.decode()
    assert "Merge it into another label that is in use." in same
    merged = mina.post(merging, {"label": "place", "into": "person"}, follow=True).content.decode()
    assert "“Place” is “Person” from now on." in merged and 'id="merge-label"' not in merged
    assert project.labels.get(key="place").merged_into.key == "person"


def test_preview_shows_instructions_without_what_could_act(mina) -> None:
    text = "**bold** <script>alert(1)</script> [x](javascript:alert(1))"
    shown = mina.post(page("instructions-preview"), {"instructions": text}).content.decode()
    assert "<strong>bold</strong>" in shown
    assert "<script" not in shown
    assert "href" not in shown


def test_settings_say_in_figures_what_they_come_to_by_what_was_decided_lately(cast, mina, project, batch) -> None:
    assert settings_effect.of(project, project.settings_now(), configure.THRESHOLDS) == {}, "nothing is decided yet"
    make.tasks(batch, 5)
    for tasker in [cast.alice, cast.bob] * 5:
        make.judged(tasker, project, make.MARIA)
    verdict_index.add(Event.objects.all())
    sure = settings_effect.lately(project).sure
    configure.change(project, cast.mina, audit_share=0.2, pay_floor=0.5, most=5, target=round(max(sure) + 0.01, 2))
    shown = mina.get(page("project-settings", project.public_id)).content.decode()
    for words in (
        "The last 5 tasks that answers decided took 2.0 of them each.",
        "5 of the last 5 tasks would have been asked of one more person",
        "0 of 10 answers to the last 5 decided tasks would not have been paid.",
        "about 1 of the last 5 tasks would have gone to a reviewer as an audit.",
    ):
        assert words in shown
    assert "wait for one" not in shown
    # A model judged beside Alice, two tasks wait for a reviewer, and one was decided by one.
    Person.objects.filter(pk=cast.bob.pk).update(kind="model")
    BatchProgress.objects.update_or_create(batch=batch, defaults={"in_review": 2})
    task = make.task(batch)
    mine = given(cast.rita, task, "review")
    submission.decide(mine, cast.rita, mine.token, make.MARIA)
    verdict_index.add(Event.objects.filter(kind="decided").order_by("-pk")[:1])
    shown = mina.get(page("project-settings", project.public_id)).content.decode()
    for words in (
        "0 of 5 answers to the last 6 decided tasks would not have been paid.",
        "5 of the last 8 tasks would have been asked of one more person",
        "a reviewer decided 1 of these tasks, and 2 wait for one.",
    ):
        assert words in shown
