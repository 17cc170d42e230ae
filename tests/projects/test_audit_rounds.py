"""Mina accepts a batch by a sample, has some of each kind looked at, and lets Rae look at what Rita decided."""

import random

import pytest

from projects import queue
from projects.errors import OwnWork
from projects.models import SecondLook, Verdict
from projects.quality import audit_rounds, consensus, second_looks
from projects.reports import reviewers
from projects.workflow import submission
from taskers.errors import Problem, StateConflict
from tests.support import make
from tests.support.projects.judging import said

pytestmark = pytest.mark.django_db
DICE = random.Random(5)


@pytest.fixture
def project(cast):
    return make.project(cast.riverside)


@pytest.fixture
def batch(cast, project):
    """Six tasks that Alice and Bob agree on."""
    made = make.batch(project)
    for task in make.tasks(made, 6):
        said(cast.alice, task, make.MARIA)
        said(cast.bob, task, make.MARIA)
    return made


@pytest.fixture
def rae(cast):
    return make.person("Rae", cast.riverside, "reviewer")


def decide(task, reviewer, answer) -> None:
    mine = queue.claim_review(task, reviewer)
    submission.decide(mine, reviewer, mine.token, answer)


def outcome(made) -> audit_rounds.Outcome:
    return audit_rounds.outcomes([made])[0]


def test_a_batch_is_accepted_once_all_that_was_drawn_is_looked_at(client, cast, project, batch) -> None:
    made = audit_rounds.accept_by_sample(batch, tolerated=0.3, risk=0.2, by=cast.mina, dice=DICE)
    looks = list(second_looks.audits_in([project]))
    assert 0 < len(looks) < 6 and {one.reason for one in looks} == {"sample"}
    assert outcome(made).state == "open" and outcome(made).error is None, "nobody looked: it cannot tell"
    client.force_login(cast.rita)
    page = client.get(f"/review/{looks[0].task.public_id}/").content.decode()
    assert "as if nothing had been decided" in page
    for one in looks:
        decide(one.task, cast.rita, make.MARIA)
    assert (outcome(made).state, outcome(made).wrong) == ("accepted", 0)
    SecondLook.objects.filter(round=made).update(state=SecondLook.State.DISMISSED)
    assert (outcome(made).state, outcome(made).wrong) == ("accepted", 0), "so before audits had to be decided"
    client.force_login(cast.mina)
    drawn = {"kind": "acceptance", "batch": str(batch.public_id), "tolerated": "30", "risk": "20", "each": "5"}
    assert client.post(f"/projects/{project.public_id}/audits/", drawn | {"cut_by": "label"}).status_code == 302
    assert {one.tolerated for one in audit_rounds.of_project(project)} == {0.3}
    assert "Accepted" in client.get(f"/projects/{project.public_id}/audits/").content.decode()


def test_too_many_wrong_and_it_is_not_accepted(cast, project, batch) -> None:
    made = audit_rounds.accept_by_sample(batch, tolerated=0.3, risk=0.2, by=cast.mina, dice=DICE)
    first = second_looks.audits_in([project])[0]
    assert made.most_wrong == 0
    decide(first.task, cast.rita, make.OSLO)
    assert (outcome(made).state, outcome(made).wrong) == ("rejected", 1)
    with pytest.raises(Problem):
        audit_rounds.accept_by_sample(batch, tolerated=0.9, risk=0.2, by=cast.mina, dice=DICE)


def test_some_of_each_kind_weigh_by_how_many_there_are(cast, project, batch) -> None:
    made = audit_rounds.some_of_each(project, "label", 2, by=cast.mina, dice=DICE)
    assert (made.sizes, outcome(made).drawn) == ({"person": 6}, 2)
    decide(second_looks.audits_in([project])[0].task, cast.rita, make.OSLO)
    decide(second_looks.audits_in([project])[0].task, cast.rita, make.MARIA)
    found = outcome(made)
    assert (found.state, found.wrong, found.looked_at) == ("told", 1, 2)
    assert found.error and found.error[1] < 0.5 < found.error[2]
    assert audit_rounds.some_of_each(project, "standing", 9, by=cast.mina, dice=DICE).size == 4
    with pytest.raises(StateConflict):
        audit_rounds.some_of_each(project, "confidence", 9, by=cast.mina, dice=DICE)


def test_what_a_reviewer_decided_is_looked_at_by_another(client, cast, project, rae) -> None:
    for task in make.tasks(make.batch(project, "Second"), 2):
        said(cast.alice, task, make.MARIA)
        said(cast.bob, task, make.OSLO)
        decide(task, cast.rita, make.MARIA)
    made = audit_rounds.review_reviewers(project, 5, by=cast.mina, dice=DICE)
    first, second = (one.task for one in second_looks.audits_in([project]))
    with pytest.raises(OwnWork):
        queue.claim_review(first, cast.rita)
    with pytest.raises(OwnWork):
        second_looks.dismiss(first, by=cast.rita)
    (unknown,) = reviewers.reviewers([project])
    assert (unknown.decided, unknown.upheld.value) == (2, None), "it cannot be told yet"
    decide(first, rae, make.MARIA)
    decide(second, rae, make.OSLO)
    found = {one.person: one for one in reviewers.reviewers([project])}
    assert found[cast.rita].upheld.value == 0.5 and found[cast.rita].upheld.number == 2
    assert outcome(made).wrong == 1 and Verdict.objects.current().count() == 2
    assert not SecondLook.objects.filter(state="open").exists()
    client.force_login(cast.mina)
    page = client.get(f"/people/{cast.rita.public_id}/work/").content.decode()
    assert "As a reviewer" in page and "50%" in page.replace("\u00a0", "")


def test_what_was_opened_again_is_held_against_the_next_verdict_whenever_that_comes(cast, project, batch) -> None:
    made = audit_rounds.accept_by_sample(batch, tolerated=0.3, risk=0.2, by=cast.mina, dice=DICE)
    task = second_looks.audits_in([project])[0].task
    consensus.reopen(task, by=cast.mina)
    assert (outcome(made).looked_at, outcome(made).wrong) == (0, 0), "nobody has said what is right"
    decide(task, cast.rita, make.OSLO)
    assert (outcome(made).looked_at, outcome(made).wrong) == (1, 1)


def test_whose_decision_was_opened_again_may_decide_it_though_it_was_drawn(cast, project) -> None:
    task = make.task(make.batch(project, "Second"))
    said(cast.alice, task, make.MARIA)
    said(cast.bob, task, make.OSLO)
    decide(task, cast.rita, make.MARIA)
    audit_rounds.review_reviewers(project, 1, by=cast.mina, dice=DICE)
    with pytest.raises(OwnWork):
        queue.claim_review(task, cast.rita)
    consensus.reopen(task, by=cast.mina)
    decide(task, cast.rita, make.OSLO)
    assert Verdict.objects.current().get(task=task).decided_by == cast.rita
