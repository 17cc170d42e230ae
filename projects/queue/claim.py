"""The next piece of work for somebody: first choose where from small tables, then walk an index to it.

Two statements, each a transaction of its own, however much there is to do: the choice of places, and the walk, which
takes only what was chosen in this tasker's turn (claim_numbers.py), so that two tabs of one tasker show the same task.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from projects.models import Assignment, AssignmentRules, Project, Task
from projects.queue import availability, claim_numbers, eligibility, gold, left_out, take
from projects.queue.availability import Outlook
from projects.queue.candidate_slots import Choice, Place, Terms, choose
from projects.queue.claim_numbers import LostTurn
from projects.queue.conflicts_of_interest import waiting_for
from projects.queue.leases import expire_due
from projects.queue.no_work import Nothing, training_first
from taskers.database.prepared import ask
from taskers.models import Organization, Person
from taskers.outbox.events import emit

# What is drawn at a turn.
Dice = Callable[[int], random.Random]

TRIES = 6
MOST_IN_A_GROUP = 100
MORE_PLACES = 8  # that are asked for the rest of a group, after the first that had some of it
STRIDES = 10  # so many times `taking.STRIDE` rows are passed in one claim; the next one goes on from there

AHEAD = """
SELECT a.task_id FROM projects_assignment a
WHERE a.batch_id = %(batch)s::bigint AND a.slot = %(slot)s::int AND a.walk_key > %(key)s::bigint
  AND a.state = 'open' AND a.kind = 'judge'
