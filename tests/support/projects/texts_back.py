"""What comes back of the spans of a text that one of our formats writes and one of our readers reads."""

from collections.abc import Mapping, Sequence
from typing import Any

from projects.data import exporting
from projects.data.importing import Fault, Row
from projects.data.reading.format import Reading
from projects.data.reading.formats import FORMATS, recognise
from tests.support import make
from tests.support.projects.files import Held
from tests.support.projects.round_trips import LABELS, decided, written

Span = dict[str, Any]
TEXT = "Dr. Zoë O'Neil 👩‍⚖️ paid $1,250.75  on\n3 May\t2024; she left.\n"
NAMED = (LABELS[0] | {"name": "Big cat"}, LABELS[1])


def marked(*marks: tuple[str, str], **attributes: Any) -> list[Span]:
    """Words of the text with their labels, as an answer has them."""
    found = []
    for at, (words, label) in enumerate(marks):
        start = TEXT.index(words)
        found.append(make.span(start, start + len(words), label, id=f"s{at}") | {"attributes": attributes})
    return sorted(found, key=lambda one: (one["start"], one["end"], one["label"]))


# A thing that an answer can say -> the spans of the text that say it.
SAYINGS: Mapping[str, Sequence[Span]] = {
    "span": marked(("Zoë", "cat"), ("$1,250.75", "dog")),
    "part": marked(("Neil", "cat")),
    "neighbours": marked(("Zoë", "cat"), ("O'Neil", "cat")),
    "nested": marked(("Zoë O'Neil", "cat"), ("O'Neil", "dog")),
    "twice": marked(("Zoë", "cat"), ("Zoë", "dog")),
    "lines": marked(("on\n3 May\t2024", "cat")),
    "attributes": marked(("Zoë", "cat"), far=True, near=False, pose="lying", size=4),
    "nothing": [],
}
ASPECTS = (*SAYINGS, "text", "blank", "title", "id", "meta")
KEYS = [key for key, one in exporting.FORMATS.items() if "text_spans" in one.task_types]


def row_of(key: str) -> dict[str, str]:
    """Of each aspect, what comes back: "yes", what it becomes, or "–" for nothing."""
    payload = {"text": TEXT, "title": "A title", "meta": {"herd": "h"}}
    tasks = [decided(at, payload, {"spans": list(said)}) for at, said in enumerate(SAYINGS.values())]
    files = Held(written(key, "text_spans", tasks, NAMED))
    rows = list(FORMATS[recognise(files, "text_spans").key].read(files, Reading("text_spans")))
    told = [lost for one in rows for lost in ([one] if isinstance(one, Fault) else one.lost)]
    assert not told, told
    found = {saying: _cell(saying, said, row) for (saying, said), row in zip(SAYINGS.items(), rows, strict=True)}
    first = rows[0]
    assert isinstance(first, Row)
    labels = {one["label"] for row in rows for one in _spans(row)}
    found["text"] = "yes" if first.fields["text"] == TEXT else "white space"
    assert "".join(first.fields["text"].split()) == "".join(TEXT.split())
    found["blank"] = "yes" if labels & {"Big cat", "cat"} else "–"  # a key is as good as a name
    found["title"] = "yes" if first.fields.get("title") == "A title" else "–"
    found["id"] = "yes" if first.external_id in ("set/0.png", "set/0") else "–"
    found["meta"] = "yes" if first.fields.get("meta") == {"herd": "h"} else "–"
    return found


def _spans(row: Row | Fault) -> list[Span]:
    return [one for said in row.said for one in said.answer["spans"]] if isinstance(row, Row) else []


def _words(text: str, spans: Sequence[Span]) -> list[tuple[str, bool]]:
    """The letters of each span, and which of the labels it has."""
    return sorted(("".join(text[one["start"] : one["end"]].split()), one["label"] in ("dog", "Dog")) for one in spans)


def _cell(saying: str, said: Sequence[Span], row: Row | Fault) -> str:
    back = _spans(row)
    assert isinstance(row, Row)
    if saying == "nothing":
        return "yes" if row.said and not back else "–"
    wanted, found = _words(TEXT, said), _words(row.fields["text"], back)
    if saying == "attributes":
        return _attributes(back)
    if found == wanted:
        return "yes"
    return "the longest" if len(found) == 1 and saying == "nested" else "one" if len(found) == 1 else "–"


def _attributes(back: Sequence[Span]) -> str:
    held = (back[0].get("attributes") or {}) if back else {}
    wanted = {"far": True, "near": False, "pose": "lying", "size": 4}
    if held == wanted:
        return "yes"
    return "some, as text" if held else "–"
