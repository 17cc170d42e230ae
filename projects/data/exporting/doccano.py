"""doccano's JSON Lines: a text with its spans as [start, end, label], or a text or picture with its classes.

Offsets count code points, as doccano's do. Its own `id` is a number of its own, so ours is what we know the task by.
"""

from typing import Any

from projects.data.exporting.chosen import first_choice
from projects.data.exporting.decided import Decided
from projects.data.exporting.format import ExportFormat
from projects.data.exporting.json_lines import written
from projects.data.exporting.source import Source


def line(source: Source, one: Decided, picture: str) -> dict[str, Any]:
    """A task's."""
    payload = one.payload
    shown = {"text": payload["text"]} if "text" in payload else {"filename": picture}
    labels = _spans(source, one) if source.project.task_type == "text_spans" else first_choice(source, one)
    meta = {"meta": payload["meta"]} if payload.get("meta") else {}
    return {"id": one.external_id} | shown | {"label": labels} | meta


def _spans(source: Source, one: Decided) -> list[list[Any]]:
    return [[span["start"], span["end"], source.classes[span["label"]].name] for span in one.answer["spans"]]


FORMAT = ExportFormat(
    key="doccano",
    title="doccano JSONL",
    note="Spans as [start, end, label], classes as a list; pictures by their names.",
    loses="Attributes, titles of the tasks; of classes all but the first field that was chosen from: numbers, texts, "
    "further fields.",
    task_types=("text_spans", "classification"),
    ending=".jsonl",
    media_type="application/x-ndjson",
    write=written(line),
    media=True,
)
