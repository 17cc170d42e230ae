"""The parts of the table, one after another on one site."""

import asyncio
import os
import time
import traceback
from collections.abc import Awaitable, Callable, Sequence

import torch

from assist.runtime.server import NICE
from benchmarks.copilot import clicks, models, site
from benchmarks.copilot.bare import Crew
from benchmarks.copilot.fixtures import Work
from benchmarks.queue import fixtures
from benchmarks.queue.measure import Row


def run(parts: Sequence[str]) -> None:
    """Measure these parts and print one table; a part that fails is said and leaves the others alone."""
    start = time.monotonic()
    owner = fixtures.organization()
    with Crew() as crew, site.running() as port:
        work = Work(port, owner)
        rows = asyncio.run(_all(parts, work, crew))
    print(
        f"{os.cpu_count()} cores, device cpu, {torch.get_num_threads()} threads a model. A websocket client at two web"
        f" processes that share one runtime. The bare models have a process each, in a session of its own, at the"
        f" runtime's priority (nice {NICE}), loaded by the runtime's own code; the two sides take turns within one run."
        f" Made and measured in {time.monotonic() - start:.0f} s.\n"
    )
    _show(rows)


async def _all(parts: Sequence[str], work: Work, crew: Crew) -> list[Row]:
    measured: dict[str, Callable[[], Awaitable[list[Row]]]] = {
        "warm": lambda: clicks.warm(work, crew),
        "crowd": lambda: clicks.crowd(work, crew),
        "first": lambda: clicks.first(work),
        "store": lambda: models.store(crew),
        "engines": lambda: models.engines(crew),
        "texts": lambda: models.texts(work, crew),
        "beside": lambda: clicks.beside(work),
    }
    rows: list[Row] = []
    for part, measure in measured.items():
        if part not in parts:
            continue
        start = time.monotonic()
        try:
            found = await measure()
        except Exception:
            print(f"{part} could not be measured:\n{traceback.format_exc()}", flush=True)
        else:
            rows += found
            said = "; ".join(f"{row.what} {row.ratio:.3g}" for row in found)
            print(f"{part} ({time.monotonic() - start:.0f} s): {said}", flush=True)
    print()
    return rows


def _show(rows: Sequence[Row]) -> None:
    """What was asked, what was reached, and from what that comes."""
    print("| what | asked | reached | | from |")
    print("|---|---|---|---|---|")
    for row in rows:
        print(f"| {row.what} | {row.asked} | {row.ratio:.3g} | {'met' if row.reached else 'MISSED'} | {row.measured} |")
    print(flush=True)
