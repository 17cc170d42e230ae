"""Progress of batches, added up from the outbox: no page counts a big table, no claim waits for a counter."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from projects.models import BatchProgress
from projects.reports import hours
from taskers.database.prepared import ask
from taskers.database.snapshots import at_one_moment
from taskers.models import Cursor, Event
from taskers.money import earning_days
from taskers.outbox.events import emit_all, follow, happening

READER = "rollups"


def catch_up() -> int:
    """Add up the next events, and what was earned meanwhile; returns how many events there were."""

    def handle(events: Iterable[Event]) -> None:
        rows = list(events)
        add(rows)
        hours.add(rows)
        pace(rows)
        tell_done(rows)

    while earning_days.catch_up() >= earning_days.LIMIT:
        pass
    return follow(READER, handle)


# A rate that forgets: each judgement weighs less the older it is, and after an hour a third.
PACE = """
INSERT INTO projects_batchpace AS p (batch_id, served_at, hourly, measured_at)
SELECT b.id, n.served_at, n.number, n.measured_at
FROM unnest(%(batches)s::bigint[], %(served)s::timestamptz[], %(numbers)s::float[], %(measured)s::timestamptz[])
  AS n(batch, served_at, number, measured_at) JOIN projects_batch b ON b.id = n.batch
ON CONFLICT (batch_id) DO UPDATE SET
  served_at = greatest(p.served_at, excluded.served_at),
  measured_at = greatest(p.measured_at, excluded.measured_at),
  hourly = excluded.hourly + p.hourly
    * exp(-coalesce(extract(epoch FROM greatest(excluded.measured_at - p.measured_at, interval '0')), 0)::float / 3600)
"""


def pace(events: Iterable[Event]) -> None:
    """Keep when each batch was last served and how fast it is worked on, for the order of claims."""
    served: dict[int, datetime] = {}
    numbers: dict[int, int] = defaultdict(int)
    measured: dict[int, datetime] = {}
    for event in events:
        if event.kind in ("claimed", "dealt"):
            served[event.data["batch"]] = event.at
        elif event.kind == "submitted":
            numbers[event.data["batch"]] += 1
            measured[event.data["batch"]] = event.at
    batches = sorted(served.keys() | numbers.keys())
    if not batches:
        return
    terms: dict[str, Any] = {
        "batches": batches,
        "served": [served.get(one) for one in batches],
        "numbers": [float(numbers[one]) for one in batches],
        "measured": [measured.get(one) for one in batches],
    }
    with connection.cursor() as cursor:
        cursor.execute(PACE, terms)


def add(events: Iterable[Event], *, times: int = 1) -> None:
    """Add events to the batches they speak of; `times=-1` takes them off again."""
    sums: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for event in events:
        for column, number in _counts(event).items():
            sums[event.data["batch"]][column] += times * number
    for batch, columns in sorted(sums.items()):
        BatchProgress.objects.filter(batch=batch).update(
            **{column: F(column) + number for column, number in columns.items() if number}
        )


# Batches of which it is not yet told that they are done, or told though they aren't any more.
DONE_OR_NOT = """
SELECT p.batch_id, p.done_at IS NULL, b.public_id, j.public_id, j.organization_id, p.tasks
FROM projects_batchprogress p JOIN projects_batch b ON b.id = p.batch_id JOIN projects_project j ON j.id = b.project_id
WHERE p.batch_id = ANY(%(batches)s::bigint[]) AND (p.tasks > 0 AND p.decided >= p.tasks) = (p.done_at IS NULL)
  AND NOT (p.done_at IS NULL AND EXISTS (
    SELECT FROM projects_import i WHERE i.batch_id = b.id AND i.state IN ('waiting', 'planning', 'running')))
