"""What an export format is."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from projects.data.exporting.source import Source


class Entry(NamedTuple):
    """One file of an export. Its pieces are taken to their end before the next file is asked for."""

    name: str  # steps with "/" between them, none of them "" or "." or ".."
    pieces: Iterable[bytes]
    packed: bool = True  # whether packing makes it smaller; a picture is packed already


# Takes what is to be written and yields the files, one after the other, each piece by piece while it reads. Holds one
# chunk of tasks in memory; what must stand later in a file than it is read is spooled to a temporary file.
Write = Callable[[Source], Iterator[Entry]]
Lines = Callable[[Source, str], Iterator[bytes]]


class ExportFormat(NamedTuple):
    """One way to write down the decided tasks of a project."""

    key: str
    title: str
    note: str  # what a manager should know before choosing it
    loses: str  # what of an answer it can't say
    task_types: tuple[str, ...]
    ending: str  # of its one file
    media_type: str
    write: Write
    whole: bool = False  # told of a project alone, not of a batch or a part of the tasks
    folder: bool = False  # always several files, which leave together in a zip
    media: bool = False  # takes the pictures along if they are wanted
    masks: tuple[str, ...] = ()  # how masks may be written, the usual way first
    undecided: bool = False  # has a place that marks answers from which nothing was decided yet
    pictures_only: bool = False  # can't hold a text
    most: int = 0  # tasks, where all are held in memory; 0: any number
    most_labels: int = 0  # whose numbers have room in its pictures; 0: any number


def one_file(lines: Lines, ending: str) -> Write:
    """A writer of one file, or of one for each part of a split."""

    def write(source: Source) -> Iterator[Entry]:
        for split in source.splits:
            yield Entry(f"{split or 'all'}{ending}", lines(source, split))

    return write
