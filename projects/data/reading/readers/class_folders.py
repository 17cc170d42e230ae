"""Pictures sorted into folders by their class, as ImageNet and Ultralytics have them; with folders for train, val and
test above them or without. Folders within a class are a path in a tree."""

from collections.abc import Iterator
from functools import partial

from projects.data.connectors.files import Files
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.readers.going_on import Later, after
from projects.data.reading.readers.labelled import labelled
from projects.data.reading.readers.listing import head, listed, passed_over, wanted
from projects.data.reading.readers.marks import Marks
from projects.data.reading.readers.picture_files import is_picture
from projects.data.reading.rows import Item, Said

TABLE = "labels.csv"  # beside the folders of Tandem's own export, and says what they say
HEADER = b"file,label,split,external_id,confidence"  # of that one, and of nobody else's
NO_LABEL = "no_label"  # the folder there of what nobody chose a class for
SUBSETS = ("train", "training", "val", "valid", "validation", "test", "testing", "images", "dataset", "data")


def read(files: Files, reading: Reading) -> Iterator[Item]:
    """A row for each picture."""
    return after(_items(files, reading.task_type), reading.skip)


def _items(files: Files, task_type: str) -> Iterator[Item | Later]:
    top = _top(files)
    for entry in wanted(files):
        if is_picture(entry.name):
            mark = partial(_mark, classes_of(entry.name, top))
            yield Later(partial(labelled, files, task_type, entry.name, entry.name, mark))
        elif not _is_own_table(files, entry.name):
            yield passed_over(entry.name)


def _is_own_table(files: Files, name: str) -> bool:
    """Whether it is what Tandem wrote beside its folders; somebody else's table is theirs to have read."""
    return name.rpartition("/")[2] == TABLE and head(files, name).split(b"\n", 1)[0].strip() == HEADER


def _mark(classes: list[str], marks: Marks) -> tuple[Said, ...]:
    for step in classes if classes != [NO_LABEL] else ():
        marks.choose("", step)
    return marks.said()


def _top(files: Files) -> str:
    """A folder that holds all others, and so is no class; "" where there is none."""
    firsts, deepest = set(), 0
    for entry in wanted(files):
        steps = entry.name.split("/")
        if steps[-1] == TABLE:
            continue
        firsts.add(steps[0])
        deepest = max(deepest, len(steps))
        if len(firsts) > 1:
            return ""
    return firsts.pop() if firsts and deepest > 2 else ""


def classes_of(name: str, top: str) -> list[str]:
    """The folders of a picture that are its class, from the outside in."""
    steps = name.split("/")[:-1]
    if steps and steps[0] == top:
        steps = steps[1:]
    while len(steps) > 0 and steps[0].lower() in SUBSETS:
        steps = steps[1:]
    return steps


def _recognises(files: Files) -> bool:
    names = [entry.name for entry in listed(files) if not _is_own_table(files, entry.name)]
    if not names or not all(map(is_picture, names)):
        return False
    top = _top(files)
    classes = {tuple(classes_of(name, top)) for name in names}
    return len(classes) > 1 and () not in classes


FORMAT = ImportFormat(
    key="class_folders",
    title="Pictures in folders by class",
    note="The folder is the class, as in ImageNet; folders in it are a path in a tree.",
    task_types=("classification",),
    endings=(),
    recognises=_recognises,
    read=read,
)
