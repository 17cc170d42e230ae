"""What verdicts teach about how far a model's scores of spans may be believed. The only writer of MeasuredScores.

The model is asked about texts that people read without any help: of each span that it finds there it is known
whether it was decided just so, place and label. From that its scores are calibrated
(projects/inference/calibration.py), again whenever a fifth more has been decided, or labels or what they are mapped to
are others. Only texts are asked about that never judge it (blind_verdicts.calibrating).
"""

import asyncio
import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db.models.functions import Now

from assist.errors import CopilotError
from assist.learning import blind_verdicts
from assist.learning.blind_verdicts import Decided
from assist.models import MeasuredScores, ModelVersion, Precomputed
from assist.registry import registry, resolution
from assist.registry.registry import WHOLE, model_version
from assist.runtime.client import serving, status_now
from assist.suggestions import asked_ahead, sureness
from assist.suggestions.bindings import capability_of
from assist.suggestions.label_map import project_label
from projects.inference.calibration import Calibration, calibrate
from projects.models import Project, VerdictEntry

SPANS = "spans"
NEWEST = 1_000  # verdicts
LEAST = 10  # fresh ones that are worth beginning for
ENOUGH = 50  # spans: before that nobody knows how far a score may be believed
ENOUGH_TEXTS = 20  # that differ: a single one says the same again and again
PORTION = 64  # texts at once, so that people's own questions come in between
SAID = (0.5, 0.7, 0.9, 0.99)  # what a page speaks of


class Known(NamedTuple):
    """What the model said of a span, whether it was decided so, and the group of its text."""

    said: float
    right: bool
    group: str


def of(project_key: UUID, model: str) -> Calibration | None:
    """What is known of this model's scores in a project; None where too little is decided under the labels of today."""
    name, _, version = model.rpartition("@")
    rows = MeasuredScores.objects.filter(project__public_id=project_key, known__gte=ENOUGH)
    row = rows.filter(version__name=name, version__version=version).select_related("project").first()
    return _calibration(row, _terms(row.project)) if row else None


def standing(project: Project) -> list[dict[str, Any]]:
    """What has been measured so far, for the page: what a score is worth, where enough is decided to tell."""
    found, terms = [], _terms(project)
    for row in MeasuredScores.objects.filter(project=project).select_related("version").order_by("version"):
        measured = _calibration(row, terms)
        said = SAID if measured else ()
        found.append(
            {
                "version": row.version,
                "verdicts": row.verdicts,
                "known": row.known,
                "right_percent": round(100 * row.right / row.known) if row.known else None,
                "calibration": measured,
                "lines": [(round(100 * one), round(100 * (sureness.of(one, measured) or 0))) for one in said],
            }
        )
    return found


def due(project: Project) -> bool:
    """Whether enough was decided since they were last measured, or a model answers whose scores never were as things
    stand today."""
    terms = project.settings_now()
    if not terms.copilot or capability_of(project.task_type, terms) != SPANS:
        return False
    rows, now = list(MeasuredScores.objects.filter(project=project).order_by("-upto")), _terms(project)
    today, answering = {row.version_id for row in rows if row.terms == now}, resolution.deployed(project, SPANS)
    if rows and (rows[0].terms != now or any(one.version.pk not in today for one in answering)):
        return True
    wanted = max(LEAST, max((row.read for row in rows), default=0) // 5)
    decided = VerdictEntry.objects.filter(project=project, label="")
    last = rows[0].upto if rows else 0
    return decided.filter(pk__gt=last)[:wanted].count() >= wanted


def learn(project: Project) -> int:
    """Measure the scores of every version that answers here; returns how many verdicts there were. Raises CopilotError
    where the runtime doesn't answer."""
    # Before the verdicts: what comes or changes meanwhile is read next time.
    read = {"upto": blind_verdicts.newest_key(project), "terms": _terms(project)}
    decided = blind_verdicts.newest(project, NEWEST)
    for version in _versions(project):
        told = [one for one in blind_verdicts.calibrating(project, version, decided) if one.task.payload.get("text")]
        _write(project, version, _known(project, version, told), read | {"verdicts": len(told), "read": len(decided)})
    return len(decided)


def _versions(project: Project) -> list[ModelVersion]:
    rows = resolution.deployed(project, SPANS)
    found = [row.version for row in rows]
    if sum(row.share for row in rows) < WHOLE:
        status = status_now(settings.RUNTIME_ADDRESS, 5.0)
        if status is None:
            raise CopilotError("copilot-down")
        found.append(model_version(serving(status, SPANS)))
    return list(dict.fromkeys(found))


def _known(project: Project, version: ModelVersion, blind: Sequence[Decided]) -> list[Known]:
    labels, mapping = set(project.labels.in_use().values_list("key", flat=True)), project.settings_now().label_mapping
    own, found = registry.label_map_of(str(version)), list[Known]()
    for one, spans in zip(blind, _found(version, blind), strict=True):
        decided = {(span["start"], span["end"], span["label"]) for span in one.answer["spans"]}
        for start, end, theirs, score in spans or ():
            label = project_label(theirs, mapping, labels, own)
            if label:
                said = sureness.UNSAID if score is None else float(score)
                found.append(Known(said, (start, end, label) in decided, one.group))
    return found


def _found(version: ModelVersion, blind: Sequence[Decided]) -> list[Any]:
    """What the model finds in each text: by what was prepared, or by asking."""
    tasks = [one.task for one in blind]
    rows = Precomputed.objects.filter(version=version, task_key__in=[task.pk for task in tasks])
    known = dict(rows.values_list("task_key", "output"))
    fresh = [task for task in tasks if task.pk not in known]
    for at in range(0, len(fresh), PORTION):
        some = fresh[at : at + PORTION]
        said = asyncio.run(asked_ahead.of_texts(version, some, None))
        known |= {task.pk: spans for task, spans in zip(some, said, strict=True)}
    return [known[task.pk] for task in tasks]


def _write(project: Project, version: ModelVersion, known: Sequence[Known], read: dict[str, Any]) -> None:
    learnt = calibrate([one.said for one in known], [one.right for one in known])
    values = {
        "mean": list(learnt.mean),
        "covariance": [list(row) for row in learnt.covariance],
        "known": len(known),
        "right": sum(one.right for one in known),
        "texts": len({one.group for one in known}),
    }
    MeasuredScores.objects.update_or_create(project=project, version=version, defaults=values | read | {"at": Now()})


def _terms(project: Project) -> str:
    """What says which spans are meant: another text once labels come or go, or are mapped otherwise. Labels are no part
    of a version of the settings."""
    keys = sorted(project.labels.in_use().values_list("key", flat=True))
    return sha256(json.dumps([project.settings_now().label_mapping, keys], sort_keys=True).encode()).hexdigest()


def _calibration(row: MeasuredScores, terms: str) -> Calibration | None:
    if row.known < ENOUGH or row.texts < ENOUGH_TEXTS or row.terms != terms:
        return None
    mean, ((a, b), (c, d)) = row.mean, row.covariance
    return Calibration((mean[0], mean[1]), ((a, b), (c, d)), row.known)
