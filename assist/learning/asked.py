"""What an evaluation asks of a model, and what it hears: the terms that all metrics share."""

import dataclasses
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from assist.alike import index
from assist.learning.blind_verdicts import Decided
from assist.models import ModelVersion
from assist.runtime.client import RuntimeClient
from assist.suggestions import choices, precompute
from assist.suggestions.bindings import written_in
from assist.suggestions.prototypes import Choices
from projects.models import Project

UNREADABLE = {"no-image", "no-answer"}  # this picture; the next may do better
NO_ANSWER = "no-answer"  # by the model, to this task
Heard = dict[int, dict[str, Any]]
Scores = list[float | None]


@dataclass(frozen=True)
class Asked:
    """What a project asks of a model: its labels, what the model calls them, and the fields that it may guess.

    What it answers is put into `heard`, by the tasks' keys: as answers of the task type are, or {"fault": code}; of
    masks what a click in the middle of each region gave. What further figures are made of is put into `evidence`.
    `vectors`: where pictures lie, by model and task, as far as it is kept. `minimums`: how sure an offer under a label
    has to be, before `minimum_score`. `written`: by label the attribute that holds what is written there. `versions`:
    those that are compared.
    """

    labels: frozenset[str]
    mapping: Mapping[str, str]
    fields: Sequence[Choices]
    heard: Heard = dataclasses.field(default_factory=dict)
    evidence: dict[int, Any] = dataclasses.field(default_factory=dict)
    vectors: Mapping[str, Mapping[int, np.ndarray]] = dataclasses.field(default_factory=dict)
    minimum_score: float = 0.0
    minimums: Mapping[str, float] = dataclasses.field(default_factory=dict)
    written: Mapping[str, str] = dataclasses.field(default_factory=dict)
    versions: Sequence[ModelVersion] = ()

    def twice(self) -> tuple["Asked", "Asked"]:
        """The same of two models, each heard by itself."""
        return replace(self, heard={}, evidence={}), replace(self, heard={}, evidence={})

    def offers(self, label: str, score: float | None) -> bool:
        """Whether what is that sure is offered."""
        return score is None or score >= self.minimums.get(label, self.minimum_score)


Metric = Callable[[RuntimeClient, ModelVersion, Asked, Sequence[Decided]], Awaitable[Scores]]


def asked_by(project: Project, versions: Sequence[ModelVersion], decided: Sequence[Decided]) -> Asked:
    """Of these versions, by its settings of today."""
    terms, labels = project.settings_now(), list(project.labels.in_use())
    embedders = [one for one in versions if one.capability == ModelVersion.Capability.EMBED_IMAGE]
    return Asked(
        frozenset(one.key for one in labels),
        dict(terms.label_mapping),
        choices.of(project, terms),
        vectors={str(one): _kept(project, one, [each.task.pk for each in decided]) for one in embedders},
        minimum_score=terms.minimum_score,
        minimums=dict(terms.label_minimums),
        written=written_in(labels),
        versions=versions,
    )


def _kept(project: Project, version: ModelVersion, keys: Sequence[int]) -> Mapping[int, np.ndarray]:
    """Where the pictures of these tasks lie: by what was prepared, or by the index of what is alike."""
    known = precompute.kept_vectors(version, keys)
    if str(version) != index.IMAGES:
        return known
    held = index.vectors_of(project, index.IMAGES)
    places = np.flatnonzero(np.isin(there := held.keys(), keys))
    return dict(zip(there[places].tolist(), held.rows(places), strict=True)) | known
