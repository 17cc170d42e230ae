"""Taking a snapshot: the verdicts that stood in a project at one moment, as a file. The only writer of Snapshot.

The moment is past already: nothing that is being decided just now can still come to stand before it. So the same moment
gives the same file again, and a verdict that comes later changes none. What a model decided alone is left out: no model
learns from itself.
"""

import contextlib
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from procrastinate.contrib.django import app

from assist.learning import snapshot_file
from assist.learning.blind_verdicts import Work, group_of, with_help
from assist.learning.reasons import REASONS
from assist.learning.snapshot_file import CHOSEN, LEFT, RANDOM, USUAL, Line, Writer
from assist.learning.splits import GATE, SHARES, split_of
from assist.models import ErasedTask, SelectedTask, Snapshot, SnapshotRow, Tombstone
from projects.configuration.terms import Terms, terms_of
from projects.data import archive
from projects.models import Annotation, ArchivePart, Project, Task, Verdict
from projects.quality import votes
from projects.quality.consensus import AUTO, IMPORTED
from taskers.errors import Problem, StateConflict
from taskers.models import Person

JOB = "assist.jobs.take_snapshot"
CHUNK = 500  # tasks
END = 2**63 - 1  # the key of no task
MAKING, READY, FAILED = (Snapshot.State[name] for name in ("MAKING", "READY", "FAILED"))
# Everything that was written before this moment can be read now, or was never kept. Autovacuum writes no verdict
# and may take its time.
SETTLED = """
SELECT least(clock_timestamp(), min(xact_start)) FROM pg_stat_activity
WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()
  AND backend_type <> 'autovacuum worker'
"""
# Of a million, rows that are made one by one take a sixth of all the time.
LISTED = """
INSERT INTO assist_snapshotrow (snapshot_id, verdict, split, blind)
SELECT %(snapshot)s, * FROM unnest(%(verdicts)s::bigint[], %(splits)s::text[], %(blind)s::boolean[])
"""
# What a line says, and what of it is looked at: the other columns are half of reading.
READ = ("public_id", "answer", "method", "confidence", "at", "superseded_at")
READ_OF_TASK = ("task__public_id", "task__batch_id", "task__payload")


class Lost(Problem):
    """The file of a snapshot is gone, or isn't what was written."""

    code = "snapshot-lost"
    status = 500


class Emptied(StateConflict):
    """Some of what this snapshot held was erased since: take another."""


@transaction.atomic
def take(project: Project, *, by: Person) -> Snapshot:
    """Have what is decided now kept for learning; a worker writes it. Raises StateConflict while one is being made."""
    Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    if Snapshot.objects.filter(project=project, state=MAKING).exists():
        raise StateConflict("A snapshot of this project is being made already.")
    made = Snapshot.objects.create(
        project=project,
        cut=_settled(),
        settings_version=project.settings_now().version,
        schema=snapshot_file.SCHEMA,
        made_by=by,
    )
    hand_over(made.pk, project.pk)
    return made


def hand_over(key: int, project: int) -> None:
    """Have a worker see to it, one of a project at a time."""
    app.configure_task(JOB, queue="copilot", lock=lock(project)).defer(snapshot_key=key)


def lock(project: int) -> str:
    """What whoever writes a project's snapshots, or empties them, holds meanwhile."""
    return f"snapshot:{project}"


def _settled() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute(SETTLED)
        return cursor.fetchone()[0]


def run(key: int) -> str:
    """Write a snapshot's file; returns its state. One that was killed begins anew; asking twice does no harm."""
    snapshot = Snapshot.objects.select_related("project__organization").filter(pk=key, state=MAKING).first()
    if snapshot is None:
        return ""
    with tempfile.TemporaryDirectory() as folder:
        try:
            return _write(snapshot, Path(folder) / "snapshot.parquet")
        except (Problem, OSError) as problem:
            reason = problem.text if isinstance(problem, Problem) else problem.strerror or str(problem)
            return _fail(snapshot, REASONS["no-snapshot"] % {"why": reason})


def _write(snapshot: Snapshot, path: Path) -> str:
    terms = terms_of(snapshot.project)
    if terms.settings.version != snapshot.settings_version:
        return _fail(snapshot, REASONS["settings"])
    _discard(snapshot)
    writer, counts, left_out, blind = Writer(path, _told(snapshot)), Counter[str](), 0, 0
    SnapshotRow.objects.filter(snapshot=snapshot).delete()  # of a run that was killed
    for verdicts, work in _chunks(snapshot):
        helped = with_help(work)
        turns = _turns(snapshot, [one.task_id for one in verdicts])
        pairs = [(one, _line(snapshot, terms, one, _is_blind(one, helped), turns)) for one in verdicts]
        kept = [(verdict, line) for verdict, line in pairs if line is not None]
        writer.add(line for _, line in kept)
        _list(snapshot, kept)  # a chunk at a time: a transaction that is open for long holds up whoever reads events
        counts.update(line.split for _, line in kept)
        blind += sum(line.blind for _, line in kept)
        left_out += len(pairs) - len(kept)
    sha256 = writer.close()
    _name_it(snapshot, sha256)
    _keep(path, sha256)
    by_split = {split: counts[split] for split in SHARES}
    told = {"rows": sum(counts.values()), "blind": blind, "left_out": left_out, "by_split": by_split}
    _end(snapshot, READY, sha256=sha256, size=path.stat().st_size, **told)
    return READY


