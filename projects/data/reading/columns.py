"""The columns of a table, whatever it calls them, so that somebody can say what each is."""

import csv
import io
from pathlib import PurePosixPath

from projects.data.connectors.files import Files
from projects.data.reading.format import ImportFormat
from projects.data.reading.readers import label_studio, xlsx
from projects.data.reading.readers.json_parts import loads
from projects.data.reading.readers.listing import seekable
from projects.data.reading.readers.parquet import opened
from projects.errors import Refused

HEAD = 256 * 1024  # bytes that are read
MOST = 100
TABLES = {
    "csv": (".csv", ".tsv", ".tab"),
    "parquet": (".parquet",),
    "jsonl": (".jsonl", ".ndjson"),
    "xlsx": xlsx.ENDINGS,
    "label_studio": label_studio.TABLES,
}
MAPPED = ("csv", "parquet", "xlsx", "label_studio")  # formats whose columns become what is said of them
LOOKED_AT = 50  # lines of JSON


def header(files: Files, chosen: ImportFormat) -> list[str]:
    """The names of a table's columns; none where the files are no table, or can't be read."""
    wanted = {
        ending for key, endings in TABLES.items() if key in chosen.key or chosen.key == "table" for ending in endings
    }
    if not wanted:
        return []
    for entry in files.entries():
        ending = PurePosixPath(entry.name).suffix.lower()
        if ending in wanted:
            try:
                return _READ[ending](files, entry.name)[:MOST]
            except (Refused, OSError, ValueError, csv.Error):
                return []
    return []


def _of_csv(files: Files, name: str) -> list[str]:
    with files.open(name) as file:
        text = file.read(HEAD).decode("utf-8-sig", "replace")
    line = text.splitlines()[0] if text.strip() else ""
    delimiter = max(",;\t|", key=line.count)
    return [one.strip() for one in next(csv.reader(io.StringIO(text), delimiter=delimiter), [])]


def _of_jsonl(files: Files, name: str) -> list[str]:
    with files.open(name) as file:
        lines = file.read(HEAD).decode("utf-8-sig", "replace").splitlines()
    found: dict[str, None] = {}
    for line in lines[:LOOKED_AT]:
        try:
            value = loads(line)
        except Refused:
            continue
        if isinstance(value, dict):
            found |= dict.fromkeys(value)
    return list(found)


def _of_parquet(files: Files, name: str) -> list[str]:
    with files.open(name) as file:
        return list(opened(file).schema_arrow.names)


def _of_xlsx(files: Files, name: str) -> list[str]:
    """Those of the first visible sheet that has any."""
    with files.open(name) as file, seekable(file) as open_file:
        sheets = [sheet for sheet in xlsx.opened(open_file).worksheets if sheet.sheet_state == "visible"]
        return next((names for sheet in sheets if (names := xlsx.header_of(sheet))), [])


_READ = {
    ".csv": _of_csv,
    ".tsv": _of_csv,
    ".tab": _of_csv,
    ".jsonl": _of_jsonl,
    ".ndjson": _of_jsonl,
    ".parquet": _of_parquet,
    **dict.fromkeys(xlsx.ENDINGS, _of_xlsx),
}
