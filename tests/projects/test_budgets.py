"""A budget of judgements: spent on the least sure tasks that wait, never beyond the average, and left to reviewers."""

import numpy as np
import pytest

from projects import queue
from projects.configuration import configure
from projects.errors import Refused
from projects.inference.overlap import least_sure
from projects.models import Annotation, Posterior, Task
from projects.quality import budgets
from tests.support import make, owner
from tests.support.projects.judging import NOTHING, PERSON, PLACE, label_of, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast):
    return make.project(cast.riverside, aggregation="standing_v1", wanted=2, most=4, budget=2.5)


@pytest.fixture
def batch(project):
    return make.batch(project)


def agreed(cast, task) -> None:
    said(cast.alice, task, PERSON)
    said(cast.bob, task, PERSON)


def parted(cast, task) -> None:
    said(cast.alice, task, PERSON)
    said(cast.bob, task, PLACE)


def now(*tasks) -> list:
    return [(one.wanted, one.withheld) for one in Task.objects.filter(pk__in=[one.pk for one in tasks]).order_by("pk")]


def test_doubt_waits_for_review_until_the_budget_reaches_it(cast, project, batch) -> None:
    one, two, three, four = make.tasks(batch, 4)
    parted(cast, one)
    assert now(one) == [(2, "review")], "its own answers ask for nothing"
    assert budgets.spend_all() == 0, "one task brings half a judgement"
    parted(cast, two)
    assert budgets.spend_all() == 1 and now(one, two) == [(3, ""), (2, "review")]
    agreed(cast, three)
    agreed(cast, four)
    assert budgets.spend_all() == 1 and now(one, two) == [(3, ""), (3, "")]
    for task in (one, two):
        said(cast.carol, task, NOTHING)
    assert now(one, two) == [(3, "review")] * 2, "all of the budget is spent"
    assert budgets.spend_all() == 0
    assert sum(wanted for wanted, _ in now(one, two, three, four)) == 2.5 * 4
    assert queue.audit().breaches == []


def test_it_goes_to_the_least_sure_as_the_replays_spend_theirs(cast, project, batch) -> None:
    tasks = make.tasks(batch, 6)
    for task in tasks[:4]:
        parted(cast, task)
    for task in tasks[4:]:
        agreed(cast, task)
    for task, sure in zip(tasks[:4], (0.5, 0.2, 0.4, 0.3), strict=True):
        Posterior.objects.filter(task=task).update(confidence=sure)
    chosen = least_sure(np.array([0.5, 0.2, 0.4, 0.3]), np.full(4, 2), 4, 3)
    assert budgets.spend(batch) == 3
    assert [place for place, (wanted, _) in enumerate(now(*tasks)) if wanted == 3] == sorted(chosen.tolist())
    for task in (tasks[1], tasks[2], tasks[3]):
        said(cast.carol, task, PERSON)
    assert [label_of(task) for task in tasks[1:4]] == ["person"] * 3


def test_what_doubt_did_not_bring_to_review_or_a_reviewer_holds_stays_there(cast, project, batch) -> None:
    changed, held, skipped, *sure = make.tasks(batch, 9)
    mark = said(cast.alice, changed, PERSON)
    with owner.unguarded("projects_annotation"):
        Annotation.objects.filter(pk=mark.pk).update(answer=[])
    said(cast.bob, changed, PERSON)
    parted(cast, held)
    queue.claim_review(Task.objects.get(pk=held.pk), cast.rita)
    said(cast.alice, skipped, PERSON)
    queue.withhold(skipped, "review", by=cast.bob, note="unclear")
    for task in sure:
        agreed(cast, task)
    assert budgets.allowance(batch, project.settings_now()) == 4
    assert budgets.spend_all() == 0
    assert now(changed, held, skipped) == [(2, "review")] * 3


def test_without_a_budget_the_answers_ask_for_themselves(cast, project, batch) -> None:
    configure.change(project, cast.mina, budget=None)
    task = make.task(batch)
    parted(cast, task)
    assert now(task) == [(3, "")]
    assert budgets.spend_all() == 0


@pytest.mark.parametrize(
    ("terms", "place"), [({"most": None}, "most"), ({"budget": 1.9}, "budget"), ({"budget": 5}, "budget")]
)
def test_a_budget_lies_between_what_is_wanted_and_the_most(cast, project, terms, place) -> None:
    with pytest.raises(Refused) as refused:
        configure.change(project, cast.mina, **terms)
    assert refused.value.place == place
