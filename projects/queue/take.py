"""Taking work: what this tasker holds already, what is dealt, or the next on the walk.

The walk follows an index to the next open judgement and takes it: one statement, however many tasks there are. It
starts where this tasker's last one ended, so it never passes again what it couldn't give.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum
from itertools import takewhile
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.db import transaction

from projects.models import Asset, Assignment, Project, Task
from projects.queue import dealing_sql, eligibility, gold_dealing, list_sql, qualification, sql
from projects.queue.candidate_slots import CandidateSlot, Choice, Terms
from projects.queue.claim_numbers import RequestedTask, StaleChoice
from projects.queue.conflicts_of_interest import waiting_for
from projects.queue.gold_dealing import Due
from projects.queue.no_work import AskAgain, Nothing, crowded, nothing_listed, training_first
from taskers.database.prepared import ask, ask_models, ask_rows
from taskers.models import Person

STRIDES = 10  # so many times `sql.STRIDE` rows are passed in one claim; the next one goes on from there
SWEEP_ROWS = 100  # that one look of the second walk takes in
LIST_STRIDES = 50  # so many times `list_sql.LOOKED` entries of somebody's lists are passed in one claim
LIST_PAUSE = 5  # seconds after which the next one goes on, elsewhere
MORE_SLOTS = 8  # that are asked for the rest of a group, after the first that had some of it


class Ahead(Enum):
    """What lies before a walk that took nothing."""

    LOCKED = "something to take, which others had locked a moment ago"
    MORE = "more rows than one look takes in"
    NOTHING = "nothing"


class Looked(NamedTuple):
    """A row of the walk."""

    batch: int
    slot: int
    key: int
    free: bool  # whether this tasker could take it


def take_next(
    choice: Choice, number: int = 1, *, rng: random.Random | None = None, requested: RequestedTask | None = None
) -> list[Assignment]:
    """What this tasker holds already, is dealt, was looked up ahead for them, or comes next on the walk.

    Up to `number` at once come under one token, gold among them, and no course: that is taken item by item. Raises
    StaleChoice when something was put into these hands since the choice was made, and AskAgain when all that is open
    was locked by others at this moment.
    """
    if choice.held and (found := held_again(choice.tasker, choice.projects)):
        return found
    alone, most = number == 1, min(eligibility.left_today(one, number) for one in choice.terms.values())
    if found := _course(choice, alone) or _listed(choice, most, rng) or _course(choice, alone):
        return found
    while True:
        choice.slots, behind_a_course = _up_to_a_course(choice)
        if alone and (found := _foretold(choice, rng, requested)):
            return found
        if (found := _walk(choice, most, rng or random.SystemRandom())) or not behind_a_course:
            return found
        choice.slots = behind_a_course
        if found := _course(choice, alone):
            return found


def held_again(tasker: Person, projects: Mapping[int, Project]) -> list[Assignment]:
    """What this tasker holds already of these projects, by their keys, with a fresh deadline; a group comes whole."""
    terms = {"tasker": tasker.pk, "projects": list(projects)}
    rows = ask_models(sql.HELD_AGAIN, terms, a=Assignment, t=Task, s=Asset)
    return [_placed(assignment, task, asset, projects) for assignment, task, asset in rows]


def look_ahead(choice: Choice, dealt: int | None = None) -> Task | None:
    """The task that a walk would probably take, without taking it; or the one that is dealt instead, by its key.

    Where others are at work in the same batch, each is shown another one of the next few, so that they don't all look
    ahead to the same. Where a copilot helps, the outbox hears of it.
    """
    slots, _behind = _up_to_a_course(choice)
    if not slots:
        return None
    terms = as_columns(choice, slots) | {"tasker": choice.tasker.pk, "partners": list(choice.partners)}
    terms |= {"batch": slots[0].batch, "dealt": dealt}
    for task, asset in ask_models(sql.LOOK_AHEAD, terms, t=Task, s=Asset):
        task.asset, task.project = asset, choice.projects[task.project_id]
        return task
    return None


def as_columns(choice: Choice, slots: Sequence[CandidateSlot]) -> dict[str, list]:
    """Slots as columns: sql.SLOTS."""
    return walks_of(slots) | promised(choice, [one.terms for one in slots])


def walks_of(slots: Sequence[CandidateSlot]) -> dict[str, list]:
    """Where the walks through these slots stand, as columns."""
    return {
        "batches": [one.batch for one in slots],
        "slots": [one.slot for one in slots],
        "after": [one.after for one in slots],
        "shifts": [one.shift for one in slots],
    }


def promised(choice: Choice, terms: Sequence[Terms]) -> dict[str, list]:
    """What is promised with work on these terms, as columns: sql.SLOTS, list_sql.TERMS."""
    projects = [choice.projects[one.project] for one in terms]
    return {
        "versions": [one.version for one in terms],
        "leases": [one.lease for one in terms],
        "rates": [one.rate for one in terms],
        "copilots": [one.copilot for one in terms],
        "controls": [one.control for one in terms],
        "audits": [one.audit or 0.0 for one in terms],
        "projects": [one.pk for one in projects],
        "organizations": [one.organization_id for one in projects],
        "project_keys": [one.public_id for one in projects],
    }


def hold(choice: Choice, statement: str, terms: dict[str, Any]) -> list[Assignment]:
    """What a statement puts into these hands while no partner takes, each with its task, asset and project.

    Raises StaleChoice where it found something and took nothing, since the claim number is another one by now.
    """
    here = {"tasker": choice.tasker.pk, "partners": list(choice.partners), "number": choice.number}
    with waiting_for(choice.tasker.pk, choice.partners):
        rows = ask_models(statement, here | terms, a=Assignment, t=Task, s=Asset)
        if any(assignment is None for assignment, _task, _asset in rows):
            raise StaleChoice()
    choice.number += bool(rows)
    return [_placed(assignment, task, asset, choice.projects) for assignment, task, asset in rows]


def _placed(assignment: Assignment, task: Task, asset: Asset | None, projects: Mapping[int, Project]) -> Assignment:
    task.asset, task.project, assignment.task = asset, projects[task.project_id], task
    return assignment


def _course(choice: Choice, alone: bool) -> list[Assignment]:
    """The next item of the course that is due before the first slot's next judgement, where one is asked for alone; a
    project whose course has nothing is refused."""
    while choice.slots and qualification.is_due(choice.tasker, terms := choice.slots[0].terms):
        item = qualification.next_item(choice, terms) if alone else training_first()
        if not isinstance(item, Nothing):
            return item
        choice.refuse(terms.project, item)
    return []


def _up_to_a_course(choice: Choice) -> tuple[list[CandidateSlot], list[CandidateSlot]]:
    """The slots before the first of a project whose course is due, and those from there on: without it nobody walks
    there, whatever project comes before."""
    due = {pk for pk, terms in choice.terms.items() if qualification.is_due(choice.tasker, terms)}
    at = next((at for at, one in enumerate(choice.slots) if one.terms.project in due), len(choice.slots))
    return choice.slots[:at], choice.slots[at:]


def _listed(choice: Choice, most: int, rng: random.Random | None) -> list[Assignment]:
    """What comes next on this tasker's lists, in projects where people work by list: there nobody walks. Models have no
    lists, and walk. A course comes before a list; where the pool has work as well, that comes before another's course:
    projects whose lists have nothing are refused, and the next course may be due.
    """
    by_list = [one for pk, one in choice.terms.items() if one.by_list and pk not in choice.refusals]
    if not by_list or choice.tasker.kind == Person.Kind.MODEL:
        return []
    due = {one.project for one in by_list if qualification.is_due(choice.tasker, one)}
    found, ahead = _along_lists(choice, [one for one in by_list if one.project not in due], most, rng)
    if found:
        return found
    pooled = any(not one.terms.by_list for one in choice.slots)
    if ahead is Ahead.LOCKED and not pooled:
        raise AskAgain()
    why = nothing_listed() if ahead is Ahead.NOTHING else replace(crowded(), retry_seconds=LIST_PAUSE)
    open_in = {one.terms.project for one in choice.slots}
    for one in by_list:
        if pooled or one.project not in due & open_in:
            choice.refuse(one.project, why)
    return []


def _along_lists(
    choice: Choice, terms: Sequence[Terms], most: int, rng: random.Random | None
) -> tuple[list[Assignment], Ahead]:
    """What is free on this tasker's lists in these projects; and where nothing is, what may lie there still."""
    if not terms:
        return [], Ahead.NOTHING
    asked = promised(choice, terms) | {"partners": list(choice.partners), "tasker": choice.tasker.pk}
    ahead, stretches, begun = Ahead.NOTHING, [(0, list_sql.END)], False
    for _stride in range(LIST_STRIDES):
        if not stretches:
            return [], ahead
        after, upto = stretches.pop(0)
        entries = asked | {"after": after, "upto": upto}
        if found := hold(choice, list_sql.TAKE_LISTED, entries | {"token": uuid4(), "most": most}):
            return found, ahead
        ((last, looked, free),) = ask(list_sql.PASSED, entries)
        ahead = Ahead.LOCKED if free else ahead
        if looked == list_sql.LOOKED:
            stretches = [(last, upto), *stretches] if begun else _beyond(asked, last, rng or random.SystemRandom())
            begun = True
    return [], Ahead.MORE if stretches else ahead


