"""`python -m assist.learning.recipes FOLDER`: train by FOLDER/run.json; reports come as lines of JSON on standard
output.

What is made lies in FOLDER/model, what came of it in FOLDER/made.json, which is written last: where that is, all is.
"""

import json
import os
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assist.learning.recipes import training_of
from assist.learning.recipes.recipe import UNTIL_LET_GO, Report, Unfit, Work

ALONE = 3  # how the process ends once nobody listens any more


def main() -> int:
    if UNTIL_LET_GO in sys.argv[2:]:
        end_with_parent()
    folder = Path(sys.argv[1])
    told: dict[str, Any] = json.loads((folder / "run.json").read_text())
    target = folder / "model"
    target.mkdir()
    work = Work(
        snapshot=Path(told["snapshot"]),
        labels=told["labels"],
        label_map=told["label_map"],
        parameters=told["parameters"],
        seed=told["seed"],
        folder=target,
        report=_say,
        **{name: Path(told[name]) if told.get(name) else None for name in ("kept", "pictures", "models")},
    )
    try:
        made = training_of(told["recipe"])(work)
    except Unfit as problem:
        print(json.dumps({"unfit": str(problem)}), flush=True)
        return 2
    fresh = folder / "made.json.new"
    fresh.write_text(made.written())
    fresh.replace(folder / "made.json")
    return 0


def end_with_parent() -> None:
    """Whoever started this holds the other end of standard input, and lets go of it however they die."""

    def wait() -> None:
        os.read(0, 1)
        os._exit(ALONE)

    threading.Thread(target=wait, daemon=True).start()


def _say(report: Report) -> None:
    print(json.dumps(asdict(report)), flush=True)


if __name__ == "__main__":
    sys.exit(main())
