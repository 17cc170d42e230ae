"""`python -m assist.adapters fetch|verify`: which models are on this machine."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from assist.adapters import RUNTIMES, SHIPPED, priority
from assist.adapters.files import PINNED, Artifact, fetch, path_of, verify
from assist.adapters.packages import WeightsProblem
from taskers.files.folders import models_folder

# What `make run MODELS=...` may say: nothing, what is small and free, and what is larger besides.
SMALL = tuple(key for key in SHIPPED if not RUNTIMES[key].large)
SETS: dict[str, Sequence[str]] = {"none": (), "small": SMALL, "all": SHIPPED}
USUAL = "small"
NICE = 10


def chosen() -> str:
    """The set that this installation asks for: `TANDEM_MODEL_SET`. Raises ValueError."""
    named = os.environ.get("TANDEM_MODEL_SET", "") or USUAL
    if named not in SETS:
        raise ValueError(f"TANDEM_MODEL_SET is {named!r}; it is one of {', '.join(SETS)}.")
    return named


def needed(named: str) -> Sequence[Artifact]:
    """What the copilot's own models need, unless none is wanted."""
    return () if named == "none" else PINNED


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0 when every file is in place and right."""
    parser = argparse.ArgumentParser(prog="python -m assist.adapters", description="The copilot's model files.")
    parser.add_argument("action", choices=["fetch", "verify"])
    parser.add_argument("--folder", type=Path, default=models_folder())
    parser.add_argument("--models", choices=sorted(SETS), help="the set; else TANDEM_MODEL_SET, or small")
    parser.add_argument("--only", choices=["usual", "more"], help="what the copilot always had, or what comes along")
    parser.add_argument("--from", dest="carried", type=Path, action="append", default=[], metavar="FILE")
    options = parser.parse_args(arguments)
    try:
        named = options.models or chosen()
        if options.only == "more":
            priority.lower(NICE)  # beside the start of everything else
        usual = () if options.only == "more" else needed(named)
        if options.action == "fetch":
            fetch(options.folder, _say, options.carried, usual)
        for artifact in usual:
            _say(f"{artifact.name}: {verify(artifact, options.folder)}")
    except (WeightsProblem, ValueError) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0 if options.only == "usual" else _more(options, named)


def _more(options: argparse.Namespace, named: str) -> int:
    """What comes along: where one can't be had, that is said and the rest goes on."""
    missed = 0
    for key in SETS[named]:
        offer = RUNTIMES[key]
        try:
            if options.action == "fetch":
                fetch(options.folder, _say, options.carried, offer.artifacts)
            elif not any(path_of(one, options.folder).exists() for one in offer.artifacts):
                _say(f"{key}: not here")
                continue
            for artifact in offer.artifacts:
                _say(f"{artifact.name}: {verify(artifact, options.folder)}")
        except WeightsProblem as problem:
            print(f"{key}: {problem} Tandem works without it.", file=sys.stderr)
            missed = 1
    return missed


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
