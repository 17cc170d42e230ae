"""People are told of their work lists once for each act, however many tasks and people it was about."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from projects import queue
from projects.models import BulkAction, Project, Task
from projects.queue import work_lists
from projects.reports import task_history
from projects.reports.inbox import listed as inbox_of_lists
from projects.workflow import bulk_actions
from projects.workforce import rules
from taskers.models import Event, Person
from taskers.notifications import inbox
from taskers.skills import skills
from tests.support import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast) -> Project:
    made = make.project(cast.riverside, wanted=1)
    rules.change(made, cast.mina, mode="lists")
    return made


@pytest.fixture
def tasks(project) -> list[Task]:
    return make.tasks(make.batch(project), 4)


def run(action: BulkAction) -> BulkAction:
    while bulk_actions.go_on(action.pk) == bulk_actions.PIECE:
        pass
    action.refresh_from_db()
    return action


def test_alice_is_told_once_of_all_that_an_action_put_on_her_lists(cast, project, tasks) -> None:
    north = skills.define(cast.riverside, "North")
    skills.grant(cast.alice, north, by=cast.mina)
    bulk_actions.act(tasks[0], "list", {"people": [str(cast.alice.public_id)]}, by=cast.alice)
    terms = {"people": [str(cast.alice.public_id), str(cast.mina.public_id)], "teams": [north.key]}
    run(bulk_actions.start(project, "list", [one.pk for one in tasks], by=cast.mina, terms=terms))
    bulk_actions.act(tasks[1], "list", {"people": [str(cast.bob.public_id)]}, by=cast.mina)
    said = {one: news(one) for one in (cast.alice, cast.bob, cast.mina, cast.carol)}
    assert said == {
        cast.alice: ["4 tasks were put on your work list in Names in reports."],
        cast.bob: ["1 task was put on your work list in Names in reports."],
        cast.mina: [],
        cast.carol: [],
    }
    rules.change(project, cast.mina, mode="pool")
    bulk_actions.act(tasks[2], "list", {"people": [str(cast.carol.public_id)]}, by=cast.mina)
    assert news(cast.carol) == [], "in the pool a list says nothing yet"
    told = [one.text for one in task_history.of(tasks[1]).moments]
    assert told == ["Put on a work list", "Put on a work list", "Loaded in batch First"], "one line for each act"


def test_whoever_undoes_a_list_that_was_emptied_tells_nobody_for_each_task(cast, project, tasks) -> None:
    with transaction.atomic():
        work_lists.put_on(queue.lock(tasks[0].pk), [cast.alice], by=None)
    news(cast.alice)
    terms = {"people": [str(cast.alice.public_id)]}
    undone = bulk_actions.undo(
        run(bulk_actions.start(project, "unlist", [tasks[0].pk], by=cast.mina, terms=terms)), by=cast.mina
    )
    before = news(cast.alice)
    run(undone)
    assert Event.objects.filter(kind="listed").count() == 2 and news(cast.alice) == before


def test_whom_to_tell_is_looked_up_once_however_many_tasks_and_people(cast, project, tasks) -> None:
    team = skills.define(cast.riverside, "North")
    for one in (cast.alice, cast.bob, cast.carol):
        skills.grant(one, team, by=cast.mina)
    made = run(
        bulk_actions.start(project, "list", [one.pk for one in tasks], by=cast.mina, terms={"teams": [team.key]})
    )
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {inbox_of_lists.PUT}", {"action": made.pk})
        ((((found),),),) = cursor.fetchall()
    assert most_rows(found["Plan"]) == len(tasks), "tasks and people are not multiplied"
    for one in tasks:
        bulk_actions.act(one, "list", {"people": [str(cast.bob.public_id)]}, by=cast.mina)
    acts = list(Event.objects.filter(kind="listed", data__action=None))
    asked = []
    for some in (acts[:1], acts):
        with CaptureQueriesContext(connection) as queries:
            assert len(list(inbox_of_lists.hear(some))) == len(some)
        asked.append(len(queries))
    assert asked[0] == asked[1] == 3


def most_rows(node: dict) -> float:
    """Of a plan that ran: the most rows that one of its steps gave in all."""
    return max(node["Actual Rows"] * node["Actual Loops"], *map(most_rows, node.get("Plans", [])), 0)


def news(person: Person) -> list[str]:
    """What they read of their list, after a worker looked twice."""
    for _again in range(2):
        inbox.tell(Event.objects.order_by("pk"))
    return [inbox.said(one) for one in inbox.of(person).filter(kind="listed")]
