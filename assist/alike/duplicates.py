"""Tasks that are nearly the same as an earlier one of their project: found once they are kept, told by a tag, and held
back where the project wants that. None is ever dropped.

Texts are compared by their vectors. Images are compared by a hash of how they look, which survives another size,
format or quality, and by their vectors where there are any: the hash alone takes two plain skies for one.
"""

import contextlib
import io
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Max
from PIL import Image

from assist.alike import index
from assist.alike.vectors import Vectors
from assist.models import NearlyTheSame
from assist.registry import registry
from projects import queue
from projects.models import Batch, Project, Task
from projects.reports.alike import NEARLY
from projects.workflow import tags
from taskers.errors import Problem
from taskers.models import Person

LOOKS = "looks@1"
FORMATS = ("JPEG", "PNG", "WEBP")  # what is stored is one of these; no other decoder is tried
SIDE = 8  # of the picture that the hash is made of; a bit for each of its places
FEW_BITS = 6  # of 64 in which two pictures of the same may differ
FEWER_BITS = 3  # where nothing else says that they are the same
LIKE = 0.9  # the vectors of two such pictures, at least
PLAIN = 2.0  # a picture whose brightness varies less has no looks to compare
HANDFUL = 64
ROUND_SECONDS = 20.0
NEAREST = 50  # of those before a task, of which one may still be worked on
GONE = (Task.Withheld.BROKEN, Task.Withheld.CANCELLED, Task.Withheld.MANAGER)

Act = NearlyTheSame.Act
GENTLEST = (Act.NOTHING, Act.FLAG, Act.HOLD)


def chosen(project: Project) -> str:
    """What becomes of such tasks here."""
    return _choice(project).act


@transaction.atomic
def choose(project: Project, act: Act, *, by: Person) -> None:
    """For what is loaded from now on. What was told before stays, and what isn't looked through yet is treated as it
    would have been, or as gently as before that."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    was = _choice(project)
    newest = Task.objects.filter(project=project).aggregate(newest=Max("pk"))["newest"] or 0
    terms = {"act": act, "before": min(was.act, was.before, key=GENTLEST.index), "after": newest, "chosen_by": by}
    NearlyTheSame.objects.update_or_create(project=project, defaults=terms)


def _choice(project: Project) -> NearlyTheSame:
    return NearlyTheSame.objects.filter(project=project).first() or NearlyTheSame(project=project)


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
    """Look through what is kept since the last time, until then; returns how many are nearly the same as another.

    Where nothing is to be told it goes on all the same, so that a later choice finds nothing of now left to do.
    """
    choice = _choice(project)
    return _texts(choice, until) + _images(choice, until)


def _texts(choice: NearlyTheSame, until: float) -> int:
    kept = index.vectors_of(choice.project, index.TEXTS)
    done = _looked(choice.project, index.TEXTS)
    told = 0
    while (start := len(done)) < len(kept) and time.monotonic() < until:
        keys = [int(key) for key in kept.keys()[start : start + HANDFUL]]
        rows = kept.rows(np.arange(start, start + len(keys)))
        for place, (key, row) in enumerate(zip(keys, rows, strict=True), start=start):
            if _act_on(choice, key) != Act.NOTHING:
                near = [other for other, likeness in kept.near(row, NEAREST, place) if likeness >= NEARLY]
                told += _tell(key, near, _act_on(choice, key))
        done.add(keys, np.zeros((len(keys), done.width), np.float32))
    return told


def _images(choice: NearlyTheSame, until: float) -> int:
    """Each by its thumbnail, once its vector is kept where there is a model for that."""
    project = choice.project
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
            if _act_on(choice, task.pk) != Act.NOTHING:
                told += _tell(task.pk, _same_looks(task.pk, row, seen, kept), _act_on(choice, task.pk))
            seen.add([task.pk], row[None])
        if hashes[-1] is None:  # the round goes on behind it all the same
            seen.add([tasks[-1].pk], np.zeros((1, SIDE * SIDE), np.float32))
    return told


def _act_on(choice: NearlyTheSame, key: int) -> str:
    return choice.act if key > choice.after else choice.before


def _same_looks(key: int, row: np.ndarray, seen: Vectors, kept: Vectors) -> list[int]:
    """Those of the images seen so far that are the same, the likest first."""
    mine = kept.row(key)
    found = []
    for other, cosine in seen.near(row, NEAREST):
        bits = round((1 - cosine) * SIDE * SIDE / 2)
        if bits > FEW_BITS:
            break
        theirs = kept.row(other) if mine is not None else None
        if bits <= FEWER_BITS if mine is None or theirs is None else float(mine @ theirs) >= LIKE:
            found.append(other)
    return found


def looks(content: bytes) -> np.ndarray | None:
    """A picture's hash as a unit vector of 64 signs, whose cosine tells in how many two differ; None of one that is
    plain. Each sign says whether it gets brighter from one place to the next (a difference hash)."""
    with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
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


def _tell(key: int, near: Sequence[int], act: str) -> int:
    """Tag a task that is nearly the same as one of these, and hold it back where that is wanted; once, however often it
    is asked. One that is cancelled, broken or held back is no reason to. Returns how many it told."""
    there = Task.objects.filter(pk__in=near).exclude(withheld__in=GONE).exclude(batch__state=Batch.State.CANCELLED)
    names = dict(there.values_list("pk", "external_id")) if near else {}
    twin = next((names[other] for other in near if other in names), None)
    task = Task.objects.select_related("project", "batch").filter(pk=key).first() if twin is not None else None
    if task is None:
        return 0
    with contextlib.suppress(Problem), transaction.atomic():  # it is tagged already, or has too many
        tags.put(task, tags.NEARLY_THE_SAME, by=None)
    if act == Act.HOLD:
        with contextlib.suppress(Problem), transaction.atomic():  # decided, or withheld already
            queue.withhold(task, Task.Withheld.MANAGER, note=f"Nearly the same as {twin}."[:200])
    return 1


def _looked(project: Project, model: str) -> Vectors:
    """How far texts were looked through: as many as it holds."""
    return Vectors(_folder(project) / f"looked-{model}", 64)


def _folder(project: Project) -> Path:
    return Path(settings.DATA_DIR) / "alike" / str(project.public_id)
