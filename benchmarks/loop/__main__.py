"""`python -m benchmarks loop [FIGURE...]`: what the model loop must reach, and what it does. Each figure is a file here
and a line of FIGURES."""

import argparse
import os
import sys
from collections.abc import Iterable
from importlib import import_module

from benchmarks.loop import own_process
from benchmarks.loop.row import Row

# Each module's `rows()` gives what was asked and what is reached, with seeds of its own.
FIGURES = (
    "sound_canaries",
    "refusals",
    "shadow_losses",
    "search",
    "improve",
    "drift",
    "planted",
    "deciding_alone",
    "labelled_next",
    "masks",
)
# These have a PostgreSQL of their own, in a process of their own.
WITH_DATABASE = (
    "snapshots",
    "beside",
    "shadow_beside",
    "rollbacks",
    "kills",
    "whole_texts",
    "whole_images",
    "whole_spans",
)
ALL = FIGURES + WITH_DATABASE


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks loop", description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=", ".join(ALL))
    chosen = parser.parse_args().figures or ALL
    if unknown := sorted(set(chosen) - set(ALL)):
        print(f"There is no figure {unknown[0]!r}; there are: {', '.join(ALL)}.", file=sys.stderr)
        return 2
    missed = 0
    print("| what | asked | reached | |\n|---|---|---|---|", flush=True)
    for name in chosen:
        started = _processor()
        for row in _rows(name):
            missed += row.holds is False
            mark = {True: "holds", False: "**missed**", None: ""}[row.holds]
            print(f"| {row.what} | {row.asked} | {row.reached} | {mark} |", flush=True)
        print(f"<!-- {name}: {_processor() - started:.0f} s of one core -->", flush=True)
    return int(bool(missed))


def _rows(name: str) -> Iterable[Row]:
    return own_process.rows_of(name) if name in WITH_DATABASE else import_module(f"benchmarks.loop.{name}").rows()


def _processor() -> float:
    """Seconds of this process and of those that it waited for."""
    now = os.times()
    return now.user + now.system + now.children_user + now.children_system


if __name__ == "__main__":
    sys.exit(main())
