"""A format of the tests' own, that brings answers: one JSON object a line, {"id", "text", "said": [...]}."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

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


@pytest.fixture
def said_format(monkeypatch) -> None:
    """Files that end in .said are read by it."""
    one = ImportFormat(
        "said",
        "With answers",
        "",
        ("text_spans", "classification"),
        (".said",),
        lambda files: any(entry.name.endswith(".said") for entry in files.entries()),
        _read,
    )
    monkeypatch.setitem(FORMATS, "said", one)


def spans(*marks: tuple[int, int, str]) -> dict[str, Any]:
    """An answer of spans, under a file's labels."""
    return {"spans": [{"start": start, "end": end, "label": label} for start, end, label in marks]}
