"""Labels in use that a page of settings takes away: what depends on them, and what is to become of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from projects.configuration import label_keys, label_use
from projects.configuration.label_use import LabelUse
from projects.models import Project
from taskers.errors import Problem

FIELD = "removed-"  # before the key: the name of its field on the page
RETIRE = "retire"
MERGE = "merge:"  # before the key of the label that stands for it


class LabelsInUse(Problem):
    """Labels that you take away are in use: say what becomes of each."""

    code = "label-in-use"
    status = 422


@dataclass(frozen=True)
class RemovedLabel:
    """One of them, with the labels that it may be merged into and what was chosen, if anything."""

    use: LabelUse
    targets: Sequence[Mapping[str, Any]]
    chosen: str

    @property
    def field(self) -> str:
        return FIELD + self.use.key


@dataclass(frozen=True)
class RemovedLabels:
    """All of them."""

    uses: Sequence[RemovedLabel]

    def merged(self) -> dict[str, str]:
        """Those to be merged: key -> key of the label that stands for it. Raises LabelsInUse until all is said."""
        if not all(label.chosen for label in self.uses):
            raise LabelsInUse()
        chosen = {label.use.key: label.chosen for label in self.uses}
        return {key: choice.removeprefix(MERGE) for key, choice in chosen.items() if choice.startswith(MERGE)}


def sent(form: QueryDict, project: Project, in_use: Sequence[Mapping], labels: Sequence[Mapping]) -> RemovedLabels:
    """What a page that was sent says of the labels that it takes away."""
    kept = {label_keys.present_key(label) for label in labels}
    removed = {label["key"]: label for label in in_use if label["key"] not in kept}
    found = []
    for use in label_use.of_labels(project, removed):
        field = removed[use.key]["field"]
        targets = [label for label in in_use if label["key"] in kept and label["field"] == field]
        choices = {RETIRE, *(MERGE + label["key"] for label in targets)}
        chosen = form.get(FIELD + use.key, "")
        found.append(RemovedLabel(use, targets, chosen if chosen in choices else ""))
    return RemovedLabels(found)