def _beyond(asked: Mapping[str, Any], last: int, rng: random.Random) -> list[tuple[int, int]]:
    """What to look at of lists that are longer than one look, behind its last entry: from where this tasker is on, then
    what lies before there, from anywhere on and round, so that the claims of many see all of it."""
    ((here,),) = ask(list_sql.WORKED_TO, asked)
    if here <= last:
        return [(last, list_sql.END)]
    anywhere = rng.randrange(last, here)
    return [(here, list_sql.END), (anywhere, here), (last, anywhere)]


def _foretold(choice: Choice, rng: random.Random | None, requested: RequestedTask | None) -> list[Assignment]:
    """What comes instead of the walk's next: what is dealt, or was looked up ahead."""
    key = requested.key_for(choice.tasker, choice.number) if requested else None
    rng = rng or gold_dealing.rng(choice.tasker, choice.number)
    # Where somebody was faster (which happens to no gold), what comes instead is drawn anew, gold as often as ever.
    for wanted in (None,) if key is None else (key, None):
        due = gold_dealing.due(choice, rng)
        if found := _dealt(choice, due, rng, wanted) or _requested(choice, wanted):
            return found
    return []


def _dealt(choice: Choice, due: Due | None, rng: random.Random, requested: int | None = None) -> list[Assignment]:
    """What is due instead of the walk's next; the task that was looked up ahead, if it was gold."""
    if requested is None and gold_dealing.mixes(choice):
        _look_at_all(choice)
    if due is None:
        return []
    if due.task is not None:
        return _deal(choice, dealing_sql.DEAL_LEFT_OUT, uuid4(), task=due.task)
    return _deal(choice, dealing_sql.DEAL_GOLD, uuid4(), shuffle=rng.random(), requested=requested)


