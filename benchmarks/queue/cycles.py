"""Claim and submit: how many a second, against bare SQL."""

from collections.abc import Callable

import psycopg
from django.db import connection
from psycopg.types.json import Jsonb

from benchmarks.queue import fixtures
from benchmarks.queue.crowd import throughput
from benchmarks.queue.measure import Row, at_least, median, told
from projects import queue
from projects.models import Batch, Project
from projects.queue import Nothing
from projects.workflow import submission
from taskers.models import Organization, Person

HANDS = 8
ROUNDS = 5  # a checkpoint may fall into one of them

# The floor: three statements, two commits, by the same index, and nothing of what makes it safe.
FLOOR_TAKE = """
UPDATE projects_assignment SET state = 'held', tasker_id = %s, token = gen_random_uuid(), held_at = clock_timestamp(),
  deadline = clock_timestamp() + interval '15 minutes', settings_version = 1, rate = 50000, copilot = true
WHERE id = (SELECT id FROM projects_assignment WHERE batch_id = %s AND state = 'open' AND kind = 'judge' AND slot = 0
            ORDER BY walk_key LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, task_id
"""
FLOOR_END = "UPDATE projects_assignment SET state = 'submitted', ended_at = clock_timestamp() WHERE id = %s"
FLOOR_WRITE = """
INSERT INTO projects_annotation
  (public_id, assignment_id, task_id, tasker_id, answer, settings_version, active_ms, refused)
VALUES (gen_random_uuid(), %s, %s, %s, %s, 1, 0, '[]')
"""


def measure(owner: Organization, project: Project, batch: Batch, tasks: int, seconds: float) -> list[Row]:
    """Both at 8 hands, in turns; then once more where every third submit decides its task."""
    taskers = fixtures.people(owner, HANDS, f"Hand{tasks}")
    floors, ours = [], []
    for _ in range(ROUNDS):
        floors.append(throughput(_floor(batch), taskers, seconds))
        ours.append(throughput(_ours(project), taskers, seconds))
    floor, verb = median(floors), median(ours)
    rows = [
        at_least(f"claim + submit, {HANDS} at once, {tasks:,} tasks / bare SQL", _told(verb, floor), verb / floor, 0.4)
    ]
    # Batches of a few tasks, nearest deadline first: the judgements of a task follow each other, and decide it.
    deciding = []
    for number in range(3):
        short = fixtures.project(owner, f"Decided {tasks} {number}")
        for index in range(int(max(floor, verb) * seconds / 10) + 20):
            fixtures.batch(short, f"Few {index}", 10)
        deciding.append(throughput(_ours(short), taskers, seconds))
    third = median(deciding)
    return [*rows, told("the same, each third decides, grades and pays", _told(third, floor), third / floor)]


def _told(ours: float, floor: float) -> str:
    return f"{ours:,.0f} / {floor:,.0f} a second"


def _ours(project: Project) -> Callable[[Person], Callable[[], object]]:
    def make(tasker: Person) -> Callable[[], object]:
        def cycle() -> None:
            mine = queue.claim(tasker, project)
            assert not isinstance(mine, Nothing), mine
            assert mine.token
            submission.submit(mine, tasker, mine.token, fixtures.ANSWER)

        return cycle

    return make


def _floor(batch: Batch) -> Callable[[Person], Callable[[], object]]:
    address = connection.get_connection_params()
    plain = {key: address[key] for key in ("dbname", "user", "password", "host", "port") if address.get(key)}

    def make(tasker: Person) -> Callable[[], object]:
        server = psycopg.connect(**plain)
        answer = Jsonb(fixtures.ANSWER)

        def cycle() -> None:
            with server.transaction():
                row = server.execute(FLOOR_TAKE, [tasker.pk, batch.pk]).fetchone()
            assert row
            with server.transaction():
                server.execute(FLOOR_END, [row[0]])
                server.execute(FLOOR_WRITE, [row[0], row[1], tasker.pk, answer])

        return cycle

    return make
