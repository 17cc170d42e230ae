"""Correcting what was handed in: for as long as the project grants, before any of it is decided, graded or paid."""

import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from projects import queue
from projects.configuration import configure
from projects.data.exporting import decided
from projects.errors import CorrectionOver, StillCorrectable
from projects.models import Annotation, Assignment, Correctable, DayTally, Draft, GoldSettlement, Verdict
from projects.quality.gold import settling
from projects.queue.clock import Clock
from projects.reports import earnings
from projects.workflow import batch_closing, batches, corrections, submission
from taskers.errors import Problem
from taskers.models import Event, Grade, Transfer
from taskers.money import ledger
from tests.support import make, owner
from tests.support.projects.gold_in_my_work import drawn, gold, gold_of, plain
from tests.support.projects.judging import given, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast):
    return make.project(cast.riverside, correction_minutes=30)


@pytest.fixture
def batch(project):
    return make.batch(project)


@pytest.fixture
def alice(client, cast):
    client.force_login(cast.alice)
    return client


def time_is_up() -> int:
    Correctable.objects.update(until=Clock())
    return corrections.catch_up()


def asks(client: Client, path: str, body: dict | None = None, method: str = "post"):
    """The studio's own request."""
    sent = getattr(client, method)(path, json.dumps(body or {}), content_type="application/json")
    return sent.status_code, sent.json()


def test_nothing_is_decided_graded_or_paid_before_the_time_to_correct_is_over(cast, project, batch) -> None:
    task = make.task(batch)
    said(cast.alice, task, make.MARIA)
    said(cast.bob, task, make.MARIA)
    gold_of(cast.alice, gold(batch), make.MARIA)
    assert corrections.catch_up() == 0 and queue.audit().breaches == []
    assert not any(one.objects.exists() for one in (Verdict, Grade, Transfer, GoldSettlement))
    with pytest.raises(StillCorrectable):
        queue.claim_review(task, cast.rita)
    assert {one.state for one in earnings.entries(cast.alice, cast.riverside)[0]} == {"waiting"}
    Correctable.objects.filter(assignment__tasker=cast.alice).update(until=Clock())
    assert corrections.catch_up() == 2 and not Verdict.objects.exists(), "Bob may still correct his"
    assert time_is_up() >= 1 and corrections.catch_up() == 0
    assert Verdict.objects.count() == 1 and Grade.objects.filter(source="verdict").count() == 2
    assert ledger.audit() == [] and queue.audit().breaches == []


def test_a_day_counts_what_a_correction_promises(cast) -> None:
    project = make.project(cast.riverside, correction_minutes=30, rate=50_000, unit_rate=0, hourly_rate=3_600_000)
    make.task(make.batch(project))
    mine = make.held(cast.alice, project)
    Assignment.objects.filter(pk=mine.pk).update(held_at=mine.held_at - timedelta(hours=1))
    mine.refresh_from_db()
    hers = submission.submit(mine, cast.alice, mine.token, make.OSLO, active_ms=10_000)
    promised = DayTally.objects.filter(tasker=cast.alice).values_list("judgements", "promised")
    assert promised.get() == (1, 60_000)
    corrections.correct(hers.assignment, make.MARIA, active_ms=20_000)
    assert promised.get() == (1, 80_000)


def test_the_newest_answer_counts_and_the_old_one_stays_as_it_was(alice, cast, project, batch) -> None:
    task = make.task(batch)
    hers = said(cast.alice, task, make.OSLO)
    made = corrections.correct(hers.assignment, make.MARIA, active_ms=5)
    assert corrections.correct(hers.assignment, make.MARIA) == made, "the same again changes nothing"
    said(cast.bob, task, make.MARIA)
    time_is_up()
    verdict = Verdict.objects.get()
    assert set(verdict.agreements.values()) == {1.0} and made.pk in verdict.rests_on and hers.pk not in verdict.rests_on
    hers.refresh_from_db()
    assert plain(hers.answer) == plain(make.OSLO) and hers.superseded_at is not None
    assert Transfer.objects.count() == 2 and ledger.audit() == [] and queue.audit().breaches == []
    (entry,) = earnings.entries(cast.alice, cast.riverside)[0]
    assert (entry.annotation, entry.state, entry.earned) == (made, "judged", 50_000)
    (row,) = decided.decided(project, judgements=True)
    assert [plain(one.answer) for one in row.judgements] == [plain(make.MARIA)] * 2
    alice.force_login(cast.mina)
    page = alice.get(f"/projects/tasks/{task.public_id}/").content.decode()
    assert "Corrected since" in page and page.count('data-answer="a') == 3