def _look_at_all(choice: Choice) -> None:
    """Look for gold and along the walk, without taking, whichever is due: the time of a claim would tell which it was.

    What was looked up ahead is found by its key, whatever it is, and needs none of this.
    """
    gold_dealing.next_gold(choice)
    here = {"partners": list(choice.partners), "tasker": choice.tasker.pk}
    ask(dealing_sql.WALK_PAST, walks_of(choice.slots) | here)


def _deal(choice: Choice, statement: str, token: UUID, **drawn: float | None) -> list[Assignment]:
    """Work that isn't on the walk, on the terms of the first slot."""
    terms = choice.slots[0].terms
    project = choice.projects[terms.project]
    promised: dict[str, Any] = {"project": project.pk, "organization": project.organization_id, "token": token}
    promised |= {"project_key": project.public_id, "lease": terms.lease, "version": terms.version, "rate": terms.rate}
    promised |= {"copilot": terms.copilot, "control": terms.control, "audit": terms.audit or 0.0}
    return hold(choice, statement, promised | drawn)


def _requested(choice: Choice, key: int | None) -> list[Assignment]:
    """The task that was looked up ahead, if it is still to be had; not for whoever is kept apart from somebody."""
    if key is None or not choice.slots or choice.partners:
        return []
    return hold(choice, sql.TAKE_REQUESTED, as_columns(choice, choice.slots) | {"token": uuid4(), "requested": key})


def _walk(choice: Choice, most: int, rng: random.Random) -> list[Assignment]:
    """Stride by stride past what this tasker can't take, then once behind the cursors."""
    slots, ahead = choice.slots, Ahead.NOTHING
    for _stride in range(STRIDES if slots else 0):
        if found := _take(choice, slots) if most == 1 else _group(choice, slots, most, rng):
            return found
        slots, ahead = _pass(choice, slots)
        if ahead is not Ahead.MORE:
            break
    if found := _sweep(choice, slots):
        return found
    if ahead is not Ahead.NOTHING:
        raise AskAgain()
    return []


