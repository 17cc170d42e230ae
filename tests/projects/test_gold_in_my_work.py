"""What a tasker sees of gold afterwards: the same rows, words, money, standing and moments as of any other work."""

import random
import re
import time
from datetime import UTC, datetime

import pytest

from projects import queue
from projects.configuration import configure
from projects.models import Annotation, GoldSettlement, Task, Verdict
from projects.quality.gold import settling
from projects.queue.clock import Clock
from projects.reports import earnings
from projects.workflow import submission
from projects.workforce import rules
from taskers.models import Dispute, Grade, Standing, Transfer
from taskers.money import ledger, payouts
from taskers.standing import grades
from tests.support import make
from tests.support.projects.gold_in_my_work import drawn, gold, gold_of, plain
from tests.support.projects.judging import all_settled, classified, given, said

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


def looked_at(client, annotation: Annotation) -> str:
    """What stands on the page of a piece of work, without what is of this one alone: its names and its times."""
    answer = client.get(f"/my-work/{annotation.public_id}/")
    assert answer.status_code == 200
    page = answer.content.decode().partition("<main")[2]
    for own in (str(annotation.public_id), str(annotation.task.public_id), annotation.task.code):
        page = page.replace(own, "")
    return re.sub(r"\d+ \w{3} \d{4}(, \d\d:\d\d)?|csrfmiddlewaretoken.*?>", "", page)


def test_gold_has_a_page_like_any_other_work_before_and_after_its_verdict(alice, cast, project, batch) -> None:
    work = said(cast.alice, make.task(batch), make.MARIA)
    known = gold_of(cast.alice, gold(batch), make.MARIA)
    assert looked_at(alice, work) == looked_at(alice, known)
    said(cast.bob, work.task, make.MARIA)
    all_settled(project)
    assert "Full agreement" in looked_at(alice, work) and "$0.05" in looked_at(alice, work)
    assert looked_at(alice, work) == looked_at(alice, known)
    rows = re.findall(r"<tr>.*?</tr>", alice.get("/my-work/").content.decode(), re.DOTALL)
    plain = {re.sub(r"<time.*?</time>|\b[0-9a-f]{8}\b|/my-work/\S+/", "", row) for row in rows[1:]}
    assert len(rows) == 3 and len(plain) == 1


def test_gold_is_contested_like_any_other_work(alice, cast, project, batch) -> None:
    known = gold_of(cast.alice, gold(batch), make.OSLO)
    all_settled(project)
    assert "Little agreement" in looked_at(alice, known) and "$0.00" in looked_at(alice, known)
    path = f"/my-work/{known.public_id}/"
    assert alice.post(path + "contest/", {"text": "Rule 3 says places."})["Location"] == path
    assert Dispute.objects.get().subject == f"task:{known.task.public_id}" and "Contested" in looked_at(alice, known)


def test_nobody_opens_somebody_elses_gold(client, cast, project, batch) -> None:
    known = gold_of(cast.alice, gold(batch), make.MARIA)
    client.force_login(cast.bob)
    assert client.get(f"/my-work/{known.public_id}/").status_code == 404


def boxed(x: int) -> dict:
    shape = {"type": "box", "x": x, "y": 5, "width": 20, "height": 20}
    return {"regions": [{"id": "r", "label": "cat", "shape": shape, "provenance": {"source": "human"}}]}


def preferred(side: str) -> dict:
    field = {"field": "preferred", "kind": "choice", "value": side, "provenance": {"source": "human"}}
    return {"fields": [field], "left": "first"}


CAT = {"labels": [{"key": "cat", "name": "Cat", "shapes": ["box"]}, {"key": "dog", "name": "Dog"}]}
# What a project asks, a task of it, what Bob and Carol say, and what Alice says.
TYPES: dict[str, tuple[dict, dict, dict, dict]] = {
    "text_spans": ({}, {"text": make.TEXT}, make.MARIA, make.MARIA_AND_OSLO),
    "image_regions": (CAT, {"width": 60, "height": 40}, boxed(5), boxed(35)),
    "classification": (CAT, {"text": "It barks."}, classified("dog"), classified("cat")),
    "preference": ({"labels": []}, {"prompt": "Q", "first": {"text": "A"}, "second": {"text": "B"}},
                   preferred("first"), preferred("second")),
}  # fmt: skip


@pytest.mark.parametrize("task_type", TYPES)
def test_own_answer_stands_beside_the_verdict(task_type, alice, cast) -> None:
    terms, payload, verdict, mine = TYPES[task_type]
    project = make.project(cast.riverside, task_type, task_type, wanted=3, **terms)
    (task,) = make.tasks(make.batch(project))
    Task.objects.filter(pk=task.pk).update(payload=payload)
    task.refresh_from_db()
    hers = said(cast.alice, task, mine)
    assert drawn(alice, hers)["answers"].keys() == {"mine"}
    said(cast.bob, task, verdict)
    said(cast.carol, task, verdict)
    if (found := Verdict.objects.filter(task=task).first()) is None:
        review = queue.claim_review(task, cast.rita)
        found = submission.decide(review, cast.rita, review.token, verdict)
    view = drawn(alice, hers)
    assert view["type"] == task_type
    assert view["answers"] == {"mine": plain(hers.answer), "verdict": plain(found.answer)}
    assert plain(hers.answer) != plain(found.answer)
    configure.change(project, cast.mina, shows_verdicts=False)
    assert drawn(alice, hers) == {} and "Your answer" not in alice.get(f"/my-work/{hers.public_id}/").content.decode()


