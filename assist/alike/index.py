"""Where a project's texts and images lie: kept in files, a project and a model each, a little more with each round.
What is alike is told by a model of where things lie that was deployed in the project, once it has come as far as the
one that comes along; until then, and where there is none, by that.

A round goes from the key of the last task that is kept to the newest, in handfuls, behind what people ask; what was
cut off goes on there. What another host was asked is kept question by question; one that is refused is stepped past,
and a host that is away is left in peace, each time for twice as long. Files are of one project, so that nothing of
another can be found.
"""

import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from django.conf import settings

from assist.adapters.budget import written
from assist.adapters.kinds import KINDS
from assist.adapters.outside_embedder import BATCH
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
AWAY = "away"  # the file that says until when a model isn't asked, and how long that pause is
PAUSE_SECONDS, LONGEST_PAUSE = 240, 3_600
REFUSED = {"no-answer", "backend-refused", "failed"}  # this task; the next may do better
MOST_REFUSED = 32  # in a row: then it isn't the tasks
FREE_TO_ASK = {"copilot-down", "busy"}  # the next round may
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
        added += index(project, now + (until - now) / (len(projects) - place))
    return added


def index(project: Project, until: float) -> int:
    """The same for one project, until then. A model that is away takes nothing from the others."""
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
    if (kind == TEXTS and project.task_type in WITHOUT_TEXT) or _rests(project, model):
        return 0
    kept, added = vectors_of(project, model), 0
    version = registry.model_version(model)
    after, refused = kept.last(), 0
    while time.monotonic() < until:
        rows = Task.objects.filter(project=project, pk__gt=after).select_related("asset").order_by("pk")
        tasks = list(rows.filter(asset__isnull=kind == TEXTS)[: _at_once(version)])
        if not tasks:
            break
        try:
            found = _told(version, tasks)
        except CopilotError as problem:
            refused += problem.code not in FREE_TO_ASK
            break
        refused = 0 if found else refused + len(tasks)
        if refused >= MOST_REFUSED:
            break
        told = [(key, row) for key, row in found.items() if row is not None]
        if told:
            fitting = _fitting(np.stack([row for _, row in told]))
            kept = _begun(project, model, fitting.shape[1])
            kept.add([key for key, _ in told], fitting)
        after, added = tasks[-1].pk, added + len(told)
    if model not in WIDTHS:
        _rest(project, model, refused > 0)
    return added


def _told(version: ModelVersion, tasks: Sequence[Task]) -> dict[int, np.ndarray | None]:
    """Where these lie, by their keys, without those that are refused: these take nothing from the others. Raises
    CopilotError where the next would fare no better."""
    try:
        rows = precompute.vectors_of(version, tasks, keep=_outside(version))
        return {task.pk: row for task, row in zip(tasks, rows, strict=True)}
    except CopilotError as problem:
        if problem.code not in REFUSED:
            raise
    found: dict[int, np.ndarray | None] = {}
    for task in tasks if len(tasks) > 1 else ():
        found |= _told(version, [task])
    return found


def _outside(version: ModelVersion) -> bool:
    """Whether another host is asked."""
    kind = KINDS.get(version.terms.get("adapter", ""))
    return kind is not None and kind.outside


def _at_once(version: ModelVersion) -> int:
    """Tasks: of a model behind another host as many as one question holds, so that what was paid is kept."""
    if not _outside(version):
        return HANDFUL
    if version.capability == ModelVersion.Capability.EMBED_IMAGE:
        return 1
    return min(HANDFUL, version.terms.get("options", {}).get("batch", BATCH))


def _rests(project: Project, model: str) -> float:
    """For how many seconds this model isn't asked yet."""
    return max(0.0, _pause(project, model)[0] - time.time())


def _rest(project: Project, model: str, needed: bool) -> None:
    """Leave it in peace for twice as long as the last time; or ask it as usual from now on."""
    folder = _folder(project, model)
    if not needed:
        (folder / AWAY).unlink(missing_ok=True)
        return
    seconds = min(LONGEST_PAUSE, 2 * _pause(project, model)[1] or PAUSE_SECONDS)
    folder.mkdir(parents=True, exist_ok=True)
    written(folder / AWAY, [time.time() + seconds, seconds])


def _pause(project: Project, model: str) -> tuple[float, float]:
    try:
        until, seconds = json.loads((_folder(project, model) / AWAY).read_text())
        return float(until), float(seconds)
    except (FileNotFoundError, ValueError, TypeError):
        return 0.0, 0.0


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
    if not own:
        return kind
    theirs, ours = vectors_of(project, own), vectors_of(project, kind)
    come_as_far = len(theirs) >= len(ours) or theirs.last() >= ours.last()  # some may have been refused
    return own if len(theirs) and come_as_far else kind


def vectors_of(project: Project, model: str) -> Vectors:
    """Those of the project by one model; none before a round kept any."""
    folder = _folder(project, model)
    # Whatever its width will be where there is none: nothing is there.
    return Vectors(folder, WIDTHS.get(model) or _width(folder) or 64)


def _folder(project: Project, model: str) -> Path:
    return Path(settings.DATA_DIR) / "alike" / str(project.public_id) / model


def _width(folder: Path) -> int | None:
    try:
        width = int((folder / WIDTH).read_text())
    except (FileNotFoundError, ValueError):
        return None
    return width if width > 0 and width % 64 == 0 else None


def _own(project: Project, kind: str) -> str:
    """A model of where such things lie that answers in this project, that with the largest share; "" where none does
    beside the one that comes along, or the copilot is off: nothing is sent anywhere then."""
    answering = resolution.deployed(project, "classify" if kind == TEXTS else "embed-image")
    rows = [one for one in answering if not judged.gives_shares(one.version)]
    best: ModelVersion | None = max(rows, key=lambda one: one.share).version if rows else None
    known = best is None or str(best) in WIDTHS
    return "" if known or not project.settings_now().copilot else str(best)


def _begun(project: Project, model: str, width: int) -> Vectors:
    """Where those of a model are kept, however wide they are."""
    folder = _folder(project, model)
    if model not in WIDTHS and _width(folder) is None:
        folder.mkdir(parents=True, exist_ok=True)
        written(folder / WIDTH, width)
    return vectors_of(project, model)


def _fitting(rows: np.ndarray) -> np.ndarray:
    """With zeros behind, which change no likeness, up to a width that can be kept."""
    return np.pad(rows, ((0, 0), (0, -rows.shape[1] % 64)))
