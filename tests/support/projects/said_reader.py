"""A format of the tests' own, that brings answers: one JSON object a line, {"id", "text", "said": [...]}.

As a program it is the process that reads imports, with this format beside all others.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

from projects.data.connectors.files import Files
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.formats import FORMATS
from projects.data.reading.rows import Fault, Item, Row, Said


def _read(files: Files, reading: Reading) -> Iterator[Item]:
    with files.open(next(files.entries()).name) as file:
        for number, line in enumerate(file):
            if number >= reading.skip:
                yield _row(f"line {number + 1}", json.loads(line))


def _row(place: str, value: dict[str, Any]) -> Item:
    said = tuple(Said(**one) for one in value.get("said", ()))
    lost = (Fault(place, "curve", "Curves aren't kept."),) if value.get("curve") else ()
    return Row(place, value["id"], {"text": value["text"]}, said=said, lost=lost, size=len(str(value)))


FORMAT = ImportFormat(
    "said",
    "With answers",
    "",
    ("text_spans", "classification"),
    (".said",),
    lambda files: any(entry.name.endswith(".said") for entry in files.entries()),
    _read,
)

if __name__ == "__main__":
    from projects.data.reading import process

    FORMATS[FORMAT.key] = FORMAT
    process.main(int(sys.argv[1]))
