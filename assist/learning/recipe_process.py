"""A recipe at work in a process of its own, with the lowest priority and without the database.

All that it gets is a folder: what it may learn from, what may choose between models, and how. What judges models isn't
in it, and nothing in its surroundings says where that lies. Where it runs is behind Executor: here on this machine, one
day on others.
"""

import contextlib
import errno
import json
import os
import selectors
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol

import psutil

from assist.adapters import RUNTIMES, catalogue
from assist.adapters.files import WeightsProblem, path_of
from assist.learning import snapshot_file
from assist.learning.reasons import REASONS
from assist.learning.recipes.recipe import UNTIL_LET_GO
from taskers.sandbox import launch
from taskers.sandbox.policy import ADDRESS_SPARE_BYTES, Limits, Policy

PROGRAM: tuple[str, ...] = ("assist.learning.recipes",)
PACKAGES = ("assist", "projects", "taskers")
LOWEST = 19  # of the system's niceness: people come first
LOOKED_EVERY = 0.5  # seconds
KILLED = -9
VARIABLES = ("TANDEM_TEXT_ENCODER",)
MODELS = "models"  # below the run's folder: the files that recipes begin from
MEMORY_SHARE = 0.75  # of the machine's
MAX_FILE_BYTES = 8 << 30
MAX_LINE = 64 * 1024  # bytes of one report
MAX_RESULT = 4 * 1024 * 1024  # bytes of made.json
TAIL = 64 * 1024  # bytes from the end of what it says as it fails, of which the last line is shown
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
    """On this machine, one sandboxed process for each."""

    def run(self, place: Path, heard: Heard) -> Outcome:
        """As Executor says."""
        try:
            prepared = _prepared(place)
        except launch.SandboxMisconfigured as problem:
            return Outcome(str(problem))
        with (place / "said").open("w+b") as errors:
            child = subprocess.Popen(
                prepared.command,
                **prepared.options,
                stdin=subprocess.PIPE,  # nothing is said there: its end tells that we are gone
                stdout=subprocess.PIPE,
                stderr=errors,
            )
            try:
                psutil.Process(child.pid).nice(LOWEST)
                try:
                    outcome = _listened(child, heard)
                except _TooLongLine:
                    return Outcome(REASONS["no-report"])
                if outcome.stopped:
                    return outcome
                ended = child.wait()
                why = _why(ended, errors) if ended and not outcome.reason else ""
            finally:
                child.kill()
                child.wait()
                for line in (child.stdin, child.stdout):
                    if line:
                        line.close()
        return Outcome(outcome.reason or why, killed=ended == KILLED) if ended else Outcome()


def executor() -> Executor:
    """Where recipes run here."""
    return LocalProcess()


def instruct(place: Path, snapshot: Path, told: Mapping[str, Any]) -> None:
    """Write down in `place` what a recipe is to do. `snapshot` has no lines that judge models."""
    labels = dict(json.loads(snapshot_file.told(snapshot)["labels"]))
    fields = {"snapshot": str(snapshot), "labels": labels, **told}
    if "models" in told:
        _lay_models(Path(told["models"]), place / MODELS)
        fields["models"] = str(place / MODELS)
    (place / "run.json").write_text(json.dumps(fields))


def _lay_models(store: Path, place: Path) -> None:
    """The models that a recipe may begin from: those that come with Tandem, and the operator's own text encoder."""
    place.mkdir()
    offers, added = list(RUNTIMES.values()), []
    if key := os.environ.get("TANDEM_TEXT_ENCODER", "").strip():
        with contextlib.suppress(WeightsProblem):  # the recipe finds it missing, and names it
            added = [catalogue.find(key, store)]
    (place / catalogue.LISTED).write_text(json.dumps([catalogue.row_of(offer) for offer in added]))
    for artifact in {artifact.sha256: artifact for offer in (*offers, *added) for artifact in offer.artifacts}.values():
        if (source := path_of(artifact, store)).exists():
            (place / artifact.sha256).symlink_to(source)


def _prepared(place: Path) -> launch.Launch:
    """The sandbox of one run: it writes to its own folder, and reads what its instructions name."""
    told = json.loads((place / "run.json").read_text())
    readable = [Path(told["snapshot"]), *(link.resolve() for link in sorted((place / MODELS).glob("*")))]
    readable += [Path(told["pictures"])] if told.get("pictures") else []
    writable = [place, *([Path(told["kept"])] if told.get("kept") else [])]
    memory = int(MEMORY_SHARE * psutil.virtual_memory().total)
    address = 0 if launch.gpu_devices() else memory + ADDRESS_SPARE_BYTES
    limits = Limits(memory_bytes=memory, file_bytes=MAX_FILE_BYTES, address_bytes=address)
    policy = Policy(limits=limits).with_paths(readable=readable, writable=writable)
    launch.hand_over(*writable)
    variables = STEADY | {name: os.environ[name] for name in VARIABLES if name in os.environ} | {"TMPDIR": str(place)}
    return launch.prepare(
        [*PROGRAM, str(place), UNTIL_LET_GO], policy, packages=PACKAGES, variables=variables, gpu=True
    )


def made_in(place: Path) -> dict[str, Any]:
    """What came of a recipe: its metrics and its manifest. Raises OSError where there is nothing, or a link."""
    with open(place / "made.json", "rb", opener=_in_place) as file:
        text = file.read(MAX_RESULT + 1)
    try:
        if len(text) > MAX_RESULT:
            raise ValueError
        return dict(json.loads(text))
    except (ValueError, TypeError, RecursionError):
        raise OSError(errno.EBADMSG, "made.json isn't what a recipe writes") from None


def model_in(place: Path) -> Path:
    """The folder of the model that was made. Raises OSError where the recipe left a link in it: whoever reads or writes
    there may do more than the recipe might."""
    folder = place / "model"
    for path in (folder, *folder.rglob("*")):
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            raise OSError(errno.ELOOP, f"{path.name[:100]} is a link or no file")
    return folder


def _in_place(path: str, flags: int) -> int:
    """Open a file that the recipe may have put a link or a pipe in the place of."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


class _TooLongLine(Exception):
    """The process writes no reports: what it says has no end."""


def _listened(child: subprocess.Popen[bytes], heard: Heard) -> Outcome:
    """Hand on what the process says, until it ends or nobody wants it to go on. Raises _TooLongLine."""
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
            if len(rest) > MAX_LINE:
                raise _TooLongLine()
            for report in map(_report, whole):
                unfit = report.get("unfit", unfit)
                if "step" in report and not heard(report):
                    return Outcome(stopped=True)
    return Outcome(stopped=True)


def _report(line: bytes) -> Mapping[str, Any]:
    """What a line reports; nothing where it is no report."""
    try:
        report = json.loads(line) if line.startswith(b"{") else {}
    except (ValueError, RecursionError):
        return {}
    return report if isinstance(report, dict) else {}


def _why(ended: int, said: IO[bytes]) -> str:
    """`said` is the file itself, not its name: the recipe may have put a link in its place."""
    if ended == KILLED:
        return REASONS["killed"]
    said.seek(max(0, said.seek(0, os.SEEK_END) - TAIL))
    lines = said.read(TAIL).decode(errors="replace").splitlines()
    last = ([line for line in lines if line.strip()] or [""])[-1]
    return REASONS["code-and-last" if last else "code"] % {"code": ended, "last": last.strip()}
