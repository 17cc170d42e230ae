"""Readers of text files: JSON Lines, CSV, and plain text with one item per line.

All read UTF-8 (with or without a byte order mark) line by line, so a file of any size needs the memory of
one line. Blank lines are passed over. Places are 1-based line numbers, as editors show them.
"""

import codecs
import csv
import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from projects.data.importing.rows import Fault, Item, Known, Row
from projects.errors import Refused

MAX_LINE = 4 * 1024 * 1024  # bytes
MAX_COLUMNS = 1000
DELIMITERS = ",;\t|"
WIDE_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

# The limit of one CSV field belongs to the process; the default of 128 KiB is below our longest text.
csv.field_size_limit(MAX_LINE)

Line = tuple[int, bytes | None]  # number, and the bytes without line end; None where it was too long


def read_jsonl(file: BinaryIO, skip: int = 0) -> Iterator[Item]:
    """One JSON object per line: {"external_id" or "id"?, "callback_url"?, "payload": {...}} or the payload's fields
    themselves."""
    return _items(file, skip, _jsonl_row)


def read_text(file: BinaryIO, skip: int = 0) -> Iterator[Item]:
    """One text per line."""
    return _items(file, skip, lambda place, line: Row(place, None, {"text": line}, size=len(line)))


def read_csv(file: BinaryIO, skip: int = 0) -> Iterator[Item]:
    """A header line with a column "text", or with "first" and "second" for pairs, and if wanted "external_id" (or "id")
    and others that the task type knows; the rest come back as meta. Commas, semicolons, tabs or bars between fields;
    quotes as in RFC 4180."""
    lines = _CsvLines(file)
    first = next(lines, None)
    if first is None:
        raise Refused("The file is empty.", code="empty-file")
    delimiter = max(DELIMITERS, key=first.count)
    lines.put_back(first)
    rows = csv.reader(lines, delimiter=delimiter)
    try:
        header = _header(next(rows))
    except csv.Error as problem:
        raise Refused(
            "The header is not CSV: %(problem)s.", code="bad-header", place="line 1", problem=str(problem)
        ) from None
    seen = 0
    for item in _csv_items(rows, header, lines):
        seen += 1
        if seen > skip:
            yield item
    if not seen:
        raise Refused("The file has a header but no rows.", code="empty-file")


def _items(file: BinaryIO, skip: int, parse: Callable[[str, str], Item]) -> Iterator[Item]:
    seen = 0
    for number, line in _lines(file):
        seen += 1
        if seen <= skip:
            continue
        place = f"line {number}"
        if line is None:
            yield _too_long(number)
            continue
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as problem:
            yield _not_utf8(place, problem.start + 1)
            continue
        yield parse(place, text)
    if not seen:
        raise Refused("The file is empty.", code="empty-file")


