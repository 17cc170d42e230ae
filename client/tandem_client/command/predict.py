"""tandem predict: what a model of yours says of tasks that are there, offered to whoever does them."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tandem_client.client import Tandem
from tandem_client.codec import encoded
from tandem_client.command.output import Output
from tandem_client.command.push import IN_PART, SHOWN, bounded, told
from tandem_client.errors import BadInput
from tandem_client.models import Predicted


def add(commands: Any, everywhere: argparse.ArgumentParser) -> None:
    """The command and what it takes."""
    one = commands.add_parser(
        "predict",
        parents=[everywhere],
        help="send a model's answers as suggestions",
        description="Sends what a model says of tasks that are there. Again is safe: a source's newest answer holds.",
    )
    one.add_argument("file", help='JSON Lines of {"external_id", "answer", "score"?}; - for standard input')
    one.add_argument("--project", required=True, help="its name or id")
    one.add_argument("--source", required=True, help="the model's name and version, as people will see it")
    one.set_defaults(run=predict)


def predict(asked: argparse.Namespace, output: Output) -> int:
    """All of the file's rows; exit code 6 where some were refused."""
    if asked.file != "-" and not Path(asked.file).is_file():
        raise BadInput(f"{asked.file} isn't there. Nothing was sent.")
    with Tandem() as tandem:
        project = tandem.projects.find(asked.project)
        if asked.file == "-":
            done = _sent(tandem, project.id, bounded(sys.stdin.buffer), asked, output)
        else:
            with Path(asked.file).open("rb") as lines:
                done = _sent(tandem, project.id, bounded(lines), asked, output)
    output.show({"project": project.id, "source": asked.source} | encoded(done), _told(done))
    return IN_PART if done.rejected else 0


def _sent(
    tandem: Tandem, project_id: str, lines: Iterable[bytes], asked: argparse.Namespace, output: Output
) -> Predicted:
    return tandem.predictions.send_lines(
        project_id, lines, source=asked.source, progress=lambda done: output.progress(f"{done.read:,} rows sent")
    )


def _told(done: Predicted) -> str:
    lines = [f"{done.read:,} read, {done.kept:,} kept, {done.rejected:,} refused, {done.lost:,} parts left out"]
    lines += [f"  {told(one)}" for one in [*done.errors, *done.losses][:SHOWN]]
    return "\n".join(lines)
