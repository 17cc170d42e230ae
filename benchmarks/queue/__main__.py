"""`python -m benchmarks.queue [--tasks N] [PART...]`: the whole table, in one run, on a server of its own."""

import argparse
import os
import sys

import django
from django.core.management import call_command

from benchmarks import database


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.queue", description=__doc__)
    parser.add_argument("parts", nargs="*", help="claims, cycles, wire, loading, pages; all unless named")
    parser.add_argument("--tasks", type=int, default=1_000_000, help="open tasks of the large project")
    parser.add_argument("--claims", type=int, default=200, help="timed claims a round")
    chosen = parser.parse_args()
    os.environ["TANDEM_HOSTS"] = "127.0.0.1,testserver"
    os.environ["TANDEM_POOL"] = "0"  # its processes are forked, and a pool can't be
    with database.fresh():
        django.setup()
        call_command("collectstatic", "--no-input", verbosity=0)
        from benchmarks.queue.run import run  # Django's settings are read first

        run(chosen.parts, tasks=chosen.tasks, claims=chosen.claims)
    return 0


if __name__ == "__main__":
    sys.exit(main())