def _lines(file: BinaryIO, *, blanks: bool = False) -> Iterator[Line]:
    """Numbered lines; a line longer than MAX_LINE is read past in pieces and told as None."""
    number = 0
    while piece := file.readline(MAX_LINE + 2):
        number += 1
        if number == 1:
            piece = _unmarked(piece)
        if len(piece) > MAX_LINE and not piece.endswith(b"\n"):
            while (rest := file.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                pass
            yield number, None
            continue
        line = piece.rstrip(b"\r\n")
        if blanks or line.strip():
            yield number, line


def _unmarked(piece: bytes) -> bytes:
    if piece.startswith(WIDE_MARKS) or b"\x00" in piece[:4]:
        raise Refused("The file is not UTF-8 (it looks like UTF-16). Save it as UTF-8.", code="not-utf-8")
    return piece.removeprefix(codecs.BOM_UTF8)


def _jsonl_row(place: str, line: str) -> Item:
    try:
        value = json.loads(line, parse_constant=_no_constant)
    except json.JSONDecodeError as problem:
        hint = ""
        if place == "line 1" and line.lstrip().startswith("["):
            hint = " JSON Lines has one object per line, not one list for the whole file."
        return Fault(f"{place}, column {problem.colno}", "not-json", f"Not JSON: {problem.msg}.{hint}")
    except (ValueError, RecursionError) as problem:
        reason = "nested too deep" if isinstance(problem, RecursionError) else str(problem)
        return Fault(place, "not-json", f"Not JSON: {reason}.")
    if not isinstance(value, dict):
        return Fault(place, "wrong-shape", "Each line must be one JSON object.")
    external_id, named_by = value.pop("external_id", None), None
    if external_id is None and _is_name(value.get("id")):
        external_id = named_by = value.pop("id")
    if isinstance(external_id, int) and not isinstance(external_id, bool):
        external_id = str(external_id)
    if external_id is not None and not isinstance(external_id, str):
        return Fault(f"{place}, external_id", "wrong-shape", "An external_id is text.")
    try:
        known = _known(value)
    except Refused as refused:
        return Fault.of(refused, place)
    callback = value.pop("callback_url", None) if "payload" in value else None
    payload = value.pop("payload", None) if "payload" in value else value
    if payload is not value and value:
        allowed = "“external_id” or “id”, “callback_url”, and “gold” with its terms"
        text = f"Beside “payload” only {allowed} may stand, not “{min(value)[:60]}”."
        return Fault(place, "unknown-field", text)
    if not isinstance(payload, dict):
        return Fault(f"{place}, payload", "wrong-shape", "A payload is a JSON object.")
    return Row(place, external_id, payload, size=len(line), known=known, id=named_by, callback=callback)


def _is_name(value: object) -> bool:
    """Whether a field `id` can be an external id: another thing that is called so is a field like any other."""
    return bool(value.strip()) if isinstance(value, str) else isinstance(value, int) and not isinstance(value, bool)


def _known(value: dict[str, Any]) -> Known | None:
    """Takes a row's right answer out of it; where there is none, its terms are fields like any other."""
    if "gold" not in value:
        return None
    answer, course, shown = value.pop("gold"), value.pop("course", False), value.pop("shown", True)
    explanation = value.pop("explanation", "")
    for name, flag in (("course", course), ("shown", shown)):
        if not isinstance(flag, bool):
            raise Refused("“%(name)s” is true or false.", code="wrong-shape", place=name, name=name)
    if not isinstance(explanation, str):
        raise Refused("An explanation is text.", code="wrong-shape", place="explanation")
    return Known(answer, course, explanation, shown)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


class _CsvLines:
    """The lines of a CSV file, of which one row may take up MAX_LINE bytes, however many they are."""

    def __init__(self, file: BinaryIO) -> None:
        self.too_long: list[int] = []
        self._lines = _lines(file, blanks=True)
        self._next: str | None = None
        self._row = 0  # bytes since the last row's end

    def __iter__(self) -> "_CsvLines":
        return self

    def __next__(self) -> str:
        if self._next is not None:
            line, self._next = self._next, None
            return line
        number, raw = next(self._lines)
        if raw is None:
            self.too_long.append(number)
            return "\n"
        self._row += len(raw)
        if self._row > MAX_LINE:
            self.row_ends()
            raise csv.Error(f"the row is longer than {MAX_LINE // 2**20} MiB")
        # Bytes that are no UTF-8 travel as surrogates, so that only their own row is refused.
        return raw.decode("utf-8", "surrogateescape") + "\n"

    def put_back(self, line: str) -> None:
        """Have this line come next."""
        self._next = line

    def row_ends(self) -> None:
        """What comes is of another row."""
        self._row = 0


def _header(names: list[str]) -> list[str]:
    if len(names) > MAX_COLUMNS:
        text = "The header has %(number)s columns; at most %(most)s are read."
        raise Refused(text, code="too-many-columns", place="line 1", number=len(names), most=MAX_COLUMNS)
    header = [name.strip().lower() for name in names]
    if "text" not in header and not {"first", "second"} <= set(header):
        found = ", ".join(f"“{name}”" for name in names)[:200]
        raise Refused(
            "The header has no column “text”. It has: %(found)s.", code="no-text-column", place="line 1", found=found
        )
    twice = {name for name, times in Counter(header).items() if times > 1 or not name}
    if twice:
        raise Refused(
            "Each column needs a name of its own; see “%(value)s”.",
            code="bad-header",
            place="line 1",
            value=min(twice)[:60],
        )
    return header


def _csv_items(rows: Any, header: list[str], lines: _CsvLines) -> Iterator[Item]:
    while True:
        start = rows.line_num + 1
        lines.row_ends()
        try:
            values = next(rows, None)
        except csv.Error as problem:
            yield Fault(f"line {start}", "not-csv", f"Not CSV: {problem}.")
            continue
        while lines.too_long:
            yield _too_long(lines.too_long.pop(0))
        if values is None:
            return
        if values and any(values):
            yield _csv_row(f"line {start}", values, header)


def _csv_row(place: str, values: list[str], header: list[str]) -> Item:
    if len(values) != len(header):
        text = f"This row has {len(values)} fields; the header has {len(header)}."
        return Fault(place, "wrong-columns", text)
    for value in values:
        if any("\udc80" <= letter <= "\udcff" for letter in value):
            return _not_utf8(place, None)
    fields = dict(zip(header, values, strict=True))
    external_id, named_by = fields.pop("external_id", "").strip() or None, None
    if external_id is None:
        external_id = named_by = fields.pop("id", "").strip() or None
    kept = {name: value for name, value in fields.items() if value != "" or name == "text"}
    return Row(place, external_id, kept, size=sum(map(len, values)), id=named_by)


def _too_long(number: int) -> Fault:
    return Fault(f"line {number}", "too-long", f"The line is longer than {MAX_LINE // 2**20} MiB.")


def _not_utf8(place: str, column: int | None) -> Fault:
    where = f"{place}, byte {column}" if column else place
    return Fault(where, "not-utf-8", "The row is not UTF-8. Save the file as UTF-8 and load it again.")
