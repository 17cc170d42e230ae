"""A recipe at work in a process of its own, with the lowest priority and without the database.

All that it gets is a folder: what it may learn from, what may choose between models, and how. What judges models isn't
in it, and nothing in its surroundings says where that lies. Where it runs is behind Executor: here on this machine, one
day on others.
"""

import json
import os
import selectors
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import psutil

from assist.learning import snapshot_file
from assist.learning.reasons import REASONS
from assist.learning.recipes.recipe import UNTIL_LET_GO

COMMAND: tuple[str, ...] = (sys.executable, "-m", "assist.learning.recipes")
ROOT = Path(__file__).resolve().parents[2]
LOWEST = 19  # of the system's niceness: people come first
LOOKED_EVERY = 0.5  # seconds
KILLED = -9
# What it keeps of our surroundings; no address of a database, no secret, no folder of data is among it.
KEPT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TZ",
    "LD_LIBRARY_PATH",
    "CUDA_VISIBLE_DEVICES",
    "TANDEM_MODELS",
    "TANDEM_TEXT_ENCODER",
)
STEADY = {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "TOKENIZERS_PARALLELISM": "false"}

Heard = Callable[[Mapping[str, Any] | None], bool]


class Outcome(NamedTuple):
    """How a process ended: nothing said where it made something, else why not."""

    reason: str = ""
    stopped: bool = False  # by whoever listened
    killed: bool = False  # by somebody else, or for want of memory


class Executor(Protocol):
    """Somewhere a recipe can run."""

    def run(self, place: Path, heard: Heard) -> Outcome:
        """Run what `place`/run.json says, and leave in `place` what came of it. `heard` gets each report, and None as
        time goes by; once it says no, the recipe is stopped."""


class LocalProcess:
    """On this machine, one process for each."""

    def run(self, place: Path, heard: Heard) -> Outcome:
        """As Executor says."""
        with (place / "said").open("wb") as errors:
            child = subprocess.Popen(
                [*COMMAND, str(place), UNTIL_LET_GO],
                cwd=ROOT,
                env={name: os.environ[name] for name in KEPT if name in os.environ} | STEADY,
                stdin=subprocess.PIPE,  # nothing is said there: its end tells that we are gone
                stdout=subprocess.PIPE,
                stderr=errors,
            )
            try:
                psutil.Process(child.pid).nice(LOWEST)
                outcome = _listened(child, heard)
                if outcome.stopped:
                    return outcome
                ended = child.wait()
            finally:
                child.kill()
                child.wait()
                for line in (child.stdin, child.stdout):
                    if line:
                        line.close()
        return Outcome(outcome.reason or _why(ended, place / "said"), killed=ended == KILLED) if ended else Outcome()


def executor() -> Executor:
    """Where recipes run here."""
    return LocalProcess()


def instruct(place: Path, snapshot: Path, told: Mapping[str, Any]) -> None:
    """Write down in `place` what a recipe is to do. `snapshot` has no lines that judge models."""
    labels = dict(json.loads(snapshot_file.told(snapshot)["labels"]))
    (place / "run.json").write_text(json.dumps({"snapshot": str(snapshot), "labels": labels, **told}))


def made_in(place: Path) -> dict[str, Any]:
    """What came of a recipe: its metrics and its manifest. Raises OSError where there is nothing."""
    return json.loads((place / "made.json").read_text())


def _listened(child: subprocess.Popen[bytes], heard: Heard) -> Outcome:
    """Hand on what the process says, until it ends or nobody wants it to go on."""
    assert child.stdout is not None
    unfit, rest = "", b""
    with selectors.DefaultSelector() as waiting:
        waiting.register(child.stdout, selectors.EVENT_READ)
        while heard(None):
            if not waiting.select(LOOKED_EVERY):
                continue
            piece = os.read(child.stdout.fileno(), 65_536)
            if not piece:
                return Outcome(unfit)
            *whole, rest = (rest + piece).split(b"\n")
            for said in (json.loads(one) for one in whole if one.startswith(b"{")):
                unfit = said.get("unfit", unfit)
                if "step" in said and not heard(said):
                    return Outcome(stopped=True)
    return Outcome(stopped=True)


def _why(ended: int, said: Path) -> str:
    if ended == KILLED:
        return REASONS["killed"]
    last = ([one for one in said.read_text(errors="replace").splitlines() if one.strip()] or [""])[-1]
    return REASONS["code-and-last" if last else "code"] % {"code": ended, "last": last.strip()}
