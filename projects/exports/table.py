"""CSV: one row per decided task, one column per field that was ever asked for."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from projects.exports.decided import Decided, decided
from projects.exports.format import ExportFormat
from projects.models import Batch, Project
from projects.tasktypes.preference import Preference, items_of

FIRST = ("external_id", "batch", "content")
ITEMS = ("first_item", "second_item")  # of a pair, what made its candidates
LAST = ("confidence", "method", "decided_by", "at")
RISKY = ("=", "+", "-", "@", "\t", "\r")


def write(project: Project, batch: Batch | None) -> Iterator[bytes]:
    """A heading and one line per task. Options are joined by "; ", the steps of a path by " > ". Text that a
    spreadsheet would take for a formula is led by an apostrophe."""
    columns, items = _columns(project), ITEMS if project.task_type == Preference.key else ()
    yield line([*FIRST, *items, *columns, *LAST], first=True)
    for one in decided(project, batch):
        values = {part["field"]: _plain(part) for part in one.answer["fields"]}
        made = [safe(key or "") for key in items_of(one.payload)] if items else []
        filled = [*made, *(values.get(column, "") for column in columns)]
        yield line([safe(one.external_id), safe(one.batch), safe(_content(one)), *filled, *_last(one)])


def _columns(project: Project) -> list[str]:
    """Keys of the fields of all versions of the settings, the newest first: renamed fields keep their answers."""
    versions = project.settings.order_by("-version").values_list("fields", flat=True)
    return list(dict.fromkeys(field["key"] for fields in versions for field in fields))


def _content(one: Decided) -> str:
    return str(one.payload.get("name") or one.payload.get("text") or one.payload.get("prompt") or "")


def _last(one: Decided) -> list[Any]:
    return [f"{one.confidence:.4f}", one.method, one.decided_by or "", one.at.isoformat()]


def _plain(part: dict[str, Any]) -> Any:
    value = part["value"]
    if isinstance(value, list):
        return (" > " if part["kind"] == "tree" else "; ").join(value)
    return safe(value) if isinstance(value, str) else value


def safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(RISKY) else text


def line(values: Sequence[Any], *, first: bool = False) -> bytes:
    """One line of a file; the first one says that it is UTF-8."""
    out = io.StringIO()
    csv.writer(out).writerow(values)
    return (("\ufeff" if first else "") + out.getvalue()).encode()


FORMAT = ExportFormat(
    key="table",
    title="Table (CSV)",
    note="One row per task and one column per field, for spreadsheets.",
    ending=".csv",
    media_type="text/csv",
    write=write,
)
