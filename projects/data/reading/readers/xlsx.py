"""Excel workbooks, row by row. Each visible sheet is a table: its first row with anything in it is the header. What its
columns become: see columns.py.

openpyxl reads the zip by itself, so every entry is checked before. It is loaded when such a file is read and not
before, and without lxml: what is read here goes through defusedxml, which refuses entities.
"""

import datetime
import mimetypes
import os
import re
import signal
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

from projects.data import limits
from projects.data.connectors.archives import check_package
from projects.data.connectors.files import Files
from projects.data.limits import (
    MAX_PART_BYTES,
    MAX_SHARED_TEXT_BYTES,
    MAX_SHEET_ROWS,
    MAX_WORKBOOK_BYTES,
    MAX_WORKBOOK_CELLS,
    MIB,
)
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.readers.columns import Columns, each_table
from projects.data.reading.readers.going_on import Later, after
from projects.data.reading.readers.listing import heads, listed, seekable, shown
from projects.data.reading.readers.picture_files import is_picture
from projects.data.reading.rows import Fault, Item
from projects.errors import Refused
from taskers.errors import sentence

ENDINGS = (".xlsx", ".xlsm")
ZIP = b"PK\x03\x04"
SHEETS, SHARED_TEXT = "xl/worksheets/", "xl/sharedstrings.xml"
TEXTS = {"text", "title", "prompt", "first", "second", "external_id", "id", "picture", "by"}  # never numbers or dates
LARGEST = 1e300  # of numbers; Excel has none beyond
EXACT = 2**53  # up to here a float is the whole number that it says
TIME_OF_DAY = re.compile("[hHsS]")  # in the format of a cell's number
BROKEN = (
    *(ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, NotImplementedError, OSError),
    *(RuntimeError, SyntaxError, TypeError, ValueError, zipfile.BadZipFile, zlib.error),
)


class DamagedWorkbook(Refused):
    """The workbook is damaged: %(problem)s."""

    code = "not-xlsx"


class TooManyCells(Refused):
    """The workbook has more than %(rows)s rows in a sheet or %(cells)s cells: split it."""

    code = "too-large"


class SlowWorkbook(Refused):
    """Opening the workbook takes longer than is allowed: copy its cells into a new workbook, or save it as CSV."""

    code = "too-large"


class LargeWorkbook(Refused):
    """“%(name)s” in the workbook has more than %(most)s MiB unpacked: split it."""

    code = "too-large"


def read(files: Files, reading: Reading) -> Iterator[Item]:
    """The rows of every sheet of every workbook, in the order of their names."""
    return after(each_table(files, reading, ENDINGS, _rows), reading.skip)


def _rows(files: Files | None, chosen: Mapping[str, str], file: BinaryIO) -> Iterator[Item | Later]:
    with seekable(file) as open_file:
        sheets = opened(open_file).worksheets
        visible = [sheet for sheet in sheets if sheet.sheet_state == "visible"]
        is_empty = True
        budget = _Budget()
        for sheet in visible:
            name = "" if len(visible) == 1 else shown(sheet.title)
            try:
                for item in _sheet_items(sheet, name, chosen, files, budget):
                    is_empty = False
                    yield item
            except Refused as refused:
                if len(visible) == 1 or isinstance(refused, TooManyCells):
                    raise
                is_empty = False
                yield Fault.of(refused, name)
        for sheet in sheets:
            if sheet not in visible:
                text = "This sheet is hidden, so it was passed over. Show it in the workbook to have it read."
                yield Fault(shown(sheet.title), "hidden-sheet", text)
        if is_empty:
            raise Refused("The workbook has no rows.", code="empty-file")


def opened(file: BinaryIO) -> Any:
    """A workbook whose sheets are read as they are asked for. Raises Refused."""
    _check_sizes(file)
    prepare_to_import()
    from openpyxl.reader.excel import ExcelReader
    from openpyxl.styles.stylesheet import apply_stylesheet

    try:
        with _bounded_time():
            reader = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
            # What cells need. Print areas, charts and pictures are left out: patterns that take hours look through
            # them, and Pillow opens the pictures, whatever their format.
            reader.read_chartsheet = lambda *_: None
            reader.read_manifest()
            reader.read_strings()
            reader.read_workbook()
            apply_stylesheet(reader.archive, reader.wb)
            reader.read_worksheets()
            return reader.wb
    except BROKEN as problem:
        raise _damaged(problem) from None


@contextmanager
def _bounded_time() -> Iterator[None]:
    """Raises SlowWorkbook once this process has computed for too long: the time that styles take grows with the square
    of their size."""

    def stop(*_: object) -> None:
        raise SlowWorkbook()

    former = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, limits.MAX_WORKBOOK_OPEN_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, former)


def prepare_to_import() -> None:
    """Have openpyxl do without lxml: it looks at this variable once, when it is loaded. It asks for the system's list
    of media types then, which no process in the sandbox may read, and does without where it was asked for before."""
    os.environ["OPENPYXL_LXML"] = "False"
    with suppress(PermissionError):
        mimetypes.init()


