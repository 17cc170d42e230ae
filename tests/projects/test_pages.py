"""The manager's pages: who may see them, what they show, what they cost."""

import random
import re

import pytest
from django.test import Client
from django.urls import reverse

from projects import batches, known_answers, revision, rollups, studio
from projects.models import Batch, BatchProgress, Project
from projects.views import project as project_page
from taskers import invitations
from taskers.models import Account, Event
from tests import make, sending

pytestmark = pytest.mark.django_db

MOST_QUERIES = 10  # the session and the person among them


@pytest.fixture
def project(cast) -> Project:
    return make.project(cast.riverside, "Names in reports")


@pytest.fixture
def batch(project) -> Batch:
    return make.batch(project)


@pytest.fixture
def mina(cast) -> Client:
    return signed_in(cast.mina)


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page(name: str, *keys: object) -> str:
    return reverse(name, args=keys)


def count_up() -> None:
    """Add up the progress as a worker would."""
    rollups.add(Event.objects.all())


SCREENS = ("project", "project-progress", "project-settings", "load", "tasks", "export")


@pytest.mark.parametrize("screen", SCREENS)
def test_manager_and_owner_see_each_page(cast, project, batch, screen: str) -> None:
    make.tasks(batch, 2)
    for person in (cast.mina, cast.olga):
        assert signed_in(person).get(page(screen, project.public_id)).status_code == 200


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("who", ["alice", "rita", "finn"])
def test_members_without_the_role_are_told_so(cast, project, screen: str, who: str) -> None:
    answer = signed_in(getattr(cast, who)).get(page(screen, project.public_id))
    assert answer.status_code == 403
    assert "manager" in answer.content.decode()


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("who", ["nora", "sam"])
def test_outsiders_find_nothing(cast, project, screen: str, who: str) -> None:
    assert signed_in(getattr(cast, who)).get(page(screen, project.public_id)).status_code == 404


