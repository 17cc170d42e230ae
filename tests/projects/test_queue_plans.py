"""The plans, not the times: a claim is two statements, and walks one index, whatever else there is."""

import re

import pytest
from django.db import connection

from benchmarks.queue import fixtures, plans
from projects import queue
from projects.configuration import configure
from projects.data.archive import cleanup
from projects.models import Assignment, BatchCursor, Draft, Task
from projects.queue import candidate_slots, complete, drafts, leases, reviewing, sql, take
from projects.queue.claim_numbers import StaleChoice
from projects.workflow import batches
from projects.workforce import availability, rules
from taskers.models.people import Role
from tests.support import make, owner

pytestmark = pytest.mark.django_db

# A million tasks at overlap 3. The planner multiplies the rows of a page by the pages that a table really has, so the
# pages told are those, and a table that other tests left bloated is believed to be no larger.
BELIEVE = """
SELECT pg_restore_relation_stats('schemaname', 'public', 'relname', relname::text,
  'relpages', pages, 'reltuples', rows::real, 'relallvisible', 0)
FROM (
  SELECT c.relname, greatest(1, pg_relation_size(c.oid) / current_setting('block_size')::int)::int AS pages, n.rows
  FROM (VALUES ('projects_task', 1000000), ('projects_assignment', 3000000)) AS n(name, rows)
  JOIN pg_class c ON c.oid = n.name::regclass
    OR c.oid IN (SELECT i.indexrelid FROM pg_index i WHERE i.indrelid = n.name::regclass)
) AS believed
"""


def believe() -> None:
    """Have the planner take these tables for as large. Needs PostgreSQL 18, which lets itself be told."""
    if connection.pg_version < 18_00_00:
        pytest.skip("needs PostgreSQL 18, the one that Tandem brings: no older server takes statistics that it is told")
    owner.execute(BELIEVE)


def beyond_one_task(plan: str) -> set[str]:
    """The ways in a plan that read, sort or hash more than the few rows of one task.

    Those are the same by either kind of scan of an index, and the planner takes now one, now the other.
    """
    rows = (
        r"Bitmap (Heap|Index) Scan on (projects_mistake|projects_assignment (mine|theirs|lower|a)|assignment_by_task)"
    )
    return set(re.findall(r"Seq Scan|Sort|Hash|Bitmap", re.sub(rows, "", plan)))


@pytest.fixture
def new_tables(db) -> None:
    """No page that others left behind: where rows lie scattered in those, the planner takes another way to them. And
    whether a table of a few rows is read whole is nothing here; by which index a large one is, is all."""
    with connection.cursor() as cursor:
        owner.execute("TRUNCATE projects_assignment, projects_task CASCADE")
        cursor.execute("SET LOCAL enable_seqscan TO off")


@pytest.fixture
def project(cast):
    return make.project(cast.riverside, wanted=3)


@pytest.fixture
def batch(project):
    made = make.batch(project)
    make.tasks(made, 120)
    return made


def test_a_claim_is_two_statements_after_a_look_at_what_is_held(
    cast, project, batch, django_assert_num_queries
) -> None:
    done = make.judged(cast.alice, project, make.MARIA).assignment
    with django_assert_num_queries(2):
        mine = queue.claim(cast.alice, project, done=done)
    with django_assert_num_queries(1):
        assert make.held(cast.alice, project) == mine  # the second tab
    queue.release(mine, cast.alice, mine.token)
    with django_assert_num_queries(3):
        make.held(cast.alice, project)


@pytest.mark.usefixtures("new_tables")
def test_a_walk_looks_up_each_row_by_its_task_while_the_statistics_know_of_nothing_taken(cast, project) -> None:
    """The server once went through all that the tasker had ever done, for each row."""
    fixtures.batch(project, "Open", 2_000)
    owner.execute("ANALYZE projects_assignment")
    walk = plans.of_the_walk(cast.alice, project)
    looks = re.findall(r"SubPlan \d+\n.*?(?:using|Bitmap Index Scan on) (\w+)", walk, re.DOTALL)
    assert looks == ["assignment_by_task"] * 11, walk  # a few rows, by either kind of scan


