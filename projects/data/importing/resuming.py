"""Imports that nobody is at any more, though they aren't over: a worker gave up while the database was away, or whoever
ran one by hand ended it. They are taken up again; what never gets on is ended, and told as failed."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from projects.data import abandoned
from projects.data.importing import at_work
from projects.data.importing.choices import JOB
from projects.data.importing.receive import IN_QUARANTINE, OVER, UNDER_WAY, called_off, end
from projects.models import Import
from taskers.errors import StateConflict
from taskers.models import Person

NEW = timedelta(minutes=1)  # before that, whoever began it may not have come to its first row
IMPORTS = abandoned.Kind[Import](
    job=JOB,
    argument="import_key",
    queue="imports",
    rows=lambda: Import.objects.select_related("batch__project", "started_by"),
    under_way=UNDER_WAY,
    over=OVER,
    anew={"state": Import.State.WAITING},
    end=lambda one, problem: end(one, Import.State.FAILED, problem),
    is_held=at_work.is_held,
)


def is_stuck(file_import: Import) -> bool:
    """Whether nobody loads a file any more that isn't loaded, nor will without being asked."""
    return IMPORTS.is_stuck(file_import)


def go_on(file_import: Import) -> None:
    """Have a worker load what is left of a file that failed, or that nobody is at. Raises StateConflict, also where the
    file is in quarantine."""
    if Import.objects.get(pk=file_import.pk).in_quarantine:
        raise StateConflict(IN_QUARANTINE, code="quarantined")
    if not IMPORTS.go_on(file_import.pk):
        raise StateConflict("This file is loaded, or is being loaded.")


@transaction.atomic
def drop(file_import: Import, *, by: Person | None) -> None:
    """Load no more of an import, whatever it is at: whoever loads it finds that out with its next rows, which stay out,
    and its jobs that wait are cancelled. Raises StateConflict where it is over."""
    current = IMPORTS.locked(file_import.pk)
    if current.state in (Import.State.DONE, Import.State.DROPPED):
        raise StateConflict("This import is over.")
    called_off(current, by=by)
    IMPORTS.cancel_waiting(current.pk)


def take_up() -> int:
    """Have workers load what nobody is at any more, unless it began long ago; returns how many files that were."""
    lately = Q(started_at__gt=Now() - abandoned.OLD) | Q(run_at__gt=Now() - abandoned.OLD)
    return IMPORTS.take_up(Import.objects.filter(lately, state__in=UNDER_WAY, started_at__lt=Now() - NEW))


def give_up(import_key: int, *, job: int | None) -> None:
    """End an import that never gets on, as failed, at the word of a job of its own; what was loaded before stays."""
    IMPORTS.give_up(import_key, job=job)
