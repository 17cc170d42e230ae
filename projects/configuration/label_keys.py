"""The keys of labels: made from names, and renamed with them until a project has data. Then a key keeps its meaning.

A label that is to be saved says its `key`, and as `present_key` the one it has now, where that is another.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.text import slugify

from projects.configuration import review_rule
from projects.errors import Refused
from projects.models import Batch, Label, Project, limits

FROM_LABELS = ("label_mapping", "label_minimums", "review", "fields")  # settings that name labels by their keys


def key_of(label: Mapping) -> str:
    """The key of a label: the one it has, or else one made from its name, whatever its script."""
    name = str(label.get("name", ""))
    slug = slugify(name) or slugify(name, allow_unicode=True)
    return str(label.get("key") or slug.replace("-", "_"))[: limits.KEY]


def present_key(label: Mapping) -> str:
    """The key by which settings know a label until it is saved."""
    return str(label.get("present_key") or key_of(label))


def may_change(project: Project) -> bool:
    """Whether keys may still change: nothing was loaded that names labels by them."""
    return not Batch.objects.filter(project=project).exists()


def following(label: Mapping, name_before: str | None) -> dict[str, Any]:
    """A label as a page sends it, its key made from its name where the name is new and nobody typed another key."""
    typed = (label.get("key") or "").strip()
    untouched = typed in ("", label.get("present_key"))
    follows = untouched and name_before is not None and label.get("name") != name_before
    return dict(label) | {"key": "" if follows else typed or label.get("present_key") or ""}


def renamed(labels: Sequence[Mapping]) -> dict[str, str]:
    """The keys that are to change: present key -> new key."""
    keys = {present_key(label): key_of(label) for label in labels if label.get("present_key")}
    return {present: key for present, key in keys.items() if present != key}


def rename(project: Project, labels: Sequence[Mapping]) -> dict[str, str]:
    """Give a project's labels their new keys, and return present key -> new key. Raises Refused once there is data.

    Labels that aren't among these leave their keys to those that want them.
    """
    new_keys = renamed(labels)
    changed = list(project.labels.filter(key__in=new_keys))
    keys = [key_of(label) for label in labels]
    if not changed or len(set(keys)) < len(keys):  # what would be twice is refused when they are saved
        return new_keys
    if not may_change(project):
        index = next(at for at, label in enumerate(labels) if present_key(label) in new_keys)
        raise Refused(
            "“%(name)s” keeps the key “%(key)s”: data was loaded that names it so.",
            code="key-fixed",
            place=f"labels[{index}].key",
            name=str(labels[index].get("name", "")),
            key=present_key(labels[index]),
        )
    left_out = project.labels.exclude(key__in=[present_key(label) for label in labels])
    _delete(project, [label.pk for label in left_out.filter(key__in=keys)])
    # Keys are unique at each moment, and two labels may swap theirs.
    for row in changed:
        Label.objects.filter(pk=row.pk).update(key=f"~{row.pk}")
    for row in changed:
        Label.objects.filter(pk=row.pk).update(key=new_keys[row.key])
    return new_keys


def _delete(project: Project, keys: Sequence[int]) -> None:
    for name in ("parent", "merged_into"):
        project.labels.filter(**{f"{name}__in": keys}).update(**{name: None})
    project.labels.filter(pk__in=keys).delete()


def relabelled(values: Mapping[str, Any], new_keys: Mapping[str, str]) -> dict[str, Any]:
    """Settings with each label under its new key, as far as they name labels."""

    def key(label: str) -> str:
        return new_keys.get(label, label)

    renamed = dict(values)
    if mapping := values.get("label_mapping"):
        renamed["label_mapping"] = {name: key(label) for name, label in mapping.items()}
    if minimums := values.get("label_minimums"):
        renamed["label_minimums"] = {key(label): score for label, score in minimums.items()}
    if labels := (values.get("review") or {}).get("labels"):
        renamed["review"] = review_rule.relabelled(values["review"], {label: key(label) for label in labels})
    if fields := values.get("fields"):
        renamed["fields"] = [
            field | {"when": {**field["when"], "is": key(str(field["when"].get("is")))}}
            if isinstance(field, dict) and isinstance(field.get("when"), Mapping)
            else field
            for field in fields
        ]
    return renamed
