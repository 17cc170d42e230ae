"""The watch over the known answers: leaked ones retire by themselves, doubtful ones are shown, all can be put back."""

import random
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F

from projects import queue
from projects.configuration import configure
from projects.models import Annotation, Assignment, PooledGold
from projects.quality.gold import grading, pool
from projects.queue import gold_dealing
from projects.reports import notices
from projects.workflow import submission
from projects.workforce import rules
from taskers.errors import StateConflict
from taskers.models import Event
from taskers.models.people import Role
from tests.support import make
from tests.support.projects.gold import Always, stocked
from tests.support.projects.judging import all_settled, given

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DICE = random.Random(7)
USUAL = 20_000  # milliseconds


@pytest.fixture
def project(cast):
    made = make.project(cast.riverside, wanted=1)
    rules.change(made, cast.mina, gold_share=0.1)
    return made


@pytest.mark.parametrize("decided", [False, True])
def test_a_report_on_a_known_answer_reaches_its_manager(cast, project, decided) -> None:
    batch = make.batch(project)
    task = make.task(batch)
    if decided:
        make.judged(cast.bob, project, make.MARIA)
    queue.set_aside(task, by=cast.mina)
    kept = grading.stock(task, make.MARIA, by=cast.mina, dice=DICE)
    make.task(batch)
    for tasker, note in ((cast.carol, "I can't read it."), (cast.alice, "The text is cut off.")):
        mine = queue.claim(tasker, project, rng=Always())
        assert mine.kind == "gold" and kept.suspect_at is None
        queue.report(mine, tasker, mine.token, note=note)
        kept.refresh_from_db()
    assert kept.suspect_at and kept.suspect_why == "Reported as broken: The text is cut off."
    assert "1 gold task may be wrong" in " ".join(notices.said_of(project, project.settings_now(), waiting=False))


def test_a_reported_task_is_told_on_the_projects_page_until_something_is_done(cast, project) -> None:
    task = make.task(make.batch(project))
    rules.change(project, cast.mina, reporters=1)
    mine = make.held(cast.alice, project)
    queue.report(mine, cast.alice, mine.token, note="It is empty.")
    (said,) = [one for one in notices.said_of(project, project.settings_now(), waiting=False) if "reported" in one]
    assert said.startswith("1 task was reported as broken.") and "?state=withheld-broken" in said
    queue.restore(task, by=cast.mina)
    assert "reported" not in " ".join(notices.said_of(project, project.settings_now(), waiting=False))


def test_nobody_gets_a_known_answer_that_they_made(cast, project) -> None:
    batch = make.batch(project)
    task = make.task(batch)
    queue.set_aside(task, by=cast.alice)
    grading.stock(task, make.MARIA, by=cast.alice, dice=DICE)
    make.tasks(batch, 2)
    assert queue.claim(cast.alice, project, rng=Always()).kind == "judge"
    assert queue.claim(cast.bob, project, rng=Always()).kind == "gold"


@pytest.fixture
def kept(project) -> PooledGold:
    batch = make.batch(project)
    make.tasks(batch, 60)
    return stocked(batch)[0]


def person(cast, number: int):
    return make.person(f"Tasker{number}", cast.riverside, Role.TASKER)


def work(tasker, project, answer, ms: int, dice) -> Annotation:
    mine = queue.claim(tasker, project, rng=dice)
    assert isinstance(mine, Assignment), mine
    Assignment.objects.filter(pk=mine.pk).update(held_at=F("held_at") - timedelta(milliseconds=ms))
    mine.refresh_from_db()
    return submission.submit(mine, tasker, mine.token, answer, active_ms=ms)


def one_use(cast, project, number: int, answer, ms: int) -> None:
    """Somebody new does a judgement in their usual time, and then the known answer."""
    tasker = person(cast, number)
    work(tasker, project, make.MARIA, USUAL, random.Random(10**6))
    while work(tasker, project, answer, ms, Always()).assignment.kind != "gold":
        pass
    all_settled(project)


