"""What draws answers to a task beside each other, on pages of the office and of taskers."""

from projects.models import Task
from projects.task_types.preference import words_of


def drawing(found: Task, answers: dict[str, dict]) -> dict:
    """What pages/answers.js draws answers to a task by; each stage names its answer's key."""
    project, payload = found.project, found.payload
    return {
        "type": project.task_type,
        "text": words_of(payload),
        "size": {"width": payload.get("width"), "height": payload.get("height")},
        "fields": {one["key"]: one["name"] for one in project.settings_now().fields},
        "labels": {one.key: {"name": one.name, "colour": one.colour} for one in project.labels.all()},
        "answers": answers,
    }
