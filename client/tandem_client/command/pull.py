"""tandem pull: the answers that stand, as JSON Lines; asked again, what changed since."""

import argparse
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tandem_client.answers import KeptAnswers
from tandem_client.client import Tandem
from tandem_client.command.output import Output
from tandem_client.errors import BadInput


def add(commands: Any, everywhere: argparse.ArgumentParser) -> None:
    """The command and what it takes."""
    one = commands.add_parser(
        "pull",
        parents=[everywhere],
        help="the answers that stand now, into a file of JSON Lines",
        description="Writes the answers that stand now. Asked again it fetches what changed: beside FILE lies"
        " .FILE.kept, which knows how far it came.",
    )
    one.add_argument("--project", required=True, help="its name or id")
    one.add_argument("-o", "--output", default="answers.jsonl", metavar="FILE", help="answers.jsonl; - to print them")
    one.set_defaults(run=pull)


def pull(asked: argparse.Namespace, output: Output) -> None:
    """Follow the feed to its end, then write what stands."""
    path = Path(asked.output)
    with Tandem() as tandem:
        project = tandem.projects.find(asked.project)
        kept = ":memory:" if asked.output == "-" else path.with_name(f".{path.name}.kept")
        answers = KeptAnswers(kept, f"{tandem.server} {project.id}")
        try:
            changes = 0
            for _line in tandem.follow_verdicts(project.id, answers):
                changes += 1
                output.progress(f"{changes:,} changes")
            if asked.output == "-":
                output.out.writelines(f"{line}\n" for line in answers.lines())
                return
            _written(path, answers.lines())
            said = {"project": project.id, "changes": changes, "answers": len(answers), "file": str(path)}
        except sqlite3.OperationalError as error:
            raise BadInput(f"{kept} is in use by another pull, or can't be written: {error}.") from None
        finally:
            answers.close()
    output.show(said, f"{changes:,} changes; {said['answers']:,} answers stand in {path}")


def _written(path: Path, lines: Iterable[str]) -> None:
    """All or nothing: whoever reads the file meanwhile reads the one before."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
        os.replace(part, path)
    except OSError as error:
        raise BadInput(f"{path} can't be written: {error.strerror}.") from None
