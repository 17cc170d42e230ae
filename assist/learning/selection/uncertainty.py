"""How unsure a model is of tasks that nobody has opened: by the scores that it offers its finds with.

Of labels what is missing from the likeliest one's share to one; of spans, boxes and lines how near the least sure of
them is to a coin's toss. Masks are asked for by clicks, and nobody knows beforehand how sure one will be.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.conf import settings

from assist.errors import CopilotError
from assist.learning import label_vectors, measured_scores
from assist.models import ModelVersion, rivals
from assist.registry import registry, resolution
from assist.runtime.client import RuntimeClient, serving, status_now
from assist.suggestions import choices, class_vectors, judged, precompute, prototypes, sureness
from assist.suggestions.bindings import OF_IMAGES, SEERS, capabilities_of, written_in
from assist.suggestions.label_map import project_label
from assist.suggestions.prototypes import Learnt
from assist.suggestions.seen_boxes import named
from assist.suggestions.vector_encoding import unpacked
from projects.models import Project, Task

Said = dict[int, Any]  # by the tasks' keys what precompute.said_of gives


def asks(project: Project, sample: Task) -> ModelVersion | None:
    """The version that answers most of tasks like this one and says how sure it is; None where there is none.

    Raises CopilotError where the runtime would have to be asked for it and is away.
    """
    champion, usual = _answers(project, sample)
    if champion is not None or not usual:
        return champion
    status = status_now(settings.RUNTIME_ADDRESS, 2.0)
    if status is None:
        raise CopilotError("copilot-down")
    return registry.model_version(serving(status, usual))


def nobody(project: Project, sample: Task) -> bool:
    """Whether no model says how sure it is of tasks like this one; the runtime isn't asked."""
    return _answers(project, sample) == (None, "")


def _answers(project: Project, sample: Task) -> tuple[ModelVersion | None, str]:
    """Who was deployed for tasks like this, or else for what the runtime has one of its own; neither: None, ""."""
    able = _able(project, sample)
    for capability in able:
        if (found := resolution.champion(project, capability)) is not None and found.capability in able:
            return found, ""
    return None, next((one for one in able if rivals.comes_along(one)), "")


def _able(project: Project, sample: Task) -> tuple[str, ...]:
    """What is asked for a task like this and can say how sure it is."""
    usual = capabilities_of(project.task_type, project.settings_now())[:1]
    if usual == ("segment",):
        return SEERS
    if usual == ("classify",):
        return usual if sample.payload.get("text") else OF_IMAGES
    return usual


def of(project: Project, version: ModelVersion, tasks: Sequence[Task]) -> dict[int, float]:
    """By the tasks' keys a doubt in [0, 1]; without those that the model says nothing of, or not how sure it is. Raises
    CopilotError."""
    said = precompute.said_of(version, tasks)
    return DOUBTS[version.capability](project, version, said)


def _of_spans(project: Project, version: ModelVersion, said: Said) -> dict[int, float]:
    """Of those that the project has a label for, as far as its verdicts say what a score is worth."""
    labels, own = set(project.labels.in_use().values_list("key", flat=True)), registry.label_map_of(str(version))
    mapping, measured = project.settings_now().label_mapping, measured_scores.of(project.public_id, str(version))
    return _least_sure(
        (
            task,
            [
                sureness.of(score, measured, label)
                for *_, theirs, score in found
                if (label := project_label(theirs, mapping, labels, own))
            ],
        )
        for task, found in said.items()
    )


def _of_boxes(project: Project, version: ModelVersion, said: Said) -> dict[int, float]:
    labels, own = list(project.labels.in_use()), registry.label_map_of(str(version))
    keys, mapping, written = [one.key for one in labels], project.settings_now().label_mapping, written_in(labels)
    measured = measured_scores.of(project.public_id, str(version))
    return _least_sure(
        (
            task,
            [sureness.of(one.score, measured, one.label) for one in named(found["boxes"], mapping, keys, own, written)],
        )
        for task, found in said.items()
        if found
    )


def _least_sure(found: Iterable[tuple[int, Sequence[float | None]]]) -> dict[int, float]:
    """A task where nothing is found is not doubted; one whose finds have no score says nothing."""
    told = ((task, [score for score in scores if score is not None], scores) for task, scores in found)
    return {
        task: max((1 - abs(2 * score - 1) for score in known), default=0.0)
        for task, known, scores in told
        if known or not scores
    }


def _of_classes(project: Project, version: ModelVersion, said: Said) -> dict[int, float]:
    """Over all fields that are guessed, the one that is least sure."""
    terms = project.settings_now()
    fields = choices.of(project, terms)
    if not fields:
        return {}
    if judged.gives_shares(version):
        own = version.terms.get("label_map") or {}
        guessed = {
            task: [one.score for one in judged.guesses(fields, found["shares"], terms.label_mapping, own)]
            for task, found in said.items()
        }
        return _unlikeliest(guessed)
    learnt = label_vectors.learnt(project.public_id, str(version))
    if version.capability == ModelVersion.Capability.EMBED_IMAGE:
        shown = {
            task: [one.score for one in prototypes.by_examples(fields, learnt, unpacked(found))]
            for task, found in said.items()
        }
        return _unlikeliest(shown)
    rows = asyncio.run(_phrases(version, fields))
    words = {one.field: class_vectors.words(one, rows) for one in fields}
    return _unlikeliest(
        {
            task: [
                float(prototypes.shares(one, learnt.get(one.field, Learnt()), words[one.field], unpacked(found)).max())
                for one in fields
            ]
            for task, found in said.items()
        }
    )


def _unlikeliest(guessed: dict[int, list[float | None]]) -> dict[int, float]:
    known = {task: [one for one in scores if one is not None] for task, scores in guessed.items()}
    return {task: 1 - min(scores) for task, scores in known.items() if scores}


async def _phrases(version: ModelVersion, fields: Sequence[prototypes.Choices]) -> dict[str, Any]:
    client = RuntimeClient(settings.RUNTIME_ADDRESS)
    try:
        return await class_vectors.phrases(client, str(version), fields)
    finally:
        await client.close()


DOUBTS: dict[str, Callable[[Project, ModelVersion, Said], dict[int, float]]] = {
    "spans": _of_spans,
    "classify": _of_classes,
    "classify-image": _of_classes,
    "embed-image": _of_classes,
    "detect": _of_boxes,
    "read": _of_boxes,
}
