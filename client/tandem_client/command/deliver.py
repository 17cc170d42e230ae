"""tandem deliver: decided tasks as a file, in a format that others read."""

import argparse
import hashlib
from pathlib import Path
from typing import Any

from tandem_client.client import Tandem
from tandem_client.command.batches import batch_of
from tandem_client.command.output import Output, bar, size
from tandem_client.delivery import DeliveryTerms
from tandem_client.errors import BadInput


def add(commands: Any, everywhere: argparse.ArgumentParser) -> None:
    """The command and what it takes."""
    one = commands.add_parser("deliver", parents=[everywhere], help="write decided tasks to a file, in a format")
    one.add_argument("--project", required=True, help="its name or id")
    one.add_argument("--format", required=True, help="jsonl, coco, conll, docbin, table, …")
    one.add_argument("--batch", help="its name or id; all of the project's go along otherwise")
    one.add_argument("--undecided", action="store_true", help="also answers from which nothing was decided yet")
    one.add_argument("--numbered", action="store_true", help="keep it on the server as a numbered, immutable delivery")
    one.add_argument("--note", default="", help="of a numbered one: licence and consent")
    one.add_argument("-o", "--output", default=".", metavar="PLACE", help="a file, or a folder: the current one")
    one.set_defaults(run=deliver)


def deliver(asked: argparse.Namespace, output: Output) -> None:
    """The file, once it is whole, and its checksum."""
    with Tandem() as tandem:
        project = tandem.projects.find(asked.project)
        batch = batch_of(tandem, project.id, asked.batch).id if asked.batch else None
        path = _fetched(tandem, project.id, batch, asked, output)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    bytes_in = Path(path).stat().st_size
    said = {"project": project.id, "batch": batch, "file": str(path), "bytes": bytes_in, "sha256": digest}
    output.show(said, f"{path}: {size(bytes_in)}, sha256 {digest}")


def _fetched(tandem: Tandem, project: str, batch: str | None, asked: argparse.Namespace, output: Output) -> Path:
    def progress(done: int, total: int | None) -> None:
        output.progress(f"{asked.format}: {bar(done, total)}")

    if not asked.numbered:
        return tandem.exports.download(
            project, asked.format, asked.output, batch_id=batch, undecided=asked.undecided, progress=progress
        )
    if asked.undecided:
        raise BadInput("A numbered delivery holds decided tasks alone: leave out --numbered or --undecided.")
    made = tandem.deliveries.order(project, asked.format, terms=DeliveryTerms(batch=batch), note=asked.note)
    tandem.deliveries.wait(
        project, made.number, progress=lambda one: output.progress(f"delivery {one.number}: {one.written:,} tasks")
    )
    output.note(f"Delivery {made.number} is kept.")
    return tandem.deliveries.download(project, made.number, asked.output, progress=progress)
