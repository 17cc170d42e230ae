"""Two tabs of one person on a course, from connections of their own: one item, one step, one try."""

import random

import pytest

from projects import queue
from projects.errors import AlreadySubmitted
from projects.models import Assignment, QualificationAttempt, QualificationStep
from projects.quality.qualification import qualification_tests
from projects.workflow import submission
from projects.workforce import rules
from taskers.skills import skills
from tests.support import make
from tests.support.connections import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)
TABS = 2


@pytest.fixture
def project(cast):
    made = make.project(cast.riverside, wanted=1)
    batch = make.batch(made)
    make.tasks(batch, 2)
    for task in make.tasks(batch, 3):
        qualification_tests.add(task, make.MARIA, by=cast.mina, dice=random.Random(1))
    rules.change(made, cast.mina, training_tasks=3, training_skill=skills.define(cast.riverside, "Names"))
    return made


def handed_in(cast, mine: Assignment, answer: dict):
    try:
        return submission.submit(mine, cast.alice, mine.token, answer)
    except AlreadySubmitted as problem:
        return problem


def test_two_tabs_go_through_a_course_as_one(cast, project) -> None:
    for done in range(1, 4):
        tabs = all_at_once([lambda: queue.claim(cast.alice, project)] * TABS)
        assert {one.pk for one in tabs} == {tabs[0].pk} and tabs[0].kind == "training"
        calls = [
            lambda mine=mine, answer=answer: handed_in(cast, mine, answer)
            for mine, answer in zip(tabs, (make.MARIA, make.OSLO), strict=True)
        ]
        said = all_at_once(calls)
        assert sum(isinstance(one, AlreadySubmitted) for one in said) == 1
        assert QualificationStep.objects.count() == done
    assert Assignment.objects.filter(kind="training").count() == 3
    assert QualificationAttempt.objects.count() == 1 and QualificationAttempt.objects.get().ended_at is not None
    assert queue.audit().breaches == []
