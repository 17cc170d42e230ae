"""Work as the studio gets it: a project, a task, an assignment, what comes next and lessons, in JSON."""

import json
from functools import lru_cache

from django.conf import settings as site
from django.urls import reverse

from projects import queue
from projects.configuration import instructions
from projects.configuration.label_colours import patterns
from projects.configuration.pictured import instructions_html
from projects.models import Assignment, Project, ProjectSettings, Task, assignment_context
from projects.quality.qualification import feedback
from projects.queue import side_order
from projects.task_types import TASK_TYPES
from projects.task_types.preference import FIRST, SECOND, Preference
from projects.web.shared.pay_said import pay_said
from taskers.models import Person
from taskers.people import preferences


def project_json(project: Project, settings: ProjectSettings, reader: Person, labels: str | None = None) -> dict:
    """What the studio needs to know of a project; its instructions in the reader's language. `labels` are those of
    `assignment_context` where they are read already."""
    return {
        "id": str(project.public_id),
        "name": project.name,
        "task_type": project.task_type,
        **instructions_json(project, settings, reader),
        **{name: getattr(settings, name) for name in ("copilot", "suggest", "confidence", "fields", "empty_usual")},
        "labels": _labels_json(assignment_context.labels(project) if labels is None else labels),
    }


def retired_labels_json(project: Project) -> list[dict]:
    """The labels that older answers say, as the studio shows them; nobody is offered them."""
    names = ("key", "name", "colour", "hotkey", "shapes", "attributes", "field")
    rows = list(project.labels.exclude(retired_at=None).order_by("position", "pk").values(*names))
    drawn = patterns(tuple(row["colour"] for row in rows))
    return [row | {"parent": None, "pattern": at, "retired": True} for row, at in zip(rows, drawn, strict=True)]


@lru_cache(maxsize=256)
def _labels_json(text: str) -> list[dict]:
    """Labels with their patterns; everybody's, to read."""
    labels = json.loads(text)
    drawn = patterns(tuple(one["colour"] for one in labels))
    return [one | {"pattern": pattern, "retired": False} for one, pattern in zip(labels, drawn, strict=True)]


def instructions_json(project: Project, settings: ProjectSettings, reader: Person) -> dict[str, str]:
    """A project's instructions in the reader's language, and which that is."""
    language, said = instructions.for_reader(settings, reader)
    return {
        "instructions_html": instructions_html(said, project),
        "instructions_language": language if language in dict(site.LANGUAGES) else "",
    }


def task_json(task: Task, tasker: Person | None = None) -> dict:
    """A task as its tasker sees it, a pair on the sides drawn for them; without one, as a reviewer does: by the name
    that it was loaded under, a pair in its own order.
    """
    image = None
    task_type = TASK_TYPES[task.project.task_type]
    name = task.code if tasker else task.external_id
    shown = {"id": str(task.public_id), "name": name, "payload": task_type.shown(task.payload)}
    if isinstance(task_type, Preference):
        left = side_order.left_of(task, tasker) if tasker else FIRST
        return shown | {"image": None, "images": _images(task), "left": left}
    if task.asset_id and task.asset:
        image = {"url": media_url(task), "width": task.asset.width, "height": task.asset.height}
    return shown | {"image": image}


def _images(task: Task) -> dict[str, dict]:
    """The pictures of a pair, each by its candidate's place."""
    urls = {FIRST: media_url(task), SECOND: reverse("task-media-second", args=[task.public_id])}
    pictured = {name: task.payload[name] for name in urls if "asset" in task.payload[name]}
    return {name: {"url": urls[name], "width": one["width"], "height": one["height"]} for name, one in pictured.items()}


def media_url(task: Task) -> str:
    """Where a task's picture is served, to those who may see the task."""
    return reverse("task-media", args=[task.public_id])


def thumbnail_url(task: Task) -> str:
    """Where its small picture is served."""
    return reverse("task-thumbnail", args=[task.public_id])


def assignment_json(assignment: Assignment, tasker: Person) -> dict:
    """An assignment that somebody holds."""
    project = assignment.task.project
    around = assignment_context.around(assignment)
    settings, saved = around.settings, around.draft
    return {
        "id": str(assignment.public_id),
        "token": str(assignment.token),
        "kind": "judge",  # gold must not be told apart; a course says so itself
        "course": feedback.where(assignment),
        "deadline": assignment.deadline.isoformat() if assignment.deadline else None,
        "lease_seconds": settings.lease_seconds,
        "project": project_json(project, settings, tasker, around.labels) | {"copilot": bool(assignment.copilot)},
        "task": task_json(assignment.task, tasker),
        "draft": {"version": saved.version, "answer": saved.answer} if saved else None,
        "pay": pay_said(project, settings, assignment.rate or 0),
        "comments": around.comments,
        "answered": around.answered,
    }


def lookahead_json(found: queue.Lookahead, tasker: Person) -> dict:
    """A task that nobody holds yet, as it will be shown; its signature goes with the claim that asks for it."""
    project = found.task.project
    settings = project.settings_now()
    return {
        "id": None,
        "token": None,
        "signature": found.signature,
        "kind": "judge",
        "course": None,
        "deadline": None,
        "lease_seconds": settings.lease_seconds,
        "project": project_json(project, settings, tasker),
        "task": task_json(found.task, tasker),
        "draft": None,
        "pay": pay_said(project, settings, found.terms.rate),
        "comments": 0,
        "answered": False,
    }


def lesson_json(project: Project, lesson: dict, reader: Person) -> dict:
    """What a course has to say, to be read before the next piece of work; with what its answers are drawn by."""
    _pictured(lesson["items"])
    return lesson | {"project": project_json(project, project.settings_now(), reader)}


def lessons_json(project: Project, lists: dict[str, list[dict]], reader: Person) -> dict:
    """Lists of items of a course, by name, with what their answers are drawn by."""
    for items in lists.values():
        _pictured(items)
    shown = project_json(project, project.settings_now(), reader)
    return {"lessons": lists, "labels": shown["labels"], "fields": shown["fields"]}


def _pictured(items: list[dict]) -> None:
    for item in items:
        item["picture"] = reverse("task-media", args=[item["task"]]) if item["picture"] else None
        item["second"] = reverse("task-media-second", args=[item["task"]]) if item["second"] else None


def choices_json(person: Person) -> dict:
    """What this person chose for the studio."""
    chosen = preferences.of(person)
    return {"keys": chosen.keys, "submit_on_choice": chosen.submit_on_choice}
