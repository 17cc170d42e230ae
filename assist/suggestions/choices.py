"""Which fields of a classification the copilot has a guess for, and by which phrases it knows their labels."""

from collections.abc import Mapping, Sequence
from typing import Any

from assist.suggestions.offers import TextField
from assist.suggestions.prototypes import Choices
from projects.models import Label, Project, ProjectSettings
from projects.task_types import asked_fields

GUESSED = ("choice", "tree")


def of(project: Project, settings: ProjectSettings, payload: Mapping[str, Any] | None = None) -> list[Choices]:
    """The fields that take one label each time they are asked; a task's own proposals need no second guess.

    What a project calls its labels for the model (`label_mapping`) stands for the label's name. In a tree the guess is
    one of its ends, known by the names on the way to it.
    """
    labels = list(project.labels.in_use().select_related("parent"))
    named = _phrases(settings.label_mapping)
    asked = [one for one in settings.fields if one["kind"] in GUESSED and "when" not in one]
    found = [_choices(one, settings.fields, labels, named) for one in asked]
    return unproposed([one for one in found if len(one.phrases) > 1], settings, payload or {})


def unproposed(found: Sequence[Choices], settings: ProjectSettings, payload: Mapping[str, Any]) -> list[Choices]:
    """Those of the fields for which a task brings no proposal of its own."""
    proposed = _proposed(payload, settings.fields)
    return [one for one in found if one.field not in proposed]


def texts(settings: ProjectSettings, payload: Mapping[str, Any] | None = None) -> list[TextField]:
    """The fields that take a text each time they are asked, and have none proposed."""
    proposed = _proposed(payload or {}, settings.fields)
    asked = [one for one in settings.fields if one["kind"] == "text" and "when" not in one]
    found = [one for one in asked if one["key"] not in proposed]
    return [TextField(one["key"], one["name"], one.get("longest", asked_fields.LONGEST)) for one in found]


def _choices(
    asked: Mapping[str, Any], fields: Sequence[Mapping], labels: Sequence[Label], named: Mapping[str, tuple[str, ...]]
) -> Choices:
    first = next((one["key"] for one in fields if one["kind"] in asked_fields.CHOICES), None)
    mine = {label.key: label for label in labels if (label.field or first) == asked["key"]}
    if asked["kind"] == "choice":
        return Choices(asked["key"], "choice", {key: named.get(key, (one.name,)) for key, one in mine.items()})
    above = {one.parent.key for one in mine.values() if one.parent}
    paths = {key: _path(key, mine) for key in mine if key not in above}
    phrases = {key: named.get(key, (": ".join(mine[step].name for step in path),)) for key, path in paths.items()}
    return Choices(asked["key"], "tree", phrases, paths)


def _path(key: str, labels: Mapping[str, Label]) -> tuple[str, ...]:
    path: list[str] = []
    at = key
    while at in labels and at not in path:
        path.insert(0, at)
        at = labels[at].parent_key
    return tuple(path)


def _phrases(mapping: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for phrase, key in sorted(mapping.items()):
        found[key] = (*found.get(key, ()), phrase)
    return found


def _proposed(payload: Mapping[str, Any], fields: Sequence[Mapping]) -> set[str]:
    said = set(payload.get("proposed") or {})
    return said | {fields[0]["key"]} if "" in said and fields else said