ORDER BY p.batch_id
"""
MAY_BE_DONE = {
    "decided",
    "set_aside",
    "reopened",
    "loaded",
    "taken_up",
    "import_done",
    "import_dropped",
    "import_failed",
    "import_planned",
}


def tell_done(events: Iterable[Event]) -> None:
    """Write down of these events' batches that all tasks are decided and no file is being loaded, once, and again after
    more came or one was reopened."""
    batches = {event.data["batch"] for event in events if event.kind in MAY_BE_DONE}
    if not batches:
        return
    rows = ask(DONE_OR_NOT, {"batches": sorted(batches)})
    done = [row for row in rows if row[1]]
    BatchProgress.objects.filter(batch__in=[row[0] for row in rows if not row[1]]).update(done_at=None)
    BatchProgress.objects.filter(batch__in=[row[0] for row in done]).update(done_at=Now())
    emit_all(
        [
            happening(
                "batch_done",
                organization_id=organization,
                project_key=project,
                subject=f"batch:{public}",
                batch=batch,
                tasks=tasks,
            )
            for batch, _new, public, project, organization, tasks in done
        ]
    )


def _counts(event: Event) -> dict[str, int]:
    data = event.data
    match event.kind:
        case "loaded":
            return {"tasks": data["tasks"], "wanted": data["wanted"]}
        case "submitted":
            return {"submitted": 1}
        case "voided":
            return {"submitted": -1}
        case "overlap_raised":
            return {"wanted": data["added"], "in_review": -1 if data["waited"] == "review" else 0}
        case "overlap_lowered":
            return {"wanted": -data["removed"]}
        case "withheld":
            return {"in_review": 1} if data["why"] == "review" else {}
        case "restored":
            return {"in_review": -1, "wanted": data["added"]} if data["why"] == "review" else {}
        case "decided":
            return {
                "decided": 0 if data["superseded"] else 1,
                "in_review": -1 if data["waited"] == "review" else 0,
                "spent": data.get("judgements", 0),
            }
        case "set_aside":
            return {"tasks": -1, "wanted": -data["removed"]}
        case "taken_up":
            return {"tasks": 1, "wanted": data["added"]}
        case "reopened":
            return {"decided": -1, "spent": -data.get("judgements", 0)}
        case _:
            return {}


REBUILD = """
WITH counted AS (
  SELECT b.id AS batch_id, count(t.id) FILTER (WHERE t.wanted > 0) AS tasks, coalesce(sum(t.wanted), 0) AS wanted,
    count(t.id) FILTER (WHERE t.withheld = 'review') AS in_review,
    count(v.id) AS decided, coalesce(sum(j.number), 0) AS submitted, coalesce(sum(d.number), 0) AS spent
  FROM projects_batch b
  LEFT JOIN projects_task t ON t.batch_id = b.id
  LEFT JOIN projects_verdict v ON v.task_id = t.id AND v.superseded_at IS NULL
  LEFT JOIN LATERAL (
    SELECT count(*) AS number FROM projects_assignment a
    WHERE a.task_id = t.id AND a.kind = 'judge' AND a.state = 'submitted' AND a.voided_at IS NULL
  ) j ON true
  LEFT JOIN LATERAL (SELECT count(*) AS number FROM jsonb_object_keys(v.agreements)) d ON v.id IS NOT NULL
  GROUP BY b.id
), archived AS (
  SELECT archive_id AS batch_id, sum(tasks) AS tasks, sum(wanted) AS wanted, sum(in_review) AS in_review,
    sum(decided) AS decided, sum(submitted) AS submitted, sum(spent) AS spent
  FROM projects_archivepart GROUP BY archive_id
)
INSERT INTO projects_batchprogress (batch_id, tasks, wanted, submitted, decided, in_review, spent)
SELECT batch_id, sum(tasks), sum(wanted), sum(submitted), sum(decided), sum(in_review), sum(spent)
FROM (SELECT * FROM counted UNION ALL SELECT * FROM archived) every GROUP BY batch_id
ON CONFLICT (batch_id) DO UPDATE SET tasks = excluded.tasks, wanted = excluded.wanted,
  submitted = excluded.submitted, decided = excluded.decided, in_review = excluded.in_review, spent = excluded.spent
"""


def rebuild() -> int:
    """Count everything anew and read on from here, while work goes on; returns how many batches there are.

    One repeatable snapshot sees both the rows and the events. Its cursor can only stand at the oldest transaction still
    running, so events of later ones that the count has seen already are taken off: they will be read again.
    """
    return at_one_moment(_count_anew)


def _count_anew() -> int:
    list(Cursor.objects.select_for_update().filter(reader=READER))  # the reader waits meanwhile
    with connection.cursor() as cursor:
        cursor.execute(REBUILD)
        batches = cursor.rowcount
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        (horizon,) = cursor.fetchone()
        hours.rebuild()
        later = list(Event.objects.filter(transaction__gte=horizon))
        add(later, times=-1)
        hours.add(later, times=-1)
        cursor.execute(
            "INSERT INTO taskers_cursor (reader, transaction, event_id) VALUES (%s, %s, %s)"
            " ON CONFLICT (reader) DO UPDATE SET transaction = excluded.transaction, event_id = excluded.event_id",
            [READER, horizon - 1, 2**63 - 1],
        )
        return batches