def test_the_database_keeps_one_answer_of_an_assignment_and_edits_none(cast, project, batch) -> None:
    hers = said(cast.alice, make.task(batch), make.OSLO)
    same = {"assignment": hers.assignment, "task": hers.task, "tasker": cast.alice, "settings_version": 1}
    with pytest.raises(IntegrityError), transaction.atomic():
        Annotation.objects.create(answer=make.MARIA, **same)
    with pytest.raises(Exception, match="Cannot update"), transaction.atomic():
        owner.execute(f"UPDATE projects_annotation SET answer = '{{}}' WHERE id = {hers.pk}")
    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        Annotation.objects.filter(pk=hers.pk).delete()


def test_once_the_time_is_over_it_is_refused_by_name(alice, cast, project, batch) -> None:
    hers = said(cast.alice, make.task(batch), make.OSLO)
    Correctable.objects.update(until=Clock())  # the worker hasn't come round yet
    with pytest.raises(CorrectionOver):
        corrections.correct(hers.assignment, make.MARIA)
    assert alice.get(f"/my-work/{hers.public_id}/correct/").status_code == 409
    assert "Correct it" not in alice.get(f"/my-work/{hers.public_id}/").content.decode()
    assert corrections.catch_up() == 1 and corrections.catch_up() == 0
    path = f"/studio/assignments/{hers.assignment.public_id}/correct/"
    body = {"token": str(hers.assignment.token), "answer": make.MARIA, "version": 1}
    for verb, method in (("submit", "post"), ("heartbeat", "post"), ("draft", "put")):
        status, problem = asks(alice, path + verb, body, method)
        assert status == 409 and problem["code"] in ("correction-over", "already-submitted"), verb
    assert Annotation.objects.count() == 1


def test_the_studio_opens_again_with_ones_own_answer(alice, cast, project, batch) -> None:
    hers = said(cast.alice, make.task(batch), make.OSLO)
    piece = alice.get(f"/my-work/{hers.public_id}/").content.decode()
    assert "Correct it" in piece and "Not judged yet" in piece and "Waiting for the others" not in piece
    page = alice.get(f"/my-work/{hers.public_id}/correct/").content.decode()
    assert f'data-project="corrections/{hers.public_id}"' in page and "Correcting, until" in page
    assert "Drop my changes" in page and "Skip this task" not in page, "it is nobody else's to do"
    _status, found = asks(alice, f"/studio/corrections/{hers.public_id}/claim")
    mine = found["assignment"]
    assert mine["draft"] == {"version": 1, "answer": hers.answer} and mine["id"].endswith("/correct")
    path, token = f"/studio/assignments/{mine['id']}/", {"token": mine["token"]}
    assert asks(alice, path + "heartbeat", token) == (200, {"deadline": mine["deadline"]})
    begun = token | {"version": 1, "answer": make.MARIA_AND_OSLO}
    assert asks(alice, path + "draft", begun, "put") == (200, {"version": 2})
    _status, again = asks(alice, f"/studio/corrections/{hers.public_id}/claim")
    assert again["assignment"]["draft"]["version"] == 2, "a reload loses nothing"
    assert asks(alice, path + "lookahead", token) == (200, {"lookahead": None})
    status, problem = asks(alice, path + "submit", token | {"answer": {"spans": "none"}})
    assert (status, problem["code"]) == (422, "wrong-shape")
    _status, said_back = asks(alice, path + "submit", token | {"answer": make.MARIA, "active_ms": 7})
    assert said_back["nothing"]["code"] == "corrected" and not Draft.objects.exists()
    made = Annotation.objects.current().get()
    assert (str(made.public_id), made.active_ms) == (said_back["submitted"]["id"], 7)
    assert Event.objects.get(kind="corrected").data["superseded"] == hers.pk
    # The page of the first answer is still there, as is the way to correct it once more; left, it stays as it is.
    assert drawn(alice, made)["answers"]["mine"] != drawn(alice, hers)["answers"]["mine"]
    asks(alice, f"/studio/corrections/{hers.public_id}/claim")
    assert asks(alice, path + "skip", token)[1]["nothing"]["code"] == "corrected" and not Draft.objects.exists()


