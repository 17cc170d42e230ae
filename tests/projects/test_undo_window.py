"""Taking back what was just handed in: a minute in new projects where one key submits, elsewhere as set."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from projects.configuration import configure
from projects.configuration.one_key import submits_by_one_key
from projects.models import Assignment, Project, Verdict
from projects.workflow import corrections
from tests.support import make
from tests.support.projects.judging import said

pytestmark = pytest.mark.django_db

CHOICE = {"key": "kind", "name": "Kind", "kind": "choice"}


def created(client: Client, **changes: Any) -> Project:
    """A project by the form as it is shown, with these changes."""
    form = client.get(reverse("project-new")).context["form"]
    shown = {name: form[name].value() for name in form.fields}
    data = {name: value for name, value in shown.items() if value is not None and value is not False}
    labels = {"labels-TOTAL_FORMS": 2, "labels-INITIAL_FORMS": 0, "labels-0-name": "Cat", "labels-1-name": "Dog"}
    answer = client.post(reverse("project-new"), data | labels | {"name": "New"} | changes)
    assert answer.status_code == 302, answer.context["form"].errors
    return Project.objects.get(name="New")


@pytest.mark.parametrize(
    ("changes", "minutes"),
    [
        ({"task_type": "classification"}, 1),
        ({"task_type": "classification", "correction_minutes": 0}, 0),
        ({"task_type": "classification", "correction_minutes": 30}, 30),
        ({"task_type": "text_spans"}, 0),
    ],
)
def test_a_new_project_has_a_minute_to_take_work_back_where_one_key_submits(
    cast, client: Client, changes: dict[str, Any], minutes: int
) -> None:
    client.force_login(cast.mina)
    assert created(client, **changes).settings_now().correction_minutes == minutes


def test_projects_by_api_token_and_those_that_are_there_keep_their_setting(cast, client: Client) -> None:
    made = make.project(cast.riverside, "By a program", "classification", fields=[CHOICE], labels=make.LABELS)
    assert made.settings_now().correction_minutes == 0
    client.force_login(cast.mina)
    form = client.get(reverse("project-settings", args=[made.public_id])).context["form"]
    assert form["correction_minutes"].value() == 0
    configure.change(made, cast.mina, instructions="Look closely.")
    assert made.settings_now().correction_minutes == 0


@pytest.mark.parametrize(
    ("task_type", "fields", "one_key"),
    [
        ("classification", [CHOICE], True),
        ("classification", [CHOICE, CHOICE], False),
        ("classification", [CHOICE | {"kind": "multiple"}], False),
        ("preference", [], True),
        ("preference", [{"kind": "text"}], False),
        ("text_spans", [], False),
    ],
)
def test_one_key_submits_where_one_choice_is_all_that_is_asked(task_type: str, fields: list, one_key: bool) -> None:
    assert submits_by_one_key(task_type, fields) is one_key


def test_the_page_is_told_how_long_work_may_be_taken_back_and_nothing_is_decided_meanwhile(
    cast, client: Client
) -> None:
    project = make.project(cast.riverside, wanted=1, correction_minutes=1)
    task = make.task(make.batch(project))
    client.force_login(cast.alice)

    def post(path: str, body: dict) -> dict[str, Any]:
        return client.post(path, json.dumps(body), content_type="application/json").json()

    held = post(f"/studio/{project.public_id}/claim", {})["assignment"]
    body = {"token": held["token"], "answer": make.MARIA, "active_ms": 5, "rejected": []}
    submitted = post(f"/studio/assignments/{held['id']}/submit", body)["submitted"]
    assert 50 <= submitted["seconds"] <= 60
    corrections.catch_up()
    assert not Verdict.objects.filter(task=task).exists()
    again = post(f"/studio/corrections/{submitted['id']}/claim", {})["assignment"]
    assert [span["end"] for span in again["draft"]["answer"]["spans"]] == [11]
    sent = post(f"/studio/assignments/{again['id']}/submit", body | {"token": again["token"], "answer": {"spans": []}})
    assert sent["nothing"]["code"] == "corrected" and 0 < sent["submitted"]["seconds"] <= 60


def test_where_nothing_can_be_taken_back_the_page_is_told_of_no_time(cast, client: Client) -> None:
    project = make.project(cast.riverside, wanted=1)
    task = make.task(make.batch(project))
    said(cast.alice, task, make.MARIA)
    assert corrections.seconds_left(Assignment.objects.get(task=task)) == 0
