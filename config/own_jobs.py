"""A job is ended only by the worker that has it.

A worker that stood still for longer than its heartbeat may (a laptop that slept, a process that was stopped) is taken
for dead, and its jobs are given to others (projects/jobs.py). When it goes on it doesn't know that, and its end of such
a job would be taken for theirs: what they are at would be called failed, or be given away once more. Each time a job is
given away it counts one more attempt, so the number that a worker was given its job with tells whether it still has it.
"""

import asyncio
import logging
import time
from datetime import datetime
from typing import Any

from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from procrastinate.utils import utcnow

from taskers.database.away import is_database_away

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 600.0  # for a database that is away, before the end of a job is given up
PAUSE_SECONDS = 1.0

HELD = """
WITH held AS MATERIALIZED (
  SELECT id FROM procrastinate_jobs
  WHERE id = %(job_id)s AND attempts = %(attempts)s AND status = 'doing' FOR UPDATE
)
"""
FINISH = f"{HELD} SELECT id, procrastinate_finish_job_v1(id, %(status)s, %(delete_job)s) FROM held"
RETRY = f"""{HELD} SELECT id, procrastinate_retry_job_v2(
  id, %(retry_at)s, %(new_priority)s, %(new_queue_name)s, %(new_lock)s) FROM held"""


class OwnJobs(JobManager):
    """Ends a job, or gives it back, for whoever still has it; for anybody else nothing happens, and the log says so."""

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        await self._if_held(FINISH, job, status=status.value, delete_job=delete_job)

    async def retry_job(
        self,
        job: Job,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        terms = {"new_priority": priority, "new_queue_name": queue, "new_lock": lock}
        await self._if_held(RETRY, job, retry_at=retry_at or utcnow(), **terms)

    async def _if_held(self, statement: str, job: Job, **terms: Any) -> None:
        if not await self._written(statement, job_id=job.id, attempts=job.attempts, **terms):
            logger.info(
                "Job %s[%s] was given to another worker, or ended by it, while this one stood still: what became of it"
                " there counts.",
                job.task_name,
                job.id,
            )

    async def _written(self, statement: str, **terms: Any) -> list[dict[str, Any]]:
        """The rows of a statement, which waits for a database that is away: a job whose end isn't written down looks as
        if it had killed its worker. Raises ConnectorException."""
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return list(await self.connector.execute_query_all_async(statement, **terms))
            except ConnectorException as error:
                if not is_database_away(error) or time.monotonic() > end:
                    raise
            await asyncio.sleep(PAUSE_SECONDS)
