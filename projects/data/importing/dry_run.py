"""What a load would do with rows, found by its own checks before anything is written."""

from collections.abc import Collection, Mapping, Sequence

from projects.data.importing.choices import CREATE, Choices
from projects.data.importing.kept_answers import AnswersKept
from projects.data.importing.loaded import Loaded
from projects.data.importing.row_intake import RowIntake
from projects.data.reading.rows import Item
from projects.models import Project
from projects.queue.answer_check import asked_of
from projects.task_types.asked_fields import CHOICES


def check(project: Project, items: Sequence[Item], choices: Choices, shapes: Mapping[str, Collection[str]]) -> Loaded:
    """What is rejected and lost of these rows, which one chunk of a load takes; labels that are to be made are there,
    with their shapes in the file."""
    keys = {name: f"new {name}" for name, meaning in choices.labels.items() if meaning == CREATE}
    fields = getattr(asked_of(project, {}), "fields", ())
    field = next((field["key"] for field in fields if field["kind"] in CHOICES), "")
    new_labels = {
        key: {"shapes": list(shapes.get(name, ())), "attributes": [], "field": field, "parent": None}
        for name, key in keys.items()
    }
    labels = {name: keys.get(name, meaning) for name, meaning in choices.labels.items()}
    chosen = Choices(choices.answers, choices.source, labels, choices.columns, choices.format)
    answers = AnswersKept.of(project, chosen, None, new_labels)
    report = Loaded(read=len(items))
    _new, known = RowIntake.of(project, answers).take(items, report)
    report.losses += answers.unwanted(known)
    return report
