"""Times and tables."""

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table: what, what came out, what it is compared with, and what must be reached."""

    what: str
    measured: str
    ratio: float
    must: str
    reached: bool


def seconds(calls: Iterable[Callable[[], object]]) -> list[float]:
    """How long each call took."""
    taken = []
    for call in calls:
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return taken


def p95(values: Sequence[float]) -> float:
    """The 95th percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]


def median(values: Iterable[float]) -> float:
    return statistics.median(list(values))


def ms(value: float) -> str:
    return f"{value * 1000:.2f} ms"


def at_most(what: str, measured: str, ratio: float, limit: float) -> Row:
    return Row(what, measured, ratio, f"≤ {limit:g}", ratio <= limit)


def at_least(what: str, measured: str, ratio: float, limit: float) -> Row:
    return Row(what, measured, ratio, f"≥ {limit:g}", ratio >= limit)


def show(rows: Sequence[Row]) -> None:
    """Print a Markdown table."""
    print("| what | measured | ratio | must reach | |")
    print("|---|---|---|---|---|")
    for row in rows:
        print(f"| {row.what} | {row.measured} | {row.ratio:.2f} | {row.must} | {'yes' if row.reached else 'NO'} |")
    print(flush=True)
