"""Hand-written statements, prepared by the server: a claim is planned once per connection, not once per claim.

Django sends parameters inside the text, so the server plans every statement anew; for the few that each click of each
tasker runs, planning costs more than running. The text of a statement is encoded once and each connection keeps one
cursor for all of them, which halves what asking costs here. Whoever listens to Django's queries (logs, wrappers,
`assertNumQueries`) hears these like any other, and errors are Django's.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, TypeVar, overload
from uuid import UUID

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Field, Model
from django.db.models.base import ModelState
from psycopg.types.datetime import TimestamptzLoader

A = TypeVar("A", bound=tuple)
B = TypeVar("B", bound=tuple)
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
    return _run(statement, terms).fetchall()


@overload
def ask_rows(statement: str, terms: Mapping[str, Any], of: type[A]) -> list[A]: ...
@overload
def ask_rows(statement: str, terms: Mapping[str, Any], of: type[A], beside: type[B]) -> list[tuple[A, B]]: ...
def ask_rows(statement, terms, of, beside=None):
    """The same by name: each row as a NamedTuple whose fields are columns of the statement, or as two of them."""
    cursor = _run(statement, terms)
    pick = _picking(statement, of, cursor)
    if beside is None:
        return [of._make(pick(row)) for row in cursor.fetchall()]
    pick_beside = _picking(statement, beside, cursor)
    return [(of._make(pick(row)), beside._make(pick_beside(row))) for row in cursor.fetchall()]


def ask_named(statement: str, terms: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The same, each row by the names of its columns, for those that are read by several (see `from_columns`)."""
    cursor = _run(statement, terms)
    if (names := _known.get((statement, dict))) is None:
        names = _known[statement, dict] = [one.name for one in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def ask_models(statement: str, terms: Mapping[str, Any], **models: type[Model]) -> list[tuple[Any, ...]]:
    """The same as instances: of each row those of `models`, by the alias that `columns` was given for each.

    None where its key is NULL: a LEFT JOIN found none.
    """
    cursor = _run(statement, terms)
    made = [_making(statement, alias, model, cursor) for alias, model in models.items()]
    return [tuple(make(row) for make in made) for row in cursor.fetchall()]


def _run(statement: str, terms: Mapping[str, Any]) -> Any:
    """The cursor that has its rows."""
    text, names = numbered(statement)
    values = [_plain(terms[name]) for name in names]
    here = connections[DEFAULT_DB_ALIAS]  # once: `django.db.connection` looks it up at every touch
    here.ensure_connection()
    cursor = _cursor_of(here.connection)
    if here.queries_logged or here.execute_wrappers:
        here._prepare_cursor(cursor).execute(text, values)  # type: ignore[attr-defined]
        return cursor
    here.validate_thread_sharing()
    here.validate_no_broken_transaction()
    with here.wrap_database_errors:
        cursor.execute(_encoded(text), values)
    return cursor


# How rows become what they are read as, by statement: the columns of a statement are always the same.
_known: dict[tuple[str, Any], Any] = {}


def _picking(statement: str, of: type[tuple], cursor: Any) -> Any:
    """Takes from a row what a NamedTuple asks for, in its order."""
    if (found := _known.get((statement, of))) is None:
        names = [one.name for one in cursor.description]
        places = [names.index(name) for name in of._fields]  # type: ignore[attr-defined]
        found = _known[statement, of] = itemgetter(*places) if len(places) > 1 else lambda row: (row[places[0]],)
    return found


def _making(statement: str, alias: str, model: type[Model], cursor: Any) -> Any:
    """Makes the instance of a row that stands under this alias."""
    if (found := _known.get((statement, alias))) is None:
        names = [one.name for one in cursor.description]
        places = [names.index(f"{alias}.{field.column}") for field in _fields(model)]
        pick, key = itemgetter(*places), names.index(f"{alias}.{model._meta.pk.column}")  # type: ignore[union-attr]

        def found(row: tuple) -> Model | None:
            return None if row[key] is None else row_of(model, pick(row))

        _known[statement, alias] = found
    return found


def _cursor_of(server: Any) -> PreparedCursor:
    """The cursor that a connection of psycopg keeps for all prepared statements; none of them leaves rows unread."""
    if (kept := vars(server).get("_tandem_cursor")) is None:
        kept = server._tandem_cursor = PreparedCursor(server)
        # The driver's own, in C: Django's reads each moment twice, to give it the same time zone again.
        kept.adapters.register_loader("timestamptz", TimestamptzLoader)
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


def _plain(value: Any) -> Any:
    """Lists of numbers, truths or UUIDs as `array` writes them, which is quicker than the driver; the rest as it is."""
    if type(value) is list and (not value or type(value[0]) in _WRITTEN or value[0] is None):
        return array(value)
    return value


_WRITTEN = {int, float, bool, UUID}


def array(values: Iterable[object]) -> str:
    """Numbers, truths, UUIDs or None as PostgreSQL writes an array; for a placeholder that is cast to one."""
    return "{" + ",".join("NULL" if one is None else str(one) for one in values) + "}"


def columns(model: type[Model], alias: str) -> str:
    """All columns of a model, in the order in which `row_of` takes them, named for `ask_models`."""
    return ", ".join(f'{alias}."{field.column}" AS "{alias}.{field.column}"' for field in _fields(model))


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
    # What Model.__init__ would do, one setattr and two signals that nobody hears at a time, takes four times as long.
    made = model.__new__(model)
    vars(made).update(zip(names, plain, strict=True), _state=ModelState())
    made._state.adding, made._state.db = False, DEFAULT_DB_ALIAS
    return made


def from_columns(model: type[M], alias: str, row: Mapping[str, Any]) -> M:
    """The same from a row of `ask_named` that has `columns` under this alias among others."""
    return row_of(model, [row[f"{alias}.{field.column}"] for field in _fields(model)])


@cache
def _shape(model: type[Model]) -> tuple[list[str], list[int]]:
    """The attributes of a model, and which of them are JSON."""
    fields = _fields(model)
    documents = [place for place, one in enumerate(fields) if one.get_internal_type() == "JSONField"]
    return [one.attname for one in fields], documents


def _fields(model: type[Model]) -> Sequence[Field]:
    return model._meta.concrete_fields
