"""python -m benchmarks.truth [part ...]: print what the truth engine reaches, part by part, and last the table of what
was asked and what was reached. All of it takes about twelve minutes on one core of an AMD EPYC.

Parts: unseen, categorical, overlap, spans, regions, by_part, preferences, simulation, speed by default; grid if named.
All but grid and simulation need the real data, which is looked for in the folder named by TANDEM_CROWD_DATA or in
../shared/data, and all but these and `unseen` the `bench` extra (crowd-kit, SimpleITK) for yardsticks.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec

from benchmarks.truth import data, grid, simulation
from benchmarks.truth.verdicts import Ledger

# Part: (module, function). Imported when run, since the yardsticks are an extra.
REAL = {
    "unseen": ("unseen", "run"),
    "categorical": ("categorical", "run"),
    "overlap": ("overlap", "run"),
    "spans": ("structured", "spans"),
    "regions": ("structured", "regions"),
    "by_part": ("by_part", "run"),
    "preferences": ("structured", "preferences"),
    "speed": ("speed", "run"),
}
MADE_UP = {"grid": grid.table, "simulation": simulation.table}
APART = {"grid"}  # takes more than ten minutes: only when named
YARDSTICKS = ("crowdkit", "SimpleITK")
PLAIN = {"unseen"}  # parts whose yardsticks are our own


def say(line: str) -> None:
    """Print at once, so that a long run shows where it is."""
    print(line, flush=True)


def timed(part: str, run: Callable[[], None]) -> None:
    """Run a part, and say how long it took."""
    started = time.monotonic()
    run()
    say(f"({part}: {time.monotonic() - started:.0f} s)")


def main(wanted: list[str]) -> int:
    """Run the parts named; 2 for an unknown one."""
    parts = [*REAL, *MADE_UP]
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
        if missing and not set(chosen) <= {*PLAIN, *MADE_UP}:
            say(f"Not installed: {', '.join(missing)} (pip install '.[bench]'): their parts are left out.")
        for part in chosen:
            if part in REAL and (part in PLAIN or not missing):
                module, function = REAL[part]
                timed(part, partial(getattr(import_module(f"benchmarks.truth.{module}"), function), root, ledger))
    for part in chosen:
        if part in MADE_UP:
            timed(part, partial(MADE_UP[part], ledger))
    ledger.table()
    say(f"\nAll of it took {(time.monotonic() - started) / 60:.1f} minutes.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
