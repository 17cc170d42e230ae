"""JSON Lines: everything that is known of each decided task, one object per line."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from projects.data.exporting.decided import Decided, decided
from projects.data.exporting.format import ExportFormat
from projects.models import Batch, Project


def write(project: Project, batch: Batch | None) -> Iterator[bytes]:
    """One line per decided task; people are named by their public ids, not by name."""
    task_type = project.task_type
    for one in decided(project, batch, judgements=True):
        line = json.dumps(_object(one, project, task_type), ensure_ascii=False, separators=(",", ":"), default=_plain)
        yield line.encode() + b"\n"


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
        "judgements": [asdict(judgement) for judgement in one.judgements],
    }


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


FORMAT = ExportFormat(
    key="jsonl",
    title="JSON Lines",
    note="Everything, with who and which model each part came from.",
    ending=".jsonl",
    media_type="application/x-ndjson",
    write=write,
)
