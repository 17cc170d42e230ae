"""How often gold is dealt, and what looks like it: work left out of consensus.

It is nobody's to guess: the share varies from claim to claim around what the project asks, and is higher for those of
whom little is known.

A planted error (assist/suggestions/planted_errors.py) says that an answer is compared with something. As many go on
decided tasks, dealt once more, as on gold, so it doesn't say with what. Nothing rests on the answer to these; its
tasker is paid and graded by the verdict that stands, at such a moment as gold is. Models get none, nor does anybody in
groups, which no copilot helps.
"""

import math
import random
from typing import NamedTuple

from projects.models import Assignment
from projects.queue import dealing_sql, draws
from projects.queue.candidate_slots import Choice, Terms
from taskers.database.prepared import ask
from taskers.models import Person

MOST_OFTEN = 0.5


def rng(tasker: Person, number: int, what: str = "") -> random.Random:
    """What is drawn for this tasker at this claim number: the same however often it is asked, and nobody's to guess.
    What else is drawn at the same number has draws of its own.

    So what comes next can be looked up before it is claimed, and looking again tells nothing more.
    """
    return draws.rng("turn", f"{tasker.pk}:{number}{what}")


def gold_is_due(share: float, evidence: float, rng: random.Random) -> bool:
    """Whether this claim is to get gold: about `share` of them, up to three times as often before there is evidence."""
    fallen, chance = _fallen(share, evidence, rng)
    return fallen < chance


def left_out_is_due(share: float, evidence: float, rng: random.Random) -> bool:
    """Whether it is to get what looks like gold: exactly as often, by the same draw, where gold isn't due."""
    fallen, chance = _fallen(share, evidence, rng)
    return chance <= fallen < 2 * chance


def _fallen(share: float, evidence: float, rng: random.Random) -> tuple[float, float]:
    """What was drawn, in [0, 1), and below what that means gold."""
    eagerness = 1 + 2 * math.exp(-evidence / 10)
    return rng.random(), min(MOST_OFTEN, max(0.0, share) * eagerness * rng.uniform(0.5, 1.5))


class Due(NamedTuple):
    """What is dealt instead of the walk's next."""

    task: int | None = None  # the decided task, by its key; None for gold, which is picked from the stock


def due(choice: Choice, rng: random.Random) -> Due | None:
    """What is due before the first slot's next judgement, if anything is."""
    if not choice.slots:
        return None
    terms = choice.slots[0].terms
    task = left_out(choice, terms)
    if gold_is_due(terms.gold_share or 0.0, terms.evidence, rng):
        return Due()
    return None if task is None else Due(task)


def mixes(choice: Choice) -> bool:
    """Whether gold may be dealt before the first slot's next judgement."""
    return bool(choice.slots and choice.slots[0].terms.gold_share)


def next_gold(choice: Choice) -> int | None:
    """The key of the task that will be dealt as gold, if the stock has one."""
    terms = {"project": choice.slots[0].terms.project, "tasker": choice.tasker.pk}
    return next((key for (key,) in ask(dealing_sql.NEXT_GOLD, terms)), None)


def left_out(choice: Choice, terms: Terms) -> int | None:
    """The key of the decided task that is due once more, as often as gold is dealt with a planted error; the same
    however often it is asked. None where none is due or free. It is looked for at every claim where some may be due:
    its time would tell when."""
    if not (terms.planted and terms.copilot and terms.gold_share) or choice.tasker.kind != Person.Kind.HUMAN:
        return None
    drawn = rng(choice.tasker, choice.number, " left out")
    is_planted = drawn.random() < terms.planted
    task = _free(terms.project, choice.tasker.pk, drawn)
    is_due = left_out_is_due(terms.gold_share, terms.evidence, rng(choice.tasker, choice.number))
    return task if is_planted and is_due else None


def could_be_left_out(assignment: Assignment) -> bool:
    """Whether its tasker might have been dealt a decided task instead: else a planted error would say that this is
    gold."""
    drawn = random.Random(str(assignment.public_id))
    return _free(assignment.task.project_id, assignment.tasker_id or 0, drawn) is not None


def _free(project: int, tasker: int, rng: random.Random) -> int | None:
    """From a place among the project's tasks that is drawn; else from the first."""
    for place in (rng.random(), 0.0):
        for (key,) in ask(dealing_sql.LEFT_OUT, {"project": project, "tasker": tasker, "place": place}):
            return key
    return None


def places_in_a_group(terms: Terms, number: int, rng: random.Random) -> list[bool]:
    """For each place of a group whether it is to get gold; never more than half of them."""
    places: list[bool] = []
    for _place in range(number):
        places.append(sum(places) < number // 2 and gold_is_due(terms.gold_share or 0.0, terms.evidence, rng))
    return places


def due_among(places: list[bool], judgements: int) -> int:
    """How many of a group's places get gold where there are so many judgements for the others: none after the last."""
    dealt = 0
    for due in places:
        if not judgements:
            break
        judgements, dealt = judgements - (not due), dealt + due
    return dealt
