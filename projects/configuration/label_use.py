"""What depends on labels: answers, gold, predictions and what models call them. Asked before one is taken away."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from projects.models import Annotation, ImportedPrediction, PooledGold, Project

LATEST_ANSWERS = 20_000  # of a project, among which those that use a label are counted; of its predictions as many


@dataclass(frozen=True)
class LabelUse:
    """How much of a project uses one of its labels."""

    key: str
    name: str
    answers: int
    gold: int
    predictions: int
    model_names: Sequence[str]  # the names by which models say it
    at_least: bool  # there are more answers or predictions than were looked at

    @property
    def is_used(self) -> bool:
        return bool(self.answers or self.gold or self.predictions)


def using(rows: QuerySet[Any], key: str, answer: str = "answer") -> QuerySet[Any]:
    """Those of some rows whose answer says a label."""
    patterns: tuple[dict[str, Any], ...] = (
        {"regions": [{"label": key}]},
        {"spans": [{"label": key}]},
        {"fields": [{"kind": "choice", "value": key}]},
        {"fields": [{"kind": "multiple", "value": [key]}]},
        {"fields": [{"kind": "tree", "value": [key]}]},
    )
    says = Q()
    for pattern in patterns:
        says |= Q(**{f"{answer}__contains": pattern})
    return rows.filter(says)


def of_labels(project: Project, keys: Collection[str]) -> list[LabelUse]:
    """What uses these labels of a project, those alone that are used; in the project's order."""
    if not keys:
        return []
    answers = Annotation.objects.current().filter(task__project=project)
    predictions = ImportedPrediction.objects.filter(task__project=project)
    gold = PooledGold.objects.filter(project=project, retired_at=None)
    latest: list[Any] = [rows.order_by("-pk").values("pk")[:LATEST_ANSWERS] for rows in (answers, predictions)]
    at_least = any(rows[LATEST_ANSWERS : LATEST_ANSWERS + 1].exists() for rows in (answers, predictions))
    mapping = project.settings_now().label_mapping
    uses = [
        LabelUse(
            key=label.key,
            name=label.name,
            answers=using(Annotation.objects.filter(pk__in=latest[0]), label.key).count(),
            gold=using(gold, label.key, "gold__answer").count(),
            predictions=using(ImportedPrediction.objects.filter(pk__in=latest[1]), label.key).count(),
            model_names=sorted(name for name, key in mapping.items() if key == label.key),
            at_least=at_least,
        )
        for label in project.labels.in_use().filter(key__in=keys)
    ]
    return [use for use in uses if use.is_used]
