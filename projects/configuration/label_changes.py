"""One label at a time: renamed or otherwise changed, merged into another, retired. Its key keeps its meaning."""

from typing import Any

from django.db import transaction

from projects.configuration import configure, label_keys, review_rule, save_settings
from projects.errors import Refused
from projects.models import Label, Project
from taskers.errors import NotFound
from taskers.models import Person


@transaction.atomic
def alter(project: Project, present_key: str, *, by: Person, **said: Any) -> Label:
    """Say something else of a label: its name, colour, hotkey, shapes, attributes. Until there is data its key follows
    its name. Raises NotFound, and Refused as configure.set_labels does."""
    rows = _held(project, present_key)
    present = next(one for one in rows if one["key"] == present_key)
    label = present | said | {"present_key": present_key}
    if "key" not in said and label_keys.may_change(project):
        label = label_keys.following(label, present["name"])
    configure.change(project, by, labels=[label if one is present else one for one in rows])
    return project.labels.get(key=label_keys.key_of(label))


@transaction.atomic
def retire(project: Project, key: str, *, by: Person) -> None:
    """Let new answers carry a label no more; what carries it stays. Raises NotFound; Refused where another lies under
    it, or where nothing could be answered without it."""
    rows = _held(project, key)
    if any(one["parent"] == key for one in rows):
        raise Refused("Other labels lie under this one: move them first.", code="has-children", place=key)
    configure.set_labels(project, [one for one in rows if one["key"] != key], by=by)


@transaction.atomic
def merge(project: Project, key: str, into: str, *, by: Person) -> Label:
    """Retire a label whose answers are compared as if they said another one, from now on. The answers stay as they are.
    A rule for reviews asks for the other one instead.

    Raises NotFound and Refused as `retire` does, and Refused for a label that merges into itself or into one of another
    field.
    """
    fields = {one["key"]: one["field"] for one in _held(project, key)}
    if into not in fields or into == key or fields[into] != fields[key]:
        raise not_mergeable()
    retire(project, key, by=by)
    target = project.labels.get(key=into)
    project.labels.filter(key=key).update(merged_into=target)
    review = project.settings_now().review
    labels = review.get("labels", ())
    if key in labels:
        became = {one: one for one in labels} | {key: into}
        configure.change(project, by, review=review_rule.relabelled(review, became))
    return target


def not_mergeable() -> Refused:
    """That a label can't be merged into that one."""
    return Refused("Merge it into another label that is in use.", code="bad-merge", place="into")


def _held(project: Project, key: str) -> list[dict]:
    """The labels in use, held to the end of the transaction, this one among them; else NotFound."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    rows = save_settings.labels_of(project)
    if all(one["key"] != key for one in rows):
        raise NotFound("There is no such label in use here.")
    return rows
