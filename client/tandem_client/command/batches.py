"""tandem batch: listed, and moved from draft to live and on."""

import argparse
from typing import Any

from tandem_client.client import Tandem
from tandem_client.command.output import Output
from tandem_client.errors import NotThere
from tandem_client.models import Batch


def add(commands: Any, everywhere: argparse.ArgumentParser) -> None:
    """The commands and what they take."""
    group = commands.add_parser("batch", help="list batches; start, pause, close, cancel one")
    inside = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    one = inside.add_parser("list", parents=[everywhere], help="those of a project")
    one.add_argument("--project", required=True, help="its name or id")
    one.set_defaults(run=listed)
    one = inside.add_parser("move", parents=[everywhere], help="start, pause, close or cancel one")
    one.add_argument("batch", help="its name or id")
    one.add_argument("state", choices=["live", "paused", "closed", "cancelled"])
    one.add_argument("--project", required=True, help="its project's name or id")
    one.set_defaults(run=moved)


def listed(asked: argparse.Namespace, output: Output) -> None:
    """The batches of a project and how far they have come."""
    with Tandem() as tandem:
        found = list(tandem.batches.list(tandem.projects.find(asked.project).id))
    cells = [(one.name, one.state, one.progress.tasks, one.progress.decided, one.id) for one in found]
    output.table(found, ("name", "state", "tasks", "decided", "id"), cells)


def moved(asked: argparse.Namespace, output: Output) -> None:
    """A batch in another state."""
    with Tandem() as tandem:
        found = batch_of(tandem, tandem.projects.find(asked.project).id, asked.batch)
        found = tandem.batches.move(found.id, asked.state)
    output.show(found, f"“{found.name}” is {found.state}.")


def batch_of(tandem: Tandem, project_id: str, name: str) -> Batch:
    """The batch of a name or an id. Raises NotThere where there is none."""
    found = tandem.batches.find(project_id, name)
    if found is None:
        raise NotThere(f"The project has no batch “{name}”; `tandem batch list` shows what there is.")
    return found
