"""Examples beside the instructions: what the course has shown, with its right answers; never what is still asked."""

import pytest
from django.test import Client

from projects.configuration import configure
from projects.quality.gold import grading
from projects.quality.qualification import qualification_tests
from taskers.skills import skills
from tests.support import make
from tests.support.projects.courses import DICE, answered, course

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast):
    return make.project(cast.riverside, wanted=1)


@pytest.fixture
def items(cast, project) -> list:
    batch = make.batch(project)
    grading.stock(make.tasks(batch, 1)[0], make.MARIA, by=cast.mina, dice=DICE)  # gold, of which nobody may know
    return course(batch, skills.define(cast.riverside, "Names", kind="qualification"), cast, 2)


def shown_to(person, project) -> tuple[int, list[str]]:
    client = Client()
    client.force_login(person)
    answer = client.get(f"/studio/{project.public_id}/examples")
    found = answer.json().get("lessons", {}).get("examples", [])
    return answer.status_code, [one["explanation"] for one in found]


def test_a_tasker_sees_what_the_course_has_taught_them(cast, project, items) -> None:
    assert shown_to(cast.alice, project) == (200, [])
    answered(cast.alice, project, make.OSLO)
    assert shown_to(cast.alice, project) == (200, ["Names, part 1"])
    answered(cast.alice, project, make.MARIA)
    assert shown_to(cast.alice, project) == (200, ["Names, part 1", "Names, part 2"])
    assert shown_to(cast.bob, project) == (200, [])


def test_what_is_kept_to_the_end_is_no_example_before_it(cast, project, items) -> None:
    for item in items:
        qualification_tests.explain(item, "Kept to the end.", shown=False, by=cast.mina)
    answered(cast.alice, project, make.OSLO)
    assert shown_to(cast.alice, project) == (200, [])
    answered(cast.alice, project, make.MARIA)
    assert len(shown_to(cast.alice, project)[1]) == 2


def test_managers_and_reviewers_see_the_course_and_no_gold(cast, project, items) -> None:
    for person in (cast.mina, cast.rita):
        assert shown_to(person, project) == (200, ["Names, part 1", "Names, part 2"])


def test_an_example_comes_with_all_that_it_is_drawn_by(cast, project, items) -> None:
    client = Client()
    client.force_login(cast.mina)
    told = client.get(f"/studio/{project.public_id}/examples").json()
    first = told["lessons"]["examples"][0]
    assert first["known"]["spans"][0]["label"] == "person" and first["text"] == make.TEXT
    assert "answer" not in first and [one["key"] for one in told["labels"]] == ["person", "place"]


def test_the_instructions_come_with_them(cast, project) -> None:
    """Where no task has come yet, the studio has them from here."""
    configure.change(project, None, instructions="Mark **names**.")
    client = Client()
    client.force_login(cast.alice)
    told = client.get(f"/studio/{project.public_id}/examples").json()
    assert told["instructions_html"] == "<p>Mark <strong>names</strong>.</p>\n" and told["instructions_language"] == ""
