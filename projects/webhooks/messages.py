"""What is told: the events of the outbox as messages, with what a receiver wants to know of each.

The data of a task's message is its line of the verdict feed, with the project and the batch beside it.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import translation

from projects.models import ArchivedTask, Batch, Delivery, Import, Task, Verdict
from projects.reports import label_names, verdict_index
from projects.task_types import TASK_TYPES
from taskers.models import Event, Payout

MODEL_KINDS = {"model_deployed", "model_withdrawn", "model_evaluated", "model_rollout"}
MODEL_TOLD = ("model", "champion", "share", "basis", "state", "outcome", "reason")
LONGEST = 256 * 1024  # characters of an answer: a longer one is left out, and fetched by whoever wants it


@dataclass(frozen=True)
class Message:
    """One, whoever it goes to. `key` names what it tells of, so that it is told once; those of one `stream` arrive in
    order."""

    kind: str
    key: str
    stream: str
    at: datetime
    data: dict[str, Any]
    organization: int = 0
    project: UUID | None = None
    task: int | None = None


def body_of(message: Message) -> str:
    """The body that is signed and sent, each time the same."""
    said = {"type": message.kind, "timestamp": stamp(message.at), "data": message.data}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def stamp(at: datetime | None) -> str | None:
    """A moment as the API writes it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def messages_of(events: Sequence[Event], wanted: Collection[str]) -> Iterator[Message]:
    """What these events have to tell of the wanted kinds, in their order. What they need is looked up at once for all;
    where one tells of a whole batch, its messages are made as they are taken."""
    told = {key: made for kinds, source in SOURCES if kinds & set(wanted) for key, made in source(events)}
    for event in events:
        for made in (told.get(event.pk, ()), told.get(-event.pk, ())):  # a batch, and then what became of its tasks
            yield from (one for one in made if one.kind in wanted)


Told = Iterator[tuple[int, Iterable[Message]]]


def _of(event: Event, kind: str, data: dict[str, Any], *, stream: str = "", task: int | None = None) -> Message:
    stream = stream or event.subject
    key = f"{event.pk}:{stream}"
    return Message(kind, key, stream, event.at, data, event.organization_id, event.project_key, task)


# --- tasks ------------------------------------------------------------------------------------------------------


def _tasks(events: Sequence[Event]) -> Told:
    """Decided, decided anew, brought back from the archive; asked again; cancelled."""
    mine = [event for event in events if event.kind in {"decided", "returned", "reopened"} or _of_cancelling(event)]
    keys = {event.data["task"] for event in mine}
    rows = Task.objects.filter(pk__in=keys).select_related("batch", "project")
    tasks = {one.pk: one for one in rows}
    verdicts = _verdicts(mine)
    before = verdict_index.superseded(verdicts.values())
    names_by_project = label_names.by_project({task.project_id for task in tasks.values()})
    for event in mine:
        task, verdict = tasks.get(event.data["task"]), verdicts.get(event.pk)
        if task is None:
            continue
        if verdict is not None:
            names = names_by_project[task.project_id]
            yield event.pk, [_decided(event, task, verdict, before.get(verdict.pk), names)]
        elif event.kind == "reopened" or (event.kind == "restored" and event.project_key):
            yield event.pk, [_gone(event, "reopened", task)]
        elif event.kind == "withheld":
            yield event.pk, [_gone(event, "cancelled", task)]


def _of_cancelling(event: Event) -> bool:
    return event.kind in {"withheld", "restored"} and event.data.get("why") == Task.Withheld.CANCELLED


def _verdicts(events: Iterable[Event]) -> dict[int, Verdict]:
    """The verdict that each of these events tells of, by the event's key."""
    events = list(events)
    decided = {event.pk: event.data["verdict"] for event in events if event.kind == "decided"}
    by_key = Verdict.objects.select_related("decided_by").in_bulk(list(decided.values()))
    back = {event.data["task"]: event.pk for event in events if event.kind == "returned"}
    current = Verdict.objects.current().filter(task__in=back).select_related("decided_by")
    found = {event: by_key[verdict] for event, verdict in decided.items() if verdict in by_key}
    return found | {back[one.task_id]: one for one in current}


def _decided(event: Event, task: Task, verdict: Verdict, before: UUID | None, names: Mapping[str, str]) -> Message:
    kind = "superseded" if before else "decided"
    answer: Any = verdict.answer
    labels = label_names.used(answer, names, TASK_TYPES[task.project.task_type])
    left_out = len(json.dumps(answer, ensure_ascii=False)) > LONGEST
    data = _place(task) | {
        "state": "decided",
        "kind": kind,
        "id": str(verdict.public_id),
        "answer": None if left_out else answer,
        "answer_left_out": left_out,
        "labels": labels,
        "confidence": verdict.confidence,
        "method": verdict.method,
        "settings_version": verdict.settings_version,
        "decided_by": str(verdict.decided_by.public_id) if verdict.decided_by else None,
        "note": verdict.note,
        "at": stamp(verdict.at),
        "supersedes": str(before) if before else None,
    }
    return _of(event, f"task.{kind}", data, task=task.pk)


def _gone(event: Event, kind: str, task: Task) -> Message:
    data = _place(task) | {"state": kind, "kind": kind, "at": stamp(event.at)}
    return _of(event, f"task.{kind}", data, task=task.pk)


def _place(task: Task) -> dict[str, Any]:
    return {
        "task": str(task.public_id),
        "external_id": task.external_id,
        "project": str(task.project.public_id),
        "batch": str(task.batch.public_id),
    }


def _archived(events: Sequence[Event]) -> Told:
    """One for each decided task of a part that went into the archive."""
    for event in events:
        if event.kind == "part_archived":
            rows = ArchivedTask.objects.filter(part=event.data["part"], decided=True)
            yield event.pk, _gone_by_name(event, "archived", rows)


