"""Hand-written statements, prepared by the server: a claim is planned once per connection, not once per claim.

Django sends parameters inside the text, so the server plans every statement anew; for the few that each click of each
tasker runs, planning costs more than running. They still go through Django's cursor wrapper: errors, query logs and
`assertNumQueries` see them like any other.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import psycopg
from django.db import connection
from django.db.models import Field, Model

M = TypeVar("M", bound=Model)


class PreparedCursor(psycopg.Cursor):
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
    connection.ensure_connection()
    with connection._prepare_cursor(PreparedCursor(connection.connection)) as cursor:  # type: ignore[attr-defined]
        cursor.execute(statement, terms)
        return cursor.fetchall()


def columns(model: type[Model], alias: str) -> str:
    """All columns of a model, in the order in which `row_of` takes them."""
    return ", ".join(f'{alias}."{field.column}"' for field in _fields(model))


def width(model: type[Model]) -> int:
    """How many columns that is."""
    return len(_fields(model))


def row_of(model: type[M], values: Sequence[Any]) -> M:
    """An instance from `columns`, as a QuerySet would have made it."""
    plain = [
        json.loads(value) if isinstance(value, str) and field.get_internal_type() == "JSONField" else value
        for field, value in zip(_fields(model), values, strict=True)
    ]
    return model.from_db("default", [field.attname for field in _fields(model)], plain)


def _fields(model: type[Model]) -> Sequence[Field]:
    return model._meta.concrete_fields
