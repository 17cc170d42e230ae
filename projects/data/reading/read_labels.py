"""Lists of labels as text: CSV, JSON, YAML, or a labelling configuration of Label Studio, read into rows of columns.

It runs in the sandboxed reader (process.py); what the rows say is checked by the process that asked (label_lists.py).
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

from projects.data.limits import MIB
from projects.data.reading.readers import xml_files, yaml_files
from projects.errors import Refused
from taskers.files import csv_cells

MAX_LIST_BYTES = MIB
MAX_IGNORED_COLUMNS = 20  # that are named
MAX_COLUMN_NAME = 60  # characters that are shown
COLUMNS = ("name", "key", "color", "hotkey", "shapes", "parent")
OTHER_COLUMNS = {"label": "name", "value": "name", "colour": "color", "background": "color", "shape": "shapes"}
DELIMITERS = ",;\t"
YAML = re.compile(r"(?:#.*\n|\s+)*(?:---|-\s|labels\s*:)")
LINE, LABEL = "line", "label"  # what the numbers of rows count
# Label Studio's tags that hold labels, and the shape that people mark with each.
LABEL_STUDIO_SHAPES = {
    "RectangleLabels": "box",
    "PolygonLabels": "polygon",
    "BrushLabels": "mask",
    "BitmaskLabels": "mask",
    "KeyPointLabels": "point",
    "EllipseLabels": "mask",
    "VectorLabels": "polyline",
}
# Colours that configurations call by name; a label with another name for its colour is given one by the label table.
NAMED_COLOURS = {
    "red": "#ff0000", "green": "#008000", "blue": "#0000ff", "orange": "#ffa500", "yellow": "#ffff00",
    "purple": "#800080", "pink": "#ffc0cb", "brown": "#a52a2a", "black": "#000000", "white": "#ffffff",
    "gray": "#808080", "grey": "#808080", "cyan": "#00ffff", "magenta": "#ff00ff", "lime": "#00ff00",
    "darkorange": "#ff8c00", "darkblue": "#00008b", "darkgreen": "#006400", "darkred": "#8b0000",
    "lightblue": "#add8e6", "lightgreen": "#90ee90", "navy": "#000080", "teal": "#008080", "olive": "#808000",
}  # fmt: skip

Row = tuple[int, Mapping[str, Any]]  # its line, or its number in the list; and what its columns hold


class LabelRows(NamedTuple):
    """What of a list is a row: what the rows' numbers count, the rows, and the columns of other names."""

    unit: str
    rows: Sequence[Row]
    ignored: Sequence[str]


class ListTooLong(Refused):
    """The list has more than %(most)s labels, as many as a project may have: shorten it."""

    code = "too-many-labels"

    def __init__(self, max_labels: int, place: str = "") -> None:
        super().__init__(place=place, most=max_labels)


