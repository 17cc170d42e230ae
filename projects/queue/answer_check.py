"""Answers as they are checked before anything is written: by the room of their type, with the project's labels.

What an answer says of where its parts come from is checked too: what nobody offered is stored as drawn by hand. Who
offers suggestions plugs in OFFERED.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from projects.models import Assignment, Project, Task
from projects.queue.complete import LABELS
from projects.task_types import TASK_TYPES
from projects.task_types.classification import AskedLabels, Classification
from taskers.database.prepared import ask
from taskers.models import Person


@dataclass(frozen=True)
class Offers:
    """What was offered for some pieces of work, as far as it matters to parts of an answer."""

    origins: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # part id or field -> its true provenance
    models: Collection[str] = ()  # all that offered anything


# What was offered for these pieces of work, by their keys, of that which parts claim to come from.
Offered = Callable[[Collection[int], Sequence[Mapping[str, Any]]], Offers]
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


def genuine(work: Assignment, tasker: Person, answer: dict) -> dict:
    """The answer whose parts come from where they say.

    A part comes from a suggestion only if that was offered for this task to this tasker, in this piece of work or an
    earlier one, and could have become such a part; then it has the name of the model that made it, and is edited if it
    isn't as it was offered. Without the name of a suggestion, a part may come from several, if any were offered, or
    from what the task itself proposes. Everything else was drawn by hand. A reviewer goes on from the answers of
    others: there a part may name what was offered to any of them, or nothing. A model's parts are its own.
    """
    parts = TASK_TYPES[work.task.project.task_type].answer_list
    claims = [part for part in answer[parts] if part["provenance"]["source"] != "human" or part["provenance"]["model"]]
    if not claims or tasker.kind == Person.Kind.MODEL:
        return answer
    rows = Assignment.objects.filter(task=work.task_id)
    is_review = work.kind == Assignment.Kind.REVIEW
    keys = rows.values_list("pk", flat=True) if is_review else rows.filter(tasker=tasker).values_list("pk", flat=True)
    offers = OFFERED[0](list(keys), claims) if OFFERED else Offers()
    proposed = work.task.payload.get("proposed")
    checked = [
        part | {"provenance": _origin_of(part, offers, proposed, is_review)} if part in claims else part
        for part in answer[parts]
    ]
    return answer | {parts: checked}


def name_of(part: Mapping[str, Any]) -> str:
    """What a part is called in its answer."""
    return str(part["id"] if "id" in part else part["field"])


def _origin_of(part: Mapping[str, Any], offers: Offers, proposed: object, is_review: bool) -> dict[str, Any]:
    claim = part["provenance"]
    if claim["suggestion"] and (origin := offers.origins.get(name_of(part))):
        return claim | origin
    unnamed = claim | {"suggestion": None, "model": None}
    if claim["source"] == "human":
        return unnamed
    if is_review:
        return unnamed if claim["suggestion"] else claim
    is_proposed = isinstance(proposed, dict) and not {"", part.get("field")}.isdisjoint(proposed)
    if claim["suggestion"] or not (offers.models or is_proposed):
        return unnamed | {"source": "human"}
    return claim if claim["model"] in offers.models else unnamed


def _fields(project: Project, version: int | None) -> list[dict]:
    rows = project.settings.filter(version=version) if version else project.settings.order_by("-version")
    return rows.values_list("fields", flat=True)[:1].get()