@pytest.mark.usefixtures("new_tables")
def test_handing_in_finds_its_row_by_its_key_while_nothing_is_held_and_nobody_has_done_anything(cast, project) -> None:
    """Planned on statistics of that kind, the server once walked everything that anybody ever did."""
    fixtures.batch(project, "Open", 2_000)
    owner.execute("ANALYZE projects_assignment")
    key = project.public_id
    terms = {"assignment": 1, "tasker": 1, "token": key, "answer": "{}", "active_ms": 0, "refused": "[]", "project": 1}
    terms |= {"state": "held", "told": "{}"}
    terms |= {"today": "2026-01-01", "organization": 1, "event": "submitted", "project_key": key, "subject": ""}
    terms |= {"corrects": None, "alike": [], "promised": 0, "deferred": True}
    plan = plans.generic(complete.DELIVER, terms)
    update = plan[plan.index("CTE mine") : plan.index("CTE written")]
    assert "Index Scan using projects_assignment_pkey" in update, plan


def test_two_tabs_that_chose_at_the_same_moment_do_not_both_take(cast, project, batch) -> None:
    chosen = [candidate_slots.choose_batches(cast.alice, [project]) for _tab in range(2)]
    (mine,) = take.take_next(chosen[0])
    with pytest.raises(StaleChoice):
        take.take_next(chosen[1])
    assert make.held(cast.alice, project) == mine
    assert Assignment.objects.filter(state="held").count() == 1


@pytest.mark.usefixtures("new_tables")
def test_the_walk_is_an_index_scan_of_its_own_index(cast) -> None:
    """Thirty thousand open rows before and among others'; `python -m benchmarks.queue` asserts the same of millions."""
    for name in ("One", "Two"):
        project = fixtures.project(cast.riverside, name)
        fixtures.batch(project, "Open", 5_000)
    owner.execute("ANALYZE projects_assignment")
    owner.execute("ANALYZE projects_task")
    walk = plans.of_the_walk(cast.alice, project)
    assert "Index Scan using assignment_walk" in walk
    assert not beyond_one_task(walk), walk


@pytest.mark.usefixtures("new_tables")
def test_the_walk_is_the_same_index_scan_when_the_server_believes_in_a_million_tasks(cast) -> None:
    """The statistics are those of three million judgements; the rows needn't be there for a plan."""
    project = fixtures.project(cast.riverside, "Great")
    fixtures.batch(project, "Open", 2_000)
    for table in ("projects_assignment", "projects_task", "projects_batchcursor"):
        owner.execute(f"ANALYZE {table}")
    believe()
    walk = plans.of_the_walk(cast.alice, project)
    assert "Index Scan using assignment_walk" in walk
    assert not beyond_one_task(walk), walk


@pytest.mark.usefixtures("new_tables")
@pytest.mark.parametrize("statement", [sql.TAKE, sql.LOOK_AHEAD, sql.LOOK], ids=["taken", "ahead", "looked"])
def test_the_walk_that_finishes_tasks_is_one_scan_of_its_own_index_in_its_order(cast, statement: str) -> None:
    """Along all slots of a batch at once, from the tasker's place; believed to be of three million judgements."""
    project = fixtures.project(cast.riverside, "Great")
    configure.change(project, cast.mina, depth_first=True)
    fixtures.batch(project, "Open", 2_000)
    for table in ("projects_assignment", "projects_task", "projects_batchcursor"):
        owner.execute(f"ANALYZE {table}")
    believe()
    choice = candidate_slots.choose_batches(cast.alice, [project])
    assert [one.slot for one in choice.slots] == [0] and choice.slots[0].shift is not None
    terms = take.as_columns(choice, choice.slots) | {"tasker": cast.alice.pk, "number": 0, "partners": "{}"}
    terms |= {"token": project.public_id, "most": 1, "batch": 1, "dealt": None, "rows": 100, "upto": [None]}
    plan = plans.generic(statement, terms)
    scans = re.findall(r"Index Scan using assignment_depth_walk.*\n *Index Cond: (.*)", plan)
    place = "((batch_id = p.batch) AND ((slot / 1000) = (p.slot / 1000)) AND (walk_key > p.after)"
    assert scans and all(scan.startswith(place) for scan in scans), plan
    walk = re.split("CTE (?:numbered|walked)", plan[max(0, plan.find("CTE")) :])[0]
    assert not beyond_one_task(walk), plan


