"""brat's standoff: a text, and beside it a file of the same name that says where in it what stands.

Entities and triggers become spans with their attributes; relations, events and notes have no place here, and are told.
An entity in several pieces becomes a span for each, with the entity's name as the attribute `part_of`.
"""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from projects.data.connectors.files import Files
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.readers.going_on import Later, after
from projects.data.reading.readers.listing import heads, listed, passed_over, shown, text_of, wanted
from projects.data.reading.readers.spans import Spans
from projects.data.reading.rows import Fault, Item, Row, Said
from projects.errors import Refused
from taskers.errors import sentence

MAX_TEXT = 4 * 1024 * 1024  # bytes
MAX_NOTES = 64 * 1024 * 1024
ENTITY = re.compile(r"(\S+) (\d{1,9} \d{1,9}(?:;\d{1,9} \d{1,9})*)")
NO_PLACE = {"R": "relations", "E": "events", "*": "equivalences", "N": "normalizations", "#": "notes"}
OTHERS = (".conf",)
SETTINGS = "annotation.conf"  # the names of what may be marked


def read(files: Files, reading: Reading) -> Iterator[Item]:
    """A row for each text."""
    return after(_items(files, reading.task_type), reading.skip)


def _items(files: Files, task_type: str) -> Iterator[Item | Later]:
    names = {entry.name for entry in wanted(files)}
    for name in sorted(names):
        if name.lower().endswith(".txt"):
            notes = f"{name[:-4]}.ann"
            yield Later(partial(_row, files, task_type, name, notes if notes in names else ""))
        elif name.lower().endswith(".ann"):
            if f"{name[:-4]}.txt" not in names:
                yield Fault(shown(name), "no-text", "There is no text of this name.")
        elif not name.lower().endswith(OTHERS):
            yield passed_over(name)


def _row(files: Files, task_type: str, name: str, notes: str) -> Item:
    try:
        text = text_of(files, name, MAX_TEXT)
    except Refused as refused:
        return Fault.of(refused, shown(name))
    spans = Spans(task_type, shown(notes or name), text)
    said: tuple[Said, ...] = ()
    if notes:
        try:
            _mark(spans, text_of(files, notes, MAX_NOTES))
            said = spans.said()
        except Refused as refused:
            spans.lose("", refused.code, refused.sentence)
    return Row(shown(name), name[:-4], {"text": text}, size=2 * len(text), said=said, lost=tuple(spans.lost))


def _mark(spans: Spans, notes: str) -> None:
    lines = [(f"line {number}", line) for number, line in enumerate(notes.split("\n"), start=1) if line.strip()]
    attributes = _attributes(spans, lines)
    for place, line in lines:
        name, _, rest = line.rstrip("\r").partition("\t")
        if name[:1] == "T":
            _entity(spans, place, name, rest, attributes.get(name, {}))
        elif name[:1] in NO_PLACE:
            spans.homeless(NO_PLACE[name[:1]], place)
        elif name[:1] not in ("A", "M"):
            spans.lose(place, "wrong-shape", "This line is nothing that brat writes.")


def _attributes(spans: Spans, lines: list[tuple[str, str]]) -> dict[str, dict[str, Any]]:
    """What is said of each entity, by its name: a value, or that it is so."""
    entities = {line.partition("\t")[0] for _, line in lines if line.startswith("T")}
    found: dict[str, dict[str, Any]] = {}
    for place, line in lines:
        name, _, rest = line.rstrip("\r").partition("\t")
        if name[:1] not in ("A", "M"):
            continue
        what, _, of = rest.strip().partition(" ")
        whose, _, value = of.strip().partition(" ")
        if not whose:
            spans.lose(place, "wrong-shape", "An attribute has a name, and what it is of.")
        elif not whose.startswith("T"):
            spans.homeless("attributes of events and relations", place)
        elif whose not in entities:
            text = sentence("There is no entity “%(name)s”, which this attribute is of.", name=whose[:60])
            spans.lose(place, "no-such-entity", text)
        elif found.setdefault(whose, {}).setdefault(what, value.strip() or True) != (value.strip() or True):
            spans.lose(place, "said-twice", "This attribute was told before with another value, which is kept.")
    return found


def _entity(spans: Spans, place: str, name: str, rest: str, attributes: dict[str, Any]) -> None:
    what, _, text = rest.partition("\t")
    match = ENTITY.fullmatch(what)
    if match is None:
        spans.lose(place, "wrong-shape", "An entity has a label and offsets.")
        return
    pieces = _joined(spans.text, [(int(start), int(end)) for start, end in map(str.split, match[2].split(";"))])
    for start, end in pieces:
        more = {"part_of": name} if len(pieces) > 1 else {}
        spans.span(place, start, end, match[1], attributes | more, None if more else text)


def _joined(text: str, pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The pieces of an entity; those that only white space with a line end parts are one, which brat writes apart."""
    found = pieces[:1]
    for start, end in pieces[1:]:
        between = text[found[-1][1] : start]
        if between and not between.strip() and ("\n" in between or "\r" in between):
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def _recognises(files: Files) -> bool:
    if any(entry.name.rpartition("/")[2] == SETTINGS for entry in listed(files)):
        return True  # whatever is marked, which may be nothing
    return any(ENTITY.match(head.decode("utf-8", "replace").partition("\t")[2]) for head in heads(files, (".ann",)))


FORMAT = ImportFormat(
    key="brat",
    title="brat standoff",
    note="Entities and triggers with their attributes; relations, events and notes are lost.",
    task_types=("text_spans",),
    endings=(".ann",),
    recognises=_recognises,
    read=read,
)
