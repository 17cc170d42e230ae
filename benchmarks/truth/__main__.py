"""python -m benchmarks.truth [part ...]: print what the truth engine reaches, part by part.

Parts: categorical, spans, regions, preferences, simulation; all by default. The yardsticks need the
`bench` extra (crowd-kit, SimpleITK); the real data is looked for in TANDEM_CROWD_DATA or ../shared/data.
"""

from __future__ import annotations

import sys

from benchmarks.truth import categorical, data, simulation, structured

PARTS = ("categorical", "spans", "regions", "preferences", "simulation")


def say(line: str) -> None:
    """Print at once, so that a long run shows where it is."""
    print(line, flush=True)


def main(wanted: list[str]) -> int:
    """Run the parts named; 2 for an unknown one."""
    unknown = sorted(set(wanted) - set(PARTS))
    if unknown:
        say(f"There is no part {', '.join(unknown)}; there are {', '.join(PARTS)}.")
        return 2
    parts = wanted or list(PARTS)
    root = data.folder()
    if root is None:
        say("No crowd data: set TANDEM_CROWD_DATA to the folder that holds crowd/. Only the simulation runs.")
        parts = [part for part in parts if part == "simulation"]
    else:
        runs = {
            "categorical": categorical.run,
            "spans": structured.spans,
            "regions": structured.regions,
            "preferences": structured.preferences,
        }
        for part in parts:
            if part in runs:
                runs[part](root, say)
    if "simulation" in parts:
        simulation.table(say)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
