"""Addresses of their own that rows bring, to be told of what becomes of their task: checked, and kept with it."""

from collections.abc import Iterable
from dataclasses import dataclass

from projects.errors import Refused
from projects.models import Project, Subscription, TaskCallback
from taskers.errors import Problem
from taskers.outbound.guard import guard

PLACE = "callback_url"


@dataclass(frozen=True)
class Callback:
    """An address, and the subscription whose secret signs what is sent to it."""

    subscription: int
    url: str


@dataclass(frozen=True)
class Callbacks:
    """Where addresses may begin in a project: its subscriptions for such, by scheme, host and port."""

    origins: dict[str, int]

    @classmethod
    def of(cls, project: Project) -> "Callbacks":
        rows = Subscription.objects.filter(project=project, callbacks=True).order_by("-pk")
        return cls(dict(rows.values_list("url", "pk")))

    def checked(self, url: object) -> Callback | None:
        """The address of a row, where it brings one. Raises Refused with its place."""
        if url is None or url == "":
            return None
        if not isinstance(url, str):
            raise Refused("A callback_url is text.", code="wrong-shape", place=PLACE)
        try:
            found = guard().check(url)
        except Problem as problem:
            raise Refused(problem.template, code=problem.code, place=PLACE, **problem.values) from None
        if found.origin not in self.origins:
            text = "No webhook of this project is for addresses that begin with %(origin)s; add one first."
            raise Refused(text, code="no-callbacks", place=PLACE, origin=found.origin)
        return Callback(self.origins[found.origin], str(found))


def keep(callbacks: Iterable[tuple[int, Callback | None]]) -> None:
    """Keep the addresses of these tasks, by their keys."""
    rows = [TaskCallback(task=task, subscription_id=one.subscription, url=one.url) for task, one in callbacks if one]
    if rows:
        TaskCallback.objects.bulk_create(rows, ignore_conflicts=True)
