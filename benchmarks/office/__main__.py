"""`python -m benchmarks office`: how often the forecast's 80 % interval holds; and the office's pages with a million
tasks beside a thousand; and claims while a hundred thousand tasks are handed out again.

`python -m benchmarks.office [--tasks N] [forecast|pages|requeue]`
"""

import argparse
import os

import django
from django.core.management import call_command

from benchmarks import database
from benchmarks.office import coverage
from benchmarks.queue.measure import Row

PROJECTS, SEEDS = 400, (1, 2, 3)
MOST = 100_000  # tasks that one action may name


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.office", description=__doc__)
    parser.add_argument("parts", nargs="*", help="forecast, pages, requeue; all unless named")
    parser.add_argument("--tasks", type=int, default=1_000_000, help="tasks of the large project")
    chosen = parser.parse_args()
    if not chosen.parts or "forecast" in chosen.parts:
        forecast()
    if not chosen.parts or "pages" in chosen.parts:
        pages(chosen.tasks)
    if not chosen.parts or "requeue" in chosen.parts:
        requeue(min(chosen.tasks, MOST))


def forecast() -> None:
    print("| seed | projects | interval holds | ended sooner | ended later | width / time left |")
    print("|---|---|---|---|---|---|")
    for seed in SEEDS:
        one = coverage.measured(PROJECTS, seed)
        print(
            f"| {seed} | {one.projects} | {one.covered:.0%} | {one.sooner:.0%} | {one.later:.0%} | {one.width:.2f} |",
            flush=True,
        )


def pages(tasks: int) -> None:
    os.environ["TANDEM_HOSTS"] = "127.0.0.1,testserver"
    with database.fresh():
        django.setup()
        call_command("collectstatic", "--no-input", verbosity=0)
        from benchmarks.office.pages import measure  # Django's settings are read first

        print(f"\n{tasks:,} tasks beside 1,000\n")
        show(measure(tasks))


def requeue(tasks: int) -> None:
    with database.fresh():
        django.setup()
        from benchmarks.office.requeue import measure  # Django's settings are read first

        print()
        show(measure(tasks))


def show(rows: list[Row]) -> None:
    print("| what | measured | ratio | asked |\n|---|---|---|---|")
    for row in rows:
        print(f"| {row.what} | {row.measured} | {row.ratio:.2f} | {row.asked}{'' if row.reached else ' missed'} |")


if __name__ == "__main__":
    main()
