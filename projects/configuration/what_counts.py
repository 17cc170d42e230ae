"""Which attributes of marks count in the decision: said of labels, kept among the terms by which answers compare."""

from typing import Any

from projects.configuration import methods
from projects.errors import Refused
from projects.models import Project, ProjectSettings

KEPT = "counted"  # its place among the thresholds


def of_labels(project: Project) -> dict[str, list[str]]:
    """The attributes that count, by the keys of labels in use; see inference/told_apart.py."""
    rows = project.labels.in_use().values_list("key", "attributes")
    said = {key: [one["key"] for one in asked if one.get("counts")] for key, asked in rows}
    return {key: keys for key, keys in sorted(said.items()) if keys}


def is_told(project: Project, settings: ProjectSettings) -> bool:
    """Whether these terms say what the labels in use do."""
    return settings.thresholds.get(KEPT, {}) == of_labels(project)


def told_in(thresholds: dict[str, Any], project: Project) -> dict[str, Any]:
    """The thresholds with what the labels in use say."""
    counted = of_labels(project)
    return {key: value for key, value in thresholds.items() if key != KEPT} | ({KEPT: counted} if counted else {})


def check_method(project: Project, settings: ProjectSettings) -> None:
    """Raises Refused where the method decides without looking at what counts."""
    if KEPT in settings.thresholds and settings.aggregation == methods.by_part(project.task_type):
        text = "Part by part only labels and places are decided: choose another method, or let no attribute count."
        raise Refused(text, code="bad-setting", place="aggregation")
