"""Deliveries on their way: who holds a subscription, what is next for it, how a try went, and what was given up."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from projects.models import Subscription, TaskCallback, WebhookDelivery, WebhookFailure, limits
from projects.queue.clock import Clock
from projects.webhooks import schedule
from taskers.database.prepared import ask, ask_models, columns
from taskers.errors import NotFound, StateConflict
from taskers.outbound.sending import Answer

GONE = 410
PIECE = 5000
MOST_COUNTED = 1000
State = WebhookDelivery.State

# Subscriptions for which something is due, and that no worker is at.
DUE = """
SELECT s.id FROM projects_subscription s
WHERE s.state = 'on' AND coalesce(s.retry_at <= clock_timestamp(), true)
  AND coalesce(s.held_until < clock_timestamp(), true) AND EXISTS (
    SELECT FROM projects_webhookdelivery d
    WHERE d.subscription_id = s.id AND d.state = 'waiting' AND d.due_at <= clock_timestamp())
ORDER BY s.id
"""
HOLD = """
UPDATE projects_subscription SET held_by = %(holder)s::uuid,
  held_until = clock_timestamp() + make_interval(secs => %(seconds)s::float)
WHERE id = %(subscription)s::bigint AND state = 'on'
  AND (held_by = %(holder)s::uuid OR coalesce(held_until < clock_timestamp(), true))
RETURNING id
"""
# The next for one subscription: of each stream its first, and none that is in hand. Asked for as one row in order, a
# first is found by its index; as a join all that waits is read for each, until PostgreSQL has counted the rows.
NEXT = f"""
SELECT {columns(WebhookDelivery, "d")} FROM projects_webhookdelivery d
WHERE d.subscription_id = %(subscription)s::bigint AND d.state = 'waiting' AND d.due_at <= clock_timestamp()
  AND NOT d.id = ANY(%(in_hand)s::bigint[]) AND d.id = (
    SELECT b.id FROM projects_webhookdelivery b
    WHERE b.subscription_id = d.subscription_id AND b.stream = d.stream AND b.state = 'waiting' ORDER BY b.id LIMIT 1)
ORDER BY d.due_at, d.id LIMIT %(limit)s::int
"""
KEEP = """
UPDATE projects_webhookdelivery d SET state = n.state, tries = d.tries + 1, tried_at = clock_timestamp(),
  status = n.status, fault = n.fault, beginning = n.beginning, took = n.took,
  due_at = clock_timestamp() + make_interval(secs => n.pause)
FROM unnest(%(ids)s::bigint[], %(states)s::text[], %(statuses)s::int[], %(faults)s::text[], %(beginnings)s::text[],
  %(took)s::float[], %(pauses)s::float[]) AS n(id, state, status, fault, beginning, took, pause)
WHERE d.id = n.id AND d.state = 'waiting'
"""
# What comes after a message that failed waits with it, so that nobody looks at it meanwhile.
WAIT_WITH_IT = """
UPDATE projects_webhookdelivery l SET due_at = d.due_at FROM projects_webhookdelivery d
WHERE d.id = ANY(%(ids)s::bigint[]) AND d.state = 'waiting' AND l.subscription_id = d.subscription_id
  AND l.stream = d.stream AND l.state = 'waiting' AND l.id > d.id AND l.due_at < d.due_at
"""


@dataclass(frozen=True)
class Tried:
    """A try, and what follows: how long it waits where it is tried again."""

    delivery: WebhookDelivery
    answer: Answer
    state: str
    pause: float = 0.0  # seconds

    @property
    def arrived(self) -> bool:
        return self.state == State.DONE


@dataclass(frozen=True)
class Health:
    """How a receiver fares: failures in a row, and in how many seconds it is asked again (None: at once)."""

    failures: int = 0
    since: datetime | None = None
    pause: float | None = None


def due() -> list[int]:
    """The keys of the subscriptions for which there is something to do."""
    return [key for (key,) in ask(DUE, {})]


def hold(subscription: int, holder: UUID, seconds: float) -> Subscription | None:
    """The subscription as it is now, for this holder alone for so long; None where it is off or another's."""
    if not ask(HOLD, {"subscription": subscription, "holder": holder, "seconds": seconds}):
        return None
    return Subscription.objects.get(pk=subscription)


def let_go(subscription: int, holder: UUID) -> None:
    """Leave it to whoever comes."""
    Subscription.objects.filter(pk=subscription, held_by=holder).update(held_by=None, held_until=None)


def following(subscription: int, in_hand: Collection[int], limit: int) -> list[WebhookDelivery]:
    """The next that may be sent."""
    terms = {"subscription": subscription, "in_hand": list(in_hand), "limit": limit}
    return [one for (one,) in ask_models(NEXT, terms, d=WebhookDelivery)]


@transaction.atomic
def keep(subscription: Subscription, holder: UUID, tried: Sequence[Tried], health: Health) -> None:
    """Write down how these tries went and how the receiver fares."""
    ask_nothing(KEEP, _columns_of(tried))
    WebhookFailure.objects.bulk_create(_failure(one) for one in tried if not one.arrived)
    failed = [one.delivery.pk for one in tried if one.state == State.WAITING]
    if failed:
        ask_nothing(WAIT_WITH_IT, {"ids": failed})
    mine = Subscription.objects.filter(pk=subscription.pk, held_by=holder)
    if any(one.answer.status == GONE for one in tried):
        _end(subscription, [one.delivery for one in tried if one.answer.status == GONE])
    retry_at = timezone.now() + timedelta(seconds=health.pause) if health.pause else None
    mine.update(failures=health.failures, failing_since=health.since, retry_at=retry_at)
    if (
        subscription.failures >= schedule.BROKEN and not health.failures
    ):  # it is there again: all that waited for it goes out
        _waiting(subscription).update(due_at=Clock())
    if health.since is not None:
        _give_up_what_is_old(subscription)


