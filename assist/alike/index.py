"""Where a project's texts and images lie: kept in files, a project and a model each, a little more with each round.
What is alike is told by a model of where things lie that was deployed in the project, once it has come as far as the
one that comes along; until then, and where there is none, by that.

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
from assist.models import ModelVersion
from assist.registry import registry, resolution
from assist.suggestions import judged, precompute
from projects.models import Project, Task
from projects.reports.alike import Alike, Found
from taskers.errors import Problem

TEXTS, IMAGES = "all-minilm-l6@2", "efficientnet-lite0@1"
WIDTHS = {TEXTS: 384, IMAGES: 1280}
WIDTH = "width"  # the file that says it of another
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
        row = _fitting(_now(task, model)[None])[0]
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
    for kind in (TEXTS, IMAGES):  # behind those that more hangs on: it may be away
        if own := _own(project, kind):
            added += _of_kind(project, own, until, kind)
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


def _of_kind(project: Project, model: str, until: float, kind: str = "") -> int:
    kind = kind or model
    if kind == TEXTS and project.task_type in WITHOUT_TEXT:
        return 0
    kept, added = vectors_of(project, model), 0
    version = registry.model_version(model)
    after = kept.last()
    while time.monotonic() < until:
        rows = Task.objects.filter(project=project, pk__gt=after).select_related("asset").order_by("pk")
        tasks = list(rows.filter(asset__isnull=kind == TEXTS)[:HANDFUL])
        if not tasks:
            break
        found = zip(tasks, precompute.vectors_of(version, tasks), strict=True)
        told = [(task.pk, row) for task, row in found if row is not None]
        if told:
            fitting = _fitting(np.stack([row for _, row in told]))
            kept = _begun(project, model, fitting.shape[1])
            kept.add([key for key, _ in told], fitting)
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
        return chosen(task.project, TEXTS)
    model = chosen(task.project, IMAGES)
    if model == IMAGES and not registry.is_here(IMAGES, Path(settings.MODELS_DIR)):
        raise CannotTell(f"The model that compares images isn't here: `manage.py models fetch {IMAGES}`.")
    return model


def chosen(project: Project, kind: str) -> str:
    """The model that tells what is alike among a project's texts (TEXTS) or images (IMAGES)."""
    own = _own(project, kind)
    return own if own and len(vectors_of(project, own)) >= max(1, len(vectors_of(project, kind))) else kind


def vectors_of(project: Project, model: str) -> Vectors:
    """Those of the project by one model; none before a round kept any."""
    folder = Path(settings.DATA_DIR) / "alike" / str(project.public_id) / model
    if model in WIDTHS:
        return Vectors(folder, WIDTHS[model])
    try:
        return Vectors(folder, int((folder / WIDTH).read_text()))
    except FileNotFoundError:
        return Vectors(folder, 64)  # whatever it will be: nothing is there


def _own(project: Project, kind: str) -> str:
    """A model of where such things lie that answers in this project, that with the largest share; "" where none does
    beside the one that comes along."""
    answering = resolution.deployed(project, "classify" if kind == TEXTS else "embed-image")
    rows = [one for one in answering if not judged.gives_shares(one.version)]
    best: ModelVersion | None = max(rows, key=lambda one: one.share).version if rows else None
    return str(best) if best and str(best) not in WIDTHS else ""


def _begun(project: Project, model: str, width: int) -> Vectors:
    """Where those of a model are kept, however wide they are."""
    folder = Path(settings.DATA_DIR) / "alike" / str(project.public_id) / model
    if model not in WIDTHS and not (folder / WIDTH).exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / WIDTH).write_text(str(width))
    return vectors_of(project, model)


def _fitting(rows: np.ndarray) -> np.ndarray:
    """With zeros behind, which change no likeness, up to a width that can be kept."""
    return np.pad(rows, ((0, 0), (0, -rows.shape[1] % 64)))
