"""Times and tables."""

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table: what, what came out, what it is compared with, and what is asked of it, if anything."""

    what: str
    measured: str
    ratio: float
    asked: str = ""
    reached: bool = True


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


def paired(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the ratios of what was measured right after each other: what else the machine does hits both."""
    return median(a / b for a, b in zip(ours, theirs, strict=True))


def ms(value: float) -> str:
    return f"{value * 1000:.2f} ms"


def at_most(what: str, measured: str, ratio: float, limit: float) -> Row:
    return Row(what, measured, ratio, f"≤ {limit:g}", ratio <= limit)


def at_least(what: str, measured: str, ratio: float, limit: float) -> Row:
    return Row(what, measured, ratio, f"≥ {limit:g}", ratio >= limit)


def told(what: str, measured: str, ratio: float) -> Row:
    """A figure that nothing is asked of."""
    return Row(what, measured, ratio)


def show(rows: Sequence[Row]) -> None:
    """Print a Markdown table."""
    print("| what | measured | reached | asked | |")
    print("|---|---|---|---|---|")
    for row in rows:
        verdict = ("yes" if row.reached else "**no**") if row.asked else ""
        print(f"| {row.what} | {row.measured} | {row.ratio:.2f} | {row.asked or '–'} | {verdict} |")
    print(flush=True)


def show_asked(rows: Sequence[Row]) -> None:
    """Print all that is asked, and how much of it was reached."""
    asked = [row for row in rows if row.asked]
    print(f"### Must reach: {sum(row.reached for row in asked)} of {len(asked)}\n")
    show(asked)
