"""Tasks that people report as broken: nobody empties a project alone, a manager sees who said what, and gold isn't told
apart by it."""

import pytest
from django.test import Client
from django.urls import reverse

from projects import queue
from projects.errors import TooManyReports
from projects.models import Assignment, BrokenReport, PooledGold, Task, Verdict
from projects.quality.gold import authoring
from projects.reports import notices
from projects.workflow import submission, task_actions
from projects.workforce import rules
from taskers.skills import skills
from tests.support import make
from tests.support.projects.gold import DICE, Always, stocked
from tests.support.projects.pipeline import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast):
    return make.project(cast.riverside, wanted=1)


@pytest.fixture
def batch(project):
    return make.batch(project)


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def reported(tasker, project, note: str = "It is empty.", **terms) -> Task:
    mine = queue.claim(tasker, project, **terms)
    assert isinstance(mine, Assignment), mine
    queue.report(mine, tasker, mine.token, note=note)
    return mine.task


def withheld(project) -> int:
    return Task.objects.filter(project=project, withheld="broken").count()


def test_one_tasker_who_reports_forty_tasks_withholds_none_and_is_stopped_after_a_few(cast, project, batch) -> None:
    """Through the studio's own address, one after the other."""
    make.tasks(batch, 40)
    alice, said = signed_in(cast.alice), []
    work = alice.post(reverse("studio-claim", args=[project.public_id]), "{}", "application/json").json()
    for _try in range(40):
        mine = work["assignment"]
        address = reverse("studio-report", args=[mine["id"]])
        answer = alice.post(address, {"token": mine["token"], "note": "Broken."}, "application/json")
        said.append(answer.status_code)
        if answer.status_code == 200:
            work = answer.json()
    assert said == [200] * 3 + [409] * 37
    assert answer.json()["code"] == "too-many-reports"
    assert withheld(project) == 0 and queue.audit().breaches == []
    assert Assignment.objects.filter(state="open").count() == 39, "others are asked, and she holds one yet"


def test_who_works_may_report_a_share_of_it_up_to_a_number_a_day(cast, project, batch) -> None:
    rules.change(project, cast.mina, reports_share=0.2, reports_daily=5)
    make.tasks(batch, 40)
    for _ in range(20):
        make.judged(cast.alice, project, make.MARIA)
    for _ in range(5):
        reported(cast.alice, project)
    with pytest.raises(TooManyReports):
        reported(cast.alice, project)
    reported(cast.bob, project)


def test_a_second_person_withholds_it_and_the_same_one_never_counts_twice(cast, project, batch) -> None:
    task = make.task(batch, wanted=2)
    assert reported(cast.alice, project) == task and withheld(project) == 0
    assert queue.claim(cast.alice, project).code == "all-done", "it isn't shown to her again"
    assert reported(cast.bob, project) == task and withheld(project) == 1
    assert queue.claim(cast.carol, project).code == "all-done"
    assert queue.audit().breaches == []


def test_a_manager_is_told_sees_who_reported_what_and_dismisses_it(cast, project, batch) -> None:
    task = make.task(batch)
    reported(cast.alice, project, "I can't <read> it.")
    said = " ".join(notices.said_of(project, project.settings_now(), waiting=False))
    assert "1 task was reported, by too few people to withhold it." in said
    mina, address = signed_in(cast.mina), reverse("project-reports", args=[project.public_id])
    assert address in said
    shown = mina.get(address).content.decode()
    assert "Alice" in shown and "I can&#x27;t &lt;read&gt; it." in shown and "Handed out" in shown
    reported(cast.bob, project)
    assert "Withheld" in mina.get(address).content.decode()
    settle = reverse("report-settle", args=[project.public_id, task.public_id])
    mina.post(settle, {"act": "fine"})
    assert withheld(project) == 0 and "Alice" not in mina.get(address).content.decode()
    assert reported(cast.carol, project) == task
    assert withheld(project) == 0, "what a manager has dismissed counts no more"
    assert "nothing was wrong with 0" in mina.get(address).content.decode()
    mina.post(settle, {"act": "broken"})
    assert withheld(project) == 1 and not BrokenReport.objects.open().exists()
    assert "Nobody says any more" in mina.post(settle, {"act": "fine"}, follow=True).content.decode()
    assert queue.audit().breaches == []


def test_a_task_that_is_dismissed_after_all_came_in_is_decided(cast, project, batch) -> None:
    task = make.task(batch, wanted=2)
    reported(cast.alice, project)
    mine, other = make.held(cast.bob, project), make.held(cast.carol, project)
    queue.withhold(task, "broken", by=cast.mina)
    for held in (mine, other):
        submission.submit(held, held.tasker, held.token, make.MARIA)
    assert not Verdict.objects.exists()
    task_actions.dismiss_reports(task, by=cast.mina)
    assert Verdict.objects.current().filter(task=task).exists() and withheld(project) == 0
    assert queue.audit().breaches == []


def test_reported_gold_leaves_the_stock_as_any_task_leaves_the_queue(cast, project, batch) -> None:
    """The same answer, the same next task, the same count: nothing of it tells gold."""
    make.tasks(batch, 6)
    (kept,) = stocked(batch)
    rules.change(project, cast.mina, gold_share=0.1)
    assert reported(cast.alice, project, rng=Always()) == kept.gold.task
    kept.refresh_from_db()
    assert kept.suspect_at is None
    assert queue.claim(cast.bob, project, rng=Always()).task == kept.gold.task, "others get it as before"
    mine = make.held(cast.bob, project)
    queue.report(mine, cast.bob, mine.token, note="The text is cut off.")
    kept.refresh_from_db()
    assert kept.suspect_why == "Reported as broken: The text is cut off."
    assert queue.claim(cast.carol, project, rng=Always()).kind == "judge"
    queue.dismiss(kept.gold.task, by=cast.mina)
    kept.refresh_from_db()
    assert kept.suspect_at is None
    queue.release(mine := make.held(cast.carol, project), cast.carol, mine.token)
    assert queue.claim(cast.carol, project, rng=Always()).kind == "gold"


def test_nobody_takes_a_course_apart_by_reporting_its_items(cast, project, batch) -> None:
    for task in make.tasks(batch, 3):
        authoring.keep(task, make.MARIA, by=cast.mina, dice=DICE, course=True)
    make.task(batch)
    rules.change(project, cast.mina, training_tasks=3, training_skill=skills.define(cast.riverside, "Names"))
    for _ in range(3):
        reported(cast.alice, project)
    assert not PooledGold.objects.exclude(suspect_at=None).exists()
    assert make.held(cast.bob, project).kind == "training", "the course is whole for everybody else"
    for _ in range(3):
        make.judged(cast.alice, project, make.MARIA)
    assert make.held(cast.alice, project).kind == "judge", "she answers them after all, and goes on"


def test_the_rules_of_reports_are_a_managers_to_set(cast, project) -> None:
    mina = Api(cast.mina, cast.riverside)
    address = reverse("api-rules", args=[project.public_id])
    changed = mina.client.patch(address, {"reporters": 3, "reports_daily": 4}, "application/json").json()
    assert (changed["reporters"], changed["reports_daily"], changed["reports_share"]) == (3, 4, 0.1)
    shown = signed_in(cast.mina).get(reverse("project-rules", args=[project.public_id])).content.decode()
    assert "People who must report a task" in shown
