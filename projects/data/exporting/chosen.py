"""What was chosen of a classified task, for formats that know one list of classes."""

from projects.data.exporting.decided import Decided
from projects.data.exporting.source import Source
from projects.task_types.asked_fields import CHOICES


def first_choice(source: Source, one: Decided) -> list[str]:
    """The names that were chosen in the first field in which any was: one, several, or the steps of a path."""
    for part in one.answer["fields"]:
        if part["kind"] in CHOICES and part["value"]:
            value = part["value"] if isinstance(part["value"], list) else [part["value"]]
            return [name_of(source, key) for key in value]
    return []


def name_of(source: Source, key: str) -> str:
    """A label's name; of one that is no class here, its key."""
    found = source.classes.get(key)
    return found.name if found else key
