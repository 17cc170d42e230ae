"""Answers become verdicts, verdicts become grades and cents, all at once and once only."""

import pytest
from django.db import DatabaseError, transaction

from projects import queue
from projects.errors import AlreadyDecided, OwnWork
from projects.models import Annotation, Assignment, Task, Verdict
from projects.quality import consensus
from projects.workflow import submission, task_actions
from taskers.errors import StateConflict
from taskers.models import Account, Grade, Transfer
from taskers.money import ledger
from taskers.standing import grades
from tests.support import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast):
    return make.project(cast.riverside, wanted=3)


@pytest.fixture
def task(project):
    return make.task(make.batch(project))


def owed(organization) -> dict[str, int]:
    return {tasker.name: amount for tasker, amount in ledger.owed(organization)}


def decided_by_rita(cast, task, answer) -> Verdict:
    review = queue.claim_review(task, cast.rita)
    return submission.decide(review, cast.rita, review.token, answer)


def test_one_judgement_wanted_decides_alone_pays_and_grades_nobody(cast) -> None:
    project = make.project(cast.riverside, "One each", wanted=1)
    task = make.task(make.batch(project))
    annotation = make.judged(cast.alice, project, make.MARIA)
    verdict = Verdict.objects.current().get(task=task)
    assert verdict.rests_on == [annotation.pk]
    assert owed(cast.riverside) == {"Alice": 50_000}
    assert not Grade.objects.exists()


def test_two_who_agree_outvote_a_third(cast, project, task) -> None:
    make.judged(cast.alice, project, make.MARIA)
    make.judged(cast.carol, project, make.OSLO)
    assert not Verdict.objects.exists()
    make.judged(cast.bob, project, make.MARIA)
    verdict = Verdict.objects.current().get(task=task)
    assert verdict.method == "majority_v1"
    assert [span["label"] for span in verdict.answer["spans"]] == ["person"]
    assert owed(cast.riverside) == {"Alice": 50_000, "Bob": 50_000}
    assert dict(Grade.objects.values_list("tasker__name", "value")) == {"Alice": 1.0, "Bob": 1.0, "Carol": 0.0}
    assert grades.standing(cast.carol, project.public_id).mean < grades.standing(cast.alice, project.public_id).mean
    assert queue.audit().breaches == [] and ledger.audit() == []


def test_disagreement_waits_for_review(cast, project, task) -> None:
    for tasker, answer in ((cast.alice, make.MARIA), (cast.bob, make.OSLO), (cast.carol, make.spans())):
        make.judged(tasker, project, answer)
    task.refresh_from_db()
    assert task.withheld == "review"
    assert not Verdict.objects.exists() and not Transfer.objects.exists()
    assert list(queue.waiting_for_review([project])) == [task]

    verdict = decided_by_rita(cast, task, make.MARIA)
    assert (verdict.method, verdict.decided_by, verdict.confidence) == ("review_v1", cast.rita, 1.0)
    assert owed(cast.riverside) == {"Alice": 50_000}
    assert Grade.objects.get(tasker=cast.alice).source == "review"
    task.refresh_from_db()
    assert task.withheld == ""
    assert not queue.waiting_for_review([project]).exists()


def test_nobody_reviews_their_own_work(cast, project, task) -> None:
    make.judged(cast.alice, project, make.MARIA)
    with pytest.raises(OwnWork):
        queue.claim_review(task, cast.alice)


def test_two_reviewers_cannot_hold_one_review(cast, project, task) -> None:
    queue.claim_review(task, cast.rita)
    with pytest.raises(StateConflict, match="Rita is reviewing"):
        queue.claim_review(task, cast.mina)


def test_deciding_twice_is_deciding_once(cast, project, task) -> None:
    review = queue.claim_review(task, cast.rita)
    first = submission.decide(review, cast.rita, review.token, make.MARIA)
    assert submission.decide(review, cast.rita, review.token, make.MARIA) == first
    assert Verdict.objects.count() == 1


def test_a_new_verdict_supersedes_and_money_follows(cast, project, task) -> None:
    make.judged(cast.alice, project, make.MARIA)
    make.judged(cast.bob, project, make.MARIA)
    make.judged(cast.carol, project, make.OSLO)
    first = Verdict.objects.current().get(task=task)
    decided_by_rita(cast, task, make.OSLO)
    first.refresh_from_db()
    assert first.superseded_at is not None
    assert owed(cast.riverside) == {"Carol": 50_000}
    assert Transfer.objects.filter(reverses__isnull=False).count() == 2
    assert grades.standing(cast.alice, project.public_id).mean < grades.standing(cast.carol, project.public_id).mean
    assert queue.audit().breaches == [] and ledger.audit() == []


def test_work_that_comes_after_the_verdict_is_graded_and_paid_by_it(cast, project, task) -> None:
    late = make.held(cast.carol, project)
    review = queue.claim_review(task, cast.rita)
    submission.decide(review, cast.rita, review.token, make.MARIA)
    submission.submit(late, cast.carol, late.token, make.MARIA)
    assert owed(cast.riverside) == {"Carol": 50_000}
    assert Verdict.objects.count() == 1


