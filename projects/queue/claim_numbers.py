"""A tasker's claim number: two tabs of one tasker may choose at the same moment, but only one takes what it chose.

What a claim chose from was true at one number. Whatever puts work into hands asks for that number and moves it on, all
in one statement; who finds another number there has lost, and chooses anew. No lock is held between choosing and
taking.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.utils.crypto import constant_time_compare

from projects.models import Task
from projects.queue import draws
from taskers.database.prepared import ask
from taskers.models import Person


class StaleChoice(Exception):
    """Something changed for this tasker since the choice was made: choose anew."""


@dataclass(frozen=True)
class RequestedTask:
    """The task that was looked up ahead for somebody, with the signature that says so."""

    task: UUID
    signature: str

    def key_for(self, tasker: Person, number: int) -> int | None:
        """The task's key, if it was looked up for this tasker at this very claim number."""
        if not constant_time_compare(self.signature, sign(tasker, number, self.task)):
            return None
        return Task.objects.filter(public_id=self.task).values_list("pk", flat=True).first()


def sign(tasker: Person, number: int, task: UUID) -> str:
    """Says that this task was looked up for this tasker at this claim number: a claim that brings it gets it if it
    can."""
    return draws.digest("foreseen", f"{tasker.pk}:{number}:{task}").hex()


MOVE_ON = """
INSERT INTO projects_claimnumber AS n (tasker_id, number)
SELECT p.id, 1 FROM unnest(%(taskers)s::bigint[]) AS p(id) ORDER BY p.id
ON CONFLICT (tasker_id) DO UPDATE SET number = n.number + 1
RETURNING number
"""
MOVE_ON_FROM = """
INSERT INTO projects_claimnumber AS n (tasker_id, number) VALUES (%(tasker)s::bigint, %(number)s::bigint + 1)
ON CONFLICT (tasker_id) DO UPDATE SET number = n.number + 1 WHERE n.number = %(number)s::bigint
RETURNING number
"""


def choose_anew(taskers: Iterable[Person]) -> None:
    """Whatever these people's claims have chosen and not taken yet, they choose again once the transaction ends."""
    ask(MOVE_ON, {"taskers": [one.pk for one in taskers]})


def move_on(tasker: Person, number: int) -> None:
    """Move this tasker's number on from what it was. Raises StaleChoice where it is another one by now."""
    if not ask(MOVE_ON_FROM, {"tasker": tasker.pk, "number": number}):
        raise StaleChoice()
