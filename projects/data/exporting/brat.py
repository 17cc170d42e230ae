"""brat standoff: a .txt and an .ann for each task, and annotation.conf with the names of the types.

Offsets count code points of the text, as brat's do. A span over several lines is told in pieces, one for each line.
"""

import re
from collections.abc import Iterator
from typing import Any

from projects.data.exporting.decided import Decided
from projects.data.exporting.format import Entry, ExportFormat
from projects.data.exporting.names import Names
from projects.data.exporting.source import Source

PIECES = re.compile(r"[^\r\n]+")


def write(source: Source) -> Iterator[Entry]:
    """Two files for each task, by parts."""
    types = sorted({_word(source.tag(key)) for key in source.classes})
    attributes = sorted({asked["key"]: asked for label in source.labels for asked in label["attributes"]}.items())
    lines = ["[entities]", *types, "[relations]", "[events]", "[attributes]"]
    lines += [f"{_word(key)}\tArg:<ENTITY>" + _choices(asked) for key, asked in attributes]
    yield Entry("annotation.conf", ["\n".join([*lines, ""]).encode()])
    names = Names()
    for split in source.splits:
        folder = f"{split}/" if split else ""
        for one in source.tasks(split):
            stem = names.stem(one)
            yield Entry(f"{folder}{stem}.txt", [one.payload["text"].encode()])
            yield Entry(f"{folder}{stem}.ann", [_annotations(source, one).encode()])


def _annotations(source: Source, one: Decided) -> str:
    lines = []
    attributes = 0
    for number, span in enumerate(one.answer["spans"], start=1):
        lines.append(f"T{number}\t{_word(source.tag(span['label']))} {_stretch(one.payload['text'], span)}")
        for name, value in span["attributes"].items():
            if value is not False and value is not None:
                attributes += 1
                said = "" if value is True else f" {_word(str(value))}"
                lines.append(f"A{attributes}\t{_word(name)} T{number}{said}")
    return "".join(f"{line}\n" for line in lines)


def _stretch(text: str, span: dict[str, Any]) -> str:
    """Where a span lies, and the text there."""
    found = [(match.start(), match.end()) for match in PIECES.finditer(text, span["start"], span["end"])]
    places = ";".join(f"{start} {end}" for start, end in found)
    return f"{places}\t{' '.join(text[start:end] for start, end in found)}"


def _choices(asked: dict[str, Any]) -> str:
    return f", Value:{'|'.join(map(_word, asked['choices']))}" if asked["kind"] == "choice" else ""


def _word(name: str) -> str:
    """A name as brat takes them: one word."""
    return re.sub(r"[\s,|:<>]+", "_", name).strip("_") or "_"


FORMAT = ExportFormat(
    key="brat",
    title="brat standoff",
    note="A text and its annotations for each task, with annotation.conf; names become one word each.",
    loses="Blanks in names and attributes, attributes that say no, that others are no texts; titles and meta of the "
    "tasks.",
    task_types=("text_spans",),
    ending=".zip",
    media_type="application/zip",
    write=write,
    folder=True,
)
