"""Who writes which table: by its model, by a QuerySet that was given a name first, or in SQL of its own."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.apps import apps

from tests.support.walls import parsed

VERBS = {"create", "update", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "save"}
SQL = re.compile(
    r"\b(?:INSERT INTO|UPDATE|DELETE FROM|COPY) (?:ONLY )?(?:assist|projects|taskers)_(\w+)\b([^;]{0,400})"
)
HOLDS = re.compile(r"\bSET\b[^;]*?\b(?:wanted|withheld)\b\s*=")
HELD = {"wanted", "withheld"}  # what the queue alone changes of a task; others load tasks and archive them


@cache
def written_by(path: Path) -> frozenset[str]:
    """The models whose rows this file writes; Task where it changes what is wanted or withheld."""
    return frozenset(writes(parsed(path), path.read_text()))


def writes(tree: ast.Module, source: str) -> set[str]:
    """The same of a file's source."""
    found = {noun for noun, columns in _by_model(tree) if noun != "Task" or HELD & columns}
    for table, rest in SQL.findall(source):
        if table != "task" or HOLDS.search(rest):
            found.add(NOUNS.get(table, table))
    return found


# The names of tables, without their app, and of their models.
NOUNS = {model._meta.db_table.partition("_")[2]: model.__name__ for model in apps.get_models() if not model._meta.proxy}


def _by_model(tree: ast.Module) -> Iterator[tuple[str, set[str]]]:
    """The models that are written by their QuerySets, each with the columns that the call names."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for scope in [tree, *functions]:
        named = dict(_named(scope))
        for node in ast.walk(scope):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in VERBS:
                begins = _begins(node.func.value)
                if noun := named.get(begins, begins.removesuffix(".objects") if begins.endswith(".objects") else ""):
                    if node.func.attr in {"update", "save", "bulk_update"}:
                        yield noun, {one.arg for one in node.keywords if one.arg}
                    else:
                        yield noun, set()


def _named(scope: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign) and (begins := _begins(node.value)).endswith(".objects"):
            yield from (
                (target.id, begins.removesuffix(".objects")) for target in node.targets if isinstance(target, ast.Name)
            )


def _begins(node: ast.AST) -> str:
    """What a chain of calls begins with: "Noun.objects", a variable's name, or nothing of either."""
    while True:
        if isinstance(node, ast.Attribute):
            if node.attr == "objects" and isinstance(node.value, ast.Name):
                return f"{node.value.id}.objects"
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Subscript):
            node = node.value
        else:
            return node.id if isinstance(node, ast.Name) else ""
