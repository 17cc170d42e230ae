"""A tasker's home and statement: what is open, what became of their work, what it earned, and contesting it."""

import re

import pytest

from projects import queue
from projects.models import Annotation
from projects.reports import earnings, progress
from projects.workflow import submission, task_actions
from projects.workforce import rules
from taskers.models import Dispute, Transfer
from taskers.money import disputes, pay_terms, payouts
from taskers.people import invitations
from taskers.skills import skills
from tests.support import make
from tests.support.taskers.money import balance_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast):
    return make.project(cast.riverside)


@pytest.fixture
def batch(project):
    return make.batch(project)


@pytest.fixture
def alice(client, cast):
    client.force_login(cast.alice)
    return client


def both(cast, project, batch, hers=make.MARIA, his=make.MARIA) -> Annotation:
    """A task that Alice and Bob did; returns Alice's answer."""
    make.task(batch)
    mine = make.judged(cast.alice, project, hers)
    make.judged(cast.bob, project, his)
    return mine


def fate_of(annotation: Annotation) -> earnings.Entry:
    return earnings.entry(annotation.tasker, annotation)


def reviewed(cast, task, answer, note="") -> None:
    review = queue.claim_review(task, cast.rita)
    submission.decide(review, cast.rita, review.token, answer, note=note)


def test_home_shows_what_is_open_with_its_pay(alice, cast, project, batch) -> None:
    make.tasks(batch, 3)
    progress.catch_up()
    make.project(cast.hilltop, "Hilltop secret")
    page = alice.get("/").content.decode()
    assert "Names in reports" in page and "$0.05" in page and "Not judged yet" in page
    assert f'href="/studio/{project.public_id}/"' in page
    assert "Hilltop secret" not in page
    rules.ask_for(project, skills.define(cast.riverside, "Spanish"), by=cast.mina)
    page = alice.get("/").content.decode()
    assert "you don&#x27;t have it" in page and f'href="/studio/{project.public_id}/"' not in page, "nothing to start"


def test_home_says_what_is_begun(alice, cast, project, batch) -> None:
    make.tasks(batch, 2)
    make.held(cast.alice, project)
    page = alice.get("/").content.decode()
    assert "Begun" in page and "Go on" in page


def test_home_of_a_tasker_of_one_project(client, cast, project) -> None:
    make.project(cast.riverside, "Other project")
    tess = make.person("Tess")
    invitations.grant(cast.riverside, tess, "tasker", by=cast.mina, project_key=project.public_id)
    client.force_login(tess)
    page = client.get("/").content.decode()
    assert "Names in reports" in page and "Other project" not in page


@pytest.mark.parametrize(
    ("who", "desk"),
    [("mina", "/projects/"), ("olga", "/projects/"), ("rita", "/review/"), ("finn", "/money/")],
)
def test_office_people_begin_at_their_own_desk(who, desk, client, cast) -> None:
    client.force_login(getattr(cast, who))
    assert client.get("/")["Location"] == desk
    assert client.get(desk).status_code == 200


def test_stranger_is_told_to_ask(client, cast) -> None:
    client.force_login(cast.sam)
    assert "No organization yet" in client.get("/").content.decode()
    assert client.get("/my-work/").status_code == 404


def test_agreed_work_is_judged_and_earned(alice, cast, project, batch) -> None:
    mine = fate_of(both(cast, project, batch))
    assert (mine.state, mine.earned, mine.agreement.text) == ("judged", 50_000, "Full agreement")
    page = alice.get("/my-work/").content.decode()
    assert mine.annotation.task.code in page and "First-0" not in page
    assert "Full agreement" in page and "100\N{NO-BREAK SPACE}%" in page and "$0.05" in page


def test_work_waits_for_the_others_and_for_a_reviewer_and_is_judged(alice, cast, project, batch) -> None:
    task = make.task(batch)
    mine = make.judged(cast.alice, project, make.MARIA)
    assert fate_of(mine).state == "waiting"
    make.judged(cast.bob, project, make.OSLO)
    assert fate_of(Annotation.objects.get(pk=mine.pk)).state == "waiting"
    reviewed(cast, task, make.OSLO, note="See rule 3.")
    entry = fate_of(mine)
    assert (entry.state, entry.earned, entry.agreement.text) == ("judged", 0, "Little agreement")
    page = alice.get(f"/my-work/{mine.public_id}/").content.decode()
    assert "See rule 3." in page and "$0.00" in page
    assert "Rita" not in page and "Bob" not in page


def test_single_answers_are_accepted_without_a_grade(cast) -> None:
    single = make.project(cast.riverside, wanted=1)
    make.task(make.batch(single))
    entry = fate_of(make.judged(cast.alice, single, make.MARIA))
    assert (entry.state, entry.grade, entry.earned) == ("accepted", None, 50_000)


def test_what_is_taken_back_is_shown_as_such(alice, cast, project, batch) -> None:
    mine = both(cast, project, batch)
    reviewed(cast, mine.task, make.OSLO)
    entry = fate_of(mine)
    assert entry.taken_back and entry.earned == 0
    assert "taken back" in alice.get("/my-work/").content.decode()


def test_what_is_earned_again_is_counted_once(cast, project, batch) -> None:
    mine = both(cast, project, batch)
    for answer in (make.OSLO, make.MARIA, make.MARIA):
        reviewed(cast, mine.task, answer)
    assert fate_of(mine).earned == 50_000 == balance_of(cast.alice, "owed")
    assert Transfer.objects.filter(target__tasker=cast.alice).count() == 2  # earned, taken back, earned again