def test_a_planted_leak_is_retired_and_told(cast, project, kept) -> None:
    for number in range(10):
        one_use(cast, project, number, make.OSLO if number % 3 else make.MARIA, USUAL)
    assert pool.watch() == []  # ten are too few to look
    for number in range(10, 24):
        one_use(cast, project, number, make.MARIA, USUAL // 5)
    assert pool.watch() == [kept]  # the second look: at 12 uses it was not sure, or it is now
    kept.refresh_from_db()
    assert kept.retired_why == "leaked" and "14 of 14 were right" in kept.suspect_why
    assert Event.objects.filter(kind="gold_leaked").count() == 1
    assert "1 gold task looks leaked" in " ".join(notices.said_of(project, project.settings_now(), waiting=False))
    assert queue.claim(cast.carol, project, rng=Always()).kind == "judge"
    assert pool.watch() == []


def test_a_sound_one_is_left_alone_and_each_look_is_taken_once(cast, project, kept) -> None:
    for number in range(12):
        one_use(cast, project, number, make.MARIA if number % 4 else make.OSLO, USUAL)
    assert pool.watch() == [] and pool.watch() == []
    kept.refresh_from_db()
    assert (kept.looks, kept.retired_at, kept.suspect_at) == (1, None, None)


def test_a_wrong_known_answer_is_shown_and_stays_until_somebody_looks(cast, project, kept) -> None:
    for number in range(12):
        one_use(cast, project, number, make.OSLO, USUAL)
    assert pool.watch() == [kept]
    kept.refresh_from_db()
    assert kept.retired_at is None and kept.suspect_why == "12 people gave the same other answer, 0 the known one."
    assert "may be wrong" in " ".join(notices.said_of(project, project.settings_now(), waiting=False))
    pool.restore(kept, by=cast.mina)  # "it is right"
    kept.refresh_from_db()
    assert (kept.suspect_at, kept.looks, kept.uses) == (None, 0, 0)
    assert pool.watch() == []  # what was known before counts no more


def test_retired_by_hand_and_put_back(cast, project, kept) -> None:
    pool.retire(kept, " ", by=cast.mina)
    kept.refresh_from_db()
    assert kept.retired_why == "by hand"
    pool.restore(kept, by=cast.mina)
    with pytest.raises(StateConflict):
        pool.restore(kept, by=cast.mina)
    assert queue.claim(cast.alice, project, rng=Always()).kind == "gold"


def test_lines_say_how_each_fares(cast, project, kept) -> None:
    one_use(cast, project, 1, make.MARIA, USUAL)
    one_use(cast, project, 2, make.OSLO, USUAL)
    (line,) = pool.lines(list(pool.known_answers(project)))
    assert (line.scored, line.mean, line.kept.uses) == (2, 0.5, 2)


def test_the_page_lists_retires_and_restores(client, cast, project, kept) -> None:
    client.force_login(cast.mina)
    path = f"/projects/{project.public_id}/gold/"
    task = kept.gold.task
    assert task.external_id in client.get(path).content.decode()
    assert client.post(f"{path}{task.public_id}/", {"act": "retire", "why": "Seen in a forum"}).status_code == 302
    assert "Retired: Seen in a forum" in client.get(path).content.decode()
    client.post(f"{path}{task.public_id}/", {"act": "restore"})
    assert "In the stock" in client.get(path).content.decode()
    other = make.task(make.batch(project, "Other"))
    assert client.post(f"{path}{other.public_id}/", {"act": "retire"}).status_code == 404
    assert gold_dealing.gold_is_due(0.0, 0.0, DICE) is False


def test_what_is_said_of_a_known_answer_is_read_under_the_labels_of_today(cast) -> None:
    project = make.project(cast.riverside, wanted=1)
    batch = make.batch(project)
    people = [make.person(f"P{number}", cast.riverside, Role.TASKER) for number in range(12)]
    (task,) = make.tasks(batch)
    queue.set_aside(task, by=None)
    kept = grading.stock(task, make.MARIA, by=None, dice=DICE)
    for one in people:
        mine = given(one, task, "gold")
        submission.submit(mine, one, mine.token, make.spans((0, 11, "place")))
    all_settled(project)
    with connection.cursor() as cursor:
        cursor.execute(pool.EVIDENCE, {"project": project.pk, "task": task.pk, "since": kept.fresh_at})
        rows = cursor.fetchall()
    agree, others = pool._groups(kept.gold, rows)
    assert (agree, [people for _answer, people in others]) == (0, [12])
    configure.set_labels(project, make.LABELS[1:], by=cast.mina)
    project.labels.filter(key="person").update(merged_into=project.labels.get(key="place"))
    assert pool._groups(kept.gold, rows) == (12, []), "they say the same by now"
    project.labels.filter(key="person").update(merged_into=None)
    assert pool._groups(kept.gold, rows) == (0, []), "nothing is known any more"
