"""Deliveries as they are made: ordered by a manager, written by a worker, begun again where one was killed.

First it is written down which verdicts are in it; that stays, and every run writes its files from that alone. So a run
that takes over from a dead one makes the same files, and nobody sees any before all are there. Of two runs of one
delivery the later one counts: each says its name with whatever it changes, and the row count is the answer.
"""

import time
from collections.abc import Callable, Iterator
from uuid import uuid4

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Now
from procrastinate.contrib.django import app

from projects.data import abandoned, exporting
from projects.data.deliveries import kept_files, picks, targets
from projects.data.deliveries.manifest import Manifest
from projects.data.deliveries.picks import Pick
from projects.data.deliveries.targets import DOWNLOAD
from projects.data.exporting import terms as export_terms
from projects.data.exporting.decided import Decided, Pin, pinned
from projects.data.exporting.source import Source, chosen, labels_of, part_of
from projects.data.exporting.terms import FILTER, Terms
from projects.errors import Refused
from projects.models import Delivery, Project, limits
from projects.models.verdict_index import feed_end
from taskers.audit import trail
from taskers.errors import NO_REASON, NotFound, Problem, StateConflict, Unexpected
from taskers.models import Person
from taskers.outbox.events import emit

JOB = "projects.jobs.make_delivery"
QUEUE = "imports"
TOLD_EVERY = 1.0  # seconds between two looks at whether this run still counts
State = Delivery.State
UNDER_WAY = (State.WAITING, State.RUNNING)


class TakenOver(StateConflict):
    """Another worker makes this delivery."""

    code = "taken-over"


class TooManyDeliveries(StateConflict):
    """So many deliveries of this project wait or are being made: order another one once one of them is done."""

    code = "too-many-deliveries"


class NothingToDeliver(Refused):
    """No decided task fits these terms, so there is nothing to deliver."""

    code = "nothing-to-deliver"


@transaction.atomic
def order(
    project: Project,
    *,
    by: Person | None,
    format: str,
    said: dict | None = None,
    target: str = DOWNLOAD,
    place: str = "",
    note: str = "",
) -> Delivery:
    """The next delivery of a project, and the job that makes it. Raises Refused with the place of what is
    wrong, and TooManyDeliveries.

    One that goes elsewhere than here to be downloaded leaves an audit record: nobody will be seen to fetch it.
    """
    terms = export_terms.read(project, said or {})
    exporting.fitting(project, format, terms)
    place = targets.meant(project, target, place)
    targets.find(project, target, place)
    if len(note) > limits.NOTE:
        raise Refused("A note has at most %(most)s characters.", code="too-long", place="note", most=limits.NOTE)
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)  # numbers are given one after the other
    lately = Delivery.objects.filter(project=project, state__in=UNDER_WAY, made_at__gt=Now() - abandoned.OLD)
    if lately.count() >= limits.DELIVERIES_AT_ONCE:
        raise TooManyDeliveries()
    last = Delivery.objects.filter(project=project).aggregate(last=Max("number"))["last"]
    made = Delivery.objects.create(
        project=project,
        number=(last or 0) + 1,
        format=format,
        terms=terms.said(),
        target=target,
        place=place,
        note=note,
        made_by=by,
    )
    if target != DOWNLOAD:
        detail = {"number": made.number, "target": target, "place": place, "format": format}
        subject = f"project:{project.public_id}"
        trail.record(
            trail.Kind.EXPORTED, organization=project.organization_id, actor=by, subject=subject, detail=detail
        )
    app.configure_task(JOB, queue=QUEUE).defer(delivery_key=made.pk)
    return made


def newest(project: Project) -> QuerySet[Delivery]:
    """A project's deliveries, the newest first."""
    return Delivery.objects.filter(project=project).select_related("made_by", "before", "file_gone").order_by("-number")


def one_of(project: Project, number: int) -> Delivery:
    """One of them. Raises NotFound."""
    found = newest(project).filter(number=number).first()
    if found is None:
        raise NotFound()
    found.project = project
    return found


def run(delivery_key: int) -> Delivery:
    """Make a delivery; one that is done is left alone. Safe to run twice, also at the same time.

    What is wrong with it ends it as failed, with the reason. Where the database goes away it raises what Django does.
    """
    mine = uuid4()
    waiting = Delivery.objects.filter(pk=delivery_key).exclude(state=State.DONE)
    waiting.update(state=State.RUNNING, run=mine, fault="", ended_at=None, written=0, **NO_REASON)
    one = _again(delivery_key)
    if one.state == State.DONE:
        return one
    try:
        if not one.picks:
            _pick(one)
        _write(one)
    except TakenOver:
        return _again(delivery_key)
    except Problem as problem:
        fail(one, problem)
    except (OperationalError, InterfaceError):
        raise  # the database is away, so nothing can be written down either: whoever runs this tries again
    except Exception as error:
        fail(one, Unexpected(kind=type(error).__name__))
        raise
    return _again(delivery_key)


def _again(key: int) -> Delivery:
    rows = Delivery.objects.select_related("project__organization", "made_by", "before")
    return rows.get(pk=key)


def _change(one: Delivery, **values: object) -> None:
    """Write these down, as this run. Raises TakenOver."""
    if not Delivery.objects.filter(pk=one.pk, run=one.run, state=State.RUNNING).update(**values):
        raise TakenOver()
    for name, value in values.items():
        if not hasattr(value, "resolve_expression"):
            setattr(one, name, value)


