"""Lists of labels: what of a list is a label, and a project's labels as a list. label_plan.py puts one into a table."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from projects.configuration import label_keys
from projects.data.connectors.upload import OneFile
from projects.data.reading import sandboxed
from projects.data.reading.read_labels import COLUMNS, LABEL, LINE, MAX_LIST_BYTES, ListTooLarge, Row
from projects.models import limits
from projects.task_types.region_shapes import SHAPES
from taskers.files import csv_cells

LIST_FILE = "labels"
MAX_READ_SECONDS = 30.0  # of one list, with the start of the process that reads it
COLOUR = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})")
KEY = re.compile(r"[-\w]+")
FIELDS = {"name": "name", "key": "key", "color": "colour", "hotkey": "hotkey", "shapes": "shapes", "parent": "parent"}


@dataclass(frozen=True)
class Rejection:
    """A row that is left out, or one value of it: its number, its label, the column at fault, and what to do."""

    row: int
    name: str
    column: str
    text: str


@dataclass
class LabelList:
    """The labels of a list, each with its row and only what the list says of it; and what of the list isn't taken."""

    unit: str = LABEL  # what the rows' numbers count
    labels: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    rejected_values: list[Rejection] = field(default_factory=list)  # of labels that are taken without them
    ignored: list[str] = field(default_factory=list)  # names of columns


class _Fault(ValueError):
    """A column and what to do about it."""


# Reading


def read(text: str) -> LabelList:
    """The labels of a text in whichever format it is. Raises Refused or CannotRead where nothing can be read of it."""
    data = text.encode("utf-8", "replace")
    if len(data) > MAX_LIST_BYTES:
        raise ListTooLarge()
    file = OneFile(io.BytesIO(data), LIST_FILE, len(data))
    with sandboxed.started(_("the list"), is_upload=False, max_silence=MAX_READ_SECONDS) as reader:
        rows = reader.labels(file, limits.LABELS)
    return replace(checked(rows.rows, rows.unit), ignored=list(rows.ignored))


def checked(rows: Iterable[Row], unit: str = LABEL) -> LabelList:
    """The labels of these rows. A row at fault is left out and says why; at fault in its colour or hotkey, which a
    label can do without, it is taken without that."""
    result = LabelList(unit=unit)
    owners: dict[tuple[str, str], str] = {}
    for number, columns in rows:
        try:
            label = _label(columns)
            if clash := next((pair for pair in _unique(label) if pair in owners), None):
                raise _Fault(clash[0], same_text(clash[0], owners[clash]))
        except _Fault as fault:
            column, text = fault.args
            name = columns.get("name")
            name = str(name)[: limits.LABEL_NAME] if isinstance(name, str | int | float) else ""
            result.rejected.append(Rejection(number, name, column, text))
            continue
        for column, read_value in (("color", _colour), ("hotkey", _hotkey)):
            try:
                value = read_value(columns.get(column))
                if column == "hotkey" and (column, value) in owners:
                    raise _Fault(column, same_text(column, owners[column, value]))
                label |= {column: value} if value else {}
            except _Fault as fault:
                result.rejected_values.append(Rejection(number, label["name"], *fault.args))
        words = {"name": label["name"], "number": number}
        place = _("“%(name)s” in line %(number)s") if unit == LINE else _("“%(name)s”, label %(number)s")
        owners |= dict.fromkeys(_unique(label), place % words)
        result.labels.append(label | {"row": number})
    return result


def _label(columns: Mapping[str, Any]) -> dict[str, Any]:
    texts = {name: _text(name, columns.get(name)) for name in ("name", "key", "parent")}
    label: dict[str, Any] = {name: text for name, text in texts.items() if text}
    if not label_keys.key_of({"name": texts["name"]}):
        raise _Fault("name", _("Give it a name with a letter or a digit."))
    if len(texts["name"]) > limits.LABEL_NAME:
        raise _Fault("name", _("Shorten the name to %(most)s characters.") % {"most": limits.LABEL_NAME})
    if texts["key"] and (not KEY.fullmatch(texts["key"]) or len(texts["key"]) > limits.KEY):
        raise _Fault("key", _("Use at most %(most)s letters, digits, - and _.") % {"most": limits.KEY})
    if shapes := _shapes(columns.get("shapes")):
        label["shapes"] = shapes
    return label


def _colour(value: object) -> str:
    colour = _text("color", value).lower()
    if colour and not COLOUR.fullmatch(colour):
        raise _Fault("color", _("Write the colour like #1971c2, or leave it empty."))
    return colour if len(colour) != 4 else "#" + "".join(digit * 2 for digit in colour[1:])


def _hotkey(value: object) -> str:
    hotkey = _text("hotkey", value).lower()
    if len(hotkey) > 1 or (hotkey and not hotkey.isalnum()):
        raise _Fault("hotkey", _("Use one letter or digit, or leave it empty."))
    return hotkey


def _text(column: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float | None):
        raise _Fault(column, _("Write a text here."))
    text = "" if value is None else str(value).strip()
    if any(ord(letter) < 32 or "\ud800" <= letter <= "\udfff" for letter in text):
        raise _Fault(column, _("Take out line ends and characters that can't be stored."))
    return text


def _shapes(value: object) -> list[str]:
    words = value if isinstance(value, list) else re.split(r"[\s,;|]+", _text("shapes", value))
    shapes = [_text("shapes", word).lower() for word in words if word]
    if not set(shapes) <= set(SHAPES):
        raise _Fault("shapes", _("Use these shapes: %(shapes)s.") % {"shapes": ", ".join(SHAPES)})
    return [shape for shape in SHAPES if shape in shapes]


def _unique(label: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What no two labels share: columns and their values."""
    pairs = [("name", label["name"].casefold()), ("key", label_keys.key_of(label)), ("hotkey", label.get("hotkey", ""))]
    return [(column, value) for column, value in pairs if value]


def same_text(column: str, other: str) -> str:
    """What to do where another label has the same name, key or hotkey."""
    texts = {
        "name": _("%(other)s has the same name: give one of them another name, or leave one out."),
        "key": _("%(other)s has the same key: give one of them another key."),
        "hotkey": _("%(other)s has the same hotkey: give one of them another hotkey."),
    }
    return texts[column] % {"other": other}


# Writing


def as_csv(labels: Iterable[Mapping[str, Any]]) -> str:
    """Labels in use as a list that `read` takes, whose cells no spreadsheet computes."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for entry in entries(labels):
        cells = entry | {"shapes": " ".join(entry["shapes"])}
        writer.writerow({name: csv_cells.plain(cell) for name, cell in cells.items()})
    return text.getvalue()


def as_json(labels: Iterable[Mapping[str, Any]]) -> str:
    """Labels in use as a list that `read` takes."""
    return json.dumps(entries(labels), ensure_ascii=False, indent=1)


def entries(labels: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Labels in use with the columns of a list."""
    return [
        {column: label.get(name) or "" for column, name in FIELDS.items()} | {"shapes": list(label.get("shapes") or [])}
        for label in labels
    ]
