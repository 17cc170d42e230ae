"""Imports that nobody is at any more, though they aren't over: a worker gave up while the database was away, or whoever
ran one by hand ended it. They are taken up again; what never gets on is ended, and told as failed."""

from contextlib import suppress
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from projects.data.importing import at_work
from projects.data.importing.choices import JOB
from projects.data.importing.receive import OVER, UNDER_WAY, called_off, end
from projects.errors import GaveUp
from projects.models import Import
from taskers.errors import NO_REASON, StateConflict

NEW = timedelta(minutes=1)  # before that, whoever began it may not have come to its first row
OLD = timedelta(days=1)  # what began before that is left to people: its batch may be live by now, and paid
MOST_STARTS = 20  # times that a job is begun: a file that ends every process that reads it is left alone at last
MOST_JOBS = 3  # that gave up, each after a quarter of an hour of tries


def is_stuck(file_import: Import) -> bool:
    """Whether nobody loads a file any more that isn't loaded, nor will without being asked."""
    if file_import.state in OVER:
        return False
    waiting = _jobs(file_import.pk).filter(status__in=["todo", "doing"])
    return not waiting.exists() and not at_work.is_held(file_import.pk)


@transaction.atomic
def go_on(file_import: Import) -> None:
    """Have a worker load what is left of a file that failed, or that nobody is at. Raises StateConflict."""
    rows = Import.objects.select_for_update().filter(pk=file_import.pk)
    if not is_stuck(rows.get()):
        raise StateConflict("This file is loaded, or is being loaded.")
    rows.update(state=Import.State.WAITING, ended_at=None, **NO_REASON)
    app.configure_task(JOB, queue="imports").defer(import_key=file_import.pk)


@transaction.atomic
def drop(file_import: Import) -> None:
    """Load nothing of what waits for a choice, nor what is left of one that nobody is at. Raises StateConflict."""
    one = Import.objects.select_for_update(of=("self",)).select_related("batch__project", "started_by")
    found = one.get(pk=file_import.pk)
    if found.state != Import.State.PLANNED and not (found.state in UNDER_WAY and is_stuck(found)):
        raise StateConflict("This import is over, or is being loaded.")
    called_off(found)


def take_up() -> int:
    """Have workers load what nobody is at any more, unless it began long ago; returns how many files that were."""
    taken = 0
    lately = Q(started_at__gt=Now() - OLD) | Q(run_at__gt=Now() - OLD)
    rows = Import.objects.filter(lately, state__in=UNDER_WAY, started_at__lt=Now() - NEW)
    for one in rows.select_related("batch__project", "started_by").order_by("pk"):
        if not is_stuck(one):
            continue
        if _jobs(one.pk).filter(status="failed").count() >= MOST_JOBS:
            give_up(one.pk)
            continue
        with suppress(StateConflict):  # somebody pressed the button meanwhile
            go_on(one)
            taken += 1
    return taken


def give_up(import_key: int) -> None:
    """End an import that never gets on, as failed; what was loaded before stays. One that is over is left alone."""
    rows = Import.objects.select_related("batch__project", "started_by").filter(pk=import_key, state__in=UNDER_WAY)
    for one in rows:
        end(one, Import.State.FAILED, GaveUp())


def _jobs(import_key: int) -> QuerySet[ProcrastinateJob]:
    return ProcrastinateJob.objects.filter(task_name=JOB, args__import_key=import_key)
