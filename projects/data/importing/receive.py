"""Files on their way into a batch: taken in, looked at and read by a worker; their progress and bad rows told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import Any, BinaryIO, cast

from django.core.files.base import File
from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.db.models import F
from django.utils import timezone
from procrastinate.contrib.django import app

from projects.data.connectors import saved, unseen
from projects.data.connectors.files import Files
from projects.data.connectors.left_media import Left
from projects.data.connectors.unseen import Unseen
from projects.data.connectors.upload import OneFile
from projects.data.importing import at_work, crowd_room, empty_batches
from projects.data.importing.choices import JOB, Choices
from projects.data.importing.plan import needs, plan
from projects.data.importing.storing import Loaded, known_columns, load
from projects.data.reading import recognise, sandboxed
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.rows import Item, storable
from projects.data.reading.sandboxed import ReaderFault, ReadingProcess
from projects.errors import Refused
from projects.models import Batch, Connector, Import, ImportFaults
from projects.queue.clock import Clock
from projects.workflow import batches
from taskers.errors import NO_REASON, Problem, StateConflict, Unexpected
from taskers.models import Person
from taskers.outbox.events import emit

OVER = (Import.State.DONE, Import.State.PLANNED, Import.State.DROPPED)  # nobody is at it, nor will be by itself
UNDER_WAY = (Import.State.WAITING, Import.State.PLANNING, Import.State.RUNNING)
COUNTED = ["position", "loaded", "known", "refused", "errors", "answered", "lost", "losses", "columns", "first_task"]
KEPT_ERRORS = 500  # with the import, for its page; the rest lies beside it
IN_QUARANTINE = "The file of this import is in quarantine, as it killed its workers: ask your operator to look at it."
MOST_ERRORS = 100_000  # after so many refused rows the rest is not worth reading


class AlreadyLoading(StateConflict):
    """Another worker is loading this file."""

    code = "already-loading"


@transaction.atomic
def receive(
    batch: Batch,
    file: File,
    *,
    name: str,
    by: Person | None,
    format: str = "",
    stop: str = Import.Stop.NEEDED,
    makes_live: bool = False,
    makes_batch: bool = False,
) -> Import:
    """Keep an uploaded file and have a worker load it, now or when one is alive. Where something must be chosen, or
    `stop` says always, it is only looked at. Raises Refused, StateConflict."""
    terms: dict[str, Any] = {"format": format, "stop": stop, "makes_live": makes_live, "makes_batch": makes_batch}
    made = keep(batch, file, name=name, by=by, **terms)
    app.configure_task(JOB, queue="imports").defer(import_key=made.pk)
    return made


@transaction.atomic
def receive_from(
    connector: Connector,
    batch: Batch,
    *,
    by: Person | None,
    stop: str = Import.Stop.NEEDED,
    media: str = Import.Media.COPIED,
    makes_live: bool = False,
    makes_batch: bool = False,
) -> Import:
    """Have a worker load what a connector has and the project hasn't. Raises StateConflict."""
    if connector.ended_at is not None or connector.organization_id != batch.project.organization_id:
        raise StateConflict("This place is gone already.")
    terms: dict[str, Any] = {"name": connector.name, "stop": stop, "media": media, "makes_live": makes_live}
    terms |= {"format": _format_before(connector, batch), "makes_batch": makes_batch}
    made = Import.objects.create(batch=batch, connector=connector, started_by=by, **terms)
    app.configure_task(JOB, queue="imports").defer(import_key=made.pk)
    return made


def _format_before(connector: Connector, batch: Batch) -> str:
    """What a place's files were the last time: to look again would be to ask for some that haven't changed."""
    rows = connector.imports.filter(batch__project=batch.project_id, state=Import.State.DONE).exclude(format="")
    return rows.order_by("-pk").values_list("format", flat=True).first() or ""


@transaction.atomic
def keep(
    batch: Batch,
    file: File,
    *,
    name: str,
    by: Person | None,
    format: str = "",
    stop: str = Import.Stop.NEEDED,
    makes_live: bool = False,
    makes_batch: bool = False,
) -> Import:
    """Keep a file that `run` will load. Raises Refused if no such file fits the project's task type."""
    if format:
        recognise.by_key(format, batch.project.task_type)
    else:
        recognise.check_name(name, batch.project.task_type)
    if not file.size:
        raise Refused("The file is empty.", code="empty-file", place="file")
    terms: dict[str, Any] = {"format": format, "stop": stop, "makes_live": makes_live, "makes_batch": makes_batch}
    made = Import(batch=batch, name=name[-200:], started_by=by, **terms)
    made.file.save(f"{made.public_id}{PurePath(name).suffix.lower()[:12]}", file, save=False)
    try:
        made.save()
    except DatabaseError:
        made.file.delete(save=False)  # nothing would ever name it
        raise
    return made


