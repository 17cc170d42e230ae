"""The next piece of work for somebody: first choose where from small tables, then walk an index to it.

Three statements in one transaction, however much there is to do: the lock by which two tabs of one tasker follow each
other, the choice of places, and the walk. The lock is a statement of its own because what follows must see what the
other tab did.
"""

import random
import time
from collections.abc import Mapping, Sequence

from django.db import transaction

from projects import eligibility
from projects.models import Assignment, Project, Task
from projects.queue import gold, taking
from projects.queue.leases import expire_due
from projects.queue.nothing import Nothing
from projects.queue.places import Choice, Place, choose
from projects.queue.statements import ask
from taskers.models import Organization, Person

TRIES = 6
MOST_IN_A_GROUP = 100
STRIDES = 10  # so many times `taking.STRIDE` rows are passed in one claim; the next one goes on from there
LOCK = "SELECT pg_advisory_xact_lock(%(space)s::int, hashint8(%(tasker)s::bigint))"
LOCK_SPACE = 0x636C6D  # our corner of PostgreSQL's advisory locks

AHEAD = """
SELECT a.task_id FROM projects_assignment a
WHERE a.batch_id = %(batch)s::bigint AND a.slot = %(slot)s::int AND a.id + 0 > %(key)s::bigint
  AND a.state = 'open' AND a.kind = 'judge'
ORDER BY a.id + 0 LIMIT %(number)s::int
"""

# When the next lease of somebody else, on a task this tasker may still do, runs out. Only the first few are looked at.
NEXT_DEADLINE = f"""
SELECT extract(epoch FROM min(a.deadline) - clock_timestamp())::float FROM (
  SELECT a.* FROM projects_batch b CROSS JOIN LATERAL (
    SELECT a.batch_id, a.task_id, a.deadline FROM projects_assignment a
    WHERE a.batch_id = b.id AND a.state = 'held' AND a.kind = 'judge'
    ORDER BY a.deadline LIMIT 50
  ) a WHERE b.project_id = ANY(%(projects)s::bigint[]) AND b.state = 'live' LIMIT 200
) a WHERE NOT {taking.MINE}
"""


def claim(tasker: Person, project: Project, *, dice: random.Random | None = None) -> Assignment | Nothing:
    """This tasker's next piece of work in a project, held for them; or why there is none.

    Whoever holds one already gets that one again with a fresh deadline, so two tabs show the same task. The caller has
    checked that the tasker may enter the project; skills, caps and exclusions are checked here.
    """
    if project.state != Project.State.LIVE:
        return Nothing("project-not-live", "This project isn't handing out work at the moment.")
    return _first(_next(tasker, [project], 1, dice or random.SystemRandom()))


def claim_any(
    tasker: Person, organization: Organization, projects: Sequence[Project], *, dice: random.Random | None = None
) -> Assignment | Nothing:
    """The most urgent and best paid work that this tasker qualifies for, out of these projects of one organization."""
    live = [one for one in projects if one.state == Project.State.LIVE and one.organization_id == organization.pk]
    if not live:
        return Nothing("all-done", "No project hands out work to you at the moment.")
    return _first(_next(tasker, live, 1, dice or random.SystemRandom()))


def claim_group(tasker: Person, project: Project, number: int = 24) -> list[Assignment] | Nothing:
    """Several judgements at once, for work on a grid: one token, one deadline, as many as there are up to `number`."""
    if project.state != Project.State.LIVE:
        return Nothing("project-not-live", "This project isn't handing out work at the moment.")
    return _next(tasker, [project], max(1, min(number, MOST_IN_A_GROUP)), None)


def peek(assignment: Assignment, number: int = 2) -> list[Task]:
    """The tasks that this assignment's tasker will probably get next, so that their media can be fetched ahead."""
    if assignment.task.asset_id is None:
        return []  # nothing to fetch ahead but the task itself
    rows = ask(AHEAD, {"batch": assignment.batch_id, "slot": assignment.slot, "key": assignment.pk, "number": number})
    by_key = Task.objects.select_related("asset").in_bulk([task for (task,) in rows])
    return [by_key[task] for (task,) in rows]


