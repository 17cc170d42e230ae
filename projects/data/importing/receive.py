"""A file on its way into a batch: taken in, read by a worker, its progress and its bad rows told as it goes."""

from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import BinaryIO, cast

from django.core.files.base import File
from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.db.models import F
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from projects.data.importing.formats import ENDINGS, READERS
from projects.data.importing.storing import Loaded, known_columns, load
from projects.errors import Refused
from projects.models import Batch, Import, ImportFaults
from projects.task_types import TASK_TYPES
from taskers.errors import Problem, StateConflict
from taskers.models import Person
from taskers.outbox.events import emit

KEPT_ERRORS = 500  # with the import, for its page; the rest lies beside it
MOST_ERRORS = 100_000  # after so many refused rows the rest is not worth reading
JOB = "projects.jobs.run_import"


class AlreadyLoading(StateConflict):
    """Another worker is loading this file."""

    code = "already-loading"


def guess_format(name: str) -> str:
    """The reader for a file by its name; Refused for an ending that no reader knows."""
    ending = PurePath(name).suffix.lower()
    if ending not in ENDINGS:
        raise Refused(
            "Files end in %(choices)s; “%(name)s” doesn't.",
            code="unknown-format",
            place="file",
            choices=", ".join(ENDINGS),
            name=name[-60:],
        )
    return ENDINGS[ending]


@transaction.atomic
def receive(batch: Batch, file: File, *, name: str, by: Person | None, format: str = "") -> Import:
    """Keep an uploaded file and have a worker load it, now or when one is alive. Raises Refused, StateConflict."""
    made = keep(batch, file, name=name, by=by, format=format)
    app.configure_task(JOB, queue="imports").defer(import_key=made.pk)
    return made


@transaction.atomic
def keep(batch: Batch, file: File, *, name: str, by: Person | None, format: str = "") -> Import:
    """Keep a file that `run` will load. Raises Refused if no such file fits the project's task type."""
    chosen = format or guess_format(name)
    room = TASK_TYPES[batch.project.task_type]
    if chosen not in room.import_formats:
        raise Refused(
            "%(title)s are loaded from: %(choices)s.",
            code="wrong-format",
            place="file",
            title=room.title,
            choices=", ".join(room.import_formats),
        )
    if not file.size:
        raise Refused("The file is empty.", code="empty-file", place="file")
    made = Import(batch=batch, name=name[-200:], format=chosen, started_by=by)
    made.file.save(f"{made.public_id}.{chosen}", file, save=False)
    try:
        made.save()
    except DatabaseError:
        made.file.delete(save=False)  # nothing would ever name it
        raise
    return made


def run(import_key: int, *, told: Callable[[Import], None] | None = None) -> Import:
    """Load a kept file, from where an earlier run stopped; a finished one is left alone. Safe to run twice.

    `told` is called after each committed chunk. Where the database goes away it raises what Django does, and the file
    stays as it is, to be gone on with. What is wrong with the file as a whole ends it as failed,
    with the reason; what was loaded before stays.
    """
    unfinished = Import.objects.filter(pk=import_key).exclude(state=Import.State.DONE)
    unfinished.update(state=Import.State.RUNNING, reason="", ended_at=None)
    file_import = Import.objects.select_related("batch__project", "started_by").get(pk=import_key)
    if file_import.state == Import.State.DONE:
        return file_import
    try:
        _read(file_import, told)
    except AlreadyLoading:
        file_import.refresh_from_db()
        return file_import
    except Problem as problem:
        where = f" ({problem.place})" if problem.place else ""
        return _ended(file_import, Import.State.FAILED, f"{problem.text}{where}")
    except (OperationalError, InterfaceError):
        raise  # the database is away, so nothing can be written down either: whoever runs this tries again
    except Exception as error:
        _ended(file_import, Import.State.FAILED, f"Something unexpected went wrong ({type(error).__name__}).")
        raise
    return _ended(file_import, Import.State.DONE)


def is_stuck(file_import: Import) -> bool:
    """Whether nobody loads a file any more that isn't loaded, nor will without being asked."""
    if file_import.state == Import.State.DONE:
        return False
    jobs = ProcrastinateJob.objects.filter(task_name=JOB, status__in=["todo", "doing"])
    return not jobs.filter(args__import_key=file_import.pk).exists()


@transaction.atomic
def go_on(file_import: Import) -> None:
    """Have a worker load what is left of a file that failed, or that nobody is at. Raises StateConflict."""
    rows = Import.objects.select_for_update().filter(pk=file_import.pk)
    if not is_stuck(rows.get()):
        raise StateConflict("This file is loaded, or is being loaded.")
    rows.update(state=Import.State.WAITING, reason="", ended_at=None)
    app.configure_task(JOB, queue="imports").defer(import_key=file_import.pk)


def _read(file_import: Import, told: Callable[[Import], None] | None) -> None:
    with file_import.file.open("rb") as file:
        items = READERS[file_import.format](cast(BinaryIO, file), file_import.position)
        for _ in load(
            file_import.batch, items, by=file_import.started_by, committing=lambda done: _advance(file_import, done)
        ):
            file_import.refresh_from_db(fields=["position", "loaded", "known", "refused", "errors", "columns"])
            if told:
                told(file_import)
            if file_import.refused >= MOST_ERRORS:
                text = "%(number)s rows were refused; what comes after them was not read."
                raise Refused(text, code="too-many-faults", number=file_import.refused)


def _advance(file_import: Import, done: Loaded) -> None:
    """Move the position in the chunk's own transaction; zero rows mean that another worker is at it too."""
    room_left = max(0, KEPT_ERRORS - len(file_import.errors))
    faults = [fault._asdict() for fault in done.faults]
    moved = Import.objects.filter(pk=file_import.pk, position=file_import.position, state=Import.State.RUNNING).update(
        position=F("position") + done.read,
        loaded=F("loaded") + done.loaded,
        known=F("known") + done.known,
        refused=F("refused") + len(faults),
        errors=file_import.errors + faults[:room_left],
        ids=F("ids") + done.ids,
        unnamed=F("unnamed") + done.unnamed,
        columns=known_columns(file_import.columns, done.columns),
    )
    if not moved:
        raise AlreadyLoading()
    if faults[room_left:]:
        ImportFaults.objects.create(file_import=file_import, faults=faults[room_left:])


def all_faults(file_import: Import) -> Iterator[dict]:
    """Every refused row, in the order of the file."""
    yield from file_import.errors
    after = 0  # by keys: a slow reader may lose its connection between two looks
    while rows := list(file_import.more_faults.filter(pk__gt=after).order_by("pk")[:10]):
        for one in rows:
            yield from one.faults
        after = rows[-1].pk


def _tell(file_import: Import, state: str) -> None:
    project, by = file_import.batch.project, file_import.started_by
    emit(
        f"import_{state}",
        organization_id=project.organization_id,
        actor_id=by.pk if by else None,
        project_key=project.public_id,
        subject=f"import:{file_import.public_id}",
        file_import=file_import.pk,
        batch=file_import.batch_id,
    )


def _ended(file_import: Import, state: str, reason: str = "") -> Import:
    with transaction.atomic():
        running = Import.objects.filter(pk=file_import.pk, state=Import.State.RUNNING)
        if running.update(state=state, reason=reason[:300], ended_at=timezone.now()):
            _tell(file_import, state)
        if state == Import.State.DONE:
            # Everything in it is a task now, or listed as refused.
            name, storage = str(file_import.file.name), file_import.file.storage
            transaction.on_commit(lambda: storage.delete(name))
    file_import.refresh_from_db()
    return file_import
