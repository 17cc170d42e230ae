"""CSV and TSV: a header line and one row per item, with commas, semicolons, tabs or bars between fields; quotes as in
RFC 4180. What its columns become: see columns.py."""

import csv
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

from projects.data.connectors.files import Files
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.readers.columns import Columns, each_table
from projects.data.reading.readers.going_on import Later, after
from projects.data.reading.readers.lines import MAX_LINE, not_utf8, numbered, too_long
from projects.data.reading.readers.listing import heads, listed
from projects.data.reading.readers.picture_files import is_picture
from projects.data.reading.rows import Fault, Item
from projects.errors import Refused
from taskers.errors import sentence

ENDINGS = (".csv", ".tsv")
DELIMITERS = ",;\t|"
Make = Callable[[str, list[str]], Item]  # by the place of a row and its values

# The limit of one CSV field belongs to the process; the default of 128 KiB is below our longest text.
csv.field_size_limit(MAX_LINE)


def read(files: Files, reading: Reading) -> Iterator[Item]:
    """The rows of every table, in the order of their names; pictures that their columns name are read with them."""
    return after(each_table(files, reading, ENDINGS, _rows), reading.skip)


def _rows(files: Files | None, chosen: Mapping[str, str], file: BinaryIO) -> Iterator[Item | Later]:
    def make(names: list[str]) -> Make:
        columns = Columns.of(names, chosen)
        return lambda place, values: columns.item(place, values, sum(map(len, values)), files)

    return each_row(file, make)


def each_row(file: BinaryIO, maker_for: Callable[[list[str]], Make]) -> Iterator[Item | Later]:
    """What is made of each row, by its place and one value for each column of the header. Raises Refused."""
    lines = _CsvLines(file)
    first = next(lines, None)
    if first is None:
        raise Refused("The file is empty.", code="empty-file")
    delimiter = max(DELIMITERS, key=first.count)
    lines.put_back(first)
    rows = csv.reader(lines, delimiter=delimiter)
    try:
        names = next(rows)
    except csv.Error as problem:
        raise Refused(
            "The header is not CSV: %(problem)s.", code="bad-header", place="line 1", problem=str(problem)
        ) from None
    make = maker_for(names)
    seen = 0
    for item in _csv_items(rows, lines, len(names), make):
        seen += 1
        yield item
    if not seen:
        raise Refused("The file has a header but no rows.", code="empty-file")


class _CsvLines:
    """The lines of a CSV file, of which one row may take up MAX_LINE bytes, however many they are."""

    def __init__(self, file: BinaryIO) -> None:
        self.too_long: list[int] = []
        self._lines = numbered(file, blanks=True)
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


def _csv_items(rows: Any, lines: _CsvLines, width: int, make: Make) -> Iterator[Item | Later]:
    while True:
        start = rows.line_num + 1
        lines.row_ends()
        try:
            values = next(rows, None)
        except csv.Error as problem:
            yield Fault(f"line {start}", "not-csv", sentence("Not CSV: %(reason)s.", reason=problem))
            continue
        while lines.too_long:
            yield too_long(lines.too_long.pop(0))
        if values is None:
            return
        if values and any(values):
            yield Later(_csv_row, f"line {start}", values, width, make)


def _csv_row(place: str, values: list[str], width: int, make: Make) -> Item:
    if len(values) != width:
        text = sentence(
            "This row has %(number)s fields; the header has %(expected)s.",
            number=len(values),
            expected=width,
        )
        return Fault(place, "wrong-columns", text)
    for value in values:
        if any("\udc80" <= letter <= "\udcff" for letter in value):
            return not_utf8(place, None)
    return make(place, values)


def _recognises(files: Files) -> bool:
    names = [entry.name for entry in listed(files)]
    return (
        bool(names)
        and any(heads(files, ENDINGS))
        and all(name.lower().endswith(ENDINGS) or is_picture(name) for name in names)
    )


FORMAT = ImportFormat(
    key="csv",
    title="CSV or TSV",
    note="A header and one row per item. Columns are mapped; those that nothing is made of come back as meta.",
    task_types=("text_spans", "classification", "preference", "image_regions"),
    endings=ENDINGS,
    recognises=_recognises,
    read=read,
)
