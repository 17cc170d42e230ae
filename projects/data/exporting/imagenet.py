"""ImageNet's folders: each picture in the folder of its class, and a table of all beside them.

The class is what the first choice that was made says; of a tree, its whole path is the folder. Texts lie there as
text files. What nobody chose anything for is in `no_label`.
"""

import csv
import io
import tempfile
from collections.abc import Iterator
from typing import Any

from projects.data.exporting import pictures
from projects.data.exporting.chosen import name_of
from projects.data.exporting.decided import Decided
from projects.data.exporting.format import Entry, ExportFormat
from projects.data.exporting.names import FlatNames, ending, folder
from projects.data.exporting.pieces import pieces_of
from projects.data.exporting.source import Source
from projects.task_types.asked_fields import CHOICES
from taskers.files.csv_cells import plain

NO_LABEL = "no_label"
SPOOLED = 2 * 1024 * 1024


def write(source: Source) -> Iterator[Entry]:
    """What is to be looked at one by one, then the table."""
    with tempfile.SpooledTemporaryFile(max_size=SPOOLED) as table:
        table.write(_line(["file", "label", "split", "external_id", "confidence"]))
        names = FlatNames()
        for split in source.splits:
            part = f"{split}/" if split else ""
            for one in source.tasks(split):
                label = _label(source, one)
                text = one.payload.get("text")
                name = f"{part}{label}/{names.stem(one)}{'.txt' if text is not None else ending(one)}"
                said = [plain(name), plain(label), split, plain(one.external_id)]
                table.write(_line([*said, f"{one.confidence:.4f}"]))
                if text is not None:
                    yield Entry(name, [text.encode()])
                yield from pictures.entry(one, name)
        yield Entry("labels.csv", pieces_of(table))


def _label(source: Source, one: Decided) -> str:
    for part in one.answer["fields"]:
        if part["kind"] in CHOICES and part["value"]:
            steps = part["value"] if isinstance(part["value"], list) else [part["value"]]
            steps = steps if part["kind"] == "tree" else steps[:1]
            return "/".join(folder(name_of(source, step)) for step in steps)
    return NO_LABEL


def _line(values: list[Any]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(values)
    return out.getvalue().encode()


FORMAT = ExportFormat(
    key="imagenet",
    title="ImageNet folders",
    note="Each picture (or text) in the folder of its first choice, with labels.csv; without pictures the table alone.",
    loses="All but the first choice: of several at once the first, numbers, texts, further fields; what looks like a "
    "formula in labels.csv has an apostrophe before it.",
    task_types=("classification",),
    ending=".zip",
    media_type="application/zip",
    write=write,
    folder=True,
    media=True,
)
