"""Gold that can't both be right: suspect from the start, and nobody's judge until a manager settles it."""

import random

import pytest
from django.utils import translation

from projects import queue
from projects.configuration.terms import terms_of
from projects.models import MethodCalibration, PooledGold
from projects.quality import estimating
from projects.quality.dataset import _evidence
from projects.quality.gold import contradictions, grading, pool
from projects.quality.gold.kept_words import gold_words
from projects.workflow import submission
from projects.workforce import rules
from taskers.models import Grade, Standing, Transfer
from taskers.money import ledger
from tests.support import make
from tests.support.projects.gold import Always, done
from tests.support.projects.judging import all_settled, given

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast):
    made = make.project(cast.riverside, wanted=1)
    rules.change(made, cast.mina, gold_share=0.1)
    return made


@pytest.fixture
def batch(project):
    made = make.batch(project)
    make.tasks(made, 8)
    return made


def stocked(batch, answer, text=make.TEXT) -> PooledGold:
    (task,) = make.tasks(batch, text=text)
    queue.set_aside(task, by=None)
    return grading.stock(task, answer, by=None, dice=random.Random(7))


def suspects() -> set[int]:
    return set(PooledGold.objects.filter(suspect_at__isnull=False).values_list("pk", flat=True))


def test_what_contradicts_is_suspect_on_stocking_and_what_agrees_or_asks_else_is_not(cast, batch) -> None:
    person, same = stocked(batch, make.MARIA), stocked(batch, make.MARIA)
    elsewhere = stocked(batch, make.OSLO, text="Mario Lopez of the Harbor Board visited Oslo on 4 May 2024.")
    assert suspects() == set()
    place = stocked(batch, make.OSLO)
    assert suspects() == {person.pk, same.pk, place.pk} and elsewhere.pk not in suspects()
    assert person.gold.task.external_id in place.suspect_why


def test_neither_of_two_that_contradict_is_dealt_until_mina_settles_it(client, cast, project, batch) -> None:
    right, wrong = stocked(batch, make.MARIA), stocked(batch, make.OSLO)
    assert queue.claim(cast.alice, project, rng=Always()).kind == "judge"
    client.force_login(cast.mina)
    path = f"/projects/{project.public_id}/gold/"
    shown = client.get(path).content.decode()
    assert shown.count("May be wrong") == 2 and "asks the same, and its gold answer is another one." in shown
    client.post(f"{path}{right.gold.task.public_id}/", {"act": "restore"})
    client.post(f"{path}{wrong.gold.task.public_id}/", {"act": "retire", "why": "wrong"})
    assert contradictions.mark(project) == []  # settled, and not doubted again
    mine = queue.claim(cast.bob, project, rng=Always())
    assert (mine.kind, mine.task) == ("gold", right.gold.task)
    another = stocked(batch, make.OSLO)
    assert suspects() == {right.pk, wrong.pk, another.pk}, "who comes later hasn't been settled"


def test_mina_may_say_that_both_are_right(cast, project, batch) -> None:
    for kept in (stocked(batch, make.MARIA), stocked(batch, make.OSLO)):
        kept.refresh_from_db()
        if kept.suspect_at:
            pool.restore(kept, by=cast.mina)
    for kept in PooledGold.objects.filter(suspect_at__isnull=False):
        pool.restore(kept, by=cast.mina)
    assert contradictions.mark(project) == [] and suspects() == set()


def test_work_in_hand_when_it_became_suspect_is_paid_and_not_graded(cast, project, batch) -> None:
    stocked(batch, make.MARIA)
    mine = queue.claim(cast.alice, project, rng=Always())
    assert mine.kind == "gold"
    stocked(batch, make.OSLO)
    submission.submit(mine, cast.alice, mine.token, make.OSLO)
    all_settled(project)
    assert not Grade.objects.exists() and not Standing.objects.exists()
    assert Transfer.objects.get().amount == 50_000 and ledger.audit() == []


def test_grades_by_what_is_suspect_now_tell_an_estimate_nothing(cast, project, batch) -> None:
    stocked(batch, make.MARIA)
    done(cast.alice, project, make.OSLO, Always())
    all_settled(project)
    assert _evidence(terms_of(project)) == {cast.alice.pk: (0.0, 1.0)}
    stocked(batch, make.OSLO)
    assert _evidence(terms_of(project)) == {}
    assert Grade.objects.get().value == 0.0, "grades are never taken back by themselves"


def test_an_estimate_finds_what_a_reviewer_decided_otherwise(cast, project, batch) -> None:
    (task,) = make.tasks(batch)
    mine = given(cast.alice, task)
    submission.submit(mine, cast.alice, mine.token, make.MARIA)
    kept = grading.stock(task, make.MARIA, by=cast.mina, dice=random.Random(7))
    estimating.run(estimating.start(project, by=cast.mina).pk)
    assert suspects() == set()
    review = queue.claim_review(task, cast.rita)
    submission.decide(review, cast.rita, review.token, make.OSLO)
    estimating.run(estimating.start(project, by=cast.mina).pk)
    kept.refresh_from_db()
    assert kept.suspect_why == "A reviewer decided this task otherwise."
    with translation.override("es"):
        assert gold_words(kept.suspect_why) == "Un revisor decidió esta tarea de otra manera."
    assert MethodCalibration.objects.latest("pk").sources["contradictory"] == 1
    pool.restore(kept, by=cast.mina)
    estimating.run(estimating.start(project, by=cast.mina).pk)
    assert suspects() == set()


def test_voided_gold_counts_no_more_and_takes_no_money_back(cast, project, batch) -> None:
    kept = stocked(batch, make.MARIA)
    mine = done(cast.alice, project, make.MARIA, Always())
    all_settled(project)
    estimating.run(estimating.start(project, by=cast.mina).pk)
    assert MethodCalibration.objects.latest("pk").sources["gold"] == 1
    assert _evidence(terms_of(project)) == {cast.alice.pk: (1.0, 0.0)}
    queue.void(mine, "Somebody else was at the keyboard", by=cast.mina)
    estimating.run(estimating.start(project, by=cast.mina).pk)
    assert (MethodCalibration.objects.latest("pk").known, _evidence(terms_of(project))) == (0, {})
    assert pool.lines([kept])[0].scored == 0
    assert Transfer.objects.count() == 1 and queue.audit().breaches == [] and ledger.audit() == []
