"""What verdicts teach the copilot about a project's labels. The only writer of LabelVectors.

Nothing is trained: the newest verdicts give each label its prototype, and those found without the copilot's help
say how far its scores may be believed (assist/suggestions/prototypes.py). Done again whenever a fifth more has been
decided.
"""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import transaction

from assist.errors import CopilotError
from assist.learning import blind_verdicts, erased
from assist.models import LabelVectors, ModelVersion
from assist.registry import resolution
from assist.registry.registry import WHOLE, model_version
from assist.runtime.client import RuntimeClient, serving, status_now
from assist.suggestions import choices, class_vectors, judged, precompute, prototypes
from assist.suggestions.bindings import capability_of
from assist.suggestions.prototypes import Choices, Learnt
from projects.configuration.terms import terms_of
from projects.models import Project, VerdictEntry
from projects.quality import votes
from projects.quality.consensus import AUTO

NEWEST = 1_000  # verdicts
LEAST = 10  # fresh ones that are worth beginning for
EMBED_IMAGE = ModelVersion.Capability.EMBED_IMAGE
PORTION = 64  # texts at once, so that people's own questions come in between


def learnt(project_key: UUID, model: str) -> dict[str, Learnt]:
    """By field, what this model has been taught in a project."""
    name, _, version = model.rpartition("@")
    rows = LabelVectors.objects.filter(project__public_id=project_key, version__name=name, version__version=version)
    return {row.field: _learnt(row) for row in rows}


def standing(project: Project) -> list[dict[str, Any]]:
    """What has been taught so far about the fields that are asked now, for the page."""
    titles = {one["key"]: one["name"] for one in project.settings_now().fields}
    rows = LabelVectors.objects.filter(project=project, field__in=titles).select_related("version")
    return [
        {
            "title": titles[row.field],
            "version": row.version,
            "verdicts": row.verdicts,
            "blind": row.blind,
            "right_percent": None if row.right is None else round(100 * row.right),
            "proven": row.temperature is not None,
        }
        for row in rows.order_by("version", "field")
    ]