def _list(snapshot: Snapshot, kept: Sequence[tuple[Verdict, Line]]) -> None:
    """Say which verdicts it holds."""
    keys = [verdict.pk for verdict, _ in kept]
    splits, blind = [line.split for _, line in kept], [line.blind for _, line in kept]
    with connection.cursor() as cursor:
        cursor.execute(LISTED, {"snapshot": snapshot.pk, "verdicts": keys, "splits": splits, "blind": blind})


def _is_blind(verdict: Verdict, helped: set[int]) -> bool:
    """Whether people found it without a model's help, here."""
    return verdict.task_id not in helped and verdict.method != IMPORTED


def _told(snapshot: Snapshot) -> dict[str, str]:
    """What the file says of itself: enough to know later what it is, whoever has it. Nothing of when it was made: what
    is the same has the same name."""
    project = snapshot.project
    labels = [[one.key, one.name] for one in project.labels.in_use().order_by("position", "pk")]
    return {
        "organization": str(project.organization.public_id),
        "project": str(project.public_id),
        "task_type": project.task_type,
        "settings_version": str(snapshot.settings_version),
        "labels": json.dumps(labels, ensure_ascii=False),
    }


def _chunks(snapshot: Snapshot) -> Iterator[tuple[list[Verdict], list[Work]]]:
    """What stood at the cut, in the order of the tasks, with who had answered by then; archived ones between the
    others."""
    project, last = snapshot.project, 0
    erased = set(ErasedTask.objects.filter(erasure__project=project).values_list("task", flat=True))
    while last < END:
        rows = Task.objects.filter(project=project, pk__gt=last).order_by("pk")
        keys = list(rows.values_list("pk", flat=True)[:CHUNK])
        upto = keys[-1] if len(keys) == CHUNK else END
        stood, work = _settled_chunk(snapshot, last, upto)
        first: dict[int, Verdict] = {}
        for one in stood:
            first.setdefault(one.task_id, one)
        yield [first[key] for key in sorted(first) if key not in erased], work
        last = upto


def _settled_chunk(snapshot: Snapshot, last: int, upto: int) -> tuple[list[Verdict], list[Work]]:
    """What `_chunk` says, once nothing of it was archived or restored while it looked: of what was moved in between it
    may have met half, or nothing."""
    while True:
        before = _moves(snapshot.project, last, upto)
        try:
            found = _chunk(snapshot, last, upto)
        except archive.Unreadable:
            if _moves(snapshot.project, last, upto) == before:
                raise
            continue
        if _moves(snapshot.project, last, upto) == before:
            return found


def _moves(project: Project, last: int, upto: int) -> dict[str, int | None]:
    """Another answer after each task with a key in (last, upto] that was archived or restored."""
    parts = ArchivePart.objects.filter(archive__batch__project=project, last_task__gt=last, first_task__lte=upto)
    return parts.aggregate(Count("pk"), Max("pk"))


def _chunk(snapshot: Snapshot, last: int, upto: int) -> tuple[list[Verdict], list[Work]]:
    keys = list(Task.objects.filter(project=snapshot.project, pk__gt=last, pk__lte=upto).values_list("pk", flat=True))
    stood = Verdict.objects.filter(task__in=keys, at__lt=snapshot.cut).exclude(method=AUTO).select_related("task")
    stood = stood.filter(Q(superseded_at=None) | Q(superseded_at__gte=snapshot.cut)).only("task", *READ, *READ_OF_TASK)
    live = list(stood.order_by("task_id", "-pk"))
    rows = Annotation.objects.filter(task__in=keys, at__lt=snapshot.cut)
    work = [Work(*one) for one in rows.values_list("task_id", "assignment_id", "tasker__kind")]
    for kept in archive.between(snapshot.project, None, last, upto):
        live += _stood(kept, snapshot.cut)
        work += _worked(kept, snapshot.cut)
    return live, work


def _stood(kept: archive.Kept, cut: datetime) -> list[Verdict]:
    return [
        one
        for one in sorted(kept.verdicts, key=lambda one: -one.pk)
        if one.method != AUTO and one.at < cut and (one.superseded_at is None or one.superseded_at >= cut)
    ]


def _worked(kept: archive.Kept, cut: datetime) -> list[Work]:
    return [Work(kept.task.pk, one.assignment_id, one.tasker.kind) for one in kept.annotations if one.at < cut]


def _turns(snapshot: Snapshot, tasks: Sequence[int]) -> dict[int, SelectedTask]:
    """By task the look at which a model put it first, or else the last one at it, of those before the cut."""
    rows = SelectedTask.objects.drawn().filter(task__in=tasks, round__chosen_at__lt=snapshot.cut)
    return {one.task: one for one in rows.order_by("first", "pk")}


