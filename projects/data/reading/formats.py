"""The formats by name. A new format is one new reader and one line here."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from projects.data.connectors.files import Files
from projects.data.reading.format import ImportFormat
from projects.data.reading.readers import (
    brat,
    cityscapes,
    class_folders,
    coco,
    conll,
    cvat_backup,
    cvat_xml,
    datumaro_formats,
    docbin,
    doccano,
    dota,
    hugging_face,
    jsonl,
    label_studio,
    labelme,
    mask_folders,
    parquet,
    pictures,
    prodigy,
    table,
    text,
    voc,
    webanno,
    xlsx,
    yolo,
)
from projects.data.reading.readers.lines import WIDE_MARKS
from projects.data.reading.readers.listing import Glance, head
from projects.errors import Refused

# Those that say most of what they read come first: `recognise` takes the first that knows the files.
ALL = (
    cvat_backup.FORMAT,
    hugging_face.FORMAT,
    parquet.FORMAT,
    xlsx.FORMAT,
    docbin.FORMAT,
    prodigy.FORMAT,
    doccano.FORMAT,
    label_studio.FORMAT,
    coco.FORMAT,
    labelme.FORMAT,
    cvat_xml.FORMAT,
    voc.FORMAT,
    dota.FORMAT,
    cityscapes.FORMAT,
    *datumaro_formats.FORMATS,
    yolo.FORMAT,
    mask_folders.FORMAT,
    class_folders.FORMAT,
    brat.FORMAT,
    jsonl.FORMAT,
    webanno.FORMAT,
    conll.FORMAT,
    table.FORMAT,
    text.FORMAT,
    pictures.FORMAT,
)
FORMATS: dict[str, ImportFormat] = {one.key: one for one in ALL}

# The plain formats, which a file is taken for by its name where its rows are no good.
BY_ENDING = {ending: one.key for one in (jsonl.FORMAT, table.FORMAT, text.FORMAT) for ending in one.endings}
NAMED = 5  # files that a refusal names


def _by_ending(names: Sequence[str]) -> ImportFormat | None:
    """The plain format by which all of them are called: one whose rows are no good is told them row by row."""
    found = {BY_ENDING.get(PurePosixPath(name).suffix.lower()) for name in names}
    key = found.pop() if len(found) == 1 else None
    return FORMATS[key] if key else None


def recognise(files: Files, task_type: str = "") -> ImportFormat:
    """The format that these files are in, by what is in them; of those for a task type, where one is given.

    Raises Refused, with what was seen.
    """
    glance = Glance(files)
    for one in FORMATS.values():
        if (not task_type or task_type in one.task_types) and _is(one, glance):
            return one
    names = [entry.name for entry in glance.entries()]
    if (named := _by_ending(names)) is not None and (not task_type or task_type in named.task_types):
        return named
    if not names:
        raise Refused("There are no files.", code="empty-file")
    for name in names[:NAMED]:
        if head(glance, name).startswith(WIDE_MARKS):
            text = "“%(name)s” is not UTF-8 (it looks like UTF-16). Save it as UTF-8."
            raise Refused(text, code="not-utf-8", place=name[-60:], name=name[-60:])
    found = ", ".join(name[-60:] for name in names[:NAMED]) + (", …" if len(names) > NAMED else "")
    text = "These files are in no format that is known here. There are %(number)s: %(found)s."
    raise Refused(text, code="unknown-format", number=len(names), found=found)


def _is(one: ImportFormat, glance: Glance) -> bool:
    try:
        return one.recognises(glance)
    except Refused:  # a file that can't be opened tells nothing
        return False