def _cancelled_with_their_batch(events: Sequence[Event]) -> Told:
    """One for each task of a batch that has no verdict; gold is nobody's to wait for."""
    for event in events:
        if event.kind == "batch_cancelled":
            rows = Task.objects.filter(batch=event.data["batch"], wanted__gt=0)
            rows = rows.exclude(pk__in=Verdict.objects.current().filter(task__batch=event.data["batch"]).values("task"))
            yield -event.pk, _gone_by_name(event, "cancelled", rows)


def _gone_by_name(event: Event, kind: str, rows: QuerySet[Any]) -> Iterator[Message]:
    batch = event.subject.removeprefix("batch:")
    return (_one_gone(event, kind, batch, one) for one in rows.order_by("pk").iterator())


def _one_gone(event: Event, kind: str, batch: str, task: Task | ArchivedTask) -> Message:
    data = {
        "task": str(task.public_id),
        "external_id": task.external_id,
        "project": str(event.project_key),
        "batch": batch,
        "state": kind,
        "kind": kind,
        "at": stamp(event.at),
    }
    return _of(event, f"task.{kind}", data, stream=f"task:{task.public_id}", task=task.pk)


# --- batches, files, payouts ------------------------------------------------------------------------------------


def _batches(events: Sequence[Event]) -> Told:
    for event in events:
        if event.kind in {"batch_done", "batch_closed", "batch_cancelled"}:
            kind = event.kind.replace("_", ".")
            tasks = {"tasks": event.data["tasks"]} if "tasks" in event.data else {}
            yield event.pk, [_of(event, kind, _batch(event) | tasks)]


def _batch(event: Event) -> dict[str, Any]:
    name = Batch.objects.filter(pk=event.data["batch"]).values_list("name", flat=True).first()
    batch = event.subject.removeprefix("batch:")
    return {"batch": batch, "name": name, "project": str(event.project_key), "at": stamp(event.at)}


def _imports(events: Sequence[Event]) -> Told:
    mine = {event.data["file_import"]: event for event in events if event.kind in {"import_done", "import_failed"}}
    for one in Import.objects.filter(pk__in=mine).select_related("batch"):
        event = mine[one.pk]
        data = {
            "import": str(one.public_id),
            "name": one.name,
            "project": str(event.project_key),
            "batch": str(one.batch.public_id),
            "loaded": one.loaded,
            "known": one.known,
            "rejected": one.refused,
            "reason": _in_english(one),
            "at": stamp(event.at),
        }
        yield event.pk, [_of(event, event.kind.replace("_", "."), data)]


def _models(events: Sequence[Event]) -> Told:
    """What `assist` wrote of a model, in its words: with which share, on which grounds, with which outcome."""
    for event in events:
        if event.kind in MODEL_KINDS:
            said = {name: event.data[name] for name in MODEL_TOLD if name in event.data}
            data = {"project": str(event.project_key)} | said | {"at": stamp(event.at)}
            yield event.pk, [_of(event, event.kind.replace("_", "."), data)]


def _deliveries(events: Sequence[Event]) -> Told:
    mine = {event.data["delivery"]: event for event in events if event.kind in {"delivery_done", "delivery_failed"}}
    for one in Delivery.objects.filter(pk__in=mine).select_related("before"):
        event = mine[one.pk]
        data = {
            "delivery": str(one.public_id),
            "number": one.number,
            "project": str(event.project_key),
            "format": one.format,
            "tasks": one.tasks,
            "before": one.before.number if one.before else None,
            "added": one.added,
            "changed": one.changed,
            "gone": one.gone,
            "bytes": one.size,
            "sha256": one.sha256 or None,
            "manifest_sha256": one.manifest_sha256 or None,
            "reason": _in_english(one),
            "at": stamp(event.at),
        }
        yield event.pk, [_of(event, event.kind.replace("_", "."), data)]


def _in_english(one: Import | Delivery) -> str:
    """Why it failed and where, whatever the language of whoever caused that."""
    with translation.override("en"):
        return one.why


def _payouts(events: Sequence[Event]) -> Told:
    mine = {event.subject.removeprefix("payout:"): event for event in events if event.kind == "payout_settled"}
    for one in Payout.objects.filter(public_id__in=mine).prefetch_related("items"):
        event, cents = mine[str(one.public_id)], sum(item.cents for item in one.items.all())
        data = {
            "payout": str(one.public_id),
            "total": f"{cents // 100}.{cents % 100:02d}",
            "currency": one.currency,
            "taskers": len(one.items.all()),
            "reference": one.reference,
            "at": stamp(event.at),
        }
        yield event.pk, [_of(event, "payout.paid", data)]


SOURCES: tuple[tuple[set[str], Callable[[Sequence[Event]], Told]], ...] = (
    ({"task.decided", "task.superseded", "task.reopened", "task.cancelled"}, _tasks),
    ({"task.archived"}, _archived),
    ({"task.cancelled"}, _cancelled_with_their_batch),
    ({"batch.done", "batch.closed", "batch.cancelled"}, _batches),
    ({"import.done", "import.failed"}, _imports),
    ({"model.deployed", "model.withdrawn", "model.evaluated", "model.rollout"}, _models),
    ({"delivery.done", "delivery.failed"}, _deliveries),
    ({"payout.paid"}, _payouts),
)
TOLD_OF = {"decided", "returned", "reopened", "withheld", "restored", "part_archived", "batch_cancelled"}
TOLD_OF |= {"batch_done", "batch_closed", "import_done", "import_failed", "payout_settled"}
TOLD_OF |= {"delivery_done", "delivery_failed"} | MODEL_KINDS
