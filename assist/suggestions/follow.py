"""Two readers of the outbox: one settles the outcomes of suggestions, one has images embedded and texts read before
anybody asks."""

import asyncio
import contextlib
import logging
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from assist.errors import CopilotError
from assist.registry import resolution
from assist.runtime.client import RuntimeClient, serving
from assist.suggestions import precompute, record
from assist.suggestions.bindings import picture_of, read_picture, subject_of
from assist.suggestions.offers import Picture
from projects.models import Annotation, Assignment, Task
from taskers.models import Event
from taskers.outbox.events import follow

log = logging.getLogger(__name__)

SETTLER = "suggestion_outcomes"
WARMER = "assist_embeddings"
FRESH = timedelta(minutes=2)  # an older claim has had its first click
PATIENCE_SECONDS = 5.0
SEGMENTED = "image_regions"  # the task type whose images are embedded

Ahead = tuple[Picture, str]  # and the model version deployed for it, or ""


def settle_outcomes() -> int:
    """Settle what was offered for work that has ended since; returns how many events there were."""
    return follow(SETTLER, _settle)


def make_ready() -> int:
    """Have images embedded of tasks that were just claimed, and images and texts looked at that come next by what was
    foreseen.

    The runtime is asked after the cursor has moved on: what is lost costs somebody one slow answer, an event read twice
    would cost everybody. Returns how many events there were.
    """
    fresh: list[Event] = []
    number = follow(WARMER, lambda events: fresh.extend(_fresh(events)))
    held = _held([event.data["assignment"] for event in fresh if event.kind in {"claimed", "dealt"}])
    foreseen = _tasks([event.data["task"] for event in fresh if event.kind == "foreseen"])
    if pictures := _pictures(held, foreseen):
        asyncio.run(_warm(pictures))
    if texts := [task for task in foreseen if task.asset_id is None]:
        _read(texts)
    return number


ENDED = {"submitted", "gold_submitted", "training_submitted", "reviewed", "corrected"}
GIVEN_BACK = {"released", "skipped", "expired"}


def _settle(events: Iterable[Event]) -> None:
    told = [event for event in events if event.kind in ENDED | GIVEN_BACK]
    answers = [event.data["annotation"] for event in told if event.kind in ENDED]
    of_answer = dict(Annotation.objects.filter(pk__in=answers).values_list("pk", "assignment_id")) if answers else {}
    given_back = {event.data["assignment"] for event in told if event.kind in GIVEN_BACK}
    offered = record.offered_for({*of_answer.values(), *given_back})  # most work had no help
    helped = [answer for answer, assignment in of_answer.items() if assignment in offered]
    annotations = Annotation.objects.select_related("task__project").in_bulk(helped)
    for event in told:
        if event.kind in GIVEN_BACK and event.data["assignment"] in offered:
            record.ignore(event.data["assignment"])
        elif event.kind in ENDED and (annotation := annotations.get(event.data["annotation"])):
            record.settle(annotation)


def _fresh(events: Iterable[Event]) -> list[Event]:
    since = timezone.now() - FRESH
    return [event for event in events if event.at >= since]


def _held(keys: list[int]) -> list[Assignment]:
    rows = Assignment.objects.held().filter(pk__in=keys, copilot=True, task__project__task_type=SEGMENTED)
    return list(rows.select_related("task__asset", "task__project")) if keys else []


def _tasks(keys: list[int]) -> list[Task]:
    return list(Task.objects.filter(pk__in=keys).select_related("asset", "project")) if keys else []


def _pictures(held: list[Assignment], foreseen: list[Task]) -> list[Ahead]:
    """Each image once for each model, those claimed before those that are only likely."""
    likely = [(one.task, one) for one in held] + [(task, task) for task in foreseen]
    found = [(picture_of(task), _model(task, drawn)) for task, drawn in likely if _is_segmented(task)]
    return list(dict.fromkeys((picture, model) for picture, model in found if picture is not None))


def _is_segmented(task: Task) -> bool:
    return task.project.task_type == SEGMENTED


def _model(task: Task, drawn: Assignment | Task) -> str:
    """The version that will answer; for the next tasks, whose draw is still to come, the likeliest guess."""
    return resolution.chosen(task.project.public_id, "segment", subject_of(drawn)) or ""


def _read(texts: list[Task]) -> None:
    try:
        precompute.read_ahead(texts, PATIENCE_SECONDS)
    except (CopilotError, TimeoutError) as problem:
        log.info("No text was read in advance: %s", getattr(problem, "text", "it took too long"))


async def _warm(pictures: list[Ahead]) -> None:
    client = RuntimeClient(settings.RUNTIME_ADDRESS)
    try:
        # What has begun when patience ends goes on in the runtime.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                status = await client.status()
                asked = [(serving(status, "segment", model), picture) for picture, model in pictures]
                await asyncio.gather(*(_embed(client, model, picture) for model, picture in asked))
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
