"""Data on its way in: pure readers that turn files into rows, and the verb that makes tasks of them."""

from projects.intake.archives import read_zip
from projects.intake.readers import read_csv, read_jsonl, read_text
from projects.intake.rows import Fault, Item, Reader, Row

READERS: dict[str, Reader] = {
    "jsonl": read_jsonl,
    "csv": read_csv,
    "text": read_text,
    "zip": read_zip,
}

# The file name endings by which a reader is chosen where nobody named one.
ENDINGS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".tsv": "csv", ".txt": "text", ".zip": "zip"}

__all__ = ["ENDINGS", "READERS", "Fault", "Item", "Reader", "Row"]
