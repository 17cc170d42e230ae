"""Two readers of the outbox: one settles the fates of suggestions, one has images embedded before the first click."""

import asyncio
import contextlib
import logging
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from assist import suggestions
from assist.bindings import CAPABILITIES, picture_of, read_picture
from assist.client import RuntimeClient, serving
from assist.errors import CopilotError
from assist.facts import Picture
from projects import queue
from projects.models import Annotation, Assignment
from projects.tasktypes import TASK_TYPES
from taskers.models import Event
from taskers.outbox import follow

log = logging.getLogger(__name__)

SETTLER = "assist_fates"
WARMER = "assist_embeddings"
FRESH = timedelta(minutes=2)  # an older claim has had its first click
AHEAD = 2  # how many of the next tasks
PATIENCE_SECONDS = 5.0


def settle_fates() -> int:
    """Settle what was offered for work that has ended since; returns how many events there were."""
    return follow(SETTLER, _settle)


def warm_embeddings() -> int:
    """Have the images embedded of tasks that were just claimed, and of those likely to come next.

    The runtime is asked after the cursor has moved on: a lost embedding costs one slow click, an event read twice
    would cost everybody. Returns how many events there were.
    """
    claimed: list[int] = []
    number = follow(WARMER, lambda events: claimed.extend(_claimed(events)))
    pictures = _pictures(claimed)
    if pictures:
        asyncio.run(_warm(pictures))
    return number


def _settle(events: Iterable[Event]) -> None:
    for event in events:
        if event.kind in {"submitted", "reviewed"}:
            rows = Annotation.objects.select_related("task__project")
            annotation = rows.filter(pk=event.data["annotation"]).first()
            if annotation is not None:
                suggestions.settle(annotation)
        elif event.kind in {"released", "skipped", "expired"}:
            suggestions.ignore(event.data["assignment"])


def _claimed(events: Iterable[Event]) -> list[int]:
    since = timezone.now() - FRESH
    return [event.data["assignment"] for event in events if event.kind == "claimed" and event.at >= since]


def _pictures(assignments: list[int]) -> list[Picture]:
    """Each image once, those claimed before those that are only likely."""
    rows = Assignment.objects.held().filter(pk__in=assignments, copilot=True).select_related("task__asset")
    held = [row for row in rows.select_related("task__project") if _is_image(row)]
    now = [picture_of(row.task) for row in held]
    later = [picture_of(task) for row in held for task in queue.peek(row, AHEAD)]
    return list(dict.fromkeys(picture for picture in now + later if picture is not None))


def _is_image(assignment: Assignment) -> bool:
    return CAPABILITIES.get(TASK_TYPES[assignment.task.project.task_type].media) == "segment"


async def _warm(pictures: list[Picture]) -> None:
    client = RuntimeClient(settings.RUNTIME_ADDRESS)
    try:
        # What has begun when patience ends goes on in the runtime.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                model = serving(await client.status(), "segment")
                await asyncio.gather(*(_embed(client, model, picture) for picture in pictures))
    except CopilotError as problem:
        log.info("Nothing was embedded in advance: %s", problem.text)
    finally:
        await client.close()


async def _embed(client: RuntimeClient, model: str, picture: Picture) -> None:
    async def supply() -> bytes:
        return await asyncio.to_thread(read_picture, picture)

    # Busy, or an image that can't be read: whoever clicks first will hear of it.
    with contextlib.suppress(CopilotError):
        await client.embed(model, picture.sha256, supply)
