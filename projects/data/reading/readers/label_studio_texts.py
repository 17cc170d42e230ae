"""Label Studio's results about a text. Its offsets count UTF-16 units, or code points where a program wrote them: the
words that come along tell which."""

from typing import Any

from projects.data.reading.readers.label_studio_results import Group, classes, grouped
from projects.data.reading.readers.spans import Spans, Utf16
from taskers.errors import sentence


def mark(spans: Spans, results: list[Any], at: str) -> None:
    """Mark what the results of one answer say."""
    units = Utf16(spans.text)
    for group in grouped(results, at, spans.lose):
        given = group.value
        if "start" in given or "startOffset" in given:
            _span(spans, group, units)
        elif group.pair is not None:
            spans.lose(group.place, "no-place", "There is no place here for which of two is better.")
        elif group.other or given:
            spans.lose(
                group.place,
                "no-place",
                sentence("There is no place here for a “%(what)s”.", what=group.other or group.kind),
            )
        else:
            for field, value, kind in classes(group, spans.lose):
                spans.choose(group.place, value, field, kind)


def _span(spans: Spans, group: Group, units: Utf16) -> None:
    offsets = group.value.get("globalOffsets")
    given = offsets if isinstance(offsets, dict) else group.value
    start, end, text = given.get("start"), given.get("end"), group.value.get("text")
    if isinstance(start, str) and start.isdigit() and isinstance(end, str) and end.isdigit():
        start, end = int(start[:9]), int(end[:9])
    whole = isinstance(start, int) and isinstance(end, int)
    if not (whole and isinstance(text, str) and spans.text[start:end] == text):
        start, end = units(start), units(end)
    if not group.labels:
        spans.lose(group.place, "no-label", "The span has no label.")
    for label in group.labels:
        spans.span(group.place, start, end, label, group.attributes, text)
