"""Which images live batches still need, in the order in which they will be handed out: told to the runtime, so that
what it made of them goes last."""

import asyncio
from collections.abc import Iterator

from django.conf import settings
from django.db.models import Exists, F, OuterRef, QuerySet

from assist.runtime.client import RuntimeClient, status_now
from assist.suggestions.bindings import capability_of
from projects.models import Assignment, Batch, Project

MOST = 100_000  # images, however large the store is
PATIENCE_SECONDS = 2.0


def pin_all() -> int:
    """Tell the runtime, as many as its store has room for; returns how many. Where it is away nothing is told.

    Raises CopilotError where it goes away just then.
    """
    store = (status_now(settings.RUNTIME_ADDRESS, PATIENCE_SECONDS) or {}).get("store") or {}
    room = store.get("pinned_most", 0)  # an engine without such a store says nothing of it
    if not room:
        return 0
    images = needed(min(room, MOST))
    asyncio.run(_tell(images))
    return len(images)


def needed(most: int) -> list[str]:
    """The sha256 of the images of what is held or open in live batches where the copilot makes masks, each once; those
    of the most urgent batch first."""
    found: dict[str, None] = {}
    for batch in _batches():
        for images in _of_batch(batch):
            if len(found) >= most:
                return list(found)
            found |= dict.fromkeys(images[: most - len(found)])
    return list(found)


def _batches() -> Iterator[Batch]:
    """Those that have something left to do."""
    left = Exists(_judgements().filter(batch=OuterRef("pk"), state__in=[Assignment.State.HELD, Assignment.State.OPEN]))
    rows = Batch.objects.filter(left, state=Batch.State.LIVE, project__state=Project.State.LIVE)
    urgency = F("project__priority") + F("priority")
    masks: dict[int, bool] = {}
    for batch in rows.select_related("project").order_by(urgency.desc(), "pk"):
        if batch.project_id not in masks:
            terms = batch.project.settings_now()
            masks[batch.project_id] = terms.copilot and capability_of(batch.project.task_type, terms) == "segment"
        if masks[batch.project_id]:
            yield batch


def _of_batch(batch: Batch) -> Iterator[QuerySet[Assignment, str]]:
    """The images of what is in hand, then of what is open, by the index that claims walk."""
    rows = _judgements().filter(batch=batch).exclude(task__asset=None)
    yield rows.filter(state=Assignment.State.HELD).values_list("task__asset__sha256", flat=True)
    coming = rows.filter(state=Assignment.State.OPEN).order_by("slot", "walk_key")
    yield coming.values_list("task__asset__sha256", flat=True)


def _judgements() -> QuerySet[Assignment]:
    return Assignment.objects.filter(kind=Assignment.Kind.JUDGE)


async def _tell(images: list[str]) -> None:
    client = RuntimeClient(settings.RUNTIME_ADDRESS)
    try:
        await client.pin(images)
    finally:
        await client.close()
