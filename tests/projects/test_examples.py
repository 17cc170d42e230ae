"""Examples beside the instructions: what the course has shown, with its right answers; never what is still asked."""

import pytest
from django.test import Client

from projects.quality.gold import grading
from projects.quality.qualification import qualification_tests
from taskers.skills import skills
from tests import make
from tests.projects.test_courses import DICE, answered, course

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


@pytest.mark.parametrize(("who", "status"), [("finn", 403), ("nora", 404), ("sam", 404)])
def test_strangers_and_neighbours_see_none(cast, project, items, who: str, status: int) -> None:
    assert shown_to(getattr(cast, who), project) == (status, [])
