"""tandem project: listed, shown, made from a file, copied."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tandem_client.client import Tandem
from tandem_client.codec import given
from tandem_client.command.output import Output
from tandem_client.errors import BadInput
from tandem_client.models import Project

OWN = ("name", "task_type", "labels")
MAX_LEVELS = 64  # of lists and objects within each other in a file


def add(commands: Any, everywhere: argparse.ArgumentParser) -> None:
    """The commands and what they take."""
    group = commands.add_parser("project", help="list, show, create, clone projects; how long files are kept")
    inside = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    inside.add_parser("list", parents=[everywhere], help="those you manage").set_defaults(run=listed)
    one = inside.add_parser("show", parents=[everywhere], help="one of them")
    one.add_argument("project", help="its name or id")
    one.set_defaults(run=shown)
    one = inside.add_parser("template", parents=[everywhere], help="write it down as YAML, for `create`")
    one.add_argument("project", help="its name or id")
    one.set_defaults(run=template)
    one = inside.add_parser("create", parents=[everywhere], help="make one from a YAML or JSON file")
    one.add_argument("file", help="the file; - for standard input")
    one.add_argument("--name", help="another name than the file says")
    one.set_defaults(run=created)
    one = inside.add_parser("clone", parents=[everywhere], help="make another one alike, without tasks")
    one.add_argument("project", help="its name or id")
    one.add_argument("--name", required=True, help="the new one's name")
    one.set_defaults(run=cloned)
    one = inside.add_parser("keep-files", parents=[everywhere], help="how long the files of its deliveries are kept")
    one.add_argument("project", help="its name or id")
    how_long = one.add_mutually_exclusive_group()
    how_long.add_argument("--days", type=int, help="so many days after a delivery is done; only told otherwise")
    how_long.add_argument("--for-ever", action="store_true", help="for ever")
    one.set_defaults(run=kept)


def listed(_asked: argparse.Namespace, output: Output) -> None:
    """The projects that you manage."""
    with Tandem() as tandem:
        found = list(tandem.projects.list())
    output.table(
        found, ("name", "task type", "state", "id"), [(one.name, one.task_type, one.state, one.id) for one in found]
    )


def shown(asked: argparse.Namespace, output: Output) -> None:
    """A project, its labels and what its settings say."""
    with Tandem() as tandem:
        found = tandem.projects.get(tandem.projects.find(asked.project).id)
    _tell(found, output)


def template(asked: argparse.Namespace, output: Output) -> None:
    """What `create` takes, of a project that is there."""
    with Tandem() as tandem:
        found = tandem.projects.get(tandem.projects.find(asked.project).id)
    said = {"name": found.name, "task_type": found.task_type, "labels": given(found.labels)} | given(found.settings)
    if not output.as_json:
        output.out.write(_in_yaml(said))
        return
    output.show(said, "")


def created(asked: argparse.Namespace, output: Output) -> None:
    """A project of what a file says."""
    said = read(asked.file)
    settings = {**said.pop("settings", {}), **{name: value for name, value in said.items() if name not in OWN}}
    name, task_type = asked.name or said.get("name"), said.get("task_type")
    if not name or not task_type:
        raise BadInput(f"{asked.file} has no “{'task_type' if name else 'name'}”.")
    with Tandem() as tandem:
        made = tandem.projects.create(str(name), str(task_type), labels=said.get("labels") or [], settings=settings)
    _tell(made, output)


def cloned(asked: argparse.Namespace, output: Output) -> None:
    """Another project with the same labels and settings."""
    with Tandem() as tandem:
        made = tandem.projects.clone(tandem.projects.find(asked.project).id, asked.name)
    _tell(made, output)


def kept(asked: argparse.Namespace, output: Output) -> None:
    """How long the files of a project's deliveries are kept, from now on where that is said."""
    with Tandem() as tandem:
        project = tandem.projects.find(asked.project)
        if asked.days is None and not asked.for_ever:
            found = tandem.deliveries.kept_for(project.id)
        else:
            found = tandem.deliveries.keep_for(project.id, asked.days)
    how_long = "for ever" if found.days is None else f"for {found.days} days after a delivery is done"
    by = f", as the {found.said_by} says" if found.said_by else ""
    output.show(found, f"Files are kept {how_long}{by}.")


def read(file: str) -> dict[str, Any]:
    """What a YAML or JSON file says. Raises BadInput, with the line."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file} can't be read: {getattr(error, 'strerror', None) or error}.") from None
    if file.endswith(".json") or text.lstrip().startswith("{"):
        try:
            said = json.loads(text)
        except ValueError as error:
            raise BadInput(f"{file} is no JSON: {error}.") from None
        except RecursionError:
            raise BadInput(f"{file} is nested too deep.") from None
    else:
        said = _of_yaml(text, file)
    if not isinstance(said, dict):
        raise BadInput(f"{file} doesn't say what a project is: it holds no fields.")
    return said


def _check_events(file: str, events: Iterable[Any]) -> None:
    """Raises BadInput, with the line, for YAML that stands for more than is written, or that nests without end."""
    depth = 0
    for event in events:
        kind = type(event).__name__
        if kind == "AliasEvent" or getattr(event, "anchor", None):
            line = event.start_mark.line + 1
            raise BadInput(f"{file}, line {line}: anchors (&) and aliases (*) aren't read; write the value out.")
        depth += kind.endswith("StartEvent") - kind.endswith("EndEvent")
        if depth > MAX_LEVELS:
            raise BadInput(f"{file}, line {event.start_mark.line + 1}: it nests deeper than {MAX_LEVELS} levels.")


@contextmanager
def _pyyaml_wanted() -> Iterator[None]:
    try:
        yield
    except ImportError:
        raise BadInput("YAML needs PyYAML: pip install pyyaml. JSON needs nothing.") from None


def _in_yaml(value: dict[str, Any]) -> str:
    with _pyyaml_wanted():
        import yaml
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True)


def _of_yaml(text: str, file: str) -> Any:
    with _pyyaml_wanted():
        import yaml
    try:
        _check_events(file, yaml.parse(text, Loader=yaml.SafeLoader))
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise BadInput(f"{file} is no YAML: {' '.join(str(error).split())}.") from None


def _tell(project: Project, output: Output) -> None:
    labels = ", ".join(one.name for one in project.labels) or "none"
    settings = given(project.settings)
    lines = [f"{project.name} ({project.task_type}, {project.state})", f"  id      {project.id}", f"  labels  {labels}"]
    lines += [f"  {name}: {settings[name]}" for name in ("wanted", "rate", "aggregation", "target") if name in settings]
    output.show(project, "\n".join(lines))
