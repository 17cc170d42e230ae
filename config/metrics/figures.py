"""What the database and the disks are asked at a scrape: how much waits, for how long, and how full it is.

On a line of its own, for so long and no longer, whatever becomes of the database. No figure tells of one organization,
project, person or task. Another part's figures are one more line of FIGURES; each reads an index or a small table.
"""

import contextlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from config.metrics.kept import Kept

STATEMENT_SECONDS = 1
CONNECT_SECONDS = 2
WORKER_SILENCE = 30  # seconds; as config/health.py has it
FRESH_SECONDS = 5.0  # two who scrape at the same time are told the same


@dataclass(frozen=True)
class Figure:
    """A gauge: of each row the last column is the figure, and those before it its labels."""

    name: str
    about: str
    labels: Sequence[str]
    sql: str


FIGURES = (
    # Judgements are counted by batch as they come (projects/reports/progress.py): no big table is walked.
    Figure(
        "tandem_queue_open",
        "Work that is wanted and in nobody's hands: judgements of live batches, and tasks that wait for a reviewer.",
        ["lane"],
        """SELECT lane, greatest(number, 0) FROM (
             SELECT 'judge' AS lane, coalesce(sum(greatest(g.wanted - g.submitted, 0)), 0) - (
               SELECT count(*) FROM projects_assignment
               WHERE held_at IS NOT NULL AND ended_at IS NULL AND kind = 'judge') AS number
             FROM projects_batchprogress g JOIN projects_batch b ON b.id = g.batch_id AND b.state = 'live'
             UNION ALL
             SELECT 'review', coalesce(sum(greatest(g.in_review, 0)), 0)
             FROM projects_batchprogress g JOIN projects_batch b ON b.id = g.batch_id AND b.state <> 'cancelled'
           ) AS lanes""",
    ),
    Figure(
        "tandem_queue_held",
        "Pieces of work that somebody holds.",
        ["lane"],
        """SELECT kind, count(*) FROM projects_assignment
           WHERE held_at IS NOT NULL AND ended_at IS NULL GROUP BY kind""",
    ),
    Figure(
        "tandem_queue_overdue",
        "Pieces of work whose lease ran out more than a minute ago and that nobody took back.",
        [],
        """SELECT count(*) FROM projects_assignment WHERE held_at IS NOT NULL AND ended_at IS NULL
           AND kind <> 'review' AND deadline < clock_timestamp() - interval '1 minute'""",
    ),
    # What was put first stands in slots from 1000 up (projects/models: FIRST_SLOTS), and is handed out before others.
    Figure(
        "tandem_queue_oldest_open_seconds",
        "How long ago what is handed out next was opened; of reviews, since the task's last answer.",
        ["lane"],
        """SELECT 'judge', coalesce(extract(epoch FROM clock_timestamp())
             - (min(a.walk_key) >> 11)::float / 1000000, 0)
           FROM projects_batch b CROSS JOIN LATERAL (
             SELECT coalesce((
               SELECT a.walk_key FROM projects_assignment a
               WHERE a.batch_id = b.id AND a.state = 'open' AND a.kind = 'judge' AND a.slot >= 1000
               ORDER BY a.slot, a.walk_key LIMIT 1
             ), (
               SELECT a.walk_key FROM projects_assignment a
               WHERE a.batch_id = b.id AND a.state = 'open' AND a.kind = 'judge' AND a.slot < 1000
               ORDER BY a.slot, a.walk_key LIMIT 1
             )) AS walk_key
           ) a WHERE b.state = 'live'
           UNION ALL
           SELECT 'review', coalesce(extract(epoch FROM clock_timestamp() - min(n.at)), 0)
           FROM projects_project p CROSS JOIN LATERAL (
             SELECT id FROM projects_task t WHERE t.project_id = p.id AND t.withheld = 'review' ORDER BY id LIMIT 1
           ) t CROSS JOIN LATERAL (
             SELECT max(n.at) AS at FROM projects_annotation n WHERE n.task_id = t.id
           ) n""",
    ),
    Figure(
        "tandem_jobs",
        "Background jobs that wait until a worker is free, are being done, or failed for good.",
        ["queue", "state"],
        """SELECT queue_name, CASE status::text WHEN 'todo' THEN 'waiting' WHEN 'doing' THEN 'doing' ELSE 'failed' END,
             count(*) FROM procrastinate_jobs
           WHERE status IN ('doing', 'failed') OR status = 'todo' AND coalesce(scheduled_at, now()) <= now()
           GROUP BY 1, 2""",
    ),
    Figure(
        "tandem_jobs_oldest_waiting_seconds",
        "How long the job that has waited for longest could have begun.",
        ["queue"],
        """SELECT j.queue_name, extract(epoch FROM clock_timestamp() - min(greatest(e.at, j.scheduled_at)))
           FROM procrastinate_jobs j JOIN procrastinate_events e ON e.job_id = j.id AND e.type = 'deferred'
           WHERE j.status = 'todo' AND coalesce(j.scheduled_at, now()) <= now() GROUP BY 1""",
    ),
    Figure(
        "tandem_jobs_stalled",
        "Jobs in the hands of a worker that gives no sign of life.",
        [],
        f"""SELECT count(*) FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
            WHERE j.status = 'doing'
              AND coalesce(w.last_heartbeat, '-infinity') < now() - interval '{WORKER_SILENCE} seconds'""",
    ),
    Figure(
        "tandem_workers_alive",
        "Workers, of all machines, that gave a sign of life within half a minute; each process counts as three.",
        [],
        f"""SELECT count(*) FROM procrastinate_workers
            WHERE last_heartbeat > now() - interval '{WORKER_SILENCE} seconds'""",
    ),
    Figure(
        "tandem_outbox_lag_seconds",
        "How long ago the first event happened that a reader of the outbox has not read.",
        ["reader"],
        """SELECT c.reader, coalesce((
             SELECT greatest(extract(epoch FROM clock_timestamp() - e.at), 0) FROM taskers_event e
             WHERE (e.transaction, e.id) > (c.transaction, c.event_id) ORDER BY e.transaction, e.id LIMIT 1), 0)
           FROM taskers_cursor c""",
    ),
    Figure(
        "tandem_webhooks",
        "Messages of webhooks that wait to be delivered, or that were given up.",
        ["state"],
        """SELECT w.state, coalesce(sum(d.number), 0)
           FROM (VALUES ('waiting'), ('dead')) AS w(state) LEFT JOIN projects_subscription s ON true
           LEFT JOIN LATERAL (SELECT count(*) AS number FROM projects_webhookdelivery d
             WHERE d.subscription_id = s.id AND d.state = w.state) d ON true
           GROUP BY 1""",
    ),
    Figure(
        "tandem_webhooks_late_seconds",
        "How long ago the oldest message should have been sent, of receivers that answer.",
        [],
        """SELECT coalesce(max(greatest(extract(epoch FROM clock_timestamp() - d.due_at), 0)), 0)
           FROM projects_subscription s CROSS JOIN LATERAL (
             SELECT due_at FROM projects_webhookdelivery d
             WHERE d.subscription_id = s.id AND d.state = 'waiting' ORDER BY due_at LIMIT 1
           ) d WHERE s.state = 'on' AND s.failures = 0""",
    ),
    Figure(
        "tandem_database_connections",
        "Connections to the database server, by everybody.",
        [],
        "SELECT sum(numbackends) FROM pg_stat_database",
    ),
    Figure(
        "tandem_database_connections_most",
        "The most connections that the database server takes.",
        [],
        "SELECT current_setting('max_connections')::int",
    ),
    Figure("tandem_database_bytes", "How large the database is.", [], "SELECT pg_database_size(current_database())"),
)

