"""`python -m benchmarks loop [FIGURE...]`: what the model loop must reach, and what it does. Each figure is a file here
and a line of FIGURES."""

import argparse
import sys
import time
from importlib import import_module

# Each module's `rows()` gives what was asked and what is reached, with seeds of its own.
FIGURES = (
    "sound_canaries",
    "refusals",
    "shadow_losses",
    "search",
    "improve",
    "drift",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks loop", description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=", ".join(FIGURES))
    chosen = parser.parse_args().figures or FIGURES
    if unknown := sorted(set(chosen) - set(FIGURES)):
        print(f"There is no figure {unknown[0]!r}; there are: {', '.join(FIGURES)}.", file=sys.stderr)
        return 2
    missed = 0
    print("| what | asked | reached | |\n|---|---|---|---|", flush=True)
    for name in chosen:
        started = time.process_time()
        for row in import_module(f"benchmarks.loop.{name}").rows():
            missed += row.holds is False
            mark = {True: "holds", False: "**missed**", None: ""}[row.holds]
            print(f"| {row.what} | {row.asked} | {row.reached} | {mark} |", flush=True)
        print(f"<!-- {name}: {time.process_time() - started:.0f} s of one core -->", flush=True)
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
