"""python -m benchmarks.truth [part ...]: print what the truth engine reaches, part by part, and last the table of what
was asked and what was reached. All of it takes about twelve minutes on one core of an AMD EPYC.

Parts: categorical, overlap, spans, regions, by_part, preferences, speed, simulation, numbers; all by default. All but
the last two need the `bench` extra (crowd-kit, SimpleITK) for yardsticks and the real data, which is looked for in the
folder named by TANDEM_CROWD_DATA or in ../shared/data.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec

from benchmarks.truth import data, numbers, simulation
from benchmarks.truth.verdicts import Ledger

# Part: (module, function). Imported when run, since the yardsticks are an extra.
REAL = {
    "categorical": ("categorical", "run"),
    "overlap": ("overlap", "run"),
    "spans": ("structured", "spans"),
    "regions": ("structured", "regions"),
    "by_part": ("by_part", "run"),
    "preferences": ("comparisons", "run"),
    "speed": ("speed", "run"),
}
# On made-up crowds, which need no data.
SIMULATED: dict[str, Callable[[Ledger], None]] = {"simulation": simulation.table, "numbers": numbers.table}
YARDSTICKS = ("crowdkit", "SimpleITK")


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
    parts = [*REAL, *SIMULATED]
    unknown = sorted(set(wanted) - set(parts))
    if unknown:
        say(f"There is no part {', '.join(unknown)}; there are {', '.join(parts)}.")
        return 2
    started = time.monotonic()
    chosen = [part for part in parts if part in wanted or not wanted]
    root = data.folder()
    ledger = Ledger(say)
    missing = [name for name in YARDSTICKS if find_spec(name) is None]
    if root is None:
        say("There is no crowd data here (TANDEM_CROWD_DATA names the folder that holds crowd/): simulation only.")
    elif missing:
        say(f"Not installed: {', '.join(missing)} (pip install '.[bench]'). Only the simulation runs.")
    else:
        for part in chosen:
            if part in REAL:
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
