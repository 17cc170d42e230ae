"""Files of the tests' own format, which bring answers, are read as any others."""

from typing import Any

import pytest

from projects.data.reading import sandboxed
from projects.data.reading.formats import FORMATS
from tests.support.projects import said_reader


@pytest.fixture
def said_format(monkeypatch) -> None:
    """Files that end in .said are read by it."""
    monkeypatch.setitem(FORMATS, said_reader.FORMAT.key, said_reader.FORMAT)
    monkeypatch.setattr(sandboxed, "PROGRAM", said_reader.__file__)


def spans(*marks: tuple[int, int, str]) -> dict[str, Any]:
    """An answer of spans, under a file's labels."""
    return {"spans": [{"start": start, "end": end, "label": label} for start, end, label in marks]}
