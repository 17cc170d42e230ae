"""Where the model that answers in a project loses most, by the newest evaluation that it took part in: slice by slice,
and down to the very tasks."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F

from assist.learning import erased
from assist.learning.slices import LEAST_TASKS
from assist.models import Evaluation, EvaluationScore, ModelVersion
from assist.registry import resolution
from projects.models import Project, Task


@dataclass(frozen=True)
class Measured:
    """The newest evaluation, and which of its two models answers here now."""

    evaluation: Evaluation
    version: ModelVersion
    side: str  # "candidate" | "champion"


@dataclass(frozen=True)
class Weak:
    """A slice: how many tasks, the mean score, the share of all loss that lies in it, and by how much the mean over all
    tasks would rise if the model did here as well as it does elsewhere."""

    slice: str
    tasks: int
    volume: float  # share of the tasks
    score: float
    lost: float  # share of all loss
    gain: float


@dataclass(frozen=True)
class Lost:
    """A task and the score of the model's answer to it; the task is None once it was archived or removed."""

    task: Task | None
    score: float
    other: float  # the other model's


def measured(project: Project) -> Measured | None:
    """By the newest evaluation with scores; None before there is one."""
    rows = Evaluation.objects.filter(project=project, state=Evaluation.State.DONE, scores__isnull=False)
    newest = rows.select_related("candidate", "champion").order_by("-pk").first()
    if newest is None:
        return None
    shares = {one.version.pk: one.share for one in resolution.everything(project)}
    ahead = shares.get(newest.candidate_id, 0) > shares.get(newest.champion_id, 0)
    side = "candidate" if ahead else "champion"
    return Measured(newest, getattr(newest, side), side)


def weak_slices(found: Measured) -> list[Weak]:
    """Slices of ten tasks or more, the one first from which most is to be gained."""
    rows = list(found.evaluation.scores.values_list(found.side, "slices"))
    if not rows:
        return []
    whole = sum(1 - score for score, _ in rows)
    sums: dict[str, list[float]] = {}
    for score, slices in rows:
        for name in slices:
            sums.setdefault(name, []).append(score)
    weak = [_weak(name, own, len(rows), whole) for name, own in sums.items() if LEAST_TASKS <= len(own) < len(rows)]
    return sorted(weak, key=lambda one: (-one.gain, -one.lost, one.slice))


def _weak(name: str, own: Sequence[float], tasks: int, whole: float) -> Weak:
    lost, rest = sum(1 - score for score in own), tasks - len(own)
    elsewhere = (whole - lost) / rest
    return Weak(
        slice=name,
        tasks=len(own),
        volume=len(own) / tasks,
        score=1 - lost / len(own),
        lost=lost / whole if whole else 0.0,
        gain=max(0.0, lost - elsewhere * len(own)) / tasks,
    )


def worst(found: Measured, name: str = "", *, skip: int = 0, most: int = 50) -> list[Lost]:
    """The tasks of a slice, or all, worst first."""
    rows = found.evaluation.scores.exclude(task__in=erased.tasks(found.evaluation.project))
    if name:
        rows = rows.filter(slices__contains=[name])
    page = list(rows.order_by(found.side, "pk")[skip : skip + most])
    tasks = Task.objects.select_related("batch").in_bulk([one.task for one in page])
    return [_lost(one, tasks.get(one.task), found.side) for one in page]


def lost_by_candidate(evaluation: Evaluation, most: int = 10) -> list[Lost]:
    """The tasks of an evaluation at which its candidate does worse than the model in place, by how much."""
    rows = evaluation.scores.exclude(task__in=erased.tasks(evaluation.project)).filter(candidate__lt=F("champion"))
    rows = rows.order_by(F("candidate") - F("champion"), "pk")
    page = list(rows[:most])
    tasks = Task.objects.select_related("batch").in_bulk([one.task for one in page])
    return [_lost(one, tasks.get(one.task), "candidate") for one in page]


def _lost(row: EvaluationScore, task: Task | None, side: str) -> Lost:
    own, other = (row.candidate, row.champion) if side == "candidate" else (row.champion, row.candidate)
    return Lost(task, own, other)
