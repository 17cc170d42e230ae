"""A worker for the copilot's jobs alone: `python -m benchmarks.models.worker SILENT`, until it is killed.

`SILENT`: seconds after which others take it for dead; half a minute in life, which no test has time for.
"""

import asyncio
import sys
from typing import Any

import django


async def work(silent: float) -> None:
    """Jobs, one after the other."""
    from procrastinate.contrib.django import app

    from config import worker_connector

    async with app.with_connector(worker_connector.connector()).open_async() as mine:
        beats: dict[str, Any] = {"update_heartbeat_interval": silent / 6, "stalled_worker_timeout": silent}
        await mine.run_worker_async(queues=["copilot"], concurrency=1, delete_jobs="successful", **beats)


if __name__ == "__main__":
    django.setup()
    asyncio.run(work(float(sys.argv[1])))
