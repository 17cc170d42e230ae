"""Rows of the database as Parquet, and back again without a difference.

A file of tasks has one row per task; what hung on the task lies in it as lists of records. Columns are the columns of
the tables, JSON as text, times in microseconds of UTC. Any reader of Parquet can open it. Only this module knows
pyarrow, and loads it when it is needed: it weighs tens of megabytes in memory.
"""

import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models

SCHEMA = 1  # version of the layout
M = TypeVar("M", bound=models.Model)
Record = dict[str, Any]
Children = dict[str, type[models.Model]]


def record_of(row: models.Model) -> Record:
    """A row in plain values."""
    return {field.attname: _plain(field, getattr(row, field.attname)) for field in row._meta.concrete_fields}


def row_of(model: type[M], record: Record) -> M:
    """The row again, not saved. A column that the file doesn't know has its default, one that is gone is left out."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    return model(**{name: _value(fields[name], value) for name, value in record.items() if name in fields})


def write(records: Sequence[Record], model: type[models.Model], children: Children | None = None) -> bytes:
    """The records as one Parquet file."""
    import pyarrow as arrow
    from pyarrow import parquet

    fields = [arrow.field(name, kind) for name, kind in _columns(model)]
    for name, child in (children or {}).items():
        record = arrow.struct([arrow.field(column, kind) for column, kind in _columns(child)])
        fields.append(arrow.field(name, arrow.list_(record)))
    schema = arrow.schema(fields, metadata={"tandem": str(SCHEMA)})
    file = io.BytesIO()
    parquet.write_table(arrow.Table.from_pylist(list(records), schema=schema), file, compression="zstd")
    return file.getvalue()


def read(data: bytes) -> list[Record]:
    """The records of a Parquet file that `write` made."""
    from pyarrow import parquet

    return parquet.read_table(io.BytesIO(data)).to_pylist()


def _columns(model: type[models.Model]) -> list[tuple[str, Any]]:
    return [(field.attname, _kind(field)) for field in model._meta.concrete_fields]


def _kind(field: models.Field) -> Any:
    import pyarrow as arrow

    match field:
        case ArrayField():
            return arrow.list_(arrow.int64())
        case models.BooleanField():
            return arrow.bool_()
        case models.DateTimeField():
            return arrow.timestamp("us", tz="UTC")
        case models.FloatField():
            return arrow.float64()
        case models.IntegerField() | models.AutoField() | models.ForeignKey():
            return arrow.int64()
        case models.CharField() | models.TextField() | models.UUIDField() | models.JSONField():
            return arrow.string()
        case _:
            raise TypeError(f"{field} has no place in the archive yet: give it a kind here.")


def _plain(field: models.Field, value: Any) -> Any:
    if isinstance(field, models.JSONField):
        return json.dumps(value, ensure_ascii=False)
    return str(value) if isinstance(value, UUID) else value


def _value(field: models.Field, value: Any) -> Any:
    if isinstance(field, models.JSONField):
        return json.loads(value)
    if isinstance(field, models.UUIDField) and value is not None:
        return UUID(value)
    return value.astimezone(UTC) if isinstance(value, datetime) else value