def run(import_key: int, *, told: Callable[[Import], None] | None = None) -> Import:
    """Look at files and load them, from where an earlier run stopped; what is finished, or waits for a choice, is left
    alone. Safe to run twice.

    `told` is called after each committed chunk. Where the database goes away it raises what Django does, and the files
    stay as they are, to be gone on with. What is wrong with them as a whole ends it as failed, with the reason; what
    was loaded before stays.
    """
    if Import.objects.get(pk=import_key).in_quarantine:
        raise StateConflict(IN_QUARANTINE, code="quarantined")
    with at_work.hold(import_key):
        return _run(import_key, told)


def _run(import_key: int, told: Callable[[Import], None] | None) -> Import:
    file_import = _begun(import_key)
    if file_import.state in OVER:
        return file_import
    try:
        is_upload = file_import.connector is None
        with _files(file_import) as files, sandboxed.started(file_import.name, is_upload=is_upload) as reader:
            if file_import.choices is not None or _looked_at(file_import, files, reader):
                _read(file_import, files, reader, told)
    except AlreadyLoading:
        file_import.refresh_from_db()
        return file_import
    except Problem as problem:
        return end(file_import, Import.State.FAILED, problem)
    except (OperationalError, InterfaceError):
        raise  # the database is away, so nothing can be written down either: whoever runs this tries again
    except Exception as error:
        file_import.refresh_from_db()
        if file_import.state == Import.State.DROPPED:  # and its file was thrown away under the reader
            return file_import
        kind = error.kind if isinstance(error, ReaderFault) else type(error).__name__
        end(file_import, Import.State.FAILED, Unexpected(kind=kind))
        raise
    if file_import.state in OVER:
        return file_import
    return end(file_import, Import.State.DONE)


def _begun(import_key: int) -> Import:
    """The import, planning or running from now on unless it is over."""
    unfinished = Import.objects.filter(pk=import_key).exclude(state__in=OVER)
    unfinished.filter(choices__isnull=True).update(state=Import.State.PLANNING, ended_at=None, **NO_REASON)
    running = {"state": Import.State.RUNNING, "run_at": Clock(), "run_from": F("position")}
    unfinished.filter(choices__isnull=False).update(ended_at=None, **NO_REASON, **running)
    rows = Import.objects.select_related("batch__project__organization", "connector__organization", "started_by")
    return rows.get(pk=import_key)


@contextmanager
def _files(file_import: Import) -> Iterator[Files]:
    """What is to be loaded, wherever it lies; what was sent as one file is one here, packed or not."""
    if file_import.connector is not None:
        with saved.opened(file_import.connector) as files:
            yield files
        return
    with file_import.file.open("rb") as file:
        yield OneFile(cast(BinaryIO, file.file), "upload", file_import.file.size)


def _looked_at(file_import: Import, files: Files, reader: ReadingProcess) -> bool:
    """Whether the files may be loaded as they are: nothing in them needs a choice. What was found is kept."""
    task_type = file_import.batch.project.task_type
    if file_import.format:
        chosen = recognise.by_key(file_import.format, task_type)
    else:
        chosen = reader.recognised(files, task_type)
    found = _planned(file_import, files, reader, chosen)
    asks = found is not None and (file_import.stop == Import.Stop.ALWAYS or bool(needs(found)))
    now: dict[str, Any] = {
        "plan": found,
        "format": chosen.key,
        "expected": _expected(file_import, files, reader, found),
    }
    if asks:
        now |= {"state": Import.State.PLANNED}
    else:
        columns = found["mapped"] if found else {}
        choices = Choices(columns=columns, format=chosen.key).as_json()
        now |= {"state": Import.State.RUNNING, "choices": choices, "run_at": Clock()}
    with transaction.atomic():
        if not Import.objects.filter(pk=file_import.pk, state=Import.State.PLANNING).update(**now):
            raise AlreadyLoading()
        if asks:  # nobody is at it any more: its batch may be done
            _tell(file_import, Import.State.PLANNED)
    file_import.refresh_from_db(fields=["state", "plan", "format", "choices", "expected"])
    return not asks


