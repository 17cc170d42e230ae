"""`python -m benchmarks webhooks [--events N] [--kills N] [--storm]`: rates, one that hangs, deaths by chance."""

import argparse
import os
import sys

import django

from benchmarks import database


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks webhooks", description=__doc__)
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--storm", action="store_true", help="the deaths alone")
    chosen = parser.parse_args()
    os.environ["TANDEM_OUTBOUND"], os.environ["TANDEM_OUTBOUND_PRIVATE"] = "http://127.0.0.1", "127.0.0.1"
    with database.fresh():
        django.setup()
        from benchmarks.webhooks import run  # Django's settings are read first
        from taskers.models import Organization

        organization = Organization.objects.create(name="Riverside")
        print("| what | asked | measured |\n|---|---|---|")
        held = chosen.storm or run.rates(organization)
        held &= run.storm(organization, chosen.events, chosen.kills)
    return int(not held)


if __name__ == "__main__":
    sys.exit(main())
