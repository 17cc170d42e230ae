"""Which format files are written in."""

from pathlib import PurePath

from projects.data.reading.format import ImportFormat
from projects.data.reading.formats import FORMATS
from projects.errors import Refused
from projects.task_types import TASK_TYPES

PACKED = (".zip", ".tar", ".tgz", ".gz")
# What programs may still call a format, and what that is by now: the first that such tasks may come in.
FORMERLY = {
    "zip": ("pictures",),
    "datumaro_cityscapes": ("cityscapes",),
    "datumaro_mvtec": ("datumaro_mvtec_segmentation", "datumaro_mvtec_classification"),
}
EACH_BY_ITSELF = ("pictures", "text")  # formats in which each file is read by itself


def formats_for(task_type: str) -> list[ImportFormat]:
    """The formats that tasks of a type may come in, those first that say more."""
    return [one for one in FORMATS.values() if task_type in one.task_types]


def endings_for(task_type: str) -> list[str]:
    """How files may end that are sent, archives among them."""
    return list(dict.fromkeys([*(ending for one in formats_for(task_type) for ending in one.endings), *PACKED]))


def check_name(name: str, task_type: str) -> None:
    """Refused for a file that no reader would take by its ending."""
    fitting = endings_for(task_type)
    if PurePath(name).suffix.lower() in fitting or name.lower().endswith(tuple(fitting)):
        return
    known = {ending for one in FORMATS.values() for ending in one.endings}
    if PurePath(name).suffix.lower() in known:
        raise Refused(
            "%(title)s are loaded from: %(choices)s.",
            code="wrong-format",
            place="file",
            title=TASK_TYPES[task_type].title,
            choices=", ".join(fitting),
        )
    raise Refused(
        "Files end in %(choices)s; “%(name)s” doesn't.",
        code="unknown-format",
        place="file",
        choices=", ".join(fitting),
        name=name[-60:],
    )


def by_key(key: str, task_type: str) -> ImportFormat:
    """The format of this name. Raises Refused where there is none, or none for such tasks."""
    named = (FORMATS[name] for name in FORMERLY.get(key, (key,)) if name in FORMATS)
    found = next((one for one in named if task_type in one.task_types), None)
    if found is None:
        choices = ", ".join(one.key for one in formats_for(task_type))
        title = TASK_TYPES[task_type].title
        text = "%(title)s are loaded from: %(choices)s."
        raise Refused(text, code="wrong-format", place="format", title=title, choices=choices)
    return found
