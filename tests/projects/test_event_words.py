"""What kinds of events are called: every one that the source writes down has words, and those in both languages."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from projects.models import Batch, Project
from projects.reports.event_words import WORDS
from projects.reports.task_history import SAID

ROOT = Path(__file__).resolve().parents[2]
WRITES = {"emit", "happening", "tell", "_tell", "emit_of_task", "_tell_person"}  # functions that begin with a kind
# Kinds that are put together, and what stands for the rest of them.
TOGETHER = {
    "batch_": {*Batch.State.values, "created", "arranged"} - {"draft"},
    "delivery_": {"done", "failed"},
    "import_": {"planned", "done", "failed", "dropped"},
    "project_": {*Project.State.values} - {"draft"},
    "subscription_": {"on", "off"},
}


def written() -> Iterator[str]:
    """Every kind that a call names, and the beginnings of those that are put together."""
    for app in ("taskers", "projects", "assist"):
        for path in sorted((ROOT / app).rglob("*.py")):
            tree = ast.parse(path.read_text())
            named = {name: kind for one in tree.body if isinstance(one, ast.Assign) for name, kind in _constants(one)}
            for call in ast.walk(tree):
                if isinstance(call, ast.Call) and call.args and _name(call.func) in WRITES:
                    yield from _kinds(call.args[0], named)


def _name(called: ast.expr) -> str:
    return called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""


def _constants(line: ast.Assign) -> Iterator[tuple[str, object]]:
    names = getattr(line.targets[0], "elts", line.targets)
    for name, value in zip(names, getattr(line.value, "elts", [line.value]), strict=False):
        if isinstance(name, ast.Name) and isinstance(value, ast.Constant):
            yield name.id, value.value


def _kinds(told: ast.expr, named: dict) -> Iterator[str]:
    if isinstance(told, ast.IfExp):
        yield from _kinds(told.body, named)
        yield from _kinds(told.orelse, named)
    elif isinstance(told, ast.JoinedStr):
        yield told.values[0].value  # type: ignore[attr-defined,misc]
    else:
        kind = told.value if isinstance(told, ast.Constant) else named.get(getattr(told, "id", ""))
        if isinstance(kind, str) and re.fullmatch(r"[a-z_]+", kind):
            yield kind


def test_every_kind_that_is_written_down_has_words() -> None:
    kinds = set(written())
    begun = {one for one in kinds if one.endswith("_")}
    assert begun == set(TOGETHER)
    kinds = kinds - begun | {begin + rest for begin, rests in TOGETHER.items() for rest in rests}
    assert "subscribed" in kinds and len(kinds) > 100
    assert sorted(kinds - set(WORDS) - set(SAID)) == []
