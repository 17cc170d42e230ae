"""What asking more people would set right, as a manager reads it once a project's people were estimated."""

import pytest
from django.urls import reverse

from projects.quality import estimating
from projects.reports import annotator_accuracy
from taskers.models.people import Role
from tests.support import make
from tests.support.projects.judging import ANIMALS, classified, said

pytestmark = pytest.mark.django_db

CAT, DOG = classified("cat"), classified("dog")


def judged(cast, *, slips: int, **settings):
    """A project whose twenty tasks two of four people answered each, somebody being wrong on so many."""
    terms = {"wanted": 2, "aggregation": "categorical_v1", "name": f"Animals {slips}"} | settings
    project = make.project(cast.riverside, task_type="classification", labels=ANIMALS, **terms)
    people = [cast.alice, cast.bob, cast.carol, make.person(f"Dora{slips}", cast.riverside, Role.TASKER)]
    for number, task in enumerate(make.tasks(make.batch(project), 20)):
        truth, other = (CAT, DOG) if number % 2 else (DOG, CAT)
        said(people[number % 4], task, other if number < slips else truth)
        said(people[(number + 1 + number // 4 % 3) % 4], task, truth)
    estimating.run(estimating.start(project, by=cast.mina).pk)
    return project


def test_the_more_they_differ_the_more_a_third_would_set_right(cast, client) -> None:
    agreed, quarrel = judged(cast, slips=0), judged(cast, slips=8)
    sure, unsure = (annotator_accuracy.of(one).more_people for one in (agreed, quarrel))
    assert sure is not None and unsure is not None and sure.people == unsure.people == 3
    assert unsure.expected > 2 * max(sure.expected, 0.01) and unsure.low < unsure.expected < unsure.high < 0.5
    client.force_login(cast.mina)
    page = client.get(reverse("project-quality", args=[quarrel.public_id])).content.decode()
    assert "Were each task asked of 3 people, about" in page


def test_it_is_of_as_many_people_as_the_settings_allow(cast) -> None:
    found = annotator_accuracy.of(judged(cast, slips=4, most=7, target=0.9)).more_people
    assert found is not None and found.people == 7


def test_nothing_is_said_before_anybody_was_estimated(cast, client) -> None:
    project = make.project(cast.riverside, task_type="classification", labels=ANIMALS, wanted=2)
    assert annotator_accuracy.of(project).more_people is None
    client.force_login(cast.mina)
    assert "Were each task" not in client.get(reverse("project-quality", args=[project.public_id])).content.decode()
