"""Where half of the people contradict the other half, a project says that it can't tell and asks for known answers."""

import pytest
from django.urls import reverse

from projects.configuration import configure
from projects.configuration.terms import terms_of
from projects.models import Posterior, Task, Verdict
from projects.quality import estimating, second_looks
from projects.reports import annotator_accuracy
from taskers.models.people import Role
from tests.support import make
from tests.support.projects.judging import ANIMALS, classified, known_answers, said

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

CAT, DOG = classified("cat"), classified("dog")


@pytest.fixture
def camps(cast):
    """Four who know cats from dogs, and four who have the words the other way round."""
    right = [cast.alice, cast.bob, cast.carol, make.person("Dora", cast.riverside, Role.TASKER)]
    names = ("Pip", "Pax", "Pam", "Poe")
    return right, [make.person(name, cast.riverside, Role.TASKER) for name in names]


def divided(cast, camps, **terms):
    """A project in which three of each camp answered each of ten tasks, half of them cats."""
    project = make.project(
        cast.riverside, task_type="classification", labels=ANIMALS, wanted=6, aggregation="categorical_v1", **terms
    )
    batch = make.batch(project)
    right, wrong = camps
    for number, task in enumerate(make.tasks(batch, 10)):
        truth, other = (CAT, DOG) if number % 2 else (DOG, CAT)
        for place in range(number, number + 3):
            said(right[place % 4], task, truth)
            said(wrong[place % 4], task, other)
    estimating.run(estimating.start(project, by=cast.mina).pk)
    return project, batch


def quality_page(client, cast, project) -> str:
    client.force_login(cast.mina)
    return client.get(reverse("project-quality", args=[project.public_id])).content.decode()


def test_two_camps_are_asked_for_known_answers_and_these_tell(cast, camps, client) -> None:
    project, batch = divided(cast, camps, most=8, target=0.9)
    right, wrong = camps
    terms = terms_of(project)
    needed = annotator_accuracy.of(project).cannot_tell
    assert not terms.accuracy_model.identified and needed > 0
    assert f"Cannot tell: {needed} gold tasks would tell" in quality_page(client, cast, project)
    assert not second_looks.open_in([project]).exists()

    # Three who know outvote one who doesn't: still nothing says that it is they who know.
    unsure = make.task(batch, wanted=4)
    for tasker, answer in ((right[0], CAT), (right[1], CAT), (right[2], CAT), (wrong[0], DOG)):
        said(tasker, unsure, answer)
    unsure.refresh_from_db()
    assert unsure.withheld == Task.Withheld.REVIEW and unsure.wanted == 4
    assert Posterior.objects.get(task=unsure).confidence < 0.7

    pairs = [(one, CAT) for one in right] + [(one, DOG) for one in wrong]
    known_answers(cast, project, batch, pairs, number=needed, truth=CAT)
    estimating.run(estimating.start(project, by=cast.mina).pk)
    assert terms_of(project).accuracy_model.identified
    assert "Cannot tell" not in quality_page(client, cast, project)
    sure = make.task(batch, wanted=4)
    for tasker, answer in ((right[0], CAT), (wrong[1], DOG), (wrong[2], DOG), (wrong[3], DOG)):
        said(tasker, sure, answer)
    verdict = Verdict.objects.current().get(task=sure)
    assert verdict.answer["fields"][0]["value"] == "cat" and verdict.confidence >= 0.9


def test_a_majority_of_such_a_crowd_is_held_no_surer_than_the_crowd(cast, camps) -> None:
    project, batch = divided(cast, camps, most=6, target=0.5)
    surely = terms_of(project)
    configure.change(project, cast.mina, aggregation="majority_v1")
    task = make.task(batch, wanted=4)
    for tasker in camps[1]:
        said(tasker, task, DOG)
    assert not surely.accuracy_model.identified
    assert not Verdict.objects.filter(task=task).exists()
    assert Posterior.objects.get(task=task).confidence < 0.6
