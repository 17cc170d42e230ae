"""Hand-written statements, prepared by the server: a claim is planned once per connection, not once per claim.

Django sends parameters inside the text, so the server plans every statement anew; for the few that each click of each
tasker runs, planning costs more than running. The text of a statement is encoded once and each connection keeps one
cursor for all of them, which halves what asking costs here. Whoever listens to Django's queries (logs, wrappers,
`assertNumQueries`) hears these like any other, and errors are Django's.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Field, Model

M = TypeVar("M", bound=Model)


class PreparedCursor(psycopg.RawCursor):
    """A cursor with parameters bound by the server, whose every statement is prepared."""

    def execute(self, query, params=None, *, prepare=None, binary=None):  # type: ignore[override]
        # Django turns preparing off for its connections; it is on only while one of these statements is sent.
        before, self.connection.prepare_threshold = self.connection.prepare_threshold, 0
        try:
            return super().execute(query, params, prepare=True, binary=binary)
        finally:
            self.connection.prepare_threshold = before


def ask(statement: str, terms: Mapping[str, Any]) -> list[tuple]:
    """Run one prepared statement on Django's connection, inside its transaction; all its rows."""
    text, names = numbered(statement)
    values = [terms[name] for name in names]
    here = connections[DEFAULT_DB_ALIAS]  # once: `django.db.connection` looks it up at every touch
    here.ensure_connection()
    cursor = _cursor_of(here.connection)
    if here.queries_logged or here.execute_wrappers:
        heard = here._prepare_cursor(cursor)  # type: ignore[attr-defined]
        heard.execute(text, values)
        return heard.fetchall()
    here.validate_thread_sharing()
    here.validate_no_broken_transaction()
    with here.wrap_database_errors:
        cursor.execute(_encoded(text), values)
        return cursor.fetchall()


def _cursor_of(server: Any) -> PreparedCursor:
    """The cursor that a connection of psycopg keeps for all prepared statements; none of them leaves rows unread."""
    if (kept := vars(server).get("_tandem_cursor")) is None:
        kept = server._tandem_cursor = PreparedCursor(server)
    return kept


@cache
def _encoded(text: str) -> bytes:
    """The same object each time: its hash, by which the connection knows what it has prepared, is reckoned once."""
    return text.encode()


@cache
def numbered(statement: str) -> tuple[str, list[str]]:
    """A statement with $1, $2... for its %(name)s, as the server wants it, and the names in that order."""
    names: list[str] = []

    def number(found: re.Match) -> str:
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    return re.sub(r"%\((\w+)\)s", number, statement), names


def array(values: Sequence[object]) -> str:
    """Numbers, truths or UUIDs as PostgreSQL writes an array; for a placeholder that is cast to one."""
    return "{" + ",".join(map(str, values)) + "}"


def columns(model: type[Model], alias: str) -> str:
    """All columns of a model, in the order in which `row_of` takes them."""
    return ", ".join(f'{alias}."{field.column}"' for field in _fields(model))


def width(model: type[Model]) -> int:
    """How many columns that is."""
    return len(_fields(model))


def row_of(model: type[M], values: Sequence[Any]) -> M:
    """An instance from `columns`, as a QuerySet would have made it."""
    names, documents = _shape(model)
    plain = list(values)
    for place in documents:
        if isinstance(plain[place], str):
            plain[place] = json.loads(plain[place])
    return model.from_db("default", names, plain)


@cache
def _shape(model: type[Model]) -> tuple[list[str], list[int]]:
    """The attributes of a model, and which of them are JSON."""
    fields = _fields(model)
    documents = [place for place, one in enumerate(fields) if one.get_internal_type() == "JSONField"]
    return [one.attname for one in fields], documents


def _fields(model: type[Model]) -> Sequence[Field]:
    return model._meta.concrete_fields
