"""A project's map as it is drawn: what each point is, by what is decided today and by the newest evaluation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from assist.learning import improve
from assist.models import TaskMap
from projects.models import Project, Task, VerdictEntry

UNDECIDED, NONE, SEVERAL, REST = "-undecided", "-none", "-several", "-rest"
NAMES: Mapping[str, str | Promise] = {
    UNDECIDED: _("Undecided"),
    NONE: _("Decided, without a label"),
    SEVERAL: _("Several labels"),
    REST: _("Another label"),
}
SHAPES = 8  # that labels have in turn; what has no label has one of its own
MOST_LABELS = 24  # in the legend, those with most points
RIGHT = 0.5  # score from which a model's answer counts as agreeing with the verdict


class Kind(NamedTuple):
    """A line of the legend."""

    key: str
    name: str | Promise
    colour: str  # "" for what has no label
    shape: str  # the name of a drawing
    points: int
    chosen: bool


@dataclass(frozen=True)
class Point:
    """A task on the map."""

    task: UUID
    name: str
    x: float
    y: float
    kind: Kind
    disagrees: bool


@dataclass(frozen=True)
class Drawn:
    """The points that are chosen, and the whole legend. `measured`: the model that points disagree with, if any was."""

    points: Sequence[Point]
    legend: Sequence[Kind]
    measured: str
    disagreeing: int
    gone: int  # tasks that were archived or removed since it was drawn


def of(project: Project, drawn: TaskMap, chosen: frozenset[str], *, only_disagreeing: bool) -> Drawn:
    """Those of these kinds, all where none is named."""
    keys = [int(key) for key, _x, _y in drawn.points]
    rows = Task.objects.filter(project=project, pk__in=keys).values_list("pk", "public_id", "external_id")
    tasks = {key: (public_id, name) for key, public_id, name in rows}
    kinds = _kinds(project, [key for key in keys if key in tasks], chosen)
    measured, worse = _disagreeing(project, keys)
    points = [Point(*tasks[key], x, y, kinds[key], key in worse) for key, x, y in drawn.points if key in tasks]
    shown = [one for one in points if one.kind.chosen and (one.disagrees or not only_disagreeing)]
    legend = sorted(set(kinds.values()), key=lambda one: (one.key.startswith("-"), -one.points, one.key))
    # What isn't decided lies beneath what is.
    shown.sort(key=lambda one: one.kind.key == UNDECIDED, reverse=True)
    return Drawn(shown, legend, measured, sum(one.disagrees for one in points), len(keys) - len(tasks))


def _kinds(project: Project, keys: Sequence[int], chosen: frozenset[str]) -> dict[int, Kind]:
    """What each task is, by its verdict of today."""
    said: dict[int, set[str]] = {}
    for task, label in VerdictEntry.objects.filter(project=project, task__in=keys).values_list("task_id", "label"):
        said.setdefault(task, set()).update({label} - {""})
    found = {key: _kind_of(said.get(key)) for key in keys}
    counts: dict[str, int] = {}
    for one in found.values():
        counts[one] = counts.get(one, 0) + 1
    common = {key for key in sorted(counts, key=lambda one: (-counts[one], one)) if not key.startswith("-")}
    labels = {label.key: label for label in project.labels.all() if label.key in common}
    most = sorted(labels, key=lambda one: (-counts[one], one))[:MOST_LABELS]
    rest = common - set(most)
    named = {REST if one in rest else one for one in counts}
    total = {one: counts.get(one, 0) for one in named} | ({REST: sum(counts[one] for one in rest)} if rest else {})
    made = {
        one: Kind(
            one,
            labels[one].name if one in labels else NAMES[one],
            labels[one].colour if one in labels else "",
            f"shape-{most.index(one) % SHAPES}" if one in labels else f"shape{one}",
            total[one],
            not chosen or one in chosen,
        )
        for one in named
    }
    return {key: made[REST if one in rest else one] for key, one in found.items()}


def _kind_of(labels: set[str] | None) -> str:
    if labels is None:
        return UNDECIDED
    return NONE if not labels else SEVERAL if len(labels) > 1 else next(iter(labels))


def _disagreeing(project: Project, keys: Sequence[int]) -> tuple[str, set[int]]:
    """The model of the newest evaluation, and those of these tasks at which it didn't say what was decided."""
    found = improve.measured(project)
    if found is None:
        return "", set()
    scores = found.evaluation.scores.filter(task__in=keys, **{f"{found.side}__lt": RIGHT})
    return str(found.version), set(scores.values_list("task", flat=True))
