"""Imports that nobody is at any more, though they aren't over: a worker gave up while the database was away, or whoever
ran one by hand ended it. They are taken up again; what never gets on is ended, and told as failed."""

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


def is_stuck(file_import: Import, *, but: int = 0) -> bool:
    """Whether nobody loads a file any more that isn't loaded, nor will without being asked; `but` is the job that
    asks."""
    if file_import.state in OVER:
        return False
    waiting = _jobs(file_import.pk).filter(status__in=["todo", "doing"]).exclude(pk=but)
    return not waiting.exists() and not at_work.is_held(file_import.pk)


@transaction.atomic
def go_on(file_import: Import) -> None:
    """Have a worker load what is left of a file that failed, or that nobody is at. Raises StateConflict."""
    if not is_stuck(_locked(file_import.pk)):
        raise StateConflict("This file is loaded, or is being loaded.")
    _failed(file_import.pk).update(status="aborted")  # whoever asks has seen to it: they count for nothing any more
    _hand_over(file_import.pk)


@transaction.atomic
def drop(file_import: Import) -> None:
    """Load nothing of what waits for a choice, nor what is left of one that nobody is at. Raises StateConflict."""
    found = _locked(file_import.pk)
    if found.state != Import.State.PLANNED and not (found.state in UNDER_WAY and is_stuck(found)):
        raise StateConflict("This import is over, or is being loaded.")
    called_off(found)


def take_up() -> int:
    """Have workers load what nobody is at any more, unless it began long ago; returns how many files that were."""
    lately = Q(started_at__gt=Now() - OLD) | Q(run_at__gt=Now() - OLD)
    rows = Import.objects.filter(lately, state__in=UNDER_WAY, started_at__lt=Now() - NEW)
    return sum(_taken_up(one.pk) for one in rows.order_by("pk") if is_stuck(one))


@transaction.atomic
def _taken_up(import_key: int) -> bool:
    """Whether a worker is to load it; it is given up instead where that failed too often."""
    found = _locked(import_key)
    if found.state not in UNDER_WAY or not is_stuck(found):  # somebody pressed a button meanwhile
        return False
    if _failed(import_key).count() >= MOST_JOBS:
        end(found, Import.State.FAILED, GaveUp())
        return False
    _hand_over(import_key)
    return True


@transaction.atomic
def give_up(import_key: int, *, job: int | None) -> None:
    """End an import that never gets on, as failed, at the word of a job of its own; what was loaded before stays. One
    that is over, or that somebody else is at, is left alone."""
    found = _locked(import_key)
    if found.state in UNDER_WAY and is_stuck(found, but=job or 0):
        end(found, Import.State.FAILED, GaveUp())


def _locked(import_key: int) -> Import:
    """As it is now, and stays until the transaction's end."""
    rows = Import.objects.select_for_update(of=("self",)).select_related("batch__project", "started_by")
    return rows.get(pk=import_key)


def _hand_over(import_key: int) -> None:
    rows = Import.objects.filter(pk=import_key)
    rows.update(state=Import.State.WAITING, ended_at=None, **NO_REASON)
    app.configure_task(JOB, queue="imports").defer(import_key=import_key)


def _jobs(import_key: int) -> QuerySet[ProcrastinateJob]:
    return ProcrastinateJob.objects.filter(task_name=JOB, args__import_key=import_key)


def _failed(import_key: int) -> QuerySet[ProcrastinateJob]:
    """Those that gave up since somebody asked last."""
    return _jobs(import_key).filter(status="failed")