def test_voided_work_says_why(alice, cast, project, batch) -> None:
    task = make.task(batch)
    mine = make.judged(cast.alice, project, make.MARIA)
    queue.void(mine.assignment, "Answered without looking", by=cast.mina)
    assert "Set aside" in alice.get("/my-work/").content.decode()
    assert "Answered without looking" in alice.get(f"/my-work/{mine.public_id}/").content.decode()
    assert task.annotations.count() == 1


def test_totals_are_what_transfers_say(alice, cast, project, batch) -> None:
    for _each in range(3):
        both(cast, project, batch)
    payout = payouts.approve(payouts.propose(cast.riverside, cast.finn), cast.fay)
    payouts.settle(payout, cast.fay, reference="ACH 1")
    both(cast, project, batch)
    payouts.propose(cast.riverside, cast.finn)
    both(cast, project, batch)
    totals = earnings.totals(cast.alice, cast.riverside)
    assert (totals.owed, totals.in_payout, totals.paid) == (50_000, 50_000, 150_000)
    assert (totals.owed, totals.in_payout, totals.paid) == tuple(
        balance_of(cast.alice, kind) for kind in ("owed", "in_payout", "paid")
    )
    pay_terms.change(cast.riverside, cast.finn, hold_days=9)
    assert earnings.totals(cast.alice, cast.riverside).held == totals.owed, "not what is in payouts already"
    page = alice.get("/my-work/").content.decode()
    assert "$0.15" in page and "Settled" in page and "Waiting for approval" in page


def test_standing_is_told_as_an_interval(alice, cast, project, batch) -> None:
    both(cast, project, batch)
    assert re.search(r"Early days: between \d+ and \d+ % good", alice.get("/my-work/").content.decode())


def test_pages_follow_each_other_without_gaps(alice, cast, project, batch, monkeypatch) -> None:
    monkeypatch.setattr("projects.reports.earnings.PAGE", 2)
    done = [both(cast, project, batch).task.code for _each in range(5)]
    seen, path = [], "/my-work/"
    while path:
        page = alice.get(path).content.decode()
        seen += re.findall(r">([0-9a-f]{8})<br>", page)
        found = re.search(r'href="(/my-work/\?before=\d+)"', page)
        path = found[1] if found else ""
    assert seen == done[::-1]


def test_one_page_takes_the_same_number_of_queries_however_long(
    cast, project, batch, django_assert_max_num_queries
) -> None:
    for _each in range(6):
        both(cast, project, batch)
    with django_assert_max_num_queries(6):
        entries, _before = earnings.entries(cast.alice, cast.riverside)
        assert [one.state for one in entries] == ["judged"] * 6


def test_statement_of_one_project(alice, cast, project, batch) -> None:
    here = both(cast, project, batch)
    other = make.project(cast.riverside, "Other", wanted=1)
    make.task(make.batch(other, "Second"))
    there = make.judged(cast.alice, other, make.MARIA)
    part = alice.get("/my-work/", {"project": other.public_id}, headers={"HX-Request": "true", "HX-Target": "entries"})
    page = part.content.decode()
    assert there.task.code in page and here.task.code not in page and "<html" not in page


def test_work_at_another_organization_is_not_mixed_in(alice, cast, project, batch) -> None:
    here = both(cast, project, batch)
    invitations.grant(cast.hilltop, cast.alice, "tasker", by=cast.nora)
    elsewhere = make.project(cast.hilltop, "Hilltop work", wanted=1)
    make.task(make.batch(elsewhere, "Hill"))
    there = make.judged(cast.alice, elsewhere, make.MARIA)
    alice.post("/organization/", {"organization": cast.riverside.public_id})
    page = alice.get("/my-work/").content.decode()
    assert here.task.code in page and there.task.code not in page
    assert alice.get(f"/my-work/{there.public_id}/").status_code == 404
    alice.post("/organization/", {"organization": cast.hilltop.public_id})
    page = alice.get("/my-work/").content.decode()
    assert there.task.code in page and here.task.code not in page


def test_contesting_and_being_answered(alice, cast, project, batch) -> None:
    mine = both(cast, project, batch, his=make.OSLO)
    reviewed(cast, mine.task, make.OSLO)
    path = f"/my-work/{mine.public_id}/"
    assert alice.post(path + "contest/", {"text": " "}).status_code == 422
    assert alice.post(path + "contest/", {"text": "Rule 3 says names."})["Location"] == path
    assert alice.post(path + "contest/", {"text": "And again."}).status_code == 409
    assert "Contested" in alice.get("/my-work/").content.decode()
    dispute = Dispute.objects.get()
    assert (dispute.organization, dispute.subject) == (cast.riverside, f"task:{mine.task.public_id}")
    disputes.answer(dispute, cast.finn, state="upheld", text="You are right.")
    reviewed(cast, mine.task, make.MARIA)
    page = alice.get(path).content.decode()
    assert "You are right." in page and "Upheld" in page and "$0.05" in page


def test_requeued_work_is_weighed_again_and_paid_once(cast, project, batch) -> None:
    mine = both(cast, project, batch)
    task_actions.requeue(mine.task, by=cast.mina)
    make.judged(cast.carol, project, make.MARIA)
    assert fate_of(mine).earned == 50_000 == balance_of(cast.alice, "owed")


def test_contest_takes_a_post(alice, cast, project, batch) -> None:
    mine = both(cast, project, batch)
    answer = alice.get(f"/my-work/{mine.public_id}/contest/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "takes what a form sends" in answer.content.decode(), "no empty page for who signed in anew in between"
