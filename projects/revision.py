"""Saving a whole page of settings: labels and terms together, never over a change that its author hasn't seen."""

import hashlib
import json
from collections.abc import Mapping, Sequence

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Coalesce

from projects import configure
from projects.models import Project, ProjectSettings
from taskers.errors import Problem
from taskers.models import Person

SHOWN = ("key", "name", "colour", "hotkey", "shapes", "attributes", "field")


class Overwrites(Problem):
    """Somebody else changed these settings while you were editing them."""

    code = "settings-changed"
    status = 412


def mark(project: Project) -> str:
    """A short text that is another one after every change of the settings or labels (an ETag)."""
    version = project.settings.order_by("-version").values_list("version", flat=True).first()
    return _mark(version or 0, labels_of(project))


def labels_of(project: Project) -> list[dict]:
    """The labels in use, as a form shows them."""
    rows = project.labels.in_use().values(*SHOWN, above=Coalesce("parent__key", Value("")))
    return [{key: row[key] for key in SHOWN} | {"parent": row["above"]} for row in rows]


def _mark(version: int, labels: Sequence[Mapping]) -> str:
    text = json.dumps(list(labels), sort_keys=True)
    return f"{version}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


@transaction.atomic
def revise(
    project: Project, by: Person, *, seen: str, labels: Sequence[Mapping], **settings: object
) -> ProjectSettings:
    """Make the settings and labels these, if they are still what the author has seen (`seen`, a mark).

    Raises Overwrites otherwise, and Refused for what can't be.
    """
    # The lock makes two revisions follow each other, so that the second sees what the first did.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    before = labels_of(project)
    now = project.settings_now()
    if seen != _mark(now.version, before):
        raise Overwrites()
    kept = {one["key"]: one for one in before}
    if [_said(one, kept.get(one.get("key") or "", {})) for one in labels] != before:
        configure.set_labels(project, labels, by=by)
    return configure.change(project, by, **settings)


def _said(label: Mapping, kept: Mapping) -> dict:
    """A label as a form says it, with what the form doesn't ask for as it was."""
    return {key: kept.get(key, "") if label.get(key) is None else label[key] for key in (*SHOWN, "parent")}


def changed_since(project: Project, seen: str) -> tuple[str, list[str]]:
    """Who changed the settings after a mark was taken, and which fields, for the notice that says so."""
    try:
        version = int(seen.partition("-")[0])
    except ValueError:
        version = 0
    rows = project.settings.filter(version__gte=version).select_related("made_by").order_by("version")
    first, last = rows.first(), rows.last()
    if first is None or last is None or first.pk == last.pk:
        return "", ["labels"]
    fields = [one for one in configure.FIELDS if getattr(first, one) != getattr(last, one)]
    return str(last.made_by or ""), fields or ["labels"]