ORDER BY a.walk_key LIMIT %(number)s::int
"""


@dataclass(frozen=True)
class Wish:
    """The task that was foreseen for somebody, with the seal that says so."""

    task: UUID
    seal: str


@dataclass(frozen=True)
class Foreseen:
    """What the next claim will bring if nothing changes until then. Nothing is held."""

    task: Task
    terms: Terms
    seal: str


def claim(
    tasker: Person, project: Project, *, dice: random.Random | None = None, wish: Wish | None = None
) -> Assignment | Nothing:
    """This tasker's next piece of work in a project, held for them; or why there is none.

    Whoever holds one already gets that one again with a fresh deadline, so two tabs show the same task. The caller has
    checked that the tasker may enter the project; skills, caps and exclusions are checked here.
    """
    if project.state != Project.State.LIVE:
        return Nothing("project-not-live", _("This project isn't handing out work at the moment."))
    return _first(_next(tasker, [project], 1, lambda turn: dice or claim_numbers.dice(tasker, turn), wish))


def claim_any(
    tasker: Person,
    organization: Organization,
    projects: Sequence[Project],
    *,
    dice: random.Random | None = None,
    wish: Wish | None = None,
) -> Assignment | Nothing:
    """The most urgent and best paid work that this tasker qualifies for, out of these projects of one organization."""
    live = [one for one in projects if one.state == Project.State.LIVE and one.organization_id == organization.pk]
    if not live:
        return Nothing("all-done", _("No project hands out work to you at the moment."))
    return _first(_next(tasker, live, 1, lambda turn: dice or claim_numbers.dice(tasker, turn), wish))


def foresee(mine: Assignment, tasker: Person, projects: Sequence[Project]) -> Foreseen | None:
    """What this tasker's next claim in these projects will bring once `mine` is handed in, if it can be said.

    Looked up, not held: the claim that brings its seal confirms it, or finds something else. Where a copilot helps, the
    outbox hears of it, known answers like any other, so that suggestions can be ready when it is shown.
    """
    by_key = {one.pk: one for one in projects}
    choice = choose(tasker, projects, few=True)
    for pk, terms in choice.terms.items():
        if why := eligibility.why_not(_once_handed_in(terms, mine)):
            choice.refuse(pk, why)
    if mine.kind == Assignment.Kind.TRAINING or choice.held not in (None, mine.pk) or not choice.places:
        return None
    if choice.places[0].terms.apart:
        return None  # the walk can't be foretold then, so neither is gold
    terms = choice.places[0].terms
    dealt, key = gold.foresee(tasker, terms, claim_numbers.dice(tasker, choice.turn))
    key = key if dealt else left_out.due(tasker, terms)
    task = _foreseen_dealt(tasker, choice, key) if dealt or key else take.foresee(tasker, choice.places, by_key)
    if task is None:
        return None
    return Foreseen(task, choice.terms[task.project_id], claim_numbers.seal(tasker, choice.turn, task.public_id))


def _foreseen_dealt(tasker: Person, choice: Choice, key: int | None) -> Task | None:
    """The task of what will be dealt, told like any other."""
    task = Task.objects.select_related("asset", "project").filter(pk=key or 0).first()
    if task and choice.places[0].terms.copilot:
        emit(
            "foreseen",
            organization_id=task.project.organization_id,
            actor_id=tasker.pk,
            project_key=task.project.public_id,
            task=task.pk,
        )
    return task


def _once_handed_in(terms: Terms, mine: Assignment) -> Terms:
    """The terms as they will be then: what is promised today counts one more."""
    if terms.project != mine.task.project_id:
        return terms
    done, promised = terms.judgements_today or 0, terms.promised_today or 0
    return terms._replace(judgements_today=done + 1, promised_today=promised + (mine.rate or 0))


def claim_group(
    tasker: Person, project: Project, number: int = 24, *, dice: random.Random | None = None
) -> list[Assignment] | Nothing:
    """Several pieces of work at once, for a grid: one token, one deadline, as many as there are up to `number`.

    Gold is among them as `claim` deals it; their order tells nothing of which, and is the same however often one asks.
    Nobody gets more than their day has room for, nor any while a course is to be passed first: `claim` deals that.
    """
    if project.state != Project.State.LIVE:
        return Nothing("project-not-live", _("This project isn't handing out work at the moment."))
    most = max(1, min(number, MOST_IN_A_GROUP))
    found = _next(tasker, [project], most, lambda turn: dice or random.SystemRandom(), None)
    return found if isinstance(found, Nothing) else sorted(found, key=lambda one: one.public_id)


def peek(assignment: Assignment, number: int = 2) -> list[Task]:
    """The tasks that this assignment's tasker will probably get next, so that their media can be fetched ahead.

    None where known answers are mixed in: they come from elsewhere, and would be known by not having been fetched.
    """
    if assignment.task.asset_id is None:
        return []  # nothing to fetch ahead but the task itself
    if AssignmentRules.objects.filter(project=assignment.task.project_id, gold_share__gt=0).exists():
        return []
    terms = {"batch": assignment.batch_id, "slot": assignment.slot, "key": assignment.walk_key}
    rows = ask(AHEAD, terms | {"number": number})
    by_key = Task.objects.select_related("asset").in_bulk([task for (task,) in rows])
    return [by_key[task] for (task,) in rows]


def _first(found: list[Assignment] | Nothing) -> Assignment | Nothing:
    return found if isinstance(found, Nothing) else found[0]


def _next(
    tasker: Person, projects: Sequence[Project], number: int, dice: Dice, wish: Wish | None
) -> list[Assignment] | Nothing:
    by_key = {one.pk: one for one in projects}
    few, after, tries = True, 0, 0
    while tries < TRIES:
        choice = _choice(tasker, projects, few=few, after=after)
        try:
            with waiting_for(tasker.pk, choice.partners):
                found, busy = _find(tasker, choice, by_key, number, dice, wish)
        except LostTurn:
            tries += 1  # another tab was faster: what it took is in these hands now
            continue
        if found:
            return found
        if not choice.refused and not busy and not choice.whole:
            # Nothing in these batches. Look at those further down, without what may not be entered.
            projects = [one for one in projects if one.pk not in choice.refusals]
            few, after = False, 0 if few or choice.refusals else choice.last
            continue
        if choice.refused or not busy:
            coming = _coming(tasker, choice)
            if coming.back is None or coming.back > 0 or not expire_due(projects=projects):
                return _refusal(tasker, choice) or coming.nothing()
        # Open rows exist, but all of them were locked by others at this moment: that isn't "nothing".
        time.sleep(0.01 * tries * choice.whole)
        few, after, tries = False, 0, tries + 1
    return Nothing("ask-again", _("Everybody is asking at once; trying again."), retry_seconds=1)


def _find(
    tasker: Person, choice: Choice, projects: Mapping[int, Project], number: int, dice: Dice, wish: Wish | None
) -> tuple[list[Assignment], bool]:
    """What this tasker holds already, or is dealt, or the next on the walk; else whether to ask again at once."""
    if again := take.again(tasker, choice, projects):
        return again, False
    drawn, wished = dice(choice.turn), _granted(tasker, choice, wish)
    if dealt := _dealt(tasker, choice, projects, drawn, wished, alone=number == 1):
        return dealt, False
    if number == 1 and choice.places and (extra := left_out.deal(tasker, choice.places[0].terms, projects)):
        return extra, False
    if wished:
        if found := take.take_wished(tasker, choice.places, projects, wished):
            return found, False
        # Somebody was faster. That happens to no gold, so whatever comes instead is drawn anew, gold as often as ever.
        if dealt := _dealt(tasker, choice, projects, drawn, 0, alone=number == 1):
            return dealt, False
    places, busy, end = choice.places, False, not choice.places
    for _stride in range(STRIDES):
        if found := _taken(tasker, places, projects, number, drawn):
            return found, False
        if not places:
            break
        places, busy, end = take.look_ahead(tasker, places)
        if busy or end:
            break
    return take.sweep(tasker, places, projects), busy or not end


def _granted(tasker: Person, choice: Choice, wish: Wish | None) -> int:
    """The key of the task that is wished for, if it was foreseen at this very turn; else 0."""
    if wish is None or not constant_time_compare(wish.seal, claim_numbers.seal(tasker, choice.turn, wish.task)):
        return 0
    return Task.objects.filter(public_id=wish.task).values_list("pk", flat=True).first() or 0


def _dealt(
    tasker: Person, choice: Choice, projects: Mapping[int, Project], dice: random.Random, wish: int, *, alone: bool
) -> list[Assignment]:
    """Training or gold, where it is due before the first place's next judgement.

    A group has its gold among the rest, and no course: that is taken item by item.
    """
    while choice.places:
        terms = choice.places[0].terms
        if alone:
            dealt = gold.deal(tasker, terms, projects, dice, wish)
        else:
            dealt = training_first() if gold.course_is_due(tasker, terms) else None
        if not isinstance(dealt, Nothing):
            return dealt or []
        choice.refuse(terms.project, (dealt.code, dealt.text))
    return []


def _choice(tasker: Person, projects: Sequence[Project], *, few: bool, after: int) -> Choice:
    """What this tasker may choose from; what they may not enter is left out before any walk."""
    choice = choose(tasker, projects, few=few, after=after)
    for pk, terms in choice.terms.items():
        if why := eligibility.why_not(terms):
            choice.refuse(pk, why)
    return choice


def _taken(
    tasker: Person, places: Sequence[Place], projects: Mapping[int, Project], number: int, dice: random.Random
) -> list[Assignment]:
    if number == 1 or not places:
        return take.take(tasker, places, projects)
    terms = places[0].terms  # a group is of one project
    number = min(number, eligibility.left_today(terms, number))
    gold_at = gold.places_in_a_group(terms, number, dice)
    with transaction.atomic():  # another tab sees all of the group or nothing
        found, terms = _group(tasker, places, projects, number - sum(gold_at))
        return found + gold.deal_among(found, tasker, terms, projects, gold_at, dice) if found else []


def _group(
    tasker: Person, places: Sequence[Place], projects: Mapping[int, Project], number: int
) -> tuple[list[Assignment], Terms]:
    """So many judgements under one token, and the terms with the turn as taking them left it.

    One place at a time: a statement doesn't see that it took another slot of the same task. Once some are found, only
    the next few places are asked for the rest.
    """
    found: list[Assignment] = []
    token, terms, more = uuid4(), places[0].terms, MORE_PLACES
    for one in places:
        if len(found) == number or not more:
            break
        here = one._replace(terms=terms)
        taken = take.take(tasker, [here], projects, number=number - len(found), token=token)
        more -= bool(found)
        found += taken
        terms = terms._replace(turn=terms.turn + bool(taken))
    return found, terms


def _coming(tasker: Person, choice: Choice) -> Outlook:
    """What may still come in the projects where this tasker may work."""
    allowed = [pk for pk in choice.terms if pk not in choice.refusals]
    return availability.together(availability.by_project(tasker, allowed).values() if allowed else [])


def _refusal(tasker: Person, choice: Choice) -> Nothing | None:
    """Why this tasker may work in none of the projects, if that is so."""
    if not choice.refused:
        return None
    code, text = next(iter(choice.refusals.values()))
    retry = eligibility.seconds_to_midnight(tasker) if code == "daily-cap" else None
    return Nothing(code, text, retry_seconds=retry)