@pytest.mark.usefixtures("new_tables")
@pytest.mark.parametrize("statement", [reviewing.LIST, reviewing.NEXT], ids=["listed", "next"])
def test_the_review_list_walks_its_index_however_many_tasks_there_are_and_wait(cast, statement: str) -> None:
    project = fixtures.project(cast.riverside, "Great")
    fixtures.batch(project, "Open", 2_000)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE projects_task SET withheld = 'review', review_rank = -id % 7 WHERE id % 2 = 0")
        owner.execute("ANALYZE projects_task, projects_assignment")
        believe()
    terms = {"projects": [project.pk], "after": 0, "number": 51, "reviewer": cast.rita.pk, "partners": []}
    terms |= {"batch": None, "only": ""}
    plan = plans.generic(statement, terms)
    scans = set(re.findall(r"Scan using (\w+) on projects_task", plan))
    assert scans == {"task_for_review", "projects_task_pkey"}, plan
    assert re.search(r"Index Cond: .*ROW\(review_rank, id\) > ROW", plan), "the page begins where the last one ended"
    assert beyond_one_task(plan) <= {"Sort"}, plan
    inner = plan[plan.index("Nested Loop") :]
    assert "Sort" not in inner, "each project's rows come in their order, so the limit ends the walk"


def test_the_review_list_goes_on_where_a_page_ended(cast, project) -> None:
    other = make.project(cast.riverside, "Other")
    tasks = make.tasks(make.batch(project), 5) + make.tasks(make.batch(other), 5)
    for task in tasks:
        queue.withhold(task, "review", by=cast.mina)
        Task.objects.filter(pk=task.pk).update(review_rank=-(task.pk % 3))
    seen, after = [], None
    while page := list(queue.waiting_for_review([project, other], after=after, number=3)):
        seen += page
        after = page[-1]
    assert seen == sorted(Task.objects.all(), key=lambda one: (one.review_rank, one.pk))
    assert list(queue.waiting_for_review([other], number=99)) == [one for one in seen if one.project == other]


def test_what_was_locked_when_the_walk_came_by_is_found_behind_it(cast, project) -> None:
    batch = make.batch(project, "Small")
    first, second = make.tasks(batch, 2, wanted=1)
    overlooked = Assignment.objects.get(task=first)
    BatchCursor.objects.create(tasker=cast.alice, batch=batch, slot=0, assignment_key=overlooked.walk_key)
    assert make.judged(cast.alice, project, make.MARIA).task == second
    assert make.held(cast.alice, project).task == first


def test_the_second_walk_comes_round_however_much_lies_behind(cast, project, monkeypatch) -> None:
    monkeypatch.setattr(take, "SWEEP_ROWS", 3)
    batch = make.batch(project, "Long")
    tasks = make.tasks(batch, 8, wanted=2)
    for task in tasks[:7]:  # what Alice has done lies open for others in the second slot
        mine = make.held(cast.alice, project)
        make.submission.submit(mine, cast.alice, mine.token, make.MARIA)
        assert mine.task == task
    last = Assignment.objects.filter(batch=batch).order_by("-walk_key").first()
    for slot in (0, 1):
        BatchCursor.objects.update_or_create(
            tasker=cast.alice, batch=batch, slot=slot, defaults={"assignment_key": last.walk_key}
        )
    found = [queue.claim(cast.alice, project) for _ in range(6)]
    assert any(isinstance(one, Assignment) and one.task == tasks[7] for one in found)


def test_who_has_done_everything_is_told_so_and_the_walk_remembers(cast, project, monkeypatch) -> None:
    monkeypatch.setattr(sql, "STRIDE", 2)
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
    assert cleanup.reap(drafts=30)["drafts"] == 0
    with connection.cursor() as cursor:
        cursor.execute("UPDATE projects_draft SET saved_at = now() - interval '31 days'")
        assert cleanup.reap(drafts=30)["drafts"] == 0, "the work has only just ended"
        cursor.execute("UPDATE projects_assignment SET ended_at = now() - interval '31 days' WHERE state = 'released'")
    assert cleanup.reap(drafts=30)["drafts"] == 1
    assert Draft.objects.get().assignment == hers
    batches.move(batch, "closed", by=cast.mina)
    assert cleanup.reap()["cursors"] == 2 and not BatchCursor.objects.exists()


def test_finished_batches_that_are_still_live_hide_nothing(cast, project, monkeypatch) -> None:
    monkeypatch.setattr(candidate_slots, "FEW_BATCHES", 2)
    monkeypatch.setattr(candidate_slots, "MOST_BATCHES", 2)
    for number in range(4):
        make.task(make.batch(project, f"Finished {number}"), wanted=1)
        make.judged(cast.bob, project, make.MARIA)
    last = make.task(make.batch(project, "Last"))
    assert make.held(cast.alice, project).task == last


