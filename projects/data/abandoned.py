"""Work of a job that nobody is at any more though it isn't over, as when the database was away for too long: it is
taken up again, and what never gets on is ended, as failed."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

from django.db import transaction
from django.db.models import QuerySet
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from projects.errors import GaveUp
from projects.models import Delivery, Import
from taskers.errors import NO_REASON

OLD = timedelta(days=1)  # what began before that is left to people: what it belongs to may be live by now, and paid
MOST_STARTS = 20  # times that a job is begun: what ends every process that is at it is left alone at last
MOST_JOBS = 3  # that gave up, each after a quarter of an hour of tries
Row = TypeVar("Row", Import, Delivery)


@dataclass(frozen=True)
class Kind(Generic[Row]):
    """A kind of such work: its job, by which argument that names a row, and its queue; the rows with what `end` reads;
    the states in which somebody should be at one, and those in which nobody is nor will be; what is set where it begins
    anew, how it is ended; and whether somebody is at one without a job."""

    job: str
    argument: str
    queue: str
    rows: Callable[[], QuerySet[Row]]
    under_way: Collection[str]
    over: Collection[str]
    anew: Mapping[str, Any]
    end: Callable[[Row, GaveUp], object]
    is_held: Callable[[int], bool] = lambda key: False

    def is_stuck(self, one: Row, *, but: int = 0) -> bool:
        """Whether nobody is at one any more that isn't over, nor will be without being asked; `but` is the job that
        asks."""
        if one.state in self.over:
            return False
        waiting = self._jobs(one.pk).filter(status__in=["todo", "doing"]).exclude(pk=but)
        return not waiting.exists() and not self.is_held(one.pk)

    def locked(self, key: int) -> Row:
        """One as it is now, and stays until the transaction's end."""
        return self.rows().select_for_update(of=("self",)).get(pk=key)

    @transaction.atomic
    def go_on(self, key: int) -> bool:
        """Hand one that is stuck to a worker, because somebody asks for it; whether it was."""
        if not self.is_stuck(self.locked(key)):
            return False
        self._failed(key).update(status="aborted")  # whoever asks has seen to it: they count for nothing any more
        self._hand_over(key)
        return True

    def cancel_waiting(self, key: int) -> None:
        """Have no worker begin a job of one that is over; a worker that has one finds that out itself."""
        self._jobs(key).filter(status="todo").update(status="cancelled")

    def take_up(self, rows: QuerySet[Row]) -> int:
        """Hand those of these rows to workers that are stuck; returns how many."""
        return sum(self._taken_up(one.pk) for one in rows.order_by("pk") if self.is_stuck(one))

    @transaction.atomic
    def give_up(self, key: int, *, job: int | None) -> None:
        """End one that never gets on, at the word of a job of its own; what is over, or somebody else is at, is left
        alone."""
        one = self.locked(key)
        if one.state in self.under_way and self.is_stuck(one, but=job or 0):
            self.end(one, GaveUp())

    @transaction.atomic
    def _taken_up(self, key: int) -> bool:
        """Whether a worker is to go on with it; it is given up instead where that failed too often."""
        one = self.locked(key)
        if one.state not in self.under_way or not self.is_stuck(one):  # somebody pressed a button meanwhile
            return False
        if self._failed(key).count() >= MOST_JOBS:
            self.end(one, GaveUp())
            return False
        self._hand_over(key)
        return True

    def _hand_over(self, key: int) -> None:
        self.rows().filter(pk=key).update(ended_at=None, **self.anew, **NO_REASON)
        app.configure_task(self.job, queue=self.queue).defer(**{self.argument: key})

    def _jobs(self, key: int) -> QuerySet[ProcrastinateJob]:
        return ProcrastinateJob.objects.filter(task_name=self.job, **{f"args__{self.argument}": key})

    def _failed(self, key: int) -> QuerySet[ProcrastinateJob]:
        """Those that gave up since somebody asked last."""
        return self._jobs(key).filter(status="failed")
