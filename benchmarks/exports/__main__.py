"""`python -m benchmarks exports [--tasks N] [--formats KEY,…] [--kinds KIND,…]`: what each costs, in memory above all.

Every format writes the same decided tasks in a process of its own, whose largest size is told, beside that of one which
writes a quarter of them; asked is less than 512 MB for a million, and that it doesn't grow with the tasks. Datumaro's
own writers hold all in memory and are left out.
"""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import django

from benchmarks import database

MOST, FLAT = 512, 32  # MB; and what four times the tasks may take more
KINDS = ("image_regions", "text_spans", "classification")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks exports", description=__doc__)
    parser.add_argument("--tasks", type=int, default=20_000)
    parser.add_argument("--formats", default="", help="these alone")
    parser.add_argument("--kinds", default="", help="of tasks of these types alone")
    chosen = parser.parse_args()
    only, kinds = ({key for key in said.split(",") if key} for said in (chosen.formats, chosen.kinds))
    with database.fresh():
        django.setup()
        from benchmarks.exports.fixtures import decided  # Django's settings are read first
        from projects.data import exporting

        head = "| format | tasks of | MB sent | seconds of processor | largest MB | of a quarter |"
        print(f"{chosen.tasks:,} decided tasks\n\n{head}\n|---|---|---|---|---|---|", flush=True)
        held = True
        for kind in (one for one in KINDS if one in kinds or not kinds):
            quarter, whole = decided(kind, chosen.tasks // 4, "A quarter"), decided(kind, chosen.tasks, "All")
            for one in exporting.formats_for(whole):
                if not one.most and (one.key in only or not only):
                    held &= _measured(one.key, kind, quarter.pk, whole.pk)
    print(f"\nLess than {MOST} MB each, and no more than {FLAT} MB above a quarter: {'yes' if held else 'NO'}.")
    return int(not held)


def _measured(key: str, kind: str, quarter: int, whole: int) -> bool:
    """One line of the table, by processes of their own; whether it was small enough."""
    less, found = [_alone(key, project) for project in (quarter, whole)]
    cells = f"{found['sent']:.0f} | {found['seconds']:.0f} | {found['largest']:.0f} | {less['largest']:.0f}"
    print(f"| {key} | {kind} | {cells} |", flush=True)
    return found["largest"] < MOST and found["largest"] - less["largest"] < FLAT


def _alone(key: str, project: int) -> dict[str, float]:
    """What one costs a process that does nothing else, and has what a worker has loaded."""
    from django.db import connections

    from benchmarks.exports.one import cost

    connections.close_all()  # the other process makes its own
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as processes:
        return processes.submit(cost, key, project).result()


if __name__ == "__main__":
    sys.exit(main())
