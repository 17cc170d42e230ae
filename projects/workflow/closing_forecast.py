"""What the end of a batch will do, said before anybody ends it: counted where that is soon done, else told by a sample.

Reads only. What is said is true if nothing else comes in until then.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import monotonic

from projects.models import Assignment, Batch, BatchProgress, Task
from projects.quality import consensus
from taskers.database.prepared import ask

LOOKED = 4000  # open judgements of a batch that are looked at; of one with more, some from all over it
PLACES = 10  # where those are looked for
LONGEST = 1.5  # seconds of weighing half-done tasks; the others are told by those

# Tasks with something open from one on, and whether judgements of theirs came in.
OPEN = """
SELECT o.task_id, EXISTS (
  SELECT FROM projects_assignment a WHERE a.task_id = o.task_id
    AND (a.kind || '', a.state || '') = ('judge', 'submitted') AND a.voided_at IS NULL OFFSET 0)
FROM (SELECT DISTINCT task_id FROM unnest(%(starts)s::bigint[]) AS s(task) CROSS JOIN LATERAL (
  SELECT a.task_id FROM projects_assignment a
  WHERE a.batch_id = %(batch)s::bigint AND a.state = 'open' AND a.kind = 'judge' AND a.task_id >= s.task
  ORDER BY a.task_id LIMIT %(limit)s::int
) found) o ORDER BY o.task_id
"""


@dataclass(frozen=True)
class Forecast:
    """What becomes of a batch's tasks when it ends; `about`: told by a sample."""

    done: int  # decided, and stay so
    waiting: int  # for a reviewer already
    held: int  # in people's hands
    decide: int  # half-done, and decided by what came in
    review: int  # half-done, and passed to a reviewer
    untouched: int  # without any answer
    earned: int  # millionths that answers to the decided ones earn
    promised: int  # millionths that were promised for the answers to those passed to a reviewer
    about: bool


def forecast(batch: Batch) -> Forecast:
    """What closing or cancelling this batch would do now."""
    progress = BatchProgress.objects.filter(batch=batch).first() or BatchProgress(batch=batch)
    held = set(Assignment.objects.held().filter(batch=batch, kind="judge").values_list("task", flat=True))
    rows, whole = _open(batch, progress)
    begun = [task for task, came_in in rows if came_in and task not in held]
    untouched = sum(not came_in and task not in held for task, came_in in rows)
    scale = 1.0
    if not whole:
        left = progress.tasks - progress.decided - progress.in_review - len(held)
        scale = max(1.0, left / max(1, len(begun) + untouched))
    decide, review, earned, promised, weighed = _weighed(begun)
    share = scale * len(begun) / max(1, weighed)
    return Forecast(
        done=progress.decided,
        waiting=progress.in_review,
        held=len(held),
        decide=round(decide * share),
        review=round(review * share),
        untouched=round(untouched * scale),
        earned=round(earned * share),
        promised=round(promised * share),
        about=not whole or weighed < len(begun),
    )


def _open(batch: Batch, progress: BatchProgress) -> tuple[Sequence[tuple[int, bool]], bool]:
    """Tasks of which something is open, with whether answers came in, and whether these are all of them."""
    rows = ask(OPEN, {"batch": batch.pk, "starts": [0], "limit": LOOKED})
    if not rows or progress.wanted - progress.submitted < LOOKED:
        return rows, True
    first, last = rows[0][0], Task.objects.filter(batch=batch).order_by("-pk").values_list("pk", flat=True)[0]
    starts = [first + (last - first) * place // PLACES for place in range(PLACES)]
    return ask(OPEN, {"batch": batch.pk, "starts": starts, "limit": LOOKED // PLACES}), False


def _weighed(begun: Sequence[int]) -> tuple[int, int, int, int, int]:
    """Of half-done tasks, weighed for a while, some from all over: how many are decided, how many are not, what their
    answers earn, and what was promised for those, and how many were weighed."""
    decide = review = earned = promised = weighed = 0
    until = monotonic() + LONGEST
    for task in Task.objects.filter(pk__in=_spread(begun)).select_related("project__organization"):
        decided, amount = consensus.foretell(task)
        weighed += 1
        if decided:
            decide, earned = decide + 1, earned + amount
        else:
            review, promised = review + 1, promised + amount
        if monotonic() > until:
            break
    return decide, review, earned, promised, weighed


def _spread(keys: Sequence[int], number: int = 300) -> Iterable[int]:
    return keys[:: max(1, -(-len(keys) // number))]
