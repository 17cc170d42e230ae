"""Saving a whole page of settings: labels and terms together, never over a change that its author hasn't seen."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Coalesce

from projects.configuration import configure
from projects.models import Project, ProjectSettings
from projects.task_types import asked_fields
from taskers.errors import Problem
from taskers.models import Event, Person

SHOWN = ("key", "name", "colour", "hotkey", "shapes", "attributes", "field")


class Overwrites(Problem):
    """Somebody else changed these settings while you were editing them."""

    code = "settings-changed"
    status = 412


@dataclass(frozen=True)
class Changes:
    """What happened to a project's settings after a mark was taken: who was the last, which settings and thresholds are
    others now, and what became of labels, by name."""

    who: Person | None = None
    settings: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)
    moved: bool = False  # the labels that stayed stand in another order

    @property
    def labels(self) -> bool:
        """Whether anything became of labels."""
        return bool(self.added or self.changed or self.retired or self.moved)


def mark(project: Project, version: int | None = None, labels: Sequence[Mapping] | None = None) -> str:
    """A text that is another one after every change of the settings or labels (an ETag), and tells which. `version` is
    that of the settings and `labels` are those in use (`labels_of`), where they have been read."""
    if version is None:
        version = project.settings.order_by("-version").values_list("version", flat=True).first()
    return _mark(version or 0, labels_of(project) if labels is None else labels)


def labels_of(project: Project) -> list[dict]:
    """The labels in use, as a form shows them; each with its `id`, since a key may change."""
    rows = project.labels.in_use().values("id", *SHOWN, above=Coalesce("parent__key", Value("")))
    return [{key: row[key] for key in ("id", *SHOWN)} | {"parent": row["above"]} for row in rows]


def _mark(version: int, labels: Sequence[Mapping]) -> str:
    return ";".join([str(version), *(f"{one['id']}={_digest(one)}" for one in labels)])


def _digest(label: Mapping) -> str:
    return hashlib.sha256(json.dumps(label, sort_keys=True).encode()).hexdigest()[:8]


def check_unchanged(project: Project, seen: str) -> None:
    """Raises Overwrites where the settings or labels are no longer those of a mark. Call in a transaction: from here to
    its end nobody else changes them."""
    # The lock makes two revisions follow each other, so that the second sees what the first did.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if seen != mark(project):
        raise Overwrites()


@transaction.atomic
def change(project: Project, by: Person, *, seen: str, **settings: Any) -> ProjectSettings:
    """Change these settings, if all are still what the author has seen. Raises Overwrites and Refused."""
    check_unchanged(project, seen)
    return configure.change(project, by, **settings)


@transaction.atomic
def amend(
    project: Project, by: Person, *, name: str | None = None, labels: Sequence[Mapping] | None = None, **settings: Any
) -> None:
    """Change a project's name, its labels and some of its settings together. Raises Refused, StateConflict."""
    if name is not None:
        configure.rename(project, name, by=by)
    if labels is not None or settings:
        configure.change(project, by, labels=labels, **settings)


@transaction.atomic
def revise(
    project: Project, by: Person, *, seen: str, labels: Sequence[Mapping], name: str | None = None, **settings: object
) -> ProjectSettings:
    """Make the settings and labels these, if they are still what the author has seen (`seen`, a mark), and call the
    project `name`, if one is given.

    Raises Overwrites otherwise, and Refused for what can't be; StateConflict for a name in use.
    """
    check_unchanged(project, seen)
    before = labels_of(project)
    kept = {one["key"]: one for one in before}
    keys = {one["name"].casefold(): one["key"] for one in before}
    same = [_said(one, kept.get(one.get("present_key") or one.get("key") or "", {}), keys) for one in labels] == before
    made = configure.change(project, by, labels=None if same else labels, **settings)
    configure.check_answerable(project, made)
    if name is not None:
        configure.rename(project, name, by=by)
    return made


def _said(label: Mapping, kept: Mapping, keys: Mapping[str, str]) -> dict:
    """A label as a form says it, with what the form doesn't ask for as it was; `keys` are those of labels by name."""
    said = {key: kept.get(key, "") if label.get(key) is None else label[key] for key in (*SHOWN, "parent")}
    above = keys.get(said["parent"].casefold(), said["parent"])
    return said | {"id": kept.get("id"), "field": asked_fields.key_of(said["field"]), "parent": above}


def changed_since(project: Project, seen: str) -> Changes:
    """What was changed after a mark was taken, for the notice that says so."""
    version, *marks = seen.split(";")
    first = project.settings.filter(version=int(version) if version.isdecimal() and len(version) < 9 else 0).first()
    last = project.settings_now()
    then = {key: digest for key, _, digest in (one.rpartition("=") for one in marks)}
    now = {str(one["id"]): _digest(one) for one in labels_of(project)}
    names = {str(key): name for key, name in project.labels.values_list("pk", "name")}
    return Changes(
        who=_last_to_change(project),
        settings=_differing(_values(first), _values(last)) if first else [],
        added=[names[key] for key in now if key not in then],
        changed=[names[key] for key in now if key in then and now[key] != then[key]],
        retired=[names[key] for key in then if key not in now and key in names],
        moved=[key for key in then if key in now] != [key for key in now if key in then],
    )


def _values(settings: ProjectSettings) -> dict[str, object]:
    """What a version says, each threshold by its own name."""
    said = {name: getattr(settings, name) for name in configure.FIELDS if name != "thresholds"}
    return said | {name: settings.thresholds.get(name, usual) for name, usual in configure.THRESHOLDS.items()}


def _differing(then: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    return [name for name in now if then[name] != now[name]]


def _last_to_change(project: Project) -> Person | None:
    rows = Event.objects.filter(subject=f"project:{project.public_id}", kind__in=configure.TOLD)
    newest = rows.order_by("-pk").first()
    return Person.objects.filter(pk=newest.actor_id).first() if newest and newest.actor_id else None