def test_work_that_comes_after_an_imported_verdict_is_paid_and_graded_by_nothing(cast, project, task) -> None:
    late = make.held(cast.carol, project)
    consensus.adopt(queue.lock(task.pk), make.MARIA, confidence=0.6)
    submission.submit(late, cast.carol, late.token, make.OSLO)
    assert owed(cast.riverside) == {"Carol": 50_000} and not Grade.objects.exists()


def test_a_reopened_task_asks_one_more_person(cast, project, task) -> None:
    for tasker in (cast.alice, cast.bob, cast.carol):
        make.judged(tasker, project, make.MARIA)
    task_actions.requeue(task, by=cast.mina)
    task.refresh_from_db()
    assert task.wanted == 4
    assert not Verdict.objects.current().exists()
    assert owed(cast.riverside) == {"Alice": 50_000, "Bob": 50_000, "Carol": 50_000}
    make.judged(cast.olga, project, make.MARIA)
    assert sum(owed(cast.riverside).values()) == 200_000
    assert queue.audit().breaches == []


def test_raising_the_overlap_asks_more_people_and_leaves_review(cast, project, task) -> None:
    for tasker, answer in ((cast.alice, make.MARIA), (cast.bob, make.OSLO), (cast.carol, make.spans())):
        make.judged(tasker, project, answer)
    task_actions.raise_overlap(task, 5, by=cast.mina)
    assert queue.audit().breaches == []
    make.judged(cast.olga, project, make.MARIA)
    make.judged(cast.mina, project, make.MARIA)
    assert Verdict.objects.current().get(task=task).method == "majority_v1"
    with pytest.raises(AlreadyDecided):
        task_actions.raise_overlap(task, 6, by=cast.mina)


def test_all_work_that_came_in_while_held_back_is_decided_at_requeue(cast, project, task) -> None:
    hands = [(tasker, make.held(tasker, project)) for tasker in (cast.alice, cast.bob, cast.carol)]
    task_actions.withhold(task, by=cast.mina)
    for tasker, mine in hands:
        submission.submit(mine, tasker, mine.token, make.MARIA)
    assert not Verdict.objects.exists()
    task_actions.requeue(task, by=cast.mina)
    assert Verdict.objects.current().filter(task=task).exists()


def test_voided_work_counts_no_more_and_somebody_else_is_asked(cast, project, task) -> None:
    make.judged(cast.alice, project, make.MARIA)
    make.judged(cast.carol, project, make.OSLO)
    queue.void(Assignment.objects.get(tasker=cast.carol), "spam", by=cast.mina)
    make.judged(cast.bob, project, make.MARIA)
    make.judged(cast.olga, project, make.MARIA)
    verdict = Verdict.objects.current().get(task=task)
    assert len(verdict.rests_on) == 3
    assert Annotation.objects.filter(tasker=cast.carol).exists()
    assert queue.audit().breaches == []


def test_a_model_is_never_paid(cast) -> None:
    project = make.project(cast.riverside, "With a model", wanted=1)
    make.task(make.batch(project))
    cast.alice.kind = "model"
    cast.alice.save(update_fields=["kind"])
    make.judged(cast.alice, project, make.MARIA)
    assert not Transfer.objects.exists()


@pytest.mark.parametrize("model", [Annotation, Verdict, Grade, Transfer])
def test_the_database_refuses_to_change_history(cast, project, task, model) -> None:
    for tasker in (cast.alice, cast.bob, cast.carol):
        make.judged(tasker, project, make.MARIA)
    row = model.objects.first()
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.filter(pk=row.pk).delete()
    field = {"Annotation": "answer", "Verdict": "answer", "Grade": "value", "Transfer": "amount"}[model.__name__]
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.filter(pk=row.pk).update(**{field: {"spans": []} if field == "answer" else 1})


def test_every_balance_follows_from_transfers_alone(cast, project, task) -> None:
    for tasker in (cast.alice, cast.bob, cast.carol):
        make.judged(tasker, project, make.MARIA)
    total = sum(ledger.balance(one) for one in Account.objects.all())
    assert total == 0
    assert ledger.balance(Account.objects.get(kind="labelling")) == -150_000


def test_doing_every_step_again_changes_nothing(cast, project, task) -> None:
    for tasker in (cast.alice, cast.bob, cast.carol):
        make.judged(tasker, project, make.MARIA)
    before = [model.objects.count() for model in (Annotation, Verdict, Grade, Transfer, Assignment)]
    with transaction.atomic():
        consensus.consider(queue.lock(task.pk))
    for mine in Assignment.objects.filter(state="submitted"):
        submission.submit(mine, mine.tasker, mine.token, make.MARIA)
    assert [model.objects.count() for model in (Annotation, Verdict, Grade, Transfer, Assignment)] == before
    assert Task.objects.get(pk=task.pk).wanted == 3
