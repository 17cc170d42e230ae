"""Answers as they are checked before anything is written: by the room of their type, with the project's labels.

What an answer says of where its parts come from is checked too. Who offers suggestions plugs in OFFERED.
"""

import json
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from projects.models import Assignment, Project, Task
from projects.queue.complete import LABELS
from projects.task_types import TASK_TYPES
from projects.task_types.classification import AskedLabels, Classification
from taskers.database.prepared import ask

# Suggestions by their ids -> the key of the task that each was offered for; ids that nobody offered are left out.
Offered = Callable[[Collection[UUID]], Mapping[str, int]]
OFFERED: list[Offered] = []

LONGEST = 24 * 3600 * 1000  # milliseconds of work on one task that are believed
CLOCKS = 5000  # milliseconds that this machine's clock and the database's may be apart


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
    return TASK_TYPES[project.task_type].check_answer(answer, payload, asked_of(project, labels, version))


def asked_of(
    project: Project, labels: Mapping[str, dict], version: int | None = None
) -> Mapping[str, Mapping[str, Any]]:
    """What a project's task type checks answers by, for whoever checks many: the labels, and the fields that are asked
    for where it asks for such."""
    if isinstance(TASK_TYPES[project.task_type], Classification):
        return AskedLabels(labels, _fields(project, version))
    return labels


def believed(assignment: Assignment, active_ms: int) -> int:
    """Milliseconds of work, no more than passed since the work was handed out."""
    since = timezone.now() - assignment.held_at if assignment.held_at else timedelta(0)
    return max(0, min(int(active_ms), LONGEST, round(since / timedelta(milliseconds=1)) + CLOCKS))


def genuine(task_key: int, parts: str, answer: dict) -> dict:
    """The answer whose parts name no suggestion that wasn't offered for this task: what was invented is left out, and
    that the part came from a suggestion stays, since whoever says so is believed not to have been blind."""
    named = {source["suggestion"] for part in answer[parts] if (source := part["provenance"])["suggestion"]}
    if not named or not OFFERED:
        return answer
    known = {key for key, task in OFFERED[0]([UUID(one) for one in named]).items() if task == task_key}
    if named <= known:
        return answer
    kept = [
        part if (part["provenance"]["suggestion"] or "") in known | {""} else _nameless(part) for part in answer[parts]
    ]
    return answer | {parts: kept}


def _nameless(part: dict) -> dict:
    return part | {"provenance": part["provenance"] | {"suggestion": None, "model": None}}


def _fields(project: Project, version: int | None) -> list[dict]:
    rows = project.settings.filter(version=version) if version else project.settings.order_by("-version")
    return rows.values_list("fields", flat=True)[:1].get()