def test_who_has_done_the_most_urgent_batches_gets_work_of_the_next(cast, project, monkeypatch) -> None:
    monkeypatch.setattr(candidate_slots, "FEW_BATCHES", 2)
    for number in range(4):
        make.task(make.batch(project, f"Done {number}"))
        make.judged(cast.alice, project, make.MARIA)
    last = make.task(make.batch(project, "Last"))
    assert make.held(cast.alice, project).task == last
    mine = make.held(cast.alice, project)
    queue.release(mine, cast.alice, mine.token)
    assert make.judged(cast.alice, project, make.MARIA).task == last
    assert queue.claim(cast.alice, project).code == "all-done"


def test_who_has_done_many_batches_gets_work_of_those_further_down(cast, project, monkeypatch) -> None:
    monkeypatch.setattr(candidate_slots, "FEW_BATCHES", 1)
    monkeypatch.setattr(candidate_slots, "MOST_BATCHES", 2)
    for number in range(5):
        make.task(make.batch(project, f"Done {number}"))
        make.judged(cast.alice, project, make.MARIA)
    last = make.task(make.batch(project, "Last"))
    assert make.judged(cast.alice, project, make.MARIA).task == last
    assert queue.claim(cast.alice, project).code == "all-done"


def test_projects_that_may_not_be_entered_hide_nothing_of_the_others(cast, project, monkeypatch) -> None:
    monkeypatch.setattr(candidate_slots, "FEW_BATCHES", 2)
    monkeypatch.setattr(candidate_slots, "MOST_BATCHES", 2)
    closed = make.project(cast.riverside, "Closed")
    for number in range(5):
        urgent = batches.create(closed, f"Urgent {number}", by=cast.mina, priority=9)
        make.task(batches.move(urgent, "live", by=cast.mina))
    rules.exclude(cast.alice, project=closed, reason="A break.", by=cast.mina)
    task = make.task(make.batch(project))
    assert queue.claim_any(cast.alice, cast.riverside, [closed, project]).task == task
    known = availability.of(cast.alice, [closed, project])
    assert known[closed.pk].nothing.code == "paused"


def test_home_looks_for_open_work_of_each_project(cast, project, monkeypatch) -> None:
    monkeypatch.setattr(candidate_slots, "FEW_BATCHES", 2)
    monkeypatch.setattr(candidate_slots, "MOST_BATCHES", 2)
    other = make.project(cast.riverside, "Other")
    for number in range(3):
        make.task(make.batch(other, f"Before {number}"))
    make.task(make.batch(project))
    assert {pk: one.nothing for pk, one in availability.of(cast.alice, [other, project]).items()} == {
        other.pk: None,
        project.pk: None,
    }


@pytest.mark.usefixtures("new_tables")
def test_what_is_in_ones_hands_is_found_by_oneself_while_the_statistics_know_of_nothing_held(cast, project) -> None:
    """The server once walked everybody's held rows, and what was left in the index of all that had been handed in."""
    fixtures.batch(project, "Open", 2_000)
    with connection.cursor() as cursor:
        owner.execute("ANALYZE projects_assignment")
        cursor.execute("SET LOCAL enable_bitmapscan TO off")
    terms = {"tasker": cast.alice.pk, "projects": [project.pk], "today": "2026-01-01", "aging": 1.0, "most": 6}
    again = plans.generic(sql.HELD_AGAIN, terms)
    assert set(re.findall(r"using (\w+) on projects_assignment\b", again)) == {
        "assignment_held_tasker",
        "projects_assignment_pkey",
    }
    terms |= {"midnight": "2026-01-01", "after": 0}
    plan = plans.generic(sql.CHOOSE_BATCHES, terms)
    assert set(re.findall(r"using (\w+) on projects_assignment\b", plan)) == {
        "assignment_walk",
        "assignment_held_tasker",
    }


@pytest.mark.usefixtures("new_tables")
def test_what_ran_out_is_found_by_its_deadline(cast, project) -> None:
    fixtures.batch(project, "Open", 2_000)
    with connection.cursor() as cursor:
        owner.execute("ANALYZE projects_assignment")
        cursor.execute("SET LOCAL enable_bitmapscan TO off")
    plan = plans.generic(leases.DUE, {"projects": None, "limit": 200})
    assert re.findall(r"Index Scan using (\w+) on projects_assignment\b", plan) == ["assignment_runs_out"], plan
