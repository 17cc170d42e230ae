"""`python -m benchmarks exports [--tasks N] [--once] [--formats KEY,…] [--kinds KIND,…] [--minutes M]`: what all cost.

Every format writes the same decided tasks in a process of its own, whose largest size is told, beside that of one which
writes a tenth of them; asked is less than 512 MB for a million, and that it doesn't grow with the tasks. Datumaro's own
writers hold all in memory and are left out. The tasks are made by the database, once for all formats of a kind.

With `--once` each format writes tasks of one kind alone, of the heaviest that it takes: images, else texts, else
classes. So a million of each can be waited for: `--tasks 1000000 --once`. After M minutes no format is begun any more,
and those that weren't are named.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import django

from benchmarks import database

MOST = 512  # MB
FLAT = 64  # MB that a million tasks may take more than a tenth: names that were given, once each, are remembered
KINDS = ("image_regions", "text_spans", "classification")  # the heaviest first
HEAD = (
    "| format | tasks of | MB sent | seconds | processor | tasks a second | largest MB | of a tenth |\n"
    "|---|---|---|---|---|---|---|---|"
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks exports", description=__doc__)
    parser.add_argument("--tasks", type=int, default=20_000)
    parser.add_argument("--once", action="store_true", help="each format with one kind of tasks alone")
    parser.add_argument("--formats", default="", help="these alone")
    parser.add_argument("--kinds", default="", help=f"of tasks of these types alone: {', '.join(KINDS)}")
    parser.add_argument("--minutes", type=float, default=0, help="begin no format later; 0: measure all")
    chosen = parser.parse_args()
    only, kinds = ({key for key in said.split(",") if key} for said in (chosen.formats, chosen.kinds))
    until = time.monotonic() + 60 * chosen.minutes if chosen.minutes else None
    held: list[bool] = []
    left_out: list[str] = []
    with database.fresh():
        django.setup()
        if unknown := (only | kinds) - {*KINDS, *(key for _, keys in _wanted(set(), KINDS) for key in keys)}:
            parser.error(f"can't be measured: {', '.join(sorted(unknown))}")
        print(f"{chosen.tasks:,} decided tasks\n\n{HEAD}", flush=True)
        for kind, keys in _wanted(only, [one for one in KINDS if one in kinds or not kinds], chosen.once):
            if until and time.monotonic() > until:
                left_out += [f"{key} of {kind}" for key in keys]
                continue
            tenth, whole = _made(kind, chosen.tasks)
            for key in keys:
                if until and time.monotonic() > until:
                    left_out.append(f"{key} of {kind}")
                else:
                    held.append(_measured(key, kind, chosen.tasks, tenth, whole))
    if left_out:
        print(f"\nNot measured, for want of time: {', '.join(left_out)}.")
    found = "cannot tell" if not held else "yes" if all(held) else "NO"
    print(f"\nLess than {MOST} MB each that was measured, and no more than {FLAT} MB above a tenth: {found}.")
    return int(found != "yes")


def _wanted(only: set[str], kinds: Sequence[str], once: bool = False) -> Iterator[tuple[str, list[str]]]:
    """Every kind of tasks with the formats that write it; `once`: each format with the first alone."""
    from projects.data.exporting import FORMATS  # Django's settings are read first

    seen: set[str] = set()
    for kind in kinds:
        fitting = [one.key for one in FORMATS.values() if kind in one.task_types and not one.most]
        if wanted := [key for key in fitting if (key in only or not only) and key not in seen]:
            yield kind, wanted
        if once:
            seen.update(wanted)


def _made(kind: str, number: int) -> tuple[int, int]:
    """The projects that hold a tenth of so many decided tasks, and all."""
    from benchmarks.exports.fixtures import decided

    began = time.monotonic()
    tenth, whole = decided(kind, number // 10, "A tenth"), decided(kind, number, "All")
    print(f"| (made in {time.monotonic() - began:.0f} s) | {kind} | | | | | | |", flush=True)
    return tenth.pk, whole.pk


def _measured(key: str, kind: str, number: int, tenth: int, whole: int) -> bool:
    """One line of the table, by processes of their own; whether it was small enough."""
    less, found = [_alone(key, project) for project in (tenth, whole)]
    spent = (
        f"{found['sent']:.0f} | {found['seconds']:.0f} | {found['processor']:.0f} | {number / found['seconds']:,.0f}"
    )
    print(f"| {key} | {kind} | {spent} | {found['largest']:.0f} | {less['largest']:.0f} |", flush=True)
    return found["largest"] < MOST and found["largest"] - less["largest"] < FLAT


def _alone(key: str, project: int) -> dict[str, float]:
    """What one costs a process that does nothing else, and has what a worker has loaded."""
    from django.db import connection

    from benchmarks.exports.one import cost

    connection.close()
    connection.close_pool()  # type: ignore[attr-defined] # of PostgreSQL's own; inherited, it ends what both hold when idle
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as processes:
        return processes.submit(cost, key, project).result()


if __name__ == "__main__":
    sys.exit(main())
