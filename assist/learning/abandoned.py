"""Work of the loop that nobody is at any more: its job failed under it, as when the database went away. It is given to
a worker anew, and ended by name once it has failed so often.

Jobs of workers that died come back by themselves (projects.jobs.resume_stalled); those that ended with an error don't.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from procrastinate.contrib.django.models import ProcrastinateJob

from assist.alike import atlas
from assist.learning import erasure, evaluation, likely_wrong, snapshots, training
from assist.learning.reasons import REASONS
from assist.learning.selection import rounds as selecting
from assist.suggestions import precompute
from projects.errors import WorkerCrashed

MOST_TRIES = 3
LIVE = ("todo", "doing")


class Kind(NamedTuple):
    """A kind of such work: its job, by which argument that names it, what is open, how it is handed over anew, and how
    it is ended."""

    job: str
    argument: str
    open: Callable[[], Iterable[tuple[int, int]]]  # (key, project)
    hand_over: Callable[[int, int], None]
    give_up: Callable[[int, str], None]


KINDS = (
    Kind(snapshots.JOB, "snapshot_key", snapshots.open_keys, snapshots.hand_over, snapshots.give_up),
    Kind(training.JOB, "run_key", training.open_keys, training.hand_over, training.give_up),
    Kind(evaluation.JOB, "evaluation_key", evaluation.open_keys, evaluation.hand_over, evaluation.give_up),
    Kind(erasure.JOB, "erasure_key", erasure.open_keys, erasure.hand_over, erasure.go_on),
    Kind(selecting.JOB, "round_key", selecting.open_keys, selecting.hand_over, selecting.give_up),
    Kind(atlas.JOB, "map_key", atlas.open_keys, atlas.hand_over, atlas.give_up),
    Kind(likely_wrong.JOB, "check_key", likely_wrong.open_keys, likely_wrong.hand_over, likely_wrong.give_up),
    Kind(precompute.JOB, "preparation_key", precompute.open_keys, precompute.hand_over, precompute.give_up),
)


def sweep() -> int:
    """See to all that is open without a job, and to what killed workers left; returns how much there was."""
    training.clear()
    return sum(_swept(kind) for kind in KINDS)


def end_crashed(kind: Kind) -> Callable[[int, WorkerCrashed], object]:
    """The verb that ends one of this kind whose job killed its workers."""
    return lambda key, problem: kind.give_up(key, REASONS["crashed"] % problem.values)


def _swept(kind: Kind) -> int:
    # Open ones first: one that ends meanwhile is then asked for once more, which does no harm.
    waiting = dict(kind.open())
    jobs = list(ProcrastinateJob.objects.filter(task_name=kind.job).values_list("args", "status")) if waiting else []
    live = {args.get(kind.argument) for args, status in jobs if status in LIVE}
    failed = Counter(args.get(kind.argument) for args, status in jobs if status not in LIVE)
    lost = [key for key in waiting if key not in live]
    for key in lost:
        if failed[key] >= MOST_TRIES:
            kind.give_up(key, REASONS["given-up"])
        else:
            kind.hand_over(key, waiting[key])
    return len(lost)
