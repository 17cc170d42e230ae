"""What the benchmarks run on: people, projects and tasks by the million, written by SQL as the verbs would have."""

from typing import Any

from django.db import connection

from benchmarks import database
from projects import queue
from projects.configuration import configure
from projects.models import Batch, Project
from projects.workflow import batches
from taskers.models import Membership, Organization, Person
from taskers.outbox.events import emit

TEXT = "Maria Lopez of the Harbor Board visited Oslo on 3 May 2024 and met the people who run its ferries."
LABELS = [{"key": "person", "name": "Person"}, {"key": "place", "name": "Place"}]
ANSWER = {
    "spans": [
        {"id": "s1", "start": 0, "end": 11, "label": "person", "attributes": {}, "provenance": {"source": "human"}},
        {"id": "s2", "start": 39, "end": 43, "label": "place", "attributes": {}, "provenance": {"source": "human"}},
    ]
}
CHUNK = 50_000

TASKS = """
INSERT INTO projects_task (project_id, batch_id, external_id, payload, payload_hash, wanted)
SELECT %(project)s, %(batch)s, %(batch)s || '-' || n, jsonb_build_object('text', n || ' ' || %(text)s),
  md5(n::text) || md5(n::text), %(wanted)s
FROM generate_series(%(first)s::int, %(last)s::int) n
RETURNING id
"""


def organization(name: str = "Bench") -> Organization:
    return Organization.objects.create(name=name)


def people(owner: Organization, number: int, name: str) -> list[Person]:
    """Taskers without a password."""
    rows = [Person(email=f"{name}{n}@example.org".lower(), name=f"{name} {n}", password="!") for n in range(number)]
    made = Person.objects.bulk_create(rows)
    Membership.objects.bulk_create([Membership(person=one, organization=owner, role="tasker") for one in made])
    return made


def project(owner: Organization, name: str, *, wanted: int = 3, lease: int = 86_400) -> Project:
    """A live project of text spans, 5 cents a judgement, decided by the simplest rule: the queue is measured."""
    terms: dict[str, Any] = {"wanted": wanted, "rate": 50_000, "lease_seconds": lease, "aggregation": "majority_v1"}
    return configure.create(owner, None, name=name, task_type="text_spans", labels=LABELS, **terms)


def batch(of: Project, name: str, tasks: int, *, wanted: int = 3, priority: int = 0) -> Batch:
    """A live batch of so many tasks with their open judgements, in chunks as a load makes them."""
    made = batches.move(batches.create(of, name, by=None, priority=priority), "live", by=None)
    for first in range(0, tasks, CHUNK):
        terms: dict[str, Any] = {"project": of.pk, "batch": made.pk, "text": TEXT, "wanted": wanted}
        with connection.cursor() as cursor:
            cursor.execute(TASKS, terms | {"first": first, "last": min(first + CHUNK, tasks) - 1})
            queue.open_slots([pk for (pk,) in cursor.fetchall()])
    emit(
        "loaded",
        organization_id=of.organization_id,
        project_key=of.public_id,
        subject=f"batch:{made.public_id}",
        batch=made.pk,
        tasks=tasks,
        wanted=tasks * wanted,
    )
    return made


def analyze() -> None:
    """What the server's own housekeeping would do by and by."""
    database.as_owner("VACUUM ANALYZE")


DID = """
WITH did AS (
  UPDATE projects_assignment a SET state = 'submitted', tasker_id = %(tasker)s, token = gen_random_uuid(),
    deadline = now(), held_at = now(), ended_at = now(), settings_version = 1, rate = 50000, copilot = true
  FROM (SELECT id FROM projects_assignment WHERE batch_id = %(batch)s AND slot = 0 AND state = 'open'
        ORDER BY walk_key LIMIT %(number)s) mine
  WHERE a.id = mine.id RETURNING a.id, a.task_id, a.batch_id, a.walk_key
), wrote AS (
  INSERT INTO projects_annotation
    (public_id, assignment_id, task_id, tasker_id, answer, settings_version, active_ms, refused)
  SELECT gen_random_uuid(), id, task_id, %(tasker)s, '{"spans": []}', 1, 1000, '[]' FROM did
)
INSERT INTO projects_batchcursor (tasker_id, batch_id, slot, assignment_key)
SELECT %(tasker)s, batch_id, 0, max(walk_key) FROM did GROUP BY batch_id
ON CONFLICT (tasker_id, batch_id, slot) DO UPDATE SET assignment_key = excluded.assignment_key
"""


def has_done(tasker: Person, of: Batch, number: int) -> None:
    """So many judgements of the first slot done by one tasker, with the cursor that doing them leaves."""
    with connection.cursor() as cursor:
        cursor.execute(DID, {"tasker": tasker.pk, "batch": of.pk, "number": number})


ALL = DID.replace(
    "SELECT id FROM projects_assignment WHERE batch_id = %(batch)s AND slot = 0 AND state = 'open'\n"
    "        ORDER BY walk_key LIMIT %(number)s",
    """SELECT DISTINCT ON (o.task_id) o.id FROM projects_assignment o WHERE o.batch_id = %(batch)s AND o.state = 'open'
        ORDER BY o.task_id, o.slot""",
)


def has_done_everything(tasker: Person, of: Batch) -> None:
    """A judgement of every task of the batch done by one tasker, who walked to the end of the first slot."""
    with connection.cursor() as cursor:
        cursor.execute(ALL, {"tasker": tasker.pk, "batch": of.pk})


HELD_TO_DONE = """
WITH did AS (
  UPDATE projects_assignment SET state = 'submitted', ended_at = now() WHERE tasker_id = %s AND state = 'held'
  RETURNING id, task_id, tasker_id
)
INSERT INTO projects_annotation
  (public_id, assignment_id, task_id, tasker_id, answer, settings_version, active_ms, refused)
SELECT gen_random_uuid(), id, task_id, tasker_id, '{"spans": []}', 1, 1000, '[]' FROM did
"""


def finish(tasker: Person) -> None:
    """End what this tasker holds, untimed, so that the next claim is for something new."""
    with connection.cursor() as cursor:
        cursor.execute(HELD_TO_DONE, [tasker.pk])