def _planned(file_import: Import, files: Files, reader: ReadingProcess, chosen: ImportFormat) -> dict[str, Any] | None:
    """What is in the files; None where nothing is new, or where they can bring nothing that asks for a choice."""
    plain = chosen.key in recognise.EACH_BY_ITSELF and file_import.stop == Import.Stop.NEEDED
    if plain or _number_new(file_import, files) == 0:
        return None
    mapped = None if file_import.plan is None else Choices(columns=file_import.plan.get("mapped", {}))
    return plan(file_import.batch.project, reader, _unseen(file_import, files, chosen), chosen, mapped)


def _expected(file_import: Import, files: Files, reader: ReadingProcess, found: dict[str, Any] | None) -> int | None:
    """How many rows there are, where that can be told."""
    if found is not None:
        return found["rows"] + found["refused"] if found["all"] else None
    if file_import.connector is not None:
        return _number_new(file_import, files)
    return reader.count(files) if file_import.name.lower().endswith(".zip") else None


def _read(file_import: Import, files: Files, reader: ReadingProcess, told: Callable[[Import], None] | None) -> None:
    if _number_new(file_import, files) == 0:
        return
    project, choices = file_import.batch.project, Choices.of(file_import)
    chosen = recognise.by_key(file_import.format or choices.format, project.task_type)
    reading, listing = _unseen(file_import, files, chosen), {}
    if file_import.connector is not None and not isinstance(reading, Unseen):
        listing = {one.name: one.version for one in files.entries()}  # what comes later wasn't read
        _begin_again(file_import)
    skip = 0 if isinstance(reading, Unseen) else file_import.position
    left = Left(file_import.connector if file_import.media == Import.Media.LEFT else None)
    items: Iterator[Item] = reader.items(
        left.watched(reading), chosen, Reading(project.task_type, skip, choices.columns)
    )
    if isinstance(reading, Unseen):
        items = _some(items)

    def committing(done: Loaded) -> None:
        _advance(file_import, done)
        if file_import.makes_live and done.loaded:
            _go_live(file_import)
        if isinstance(reading, Unseen):
            reading.keep()

    by, own = file_import.started_by, crowd_room.OwnTasks(file_import, file_import.first_task)
    for _ in load(file_import.batch, items, by=by, choices=choices, left=left, committing=committing, own=own):
        file_import.refresh_from_db(fields=COUNTED)
        if told:
            told(file_import)
        if file_import.refused >= MOST_ERRORS:
            text = "%(number)s rows were refused; what comes after them was not read."
            raise Refused(text, code="too-many-faults", number=file_import.refused)
    if isinstance(reading, Unseen):
        reading.keep()
    elif file_import.connector is not None:
        unseen.keep(file_import.connector, project, listing)


def _go_live(file_import: Import) -> None:
    """Hand out the tasks of a batch that was a draft until its first came in."""
    batch = Batch.objects.select_related("project").get(pk=file_import.batch_id)
    if batch.state == Batch.State.DRAFT:
        batches.move(batch, Batch.State.LIVE, by=file_import.started_by)


def _begin_again(file_import: Import) -> None:
    """Count a place's rows from its first: what an earlier run passed may not lie before the others any more. Those
    that are tasks are known again."""
    if not file_import.position:
        return
    anew: dict[str, Any] = {"position": 0, "run_from": 0, "known": 0, "refused": 0, "errors": [], "lost": 0}
    if Choices.of(file_import).answers == Import.Answers.PREDICTION:
        anew["answered"] = 0  # kept again, over what was; answers of other kinds are kept once
    rows = Import.objects.filter(pk=file_import.pk, position=file_import.position, state=Import.State.RUNNING)
    with transaction.atomic():
        if not rows.update(**anew, losses=[]):
            raise AlreadyLoading()
        file_import.more_faults.all().delete()
    file_import.refresh_from_db(fields=COUNTED)


def _unseen(file_import: Import, files: Files, chosen: ImportFormat) -> Files:
    """Of a connector's files that are read each by itself those that are new; else all."""
    if file_import.connector is None or chosen.key not in recognise.EACH_BY_ITSELF:
        return files
    return Unseen(files, file_import.connector, file_import.batch.project)


