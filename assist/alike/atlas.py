"""Where a project's tasks lie on a plane, and in which groups those are that nobody decided yet. Worked out when
somebody asks, of what is kept already: no model is asked. The only writer of TaskMap and TaskGroup.

A sample of stated size is laid and parted; every other undecided task goes to the group whose middle is nearest. A job
that was killed begins anew: it writes once, at its end. Only the newest map of a project is kept.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

import numpy as np
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext_noop
from procrastinate.contrib.django import app

from assist.alike import guessed, index, plane
from assist.alike.groups import parted
from assist.alike.vectors import Vectors
from assist.models import TaskGroup, TaskMap
from projects.models import Batch, Project, Task, Verdict
from taskers.errors import NotFound, StateConflict
from taskers.models import Person

JOB = "assist.jobs.draw_map"
POINTS = 1_000  # of a map
PARTED = 1_000  # undecided tasks that say what the groups are
MOST = 20_000  # undecided tasks that are put into groups
LEAST = 3  # tasks, fewer are no map
AT_ONCE = 2_048  # rows
LOOKED = 500  # tasks of a group at once
RUNNING, DONE, FAILED = TaskMap.State.RUNNING, TaskMap.State.DONE, TaskMap.State.FAILED
NOTHING = gettext_noop(
    "Too few tasks are read so far: they are a few minutes after they were loaded, where a model for them is here."
)


class Found(NamedTuple):
    """A group: keys of its tasks, those nearest to its middle first, and their vectors' places among those kept."""

    keys: np.ndarray
    places: np.ndarray


def begin(project: Project, *, by: Person) -> TaskMap:
    """Have a worker draw it anew. Raises StateConflict while one is being drawn."""
    try:
        with transaction.atomic():
            made = TaskMap.objects.create(project=project, begun_by=by)
            hand_over(made.pk, project.pk)
    except IntegrityError:
        raise StateConflict("A map of this project is being drawn already.") from None
    return made


def hand_over(key: int, project: int) -> None:
    """Have a worker see to it, one of a project at a time."""
    app.configure_task(JOB, queue="copilot", lock=f"map:{project}").defer(map_key=key)


def run(key: int) -> int:
    """Draw it; returns how many points it has. Asking twice does no harm."""
    drawn = TaskMap.objects.filter(pk=key, state=RUNNING).select_related("project").first()
    if drawn is None:
        return 0
    model, kept = _kept(drawn.project)
    if len(kept) < LEAST:
        _end(drawn, state=FAILED, reason=NOTHING)
        return 0
    places = _spread(len(kept), POINTS)
    keys, (laid, neighbours) = kept.keys()[places], plane.laid(kept.rows(places))
    undecided, cut = _undecided(drawn.project, kept)
    groups = [
        TaskGroup(
            map=drawn,
            number=number,
            tasks=[int(one) for one in found.keys],
            size=len(found.keys),
            suggested=guessed.of(drawn.project, model, kept.rows(found.places[: guessed.MOST])),
        )
        for number, found in enumerate(_grouped(kept, undecided), start=1)
    ]
    told = {
        "model": model,
        "method": TaskMap.Method.NEIGHBOURS if neighbours else TaskMap.Method.AXES,
        "tasks": len(kept),
        "points": [[int(one), round(float(x), 1), round(float(y), 1)] for one, (x, y) in zip(keys, laid, strict=True)],
        "undecided": len(undecided),
        "cut": cut,
    }
    _end(drawn, groups, state=DONE, **told)
    return len(keys)


def newest(project: Project) -> TaskMap | None:
    """The last one that was asked for, whatever came of it."""
    return TaskMap.objects.filter(project=project).select_related("begun_by").order_by("-pk").first()


def shown(project: Project) -> TaskMap | None:
    """The last one that is done: it stays until another is."""
    return TaskMap.objects.filter(project=project, state=DONE).order_by("-pk").first()


