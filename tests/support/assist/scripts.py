"""A script in place of a recipe: it is told what a recipe is told, and does what a test says."""

from collections.abc import Callable
from pathlib import Path

import pytest

from assist.learning import recipe_process

BEGIN = """
import json, math, os, pathlib, signal, sys, time
place = pathlib.Path(sys.argv[1])
told = json.loads((place / "run.json").read_text())
parameters = told["parameters"]
def report(step, of, validation):
    said = {"step": step, "of": of, "loss": 1.0, "validation": validation, "seconds_left": 1.0}
    print(json.dumps(said), flush=True)
def made(**model):
    whole = {"metrics": {"model": model}, "manifest": {}}
    (place / "made.json").write_text(json.dumps(whole))
"""
Play = Callable[[str], None]


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    """`played(script)`."""

    def play(script: str) -> None:
        path = tmp_path / "recipe.py"
        path.write_text(BEGIN + script)
        monkeypatch.setattr(recipe_process, "PROGRAM", (str(path),))

    return play
