"""tandem push: files into a batch."""

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from tandem_client.client import Tandem
from tandem_client.codec import encoded
from tandem_client.command.output import Output, bar
from tandem_client.errors import BadInput
from tandem_client.folders import packed
from tandem_client.models import Batch, Fault, Import, Loaded

LINES = {".jsonl", ".ndjson"}  # sent in pieces of lines, each of which may be sent again by itself
LONGEST = 4 * 1024 * 1024  # bytes of a line
SHOWN = 20  # refused rows told on the terminal
IN_PART = 6
UNDER_WAY = ("waiting", "planning", "running")


def add(commands: Any, everywhere: argparse.ArgumentParser) -> None:
    """The command and what it takes."""
    one = commands.add_parser(
        "push",
        parents=[everywhere],
        help="load files into a batch",
        description="Loads files into a batch. Sending the same again is safe: what is in already stays as it is.",
    )
    one.add_argument("file", nargs="+", help="JSON Lines, CSV, text, zip, a folder; - for JSON Lines on standard input")
    one.add_argument("--project", required=True, help="its name or id")
    one.add_argument("--batch", required=True, help="its name or id; made where there is none of that name")
    one.add_argument("--live", action="store_true", help="hand the tasks out once they are in")
    one.add_argument(
        "--answers",
        choices=("leave", "prediction", "judgement", "gold", "verdict"),
        help="what becomes of answers in files: suggestions, past work, gold, verdicts; the page asks otherwise",
    )
    one.add_argument("--source", default="", help="whose answers they are, where the file doesn't say")
    one.add_argument(
        "--label", action="append", default=[], metavar="NAME=KEY", help="what a name in files means; + makes a label"
    )
    one.add_argument("--no-wait", action="store_true", help="don't wait until a worker has loaded the files")
    one.set_defaults(run=push)


def push(asked: argparse.Namespace, output: Output) -> int:
    """Each file in turn; exit code 6 where rows were refused, or parts of others weren't kept."""
    for file in asked.file:
        if file != "-" and not Path(file).exists():
            raise BadInput(f"{file} isn't there. Nothing was sent.")
    with Tandem() as tandem:
        batch = _batch(tandem, asked, output)
        done = [(file, _sent(tandem, batch, file, asked, output)) for file in asked.file]
        if asked.live and batch.state == "draft" and any(_brings_tasks(one) for _file, one in done):
            batch = tandem.batches.move(batch.id, "live")
    said = {"project": batch.project, "batch": batch.id, "state": batch.state}
    files = [{"file": file} | encoded(one) for file, one in done]
    output.show(said | {"files": files}, "\n".join(_told(file, one) for file, one in done))
    if batch.state == "draft":
        output.note(f"“{batch.name}” is a draft: `tandem batch move` makes it live, or --live does.")
    return IN_PART if any(one.rejected or (isinstance(one, Import) and one.lost) for _file, one in done) else 0


def _brings_tasks(done: Loaded | Import) -> bool:
    """Whether rows are in the batch, or may still come."""
    return bool(done.loaded or done.known) or (isinstance(done, Import) and done.state in UNDER_WAY)


def _batch(tandem: Tandem, asked: argparse.Namespace, output: Output) -> Batch:
    project = tandem.projects.find(asked.project)
    found = tandem.batches.find(project.id, asked.batch)
    if found is None:
        found = tandem.batches.create(project.id, asked.batch)
        output.note(f"Made the batch “{found.name}”.")
    return found


def _sent(tandem: Tandem, batch: Batch, file: str, asked: argparse.Namespace, output: Output) -> Loaded | Import:
    path = Path(file)
    if file == "-":
        return _lines(tandem, batch, bounded(sys.stdin.buffer), "standard input", output)
    if path.is_dir():
        with packed(path) as archive:
            return _file(tandem, batch, archive, asked, output)
    if path.suffix.lower() in LINES:
        with path.open("rb") as lines:
            return _lines(tandem, batch, bounded(lines), path.name, output)
    return _file(tandem, batch, path, asked, output)


def _lines(tandem: Tandem, batch: Batch, lines: Iterable[bytes], name: str, output: Output) -> Loaded:
    return tandem.tasks.load_lines(
        batch.id, lines, progress=lambda done: output.progress(f"{name}: {done.read:,} rows sent")
    )


def _file(tandem: Tandem, batch: Batch, path: Path, asked: argparse.Namespace, output: Output) -> Import:
    name = path.name
    output.progress(f"{name}: read before it is sent")
    made = tandem.imports.create(
        batch.id, path, progress=lambda done, total: output.progress(f"{name}: {bar(done, total)}")
    )
    if asked.no_wait:
        return made
    done = _waited(tandem, made.id, name, output)
    if done.state == "planned" and asked.answers:
        tandem.imports.choose(made.id, asked.answers, source=asked.source, labels=_meanings(asked.label))
        done = _waited(tandem, made.id, name, output)
    return done


def _waited(tandem: Tandem, import_id: str, name: str, output: Output) -> Import:
    return tandem.imports.wait(
        import_id, progress=lambda one: output.progress(f"{name}: {one.position:,} rows read, {one.state}")
    )


def _meanings(said: Iterable[str]) -> dict[str, str]:
    found = {}
    for one in said:
        name, equals, key = one.rpartition("=")
        if not equals or not name or not key:
            raise BadInput(f"--label {one}: say NAME=KEY, “Person=per”, “Car=+” or “Bus=-”.")
        found[name] = key
    return found


def bounded(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file, each of a size that fits into memory. Raises BadInput for one that is longer."""
    number = 0
    while line := file.readline(LONGEST + 2):
        number += 1
        if len(line.rstrip(b"\r\n")) > LONGEST:
            raise BadInput(f"Line {number} is longer than 4 MiB: JSON Lines have one object a line.")
        yield line


def _told(file: str, done: Loaded | Import) -> str:
    if isinstance(done, Import) and done.state == "planned":
        return f"{file}: waits for your choice on the project's page Load data, or say --answers (import {done.id})"
    if isinstance(done, Import) and done.state != "done":
        return f"{file}: sent, and {done.state} (import {done.id})"
    read = done.position if isinstance(done, Import) else done.read
    lines = [f"{file}: {read:,} read, {done.loaded:,} new, {done.known:,} known, {done.rejected:,} refused"]
    if isinstance(done, Import) and done.answered:
        lines[0] += f", {done.answered:,} answers kept"
    if isinstance(done, Import) and done.lost:
        lines[0] += f", {done.lost:,} not kept"
        lines += [f"  {told(one)}" for one in done.losses[:SHOWN]]
    lines += [f"  {told(one)}" for one in done.errors[:SHOWN]]
    if done.rejected > SHOWN:
        lines.append(f"  and {done.rejected - SHOWN:,} more; --json tells all that is kept")
    return "\n".join(lines)


def told(fault: Fault) -> str:
    """A fault on one line."""
    return f"{fault.place}: {fault.text} ({fault.code})"