def _number_new(file_import: Import, files: Files) -> int | None:
    """How many files of a connector are new or changed; None for what was sent."""
    if file_import.connector is None:
        return None
    return unseen.number(file_import.connector, file_import.batch.project, files)


def _some(items: Iterator[Item]) -> Iterator[Item]:
    """The same, or nothing: that all there is was passed over is no fault."""
    try:
        yield from items
    except Refused as refused:
        if refused.code != "empty-file":
            raise


def _advance(file_import: Import, done: Loaded) -> None:
    """Move the position in the chunk's own transaction; zero rows mean that another worker is at it too."""
    room_left = max(0, KEPT_ERRORS - len(file_import.errors))
    room_for_lost = max(0, KEPT_ERRORS - len(file_import.losses))
    faults, lost = ([fault.kept() for fault in part] for part in (done.faults, done.losses))
    moved = Import.objects.filter(pk=file_import.pk, position=file_import.position, state=Import.State.RUNNING).update(
        position=F("position") + done.read,
        loaded=F("loaded") + done.loaded,
        known=F("known") + done.known,
        refused=F("refused") + len(faults),
        errors=file_import.errors + faults[:room_left],
        answered=F("answered") + done.answered,
        lost=F("lost") + len(lost),
        losses=file_import.losses + lost[:room_for_lost],
        ids=F("ids") + done.ids,
        unnamed=F("unnamed") + done.unnamed,
        columns=known_columns(file_import.columns, done.columns),
        first_task=file_import.first_task or done.first_task,
    )
    if not moved:
        raise AlreadyLoading()
    if faults[room_left:]:
        ImportFaults.objects.create(file_import=file_import, faults=faults[room_left:])
    if lost[room_for_lost:]:
        ImportFaults.objects.create(file_import=file_import, kind=ImportFaults.Kind.LOST, faults=lost[room_for_lost:])


def all_faults(file_import: Import, kind: str = ImportFaults.Kind.REFUSED) -> Iterator[dict]:
    """Every refused row, in the order of the file; or all that of other rows was lost."""
    yield from file_import.errors if kind == ImportFaults.Kind.REFUSED else file_import.losses
    after = 0  # by keys: a slow reader may lose its connection between two looks
    while rows := list(file_import.more_faults.filter(pk__gt=after, kind=kind).order_by("pk")[:10]):
        for one in rows:
            yield from one.faults
        after = rows[-1].pk


def _tell(file_import: Import, state: str, by: Person | None = None) -> None:
    """By whoever changed it, else by whoever began it."""
    project, by = file_import.batch.project, by or file_import.started_by
    emit(
        f"import_{state}",
        organization_id=project.organization_id,
        actor_id=by.pk if by else None,
        project_key=project.public_id,
        subject=f"import:{file_import.public_id}",
        file_import=file_import.pk,
        batch=file_import.batch_id,
    )


def called_off(file_import: Import, *, by: Person | None) -> None:
    """Write down that no more of an import is loaded, and tell who said so; its file is thrown away. Why it failed, if
    it did, stays to be read."""
    Import.objects.filter(pk=file_import.pk).update(state=Import.State.DROPPED, ended_at=timezone.now())
    crowd_room.decide(file_import)
    empty_batches.leave(file_import)
    _tell(file_import, Import.State.DROPPED, by)
    _throw_away(file_import)


def _throw_away(file_import: Import) -> None:
    if file_import.file:
        name, storage = str(file_import.file.name), file_import.file.storage
        transaction.on_commit(lambda: storage.delete(name))


def end(file_import: Import, state: str, problem: Problem | None = None) -> Import:
    """Write down how an import ended that isn't over, and tell it; the import as it is then."""
    why = {"reason": storable(problem.text[:300]), "reason_of": storable(problem.kept())} if problem else NO_REASON
    crowd_room.decide(file_import)  # before it is over: whoever is killed here does it again
    with transaction.atomic():
        running = Import.objects.filter(pk=file_import.pk, state__in=UNDER_WAY)
        if running.update(state=state, **why, ended_at=timezone.now()):
            if state == Import.State.DONE:
                empty_batches.leave(file_import)
            _tell(file_import, state)
        if state == Import.State.DONE:
            _throw_away(file_import)  # everything in it is a task now, or listed as refused
    file_import.refresh_from_db()
    return file_import
