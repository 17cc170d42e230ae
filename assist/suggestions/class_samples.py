"""Which classes would be offered of some tasks of a project under other least scores, before anybody saves them: of
what a model said of the tasks ahead. Only for the words of labels is a model asked, and that once."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.conf import settings

from assist.errors import CopilotError
from assist.models import ModelVersion, Precomputed
from assist.registry import registry, resolution
from assist.runtime.client import RuntimeClient
from assist.suggestions import choices, class_vectors, judged, prototypes, sureness
from assist.suggestions.offers import CLASSES
from assist.suggestions.prototypes import Choices, Guess, Learnt
from assist.suggestions.samples import EXCERPT, MOST, NEWEST
from assist.suggestions.vector_encoding import unpacked
from projects.models import Label, Project, Task

PATIENCE = 3.0  # seconds with a model that is asked where the words of labels lie
Taught = Callable[[ModelVersion], Mapping[str, Learnt]]
Words = Mapping[str, np.ndarray]  # of each phrase of a label


@dataclass(frozen=True)
class SeenClass:
    """The likeliest label of a field; `score` None: nobody knows how far it may be believed."""

    field: str  # its name
    label: Label
    score: float | None
    offered: bool


@dataclass(frozen=True)
class ClassSample:
    """A task with a guess for each field that has one."""

    task: Task
    seen: Sequence[SeenClass]

    @property
    def offered(self) -> int:
        """How many of them would be."""
        return sum(one.offered for one in self.seen)

    @property
    def excerpt(self) -> str:
        """How its text begins, or what its image is called."""
        text = str(self.task.payload.get("text", "")) or self.task.external_id
        return text if len(text) <= EXCERPT else text[:EXCERPT] + "…"


def of(project: Project, least: float, own: Mapping[str, float], taught: Taught) -> list[ClassSample]:
    """Some tasks, the newest first; `least` and `own` (by the labels' keys) are the scores from which is offered,
    `taught` what verdicts taught a version about the fields. Raises CopilotError where labels are known by words alone
    and the model is away."""
    newest = Task.objects.filter(project=project).select_related("asset").order_by("-pk")[:NEWEST]
    by_key, terms = {one.pk: one for one in newest}, project.settings_now()
    fields = choices.of(project, terms)
    version = _version(project, by_key) if fields else None
    if version is None:
        return []
    rows = list(Precomputed.objects.filter(version=version, task_key__in=by_key).order_by("-task_key")[:MOST])
    learnt, own_map = taught(version), registry.label_map_of(str(version)) or {}
    near = any("vector" in row.output for row in rows) and version.capability == ModelVersion.Capability.CLASSIFY
    words = asyncio.run(_words(str(version), fields)) if near else {}
    labels, names = {one.key: one for one in project.labels.in_use()}, {one["key"]: one["name"] for one in terms.fields}

    def sample(task: Task, said: Mapping[str, Any]) -> ClassSample:
        asked = choices.unproposed(fields, terms, task.payload)
        if "shares" in said:
            found = judged.guesses(asked, said["shares"] or {}, terms.label_mapping, own_map)
        else:
            found = _nearest(asked, learnt, unpacked(dict(said)), words)
        return ClassSample(task, [_seen(one, labels, names, least, own) for one in found])

    return [sample(by_key[row.task_key], row.output) for row in rows]


def _version(project: Project, by_key: Mapping[int, Task]) -> ModelVersion | None:
    """The one that answers most of what was asked ahead, or else the one that was asked last."""
    rows = Precomputed.objects.filter(task_key__in=by_key, version__capability__in=CLASSES)
    answering = [one for one in resolution.everything(project) if one.version.capability in CLASSES]
    for one in sorted(answering, key=lambda one: -one.share):
        if rows.filter(version=one.version).exists():
            return one.version
    last = rows.select_related("version").order_by("-task_key").first()
    return last.version if last and not answering else None


async def _words(model: str, fields: Sequence[Choices]) -> Words:
    client = RuntimeClient(settings.RUNTIME_ADDRESS)
    try:
        async with asyncio.timeout(PATIENCE):
            return await class_vectors.phrases(client, model, fields)
    except TimeoutError:
        raise CopilotError("too-slow") from None
    finally:
        await client.close()


def _nearest(fields: Sequence[Choices], learnt: Mapping[str, Learnt], vector: np.ndarray, words: Words) -> list[Guess]:
    if not words:
        return prototypes.by_examples(fields, learnt, vector)
    return [
        prototypes.guess(one, learnt.get(one.field, Learnt()), class_vectors.words(one, words), vector)
        for one in fields
    ]


def _seen(
    guess: Guess, labels: Mapping[str, Label], names: Mapping[str, str], least: float, own: Mapping[str, float]
) -> SeenClass:
    offered = sureness.known_from(own.get(guess.label, least), guess.score)
    return SeenClass(names[guess.field], labels[guess.label], guess.score, offered)
