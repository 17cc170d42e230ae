"""The first question to a model that somebody brought, in a process of its own: one that crashes takes nobody along.

`python -m assist.runtime.smoke NAME@VERSION --folder DIR` prints the finding as one line of JSON.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from assist.adapters import catalogue
from assist.adapters.files import WeightsProblem
from assist.runtime import doctor
from assist.runtime.doctor import Finding

SECONDS = 300.0


def examine(key: str, folder: Path, seconds: float = SECONDS) -> Finding:
    """Load the model and ask it. Never raises: whatever is wrong is said in the finding."""
    command = [sys.executable, "-m", __name__, key, "--folder", str(folder)]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return Finding(key, False, (f"It didn't answer its first question within {seconds:.0f} s.",))
    try:
        said = json.loads(done.stdout.splitlines()[-1])
        return Finding(said["key"], said["well"], tuple(said["lines"]), said["figures"])
    except (IndexError, ValueError, KeyError):
        what = f"signal {-done.returncode}" if done.returncode < 0 else f"code {done.returncode}"
        last = (done.stderr.strip().splitlines() or [""])[-1][:200]
        return Finding(key, False, (f"Its process ended at the first question ({what}). {last}".strip(),))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0 where the model is well."""
    parser = argparse.ArgumentParser(prog="python -m assist.runtime.smoke")
    parser.add_argument("key", metavar="NAME@VERSION")
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args(arguments)
    try:
        (finding,) = doctor.examine([catalogue.find(options.key, options.folder)], options.folder)
    except WeightsProblem as problem:
        finding = Finding(options.key, False, (str(problem),))
    print(json.dumps(asdict(finding)))
    return 0 if finding.well else 1


if __name__ == "__main__":
    sys.exit(main())
