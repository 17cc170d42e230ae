"""Tasks that are nearly the same as an earlier one of their project: found once they are kept, told by a tag, and held
back where the project wants that. None is ever dropped.

Texts are compared by their vectors. Images are compared by a hash of how they look, which survives another size,
format or quality, and by their vectors where there are any: the hash alone takes two plain skies for one.
"""

import contextlib
import io
import time
from pathlib import Path

import numpy as np
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from PIL import Image

from assist.alike import index
from assist.alike.vectors import Vectors
from assist.models import NearlyTheSame
from assist.registry import registry
from projects import queue
from projects.models import Project, Task
from projects.reports.alike import NEARLY
from projects.workflow import tags
from taskers.errors import Problem
from taskers.models import Person

LOOKS = "looks@1"
SIDE = 8  # of the picture that the hash is made of; a bit for each of its places
FEW_BITS = 6  # of 64 in which two pictures of the same may differ
FEWER_BITS = 3  # where nothing else says that they are the same
LIKE = 0.9  # the vectors of two such pictures, at least
PLAIN = 2.0  # a picture whose brightness varies less has no looks to compare
HANDFUL = 64
ROUND_SECONDS = 20.0

Act = NearlyTheSame.Act


def chosen(project: Project) -> str:
    """What becomes of such tasks here."""
    return NearlyTheSame.objects.filter(project=project).values_list("act", flat=True).first() or Act.FLAG


def choose(project: Project, act: Act, *, by: Person) -> None:
    """From now on; what was told before stays."""
    NearlyTheSame.objects.update_or_create(project=project, defaults={"act": act, "chosen_by": by})


def go_on(seconds: float = ROUND_SECONDS) -> int:
    """Look through what was kept lately, of each live project in turn; returns how many tasks were told of."""
    until, told = time.monotonic() + seconds, 0
    projects = list(Project.objects.filter(state=Project.State.LIVE).order_by("-priority", "pk"))
    for place, project in enumerate(projects):
        now = time.monotonic()
        if now >= until:
            break
        told += look(project, now + (until - now) / (len(projects) - place))
    return told


def look(project: Project, until: float) -> int:
    """Look through what is kept since the last time, until then; returns how many are nearly the same as another."""
    act = chosen(project)
    if act == Act.NOTHING:
        return 0
    return _texts(project, act, until) + _images(project, act, until)


def _texts(project: Project, act: str, until: float) -> int:
    kept = index.vectors_of(project, index.TEXTS)
    done = _looked(project, index.TEXTS)
    told = 0
    while (start := len(done)) < len(kept) and time.monotonic() < until:
        keys = kept.keys()[start : start + HANDFUL]
        for key, row in zip(keys, kept.rows(np.arange(start, start + len(keys))), strict=True):
            twin = _earlier(kept, int(key), row, NEARLY)
            told += _tell(int(key), twin, act) if twin else 0
        done.add([int(key) for key in keys], np.zeros((len(keys), done.width), np.float32))
    return told


def _images(project: Project, act: str, until: float) -> int:
    """Each by its thumbnail, once its vector is kept where there is a model for that."""
    seen, kept = Vectors(_folder(project) / LOOKS, SIDE * SIDE), index.vectors_of(project, index.IMAGES)
    rows = Task.objects.filter(project=project, asset__isnull=False).select_related("asset").order_by("pk")
    if registry.is_here(index.IMAGES, Path(settings.MODELS_DIR)):
        rows = rows.filter(pk__lte=kept.last())
    told = 0
    while time.monotonic() < until:
        tasks = list(rows.filter(pk__gt=seen.last())[:HANDFUL])
        if not tasks:
            break
        hashes = [_hash_of(task) for task in tasks]
        for task, row in zip(tasks, hashes, strict=True):
            if row is None:
                continue
            twin = _same_look(task.pk, row, seen, kept)
            told += _tell(task.pk, twin, act) if twin else 0
            seen.add([task.pk], row[None])
        if hashes[-1] is None:  # the round goes on behind it all the same
            seen.add([tasks[-1].pk], np.zeros((1, SIDE * SIDE), np.float32))
    return told


def _same_look(key: int, row: np.ndarray, seen: Vectors, kept: Vectors) -> int | None:
    mine = kept.row(key)
    for other, cosine in seen.near(row, 5):
        bits = round((1 - cosine) * SIDE * SIDE / 2)
        theirs = kept.row(other) if mine is not None else None
        if mine is None or theirs is None:
            same = bits <= FEWER_BITS
        else:
            same = bits <= FEW_BITS and float(mine @ theirs) >= LIKE
        if same:
            return other
    return None


def looks(content: bytes) -> np.ndarray | None:
    """A picture's hash as a unit vector of 64 signs, whose cosine tells in how many two differ; None of one that is
    plain. Each sign says whether it gets brighter from one place to the next (a difference hash)."""
    with Image.open(io.BytesIO(content)) as picture:
        small = picture.convert("L").resize((SIDE + 1, SIDE), Image.Resampling.BOX)
    grey = np.asarray(small, np.float32)
    if grey.std() < PLAIN:
        return None
    return np.where(np.diff(grey, axis=1) > 0, 1.0, -1.0).astype(np.float32).ravel() / SIDE


def _hash_of(task: Task) -> np.ndarray | None:
    assert task.asset is not None
    name = task.asset.thumbnail.name or task.asset.file.name
    try:
        with default_storage.open(str(name)) as file:
            return looks(file.read())
    except (OSError, ValueError):
        return None  # away, or no picture any more: whoever opens the task hears of it


def _earlier(kept: Vectors, key: int, row: np.ndarray, least: float) -> int | None:
    return next((other for other, likeness in kept.near(row, 10) if other < key and likeness >= least), None)


def _tell(key: int, twin: int, act: str) -> int:
    """Tag a task, and hold it back where that is wanted; once, however often it is asked. Returns how many it told."""
    tasks = list(Task.objects.select_related("project", "batch").filter(pk__in=(key, twin)).order_by("pk"))
    if len(tasks) < 2:
        return 0  # one of them is gone
    first, second = tasks
    with contextlib.suppress(Problem), transaction.atomic():  # it is tagged already, or has too many
        tags.put(second, tags.NEARLY_THE_SAME, by=None)
    if act == Act.HOLD:
        with contextlib.suppress(Problem), transaction.atomic():  # decided, or withheld already
            note = f"Nearly the same as {first.external_id}."[:200]
            queue.withhold(second, Task.Withheld.MANAGER, note=note)
    return 1


def _looked(project: Project, model: str) -> Vectors:
    """How far texts were looked through: as many as it holds."""
    return Vectors(_folder(project) / f"looked-{model}", 64)


def _folder(project: Project) -> Path:
    return Path(settings.DATA_DIR) / "alike" / str(project.public_id)
