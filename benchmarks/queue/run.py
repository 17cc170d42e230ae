"""The parts of the table, in an order in which each leaves the next what it needs."""

import time
from collections.abc import Sequence

from benchmarks.queue import claims as claiming
from benchmarks.queue import cycles, ground, loading, measure, pages, wire
from benchmarks.queue.measure import Row

SECONDS = 4.0
PARTS = ("loading", "pages", "cycles", "wire", "claims")


def run(parts: Sequence[str], *, tasks: int, claims: int) -> None:
    """Measure these parts, or all, and print the table."""
    parts = parts or PARTS
    rows: list[Row] = []
    owner = ground.organization()
    if "loading" in parts:
        rows += loading.measure(owner, tasks)
    if set(parts) == {"loading"}:
        return measure.show(rows)
    start = time.perf_counter()
    small = claiming.prepare(owner, "1000", 1_000, claims=claims)
    large = claiming.prepare(owner, str(tasks), tasks, claims=claims)
    ground.analyze()
    print(f"{tasks:,} tasks with 3 judgements each, made in {time.perf_counter() - start:.0f} s.\n", flush=True)
    if "pages" in parts:
        rows += pages.measure(owner, small.project, large.project)
    if "cycles" in parts:
        rows += cycles.measure(owner, large.project, large.batch, tasks, SECONDS)
    if "wire" in parts:
        rows += wire.measure(owner, large.project, SECONDS)
    if "claims" in parts:
        rows += claiming.measure(small, large, claims)
    measure.show(rows)
