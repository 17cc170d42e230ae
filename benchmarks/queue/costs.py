"""`python -m benchmarks.queue.costs`: what a task costs in CPU and bytes, and what archiving does to live claims.

Where docs/scale.md and docs/decisions/0008 have their figures from.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

import django
import psutil

from benchmarks import database
from benchmarks.queue.measure import median, ms, p95

ROOT = Path(__file__).resolve().parent.parent.parent
OVERLAP = 3
TABLES = (
    "projects_task",
    "projects_assignment",
    "projects_annotation",
    "projects_verdict",
    "projects_verdictentry",
    "projects_posterior",
    "taskers_event",
    "taskers_grade",
    "taskers_transfer",
)
SIZES = "SELECT pg_table_size(%s), pg_indexes_size(%s)"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.queue.costs", description=__doc__)
    parser.add_argument("--decided", type=int, default=400, help="tasks that three people agree on")
    parser.add_argument("--archived", type=int, default=20_000, help="tasks of the batch that is archived")
    chosen = parser.parse_args()
    with database.fresh():
        django.setup()
        cost(chosen.decided)
        archiving(chosen.archived)


def cost(tasks: int) -> None:
    """CPU of both sides and bytes of every table for tasks that went the whole way."""
    from django.db import connection

    from benchmarks.queue import fixtures as ground
    from projects.reports import progress as rollups
    from projects.reports import verdict_index

    owner = ground.organization()
    project = ground.project(owner, "Decided", wanted=OVERLAP)
    ground.batch(project, "Decided", tasks, wanted=OVERLAP)
    people = ground.people(owner, OVERLAP, "Careful")
    work(people[0], project, 1)  # plans and caches
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        server = psutil.Process(cursor.fetchone()[0])
    spent = Spent(server)
    done = sum(work(one, project, tasks) for one in people)
    print(f"CPU of a judgement, decisions included: {spent.each(done)}")
    spent = Spent(server)
    while rollups.catch_up() or verdict_index.catch_up():
        pass
    print(f"of its readers: {spent.each(done)}")
    look_ahead(owner, people[0], tasks, server)
    total = 0.0
    database.as_owner("VACUUM FULL")
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT count(*) FROM {table}")
            (rows,) = cursor.fetchone()
            cursor.execute(SIZES, [table, table])
            heap, indexes = cursor.fetchone()
            total += (heap + indexes) / tasks
            print(f"{table}: {rows / tasks:.1f} a task; {heap / rows:.0f} + {indexes / rows:.0f} bytes each")
    print(f"a decided task: {total:,.0f} bytes")


class Spent:
    """CPU of this process and of its server's from now on."""

    def __init__(self, server: psutil.Process) -> None:
        self.server = server
        self.ours, self.theirs = time.process_time(), sum(server.cpu_times()[:2])

    def each(self, number: int) -> str:
        ours, theirs = time.process_time() - self.ours, sum(self.server.cpu_times()[:2]) - self.theirs
        return f"Python {1000 * ours / number:.1f} ms, PostgreSQL {1000 * theirs / number:.1f} ms"


def look_ahead(owner, tasker, most: int, server: psutil.Process) -> None:
    """What it costs to say which task comes next, and to tell the copilot."""
    from benchmarks.queue import fixtures as ground
    from projects import queue
    from projects.models import Assignment

    project = ground.project(owner, "Looked ahead", wanted=OVERLAP)
    ground.batch(project, "Looked ahead", 1_000, wanted=OVERLAP)
    mine = queue.claim(tasker, project)
    assert isinstance(mine, Assignment)
    assert queue.look_ahead(mine, tasker, [project])
    spent = Spent(server)
    for _ in range(most):
        queue.look_ahead(mine, tasker, [project])
    print(f"of a look ahead: {spent.each(most)}")


def work(tasker, project, most: int) -> int:
    """Claim and submit, at most so often; how often it was."""
    from benchmarks.queue import fixtures as ground
    from projects import queue
    from projects.models import Assignment
    from projects.workflow import submission

    for number in range(most):
        mine = queue.claim(tasker, project)
        if not isinstance(mine, Assignment):
            return number
        submission.submit(mine, tasker, mine.token, ground.ANSWER, active_ms=900)  # type: ignore[arg-type]
    return most


def archiving(tasks: int) -> None:
    """Claims and submits alone, then while a batch is archived by another process."""
    from django.db import connection

    from benchmarks.queue import fixtures as ground
    from projects import queue
    from projects.models import ArchivePart
    from projects.reports import progress as rollups
    from projects.reports import verdict_index
    from projects.workflow import batches, submission

    owner = ground.organization("Archive")
    live, over = (ground.project(owner, name, wanted=OVERLAP) for name in ("Live", "Over"))
    ground.batch(live, "Live", 50_000, wanted=OVERLAP)
    old = ground.batch(over, "Over", tasks, wanted=OVERLAP)
    tasker, other = ground.people(owner, 2, "Quick")
    ground.has_done(other, old, tasks)
    batches.move(old, "closed", by=None)
    while rollups.catch_up() or verdict_index.catch_up():
        pass
    ground.analyze()

    def cycle() -> float:
        start = time.perf_counter()
        mine = queue.claim(tasker, live)
        submission.submit(mine, tasker, mine.token, ground.ANSWER)  # type: ignore[union-attr, arg-type]
        return time.perf_counter() - start

    cycle()
    alone = [cycle() for _ in range(2000)]
    before = size(connection)
    archiver = subprocess.Popen([sys.executable, "manage.py", "archive", str(old.public_id)], cwd=ROOT)
    while not ArchivePart.objects.exists() and archiver.poll() is None:
        time.sleep(0.05)
    start, beside = time.monotonic(), []
    while archiver.poll() is None:
        beside.append(cycle())
    taken = time.monotonic() - start
    parts = list(ArchivePart.objects.all())
    rows = sum(sum(part.rows.values()) for part in parts)
    print(f"claim + submit alone: p50 {ms(median(alone))}, p95 {ms(p95(alone))}, longest {ms(max(alone))}")
    print(f"beside the archiver: p50 {ms(median(beside))}, p95 {ms(p95(beside))}, longest {ms(max(beside))}")
    print(f"{rows:,} rows of {tasks:,} tasks archived in {taken:.1f} s and {len(parts)} files")
    print(f"bytes of a task in files: {sum(part.size for part in parts) / tasks:.0f}")
    database.as_owner("VACUUM FULL")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size('projects_archivedtask')")
        print(f"bytes of the line that stays: {cursor.fetchone()[0] / tasks:.0f}")
    print(f"live tables: {before / 2**20:.0f} MB before, {size(connection) / 2**20:.0f} MB after a full vacuum")
    assert queue.audit().breaches == []


def size(connection) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(pg_total_relation_size(t::regclass)) FROM unnest(%s::text[]) t", [list(TABLES)])
        return int(cursor.fetchone()[0])


if __name__ == "__main__":
    main()
