"""CSV: one row per decided task, one column per field that was ever asked for, and one per field that came with it."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from projects.data.exporting.decided import Decided
from projects.data.exporting.format import ExportFormat, one_file
from projects.data.exporting.source import Source
from projects.data.exporting.undecided import UNDECIDED
from projects.models import Batch, Project
from projects.task_types.preference import Preference, items_of
from taskers.files.csv_cells import plain

FIRST = ("external_id", "batch", "content")
ITEMS = ("first_item", "second_item")  # of a pair, what made its candidates
LAST = ("confidence", "method", "decided_by", "at", "answered_at", "seconds")
MOST_COLUMNS = 100  # of what came with the tasks; the rest shares one, as JSON
REST = "meta"


def lines(source: Source, split: str) -> Iterator[bytes]:
    """A heading and one line per task. Options are joined by "; ", the steps of a path by " > ". Text that a
    spreadsheet would take for a formula is led by an apostrophe.

    What came with a task comes back last, under its own name, or as `meta.name` where that is taken.
    """
    yield from (line(row, first=not number) for number, row in enumerate(_rows(source, split)))


def tab_lines(source: Source, split: str) -> Iterator[bytes]:
    """The same with tabs between the cells; tabs and line ends within one become spaces. A cell with a quote in it
    stands in quotes, as readers of such tables take it."""
    for row in _rows(source, split):
        out = io.StringIO()
        csv.writer(out, delimiter="\t", lineterminator="\n").writerow(map(_in_one_line, row))
        yield out.getvalue().encode()


def _in_one_line(cell: Any) -> Any:
    """A text without tabs and line ends, and no formula: it may begin as one once the blanks before it are gone."""
    return plain(" ".join(cell.split())) if isinstance(cell, str) else cell


def _rows(source: Source, split: str) -> Iterator[list[Any]]:
    project = source.project
    columns = list(dict.fromkeys(one["key"] for one in source.asked))
    items = ITEMS if project.task_type == Preference.key else ()
    own = [*FIRST, *items, *columns, *LAST]
    brought, rest = _brought(project, source.terms.batch)
    headings = [plain(name if name not in own else f"meta.{name}") for name in [*brought, *([REST] if rest else [])]]
    yield [*own, *headings]
    for one in source.tasks(split):
        values = {part["field"]: _plain(part, source.tag) for part in one.answer["fields"]}
        made = [plain(key or "") for key in items_of(one.payload)] if items else []
        filled = [*made, *(values.get(column, "") for column in columns)]
        meta = dict(one.payload.get("meta") or {})
        more = [_cell(meta.pop(name, "")) for name in brought]
        more += [_cell(meta or "")] if rest else []
        yield [plain(one.external_id), plain(one.batch), plain(_content(one)), *filled, *_last(one), *more]


def _brought(project: Project, batch: Batch | None) -> tuple[list[str], bool]:
    """The names of what came with the tasks, those of the oldest batch first, and whether there may be more."""
    rows = project.batches.order_by("pk") if batch is None else project.batches.filter(pk=batch.pk)
    found: dict[str, None] = {}
    rest = False
    for columns in rows.values_list("columns", flat=True):
        rest = rest or columns is None or len(columns) >= MOST_COLUMNS
        found |= dict.fromkeys(columns or ())
    names = list(found)
    return names[:MOST_COLUMNS], rest or len(names) > MOST_COLUMNS


def _cell(value: Any) -> Any:
    """What came with a task, in one cell: a text as it is, a number or truth as JSON has it, more as JSON."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return json.dumps(value, ensure_ascii=False)


def _content(one: Decided) -> str:
    return str(one.payload.get("name") or one.payload.get("text") or one.payload.get("prompt") or "")


def _last(one: Decided) -> list[Any]:
    confidence = "" if one.method == UNDECIDED else f"{one.confidence:.4f}"
    seconds = "" if one.source.duration_ms is None else one.source.duration_ms / 1000
    return [confidence, one.method, one.decided_by or "", one.at.isoformat(), one.answered_at.isoformat(), seconds]


def _plain(part: dict[str, Any], tag: Callable[[str], str]) -> Any:
    value = part["value"]
    if isinstance(value, list):
        return plain((" > " if part["kind"] == "tree" else "; ").join(map(tag, value)))
    if not isinstance(value, str):
        return value
    return plain(tag(value) if part["kind"] == "choice" else value)


def line(values: Sequence[Any], *, first: bool = False) -> bytes:
    """One line of a file; the first one says that it is UTF-8."""
    out = io.StringIO()
    csv.writer(out).writerow(values)
    return (("\ufeff" if first else "") + out.getvalue()).encode()


FORMAT = ExportFormat(
    key="table",
    title="Table (CSV)",
    note="One row per task and one column per field, for spreadsheets; the columns that a file brought come last.",
    loses="Provenance, judgements, how a picture looks and the texts of a pair; what looks like a formula has an "
    "apostrophe before it.",
    task_types=("classification", "preference"),
    ending=".csv",
    media_type="text/csv",
    write=one_file(lines, ".csv"),
    undecided=True,
)
TABS = FORMAT._replace(
    key="tsv",
    title="Table (TSV)",
    note="The same columns with tabs between them, for programs.",
    loses="Provenance, judgements, how a picture looks, the texts of a pair, and line ends; what looks like a formula "
    "has an apostrophe before it.",
    ending=".tsv",
    media_type="text/tab-separated-values; charset=utf-8",
    write=one_file(tab_lines, ".tsv"),
)
