"""Where a single key chooses and submits: there, work is easily handed in by mistake."""

from collections.abc import Mapping, Sequence

from projects.task_types import TASK_TYPES

UNDO_MINUTES = 1  # in a new project of that kind, unless something else is said


def submits_by_one_key(task_type: str, fields: Sequence[Mapping]) -> bool:
    """Whether one choice is all that is asked, so that its key may submit as well."""
    asked = TASK_TYPES[task_type].settings_asked
    if "also_asked" in asked:
        return not fields
    return "fields_asked" in asked and [field["kind"] for field in fields] == ["choice"]
