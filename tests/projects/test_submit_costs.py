"""What handing in asks of the database: two statements where nothing can follow, seven where a task is decided.

The plans are looked at on statistics that were taken before anybody did anything.
"""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.queue import fixtures, plans
from projects import queue
from projects.models import Posterior, Verdict, assignment_context
from projects.quality import votes
from projects.queue import task_state
from projects.workflow import submission
from taskers.models import Event, Grade, Transfer
from tests.support import make, owner

pytestmark = pytest.mark.django_db


def statements(tasker, project, answer=make.MARIA) -> int:
    """How many handing in takes, the transaction's own left out, once a process knows the terms it is paid by."""
    mine = make.held(tasker, project)
    assignment_context.settings_of(project, mine.settings_version or 0)
    with CaptureQueriesContext(connection) as queries:
        submission.submit(mine, tasker, mine.token, answer)
    return sum("SAVEPOINT" not in (one["sql"] or "") for one in queries)


def test_an_answer_that_others_follow_is_two_statements_and_weighs_nothing(cast) -> None:
    project = make.project(cast.riverside, wanted=3, aggregation="standing_v1", most=5)
    make.task(make.batch(project))
    for tasker in (cast.alice, cast.bob):
        assert statements(tasker, project) == 2
    assert not Posterior.objects.exists()


def test_a_deciding_answer_is_four_statements_of_the_engine_and_one_of_the_ledger(cast) -> None:
    for method in ("majority_v1", "standing_v1"):
        project = make.project(cast.riverside, method, wanted=3, aggregation=method)
        make.task(make.batch(project))
        statements(cast.alice, project), statements(cast.bob, project)
        # What is considered, the verdict, what is believed, the grades; and the money.
        assert statements(cast.carol, project) == 2 + 4 + 1
    assert Verdict.objects.count() == Posterior.objects.count() == 2
    assert Grade.objects.count() == Transfer.objects.count() == 6


def test_deciding_part_by_part_learns_by_two_statements_more(cast) -> None:
    project = make.project(cast.riverside, wanted=3, aggregation="spans_v1")
    batch = make.batch(project)
    for _turn in range(3):
        task = make.task(batch)
        for tasker in (cast.alice, cast.bob, cast.carol):
            last = statements(tasker, project)
        assert Verdict.objects.filter(task=task).exists()
    assert last == 2 + 4 + 1 + 2, "the first made the accuracy model, the second read it, this one only learns"


def test_an_answer_that_leaves_doubt_is_three_statements_of_the_engine_whatever_follows(cast) -> None:
    project = make.project(cast.riverside, wanted=2, most=3)
    task = make.task(make.batch(project))
    statements(cast.alice, project)
    assert statements(cast.bob, project, make.OSLO) == 2 + 3
    task.refresh_from_db()
    assert (task.wanted, task.withheld) == (3, ""), "one more is asked"
    assert statements(cast.carol, project, make.spans((0, 5))) == 2 + 3
    task.refresh_from_db()
    assert (task.wanted, task.withheld) == (3, "review")
    assert task.review_rank == -Posterior.objects.get().gain < 0
    kinds = ["overlap_raised", "withheld"]
    told = Event.objects.filter(kind__in=kinds).order_by("pk")
    assert [(one.kind, one.data["task"]) for one in told] == [(kind, task.pk) for kind in kinds]
    assert queue.audit().breaches == []


@pytest.fixture
def young(cast):
    """A project whose statistics were taken before anybody did anything."""
    project = fixtures.project(cast.riverside, "Young")
    fixtures.batch(project, "Open", 2_000)
    with connection.cursor() as cursor:
        owner.execute("ANALYZE projects_assignment")
        owner.execute("ANALYZE projects_task")
        # Whether a table of a few rows is read whole is nothing here; by which index a large one is, is all.
        cursor.execute("SET LOCAL enable_seqscan TO off")
    return project


@pytest.mark.parametrize(
    ("statement", "indexes"),
    [
        (votes.OF_TASK, {"projects_assignment_pkey", "assignment_by_task"}),
        (task_state.SETTLE, {"assignment_by_task"}),
        (task_state.ASK_MORE, {"assignment_by_task", "assignment_slot_once"}),
        (task_state.PASS_ON, {"assignment_by_task"}),
    ],
    ids=["what is considered", "settled", "asked of more", "passed on"],
)
def test_a_decision_touches_its_task_alone_whatever_the_statistics_say(young, statement: str, indexes: set) -> None:
    terms: dict = dict.fromkeys(re.findall(r"%\((\w+)\)s", statement), 1) | {"method": "", "tasks": [1], "told": "{}"}
    keys = {"key": young.public_id, "project": young.pk, "project_key": young.public_id}
    plan = plans.generic(statement, terms | keys | {"event": "", "subject": "", "why": ""})
    assert set() < by_key(plan, "projects_assignment") <= indexes, plan
    assert by_key(plan, "projects_task") <= {"projects_task_pkey"}, plan


def by_key(plan: str, table: str) -> set[str]:
    """The indexes by which a table is read; that it is read from end to end is one too."""
    found = set(re.findall(rf"Scan(?: Backward)? using (\w+) on {table}\b", plan))
    found |= set(re.findall(rf"Bitmap Heap Scan on {table}\b.*?Bitmap Index Scan on (\w+)", plan, re.DOTALL))
    return found | set(re.findall(rf"Seq Scan on {table}\b", plan))
