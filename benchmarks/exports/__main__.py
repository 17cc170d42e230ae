"""`python -m benchmarks exports [--tasks N] [--formats KEY,…]`: what each format costs, in memory above all.

Every format writes the same decided tasks in a process of its own, whose largest size is told; asked is less than
512 MB for a million. Datumaro's own writers hold all in memory and are left out.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import django

from benchmarks import database

MOST = 512  # MB
ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks exports", description=__doc__)
    parser.add_argument("--tasks", type=int, default=20_000)
    parser.add_argument("--formats", default="", help="these alone")
    chosen = parser.parse_args()
    only = {key for key in chosen.formats.split(",") if key}
    with database.fresh():
        django.setup()
        from benchmarks.exports.fixtures import decided  # Django's settings are read first
        from projects.data import exporting

        projects = {kind: decided(kind, chosen.tasks) for kind in ("image_regions", "text_spans", "classification")}
        print(f"{chosen.tasks:,} decided tasks\n\n| format | tasks of | MB sent | seconds of processor | largest MB |")
        print("|---|---|---|---|---|", flush=True)
        held = True
        for kind, project in projects.items():
            for one in exporting.formats_for(project):
                if not one.most and (one.key in only or not only):
                    held &= _measured(one.key, kind, project.pk)
    print(f"\nLess than {MOST} MB each: {'yes' if held else 'NO'}.")
    return int(not held)


def _measured(key: str, kind: str, project: int) -> bool:
    """One line of the table, by a process of its own; whether it was small enough."""
    command = [sys.executable, "-m", "benchmarks.exports.one", key, str(project)]
    found = json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)
    print(f"| {key} | {kind} | {found['sent']:.0f} | {found['seconds']:.0f} | {found['largest']:.0f} |", flush=True)
    return bool(found["largest"] < MOST)


if __name__ == "__main__":
    sys.exit(main())
