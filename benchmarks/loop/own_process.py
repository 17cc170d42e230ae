"""Figures that need a PostgreSQL and models' folders of their own, told by a process of their own: `python -m
benchmarks.loop.own_process FIGURE [NAME=NUMBER...]` prints each row as a line of JSON."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

import django

from benchmarks import database
from benchmarks.loop.row import Row
from taskers.files.folders import models_folder

PINNED = "[0-9a-f]" * 64  # a file that came along, named by its sha256


def rows_of(name: str, **terms: int) -> Iterator[Row]:
    """The rows of a figure as they come. Raises RuntimeError where its process fails."""
    command = [sys.executable, "-m", __name__, name, *(f"{term}={number}" for term, number in terms.items())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            yield Row(**json.loads(line))
    if child.returncode:
        raise RuntimeError(f"{name} failed")


def main() -> None:
    """One figure, with whatever it needs."""
    name, *said = sys.argv[1:]
    terms = {term: int(number) for term, _, number in (one.partition("=") for one in said)}
    with tempfile.TemporaryDirectory(prefix="tandem-models-") as models:
        for file in models_folder().glob(PINNED):
            (Path(models) / file.name).symlink_to(file)
        os.environ["TANDEM_MODELS"] = models  # what is trained here stays here
        with database.fresh():
            django.setup()
            for row in import_module(f"benchmarks.loop.{name}").rows(**terms):
                print(json.dumps(asdict(row)), flush=True)


if __name__ == "__main__":
    main()
