"""`python -m benchmarks.attacks [NAME...]`: attacks on a server of its own, over loopback."""

import argparse
import os
import sys

import django
from django.core.management import call_command

from benchmarks import database


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.attacks", description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of attacks' names; all unless some are given")
    chosen = parser.parse_args().names
    os.environ["TANDEM_HOSTS"] = "127.0.0.1"
    os.environ["TANDEM_PROXIES"] = "192.0.2.1"  # nobody: the attackers' addresses count
    with database.fresh():
        django.setup()
        call_command("collectstatic", "--no-input", verbosity=0)
        from benchmarks.attacks.run import run  # Django's settings are read first

        return run(chosen)


if __name__ == "__main__":
    sys.exit(main())
