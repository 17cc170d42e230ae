"""`python -m benchmarks models [--only PART ...]`: what must be reached by models, and what else was measured of them.

Parts: `alike` (a million vectors), `runtime` (all that comes along loaded, and the first pass), `masks` (scenes whose
masks are known) and `batch` (images, while the worker is killed). What only tests hold stands under "By tests".
"""

import argparse
import os
import sys
from collections.abc import Callable

from benchmarks import database
from benchmarks.models import masks, whole
from benchmarks.queue.measure import Row, at_most, show, show_asked

BY_TESTS = {
    "a stranger's model by manifest, as the page says": "tests/assist/test_models_guide.py",
    "models unload when idle, by setting": "tests/assist/test_model_processes.py",
    "a language model with its faults": "tests/assist/test_outside_models.py",
}


def batch(tasks: int, kills: int) -> list[Row]:
    """A database and a runtime of its own, and a batch of images whose worker is killed."""
    import django

    with database.fresh():
        django.setup()
        from benchmarks.models.batch import survived  # Django's settings are read first

        outcome = survived(tasks, kills)
    spent = f"{outcome.tasks:,} images, {outcome.kills} kills, {outcome.seconds:.0f} s"
    said = f"{outcome.missing} missing, {outcome.double} double, {outcome.wrong} of another image; {spent}"
    faults = outcome.missing + outcome.double + outcome.wrong
    return [at_most("a batch with kills: missing and double", said, faults, 0)]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks models", description=__doc__)
    parser.add_argument("--only", nargs="*", metavar="PART", choices=["alike", "runtime", "masks", "batch"])
    parser.add_argument("--each", type=int, default=6, help="scenes of each kind, of `masks`")
    parser.add_argument("--tasks", type=int, default=100_000, help="of the batch")
    parser.add_argument("--kills", type=int, default=40)
    chosen = parser.parse_args()
    parts: dict[str, Callable[[], list[Row]]] = {
        "alike": whole.alike,
        "runtime": whole.pipeline,
        "masks": lambda: masks.measured(chosen.each),
        "batch": lambda: batch(chosen.tasks, chosen.kills),
    }
    os.environ.setdefault("TANDEM_LOG_LEVEL", "WARNING")
    rows = [row for name in chosen.only or parts for row in parts[name]()]
    show_asked(rows)
    if besides := [row for row in rows if not row.asked]:
        print("### Besides\n")
        show(besides)
    print("\n### By tests\n\n| what | held by |\n|---|---|")
    for what, test in BY_TESTS.items():
        print(f"| {what} | `{test}` |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
