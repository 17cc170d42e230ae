"""Mina makes gold of what is decided, sees what people say instead of a known answer, and mends it; and how many it
takes to know somebody."""

import random

import pytest

from projects.inference.precision import answers_for, half_width
from projects.models import Gold, Mistake, PooledGold
from projects.quality.gold import authoring, pool
from projects.reports import gold_health
from projects.workflow import returned_work
from taskers.errors import Problem
from tests.support import make
from tests.support.projects.judging import known_answers, said

DICE = random.Random(3)


def test_a_precision_takes_so_many_answers() -> None:
    assert answers_for(0.1) == 34
    assert half_width(0.85, 34) <= 0.1 < half_width(0.85, 33)
    assert answers_for(0.05) > 3 * answers_for(0.1)
    with pytest.raises(ValueError, match="exactly"):
        answers_for(0.0)


@pytest.mark.django_db
def test_decided_tasks_become_gold_by_lot_and_their_number_is_told(client, cast) -> None:
    project = make.project(cast.riverside)
    for task in make.tasks(make.batch(project), 3):
        said(cast.alice, task, make.MARIA)
        said(cast.bob, task, make.MARIA)
    client.force_login(cast.mina)
    path = f"/projects/{project.public_id}/gold/"
    assert "about 34" in client.get(path).content.decode()
    client.post(path + "many/", {"number": 2, "least": 50})
    assert PooledGold.objects.filter(project=project, pool="control").count() == 2
    assert gold_health.health(project).missing == 32
    assert authoring.keep_many(project, 9, 1.0, by=cast.mina, dice=DICE) == 0, "none is as sure as that"
    with pytest.raises(Problem):
        authoring.keep_many(project, 0, 0.9, by=cast.mina, dice=DICE)
    assert client.post(path + "many/", {"number": "many", "least": 50}).status_code == 302
    assert PooledGold.objects.count() == 2


@pytest.mark.django_db
def test_what_people_say_instead_can_become_the_known_answer(client, cast) -> None:
    project = make.project(cast.riverside)
    pairs = [(cast.alice, make.OSLO), (cast.bob, make.OSLO), (cast.carol, make.MARIA)]
    known_answers(cast, project, make.batch(project), pairs, number=1, truth=make.MARIA)
    kept = PooledGold.objects.get()
    right, others = pool.other_answers(kept)
    assert (right, [one.number for one in others]) == (1, [2])
    client.force_login(cast.mina)
    path = f"/projects/{project.public_id}/gold/{kept.gold.task.public_id}/"
    page = client.get(path + "answer/").content.decode()
    assert "2 people say this" in page and 'data-answer="other0"' in page
    client.post(path + "anew/", {"other": "5"})
    assert Gold.objects.get().answer["spans"][0]["label"] == make.MARIA["spans"][0]["label"]
    client.post(path + "anew/", {"other": "0"})
    kept.refresh_from_db()
    assert Gold.objects.get().answer["spans"][0]["start"] == make.OSLO["spans"][0]["start"]
    assert (kept.retired_at, kept.uses) == (None, 0)
    assert pool.other_answers(kept) == (0, []), "what was said before counts no more"


@pytest.mark.django_db
def test_a_mistake_becomes_an_item_of_the_course_in_one_step(client, cast) -> None:
    project = make.project(cast.riverside)
    (task,) = make.tasks(make.batch(project), 1)
    for who in (cast.alice, cast.bob):
        said(who, task, make.MARIA)
    answers = list(task.annotations.all())
    returned_work.note_mistake(task, answers, cast.rita, reason="edges", note="The first name belongs to it.")
    client.force_login(cast.mina)
    page = client.get(f"/projects/{project.public_id}/mistakes/").content.decode()
    assert "Edges or limits are off" in page and "2 times, in the work of 2" in page
    client.post(f"/projects/{project.public_id}/mistakes/{Mistake.objects.first().public_id}/teach/")
    kept = PooledGold.objects.get(pool="training")
    assert (kept.gold.task, kept.explanation) == (task, "The first name belongs to it.")
