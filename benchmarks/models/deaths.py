"""A model goes through a batch of images while its worker is killed outright, again and again, at moments by chance."""

import hashlib
import io
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

import numpy as np
from asgiref.sync import async_to_sync
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import Count
from django.utils import timezone
from PIL import Image
from procrastinate.contrib.django import app

from assist.models import Precompute, Precomputed
from assist.registry import registry
from assist.suggestions import precompute
from config import worker_connector
from projects.models import Asset, Batch, Task
from taskers.models import Person

MODEL = "fake-boxes@1"
SILENT = 3.0  # seconds after which a worker counts as dead; half a minute in life
PIECE = 1_000
SIDE = 8  # pixels


@dataclass(frozen=True)
class Outcome:
    """What came of it. `images`: how many different ones; `asked`: how often the model was asked."""

    tasks: int
    images: int
    said: int
    missing: int
    double: int
    wrong: int  # that have another image's answer
    kills: int
    seconds: float

    @property
    def kept(self) -> bool:
        return (self.missing, self.double, self.wrong, self.said) == (0, 0, 0, self.tasks)


def fill(batch: Batch, tasks: int, *, images: int) -> None:
    """So many tasks that show so many images by turns, each of another grey, written straight into the tables."""
    made: list[Asset] = []
    for number in range(images):
        file = io.BytesIO()
        pixels = np.full((SIDE, SIDE, 3), number % 251, np.uint8)
        pixels[0, 0] = [number >> 16 & 255, number >> 8 & 255, number & 255]
        Image.fromarray(pixels).save(file, "PNG")
        sha256 = hashlib.sha256(file.getvalue()).hexdigest()
        name = default_storage.save(f"assets/{sha256[:2]}/{sha256}.png", ContentFile(file.getvalue()))
        size = {"width": SIDE, "height": SIDE, "size": len(file.getvalue())}
        owner = batch.project.organization
        made.append(Asset(organization=owner, sha256=sha256, media_type="image/png", file=name, **size))
    rows = Asset.objects.bulk_create(made, batch_size=PIECE)
    Task.objects.bulk_create((_task(batch, rows[n % images], n) for n in range(tasks)), batch_size=PIECE)


def _task(batch: Batch, asset: Asset, number: int) -> Task:
    payload = {"asset": asset.sha256, "width": SIDE, "height": SIDE, "name": f"{number}.png"}
    named = {"external_id": f"{number}.png", "payload_hash": hashlib.sha256(str(number).encode()).hexdigest()}
    return Task(project=batch.project, batch=batch, asset=asset, payload=payload, wanted=1, public_id=uuid4(), **named)


def storm(
    batch: Batch, *, by: Person, kills: int, environment: Mapping[str, str], dice: random.Random, patience: float
) -> Outcome:
    """Have a fake model go through a batch, while its worker is killed so often."""
    row = precompute.start(batch, by=by, version=registry.model_version(MODEL))
    began, killed, worker = time.monotonic(), 0, _worker(environment)
    try:
        while time.monotonic() - began < patience:
            row.refresh_from_db()
            if row.state != Precompute.State.RUNNING:
                break
            total = Task.objects.filter(batch=batch).count()
            if killed < kills and row.done >= total * killed / (kills + 1):
                time.sleep(dice.uniform(0.0, 0.5))  # the moment of death is the point here
                worker.send_signal(signal.SIGKILL)
                worker.wait()
                killed += 1
                worker = _worker(environment)
            resume()
            time.sleep(0.2)
    finally:
        worker.kill()
        worker.wait()
    return outcome(batch, killed, time.monotonic() - began)


def resume() -> int:
    """What `resume_stalled` does every two minutes, with less patience; returns how many jobs."""

    async def again() -> int:
        async with app.with_connector(worker_connector.connector()).open_async() as mine:
            stalled = list(await mine.job_manager.get_stalled_jobs(seconds_since_heartbeat=SILENT))
            for job in stalled:
                await mine.job_manager.retry_job_by_id_async(job_id=job.id or 0, retry_at=timezone.now())
            return len(stalled)

    return async_to_sync(again)()


def outcome(batch: Batch, kills: int, seconds: float) -> Outcome:
    """By what lies in the table when all is over."""
    shown = dict(Task.objects.filter(batch=batch).values_list("pk", "asset__sha256"))
    rows = Precomputed.objects.filter(task_key__in=Task.objects.filter(batch=batch).values("pk"))
    said: dict[str, set[str]] = {}
    for key, output in rows.values_list("task_key", "output").iterator():
        said.setdefault(shown[key], set()).add(str(output))
    twice = rows.values("task_key").annotate(times=Count("pk")).filter(times__gt=1)
    found = rows.values("task_key").distinct().count()
    differing = sum(len(answers) > 1 for answers in said.values())
    return Outcome(
        tasks=len(shown),
        images=len(set(shown.values())),
        said=rows.count(),
        missing=len(shown) - found,
        double=twice.count(),
        wrong=differing,
        kills=kills,
        seconds=seconds,
    )


def _worker(environment: Mapping[str, str]) -> subprocess.Popen:
    command = [sys.executable, "-m", "benchmarks.models.worker", str(SILENT)]
    return subprocess.Popen(command, env=dict(environment), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
