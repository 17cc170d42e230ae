"""CSV: one row per decided task, one column per field that was ever asked for, and one per field that came with it."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

from projects.data.exporting.decided import Decided, decided
from projects.data.exporting.format import ExportFormat
from projects.models import Batch, Project
from projects.task_types.preference import Preference, items_of
from taskers.files.csv_cells import plain

FIRST = ("external_id", "batch", "content")
ITEMS = ("first_item", "second_item")  # of a pair, what made its candidates
LAST = ("confidence", "method", "decided_by", "at")
MOST_COLUMNS = 100  # of what came with the tasks; the rest shares one, as JSON
REST = "meta"


def write(project: Project, batch: Batch | None) -> Iterator[bytes]:
    """A heading and one line per task. Options are joined by "; ", the steps of a path by " > ". Text that a
    spreadsheet would take for a formula is led by an apostrophe.

    What came with a task comes back last, under its own name, or as `meta.name` where that is taken.
    """
    columns, items = _columns(project), ITEMS if project.task_type == Preference.key else ()
    own = [*FIRST, *items, *columns, *LAST]
    brought, rest = _brought(project, batch)
    headings = [plain(name if name not in own else f"meta.{name}") for name in [*brought, *([REST] if rest else [])]]
    yield line([*own, *headings], first=True)
    for one in decided(project, batch):
        values = {part["field"]: _plain(part) for part in one.answer["fields"]}
        made = [plain(key or "") for key in items_of(one.payload)] if items else []
        filled = [*made, *(values.get(column, "") for column in columns)]
        meta = dict(one.payload.get("meta") or {})
        more = [_cell(meta.pop(name, "")) for name in brought]
        more += [_cell(meta or "")] if rest else []
        yield line([plain(one.external_id), plain(one.batch), plain(_content(one)), *filled, *_last(one), *more])


def _columns(project: Project) -> list[str]:
    """Keys of the fields of all versions of the settings, the newest first: renamed fields keep their answers."""
    versions = project.settings.order_by("-version").values_list("fields", flat=True)
    return list(dict.fromkeys(field["key"] for fields in versions for field in fields))


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
    return [f"{one.confidence:.4f}", one.method, one.decided_by or "", one.at.isoformat()]


def _plain(part: dict[str, Any]) -> Any:
    value = part["value"]
    if isinstance(value, list):
        return (" > " if part["kind"] == "tree" else "; ").join(value)
    return plain(value) if isinstance(value, str) else value


def line(values: Sequence[Any], *, first: bool = False) -> bytes:
    """One line of a file; the first one says that it is UTF-8."""
    out = io.StringIO()
    csv.writer(out).writerow(values)
    return (("\ufeff" if first else "") + out.getvalue()).encode()


FORMAT = ExportFormat(
    key="table",
    title="Table (CSV)",
    note="One row per task and one column per field, for spreadsheets; the columns that a file brought come last.",
    ending=".csv",
    media_type="text/csv",
    write=write,
)
