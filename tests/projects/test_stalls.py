"""Tasks that wait for answers which nobody may give: the project's page says so, with the remedy."""

import html
import re

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from projects import jobs, queue
from projects.models import Stall, Verdict
from projects.reports import stalls
from projects.workflow import batches
from projects.workforce import conflicts_of_interest, rules
from taskers.models.people import Role
from taskers.people import invitations
from taskers.skills import skills
from tests.support import make
from tests.support.projects.judging import said

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast):
    """Three people; each task is asked of three, and of a fourth and fifth where those are unsure."""
    return make.project(cast.riverside, wanted=3, most=5)


@pytest.fixture
def batch(project):
    return make.batch(project)


@pytest.fixture
def mina(client, cast):
    client.force_login(cast.mina)
    return client


def three_ways(cast, batch) -> None:
    """A task of which all three say something else."""
    task = make.task(batch)
    for who, answer in ((cast.alice, make.MARIA), (cast.bob, make.OSLO), (cast.carol, make.MARIA_AND_OSLO)):
        said(who, task, answer)


def told(client, project) -> str:
    """What the page says of it, once a worker has looked."""
    jobs.watch_stalls(0)
    page = client.get(f"/projects/{project.public_id}/").content.decode()
    found = re.search(r'<div class="notice notice--warn" role="status">\s*<span>\s*<strong>(.*?)</div>', page, re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found[1])).split()) if found else ""


def test_silent_stall_of_tasks_that_wait_for_a_fourth_answer_is_told(mina, cast, project, batch) -> None:
    three_ways(cast, batch)
    three_ways(cast, batch)
    make.task(batch)  # anybody may do it
    text = told(mina, project)
    assert "2 tasks wait for answers that nobody may give." in text
    assert "The 3 people who qualify have judged or skipped them" in text and "Invite people" in text

    # Somebody new may give it: the sentence goes by itself.
    dora = make.person("Dora", cast.riverside, Role.TASKER)
    assert told(mina, project) == ""
    for membership in dora.memberships.all():
        invitations.end(membership, by=cast.mina)

    # Or what came in decides, as far as it can; the rest is a reviewer's.
    assert "Decide 2 tasks by what came in" in told(mina, project)
    mina.post(f"/projects/{project.public_id}/settle/")
    job = ProcrastinateJob.objects.get(task_name=stalls.JOB)
    assert jobs.settle_stalled(**job.args) == 2
    assert told(mina, project) == ""
    assert len(queue.waiting_for_review([project])) + Verdict.objects.count() == 2
    assert queue.audit().breaches == []


def test_stall_where_the_others_skipped_it_or_are_kept_apart(mina, cast, project, batch) -> None:
    task = make.task(batch, wanted=2)
    said(cast.alice, task, make.MARIA)
    assert told(mina, project) == ""
    mine = make.held(cast.bob, project)
    queue.skip(mine, cast.bob, mine.token, reason="too-hard")
    assert told(mina, project) == "", "Carol may"
    conflicts_of_interest.keep_apart(cast.riverside, cast.alice, cast.carol, relation="household", by=cast.mina)
    assert told(mina, project).startswith("1 task waits for an answer that nobody may give.")


def test_stall_where_nobody_qualifies_says_what_keeps_them_out(mina, cast, project, batch) -> None:
    make.task(batch)
    rules.ask_for(project, skills.define(cast.riverside, "Spanish", kind="language"), by=cast.mina)
    rules.exclude(cast.bob, project=project, reason="A break.", by=cast.mina)
    text = told(mina, project)
    assert "Nobody qualifies." in text and "or close the batch" in text
    assert "Paused (1)" in text and "Lack a skill that is asked for (2)" in text
    batches.move(batch, "paused", by=cast.mina)
    assert told(mina, project) == "" and not Stall.objects.exists()


def test_a_day_that_is_full_or_a_course_to_come_is_no_stall(mina, cast, project, batch) -> None:
    for _ in range(3):
        make.task(batch)
    rules.change(project, cast.mina, daily_tasks=1)
    for who in (cast.alice, cast.bob, cast.carol):
        make.judged(who, project, make.MARIA)
    assert told(mina, project) == ""
    skill = skills.define(cast.riverside, "Names")
    rules.change(project, cast.mina, daily_tasks=None, training_tasks=1, training_skill=skill)
    assert told(mina, project) == ""


def test_a_project_where_nothing_happens_is_looked_at_now_and_then(cast, project, batch, monkeypatch) -> None:
    three_ways(cast, batch)
    assert stalls.watch() == 1
    first = Stall.objects.get(project=project).looked_at
    assert stalls.watch() == 1
    second = Stall.objects.get(project=project).looked_at
    assert second > first, "what has just happened may not have been seen yet"

    monkeypatch.setattr(stalls, "COMMITTED", -3600)  # as if it had happened an hour ago
    assert stalls.watch() == 1
    assert Stall.objects.get(project=project).looked_at == second
    monkeypatch.setattr(stalls, "QUIET", 0)
    assert stalls.watch() == 1
    assert Stall.objects.get(project=project).looked_at > second