def test_gold_goes_by_what_was_handed_in_before_it_however_late_it_is_corrected(cast, project, batch) -> None:
    first = said(cast.alice, make.task(batch), make.MARIA)
    known = gold_of(cast.alice, gold(batch), make.OSLO)
    later = said(cast.alice, make.task(batch), make.MARIA)
    corrected = corrections.correct(known.assignment, make.MARIA)
    assert corrected.pk > later.pk
    before, after = (settling._beside(one, corrected) for one in (settling.BEFORE, settling.AFTER))
    assert [one.assignment for one in before] == [first.assignment_id]
    assert [one.assignment for one in after] == [later.assignment_id]


def test_gold_is_corrected_like_any_other_work(alice, cast, project, batch) -> None:
    known = gold_of(cast.alice, gold(batch), make.OSLO)
    assert "Correct it" in alice.get(f"/my-work/{known.public_id}/").content.decode()
    asks(alice, f"/studio/corrections/{known.public_id}/claim")
    made = corrections.correct(known.assignment, make.MARIA)
    time_is_up()
    GoldSettlement.objects.update(due_at=Clock())
    settling.settle_due(cast.alice)
    assert not Grade.objects.exists(), "a look settles nothing where a worker decides what comes beside it"
    corrections.catch_up()
    assert Grade.objects.get().subject == f"annotation:{made.pk}" and Grade.objects.get().value == 1.0
    assert Transfer.objects.count() == 1 and queue.audit().breaches == []


def test_voided_and_late_work(cast, project, batch) -> None:
    first, second = make.task(batch), make.task(batch)
    hers = said(cast.alice, first, make.OSLO)
    queue.void(hers.assignment, "Asleep", by=cast.mina)
    with pytest.raises(CorrectionOver):
        corrections.correct(hers.assignment, make.MARIA)
    said(cast.bob, first, make.MARIA), said(cast.carol, first, make.MARIA)
    late = given(cast.alice, second)
    Assignment.objects.filter(pk=late.pk).update(deadline=Clock())
    queue.expire_due()
    submission.submit(late, cast.alice, late.token, make.OSLO)
    assert corrections.correct(late, make.MARIA)
    assert not Verdict.objects.exists()
    time_is_up()
    assert Verdict.objects.get().task == first and queue.audit().breaches == []


def test_a_cancelled_batch_waits_for_what_may_be_corrected(cast, project, batch) -> None:
    said(cast.alice, make.task(batch), make.OSLO)
    batches.move(batch, "cancelled", by=cast.mina)
    batch_closing.run(batch)
    assert not Transfer.objects.exists()
    time_is_up()
    batch_closing.run(batch)
    assert Transfer.objects.count() == 1 and ledger.audit() == []


def test_the_time_is_a_setting_with_bounds(cast, project) -> None:
    assert project.settings_now().correction_minutes == 30
    with pytest.raises(Problem, match="correction_minutes"):
        configure.change(project, cast.mina, correction_minutes=10_081)
    assert make.project(cast.riverside, "Usual").settings_now().correction_minutes == 0