def due(project: Project) -> bool:
    """Whether enough was decided since it was last taught."""
    terms = project.settings_now()
    if not terms.copilot or not capability_of(project.task_type, terms):
        return False
    rows_of = VerdictEntry.objects.filter(project=project, label="").select_related("task")
    decided = rows_of.exclude(task__in=erased.tasks(project))
    newest = decided.order_by("-pk").first()
    if newest is None or not choices.of(project, terms):
        return False
    if not newest.task.payload.get("text") and not resolution.deployed(project, EMBED_IMAGE):
        return False
    rows = list(LabelVectors.objects.filter(project=project).values_list("upto", "verdicts"))
    last = max((upto for upto, _ in rows), default=0)
    wanted = max(LEAST, max((verdicts for _, verdicts in rows), default=0) // 5)
    return decided.filter(pk__gt=last)[:wanted].count() >= wanted


def learn(project: Project) -> int:
    """Teach every version that answers here from the newest verdicts; returns how many verdicts there were.

    Raises CopilotError where the runtime doesn't answer.
    """
    fields = choices.of(project, project.settings_now())
    entries = _entries(project)
    if not fields or not entries:
        return 0
    pictures = [entry for entry in entries if not entry.task.payload.get("text")]
    for row in resolution.deployed(project, EMBED_IMAGE) if pictures else ():
        _teach_pictures(project, row.version, fields, pictures)
    texts = [entry for entry in entries if entry.task.payload.get("text")]
    for version in _versions(project) if texts else ():
        vectors, words = asyncio.run(_asked(version, fields, texts))
        _write(project, version, fields, texts, vectors, words)  # by this thread: one that ends keeps its connection
    return len(entries)


def forget(project: Project) -> None:
    """Let go of all that was learnt."""
    LabelVectors.objects.filter(project=project).delete()


def _versions(project: Project) -> list[ModelVersion]:
    rows = resolution.deployed(project, ModelVersion.Capability.CLASSIFY)
    found = [row.version for row in rows if not judged.gives_shares(row.version)]  # that one learnt all it will
    if sum(row.share for row in rows) < WHOLE:
        status = status_now(settings.RUNTIME_ADDRESS, 5.0)
        if status is None:
            raise CopilotError("copilot-down")
        found.append(model_version(serving(status, "classify")))
    return list(dict.fromkeys(found))


def _entries(project: Project) -> list[VerdictEntry]:
    """The newest verdicts, newest first; what a model decided alone, or was erased, teaches no model."""
    rows = VerdictEntry.objects.filter(project=project, label="").exclude(verdict__method=AUTO)
    rows = rows.exclude(task__in=erased.tasks(project))
    newest = rows.select_related("task__asset", "verdict").order_by("-pk")[:NEWEST]
    return [row for row in newest if row.task.payload.get("text") or row.task.asset_id]


async def _asked(
    version: ModelVersion, fields: Sequence[Choices], entries: Sequence[VerdictEntry]
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The vectors of the texts, a row each, and those of each field's labels."""
    client = RuntimeClient(settings.RUNTIME_ADDRESS)
    try:
        rows = await class_vectors.phrases(client, str(version), fields)
        texts = [str(entry.task.payload["text"]) for entry in entries]
        portions = [texts[at : at + PORTION] for at in range(0, len(texts), PORTION)]
        vectors = np.concatenate([await client.vectors(str(version), some) for some in portions])
    finally:
        await client.close()
    return vectors, {one.field: class_vectors.words(one, rows) for one in fields}


def _teach_pictures(
    project: Project, version: ModelVersion, fields: Sequence[Choices], entries: Sequence[VerdictEntry]
) -> None:
    """By what was decided alone: no words lie near to an image."""
    rows = precompute.vectors_of(version, [entry.task for entry in entries])
    read = [(entry, row) for entry, row in zip(entries, rows, strict=True) if row is not None]
    if not read:
        return
    vectors = np.stack([row for _, row in read])
    words = {one.field: np.zeros((len(one.phrases), vectors.shape[1]), np.float32) for one in fields}
    _write(project, version, fields, [entry for entry, _ in read], vectors, words)


@transaction.atomic
def _write(project: Project, version: ModelVersion, fields, entries, vectors, words) -> None:
    if erased.among(project, [entry.task_id for entry in entries]):
        return  # while they were read: they are learnt anew without them
    said = _said(project, entries)
    blind = blind_verdicts.found_blind(entries) & blind_verdicts.unsteered(entries)
    for one in fields:
        labels = {label: place for place, label in enumerate(one.phrases)}
        places = np.array([labels.get(values.get(one.field, ""), -1) for values in said])
        used = places >= 0
        texts, chosen = vectors[used], places[used]
        fit = prototypes.fit(words[one.field], texts, chosen, blind[used])
        LabelVectors.objects.update_or_create(
            project=project,
            version=version,
            field=one.field,
            defaults={
                "labels": list(labels),
                "sums": prototypes.sums(len(labels), texts, chosen).astype("<f4").tobytes(),
                "verdicts": len(chosen),
                "blind": fit.blind,
                "right": fit.right,
                "temperature": fit.temperature,
                "upto": entries[0].pk,
            },
        )


def _said(project: Project, entries: Sequence[VerdictEntry]) -> list[dict[str, str]]:
    """For each verdict its labels by field, under the labels of today; of a path its end."""
    terms = terms_of(project)
    found = []
    for entry in entries:
        answer = votes.known_answer(terms, entry.task, entry.verdict.answer) or {"fields": []}
        parts = {part["field"]: part["value"] for part in answer["fields"] if part["kind"] in choices.GUESSED}
        found.append({name: value if isinstance(value, str) else value[-1] for name, value in parts.items()})
    return found


def _learnt(row: LabelVectors) -> Learnt:
    sums = np.frombuffer(bytes(row.sums), "<f4")
    return Learnt(tuple(row.labels), sums.reshape(len(row.labels), -1), row.temperature)
