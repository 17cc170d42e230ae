"""The parts of the table, in an order in which each leaves the next what it needs."""

import time
from collections.abc import Callable, Sequence

from benchmarks.queue import claims as claiming
from benchmarks.queue import cycles, ground, loading, measure, pages, wire
from benchmarks.queue.measure import Row

SECONDS = 4.0
PARTS = ("loading", "pages", "cycles", "wire", "claims")


def run(parts: Sequence[str], *, tasks: int, claims: int) -> None:
    """Measure these parts, or all, and print the table, part by part."""
    parts = parts or PARTS
    owner = ground.organization()
    if "loading" in parts:
        measure.show(loading.measure(owner, tasks))
    if set(parts) == {"loading"}:
        return
    start = time.perf_counter()
    small = claiming.prepare(owner, "1000", 1_000, claims=claims)
    large = claiming.prepare(owner, str(tasks), tasks, claims=claims)
    ground.analyze()
    print(f"{tasks:,} tasks with 3 judgements each, made in {time.perf_counter() - start:.0f} s.\n", flush=True)
    measured: dict[str, Callable[[], list[Row]]] = {
        "pages": lambda: pages.measure(owner, small.project, large.project),
        "cycles": lambda: cycles.measure(owner, large.project, large.batch, tasks, SECONDS),
        "wire": lambda: wire.measure(owner, large.project, SECONDS),
        "claims": lambda: claiming.measure(small, large, claims),
    }
    for part, rows in measured.items():
        if part in parts:
            measure.show(rows())
