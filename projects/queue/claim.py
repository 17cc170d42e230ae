"""The next piece of work for somebody: first choose where from small tables, then walk an index to it.

Two statements, each a transaction of its own, however much there is to do: the choice of candidate slots, and the walk,
which takes only what was chosen at this tasker's claim number (claim_numbers.py), so that two tabs of one tasker show
the same task. One before them finds what is in these hands already, and then it is the only one; who has just handed
in isn't asked for that.
"""

import random
import time
from collections.abc import Sequence

from projects.models import Assignment, Project
from projects.queue import candidate_slots
from projects.queue.availability import explain_no_work
from projects.queue.candidate_slots import choices
from projects.queue.claim_numbers import RequestedTask, StaleChoice
from projects.queue.metrics import CLAIMED, NOTHING
from projects.queue.no_work import AskAgain, Nothing, crowded, none_live, not_live
from projects.queue.take import held_again, take_next
from taskers.models import Organization, Person
from taskers.telemetry.spans import traced

TRIES = 6
MOST_IN_A_GROUP = 100


@traced
def claim(
    tasker: Person,
    project: Project,
    *,
    rng: random.Random | None = None,
    requested: RequestedTask | None = None,
    done: Assignment | None = None,
) -> Assignment | Nothing:
    """This tasker's next piece of work in a project, held for them; or why there is none.

    Whoever holds one already gets that one again with a fresh deadline, so two tabs show the same task. The caller has
    checked that the tasker may enter the project; skills, caps and exclusions are checked here. `done` is what left
    these hands just now.
    """
    if project.state != Project.State.LIVE:
        return not_live()
    found = _claimed(tasker, [project], rng=rng, requested=requested, done=done)
    return found if isinstance(found, Nothing) else found[0]


@traced
def claim_any(
    tasker: Person,
    organization: Organization,
    projects: Sequence[Project],
    *,
    rng: random.Random | None = None,
    requested: RequestedTask | None = None,
    done: Assignment | None = None,
) -> Assignment | Nothing:
    """The most urgent and best paid work that this tasker qualifies for, out of these projects of one organization."""
    live = [one for one in projects if one.state == Project.State.LIVE and one.organization_id == organization.pk]
    if not live:
        return none_live()
    found = _claimed(tasker, live, rng=rng, requested=requested, done=done)
    return found if isinstance(found, Nothing) else found[0]


@traced
def claim_group(
    tasker: Person, project: Project, number: int = 24, *, rng: random.Random | None = None
) -> list[Assignment] | Nothing:
    """Several pieces of work at once, for a grid: one token, one deadline, as many as there are up to `number`.

    Gold is among them as `claim` deals it; their order tells nothing of which, and is the same however often one asks.
    Nobody gets more than their day has room for, nor any while a course is to be passed first: `claim` deals that.
    """
    if project.state != Project.State.LIVE:
        return not_live()
    most = max(1, min(number, MOST_IN_A_GROUP))
    found = _claimed(tasker, [project], number=most, rng=rng or random.SystemRandom())
    return found if isinstance(found, Nothing) else sorted(found, key=lambda one: one.public_id)


def _claimed(
    tasker: Person,
    projects: Sequence[Project],
    *,
    number: int = 1,
    rng: random.Random | None = None,
    requested: RequestedTask | None = None,
    done: Assignment | None = None,
) -> list[Assignment] | Nothing:
    """What is held already, or taken of what this tasker may choose from; or why there is nothing.

    What changed meanwhile, or was locked by others, isn't "nothing": that is asked again, of more batches. What is
    chosen from says once more what is held, at the claim number: the first look alone would let two tabs take.
    """
    if done is None and (found := held_again(tasker, {one.pk: one for one in projects})):
        return found
    for attempt in range(TRIES):
        most = candidate_slots.MOST_BATCHES if attempt else candidate_slots.FEW_BATCHES
        try:
            for choice in choices(tasker, projects, most=most):
                if found := take_next(choice, number, rng=rng, requested=requested):
                    CLAIMED.inc()
                    return found
            why = explain_no_work(choice)
            NOTHING.inc()
            return why
        except StaleChoice:
            continue  # another tab was faster: what it took is in these hands now
        except AskAgain:
            time.sleep(0.01 * attempt)
    return crowded()
