"""The plans, not the times: a claim is three statements, and walks one index, whatever else there is."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.queue import ground, plans
from projects import batches, drafts, queue, reaping
from projects.models import Assignment, BatchCursor, Draft
from projects.queue import places, taking
from taskers.models.people import Role
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast):
    return make.project(cast.riverside, wanted=3)


@pytest.fixture
def batch(project):
    made = make.batch(project)
    make.tasks(made, 120)
    return made


def test_a_claim_is_three_statements_in_one_transaction(cast, project, batch) -> None:
    make.judged(cast.alice, project, make.MARIA)
    with CaptureQueriesContext(connection) as queries:
        make.held(cast.alice, project)
    asked = [one for one in queries.captured_queries if "SAVEPOINT" not in (one["sql"] or "")]
    assert len(asked) == 3
    with CaptureQueriesContext(connection) as queries:
        make.held(cast.alice, project)  # the second tab
    assert len([one for one in queries.captured_queries if "SAVEPOINT" not in (one["sql"] or "")]) == 3


def test_the_walk_is_an_index_scan_of_its_own_index(cast) -> None:
    """Thirty thousand open rows before and among others'; `python -m benchmarks.queue` asserts the same of millions."""
    for name in ("One", "Two"):
        project = ground.project(cast.riverside, name)
        ground.batch(project, "Open", 5_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE projects_assignment")
        cursor.execute("ANALYZE projects_task")
    walk = plans.of_the_walk(cast.alice, project)
    assert "Index Scan using assignment_walk" in walk
    assert not {"Seq Scan", "Sort", "Hash", "Bitmap"} & set(re.findall(r"Seq Scan|Sort|Hash|Bitmap", walk)), walk


def test_what_was_locked_when_the_walk_came_by_is_found_behind_it(cast, project) -> None:
    batch = make.batch(project, "Small")
    first, second = make.tasks(batch, 2, wanted=1)
    overlooked = Assignment.objects.get(task=first)
    BatchCursor.objects.create(tasker=cast.alice, batch=batch, slot=0, assignment_key=overlooked.pk)
    assert make.judged(cast.alice, project, make.MARIA).task == second
    assert make.held(cast.alice, project).task == first


def test_the_second_walk_comes_round_however_much_lies_behind(cast, project, monkeypatch) -> None:
    monkeypatch.setattr(taking, "SWEEP_ROWS", 3)
    batch = make.batch(project, "Long")
    tasks = make.tasks(batch, 8, wanted=2)
    for task in tasks[:7]:  # what Alice has done lies open for others in the second slot
        mine = make.held(cast.alice, project)
        make.submission.submit(mine, cast.alice, mine.token, make.MARIA)
        assert mine.task == task
    last = Assignment.objects.filter(batch=batch).order_by("-pk").first()
    for slot in (0, 1):
        BatchCursor.objects.update_or_create(
            tasker=cast.alice, batch=batch, slot=slot, defaults={"assignment_key": last.pk}
        )
    found = [queue.claim(cast.alice, project) for _ in range(6)]
    assert any(isinstance(one, Assignment) and one.task == tasks[7] for one in found)


def test_who_has_done_everything_is_told_so_and_the_walk_remembers(cast, project, monkeypatch) -> None:
    monkeypatch.setattr(taking, "STRIDE", 2)
    make.tasks(make.batch(project, "Done"), 5, wanted=2)
    for _ in range(5):
        make.judged(cast.alice, project, make.MARIA)
    assert queue.claim(cast.alice, project).code == "all-done"
    assert BatchCursor.objects.filter(tasker=cast.alice).count() == 2
    make.held(make.person("Dora", cast.riverside, Role.TASKER), project)


def test_the_reaper_leaves_what_is_needed(cast, project, batch) -> None:
    mine, hers = make.held(cast.alice, project), make.held(cast.bob, project)
    for assignment, tasker in ((mine, cast.alice), (hers, cast.bob)):
        drafts.save(assignment, tasker, assignment.token, version=0, answer=make.MARIA)
    queue.release(mine, cast.alice, mine.token)
    assert reaping.reap(days=30)["drafts"] == 0
    with connection.cursor() as cursor:
        cursor.execute("UPDATE projects_draft SET saved_at = now() - interval '31 days'")
    assert reaping.reap(days=30)["drafts"] == 1
    assert Draft.objects.get().assignment == hers
    batches.move(batch, "closed", by=cast.mina)
    assert reaping.reap()["cursors"] == 2 and not BatchCursor.objects.exists()


def test_finished_batches_that_are_still_live_hide_nothing(cast, project, monkeypatch) -> None:
    monkeypatch.setattr(places, "MOST_BATCHES", 2)
    for number in range(4):
        make.task(make.batch(project, f"Finished {number}"), wanted=1)
        make.judged(cast.bob, project, make.MARIA)
    last = make.task(make.batch(project, "Last"))
    assert make.held(cast.alice, project).task == last
