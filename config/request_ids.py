"""Each request's id, taken from `X-Request-ID` or made, on its way in and in each answer; and through its jobs.

It is the outermost of the web's layers, so that refusals have it as well.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from procrastinate import App
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job
from procrastinate.manager import JobManager

from taskers.tracing import carried, request_ids, spans

NAME = request_ids.HEADER.lower().encode()
STARTS = {"http.response.start", "websocket.http.response.start", "websocket.accept"}


class RequestIds:
    """Says the id in whatever answer begins."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: dict[str, Any], receive: Callable, send: Callable) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        asked = next((value for name, value in scope["headers"] if name == NAME), b"")
        said = (NAME, request_ids.begin(asked.decode("latin-1")).encode())

        async def say(message: dict[str, Any]) -> None:
            if message["type"] in STARTS:
                message = message | {"headers": [*message.get("headers", ()), said]}
            await send(message)

        await self.app(scope, receive, say)


class CarryingJobs(JobManager):
    """Jobs that know for which request they were set going."""

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
    with spans.span(f"job {context.job.task_name.rpartition('.')[2]}"):
        return await go_on()


def _carrying(jobs: list[Job]) -> list[Job]:
    along = carried.take_along()
    return [job.evolve(task_kwargs={**job.task_kwargs, carried.NAME: along}) for job in jobs] if along else jobs
