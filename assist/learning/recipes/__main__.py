"""`python -m assist.learning.recipes FOLDER`: train by FOLDER/run.json; reports come as lines of JSON on standard
output.

What is made lies in FOLDER/model, what came of it in FOLDER/made.json, which is written last: where that is, all is.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assist.learning.recipes import training_of
from assist.learning.recipes.recipe import Report, Unfit, Work


def main() -> int:
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
        kept=Path(told["kept"]) if told.get("kept") else None,
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


def _say(report: Report) -> None:
    print(json.dumps(asdict(report)), flush=True)


if __name__ == "__main__":
    sys.exit(main())
