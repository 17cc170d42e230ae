"""python -m benchmarks.truth [part ...]: print what the truth engine reaches, part by part, and last the table of what
was asked and what was reached. All of it takes about a quarter of an hour on one core of an AMD EPYC.

Parts: unseen, categorical, overlap, spans, regions, by_part, preferences, simulation, numbers, span_crowds,
news_crowds, region_crowds, speed by default; grid if named. All but grid, simulation, numbers and those of crowds need
the real data, which is looked for in the folder named by TANDEM_CROWD_DATA or in ../shared/data, and all but these,
`unseen` and `overlap` the `bench` extra (crowd-kit and SimpleITK).

With --data DIR every crowd that lies there is measured instead, whatever its kind, and the product's functions alone
and their plain rivals: --json prints a list of set, kind, method, measure, value, seconds, ece. A set that
can't be read is named on the error output, with why, and the others are measured; 1 if none could be.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from benchmarks.truth import data, folders, grid, news_crowds, numbers, region_crowds, simulation, span_crowds
from benchmarks.truth.verdicts import Ledger

# Part: (module, function). Imported when run, since the yardsticks are an extra.
REAL = {
    "unseen": ("unseen", "run"),
    "categorical": ("categorical", "run"),
    "overlap": ("overlap", "run"),
    "spans": ("structured", "spans"),
    "regions": ("structured", "regions"),
    "by_part": ("by_part", "run"),
    "preferences": ("comparisons", "run"),
    "speed": ("speed", "run"),
}
# On made-up crowds, which need no data.
SIMULATED: dict[str, Callable[[Ledger], None]] = {
    "grid": grid.table,
    "simulation": simulation.table,
    "numbers": numbers.table,
    "span_crowds": span_crowds.table,
    "news_crowds": news_crowds.table,
    "region_crowds": region_crowds.table,
}
APART = {"grid"}  # takes more than ten minutes: only when named
YARDSTICKS = ("crowdkit", "SimpleITK")
PLAIN = {"unseen", "overlap"}  # parts whose yardsticks are our own


def say(line: str) -> None:
    """Print at once, so that a long run shows where it is."""
    print(line, flush=True)


def timed(part: str, run: Callable[[], None]) -> None:
    """Run a part, and say how long it took."""
    started = time.monotonic()
    run()
    say(f"({part}: {time.monotonic() - started:.0f} s)")


def main(arguments: list[str]) -> int:
    """Run the parts named, or measure a folder; 2 for an unknown part."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks truth", description=__doc__)
    parser.add_argument("parts", nargs="*")
    parser.add_argument("--data", type=Path, metavar="DIR", help="a folder of crowds, one folder or archive each")
    parser.add_argument("--json", action="store_true", help="with --data")
    chosen = parser.parse_args(arguments)
    if chosen.data is None:
        return run(chosen.parts)
    measured, broken = measured_in(chosen.data)
    if chosen.json:
        say(json.dumps([asdict(row) for row in measured], indent=1))
    else:
        for row in measured:
            ece = "" if row.ece is None else f", ECE {row.ece:.3f}"
            say(f"{row.set:14s} {row.method:22s} {row.measure} {row.value:.4f}, {row.seconds:.1f} s{ece}")
    return int(broken and not measured)


def measured_in(root: Path) -> tuple[list[folders.Measured], bool]:
    """What every set of a folder reaches, and whether any couldn't be measured, which is told on the error output."""
    measured, broken = [], False
    for place in sorted(root.iterdir()):
        try:
            measured += folders.measure(place)
        except Exception as error:  # whatever is wrong with one set, the others are measured
            broken = True
            print(f"{place.name} can't be measured: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
    return measured, broken


def run(wanted: list[str]) -> int:
    """Run the parts named; 2 for an unknown one."""
    parts = [*REAL, *SIMULATED]
    unknown = sorted(set(wanted) - set(parts))
    if unknown:
        say(f"There is no part {', '.join(unknown)}; there are {', '.join(parts)}.")
        return 2
    started = time.monotonic()
    chosen = [part for part in parts if part in wanted or not wanted and part not in APART]
    root = data.folder()
    ledger = Ledger(say)
    missing = [name for name in YARDSTICKS if find_spec(name) is None]
    if root is None:
        say("There is no crowd data here (TANDEM_CROWD_DATA names the folder that holds crowd/): made-up crowds only.")
    else:
        if missing and not set(chosen) <= {*PLAIN, *SIMULATED}:
            say(f"Not installed: {', '.join(missing)} (pip install '.[bench]'): their parts are left out.")
        for part in chosen:
            if part in REAL and (part in PLAIN or not missing):
                module, function = REAL[part]
                timed(part, partial(getattr(import_module(f"benchmarks.truth.{module}"), function), root, ledger))
    for part in chosen:
        if part in SIMULATED:
            timed(part, partial(SIMULATED[part], ledger))
    ledger.table()
    say(f"\nAll of it took {(time.monotonic() - started) / 60:.1f} minutes.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
