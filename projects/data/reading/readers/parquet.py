"""Parquet tables, a few rows at a time. What their columns become: see columns.py.

pyarrow is loaded when such a file is read and not before: it weighs tens of megabytes in memory."""

import datetime
import decimal
import math
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

from projects.data.connectors.files import Files
from projects.data.limits import (
    MAX_CHUNK_BYTES,
    MAX_CHUNK_RATIO,
    MAX_NESTED_VALUES,
    MAX_PARQUET_DEPTH,
    MAX_PARQUET_VALUES,
    MAX_TEXT_BYTES,
)
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.readers.columns import Columns, each_table
from projects.data.reading.readers.going_on import Later, after
from projects.data.reading.readers.json_parts import loads
from projects.data.reading.readers.listing import heads, listed, seekable
from projects.data.reading.readers.nesting import TooManyValues
from projects.data.reading.readers.picture_files import is_picture
from projects.data.reading.rows import Fault, Item
from projects.errors import Refused

ENDINGS = (".parquet", ".pq")
AT_ONCE = 100  # rows
BUFFER = 1024 * 1024  # bytes of a column that are read at a time
MAX_VALUE = 4 * 1024 * 1024  # characters


def read(files: Files, reading: Reading) -> Iterator[Item]:
    """The rows of every table, in the order of their names."""
    return after(each_table(files, reading, ENDINGS, _rows), reading.skip)


def _rows(files: Files | None, chosen: Mapping[str, str], file: BinaryIO) -> Iterator[Item | Later]:
    number = 0
    with seekable(file) as open_file:
        table = opened(open_file)
        columns = Columns.of(table.schema_arrow.names, chosen, "the columns")
        classes = classes_of(table.schema_arrow)
        named = [classes.get(name) for name in table.schema_arrow.names]
        for values in each_row(table):
            number += 1
            yield Later(_row, f"row {number}", values, columns, named, files)
    if not number:
        raise Refused("The table has no rows.", code="empty-file")


def opened(file: BinaryIO) -> Any:
    """A Parquet file, with its footer read. Raises Refused."""
    import pyarrow
    from pyarrow import parquet

    try:
        table = parquet.ParquetFile(file, buffer_size=BUFFER, thrift_string_size_limit=MAX_TEXT_BYTES)
        _check_groups(table.metadata)
        return table
    except (pyarrow.ArrowException, OSError, ValueError) as problem:
        raise damaged(problem) from None


def _check_groups(told: Any) -> None:
    """Raises Refused for a group of rows that would unpack to far more than was sent, by the file's own list."""
    for number in range(told.num_row_groups):
        group = told.row_group(number)
        for column in (group.column(at) for at in range(group.num_columns)):
            place = f"{column.path_in_schema[:60]}, group {number + 1}"
            packed = max(1, column.total_compressed_size)
            if column.total_uncompressed_size > max(MAX_CHUNK_BYTES, packed * MAX_CHUNK_RATIO):
                text = "The column unpacks to far more than any column of its kind would."
                raise Refused(text, code="zip-bomb", place=place)
            if column.num_values > max(MAX_NESTED_VALUES, group.num_rows):
                text = "The column's lists hold %(number)s values in one group of rows: write smaller groups."
                raise Refused(text, code="too-large", place=place, number=column.num_values)


def each_row(table: Any) -> Iterator[list[Any]]:
    """The values of each row of a Parquet file. Raises Refused where it is damaged."""
    import pyarrow

    try:
        for batch in table.iter_batches(batch_size=AT_ONCE):
            batch.validate(full=True)  # a damaged one may point anywhere, and is believed
            for number in range(batch.num_rows):
                check_row(batch, number)
                yield [value_of(column[number]) for column in batch.columns]
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as problem:
        raise damaged(problem) from None


def check_row(batch: Any, number: int) -> None:
    """Raises TooManyValues for a row with more values than are held at once."""
    if sum(_values_in(column.slice(number, 1)) for column in batch.columns if column.type.num_fields) > (
        MAX_PARQUET_VALUES
    ):
        raise TooManyValues()


