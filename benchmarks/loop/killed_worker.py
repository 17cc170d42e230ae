"""`python -m benchmarks.loop.killed_worker train|trial KEY SCRIPT`: a worker that takes up one job, with a script in
place of the recipe. It says so on standard output, so that whoever kills it knows when."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from assist.learning import recipe_process, training  # noqa: E402 (needs Django)
from assist.learning.search import trials  # noqa: E402

JOBS = {"train": training.run, "trial": trials.run}


def main() -> None:
    """Until the job is done, or somebody kills it."""
    kind, key, script = sys.argv[1:]
    recipe_process.PROGRAM = (script,)
    print("begins", flush=True)
    JOBS[kind](int(key))


if __name__ == "__main__":
    main()
