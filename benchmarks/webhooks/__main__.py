"""`python -m benchmarks webhooks [--events N] [--kills N]`: rates, a neighbour that hangs, and deaths by chance."""

import argparse
import os
import sys

import django

from benchmarks import database


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks webhooks", description=__doc__)
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--kills", type=int, default=40)
    chosen = parser.parse_args()
    os.environ["TANDEM_OUTBOUND"], os.environ["TANDEM_OUTBOUND_PRIVATE"] = "http://127.0.0.1", "127.0.0.1"
    with database.fresh():
        django.setup()
        from benchmarks.webhooks.run import run  # Django's settings are read first

        return int(not run(chosen.events, chosen.kills))


if __name__ == "__main__":
    sys.exit(main())