def _check_sizes(file: BinaryIO) -> None:
    """Raises Refused for a workbook of which openpyxl would hold too much, by the sizes beyond which zipfile doesn't
    unpack."""
    total = 0
    for entry in check_package(file):
        name = entry.name.lower()
        most = MAX_SHARED_TEXT_BYTES if name == SHARED_TEXT else MAX_PART_BYTES
        is_whole = name.endswith((".xml", ".rels")) and not name.startswith(SHEETS)
        if is_whole and entry.size > most:
            raise LargeWorkbook(name=shown(entry.name), most=most // MIB)
        total += entry.size
        if total > MAX_WORKBOOK_BYTES:
            raise LargeWorkbook(name=shown(entry.name), most=MAX_WORKBOOK_BYTES // MIB)


def _damaged(problem: Exception) -> DamagedWorkbook:
    return DamagedWorkbook(problem=str(problem).partition("\n")[0].strip().rstrip(".")[:200] or type(problem).__name__)


class _Budget:
    """How many cells of a workbook may still be read, those between others among them."""

    def __init__(self) -> None:
        self._cells = 0

    def take(self, number: int, width: int) -> None:
        """A row of so many cells. Raises TooManyCells."""
        self._cells += 1 + width
        if number > MAX_SHEET_ROWS or self._cells > MAX_WORKBOOK_CELLS:
            raise TooManyCells(rows=MAX_SHEET_ROWS, cells=MAX_WORKBOOK_CELLS)


def _cells(sheet: Any, budget: _Budget) -> Iterator[tuple[int, list[Any]]]:
    """The rows with anything in them, each with its number and without the empty cells at its end. Raises Refused."""
    sheet.reset_dimensions()  # what a file says of its size needn't be true
    rows = enumerate(sheet.iter_rows(), start=1)
    while True:
        try:
            number, row = next(rows, (0, ()))
        except BROKEN as problem:
            raise _damaged(problem) from None
        if not number:
            return
        budget.take(number, len(row))
        cells = list(row)
        while cells and cells[-1].value in (None, ""):
            cells.pop()
        if cells:
            yield number, cells


def header_of(sheet: Any) -> list[str]:
    """The names of a sheet's columns; none where it is empty. Raises Refused."""
    return next((_names(cells) for _, cells in _cells(sheet, _Budget())), [])


def _names(cells: list[Any]) -> list[str]:
    """A column without a name has its letter for one, so that what stands in it isn't lost."""
    return [str(_value(cell) or "").strip() or f"column {_letter(at)}" for at, cell in enumerate(cells)]


def _letter(at: int) -> str:
    letters = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _sheet_items(
    sheet: Any, name: str, chosen: Mapping[str, str], files: Files | None, budget: _Budget
) -> Iterator[Item | Later]:
    before = f"{name}, " if name else ""
    rows = _cells(sheet, budget)
    number, header = next(rows, (0, []))
    if not number:
        return
    columns = Columns.of(_names(header), chosen, f"row {number}")
    is_empty = True
    for number, cells in rows:
        is_empty = False
        yield Later(_row, f"{before}row {number}", number, cells, columns, files)
    if is_empty:
        raise Refused("The sheet has a header but no rows.", code="empty-file")


def _row(place: str, number: int, cells: list[Any], columns: Columns, files: Files | None) -> Item:
    values: list[Any] = []
    lost: list[Fault] = []
    for at, cell in enumerate(cells):
        value = _value(cell)
        if cell.data_type == "e":
            text = sentence("The cell holds the error %(value)s; it is taken for an empty one.", value=str(value)[:40])
            lost.append(Fault(f"{place}, {_letter(at)}{number}", "error-in-cell", text))
        elif at < len(columns.targets):
            values.append(_text(value) if columns.targets[at] in TEXTS else value)
            continue
        elif value not in (None, ""):
            text = sentence("No header stands over “%(value)s”, so it is left out.", value=str(value)[:40])
            lost.append(Fault(f"{place}, {_letter(at)}{number}", "wrong-columns", text))
        values += [None] * (at < len(columns.targets))
    values += [None] * (len(columns.names) - len(values))
    return columns.item(place, values, sum(len(str(value)) for value in values), files, lost)


def _value(cell: Any) -> Any:
    """What a cell holds, as JSON has it: dates by ISO 8601."""
    value = cell.value
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if _is_day(cell, value) else value.isoformat()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return str(value)
    if isinstance(value, float) and abs(value) <= EXACT and value == int(value):
        return int(value)
    if isinstance(value, str):  # Excel's way to write a carriage return
        return value.replace("_x000D_\n", "\n").replace("_x000D_", "\n")
    if isinstance(value, int | float) and not abs(value) < LARGEST:  # nor is it one that can be told apart from others
        return str(value)
    return value


def _is_day(cell: Any, value: datetime.datetime) -> bool:
    """Whether a moment stands for its day: it is shown without a time."""
    if value.time() != datetime.time():
        return False
    try:
        return not TIME_OF_DAY.search(cell.number_format)
    except LookupError:  # a format that the file doesn't have
        return True


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).upper()
    return value if value is None else str(value)


def _recognises(files: Files) -> bool:
    names = [entry.name for entry in listed(files)]
    workbooks = any(start.startswith(ZIP) for start in heads(files, ENDINGS))
    return workbooks and all(name.lower().endswith(ENDINGS) or is_picture(name) for name in names)


FORMAT = ImportFormat(
    key="xlsx",
    title="Excel workbook",
    note="A header and one row per item in each visible sheet. Columns are mapped; those that nothing is made of come "
    "back as meta. Formulas come with the value that was saved.",
    task_types=("text_spans", "classification", "preference", "image_regions"),
    endings=ENDINGS,
    recognises=_recognises,
    read=read,
)
