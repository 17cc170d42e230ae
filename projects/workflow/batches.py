"""A batch's life: made, loaded, live, paused and live again, closed or cancelled. None of it rewrites a task.

What was begun when a batch ends is wound up afterwards, by a worker (batch_closing.py).
"""

from datetime import datetime
from itertools import chain, count

from django.db import IntegrityError, transaction

from projects.models import Batch, BatchProgress, Project, limits
from projects.workflow import batch_closing
from taskers.errors import StateConflict
from taskers.models import Person
from taskers.outbox.events import emit

MOVES = {
    "live": ["draft", "paused"],
    "paused": ["live"],
    "closed": ["live", "paused"],
    "cancelled": ["draft", "live", "paused"],
}


@transaction.atomic
def create(
    project: Project, name: str, *, by: Person | None, priority: int = 0, deadline: datetime | None = None
) -> Batch:
    """A new batch, still a draft. Raises StateConflict when the project has one of that name."""
    try:
        with transaction.atomic():
            batch = Batch.objects.create(
                project=project, name=name.strip()[: limits.NAME], created_by=by, priority=priority, deadline=deadline
            )
    except IntegrityError:
        raise StateConflict(
            "This project already has a batch named %(name)r.", code="batch-exists", place="name", name=name
        ) from None
    BatchProgress.objects.create(batch=batch)
    _tell(batch, "created", by)
    return batch


def unused_name(project: Project, name: str) -> str:
    """This name, or with a number behind it where the project has such a batch."""
    taken = set(project.batches.filter(name__startswith=name).values_list("name", flat=True))
    numbered = (f"{name} ({number})" for number in count(2))
    return next(one for one in chain((name,), numbered) if one not in taken)


@transaction.atomic
def move(batch: Batch, state: str, *, by: Person | None) -> Batch:
    """Bring a batch to live, paused, closed or cancelled. Raises StateConflict if it can't go there from here."""
    if not Batch.objects.filter(pk=batch.pk, state__in=MOVES[state]).update(state=state):
        batch.refresh_from_db()
        raise StateConflict(
            "A batch that is %(state)s can't become %(to)s.", state=batch.get_state_display().lower(), to=state
        )
    batch.refresh_from_db()
    _tell(batch, state, by)
    if state in batch_closing.OVER:
        batch_closing.start(batch)
    return batch


@transaction.atomic
def arrange(batch: Batch, *, by: Person | None, priority: int, deadline: datetime | None) -> Batch:
    """Say how soon a batch is wanted. No task is rewritten: claims read it before they walk. Raises StateConflict."""
    open_still = Batch.objects.filter(pk=batch.pk, state__in=["draft", "live", "paused"])
    if not open_still.update(priority=priority, deadline=deadline):
        raise StateConflict("This batch is over.", code="batch-closed")
    batch.refresh_from_db()
    _tell(batch, "arranged", by)
    return batch


def _tell(batch: Batch, what: str, by: Person | None) -> None:
    emit(
        f"batch_{what}",
        organization_id=batch.project.organization_id,
        actor_id=by.pk if by else None,
        project_key=batch.project.public_id,
        subject=f"batch:{batch.public_id}",
        batch=batch.pk,
    )
