"""Jobs whose worker died without a word: each such death is counted, and a job that caused three is ended by name.

A worker reports the end of every job, well or not. A job that is still in the hands of a worker without a heartbeat
was therefore cut off, as by SIGKILL. What doesn't count: a worker that was told to stop (`stopping`), and an attempt
during which PostgreSQL itself was started anew, since then the worker had nobody to report to.

The count lies among the arguments of the job's row, so it outlives every process. It names the attempt that it is about
(procrastinate counts those): once a worker reports an end, that number moves on and the count is void.

A worker has several jobs in hand, and all of them are cut off with it. Of jobs that may be to blame twice already, one
at a time is therefore given to a worker; the third death has one cause.
"""

import json
import logging
from collections.abc import Callable
from typing import Any, NamedTuple

from django.db import IntegrityError, connection, transaction
from procrastinate.jobs import Job

from projects.errors import WorkerCrashed

logger = logging.getLogger(__name__)

MAX_CRASHES = 3
CRASHES = "_crashes"  # argument of a job: [how many, at which attempt the job stands since]
STOPPING = "_stopping"  # argument of a job: the attempt during which its worker was told to stop
NOTES = (CRASHES, STOPPING)  # arguments that are no task's own

# The rows of jobs in hand of a worker that was told to stop: (id, attempt) each.
MARK_STOPPING = f"""
UPDATE procrastinate_jobs AS job SET args = job.args || jsonb_build_object('{STOPPING}', job.attempts)
FROM unnest(%(ids)s::bigint[], %(attempts)s::int[]) AS held(id, attempts)
WHERE job.id = held.id AND job.attempts = held.attempts AND job.status = 'doing'
"""
# A job that is still cut off as it was when it was looked at; whether the server lived throughout its attempt.
CUT_OFF = """
SELECT job.args, COALESCE(
  (SELECT max(at) FROM procrastinate_events WHERE job_id = job.id AND type = 'started') > pg_postmaster_start_time(),
  true)
FROM procrastinate_jobs AS job
WHERE job.id = %(id)s AND job.attempts = %(attempts)s AND job.status = 'doing'
  AND job.worker_id IS NOT DISTINCT FROM %(worker)s
FOR UPDATE OF job
"""
OTHER_SUSPECTS = f"""
SELECT EXISTS (SELECT FROM procrastinate_jobs
  WHERE id <> %(id)s AND status IN ('todo', 'doing') AND queueing_lock IS NULL
  AND (args->'{CRASHES}'->>0)::int >= %(crashes)s AND (args->'{CRASHES}'->>1)::int = attempts)
"""
NOTE = "UPDATE procrastinate_jobs SET args = args || %(notes)s::jsonb WHERE id = %(id)s"
GIVE_BACK = "SELECT procrastinate_retry_job_v2(%(id)s, now(), NULL, NULL, NULL)"
FINISH = "SELECT procrastinate_finish_job_v1(%(id)s, %(status)s::procrastinate_job_status, %(delete)s)"


class Ending(NamedTuple):
    """How a task's job is ended on the page of what it is about: the argument that names that, and the verb."""

    argument: str
    end: Callable[[int, WorkerCrashed], object]


# By the task's name. A task without one shows its end in the log and among the failed jobs of the page System.
ENDINGS: dict[str, Ending] = {}


def without_notes(arguments: dict[str, Any]) -> None:
    """Take away what the task itself doesn't know."""
    for name in NOTES:
        arguments.pop(name, None)


def resume(job: Job) -> bool:
    """Give a job that was cut off to a living worker, or end it by name; whether either was done now."""
    try:
        with transaction.atomic():
            return _resume(job)
    except Exception:  # what is wrong with one job keeps no other from its turn
        logger.exception("Job %s can't be resumed; it is tried again in two minutes.", _name(job))
        return False


def _resume(job: Job) -> bool:
    rows = _run(CUT_OFF, id=job.id, attempts=job.attempts, worker=job.worker_id)
    if not rows:  # it ended meanwhile, or was given away
        return False
    args, server_lived = rows[0]
    arguments = json.loads(args) if isinstance(args, str) else args
    before, since = arguments.get(CRASHES) or (0, job.attempts)
    crashes = before if since == job.attempts else 0
    if server_lived and arguments.get(STOPPING) != job.attempts:
        crashes += 1
    if crashes >= MAX_CRASHES:
        _end(job, arguments, crashes)
        return True
    suspect = crashes == MAX_CRASHES - 1 and job.queueing_lock is None
    if suspect and _run(OTHER_SUSPECTS, id=job.id, crashes=crashes)[0][0]:
        return False  # its turn comes once the other has ended
    try:
        with transaction.atomic():
            _run(NOTE, id=job.id, notes=json.dumps({CRASHES: [crashes, job.attempts + 1]}))
            _run(GIVE_BACK, id=job.id)
    except IntegrityError:  # the next of its kind waits already, and will do the same
        _run(FINISH, id=job.id, status="aborted", delete=True)
    return True


def _end(job: Job, arguments: dict[str, Any], crashes: int) -> None:
    name = _name(job)
    _run(FINISH, id=job.id, status="failed", delete=False)
    if ending := ENDINGS.get(job.task_name):
        ending.end(arguments[ending.argument], WorkerCrashed(job=name, number=crashes))
    subject = {name: value for name, value in arguments.items() if not name.startswith("_")}
    logger.error("Job %s %s killed its worker %s times: it is ended as failed.", name, subject, crashes)


def _name(job: Job) -> str:
    return f"{job.task_name.rpartition('.')[2]}[{job.id}]"


def _run(statement: str, **terms: Any) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, terms)
        return cursor.fetchall() if cursor.description else []
