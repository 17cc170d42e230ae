"""How long a training or an evaluation will take, by those in the project that are done. Reads nothing."""

from collections.abc import Iterable
from statistics import median

from assist.models import Evaluation, Snapshot, TrainingRun


def expected_minutes(recipe: str, runs: Iterable[TrainingRun], snapshot: Snapshot | None) -> int | None:
    """Of this recipe on this snapshot, by the time that each verdict took before; None where nothing tells."""
    seconds = [
        (run.ended_at - run.began_at).total_seconds() / run.snapshot.rows
        for run in runs
        if run.recipe == recipe and run.state == TrainingRun.State.DONE
        if run.began_at and run.ended_at and run.snapshot.rows
    ]
    if snapshot is None or not seconds:
        return None
    return max(1, round(median(seconds) * snapshot.rows / 60))


def evaluation_minutes(evaluations: Iterable[Evaluation]) -> int | None:
    """Of the next evaluation, whose tasks are nearly the same; None where none is done."""
    seconds = [
        (evaluation.ended_at - evaluation.begun_at).total_seconds()
        for evaluation in evaluations
        if evaluation.state == Evaluation.State.DONE and evaluation.ended_at
    ]
    return max(1, round(median(seconds) / 60)) if seconds else None
