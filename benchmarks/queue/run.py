"""The parts of the table, in an order in which each leaves the next what it needs."""

import time
from collections.abc import Callable, Sequence

from benchmarks.queue import claims as claiming
from benchmarks.queue import cycles, fixtures, loading, measure, pages, wire
from benchmarks.queue.measure import Row
from projects.models import Batch
from projects.reports import progress
from taskers.models import Organization

SECONDS = 4.0
PARTS = ("loading", "pages", "cycles", "wire", "claims")


def run(parts: Sequence[str], *, tasks: int, claims: int) -> None:
    """Measure these parts, or all, print each as it is done, and in the end what was asked of them."""
    parts = parts or PARTS
    start, loaded = time.perf_counter(), None
    rows: list[Row] = []
    owner = fixtures.organization()
    if "loading" in parts:
        rows, loaded = loading.measure(owner, tasks)
        _part("loading", rows, start)
    if set(parts) != {"loading"}:
        rows += _on_the_field(parts, owner, tasks, claims, loaded)
    measure.show_asked(rows)
    print(f"All of it took {(time.perf_counter() - start) / 60:.1f} minutes.", flush=True)


def _on_the_field(
    parts: Sequence[str], owner: Organization, tasks: int, claims: int, loaded: Batch | None
) -> list[Row]:
    start = time.perf_counter()
    small = claiming.prepare(owner, "1000", 1_000, claims=claims)
    large = claiming.prepare(owner, str(tasks), tasks, claims=claims, loaded=loaded)
    while progress.catch_up():
        pass
    fixtures.analyze()
    print(f"{tasks:,} tasks with 3 judgements each, ready after {time.perf_counter() - start:.0f} s.\n", flush=True)
    measured: dict[str, Callable[[], list[Row]]] = {
        "pages": lambda: pages.measure(owner, small.project, large.project),
        "cycles": lambda: cycles.measure(owner, large.project, large.batch, tasks, SECONDS),
        "wire": lambda: wire.measure(owner, large.project, SECONDS),
        "claims": lambda: claiming.measure(small, large, claims),
    }
    rows: list[Row] = []
    for part, ask in measured.items():
        if part in parts:
            start = time.perf_counter()
            rows += _part(part, ask(), start)
    return rows


def _part(name: str, rows: list[Row], start: float) -> list[Row]:
    print(f"### {name}, {time.perf_counter() - start:.0f} s\n")
    measure.show(rows)
    return rows