def group(project: Project, map_id: UUID, number: int) -> TaskGroup:
    """A group of the map that is shown. Raises NotFound."""
    rows = TaskGroup.objects.filter(map__project=project, map__public_id=map_id, map__state=DONE, number=number)
    found = rows.select_related("map").first()
    if found is None:
        raise NotFound("These groups were made anew: look at the newest.")
    return found


def still_undecided(keys: Iterable[int]) -> list[int]:
    """Those of these tasks that may still be judged, in the same order."""
    wanted = list(keys)
    there = set(_open(Task.objects.filter(pk__in=wanted)).values_list("pk", flat=True))
    return [one for one in wanted if one in there]


def first_undecided(keys: Sequence[int], most: int) -> list[int]:
    """The first so many of them; no more is looked at than that takes."""
    found: list[int] = []
    for at in range(0, len(keys), LOOKED):
        found += still_undecided(keys[at : at + LOOKED])
        if len(found) >= most:
            break
    return found[:most]


def open_keys() -> Iterable[tuple[int, int]]:
    """The maps that are being drawn, each with its project."""
    return TaskMap.objects.filter(state=RUNNING).values_list("pk", "project_id")


def give_up(key: int, reason: str) -> None:
    """End one that nobody brings to its end, and say why."""
    _end(TaskMap.objects.get(pk=key), state=FAILED, reason=reason)


def _kept(project: Project) -> tuple[str, Vectors]:
    """What most tasks of the project are laid by: their texts or their images."""
    models = [index.chosen(project, kind) for kind in (index.TEXTS, index.IMAGES)]
    both = [(model, index.vectors_of(project, model)) for model in models]
    return max(both, key=lambda one: len(one[1]))


def _spread(count: int, most: int) -> np.ndarray:
    """At most so many places of `count`, evenly spread, always the same."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(int)) if count else np.zeros(0, int)


def _open(rows: QuerySet[Task]) -> QuerySet[Task]:
    """Those of these that may still be judged; known answers are asked of people in a way of their own."""
    decided = Verdict.objects.current().filter(task=OuterRef("pk"))
    return rows.filter(withheld="", wanted__gt=0, batch__state=Batch.State.LIVE).exclude(Exists(decided))


def _undecided(project: Project, kept: Vectors) -> tuple[np.ndarray, bool]:
    """Places among those kept of the project's undecided tasks, the oldest first, and whether there are more."""
    keys = _open(Task.objects.filter(project=project)).order_by("pk").values_list("pk", flat=True)[: MOST + 1]
    found = np.fromiter(keys, np.int64)
    return np.flatnonzero(np.isin(kept.keys(), found[:MOST])), len(found) > MOST


def _grouped(kept: Vectors, places: np.ndarray) -> list[Found]:
    """These in groups, the largest first."""
    if not len(places):
        return []
    sample = kept.rows(places[_spread(len(places), PARTED)])
    numbers = np.array(parted(sample))
    middles = np.stack([sample[numbers == number].mean(0) for number in range(numbers.max() + 1)])
    middles /= np.maximum(np.linalg.norm(middles, axis=1, keepdims=True), 1e-9)
    parts = [kept.rows(places[at : at + AT_ONCE]) @ middles.T for at in range(0, len(places), AT_ONCE)]
    near = np.concatenate(parts)
    own = near.argmax(1)
    found = []
    for number in range(len(middles)):
        mine = np.flatnonzero(own == number)
        mine = mine[np.argsort(-near[mine, number], kind="stable")]
        if len(mine):
            found.append(Found(kept.keys()[places[mine]], places[mine]))
    return sorted(found, key=lambda one: -len(one.keys))


@transaction.atomic
def _end(drawn: TaskMap, groups: Sequence[TaskGroup] = (), **told: object) -> None:
    if not TaskMap.objects.filter(pk=drawn.pk, state=RUNNING).update(ended_at=Now(), **told):
        return
    TaskGroup.objects.bulk_create(groups)
    earlier = TaskMap.objects.filter(project=drawn.project_id, pk__lt=drawn.pk)
    (earlier if told["state"] == DONE else earlier.filter(state=FAILED)).delete()