def ask_nothing(statement: str, terms: dict[str, Any]) -> None:
    """Run a statement that gives no rows."""
    ask(f"WITH done AS ({statement} RETURNING 1) SELECT count(*) FROM done", terms)


def _columns_of(tried: Sequence[Tried]) -> dict[str, Any]:
    return {
        "ids": [one.delivery.pk for one in tried],
        "states": [str(one.state) for one in tried],
        "statuses": [one.answer.status for one in tried],
        "faults": [one.answer.fault for one in tried],
        "beginnings": [_text(one.answer.beginning) for one in tried],
        "took": [one.answer.took for one in tried],
        "pauses": [one.pause for one in tried],
    }


def _failure(tried: Tried) -> WebhookFailure:
    answer = tried.answer
    return WebhookFailure(
        delivery=tried.delivery,
        status=answer.status,
        fault=answer.fault,
        beginning=_text(answer.beginning),
        took=answer.took,
    )


def _text(beginning: bytes) -> str:
    return beginning.decode(errors="replace").replace("\x00", "\N{REPLACEMENT CHARACTER}")[: limits.BEGINNING]


def _end(subscription: Subscription, gone: Sequence[WebhookDelivery]) -> None:
    """What answered 410 is told nothing more: a subscription, or the address of one task."""
    if not subscription.callbacks:
        Subscription.objects.filter(pk=subscription.pk, state="on").update(state="gone", changed_at=Clock())
        _waiting(subscription).update(state=State.DEAD, fault="gone")
        return
    urls = {one.url for one in gone}
    TaskCallback.objects.filter(subscription=subscription, url__in=urls).delete()
    _waiting(subscription).filter(url__in=urls).update(state=State.DEAD, fault="gone")


def _give_up_what_is_old(subscription: Subscription) -> None:
    before = timezone.now() - timedelta(seconds=schedule.GIVE_UP_AFTER)
    _waiting(subscription).filter(asked_at__lt=before).update(state=State.DEAD, fault="never-answered")


def _waiting(subscription: Subscription) -> QuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.filter(subscription=subscription, state=State.WAITING)


def listed(subscription: Subscription, *, state: str = "", before: int = 0) -> QuerySet[WebhookDelivery]:
    """Its messages, the newest first: those of a state, and those before a key."""
    rows = WebhookDelivery.objects.filter(subscription=subscription).order_by("-pk")
    rows = rows.filter(state=state) if state else rows
    return rows.filter(pk__lt=before) if before else rows


def counts_of(subscriptions: Sequence[Subscription]) -> dict[int, dict[str, int]]:
    """How many messages of each wait and were given up, counted up to MOST_COUNTED."""
    found: dict[int, dict[str, int]] = {one.pk: {} for one in subscriptions}
    for one in subscriptions:
        for state in (State.WAITING, State.DEAD):
            rows = WebhookDelivery.objects.filter(subscription=one, state=state)
            found[one.pk][str(state)] = rows.values("pk")[:MOST_COUNTED].count()
    return found


def counted(subscriptions: Sequence[Subscription]) -> list[tuple[Subscription, dict[str, int]]]:
    """Each with that."""
    counts = counts_of(subscriptions)
    return [(one, counts[one.pk]) for one in subscriptions]


def one_of(subscription: Subscription, public_id: UUID) -> WebhookDelivery:
    """One of its deliveries. Raises NotFound."""
    found = WebhookDelivery.objects.filter(subscription=subscription, public_id=public_id).first()
    if found is None:
        raise NotFound()
    return found


def failures_of(delivery: WebhookDelivery) -> QuerySet[WebhookFailure]:
    """The tries of a message that failed, also those before it was sent again, in their order."""
    return delivery.failures.order_by("pk")


def redeliver(delivery: WebhookDelivery) -> WebhookDelivery:
    """Send a message again that arrived or was given up, under the id it has. Raises StateConflict while it waits."""
    over = WebhookDelivery.objects.filter(pk=delivery.pk).exclude(state=State.WAITING)
    if not over.update(state=State.WAITING, tries=0, fault="", due_at=Clock(), asked_at=Clock()):
        raise StateConflict("This message is on its way already.", code="already-waiting")
    delivery.refresh_from_db()
    return delivery


def redeliver_dead(subscription: Subscription) -> int:
    """Send all again that was given up; returns how many."""
    dead = WebhookDelivery.objects.filter(subscription=subscription, state=State.DEAD)
    return dead.update(state=State.WAITING, tries=0, fault="", due_at=Clock(), asked_at=Clock())


def prune() -> int:
    """Throw away what was delivered or given up longer ago than it is kept, a piece at a time; returns how many."""
    if not settings.KEEP_DELIVERIES:
        return 0
    before, gone = timezone.now() - timedelta(days=settings.KEEP_DELIVERIES), 0
    old = WebhookDelivery.objects.exclude(state=State.WAITING).filter(made_at__lt=before)
    while number := WebhookDelivery.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:PIECE])).delete()[0]:
        gone += number
    return gone
