"""Deliveries that nobody makes any more, though they aren't done: taken up again; what never gets on is ended."""

from django.db import transaction
from django.db.models.functions import Now

from projects.data import abandoned
from projects.data.deliveries.making import JOB, QUEUE, UNDER_WAY, State, fail
from projects.errors import WorkerCrashed
from projects.models import Delivery
from taskers.errors import StateConflict

DELIVERIES = abandoned.Kind[Delivery](
    job=JOB,
    argument="delivery_key",
    queue=QUEUE,
    rows=lambda: Delivery.objects.select_related("project"),
    under_way=UNDER_WAY,
    over=(State.DONE,),
    anew={"state": State.WAITING, "fault": ""},
    end=fail,
)


def is_stuck(one: Delivery) -> bool:
    """Whether nobody makes a delivery any more that isn't done, nor will without being asked."""
    return DELIVERIES.is_stuck(one)


def go_on(one: Delivery) -> None:
    """Have a worker make a delivery that failed, or that nobody is at. Raises StateConflict."""
    if not DELIVERIES.go_on(one.pk):
        raise StateConflict("This delivery is done, or is being made.")


def take_up() -> int:
    """Have workers make what nobody makes any more though it was begun, unless that is long ago; returns how many."""
    return DELIVERIES.take_up(Delivery.objects.filter(state__in=UNDER_WAY, made_at__gt=Now() - abandoned.OLD))


def give_up(delivery_key: int, *, job: int | None) -> None:
    """End a delivery that never gets on, as failed, at the word of a job of its own."""
    DELIVERIES.give_up(delivery_key, job=job)


@transaction.atomic
def end_crashed(delivery_key: int, problem: WorkerCrashed) -> None:
    """End a delivery whose job killed its workers, as failed."""
    fail(DELIVERIES.locked(delivery_key), problem)