def _line(
    snapshot: Snapshot, terms: Terms, verdict: Verdict, blind: bool, turns: Mapping[int, SelectedTask]
) -> Line | None:
    """A verdict as a line; None where today's labels can't say it."""
    task = verdict.task
    answer = votes.known_answer(terms, task, verdict.answer)
    if answer is None:
        return None
    group = group_of(task)
    return Line(
        task=str(task.public_id),
        batch=str(task.batch_id),
        group=group,
        split=split_of(str(snapshot.project.public_id), group),
        blind=blind,
        payload=json.dumps(task.payload, ensure_ascii=False, sort_keys=True),
        asset=str(task.payload.get("asset") or ""),
        verdict=str(verdict.public_id),
        answer=json.dumps(answer, ensure_ascii=False, sort_keys=True),
        method=verdict.method,
        confidence=verdict.confidence,
        at=verdict.at,
        stream=_stream(turns.get(task.pk)),
        propensity=turns[task.pk].propensity if task.pk in turns else None,
    )


def _stream(turn: SelectedTask | None) -> str:
    if turn is None:
        return USUAL
    if turn.random:
        return RANDOM
    return CHOSEN if turn.first else LEFT


def _name_it(snapshot: Snapshot, sha256: str) -> None:
    """Say which file comes before it is there, so that none is left that no snapshot names."""
    Snapshot.objects.filter(pk=snapshot.pk).exclude(state=READY).update(sha256=sha256)
    snapshot.sha256 = sha256


def _discard(snapshot: Snapshot) -> None:
    """Remove the file that a run which was cut off left, unless it is that of another that is whole."""
    if not snapshot.sha256:
        return
    if not Snapshot.objects.filter(sha256=snapshot.sha256, state=READY, tombstones=None).exists():
        default_storage.delete(snapshot_file.name_of(snapshot.sha256))
    _name_it(snapshot, "")


def clear(project: Project) -> None:
    """Remove what was left of those that never came to be ready: who goes on with one writes it anew."""
    for one in Snapshot.objects.filter(project=project).exclude(state=READY).exclude(sha256=""):
        _discard(one)


def _keep(path: Path, sha256: str) -> None:
    """Put the file where it stays, under its sha256; one that is there already is the same."""
    name = snapshot_file.name_of(sha256)
    if not default_storage.exists(name):
        with path.open("rb") as file:
            default_storage.save(name, File(file))


def fetch(snapshot: Snapshot, folder: Path) -> Path:
    """The snapshot's file in a folder of this machine. Raises Lost, and StateConflict where it was emptied."""
    check_whole(snapshot)
    path = folder / "snapshot.parquet"
    try:
        with default_storage.open(snapshot_file.name_of(snapshot.sha256)) as source, path.open("wb") as target:
            for piece in source.chunks():
                target.write(piece)
    except OSError:
        raise Lost("The snapshot's file %(sha256)s can't be read.", sha256=snapshot.sha256[:12]) from None
    if snapshot_file.digest(path) != snapshot.sha256:
        raise Lost("The snapshot's file %(sha256)s isn't what was written.", sha256=snapshot.sha256[:12])
    return path


def check_whole(snapshot: Snapshot) -> None:
    """Raises Emptied where some of it was erased since."""
    if snapshot.tombstones.exists():
        raise Emptied


def empty(snapshot: Snapshot) -> None:
    """Remove its file, and with it all that it says; those that hold the same have the same file."""
    default_storage.delete(snapshot_file.name_of(snapshot.sha256))


def learnable(snapshot: Snapshot, folder: Path) -> Path:
    """The snapshot without the lines that judge models, in a folder that a recipe gets. Raises Lost."""
    with tempfile.TemporaryDirectory(prefix="tandem-snapshot-") as aside:
        return snapshot_file.without(fetch(snapshot, Path(aside)), GATE, folder / "snapshot.parquet")


def _fail(snapshot: Snapshot, reason: str) -> str:
    """End it by a reason; a file that can't be removed is named still, for `clear`."""
    with contextlib.suppress(OSError):
        _discard(snapshot)
    _end(snapshot, FAILED, reason=reason[:300])
    return FAILED


def _end(snapshot: Snapshot, state: str, **told: object) -> None:
    Snapshot.objects.filter(pk=snapshot.pk, state=MAKING).update(state=state, ended_at=Now(), **told)


def open_keys() -> Iterable[tuple[int, int]]:
    """The snapshots that are being made, each with its project."""
    return Snapshot.objects.filter(state=MAKING).values_list("pk", "project_id")


def give_up(key: int, reason: str) -> None:
    """End one that nobody brings to its end, and say why."""
    _fail(Snapshot.objects.get(pk=key), reason)


def told_of(project: Project) -> QuerySet[Snapshot]:
    """They, each with who took it and whether it was `emptied` since."""
    emptied = Exists(Tombstone.objects.filter(snapshot=OuterRef("pk")))
    return Snapshot.objects.filter(project=project).select_related("made_by").annotate(emptied=emptied)