def _take(
    choice: Choice, slots: Sequence[CandidateSlot], *, most: int = 1, token: UUID | None = None
) -> list[Assignment]:
    """Up to so many judgements from the first of these slots that have any.

    For more than one, the slots should be one: a statement doesn't see that it took another slot of the same task.
    """
    return hold(choice, sql.TAKE, as_columns(choice, slots) | {"token": token or uuid4(), "most": most})


def _group(choice: Choice, slots: Sequence[CandidateSlot], number: int, rng: random.Random) -> list[Assignment]:
    """One slot at a time; once some are found, only the next few slots are asked for the rest. A group is of one
    project."""
    gold_at = gold_dealing.places_in_a_group(slots[0].terms, number, rng)
    found: list[Assignment] = []
    missing, more, token = number - sum(gold_at), MORE_SLOTS, uuid4()
    with transaction.atomic():  # another tab sees all of the group or nothing
        for one in slots:
            if len(found) == missing or not more:
                break
            more -= bool(found)
            found += _take(choice, [one], most=missing - len(found), token=token)
        for _gold in range(gold_dealing.due_among(gold_at, len(found))):
            dealt = _deal(choice, dealing_sql.DEAL_GOLD, token, shuffle=rng.random(), requested=None)
            if not dealt:
                break  # the stock has no more
            found += dealt
    return found


def _pass(choice: Choice, slots: Sequence[CandidateSlot]) -> tuple[list[CandidateSlot], Ahead]:
    """The slots after one stride past what this tasker can't take, and what lies ahead of there.

    Called when a walk found nothing: what is free here was locked by others a moment ago.
    """
    looked = _look(choice, slots, sql.STRIDE, after=[one.after for one in slots], upto=[None for _ in slots])
    behind = list(takewhile(lambda one: not one.free, looked))
    passed = {(one.batch, one.slot): one.key for one in behind}
    moved = [one._replace(after=passed.get((one.batch, one.slot), one.after)) for one in slots]
    _move_cursors(choice, [one for one in moved if (one.batch, one.slot) in passed])
    if len(behind) < len(looked):
        return moved, Ahead.LOCKED
    return moved, Ahead.MORE if len(looked) == sql.STRIDE else Ahead.NOTHING


def _sweep(choice: Choice, slots: Sequence[CandidateSlot]) -> list[Assignment]:
    """One judgement from behind the cursors, if the next SWEEP_ROWS rows there hold one.

    There lies what was locked by somebody who then gave up, or not yet committed, when the first walk came by. Round
    and round, so many rows at a time.
    """
    walked = sorted((one for one in slots if one.after), key=lambda one: one.rounds)
    swept, upto = [one.swept for one in walked], [one.after for one in walked]
    looked = _look(choice, walked, SWEEP_ROWS, after=swept, upto=upto)
    if len(looked) == SWEEP_ROWS:  # there is more than one look takes in: go on from here next time
        _move_cursors(choice, _swept(walked, looked[-1]))
    by_slot = {(one.batch, one.slot): one for one in walked}
    for row in looked:
        if row.free and (found := _take(choice, [by_slot[row.batch, row.slot]._replace(after=row.key - 1)])):
            return found
    return []


def _look(
    choice: Choice, slots: Sequence[CandidateSlot], rows: int, *, after: list[int], upto: Sequence[int | None]
) -> list[Looked]:
    """The next so many rows of a stretch of each slot."""
    terms = {"tasker": choice.tasker.pk, "partners": list(choice.partners), "rows": rows}
    terms |= walks_of(slots)
    return ask_rows(sql.LOOK, terms | {"after": after, "upto": list(upto)}, Looked) if slots else []


def _move_cursors(choice: Choice, slots: Sequence[CandidateSlot]) -> None:
    terms: dict[str, Any] = {"batches": [one.batch for one in slots], "slots": [one.slot for one in slots]}
    terms |= {"swept": [one.swept for one in slots], "rounds": [one.rounds for one in slots]}
    if slots:
        ask(sql.MOVE_CURSORS, terms | {"tasker": choice.tasker.pk, "after": [one.after for one in slots]})


def _swept(slots: Sequence[CandidateSlot], last: Looked) -> list[CandidateSlot]:
    """Where the second walk stands after this row: slots before its own are through, one round more."""
    moved: list[CandidateSlot] = []
    for one in slots:
        if (one.batch, one.slot) == (last.batch, last.slot):
            return [*moved, one._replace(swept=last.key)]
        moved.append(one._replace(swept=0, rounds=one.rounds + 1))
    return moved
