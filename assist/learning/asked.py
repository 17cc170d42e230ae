"""What an evaluation asks of a model, and what it hears: the terms that all metrics share."""

import dataclasses
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

import numpy as np

from assist.alike import index
from assist.errors import CopilotError
from assist.learning import measured_scores, term_memory
from assist.learning.blind_verdicts import Decided
from assist.learning.costs import Meter
from assist.learning.region_masks import AREAS
from assist.models import ModelVersion
from assist.runtime.client import RuntimeClient
from assist.suggestions import choices, precompute, sureness
from assist.suggestions.bindings import written_in
from assist.suggestions.leading_words import Leading
from assist.suggestions.offers import TextField
from assist.suggestions.prototypes import Choices
from assist.suggestions.sureness import Measured
from projects.models import Project

NO_IMAGE = "no-image"  # that could be read: whatever is asked, it tells of no model
NO_ANSWER = "no-answer"  # by the model, to this task
UNREADABLE = {NO_IMAGE, NO_ANSWER}  # this picture; the next may do better
SLOW = {"too-slow", "backend-slow"}
Heard = dict[int, dict[str, Any]]
Scores = list[float | None]
T = TypeVar("T")


@dataclass(frozen=True)
class Asked:
    """What a project asks of a model: its labels, what the model calls them, and the fields that it may guess.

    What it answers is put into `heard`, by the tasks' keys: as answers of the task type are, or {"fault": code}; of
    masks what a click in the middle of each region gave. What further figures are made of is put into `evidence`, and
    into `marked`, where what is looked for may be nowhere, whether people marked anything that the models may find.
    `vectors`: where pictures lie, by model and task, as far as it is kept. `minimums`: how sure an offer under a label
    has to be, before `minimum_score`. `written`: by label the attribute that holds what is written there. `versions`:
    those that are compared. `texts`: fields that a model may write for. `weights`: how often a field counts, as where
    people's answers are compared; once where nothing is said.
    `measured`: how far their scores of spans or boxes may be believed, as far as that is known. `leading`: words that
    verdicts leave out before spans. `meter`: what asking takes, and how sure the model was of what it would offer.
    `since`: what a model said before that, in seconds since 1970, is asked for again.
    """

    labels: frozenset[str]
    mapping: Mapping[str, str]
    fields: Sequence[Choices]
    heard: Heard = dataclasses.field(default_factory=dict)
    evidence: dict[int, Any] = dataclasses.field(default_factory=dict)
    marked: dict[int, bool] = dataclasses.field(default_factory=dict)
    vectors: Mapping[str, Mapping[int, np.ndarray]] = dataclasses.field(default_factory=dict)
    minimum_score: float = 0.0
    minimums: Mapping[str, float] = dataclasses.field(default_factory=dict)
    written: Mapping[str, str] = dataclasses.field(default_factory=dict)
    texts: Sequence[TextField] = ()
    weights: Mapping[str, float] = dataclasses.field(default_factory=dict)
    versions: Sequence[ModelVersion] = ()
    measured: Mapping[str, Measured] = dataclasses.field(default_factory=dict)
    leading: Leading = dataclasses.field(default_factory=dict)
    meter: Meter = dataclasses.field(default_factory=Meter)
    since: float = 0.0

    def twice(self) -> tuple["Asked", "Asked"]:
        """The same of two models, each heard by itself."""
        first, second = (replace(self, heard={}, evidence={}, marked={}, meter=Meter()) for _ in range(2))
        return first, second

    def offers(self, label: str, score: float | None) -> bool:
        """Whether what is that sure is offered."""
        return score is None or score >= self.minimums.get(label, self.minimum_score)

    def sure(self, version: ModelVersion, own: float | None, label: str) -> float | None:
        """How sure a find of this version is under a label; `own`: its own word."""
        return sureness.of(own, self.measured.get(str(version)), label)

    def about(self, *keys: int) -> None:
        """The model is asked about these tasks from now on, so that it is known which of them take long."""
        self.meter.about = list(keys)

    def was_sure(self, key: int, said: Iterable[tuple[float | None, bool]]) -> None:
        """Note how sure the model was of each thing that it says of a task, where it tells, and whether it is right."""
        self.meter.said[key] = [(score, right) for score, right in said if score is not None]

    def mean(self, shares: Mapping[str, float]) -> float:
        """Of what is right of each field, of at least one."""
        counted = [self.weights.get(field, 1.0) for field in shares]
        return min(1.0, float(np.average(list(shares.values()), weights=counted)))

    def unread(self, key: int) -> bool:
        """Whether that task's picture couldn't be read."""
        return self.heard.get(key) == {"fault": NO_IMAGE}


Metric = Callable[[RuntimeClient, ModelVersion, Asked, Sequence[Decided]], Awaitable[Scores]]


async def patiently(question: Callable[[], Awaitable[T]]) -> T:
    """What is answered, asked once more where that took too long. Raises CopilotError "no-answer" where it does again:
    one page that is too much for a model is no reason to end all of it."""
    try:
        return await question()
    except CopilotError as problem:
        if problem.code not in SLOW:
            raise
    try:
        return await question()
    except CopilotError as problem:
        raise CopilotError(NO_ANSWER) if problem.code in SLOW else problem from None


def asked_by(
    project: Project, versions: Sequence[ModelVersion], decided: Sequence[Decided], since: datetime | None = None
) -> Asked:
    """Of these versions, by its settings of today. A label that takes no shape with an area is asked of none."""
    terms = project.settings_now()
    labels = [one for one in project.labels.in_use() if not one.shapes or AREAS.intersection(one.shapes)]
    embedders = [one for one in versions if one.capability == ModelVersion.Capability.EMBED_IMAGE]
    return Asked(
        frozenset(one.key for one in labels),
        dict(terms.label_mapping),
        choices.of(project, terms),
        vectors={str(one): _kept(project, one, [each.task.pk for each in decided]) for one in embedders},
        minimum_score=terms.minimum_score,
        minimums=dict(terms.label_minimums),
        written=written_in(labels),
        texts=choices.texts(terms),
        weights=dict(terms.thresholds.get("weights") or {}),
        versions=versions,
        measured={str(one): found for one in versions if (found := measured_scores.of(project.public_id, str(one)))},
        leading=term_memory.leading(project.public_id),
        since=since.timestamp() if since else 0.0,
    )


def _kept(project: Project, version: ModelVersion, keys: Sequence[int]) -> Mapping[int, np.ndarray]:
    """Where the pictures of these tasks lie: by what was prepared, or by the index of what is alike."""
    known = precompute.kept_vectors(version, keys)
    if str(version) != index.IMAGES:
        return known
    held = index.vectors_of(project, index.IMAGES)
    places = np.flatnonzero(np.isin(there := held.keys(), keys))
    return dict(zip(there[places].tolist(), held.rows(places), strict=True)) | known
