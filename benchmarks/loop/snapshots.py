"""A snapshot of many verdicts: how long, in how much memory, and whether what is decided after its moment leaves it as
it was. `python -m benchmarks.loop.own_process snapshots verdicts=1000000` takes as many as are asked for."""

import json
import resource
import time
from collections.abc import Callable, Iterable

import psutil
from django.db import connection

from assist.learning import snapshots
from assist.models import Snapshot
from benchmarks.loop.row import Row
from benchmarks.queue import fixtures
from projects.models import Project
from taskers.models import Person
from tests.support import make

VERDICTS, ASKED = 100_000, 1_000_000
SECONDS, MOST = 300, 512  # for as many as are asked; MB
DECIDED = """
INSERT INTO projects_verdict
  (public_id, task_id, answer, confidence, method, rests_on, agreements, settings_version, note)
SELECT gen_random_uuid(), task_id, %(answer)s::jsonb, 0.9, 'majority_v1', ARRAY[id], '{}', 1, ''
FROM projects_annotation WHERE id > %(after)s ORDER BY id
"""


def rows(verdicts: int = VERDICTS) -> Iterable[Row]:
    """Each on a text of its own that one person answered."""
    owner = make.organization("Riverside")
    mina, (alice,) = make.person("Mina", owner, "manager"), fixtures.people(owner, 1, "Alice")
    project = fixtures.project(owner, "Reports", wanted=1)
    _decide(project, alice, verdicts)
    before = _rss()
    began, worked, served = time.monotonic(), time.process_time(), _served()
    taken = _taken(project, mina)
    seconds, own, theirs = time.monotonic() - began, time.process_time() - worked, _served() - served
    most = _rss()
    assert taken.rows == verdicts, taken.reason
    share = SECONDS * verdicts / ASKED
    told = f"{own + theirs:.0f} s, {theirs:.0f} of them PostgreSQL's ({seconds:.0f} by the clock)"
    asked = f"< {share:.0f} s of processor ({SECONDS} for a million)"
    yield Row(f"a snapshot of {verdicts:,} verdicts", asked, told, own + theirs < share)
    yield Row("the most memory meanwhile", f"< {MOST} MB", f"{most:.0f} MB ({before:.0f} before)", most < MOST)
    again = _taken(project, mina, meanwhile=lambda: _decide(project, alice, 1_000))
    alike = again.sha256 == taken.sha256
    yield Row("taken once more, while more is decided", "the same sha256", "the same" if alike else "another", alike)


def _taken(project: Project, by: Person, meanwhile: Callable[[], None] = lambda: None) -> Snapshot:
    made = snapshots.take(project, by=by)
    meanwhile()
    snapshots.run(made.pk)
    made.refresh_from_db()
    return made


def _decide(project: Project, who: Person, number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM projects_annotation")
        (after,) = cursor.fetchone()
    fixtures.has_done(who, fixtures.batch(project, f"After {after}", number, wanted=1), number)
    with connection.cursor() as cursor:
        cursor.execute(DECIDED, {"after": after, "answer": json.dumps(fixtures.ANSWER)})
    fixtures.analyze()


def _served() -> float:
    """Seconds of processor that whoever serves this connection took."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        times = psutil.Process(cursor.fetchone()[0]).cpu_times()
    return times.user + times.system


def _rss() -> float:
    """The most that this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