def _values_in(column: Any) -> int:
    """How many values a column of lists, maps and structs holds in all."""
    kind, number = column.type, len(column)
    if not kind.num_fields or not number:
        return number
    inner = column.flatten()
    return number + sum(map(_values_in, inner if isinstance(inner, list) else [inner]))


class Unreadable(NamedTuple):
    """A value that stands in a table and nobody can say what it is: a moment beyond all years, say."""

    why: str


def value_of(scalar: Any) -> Any:
    """A value of a table."""
    try:
        return scalar.as_py()
    except (ValueError, OverflowError) as problem:
        return Unreadable(str(problem).strip().rstrip(".")[:200])


def damaged(problem: Exception) -> Refused:
    """What is raised of a table that can't be read."""
    reason = str(problem).strip().rstrip(".")[:200] or type(problem).__name__
    return Refused("The table is damaged: %(problem)s.", code="not-parquet", problem=reason)


def classes_of(schema: Any) -> dict[str, list[str]]:
    """Of the columns that hold numbers of classes, as Hugging Face's files say of themselves, the names."""
    try:
        told = loads(((schema.metadata or {}).get(b"huggingface") or b"{}").decode("utf-8", "replace"))
        features = told["info"]["features"]
    except (Refused, KeyError, TypeError):
        return {}
    found: dict[str, list[str]] = {}
    for column, feature in features.items() if isinstance(features, dict) else ():
        inner = feature[0] if isinstance(feature, list) and feature else feature
        inner = inner.get("feature", inner) if isinstance(inner, dict) else None
        if isinstance(inner, dict) and inner.get("_type") == "ClassLabel" and isinstance(inner.get("names"), list):
            found[str(column)] = [str(one) for one in inner["names"]]
    return found


def _class(names: list[str], value: Any) -> Any:
    """A class by its name; what is no number of one stays as it is."""
    if isinstance(value, list):
        return [_class(names, one) for one in value]
    known = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(names)
    return names[value] if known else value


def _row(place: str, values: list[Any], columns: Columns, named: list[list[str] | None], files: Files | None) -> Item:
    try:
        found = [plain(value, f"column {name}") for name, value in zip(columns.names, values, strict=True)]
        found = [_class(names, value) if names else value for names, value in zip(named, found, strict=True)]
    except Refused as refused:
        return Fault.of(refused, place)
    return columns.item(place, found, sum(len(str(value)) for value in found), files)


def plain(value: Any, place: str, depth: int = 0) -> Any:
    """A table's value as JSON has it. Raises Refused."""
    if depth > MAX_PARQUET_DEPTH:
        raise Refused("The value is nested too deep.", code="too-deep", place=place)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Unreadable):
        raise Refused("The value can't be read: %(problem)s.", code="bad-value", place=place, problem=value.why)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        if len(value) > MAX_VALUE:
            raise Refused("The value is too long.", code="too-long", place=place)
        return value
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, list | tuple):
        return [plain(one, place, depth + 1) for one in value]
    if isinstance(value, dict):
        return {str(name): plain(one, place, depth + 1) for name, one in value.items()}
    text = "A value of the kind “%(kind)s” can't be kept."
    raise Refused(text, code="unknown-kind", place=place, kind=type(value).__name__)


def _recognises(files: Files) -> bool:
    names = [entry.name for entry in listed(files)]
    parquets = any(found.startswith(b"PAR1") for found in heads(files, ENDINGS))
    return parquets and all(name.lower().endswith(ENDINGS) or is_picture(name) for name in names)


FORMAT = ImportFormat(
    key="parquet",
    title="Parquet table",
    note="One row per item. Columns are mapped; those that nothing is made of come back as meta.",
    task_types=("text_spans", "classification", "preference", "image_regions"),
    endings=ENDINGS,
    recognises=_recognises,
    read=read,
)
