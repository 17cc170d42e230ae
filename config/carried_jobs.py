"""Jobs that know for which request they were set going, and go on with it."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from procrastinate import App
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job

from config.metrics.process import JOBS
from config.own_jobs import OwnJobs
from taskers.telemetry import carried, spans


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
    carried.take_up(context.job.task_kwargs)
    name = context.job.task_name.rpartition(".")[2]
    began, ended = time.perf_counter(), "failed"
    try:
        with spans.span(f"job {name}"):
            found = await go_on()
        ended = "well"
        return found
    finally:
        JOBS.labels(name, ended).observe(time.perf_counter() - began)


def _carrying(jobs: list[Job]) -> list[Job]:
    along = carried.take_along()
    return [job.evolve(task_kwargs={**job.task_kwargs, carried.NAME: along}) for job in jobs] if along else jobs
