"""The cell of a table that holds the spans of its row's text, as JSON.

It is a list, or an object with such a list under "spans", "entities" or "label", of {"start", "end", "label"} (or
"labels", and "text" and "attributes" where they are known) or of [start, end, label].
"""

from typing import Any

from projects.data.reading.readers.json_parts import loads
from projects.data.reading.readers.spans import SPANS, Spans
from projects.data.reading.rows import Fault, Said
from projects.errors import Refused

LISTS = ("spans", "entities", "label")


def read(cell: Any, text: str, place: str, lost: list[Fault]) -> Said | None:
    """The answer of a cell; None where it holds none. Adds to `lost` what can't be read of it."""
    try:
        value = loads(cell) if isinstance(cell, str) else cell
    except Refused as refused:
        lost.append(Fault(place, refused.code, refused.sentence))
        return None
    if isinstance(value, dict):
        value = next((value[name] for name in LISTS if name in value), None)
    if not isinstance(value, list | tuple):
        lost.append(Fault(place, "wrong-shape", "Spans are a list of {“start”, “end”, “label”}."))
        return None
    spans = Spans(SPANS, place, text)
    for index, part in enumerate(value):
        _add(spans, f"spans[{index}]", part)
    (said,) = spans.said()
    lost += spans.lost
    return None if value and not said.answer["spans"] else said


def _add(spans: Spans, place: str, part: Any) -> None:
    if isinstance(part, list | tuple) and len(part) == 3:
        spans.span(place, *part)
    elif isinstance(part, dict):
        labels = part["label"] if "label" in part else part.get("labels")
        attributes = part.get("attributes")
        for label in labels if isinstance(labels, list | tuple) else (labels,):
            values = attributes if isinstance(attributes, dict) else None
            spans.span(place, part.get("start"), part.get("end"), label, values, part.get("text"))
    else:
        spans.lose(place, "wrong-shape", "A span is {“start”, “end”, “label”}.")