def test_whoever_was_shown_what_is_right_meets_no_gold_that_asks_the_same(alice, cast, project, batch) -> None:
    work = said(cast.alice, make.task(batch), make.MARIA)
    held = given(cast.alice, gold(batch), "gold")  # the same text
    said(cast.bob, work.task, make.MARIA)
    gold(batch)
    make.tasks(batch, 2)
    rules.change(project, cast.mina, gold_share=0.5)
    looked_at(alice, work)
    submission.submit(held, cast.alice, held.token, make.MARIA)
    assert queue.claim(cast.alice, project, rng=Zero()).kind == "judge"
    assert queue.claim(cast.carol, project, rng=Zero()).kind == "gold"
    all_settled(project)
    assert not Grade.objects.filter(source="gold").exists() and ledger.audit() == []
    assert Transfer.objects.filter(key__startswith="gold:").count() == 1, "paid all the same"


class Zero(random.Random):
    """Dice that always fall for gold."""

    def random(self) -> float:
        return 0.0


def test_where_one_answer_decides_alone_gold_is_shown_so_and_paid_whatever_it_says(alice, cast) -> None:
    project = make.project(cast.riverside, wanted=1)
    batch = make.batch(project)
    work = said(cast.alice, make.task(batch), make.OSLO)
    known = gold_of(cast.alice, gold(batch), make.OSLO)  # wrong, and not told so
    assert "Accepted" in looked_at(alice, work) and "$0.05" in looked_at(alice, work)
    assert looked_at(alice, work) == looked_at(alice, known)
    assert not Grade.objects.exists() and earnings.totals(cast.alice, cast.riverside).owed == 100_000
    assert settling.settle_due() == 0, "it grades some time later"
    all_settled(project)
    assert Grade.objects.get().value == 0.0 and grades.standing(cast.alice, project.public_id).evidence == 1.0
    assert looked_at(alice, work) == looked_at(alice, known)


def test_gold_goes_by_the_judgement_before_it(cast, project, batch) -> None:
    work = said(cast.alice, make.task(batch), make.MARIA)
    known = gold_of(cast.alice, gold(batch), make.MARIA)
    settling.settle_due()
    assert not Grade.objects.exists(), "the other waits too"
    said(cast.bob, work.task, make.MARIA)
    GoldSettlement.objects.update(due_at=None)
    while not settling.settle_due(cast.alice):
        pass
    assert Grade.objects.get(source="gold").subject == f"annotation:{known.pk}"
    assert settling.settle_due() == 0 and Transfer.objects.filter(key__startswith="gold:").count() == 1
    last = said(cast.alice, said(cast.bob, make.task(batch), make.MARIA).task, make.MARIA)
    before = settling._beside(settling.BEFORE, gold_of(cast.alice, gold(batch), make.MARIA))
    assert [(one.assignment, one.at_once) for one in before] == [
        (last.assignment_id, True),
        (work.assignment_id, False),
    ]


def test_gold_is_never_forgotten(cast, project, batch) -> None:
    gold_of(cast.alice, gold(batch), make.MARIA)
    settling.settle_due()
    assert not Transfer.objects.exists(), "nothing beside it to go by"
    GoldSettlement.objects.update(due_at=Clock())
    assert settling.settle_due() == 1 and Transfer.objects.count() == Grade.objects.count() == 1


def test_a_step_of_the_standing_that_is_shown_tells_nothing_of_its_source(cast, project, batch) -> None:
    work = said(cast.alice, make.task(batch), make.MARIA)
    said(cast.bob, work.task, make.MARIA)
    before = Standing.objects.get(tasker=cast.alice).shown_good
    gold_of(cast.alice, gold(batch), make.MARIA)
    all_settled(project)
    row = Standing.objects.get(tasker=cast.alice)
    assert (before, row.shown_good, row.good) == (1.0, 2.0, 1.5)
    never = datetime.max.replace(tzinfo=UTC)
    assert grades.shown(cast.alice, [project.public_id], before=never)[project.public_id].evidence == 2.0


@pytest.fixture
def turns(settings, monkeypatch):
    """My work turns once an hour, and the hour is young; the next one comes when it is asked."""
    settings.SHOWN_EVERY, now = 3600, time.time()
    start = now - now % 3600
    monkeypatch.setattr(grades.time, "time", lambda: start + 1)
    return lambda: monkeypatch.setattr(grades.time, "time", lambda: start + 3601)


def test_verdicts_pay_and_standing_are_shown_together_at_a_turn(alice, cast, project, batch, turns) -> None:
    work = said(cast.alice, make.task(batch), make.MARIA)
    known = gold_of(cast.alice, gold(batch), make.MARIA)
    said(cast.bob, work.task, make.MARIA)
    all_settled(project)
    assert Transfer.objects.filter(target__tasker=cast.alice).count() == 2
    before = looked_at(alice, work)
    assert "Not judged yet" in before and "$0.05" not in before and before == looked_at(alice, known)
    assert earnings.totals(cast.alice, cast.riverside).owed == 0
    page = alice.get("/my-work/").content.decode()
    assert "Nothing of yours was compared yet." in page and "every 60 minutes" in page
    turns()
    assert earnings.totals(cast.alice, cast.riverside).owed == 100_000
    assert "Full agreement" in looked_at(alice, work) and looked_at(alice, work) == looked_at(alice, known)
    assert re.search(r"Early days: between \d+ and \d+ % good", alice.get("/my-work/").content.decode())


def test_what_is_taken_back_is_shown_at_the_next_turn(alice, cast, project, batch, turns) -> None:
    work = said(cast.alice, make.task(batch), make.MARIA)
    said(cast.bob, work.task, make.MARIA)
    turns()
    assert earnings.entry(cast.alice, work).earned == 50_000 == earnings.totals(cast.alice, cast.riverside).owed
    payouts.propose(cast.riverside, cast.finn)
    assert earnings.totals(cast.alice, cast.riverside).owed == 0
