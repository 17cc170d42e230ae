"""`python -m benchmarks office`: how often the forecast's 80 % interval holds; the office's pages with a million tasks
beside a thousand; and claims while a hundred thousand tasks are handed out again, by a worker that is killed once.

`python -m benchmarks office [--tasks N] [PART...]`, where a part is forecast, pages or requeue. Each of several runs in
a process of its own, on a server of its own. What is asked holds for the sizes that are the default. It ends with 1
where something of that isn't reached, or a part is killed.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import django
from django.core.management import call_command

from benchmarks import database
from benchmarks.office import coverage
from benchmarks.queue.measure import Row, show, told

ROOT = Path(__file__).resolve().parent.parent.parent
PROJECTS, SEEDS = 400, (1, 2, 3)
LEAST, MOST = 0.75, 0.85  # of the projects end within their interval
REQUEUED = 100_000  # tasks at most, as many as one action may name


def main() -> int:
    parts = {"forecast": forecast, "pages": pages, "requeue": requeue}
    parser = argparse.ArgumentParser(prog="python -m benchmarks office", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(parts)}; all unless named")
    parser.add_argument("--tasks", type=int, default=1_000_000, help="tasks of the large project")
    chosen = parser.parse_args()
    names = chosen.parts or list(parts)
    if unknown := [one for one in names if one not in parts]:
        parser.error(f"there is no part {unknown[0]!r}")
    if len(names) == 1:
        return int(not all(row.reached for row in parts[names[0]](chosen.tasks)))
    command = [sys.executable, "-m", "benchmarks.office", "--tasks", str(chosen.tasks)]
    ends = [subprocess.run([*command, name], cwd=ROOT).returncode for name in names]
    return int(any(ends))


def forecast(_tasks: int) -> Sequence[Row]:
    """How often the interval holds on simulated projects, for each seed and for all."""
    found = [coverage.measured(PROJECTS, seed) for seed in SEEDS]
    print(f"Forecast: {PROJECTS:,} simulated projects of each seed\n")
    return _shown([*(_held(f"seed {seed}", one) for seed, one in zip(SEEDS, found, strict=True)), _all(found)])


def _shown(rows: Sequence[Row]) -> Sequence[Row]:
    show(rows)
    return rows


def _held(what: str, one: coverage.Covered) -> Row:
    sides = f"{one.sooner:.0%} ended sooner, {one.later:.0%} later, width / time left {one.width:.2f}"
    return told(f"80 % interval holds, {what}", sides, one.covered)


def _all(found: list[coverage.Covered]) -> Row:
    held = sum(one.covered for one in found) / len(found)
    what = f"80 % interval holds, all {PROJECTS * len(found):,}"
    return Row(what, f"{held:.1%}", held, f"{LEAST:g} to {MOST:g}", LEAST <= held <= MOST)


def pages(tasks: int) -> Sequence[Row]:
    """Each page of the office for many tasks, in turns with the same for a thousand."""
    os.environ["TANDEM_HOSTS"] = "127.0.0.1,testserver"
    with database.fresh():
        django.setup()
        call_command("collectstatic", "--no-input", verbosity=0)
        from benchmarks.office.pages import SMALL, TIMES, measure  # Django's settings are read first

        print(f"Pages: {tasks:,} tasks beside {SMALL:,}, each asked {TIMES} times\n", flush=True)
        return _shown(measure(tasks))


def requeue(tasks: int) -> Sequence[Row]:
    """A bulk action over many tasks while people claim others."""
    number = min(tasks, REQUEUED)
    with database.fresh():
        django.setup()
        from benchmarks.office.requeue import measure  # Django's settings are read first

        print(f"Requeue: {number:,} tasks by a filter, the worker killed once\n", flush=True)
        return _shown(measure(number))


if __name__ == "__main__":
    sys.exit(main())
