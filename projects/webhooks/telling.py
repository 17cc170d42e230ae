"""From the outbox to deliveries: for each subscriber the messages that it asked for, each once, in their order."""

from collections.abc import Iterable, Iterator, Sequence

from django.db.models import Q

from projects.models import ArchivedTask, Subscription, Task, TaskCallback, WebhookDelivery
from projects.webhooks.messages import TOLD_OF, Message, body_of, messages_of
from taskers.models import Event
from taskers.outbox.events import follow

READER = "webhooks"
PIECE = 1000  # rows written at a time


def catch_up() -> int:
    """Keep what the next events have to tell, for whoever is told; returns how many events there were."""
    return follow(READER, tell, limit=200)


def tell(events: Iterable[Event]) -> None:
    """Write the deliveries of these events. What was written already stays as it is."""
    mine = [event for event in events if event.kind in TOLD_OF]
    if not mine:
        return
    subscribers = _subscribers(mine)
    callbacks = _callbacks(mine)
    if not subscribers and not callbacks:
        return
    rows: list[WebhookDelivery] = []
    wanted = {kind for one in subscribers for kind in one.kinds} | {
        kind for one in callbacks.values() for kind in one.subscription.kinds
    }
    for message in messages_of(mine, wanted):
        rows += _deliveries(message, subscribers, callbacks)
        if len(rows) >= PIECE:
            rows = _write(rows)
    _write(rows)


def _write(rows: list[WebhookDelivery]) -> list[WebhookDelivery]:
    WebhookDelivery.objects.bulk_create(rows, ignore_conflicts=True)
    return []


def _subscribers(events: Sequence[Event]) -> list[Subscription]:
    rows = Subscription.objects.filter(state=Subscription.State.ON, callbacks=False)
    return list(rows.filter(organization__in={event.organization_id for event in events}).select_related("project"))


def _callbacks(events: Sequence[Event]) -> dict[int, TaskCallback]:
    """The addresses of their own that tasks came with, by the task, where any of these projects has some."""
    projects = {event.project_key for event in events if event.project_key}
    some = Subscription.objects.filter(callbacks=True, state=Subscription.State.ON, project__public_id__in=projects)
    if not some.exists():
        return {}
    batches = [event.data["batch"] for event in events if event.kind == "batch_cancelled"]
    parts = [event.data["part"] for event in events if event.kind == "part_archived"]
    tasks = (
        Q(task__in={event.data["task"] for event in events if "task" in event.data})
        | Q(task__in=Task.objects.filter(batch__in=batches).values("pk"))
        | Q(task__in=ArchivedTask.objects.filter(part__in=parts).values("pk"))
    )
    rows = TaskCallback.objects.filter(tasks, subscription__in=some).select_related("subscription")
    return {one.task: one for one in rows}


def _deliveries(
    message: Message, subscribers: Sequence[Subscription], callbacks: dict[int, TaskCallback]
) -> Iterator[WebhookDelivery]:
    told = [(one, "") for one in subscribers if _is_told(one, message)]
    callback = callbacks.get(message.task) if message.task else None
    if callback is not None and message.kind in callback.subscription.kinds:
        told.append((callback.subscription, callback.url))
    if told:
        body = body_of(message)
        for subscription, url in told:
            yield WebhookDelivery(
                subscription=subscription,
                key=message.key[:80],
                kind=message.kind,
                stream=message.stream,
                url=url,
                body=body,
            )


def _is_told(subscription: Subscription, message: Message) -> bool:
    """Whether it asked for such messages from there, before this happened."""
    here = subscription.project is None or subscription.project.public_id == message.project
    mine = subscription.organization_id == message.organization
    return here and mine and message.kind in subscription.kinds and message.at >= subscription.made_at
