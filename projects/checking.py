"""Answers as they are checked before anything is written: by the room of their type, with the project's labels."""

import json
from collections.abc import Mapping
from datetime import datetime

from projects.models import Project, Task
from projects.queue.handing_in import LABELS
from projects.tasktypes import TASK_TYPES
from projects.tasktypes.classification import AskedLabels, Classification
from taskers.statements import ask


def check_for(task: Task, answer: object, *, since: datetime | None = None, version: int | None = None) -> dict:
    """The answer to a task in canonical form, or Refused. `since` is when the work began, if it did, and `version`
    that of the settings it was begun under; the present ones otherwise."""
    return canonical(task.project, task.payload, answer, labels_of(task.project, since), version)


def labels_of(project: Project, since: datetime | None = None) -> dict[str, dict]:
    """What each label that may be used asks for; those retired after `since` are among them."""
    (labels,) = ask(f"SELECT {LABELS}", {"project": project.pk, "since": since})[0]
    return json.loads(labels or "{}")


def canonical(
    project: Project, payload: dict, answer: object, labels: Mapping[str, dict], version: int | None = None
) -> dict:
    """The same with the labels at hand."""
    room = TASK_TYPES[project.task_type]
    if isinstance(room, Classification):
        return room.check_answer(answer, payload, AskedLabels(labels, _fields(project, version)))
    return room.check_answer(answer, payload, labels)


def _fields(project: Project, version: int | None) -> list[dict]:
    rows = project.settings.filter(version=version) if version else project.settings.order_by("-version")
    return rows.values_list("fields", flat=True)[:1].get()
