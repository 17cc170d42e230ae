"""How a task would look under settings that aren't saved: they are saved, what the studio would be told is kept, and
all is taken back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from projects.configuration import illustrations, instructions, presets, save_settings
from projects.configuration.pictured import instructions_html
from projects.models import Project, ProjectSettings, Task
from projects.task_types import TASK_TYPES
from projects.task_types.asked_fields import CHOICES
from projects.web.annotator.work_json import project_json
from projects.web.manager import samples
from projects.web.manager.forms.labels import SHAPE_NAMES
from projects.web.shared.pay_said import pay_said
from taskers.models import Person


@dataclass(frozen=True)
class Looks:
    """What templates/projects/manager/_task_preview.html shows."""

    instructions: str
    labels: list[dict[str, Any]]
    fields: list[dict[str, Any]]  # with the labels that are their choices, {"options"}
    sample: samples.Sample
    own: bool  # the sample is a task of the project
    pay: str
    minutes: int
    copilot: bool
    grid: int
    wanted: int
    most: int | None


def of_project(project: Project, *, by: Person, **terms: Any) -> Looks:
    """A project's task under these terms. Raises what saving them would raise; nothing is saved."""
    with transaction.atomic():
        settings = save_settings.revise(project, by, seen=save_settings.mark(project), **terms)
        found = _looks(project, settings, by, preset=None)
        transaction.set_rollback(True)
    return found


def of_new(make: Callable[[], Project], pattern: Mapping[str, Any] | None, *, reader: Person) -> Looks:
    """A task of the project that `make` makes. Raises what making it raises; it isn't made."""
    with transaction.atomic():
        project = make()
        settings = project.settings_now()
        found = _looks(project, settings, reader, preset=presets.PRESETS.get((pattern or {}).get("preset", "")))
        # Pictures are the template's: those of the project go with it.
        template = illustrations.template_of(project.organization, pattern or {})
        _language, said = instructions.for_reader(settings, reader)
        found = replace(found, instructions=instructions_html(said, template))
        transaction.set_rollback(True)
    return found


def _looks(project: Project, settings: ProjectSettings, reader: Person, preset: presets.Preset | None) -> Looks:
    told = project_json(project, settings, reader)
    tasks = Task.objects.filter(project=project, withheld="").select_related("asset", "project")
    task = tasks.order_by("pk").first()
    shaped = "shapes" in TASK_TYPES[project.task_type].labels_asked
    like = preset if preset and preset.task_type == project.task_type else _like(project)
    return Looks(
        instructions=told["instructions_html"],
        labels=[one | {"takes": _takes(one) if shaped else ""} for one in told["labels"]],
        fields=_asked(told["fields"], told["labels"]),
        sample=samples.of_task(task) if task else samples.of_preset(like, told["labels"], told["fields"]),
        own=task is not None,
        pay=pay_said(project, settings, settings.rate),
        minutes=settings.lease_seconds // 60,
        copilot=settings.copilot,
        grid=settings.grid,
        wanted=settings.wanted,
        most=settings.most,
    )


def _like(project: Project) -> presets.Preset:
    """The first preset of this type."""
    return next(one for one in presets.PRESETS.values() if one.task_type == project.task_type)


def _takes(label: Mapping[str, Any]) -> str:
    """The shapes that a label takes, in words."""
    names = dict(SHAPE_NAMES)
    return ", ".join(str(names[one]) for one in label.get("shapes", ()) if one in names)


def _asked(fields: Sequence[Mapping], labels: Sequence[Mapping]) -> list[dict[str, Any]]:
    """The fields, each with its choices in their order; a label that names no field belongs to the first of them."""
    first = next((one["key"] for one in fields if one["kind"] in CHOICES), "")
    names = {one["key"]: one["name"] for one in fields} | {one["key"]: one["name"] for one in labels}
    found = []
    for one in fields:
        own = [label for label in labels if (label.get("field") or first) == one["key"]]
        options = (
            [dict(label) | {"under": bool(label.get("parent"))} for label in own] if one["kind"] in CHOICES else []
        )
        when = {key: names.get(key_of, key_of) for key, key_of in one["when"].items()} if one.get("when") else None
        found.append(dict(one) | {"options": options, "when": when})
    return found
