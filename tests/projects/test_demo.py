"""The demo: it loads without a network, twice does no harm, and nobody's password is known to the world.

Its past takes longest and has tests of its own (tests/config/test_demo_past.py), so most of these go without it.
"""

import json
import stat
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command
from PIL import Image

from config import demo
from config.demo import history
from config.demo.projects import CALLS
from config.management.commands import load_demo
from projects import queue
from projects.models import Asset, Assignment, Batch, Project, Task
from projects.task_types import TASK_TYPES
from taskers import access
from taskers.models import Membership, Organization, Person
from taskers.models.people import Role

pytestmark = pytest.mark.slow

REPORTS = Path(demo.__file__).parent / "reports.jsonl"


@pytest.fixture
def place(tmp_path, settings):
    """A data folder of the test's own."""
    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path


@pytest.fixture
def without_a_past(monkeypatch):
    monkeypatch.setattr(history, "tell", lambda organization, people: None)


@pytest.fixture
def loaded(transactional_db, place, without_a_past, capsys):
    """What the first load printed."""
    call_command("load_demo")
    return capsys.readouterr().out


def accounts(place: Path) -> dict[str, list[str]]:
    lines = (place / load_demo.ACCOUNTS).read_text(encoding="utf-8").splitlines()
    return {line.split()[1]: line.split() for line in lines}


def test_four_projects_on_real_input_are_ready_to_work_on(loaded):
    letters, washers, photographs, reports = Project.objects.order_by("task_type", "name")
    assert (photographs.task_type, reports.task_type) == ("image_regions", "text_spans")
    assert (letters.settings_now().grid, washers.settings_now().grid) == (1, 24)
    assert Task.objects.filter(project=washers, payload__proposed__has_key="").count() == 48
    assert Task.objects.filter(project=reports).count() >= 40
    assert Task.objects.filter(project=photographs).count() >= 12
    assert set(Batch.objects.values_list("state", flat=True)) == {"live"}
    assert queue.audit().breaches == []
    mapped = set(reports.settings_now().label_mapping.values())
    assert mapped == {label.key for label in reports.labels.in_use()}
    assert "PERSON" in reports.settings_now().label_mapping


def test_every_account_can_sign_in_and_be_what_it_says(loaded, place):
    listed = accounts(place)
    roles = sorted(line[0] for line in listed.values())
    assert roles == ["finance", "finance", "manager", "owner", "reviewer", *["tasker"] * 4]
    organization = Organization.objects.get()
    for email, (role, _, password, *name) in listed.items():
        person = Person.objects.get(email=email)
        assert person.check_password(password) and person.name == " ".join(name)
        assert access.may(person, organization, role)
        assert password in loaded
    assert len({line[2] for line in listed.values()}) == len(listed)


def test_only_their_owner_can_read_the_passwords(loaded, place):
    assert stat.S_IMODE((place / load_demo.ACCOUNTS).stat().st_mode) == 0o600


def test_a_tasker_gets_work_in_both_projects(loaded):
    tasker = Person.objects.get(email="leo@riverside.example")
    for project in Project.objects.all():
        assert isinstance(queue.claim(tasker, project), Assignment)


def test_loading_again_changes_nothing(loaded, place, capsys):
    before = accounts(place)
    rows = [model.objects.count() for model in (Task, Assignment, Asset, Project, Person, Membership, Batch)]
    call_command("load_demo")
    assert [model.objects.count() for model in (Task, Assignment, Asset, Project, Person, Membership, Batch)] == rows
    assert accounts(place) == before
    said = capsys.readouterr().out
    assert "0 tasks loaded" in said and not any(line[2] in said for line in before.values())


def test_a_lost_list_is_replaced_by_new_passwords(loaded, place):
    before = accounts(place)
    (place / load_demo.ACCOUNTS).unlink()
    call_command("load_demo")
    after = accounts(place)
    assert before.keys() == after.keys() and before != after
    assert all(Person.objects.get(email=email).check_password(line[2]) for email, line in after.items())


@pytest.mark.parametrize(("place_of", "step"), [(load_demo, "zip_photographs"), (history, "_plan_money")])
def test_a_load_that_was_killed_is_finished_by_the_next(place_of, step, transactional_db, place, monkeypatch):
    class Killed(BaseException):
        pass

    def killed(*_) -> None:
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(place_of, step, killed)
        with pytest.raises(Killed):
            call_command("load_demo")
    assert not Project.objects.filter(name=CALLS["name"]).exists()
    if place_of is load_demo:
        monkeypatch.setattr(history, "tell", lambda organization, people: None)
    monkeypatch.setattr(history, "DAYS", 14)  # enough of it; tests/config/test_demo_past.py looks at the whole
    call_command("load_demo")
    assert len(accounts(place)) == len(load_demo.PEOPLE)
    assert Task.objects.filter(project__task_type="image_regions").count() >= 12
    assert Project.objects.filter(name=CALLS["name"]).exists() == (place_of is history)


def test_stored_photographs_are_what_their_tasks_say(loaded):
    for task in Task.objects.filter(project__task_type="image_regions").select_related("asset"):
        assert task.asset
        with task.asset.file.open("rb") as file:
            pixels = np.asarray(Image.open(file).convert("RGB"))
        assert pixels.shape == (task.payload["height"], task.payload["width"], 3)


def test_reports_are_short_varied_and_fit_to_be_labelled():
    rows = [json.loads(line) for line in REPORTS.read_text(encoding="utf-8").splitlines()]
    room = TASK_TYPES["text_spans"]
    words = [len(row["text"].split()) for row in rows]
    assert len(rows) >= 40 and min(words) >= 60 and max(words) <= 180
    assert len({row["external_id"] for row in rows}) == len({row["text"] for row in rows}) == len(rows)
    assert len({row["meta"]["kind"] for row in rows}) >= 8
    for row in rows:
        room.check_payload({name: row[name] for name in ("text", "title", "meta")})


def test_passwords_are_random_and_long():
    made = {load_demo.password() for _ in range(200)}
    assert len(made) == 200 and all(len(one) == 17 for one in made)


def test_finance_are_two_so_that_a_payout_can_be_approved(loaded):
    finance = Membership.objects.filter(role=Role.FINANCE, ended_at=None)
    assert finance.count() == 2 and all(row.person.is_staff for row in finance.select_related("person"))
