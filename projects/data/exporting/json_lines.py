"""A line of JSON for each task, as tools for labelling take them; with pictures beside them, called by their names."""

from collections.abc import Callable, Iterator
from typing import Any

from projects.data.exporting import pictures
from projects.data.exporting.decided import Decided
from projects.data.exporting.format import Entry, Write
from projects.data.exporting.names import Names, ending
from projects.data.exporting.pieces import as_json
from projects.data.exporting.source import Source

Line = Callable[[Source, Decided, str], dict[str, Any]]  # a task's, by the name of its picture


def written(line: Line) -> Write:
    """A writer of one file, or of one for each part, beside its pictures."""

    def write(source: Source) -> Iterator[Entry]:
        alone = not source.terms.split and not source.terms.media
        told, lying = Names(), Names()
        for split in source.splits:
            yield Entry("all.jsonl" if alone else f"{split or 'all'}.jsonl", _lines(source, split, told, line))
            if source.terms.media:
                for one in source.tasks(split):
                    yield from pictures.entry(one, _picture_name(split, lying.stem(one), one))

    return write


def _lines(source: Source, split: str, names: Names, line: Line) -> Iterator[bytes]:
    for one in source.tasks(split):
        said = line(source, one, _picture_name(split, names.stem(one), one))
        yield as_json(said) + b"\n"


def _picture_name(split: str, stem: str, one: Decided) -> str:
    """As it lies beside the file, or as it was called where it came from."""
    return f"images/{split + '/' if split else ''}{stem}{ending(one)}" if one.pictures else one.payload.get("name", "")