Rows = Mapping[str, Sequence[tuple]]


class Figures(Collector):
    """All of them, as a scrape asks for them; a database or a disk that hangs costs it a second and a half.

    `terms` says how psycopg reaches the database.
    """

    def __init__(
        self,
        terms: Mapping[str, Any],
        folders: Mapping[str, Path],
        asked: Sequence[Figure] = FIGURES,
        fresh: float = FRESH_SECONDS,
    ) -> None:
        self.terms = dict(terms)
        self.asked = asked
        self.rows: dict[str, Sequence[tuple]] = {}  # the last of each figure
        self.database = Kept(self._read, fresh=fresh)
        self.disks = Kept(lambda: {name: shutil.disk_usage(_there(path)) for name, path in folders.items()})

    def collect(self) -> Iterator[GaugeMetricFamily]:
        _found, age, late = self.database.answer()
        about = "Whether the database answers, on a line of its own."
        yield GaugeMetricFamily("tandem_database_up", about, value=float(not late))
        about = "How old the figures of the database are that are told here."
        yield GaugeMetricFamily("tandem_database_figures_age_seconds", about, value=age)
        for one in self.asked:
            family = GaugeMetricFamily(one.name, one.about, labels=one.labels)
            for *labels, value in self.rows.get(one.name, ()):
                family.add_metric([str(label) for label in labels], float(value))
            yield family
        yield from self._of_disks()

    def _of_disks(self) -> Iterator[GaugeMetricFamily]:
        free = GaugeMetricFamily("tandem_disk_free_bytes", "Room on the disk of a folder.", labels=["folder"])
        whole = GaugeMetricFamily("tandem_disk_bytes", "The size of the disk of a folder.", labels=["folder"])
        for name, usage in (self.disks.answer().found or {}).items():
            free.add_metric([name], usage.free)
            whole.add_metric([name], usage.total)
        yield from (free, whole)

    def _read(self) -> bool:
        """Keep each figure that the database gives in time, and those that it doesn't as they were."""
        bounded = f"-c statement_timeout={STATEMENT_SECONDS}s -c lock_timeout={STATEMENT_SECONDS}s"
        terms = self.terms | {
            "options": f"{self.terms.get('options', '')} {bounded}",
            "connect_timeout": CONNECT_SECONDS,
            "tcp_user_timeout": 1000 * CONNECT_SECONDS,
        }
        with psycopg.connect(**terms, autocommit=True) as line:
            for one in self.asked:
                with contextlib.suppress(psycopg.errors.QueryCanceled, psycopg.errors.UndefinedTable):
                    self.rows[one.name] = line.execute(one.sql).fetchall()  # type: ignore[call-overload]
        return True


def _there(folder: Path) -> Path:
    """The folder, or where it will be made."""
    return next(one for one in (folder, *folder.parents) if one.exists())
