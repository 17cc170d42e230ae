"""A tasker's turn: two tabs of one tasker may choose at the same moment, but only one of them takes what it chose.

What a claim chose from was true at one ClaimNumber of the tasker's. Whatever puts work into hands asks for that number
and moves it on, all in one statement; who finds another number there has lost the turn, and chooses anew. No lock is
held between choosing and taking.
"""

import random
from collections.abc import Iterable
from uuid import UUID

from projects.queue import draws
from taskers.database.prepared import array, ask
from taskers.models import Person


class LostTurn(Exception):
    """Something changed for this tasker since the choice was made: choose anew."""


def turn(found: str) -> str:
    """The part of a statement that moves the number on if there is something in `found`; empty when it is lost."""
    return f"""turn AS (
  INSERT INTO projects_claimnumber AS n (tasker_id, number)
  SELECT %(tasker)s::bigint, %(turn)s::bigint + 1 WHERE EXISTS (SELECT FROM {found})
  ON CONFLICT (tasker_id) DO UPDATE SET number = n.number + 1 WHERE n.number = %(turn)s::bigint
  RETURNING number
)"""


def dice(tasker: Person, number: int, what: str = "") -> random.Random:
    """What is drawn for this tasker at this turn: the same however often it is asked, and nobody's to guess. What else
    is drawn at the same turn has dice of its own.

    So what comes next can be looked up before it is claimed, and looking again tells nothing more.
    """
    return draws.rng("turn", f"{tasker.pk}:{number}{what}")


def seal(tasker: Person, number: int, task: UUID) -> str:
    """Says that this task was foreseen for this tasker at this turn: a claim that brings it gets it if it can."""
    return draws.digest("foreseen", f"{tasker.pk}:{number}:{task}").hex()


MOVE_ON = """
INSERT INTO projects_claimnumber AS n (tasker_id, number)
SELECT p.id, 1 FROM unnest(%(taskers)s::bigint[]) AS p(id) ORDER BY p.id
ON CONFLICT (tasker_id) DO UPDATE SET number = n.number + 1
RETURNING number
"""


def choose_anew(taskers: Iterable[Person]) -> None:
    """Whatever these people's claims have chosen and not taken yet, they choose again once the transaction ends."""
    ask(MOVE_ON, {"taskers": array([one.pk for one in taskers])})
