"""The manager's pages: who may see them, what they show, what they cost."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from projects.models import Batch, BatchProgress, Project
from projects.reports import progress
from projects.web.manager import project as project_page
from projects.workforce import rules
from taskers.models import Account, Event, Membership
from taskers.people import invitations
from tests.support import make
from tests.support.projects.gold import stocked
from tests.support.projects.managing import page, signed_in

pytestmark = pytest.mark.django_db

MOST_QUERIES = 10  # the session and the person among them


@pytest.fixture
def project(cast) -> Project:
    return make.project(cast.riverside, "Names in reports")


@pytest.fixture
def batch(project) -> Batch:
    return make.batch(project)


@pytest.fixture
def mina(cast) -> Client:
    return signed_in(cast.mina)


def count_up() -> None:
    """Add up the progress as a worker would."""
    progress.add(Event.objects.all())


SCREENS = ("project", "project-progress", "project-settings", "load", "tasks", "export")


def test_members_without_the_role_are_told_which_it_takes(cast, project) -> None:
    answer = signed_in(cast.alice).get(page("project", project.public_id))
    assert answer.status_code == 403 and "manager" in answer.content.decode()


def test_stranger_is_sent_to_the_door(project) -> None:
    answer = Client().get(page("project", project.public_id))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_part_of_a_page_asks_the_page_to_sign_in_again(project) -> None:
    answer = Client().get(page("project-progress", project.public_id), headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Refresh"]) == (200, "true")


def test_manager_of_one_project_sees_that_one(cast, project) -> None:
    make.project(cast.riverside, "Another")
    invitations.grant(cast.riverside, cast.carol, "manager", by=cast.olga, project_key=project.public_id)
    carol = signed_in(cast.carol)
    shown = carol.get(page("projects")).content.decode()
    assert "Names in reports" in shown
    assert "Another" not in shown
    assert carol.get(page("project", project.public_id)).status_code == 200
    assert carol.get(page("project-new")).status_code == 403


def test_list_shows_progress_and_only_our_projects(cast, mina, project, batch) -> None:
    make.project(cast.hilltop, "Hilltop's own")
    make.task(batch)
    make.judged(cast.alice, project, make.MARIA)
    make.judged(cast.bob, project, make.MARIA)
    make.tasks(batch, 2)
    count_up()
    shown = mina.get(page("projects")).content.decode()
    assert "1 of 3 tasks decided" in shown
    assert "Hilltop" not in shown


def test_a_projects_sums_are_those_of_all_its_batches(mina, project, monkeypatch) -> None:
    monkeypatch.setattr(project_page, "MOST", 1)
    for name in ("First", "Second", "Third"):
        BatchProgress.objects.filter(batch=make.batch(project, name)).update(tasks=4_000, decided=1_000)
    shown = mina.get(page("project", project.public_id)).content.decode()
    assert "12,000" in shown and "3,000" in shown


def test_a_project_says_at_once_that_nobody_is_there_to_do_its_tasks(cast, mina, project) -> None:
    BatchProgress.objects.filter(batch=make.batch(project)).update(tasks=2)
    assert "Nobody is a tasker here" not in mina.get(page("project", project.public_id)).content.decode()
    Membership.objects.filter(organization=cast.riverside, role="tasker").update(ended_at=timezone.now())
    shown = mina.get(page("project", project.public_id)).content.decode()
    assert "Nobody is a tasker here, so nobody gets these tasks" in shown and f'<a href="{page("people")}">' in shown


def test_gold_that_nobody_gets_by_the_rules_says_so(cast, mina, project, batch) -> None:
    stocked(batch)
    rules.change(project, cast.mina, gold_share=0.1)
    assert "Nobody gets any of it." not in mina.get(page("project-gold", project.public_id)).content.decode()
    rules.change(project, cast.mina, gold_share=0)
    shown = mina.get(page("project-gold", project.public_id)).content.decode()
    assert "Nobody gets any of it." in shown and "In the stock: 1;" in shown


@pytest.mark.parametrize("screen", ["project-settings", "project-webhooks", "project-questions"])
def test_every_page_of_a_project_says_what_it_labels(mina, project, screen: str) -> None:
    assert "<p>Spans in texts" in mina.get(page(screen, project.public_id)).content.decode()


@pytest.mark.parametrize("screen", [*SCREENS, "projects", "project-new"])
def test_no_page_asks_much(cast, mina, project, screen: str, django_assert_max_num_queries) -> None:
    for name in ("First", "Second", "Third"):
        make.tasks(make.batch(project, name), 20)
    make.judged(cast.alice, project, make.MARIA)
    make.judged(cast.bob, project, make.MARIA)
    keys = () if screen in ("projects", "project-new") else (project.public_id,)
    # Where the organization's data comes from and goes to, what comes in parts, how long that is kept, whether another
    # may be made, and whether keys of labels may change.
    more = {"load": 2, "export": 3, "project-settings": 2}.get(screen, 0)
    with django_assert_max_num_queries(MOST_QUERIES + more):
        assert mina.get(page(screen, *keys)).status_code == 200


def test_a_taskers_home_asks_no_more(cast, project, django_assert_max_num_queries) -> None:
    make.tasks(make.batch(project), 20)
    make.tasks(make.batch(make.project(cast.riverside, "Another")), 20)
    for tasker in (cast.alice, cast.bob):
        make.judged(tasker, project, make.MARIA)
    make.held(cast.alice, project)
    make.project(cast.riverside, "Nothing in it")
    paid = make.project(cast.riverside, "Paid", wanted=1)
    make.task(make.batch(paid, "Only"))
    make.judged(cast.alice, paid, make.MARIA)
    assert Account.objects.filter(tasker=cast.alice).exists(), "what she earned is added up as well"
    client = signed_in(cast.alice)
    # What is due is settled before she looks; what an hour is likely to earn is told of all projects at once; and what
    # was sent back to her, which rules met her, and until when earnings are held, is told first.
    with django_assert_max_num_queries(MOST_QUERIES + 5):
        assert client.get(page("home")).status_code == 200


def test_pages_carry_no_inline_style_or_script(cast, mina, project, batch) -> None:
    task = make.task(batch)
    make.judged(cast.alice, project, make.MARIA)
    addresses = [page(one, project.public_id) for one in SCREENS] + [page("task", task.public_id), page("project-new")]
    for address in addresses:
        html = mina.get(address).content.decode()
        assert not re.search(r"<[^>]+\sstyle=|<style|\son\w+=", html), address
        assert not re.search(r"<script(?![^>]*(src=|application/json))", html), address
