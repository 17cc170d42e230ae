"""Subscriptions and what becomes of their messages, for the tests of webhooks."""

import asyncio

from django.db import connection
from django.utils import timezone

from projects.models import Project, Subscription, WebhookDelivery
from projects.webhooks import courier, subscriptions, telling
from projects.webhooks.kinds import OF_TASKS
from taskers.models import Event, Organization, Person


def subscribed(
    to: Project | Organization, url: str, by: Person, *kinds: str, callbacks: bool = False, name: str = "Pipeline"
) -> tuple[Subscription, str]:
    """A subscription, to all there is unless kinds are said, and its secret."""
    project = to if isinstance(to, Project) else None
    organization = to.organization if isinstance(to, Project) else to
    usual = OF_TASKS if callbacks else subscriptions.offered(by, organization, project)
    return subscriptions.create(
        organization, project, name=name, url=url, kinds=kinds or usual, by=by, callbacks=callbacks
    )


def told(after: int = 0) -> int:
    """Every event that is written is read; returns the last."""
    events = list(Event.objects.filter(pk__gt=after).order_by("pk"))
    telling.tell(events)
    return events[-1].pk if events else after


def delivered() -> None:
    """What is due is sent, until nothing is."""
    assert not connection.savepoint_ids, "the courier has connections of its own"
    asyncio.run(courier.once())


def hurried() -> int:
    """The time has come for all that waits and all that is left alone; returns how many messages that are."""
    Subscription.objects.update(retry_at=None)
    return WebhookDelivery.objects.filter(state="waiting").update(due_at=timezone.now())


def kinds_of(subscription: Subscription) -> list[str]:
    return list(WebhookDelivery.objects.filter(subscription=subscription).order_by("pk").values_list("kind", flat=True))