def _first(found: list[Assignment] | Nothing) -> Assignment | Nothing:
    return found if isinstance(found, Nothing) else found[0]


def _next(
    tasker: Person, projects: Sequence[Project], number: int, dice: random.Random | None
) -> list[Assignment] | Nothing:
    by_key = {one.pk: one for one in projects}
    for attempt in range(TRIES):
        with transaction.atomic():
            choice = _choice(tasker, projects)
            found, busy = _find(tasker, choice, by_key, number, dice)
        if found:
            return found
        if choice.refused or not (busy or expire_due(projects=projects)):
            return _why(tasker, choice)
        # Open rows exist, but all of them were locked by others at this moment: that isn't "nothing".
        time.sleep(0.01 * attempt)
    return Nothing("ask-again", "Everybody is asking at once; trying again.", retry_seconds=1)


def _find(
    tasker: Person, choice: Choice, projects: Mapping[int, Project], number: int, dice: random.Random | None
) -> tuple[list[Assignment], bool]:
    """What this tasker holds already, or is dealt, or the next on the walk; else whether to ask again at once."""
    if again := taking.again(tasker, choice, projects):
        return again, False
    if dice is not None and (dealt := _dealt(tasker, choice, projects, dice)):
        return dealt, False
    places, busy, end = choice.places, False, not choice.places
    for _ in range(STRIDES):
        if found := _taken(tasker, places, projects, number):
            return found, False
        if not places:
            break
        places, busy, end = taking.look_ahead(tasker, places)
        if busy or end:
            break
    return taking.sweep(tasker, places, projects), busy or not end


def _dealt(tasker: Person, choice: Choice, projects: Mapping[int, Project], dice: random.Random) -> list[Assignment]:
    """Training or gold, where it is due before the first place's next judgement."""
    while choice.places:
        terms = choice.places[0].terms
        dealt = gold.deal(tasker, terms, projects, dice)
        if not isinstance(dealt, Nothing):
            return dealt or []
        choice.refuse(terms.project, (dealt.code, dealt.text))
    return []


def _choice(tasker: Person, projects: Sequence[Project]) -> Choice:
    """What this tasker may choose from; what they may not enter is left out before any walk."""
    ask(LOCK, {"space": LOCK_SPACE, "tasker": tasker.pk})
    choice = choose(tasker, projects)
    for pk, terms in choice.terms.items():
        if why := eligibility.why_not(terms):
            choice.refuse(pk, why)
    return choice


def _taken(tasker: Person, places: Sequence[Place], projects: Mapping[int, Project], number: int) -> list[Assignment]:
    if number == 1:
        return taking.take(tasker, places, projects)
    # One place at a time: a statement doesn't see that it took another slot of the same task.
    return next(filter(None, (taking.take(tasker, [one], projects, number=number) for one in places)), [])


def _why(tasker: Person, choice: Choice) -> Nothing:
    if choice.refused:
        code, text = next(iter(choice.refusals.values()))
        retry = eligibility.seconds_to_midnight(tasker) if code == "daily-cap" else None
        return Nothing(code, text, retry_seconds=retry)
    allowed = [pk for pk in choice.terms if pk not in choice.refusals]
    (seconds,) = ask(NEXT_DEADLINE, {"projects": allowed, "tasker": tasker.pk})[0]
    if seconds is None:
        return Nothing("all-done", "You have done everything there is for you here. Thank you!")
    minutes = max(1, round(seconds / 60))
    text = f"Others are working on what is left. If they don't finish, it comes back in about {minutes} min."
    return Nothing("waiting", text, retry_seconds=max(5, min(int(seconds), 60)))
