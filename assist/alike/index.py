"""Where a project's texts and images lie: kept in files, a project and a model each, a little more with each round.

A round goes from the key of the last task that is kept to the newest, in handfuls, behind what people ask; what was
cut off goes on there. Files are of one project, so that nothing of another can be found.
"""

import contextlib
import shutil
import time
from pathlib import Path

import numpy as np
from django.conf import settings

from assist.alike.vectors import Vectors
from assist.errors import CopilotError
from assist.registry import registry
from assist.suggestions import precompute
from projects.models import Project, Task
from projects.reports.alike import Alike, Found
from taskers.errors import Problem

TEXTS, IMAGES = "all-minilm-l6@2", "efficientnet-lite0@1"
WIDTHS = {TEXTS: 384, IMAGES: 1280}
WITHOUT_TEXT = ("image_regions", "preference")  # task types of which no task has a text of its own
HANDFUL = 64
ROUND_SECONDS = 45.0
SOON = 3.0  # seconds that somebody waits for one task that isn't kept yet


class CannotTell(Problem):
    """What is like this task can't be said."""

    code = "cannot-tell"
    status = 409


def near(task: Task, most: int) -> Found:
    """The tasks of the project that are most like this one. Raises CannotTell."""
    model = _model_of(task)
    kept = vectors_of(task.project, model)
    row = kept.row(task.pk)
    if row is None:
        row = _now(task, model)
    likeness = dict(kept.near(row, most + 1))
    tasks = Task.objects.filter(project=task.project, pk__in=likeness).exclude(pk=task.pk)
    found = [Alike(one, likeness[one.pk]) for one in tasks.select_related("batch", "asset")]
    found.sort(key=lambda one: (-one.likeness, one.task.pk))
    return Found(found[:most], len(kept), model)


def go_on(seconds: float = ROUND_SECONDS) -> int:
    """Keep where tasks lie that aren't kept yet, of each live project in turn; returns how many were added. Each has at
    least its part of the time that is left, so that none waits for another to be done."""
    until, added = time.monotonic() + seconds, 0
    projects = list(Project.objects.filter(state=Project.State.LIVE).order_by("-priority", "pk"))
    for place, project in enumerate(projects):
        now = time.monotonic()
        if now >= until:
            break
        with contextlib.suppress(CopilotError):  # its model is away, or busy: the next round goes on
            added += index(project, now + (until - now) / (len(projects) - place))
    return added


def index(project: Project, until: float) -> int:
    """The same for one project, until then. Raises CopilotError."""
    added = 0
    for model in (TEXTS, IMAGES):
        if model == TEXTS or registry.is_here(model, Path(settings.MODELS_DIR)):
            added += _of_kind(project, model, until)
    return added


def forget() -> int:
    """Take the files of projects away that aren't there any more; returns of how many."""
    root = Path(settings.DATA_DIR) / "alike"
    if not root.is_dir():
        return 0
    there = {str(key) for key in Project.objects.values_list("public_id", flat=True)}
    gone = [one for one in root.iterdir() if one.name not in there]
    for one in gone:
        shutil.rmtree(one, ignore_errors=True)
    return len(gone)


def _of_kind(project: Project, model: str, until: float) -> int:
    if model == TEXTS and project.task_type in WITHOUT_TEXT:
        return 0
    kept, added = vectors_of(project, model), 0
    version = registry.model_version(model)
    after = kept.last()
    while time.monotonic() < until:
        rows = Task.objects.filter(project=project, pk__gt=after).select_related("asset").order_by("pk")
        tasks = list(rows.filter(asset__isnull=model == TEXTS)[:HANDFUL])
        if not tasks:
            break
        found = zip(tasks, precompute.vectors_of(version, tasks), strict=True)
        told = [(task.pk, row) for task, row in found if row is not None]
        if told:
            kept.add([key for key, _ in told], np.stack([row for _, row in told]))
        after, added = tasks[-1].pk, added + len(told)
    return added


def _now(task: Task, model: str) -> np.ndarray:
    try:
        (row,) = precompute.vectors_of(registry.model_version(model), [task], SOON)
    except (CopilotError, TimeoutError) as problem:
        raise CannotTell(getattr(problem, "text", "") or "The model took too long over this task.") from None
    if row is None:
        raise CannotTell("The model can make nothing of this task.")
    return row


def _model_of(task: Task) -> str:
    if task.asset_id is None:
        if not str(task.payload.get("text", "")).strip():
            raise CannotTell("This task has neither a text nor an image of its own.")
        return TEXTS
    if not registry.is_here(IMAGES, Path(settings.MODELS_DIR)):
        raise CannotTell(f"The model that compares images isn't here: `manage.py models fetch {IMAGES}`.")
    return IMAGES


def vectors_of(project: Project, model: str) -> Vectors:
    """Those of the project by one model, TEXTS or IMAGES; none before a round kept any."""
    return Vectors(Path(settings.DATA_DIR) / "alike" / str(project.public_id) / model, WIDTHS[model])
