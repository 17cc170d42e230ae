"""The readers by name. A new format is one new reader and one line here."""

from projects.data.importing.archives import read_zip
from projects.data.importing.readers import read_csv, read_jsonl, read_text
from projects.data.importing.rows import Reader

READERS: dict[str, Reader] = {
    "jsonl": read_jsonl,
    "csv": read_csv,
    "text": read_text,
    "zip": read_zip,
}

# The file name endings by which a reader is chosen where nobody named one.
ENDINGS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".tsv": "csv", ".txt": "text", ".zip": "zip"}
