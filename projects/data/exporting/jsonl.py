"""JSON Lines: everything that is known of each decided task, one object per line."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from projects.data.exporting.decided import Decided
from projects.data.exporting.format import ExportFormat, one_file
from projects.data.exporting.source import Source
from projects.data.exporting.undecided import UNDECIDED
from projects.models import Project
from projects.task_types import TASK_TYPES


def lines(source: Source, split: str) -> Iterator[bytes]:
    """One line per decided task; people are named by their public ids, not by name. Answers name labels by their keys;
    `labels` tells what these are called."""
    project, task_type = source.project, TASK_TYPES[source.project.task_type]
    for one in source.tasks(split, judgements=True):
        answers = [one.answer, *(judgement.answer for judgement in one.judgements)]
        used = sorted(set().union(*map(task_type.labels_used, answers)))
        names = {"labels": {key: source.tag(key) for key in used}}
        found = _object(one, project, task_type.key) | _state(one, source) | names
        line = json.dumps(found, ensure_ascii=False, separators=(",", ":"), default=_plain)
        yield line.encode() + b"\n"


def _state(one: Decided, source: Source) -> dict[str, Any]:
    """Whether the answer was decided, where others stand beside such; they have no verdict."""
    if not source.terms.undecided:
        return {}
    return {"state": UNDECIDED, "verdict": None} if one.method == UNDECIDED else {"state": "decided"}


def _object(one: Decided, project: Project, task_type: str) -> dict[str, Any]:
    return {
        "task": one.id,
        "external_id": one.external_id,
        "project": str(project.public_id),
        "task_type": task_type,
        "batch": one.batch,
        "payload": one.payload,
        "answer": one.answer,
        "verdict": {
            "id": one.verdict,
            "confidence": one.confidence,
            "method": one.method,
            "settings_version": one.settings_version,
            "decided_by": one.decided_by,
            "note": one.note,
            "at": one.at,
        },
        "judgements": [vars(judgement) for judgement in one.judgements],
        "answered_at": one.answered_at,
        "duration_ms": one.source.duration_ms,
    }


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


FORMAT = ExportFormat(
    key="jsonl",
    title="JSON Lines",
    note="Everything, with who and which model each part came from.",
    loses="Nothing; a label map renames labels in the answer, not in the judgements.",
    task_types=("image_regions", "text_spans", "classification", "preference"),
    ending=".jsonl",
    media_type="application/x-ndjson",
    write=one_file(lines, ".jsonl"),
    undecided=True,
)