class ListTooLarge(Refused):
    """The list is larger than %(size)s MiB: shorten it."""

    code = "too-large"

    def __init__(self) -> None:
        super().__init__(size=MAX_LIST_BYTES // MIB)


def read(data: bytes, max_labels: int) -> LabelRows:
    """The rows of a list in whichever format it is. Raises Refused where nothing can be read."""
    if len(data) > MAX_LIST_BYTES:
        raise ListTooLarge()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("The list isn't encoded as UTF-8: save it so, and load it again.", code="not-utf-8") from None
    start = text.strip("\ufeff \t\r\n")
    if not start:
        raise Refused("The list is empty: paste labels, or load a file.", code="empty-list")
    unit, reader = _reader_of(start)
    rows: list[Row] = []
    for row in reader(text):
        if len(rows) == max_labels:
            raise ListTooLong(max_labels, f"line {row[0]}" if unit == LINE else "")
        rows.append(row)
    names = dict.fromkeys(name for _number, columns in rows for name in columns)
    ignored = [name[:MAX_COLUMN_NAME] for name in names if name and name not in COLUMNS][:MAX_IGNORED_COLUMNS]
    plain = [(number, {name: _plain(columns[name]) for name in COLUMNS if name in columns}) for number, columns in rows]
    return LabelRows(unit, plain, ignored)


def _reader_of(start: str) -> tuple[str, Callable[[str], Iterable[Row]]]:
    if start[0] == "<":
        return LABEL, read_label_studio
    if start[0] in "[{":
        return LABEL, read_json
    return (LABEL, read_yaml) if YAML.match(start) else (LINE, read_csv)


def _plain(value: object) -> object:
    """A text, a number or a list of these; whatever is none of them is an empty object, which no column takes."""
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return value
    return value if value is None or isinstance(value, str | int | float) else {}


def read_csv(text: str) -> Iterator[Row]:
    """Rows under a header that names columns; without one, a name in each line."""
    first = text.lstrip().split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: list[str] | None = None
    try:
        for cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            place = f"line {lines.line_num}"
            if columns is None:
                columns = _header(cells, place)
                if columns:
                    continue
            _check_cells(cells, columns, place)
            yield lines.line_num, dict(zip(columns or ["name"], map(_cell, cells), strict=False))
    except csv.Error as problem:
        reason = "This is no CSV: %(problem)s. Close its quotation marks."
        place = f"line {lines.line_num}"
        raise Refused(reason, code="not-csv", place=place, problem=str(problem)[:200]) from None


def _header(cells: Sequence[str], place: str) -> list[str]:
    """The names of columns; none where the line is no header."""
    columns = [_column(cell) for cell in cells]
    known = [column for column in columns if column in COLUMNS]
    if "name" not in known:
        return []
    if len(known) > len(set(known)):
        text = "Two columns are called “%(column)s”: leave one of them out."
        twice = next(column for column in known if known.count(column) > 1)
        raise Refused(text, code="column-twice", place=place, column=twice)
    return columns


def _check_cells(cells: Sequence[str], columns: Sequence[str], place: str) -> None:
    if not any(cell.strip() for cell in cells[max(len(columns), 1) :]):
        return
    if columns:
        text = "This line has more cells than the header: put quotation marks around a name with a separator in it."
        raise Refused(text, code="too-many-cells", place=place)
    raise Refused(
        "This line has several cells and the list has no header: begin with a line such as name,key,color, or put "
        "quotation marks around a name with a separator in it.",
        code="too-many-cells",
        place=place,
    )


def _cell(text: str) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from computing it (label_lists.as_csv)."""
    plain = text.removeprefix("'")
    return plain if csv_cells.plain(plain) == text else text


def read_json(text: str) -> Iterable[Row]:
    """A list of names or objects, alone or as "labels" of an object."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as problem:
        place = f"line {problem.lineno}, column {problem.colno}"
        raise Refused("This is no JSON: %(problem)s.", code="not-json", place=place, problem=problem.msg) from None
    except (ValueError, RecursionError):
        text = "This JSON nests too deep, or holds too long a number: write a plain list of labels."
        raise Refused(text, code="not-json") from None
    return _listed(value)


def read_yaml(text: str) -> Iterable[Row]:
    """The same as YAML, whose values are texts."""
    return _listed(yaml_files.loads(text))


def _listed(value: object) -> Iterable[Row]:
    if isinstance(value, Mapping):
        value = value.get("labels")
    if not isinstance(value, list):
        text = "Here are no labels: write a list of them, alone or under “labels”."
        raise Refused(text, code="no-list")
    return ((number, _columns(entry)) for number, entry in enumerate(value, start=1))


def _columns(entry: object) -> Mapping[str, Any]:
    if isinstance(entry, Mapping):
        return {_column(str(name)): value for name, value in entry.items()}
    return {"name": {} if isinstance(entry, list) else entry}


def _column(name: str) -> str:
    plain = name.strip().lower()
    return OTHER_COLUMNS.get(plain, plain)


def read_label_studio(text: str) -> Iterable[Row]:
    """Labels and choices of a labelling configuration; one that stands under several tags has all their shapes."""
    labels: dict[tuple[str, str], dict[str, Any]] = {}
    root = xml_files.root_of(text.strip().encode("utf-8", "replace"))
    for element, tag, parent in _label_elements(root, str(root.tag), ""):
        name = element.get("value", "").strip()
        label = labels.setdefault((name, parent), {"name": name, "parent": parent, "shapes": []})
        for attribute, column in (("alias", "key"), ("hotkey", "hotkey")):
            if value := element.get(attribute, "").strip():
                label[column] = value
        if background := element.get("background", "").strip().lower():
            colour = NAMED_COLOURS.get(background, background)
            label |= {"color": colour} if colour.startswith("#") else {}
        shape = LABEL_STUDIO_SHAPES.get(tag, "")
        if shape and shape not in label["shapes"]:
            label["shapes"].append(shape)
    if not labels:
        text = "This configuration has no Label and no Choice: paste one that has."
        raise Refused(text, code="no-labels")
    return enumerate(labels.values(), start=1)


def _label_elements(element: Element, tag: str, parent: str) -> Iterator[tuple[Element, str, str]]:
    """Elements of labels below an element, each with the tag that holds it and the name of the label above it."""
    for child in element:
        if child.tag in ("Label", "Choice"):
            yield child, tag, parent
            yield from _label_elements(child, tag, child.get("value", "").strip())
        else:
            yield from _label_elements(child, str(child.tag), parent)