def test_stranger_is_sent_to_the_door(project) -> None:
    answer = Client().get(page("project", project.public_id))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_part_of_a_page_asks_the_page_to_sign_in_again(project) -> None:
    answer = Client().get(page("project-progress", project.public_id), headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Refresh"]) == (200, "true")


def test_manager_of_one_project_sees_that_one(cast, project) -> None:
    make.project(cast.riverside, "Another")
    invitations.grant(cast.riverside, cast.carol, "manager", by=cast.olga, project_key=project.public_id)
    carol = signed_in(cast.carol)
    shown = carol.get(page("projects")).content.decode()
    assert "Names in reports" in shown
    assert "Another" not in shown
    assert carol.get(page("project", project.public_id)).status_code == 200
    assert carol.get(page("project-new")).status_code == 403


def test_list_shows_progress_and_only_our_projects(cast, mina, project, batch) -> None:
    make.project(cast.hilltop, "Hilltop's own")
    make.task(batch)
    make.judged(cast.alice, project, make.MARIA)
    make.judged(cast.bob, project, make.MARIA)
    make.tasks(batch, 2)
    count_up()
    shown = mina.get(page("projects")).content.decode()
    assert "1 of 3 tasks decided" in shown
    assert "Hilltop" not in shown


def test_a_projects_sums_are_those_of_all_its_batches(mina, project, monkeypatch) -> None:
    monkeypatch.setattr(project_page, "MOST", 1)
    for name in ("First", "Second", "Third"):
        BatchProgress.objects.filter(batch=make.batch(project, name)).update(tasks=4_000, decided=1_000)
    shown = mina.get(page("project", project.public_id)).content.decode()
    assert "12,000" in shown and "3,000" in shown


@pytest.mark.parametrize("screen", [*SCREENS, "projects", "project-new"])
def test_no_page_asks_much(cast, mina, project, screen: str, django_assert_max_num_queries) -> None:
    for name in ("First", "Second", "Third"):
        make.tasks(make.batch(project, name), 20)
    make.judged(cast.alice, project, make.MARIA)
    make.judged(cast.bob, project, make.MARIA)
    keys = () if screen in ("projects", "project-new") else (project.public_id,)
    with django_assert_max_num_queries(MOST_QUERIES):
        assert mina.get(page(screen, *keys)).status_code == 200


def test_a_taskers_home_asks_no_more(cast, project, django_assert_max_num_queries) -> None:
    make.tasks(make.batch(project), 20)
    make.tasks(make.batch(make.project(cast.riverside, "Another")), 20)
    for tasker in (cast.alice, cast.bob):
        make.judged(tasker, project, make.MARIA)
    make.held(cast.alice, project)
    make.project(cast.riverside, "Nothing in it")
    paid = make.project(cast.riverside, "Paid", wanted=1)
    make.task(make.batch(paid, "Only"))
    make.judged(cast.alice, paid, make.MARIA)
    assert Account.objects.filter(tasker=cast.alice).exists(), "what she earned is added up as well"
    client = signed_in(cast.alice)
    with django_assert_max_num_queries(MOST_QUERIES + 1):  # what is due is settled before she looks
        assert client.get(page("home")).status_code == 200


def test_pages_carry_no_inline_style_or_script(cast, mina, project, batch) -> None:
    task = make.task(batch)
    make.judged(cast.alice, project, make.MARIA)
    addresses = [page(one, project.public_id) for one in SCREENS] + [page("task", task.public_id), page("project-new")]
    for address in addresses:
        html = mina.get(address).content.decode()
        assert not re.search(r"<[^>]+\sstyle=|<style|\son\w+=", html), address
        assert not re.search(r"<script(?![^>]*(src=|application/json))", html), address


# --- making and changing -----------------------------------------------------------------------------

FORM = {
    "name": "Ships",
    "task_type": "text_spans",
    "instructions": "# Ships\n\nMark **ships**.",
    "wanted": "3",
    "rate": "0.035",
    "lease_minutes": "20",
    "copilot": "on",
    "agreement": "80",
    "iou": "50",
    "span_match": "overlap",
    "pay_floor": "60",
    "minimum_score": "0",
    "labels-TOTAL_FORMS": "3",
    "labels-INITIAL_FORMS": "0",
    "labels-0-name": "Port",
    "labels-0-colour": "#1971c2",
    "labels-0-hotkey": "p",
    "labels-0-model_names": "GPE, LOC",
    "labels-0-ORDER": "2",
    "labels-1-name": "Ship",
    "labels-1-colour": "#e8590c",
    "labels-1-hotkey": "h",
    "labels-1-ORDER": "1",
    "labels-2-name": "",
    "labels-2-colour": "#2f9e44",
    "labels-2-ORDER": "3",
}


def test_manager_makes_a_project(cast, mina) -> None:
    answer = mina.post(page("project-new"), FORM)
    made = Project.objects.get(name="Ships")
    settings = made.settings_now()
    assert answer["Location"] == page("load", made.public_id)
    assert (settings.wanted, settings.rate, settings.lease_seconds) == (3, 35_000, 1200)
    assert settings.thresholds == {"agreement": 0.8, "span_match": "overlap"}
    assert settings.label_mapping == {"GPE": "port", "LOC": "port"}
    assert [one.name for one in made.labels.in_use()] == ["Ship", "Port"]
    assert made.organization == cast.riverside


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
        ("labels-1-name", "Port", "Two labels"),
        ("labels-0-colour", "red", "valid"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_made(mina, field: str, value: str, words: str) -> None:
    answer = mina.post(page("project-new"), FORM | {field: value})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Project.objects.filter(name="Ships").exists()


def test_a_bad_pay_is_said_at_the_top_and_keeps_its_currency(mina, project) -> None:
    """Issue 11, line 1: the page came back at its head without a word, and “in USD” was gone."""
    answer = mina.post(page("project-settings", project.public_id), changed(project, rate="much"))
    shown = sending.read(answer.content.decode(), "")
    assert (answer.status_code, [box for _text, box in shown.faults]) == (422, ["#id_rate"])
    assert shown.faults[0][0] == "Pay per accepted judgement, in USD: Enter a number."
    assert any("one thing to mend" in one and "Enter a number." in one for one in shown.alerts)
    assert "Pay per accepted judgement, in USD</label>" in answer.content.decode()


def test_every_fault_is_in_the_list_wherever_its_field_lies(mina, project) -> None:
    form = changed(project, wanted="0", instructions_xx="") | {
        "labels-0-hotkey": "long",
        "labels-1-attributes": "Pose",
        "labels-0-key": "x" * 61,
    }
    shown = sending.read(mina.post(page("project-settings", project.public_id), form).content.decode(), "")
    boxes = [box for _text, box in shown.faults]
    assert boxes == ["#id_wanted", "", "#id_labels-0-hotkey", "#id_labels-1-attributes"], "a hidden field has no box"
    assert shown.faults[2][0].startswith("Row 1, Key: ")
    assert {box[1:] for box in boxes if box} <= shown.ids


def test_a_refusal_by_htmx_has_its_list_too(mina, project) -> None:
    answer = mina.post(page("load", project.public_id), {"batch_name": ""}, headers={"HX-Request": "true"})
    shown = sending.read(answer.content.decode(), "")
    assert [box for _text, box in shown.faults] == ["#id_file", "#id_batch_name"]
    assert "<html" not in answer.content.decode() and {"id_file", "id_batch_name"} <= shown.ids


def test_a_batch_that_cannot_be_placed_so_says_so_on_its_page(mina, project, batch) -> None:
    prefix = f"b{batch.public_id.hex}"
    said = {f"{prefix}-priority": "high", f"{prefix}-deadline": "soon"}
    answer = mina.post(page("batch-arrange", batch.public_id), said)
    shown = sending.read(answer.content.decode(), "")
    assert (answer.status_code, len(shown.faults)) == (422, 2)
    assert {box[1:] for _text, box in shown.faults} == {f"id_{prefix}-priority", f"id_{prefix}-deadline"} & shown.ids


def test_name_taken_is_said(cast, mina, project) -> None:
    answer = mina.post(page("project-new"), FORM | {"name": project.name})
    assert answer.status_code == 422
    assert "already a project" in answer.content.decode()


def changed(project: Project, **fields: str) -> dict[str, str]:
    """The settings form as a browser would send it back, with some fields changed."""
    rows = revision.labels_of(project)
    labels = {"labels-TOTAL_FORMS": str(len(rows)), "labels-INITIAL_FORMS": str(len(rows))}
    for index, row in enumerate(rows):
        labels |= {f"labels-{index}-{name}": value for name, value in row.items()} | {
            f"labels-{index}-ORDER": str(index)
        }
    kept = {name: value for name, value in FORM.items() if not name.startswith(("labels", "name", "task_type"))}
    return kept | labels | {"seen": revision.mark(project)} | fields


def test_change_makes_the_next_version(cast, mina, project) -> None:
    mina.post(page("project-settings", project.public_id), changed(project, wanted="4"))
    settings = project.settings_now()
    assert (settings.version, settings.wanted, settings.made_by) == (2, 4, cast.mina)


def test_manager_says_that_empty_answers_are_usual_and_the_studio_is_told(cast, mina, project) -> None:
    assert project.settings_now().empty_usual is False, "the studio asks unless a project says otherwise"
    mina.post(page("project-settings", project.public_id), changed(project, empty_usual="on"))
    settings = project.settings_now()
    assert (settings.version, settings.empty_usual) == (2, True)
    assert studio.project_json(project, settings, cast.alice)["empty_usual"] is True
    mina.post(page("project-settings", project.public_id), changed(project))
    assert (project.settings_now().version, project.settings_now().empty_usual) == (3, False)


def test_file_order_is_chosen_on_the_form_and_refused_there_beside_unseen_gold(cast, mina, project, batch) -> None:
    mina.post(page("project-settings", project.public_id), changed(project, file_order="on"))
    assert project.settings_now().file_order
    mina.post(page("project-settings", project.public_id), changed(project))
    known_answers.keep(make.task(batch), make.MARIA, by=cast.mina, dice=random.Random(1))
    answer = mina.post(page("project-settings", project.public_id), changed(project, file_order="on"))
    assert answer.status_code == 422 and "Retire them first" in answer.content.decode()
    assert not project.settings_now().file_order


def test_label_keeps_its_key_when_it_is_renamed(mina, project) -> None:
    form = changed(project) | {"labels-0-name": "Human being"}
    mina.post(page("project-settings", project.public_id), form)
    assert project.labels.get(key="person").name == "Human being"


def test_label_taken_away_is_retired(mina, project) -> None:
    form = changed(project) | {"labels-TOTAL_FORMS": "1"}
    mina.post(page("project-settings", project.public_id), form)
    assert [one.key for one in project.labels.in_use()] == ["person"]
    assert project.labels.get(key="place").retired_at is not None


def test_one_manager_never_overwrites_another_unseen(cast, mina, project) -> None:
    stale = changed(project, wanted="4")
    signed_in(cast.olga).post(page("project-settings", project.public_id), changed(project, rate="0.20"))
    answer = mina.post(page("project-settings", project.public_id), stale)
    shown = answer.content.decode()
    assert answer.status_code == 412
    assert "Olga changed these settings" in shown
    assert 'value="4"' in shown
    assert project.settings_now().rate == 200_000
    again = stale | {"seen": re.search(r'name="seen" value="([^"]+)"', shown).group(1)}  # type: ignore[union-attr]
    assert mina.post(page("project-settings", project.public_id), again).status_code == 302
    assert (project.settings_now().wanted, project.settings_now().rate) == (4, 35_000)


def test_a_conflict_names_every_setting_and_every_label_that_changed(cast, mina, project) -> None:
    """Issue 11, line 4: it named one of two, and old labels went over new ones unseen."""
    mina.post(page("project-settings", project.public_id), changed(project))
    stale = changed(project, wanted="4")
    theirs = changed(project, rate="0.20", agreement="90") | {
        "labels-TOTAL_FORMS": "2",
        "labels-0-name": "Human being",
        "labels-1-key": "",
        "labels-1-name": "Ship",
        "labels-1-hotkey": "",
    }
    assert signed_in(cast.olga).post(page("project-settings", project.public_id), theirs).status_code == 302
    answer = mina.post(page("project-settings", project.public_id), stale)
    shown = answer.content.decode()
    notice = next(one for one in sending.read(shown, "").alerts if "Olga" in one)
    for words in (
        "Pay per accepted judgement, in USD",
        "Agreement that decides, %",
        "New labels: Ship",
        "Changed labels: Human being",
        "Labels taken away: Place",
        "puts your labels in the place",
    ):
        assert words in notice
    assert "Judgements per task" not in notice
    assert {one.key for one in project.labels.in_use()} == {"person", "ship"}, "nothing went over them unseen"
    assert mina.post(page("project-settings", project.public_id), stale).status_code == 412, (
        "nor does it by asking twice"
    )


def test_a_form_that_says_not_what_it_saw_overwrites_nothing(cast, mina, project) -> None:
    form = changed(project, wanted="4")
    del form["seen"]
    assert mina.post(page("project-settings", project.public_id), form).status_code == 412
    assert project.settings_now().version == 1


def test_ones_own_other_tab_is_called_that(mina, project) -> None:
    stale = changed(project, wanted="4")
    mina.post(page("project-settings", project.public_id), changed(project, wanted="3"))
    assert (
        "You changed these settings in another tab"
        in mina.post(page("project-settings", project.public_id), stale).content.decode()
    )


def test_another_managers_labels_count_as_a_change(cast, mina, project) -> None:
    stale = changed(project)
    signed_in(cast.olga).post(
        page("project-settings", project.public_id), changed(project) | {"labels-0-name": "Human being"}
    )
    assert mina.post(page("project-settings", project.public_id), stale).status_code == 412


def test_preview_shows_instructions_without_what_could_act(mina) -> None:
    text = "**bold** <script>alert(1)</script> [x](javascript:alert(1))"
    shown = mina.post(page("instructions-preview"), {"instructions": text}).content.decode()
    assert "<strong>bold</strong>" in shown
    assert "<script" not in shown
    assert "href" not in shown


# --- batches and projects move ------------------------------------------------------------------------


def test_manager_pauses_and_resumes_a_batch(mina, batch) -> None:
    for state in ("paused", "live"):
        mina.post(page("batch-move", batch.public_id), {"state": state})
        batch.refresh_from_db()
        assert batch.state == state


def test_moved_batch_is_shown_at_once(mina, batch) -> None:
    answer = mina.post(page("batch-move", batch.public_id), {"state": "paused"}, headers={"HX-Request": "true"})
    assert "Paused" in answer.content.decode()


@pytest.mark.parametrize(("state", "status"), [("draft", 422), ("nonsense", 422), ("live", 409)])
def test_batch_goes_nowhere_it_cannot(mina, batch, state: str, status: int) -> None:
    assert mina.post(page("batch-move", batch.public_id), {"state": state}).status_code == status


@pytest.mark.parametrize(("who", "status"), [("alice", 403), ("nora", 404), ("sam", 404)])
def test_others_move_no_batch(cast, batch, who: str, status: int) -> None:
    answer = signed_in(getattr(cast, who)).post(page("batch-move", batch.public_id), {"state": "paused"})
    batch.refresh_from_db()
    assert (answer.status_code, batch.state) == (status, "live")


def test_manager_pauses_the_project(mina, project) -> None:
    mina.post(page("project-move", project.public_id), {"state": "paused"})
    project.refresh_from_db()
    assert project.state == "paused"
    assert mina.post(page("project-move", project.public_id), {"state": "gone"}).status_code == 422


def test_page_says_when_no_worker_is_alive(mina, project, batch) -> None:
    assert "No worker is alive" in mina.get(page("project", project.public_id)).content.decode()


def test_cancelled_batch_offers_no_levers(mina, project, batch) -> None:
    batches.move(batch, "cancelled", by=None)
    shown = mina.get(page("project", project.public_id)).content.decode()
    assert page("batch-move", batch.public_id) not in re.findall(r'hx-post="([^"]+)"', shown)
