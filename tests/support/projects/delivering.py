"""Deliveries that are ordered and made at once, and what is in them."""

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job

from projects import jobs
from projects.data import deliveries
from projects.data.deliveries import making
from projects.models import Delivery, Project, Task
from taskers.models import Person
from tests.support import make
from tests.support.cast import Cast
from tests.support.projects.judging import said


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    """Where files lie, and where the operator lets deliveries be written."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.DELIVERY_FOLDERS = [str(tmp_path)]
    return tmp_path


@pytest.fixture
def project(cast: Cast) -> Project:
    """One with something decided."""
    project = make.project(cast.riverside, wanted=1)
    decided(cast, project)
    return project


def delivered(project: Project, by: Person | None = None, *, format: str = "jsonl", **more: Any) -> Delivery:
    """One that was ordered on these terms and that a worker has been at."""
    own = {name: more.pop(name) for name in ("target", "place", "note") if name in more}
    return deliveries.run(deliveries.order(project, by=by, format=format, said=more, **own).pk)


def content(one: Delivery) -> bytes:
    return default_storage.open(one.file).read()


def lines(one: Delivery) -> list[dict]:
    """Of a delivery of JSON Lines."""
    return [json.loads(line) for line in content(one).splitlines()]


def names_in(one: Delivery) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(content(one))) as archive:
        return archive.namelist()


def manifest_of(one: Delivery) -> dict:
    return json.loads(default_storage.open(one.manifest).read())


def differences_of(one: Delivery) -> list[tuple[str, str]]:
    rows = csv.DictReader(io.StringIO(default_storage.open(one.differences).read().decode()))
    return [(row["change"], row["external_id"]) for row in rows]


def stored(one: Delivery) -> list[str]:
    """Every file that lies in the storage for it."""
    return sorted(default_storage.listdir(f"deliveries/{one.project.organization.public_id}/{one.public_id}")[1])


def decided(cast, project: Project, number: int = 3, name: str = "First", answer: dict = make.MARIA) -> list[Task]:
    """Tasks of a batch of this name, decided at once where one judgement is wanted."""
    batch = project.batches.filter(name=name).first() or make.batch(project, name)
    tasks = make.tasks(batch, number)
    for task in tasks:
        said(cast.alice, task, answer)
    return tasks


def run_job(ordered: Delivery) -> None:
    """Its newest job, as a worker runs it."""
    row = ProcrastinateJob.objects.filter(args__delivery_key=ordered.pk).latest("pk")
    names = {"id": row.pk, "queue": making.QUEUE, "task_name": making.JOB, "attempts": row.attempts}
    context = JobContext(
        app=app, job=Job(lock=None, queueing_lock=None, **names), start_timestamp=0, abort_reason=lambda: None
    )
    jobs.make_delivery.func(context, delivery_key=ordered.pk)