# --- which verdicts -------------------------------------------------------------------------------------------------


def _pick(one: Delivery) -> None:
    """Write down which verdicts are in it, how the project stands, and what differs from the delivery before."""
    project, terms = one.project, export_terms.read(one.project, one.terms)
    position, version, labels = feed_end(project), project.settings_now().version, labels_of(project)
    heard = _Heard(one)
    mine = kept_files.keep(one, "picks.gz", picks.packed(_picked(project, terms, heard)))
    if not heard.tasks:
        kept_files.sweep(one)
        raise NothingToDeliver()
    before = _before(one)
    older = picks.read(before.picks, before.picks_sha256) if before else ()
    found = picks.Differences(older, picks.read(mine.name, mine.sha256))
    table = kept_files.keep(one, "differences.csv", found.table())
    _change(
        one,
        position=position,
        settings_version=version,
        labels=list(labels),
        project_name=project.name,
        tasks=heard.tasks,
        before=before,
        added=found.added,
        changed=found.changed,
        gone=found.gone,
        picks=mine.name,
        picks_sha256=mine.sha256,
        differences=table.name,
        written=0,
    )


def _picked(project: Project, terms: Terms, heard: "_Heard") -> Iterator[Pick]:
    for task in chosen(project, terms):
        heard()
        part = part_of(project, terms, task)
        yield Pick(task.key, task.verdict_key, part, task.id, task.verdict, task.external_id)


def _before(one: Delivery) -> Delivery | None:
    """The newest one that is done and chose its tasks in the same way."""
    same = Q(**{f"terms__{name}": one.terms[name] for name in FILTER if one.terms[name] is not None})
    for name in FILTER:
        if one.terms[name] is None:
            same &= Q(**{f"terms__{name}__isnull": False}) & Q(**{f"terms__{name}": None})
    done = Delivery.objects.filter(same, project=one.project, state=State.DONE, number__lt=one.number)
    return done.order_by("-number").first()


# --- the files ------------------------------------------------------------------------------------------------------


def _write(one: Delivery) -> None:
    """Write the files to where they are wanted, then that it is done. The project is as it was when the verdicts were
    picked, whatever it is called and asks today: a run that takes over makes the same files."""
    project, terms = one.project, export_terms.read(one.project, one.terms)
    project.name = one.project_name or project.name
    found = exporting.fitting(project, one.format, terms, one.labels)
    target = targets.find(project, one.target, one.place)
    heard = _Heard(one)
    source = Source(project, terms, tuple(one.labels), _reader(one, terms), heard, one.settings_version)
    several = exporting.several(found, terms)
    name = targets.name_of(one, exporting.ending(found, terms) if one.target == DOWNLOAD else "")
    manifest = Manifest(one)
    try:
        entries = found.write(source)
        if not several:
            entries = (entry._replace(name=exporting.file_name(project, one.format, terms=terms)) for entry in entries)
        shipment = targets.Shipment(one, name, manifest.noting(entries), several, manifest)
        stored = target.write(shipment)
        told = kept_files.keep(one, "manifest.json", manifest.document())
    finally:
        manifest.close()
    _finish(one, stored, told, manifest)


def _reader(one: Delivery, terms: Terms) -> Callable[[str, bool], Iterator[Decided]]:
    def read(split: str, judgements: bool) -> Iterator[Decided]:
        kept = picks.read(one.picks, one.picks_sha256)
        pins = (Pin(pick.task, pick.verdict) for pick in kept if not split or pick.part == split)
        return pinned(one.project, pins, judgements=judgements, media=terms.media)

    return read


@transaction.atomic
def _finish(one: Delivery, stored: kept_files.Stored, told: kept_files.Stored, manifest: Manifest) -> None:
    _change(
        one,
        state=State.DONE,
        ended_at=Now(),
        written=one.tasks,
        file=stored.name,
        sha256=stored.sha256,
        size=stored.size or manifest.size,
        files=manifest.files,
        manifest=told.name,
        manifest_sha256=told.sha256,
    )
    _tell(one, "done")
    transaction.on_commit(lambda: kept_files.sweep(one))


@transaction.atomic
def fail(one: Delivery, problem: Problem) -> None:
    """Write down that a delivery that isn't over failed, and tell it."""
    why = {"fault": problem.code[:40], "reason": problem.text[:500], "reason_of": problem.kept()}
    begun = Delivery.objects.filter(pk=one.pk, run=one.run, state__in=UNDER_WAY)
    if begun.update(state=State.FAILED, ended_at=Now(), **why):
        _tell(one, "failed")
        transaction.on_commit(lambda: kept_files.sweep(one))


def _tell(one: Delivery, state: str) -> None:
    emit(
        f"delivery_{state}",
        organization_id=one.project.organization_id,
        actor_id=one.made_by_id,
        project_key=one.project.public_id,
        subject=f"delivery:{one.public_id}",
        delivery=one.pk,
    )


class _Heard:
    """Called for each task; now and then it writes down how far this run has come, and raises TakenOver where another
    one counts by now."""

    def __init__(self, one: Delivery) -> None:
        self.one, self.tasks, self.next = one, 0, time.monotonic() + TOLD_EVERY

    def __call__(self) -> None:
        self.tasks += 1
        if time.monotonic() >= self.next:
            _change(self.one, written=min(self.tasks, self.one.tasks or self.tasks))  # some read their tasks twice
            self.next = time.monotonic() + TOLD_EVERY
