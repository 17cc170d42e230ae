"""What the labels of an answer are called: messages and feeds name them beside their keys."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from projects.models import Label
from projects.task_types.protocol import TaskType


def by_project(projects: Collection[int]) -> Mapping[int, dict[str, str]]:
    """Label key -> name, for each of these projects by its key; retired labels as well."""
    names: dict[int, dict[str, str]] = defaultdict(dict)
    for project, key, name in Label.objects.filter(project__in=projects).values_list("project", "key", "name"):
        names[project][key] = name
    return names


def used(answer: Mapping[str, Any], names: Mapping[str, str], task_type: TaskType) -> dict[str, str]:
    """Label key -> name, of the labels that an answer uses."""
    return {key: names.get(key, key) for key in sorted(task_type.labels_used(dict(answer)))}
