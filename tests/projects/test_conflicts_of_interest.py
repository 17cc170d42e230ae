"""Two who must not judge the same task: relatives, people of one household, whoever trained the other."""

import re

import pytest
from django.db import connection

from benchmarks.queue import plans
from projects import queue
from projects.errors import PartnersWork, Refused
from projects.models import Assignment, ConflictOfInterest
from projects.queue import Nothing, sql
from projects.queue.candidate_slots import choose_batches
from projects.workflow import submission
from projects.workforce import conflicts_of_interest
from taskers.database.prepared import array
from taskers.errors import StateConflict
from taskers.models import Event
from tests.support import make
from tests.support.projects.leases import run_out

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast):
    return make.project(cast.riverside, wanted=2)


@pytest.fixture
def batch(project):
    made = make.batch(project)
    make.tasks(made, 3)
    return made


def part(cast, one="alice", other="bob") -> ConflictOfInterest:
    people = (getattr(cast, one), getattr(cast, other))
    return conflicts_of_interest.keep_apart(cast.riverside, *people, relation="relatives", by=cast.mina)


def everything(tasker, project) -> set[int]:
    """Work until there is nothing left; the tasks done."""
    done = set()
    while isinstance(mine := queue.claim(tasker, project), Assignment):
        submission.submit(mine, tasker, mine.token, make.MARIA)
        done.add(mine.task_id)
    return done


def asked_by(tasker, project) -> list[str]:
    """The statements of a claim."""
    said: list[str] = []

    def listen(execute, sql, params, many, context):
        said.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        make.held(tasker, project)
    return [one for one in said if "SAVEPOINT" not in one]


def test_what_one_holds_or_has_judged_the_other_never_gets(cast, project, batch) -> None:
    part(cast)
    hers = {make.judged(cast.alice, project, make.MARIA).task_id, make.held(cast.alice, project).task_id}
    his = everything(cast.bob, project)
    assert len(his) == 1 and not his & hers
    assert everything(cast.carol, project) == hers | his  # nobody else is kept from anything


def test_bob_is_told_no_secret_when_nothing_is_left_for_him(cast, project, batch) -> None:
    part(cast)
    everything(cast.alice, project)
    nothing = queue.claim(cast.bob, project)
    assert isinstance(nothing, Nothing) and nothing.code == "all-done" and "Alice" not in nothing.text


def test_what_alice_gives_back_is_found_by_bob_although_his_walk_had_passed_it(cast, project, batch) -> None:
    part(cast)
    mine = make.held(cast.alice, project)
    everything(cast.bob, project)
    queue.release(mine, cast.alice, mine.token)
    assert everything(cast.bob, project) == {mine.task_id}


def test_late_work_of_alice_cannot_meet_bobs(cast, project, batch) -> None:
    part(cast)
    mine = make.held(cast.alice, project)
    run_out(mine)
    queue.expire_due()
    assert mine.task_id not in everything(cast.bob, project)
    submission.submit(mine, cast.alice, mine.token, make.MARIA)
    assert queue.audit().breaches == []


def test_a_new_pair_takes_back_what_both_hold(cast, project) -> None:
    make.task(make.batch(project))
    hers, his = make.held(cast.alice, project), make.held(cast.bob, project)
    assert hers.task_id == his.task_id
    part(cast)
    assert Assignment.objects.filter(task=hers.task_id, state="held").count() == 1
    assert queue.audit().breaches == []


def test_together_again(cast, project, batch) -> None:
    made = part(cast)
    done = everything(cast.alice, project)
    assert everything(cast.bob, project) == set()
    conflicts_of_interest.bring_together(made, by=cast.mina)
    assert everything(cast.bob, project) == done
    with pytest.raises(StateConflict):
        conflicts_of_interest.bring_together(made, by=cast.mina)
    kinds = Event.objects.filter(kind__in=["kept_apart", "brought_together"]).values_list("kind", flat=True)
    assert list(kinds.order_by("pk")) == ["kept_apart", "brought_together"]


def test_a_pair_is_two_people_of_the_house_once(cast) -> None:
    part(cast)
    with pytest.raises(StateConflict, match="already"):
        part(cast, "bob", "alice")
    with pytest.raises(Refused, match="two people"):
        part(cast, "bob", "bob")
    with pytest.raises(Refused, match="isn't in"):
        part(cast, "bob", "ned")


def test_whoever_has_no_partner_waits_for_nobody(cast, project, batch) -> None:
    part(cast, "alice", "bob")
    assert len(asked_by(cast.carol, project)) == 3
    assert len(said := asked_by(cast.alice, project)) == 4 and "pg_advisory_xact_lock" in said[2]


def test_whoever_has_no_partner_walks_without_a_look_at_what_others_did(cast, project, batch) -> None:
    part(cast, "alice", "bob")
    for tasker, looks in ((cast.carol, False), (cast.alice, True)):
        choice = choose_batches(tasker, [project])
        terms = {"tasker": tasker.pk, "partners": array(choice.partners), "rows": 100, "upto": array([None])}
        terms["shifts"] = array([None])
        plan = plans.run(sql.LOOK, terms | {"batches": [batch.pk], "slots": [0], "after": [0]})
        theirs = re.findall(r"on projects_assignment theirs .*\((actual|never executed)", plan)
        assert theirs == ["actual" if looks else "never executed"], plan


def test_nobody_reviews_what_a_partner_judged(cast, project) -> None:
    task = make.task(make.batch(project))
    make.judged(cast.alice, project, make.MARIA)
    make.judged(cast.bob, project, make.OSLO)
    part(cast, "alice", "rita")
    assert queue.next_review([project], cast.rita) is None
    with pytest.raises(PartnersWork):
        queue.claim_review(task, cast.rita)
    assert queue.claim_review(task, cast.mina).tasker == cast.mina


def test_a_pair_that_was_lifted_or_is_another_organizations_keeps_no_reviewer_away(cast, project) -> None:
    task = make.task(make.batch(project))
    make.judged(cast.alice, project, make.MARIA)
    make.judged(cast.bob, project, make.OSLO)
    first, second = sorted((cast.alice, cast.rita), key=lambda one: one.pk)
    ConflictOfInterest.objects.create(organization=cast.hilltop, first=first, second=second, made_by=cast.nora)
    conflicts_of_interest.bring_together(part(cast, "alice", "rita"), by=cast.mina)
    assert queue.next_review([project], cast.rita) == task
    assert queue.claim_review(task, cast.rita).tasker == cast.rita
