"""A project as a pattern for others: its labels, settings and rules, without its tasks, people or gold."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from projects.configuration import configure, illustrations, label_keys, presets, review_rule, save_settings
from projects.errors import Refused
from projects.models import Project, ProjectTemplate, Requirement, limits
from projects.workforce import rules
from taskers.errors import StateConflict
from taskers.models import Organization, Person, Skill
from taskers.outbox.events import emit

# What a project takes over from its pattern without being asked: the form of a new one doesn't show it.
UNASKED = ("suggest", "sharpens", "confidence", "control_share", "planted_share")
RULES = [name for name in (*limits.RULES, "skip_modes", "mode") if not name.startswith("training_")]


def pattern_of(project: Project) -> dict[str, Any]:
    """All of a project that another one may take over, as JSON can say it. A course isn't part of it, since its items
    are tasks."""
    now, in_force = project.settings_now(), rules.in_force(project)
    asked = Requirement.objects.filter(project=project).select_related("skill").order_by("pk")
    return {
        "task_type": project.task_type,
        "labels": [
            {name: value for name, value in one.items() if name != "id"} for one in save_settings.labels_of(project)
        ],
        "settings": {name: getattr(now, name) for name in configure.FIELDS},
        "rules": {name: getattr(in_force, name) for name in RULES},
        "requirements": [
            {"skill": one.skill.key, "comparator": one.comparator, "value": one.value, "values": one.values}
            for one in asked
        ],
        "priority": project.priority,
    }


@transaction.atomic
def clone(project: Project, name: str, *, by: Person, draft: bool = False) -> Project:
    """Another project with the same labels, settings and rules. Raises StateConflict for a name in use."""
    copy = _made(project.organization, pattern_of(project), name, by=by, draft=draft)
    illustrations.copy(project, by=by, project=copy)
    return copy


@transaction.atomic
def keep_template(project: Project, name: str, *, by: Person) -> ProjectTemplate:
    """Keep a project's pattern as it is now; of a long name its beginning. Raises Refused without one, and
    StateConflict for one in use."""
    name = name.replace("\x00", "").strip()[: limits.NAME].strip()
    if not name:
        raise Refused("A template needs a name.", code="no-name", place="name")
    try:
        with transaction.atomic():
            made = ProjectTemplate.objects.create(
                organization=project.organization, name=name, pattern=pattern_of(project), made_by=by
            )
    except IntegrityError:
        text = "There is a template named %(name)s already."
        raise StateConflict(text, code="template-exists", place="name", name=name) from None
    illustrations.copy(project, by=by, template=made)
    _tell("template_kept", made, by)
    return made


def templates_of(organization: Organization) -> QuerySet[ProjectTemplate]:
    """An organization's templates, oldest first."""
    return ProjectTemplate.objects.filter(organization=organization).select_related("made_by").order_by("pk")


@transaction.atomic
def remove_template(template: ProjectTemplate, *, by: Person) -> None:
    """Throw a template away; projects made after it stay. Raises StateConflict when it is gone already."""
    if not ProjectTemplate.objects.filter(pk=template.pk).delete()[0]:
        raise StateConflict("This template is gone already.")
    _tell("template_removed", template, by)


@transaction.atomic
def from_template(template: ProjectTemplate, name: str, *, by: Person) -> Project:
    """A project after a template. Raises StateConflict for a name in use, and Refused for what can't be any more."""
    return _made(template.organization, template.pattern | {"template": template.public_id}, name, by=by)


@transaction.atomic
def from_preset(organization: Organization, preset: presets.Preset, name: str, *, by: Person) -> Project:
    """A project after one of the gallery's presets. Raises StateConflict for a name in use."""
    return _made(organization, presets.pattern_of(preset), name, by=by)


@transaction.atomic
def begin(
    organization: Organization,
    pattern: Mapping[str, Any],
    *,
    by: Person,
    name: str,
    task_type: str,
    labels: Sequence[Mapping],
    draft: bool = False,
    **settings: object,
) -> Project:
    """A project as its maker says it, in what they weren't asked as a pattern has it. Raises like configure.create."""
    unasked = {key: pattern["settings"][key] for key in UNASKED if key in pattern["settings"]}
    return _made(
        organization,
        dict(pattern) | {"task_type": task_type, "labels": labels, "settings": unasked | settings},
        name,
        by=by,
        draft=draft,
    )


def _made(
    organization: Organization, pattern: Mapping[str, Any], name: str, *, by: Person, draft: bool = False
) -> Project:
    settings = {key: value for key, value in pattern["settings"].items() if key in configure.FIELDS}
    labels, task_type = [_apart(one, "attributes") for one in pattern["labels"]], pattern["task_type"]
    settings = _apart(settings, "fields")
    if "review" in settings:  # of labels that were retired there, none is here
        keys = [label_keys.present_key(one) for one in labels]
        settings["review"] = review_rule.relabelled(settings["review"], dict(zip(keys, keys, strict=True)))
    project = configure.create(organization, by, name=name, task_type=task_type, labels=labels, draft=draft, **settings)
    if template := illustrations.template_of(organization, pattern):
        illustrations.copy(template, by=by, project=project)
    if "rules" not in pattern:
        return project
    skills = {one.key: one for one in Skill.objects.filter(organization=organization)}
    wanted = [one | {"skill": skills[one["skill"]]} for one in pattern["requirements"] if one["skill"] in skills]
    kept = {key: value for key, value in pattern["rules"].items() if key in RULES}
    rules.revise(project, by, requirements=wanted, priority=pattern["priority"], **kept)
    return project


def _apart(held: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The same with a number behind each name in this list that another one before it has: from before that was
    refused, so that what is made after such a project can be made. Their keys tell them apart as ever."""
    known: set[str] = set()
    told = []
    for one in held.get(name) or ():
        called, number = one["name"], 1
        while called.casefold() in known:
            number += 1
            called = f"{one['name']} {number}"
        known.add(called.casefold())
        told.append({**one, "name": called})
    return {**held, name: told} if told else dict(held)


def _tell(kind: str, template: ProjectTemplate, by: Person) -> None:
    subject = f"template:{template.public_id}"
    emit(kind, organization_id=template.organization_id, actor_id=by.pk, subject=subject, name=template.name)
