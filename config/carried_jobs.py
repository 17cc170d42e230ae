"""Jobs that know for which request they were set going, and go on with it."""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from procrastinate import App
from procrastinate.connector import BaseConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job

from config.metrics.process import JOBS
from config.own_jobs import OwnJobs
from projects.data import crashed_jobs
from taskers.telemetry import carried, spans

logger = logging.getLogger(__name__)

# The jobs that this process has begun: at which attempt each is, by its key.
in_hand: dict[int, int] = {}


class CarryingJobs(OwnJobs):
    """Jobs that know for which request they were set going, and are ended only by whoever has them."""

    def batch_defer_jobs(self, jobs: list[Job], connection: Any | None = None) -> list[Job]:
        return super().batch_defer_jobs(_carrying(jobs), connection)

    async def batch_defer_jobs_async(self, jobs: list[Job], connection: Any | None = None) -> list[Job]:
        return await super().batch_defer_jobs_async(_carrying(jobs), connection)


def carry(app: App) -> None:
    """Have the jobs of this app carry what they come from; `settings.PROCRASTINATE_ON_APP_READY` names this."""
    app.job_manager = CarryingJobs(app.connector)
    app.worker_defaults = {**app.worker_defaults, "worker_middleware": [take_up]}


async def take_up(go_on: Callable[[], Awaitable[Any]], context: JobContext, worker: object) -> Any:
    """Around each job of a worker. The job has a task of its own, whose last lines are marked too."""
    job = context.job
    carried.take_up(job.task_kwargs)
    crashed_jobs.without_notes(job.task_kwargs)
    in_hand[job.id or 0] = job.attempts
    name = context.job.task_name.rpartition(".")[2]
    began, ended = time.perf_counter(), "failed"
    try:
        with spans.span(f"job {name}"):
            found = await go_on()
        ended = "well"
        return found
    finally:
        in_hand.pop(job.id or 0, None)
        JOBS.labels(name, ended).observe(time.perf_counter() - began)


async def mark_stopping(connector: BaseConnector) -> None:
    """Write down that the worker of the jobs in hand was told to stop: if it is killed before they end, as where a
    deploy doesn't wait, that is not their fault."""
    terms = {"ids": list(in_hand), "attempts": list(in_hand.values())}
    try:
        await connector.execute_query_async(crashed_jobs.MARK_STOPPING, **terms)
    except ConnectorException:
        logger.warning("That the worker was told to stop can't be written down: the database does not answer.")


def _carrying(jobs: list[Job]) -> list[Job]:
    along = carried.take_along()
    return [job.evolve(task_kwargs={**job.task_kwargs, carried.NAME: along}) for job in jobs] if along else jobs
