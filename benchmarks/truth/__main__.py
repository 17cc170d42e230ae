"""python -m benchmarks.truth [part ...]: print what the truth engine reaches, part by part.

Parts: categorical, spans, regions, preferences, simulation; all by default. All but the simulation need
the `bench` extra (crowd-kit, SimpleITK) for yardsticks and the real data, which is looked for in the
folder named by TANDEM_CROWD_DATA or in ../shared/data.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec

from benchmarks.truth import data, simulation

# Part: (module, function). Imported when run, since the yardsticks are an extra.
REAL = {
    "categorical": ("categorical", "run"),
    "spans": ("structured", "spans"),
    "regions": ("structured", "regions"),
    "preferences": ("structured", "preferences"),
}
YARDSTICKS = ("crowdkit", "SimpleITK")


def say(line: str) -> None:
    """Print at once, so that a long run shows where it is."""
    print(line, flush=True)


def main(wanted: list[str]) -> int:
    """Run the parts named; 2 for an unknown one."""
    parts = [*REAL, "simulation"]
    unknown = sorted(set(wanted) - set(parts))
    if unknown:
        say(f"There is no part {', '.join(unknown)}; there are {', '.join(parts)}.")
        return 2
    chosen = [part for part in parts if part in wanted or not wanted]
    root = data.folder()
    missing = [name for name in YARDSTICKS if find_spec(name) is None]
    if root is None:
        say("No crowd data: set TANDEM_CROWD_DATA to the folder that holds crowd/. Only the simulation runs.")
    elif missing:
        say(f"Not installed: {', '.join(missing)} (pip install '.[bench]'). Only the simulation runs.")
    else:
        for part in chosen:
            if part in REAL:
                module, function = REAL[part]
                getattr(import_module(f"benchmarks.truth.{module}"), function)(root, say)
    if "simulation" in chosen:
        simulation.table(say)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
