"""`python -m benchmarks.copilot [PART...]`: what the copilot must reach, in one table, through two web processes."""

import argparse
import os
import sys

import django
from django.core.management import call_command

from benchmarks import database

PARTS = ("warm", "crowd", "first", "store", "engines", "texts", "beside")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.copilot", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"{', '.join(PARTS)}; all unless named")
    parts = parser.parse_args().parts or PARTS
    os.environ["TANDEM_HOSTS"] = "127.0.0.1"
    with database.fresh():
        django.setup()
        call_command("collectstatic", "--no-input", verbosity=0)
        from benchmarks.copilot.run import run  # Django's settings are read first

        run(parts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
