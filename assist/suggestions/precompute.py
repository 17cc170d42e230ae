"""Suggestions ahead of the people: a model goes through a whole batch in the background, or reads what somebody will
get next. The only writer of Precompute and Precomputed.

Texts are read and their spans kept, or where they lie; images get their embeddings, so that the first click on any of
them is a warm one. Each handful is one transaction with the cursor, so a job that was killed goes on where it stood,
and a handful done twice is written once.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from procrastinate.contrib.django import app

from assist.adapters.budget import FREE
from assist.errors import CopilotError
from assist.models import ModelVersion, Precompute, Precomputed
from assist.registry import registry, resolution
from assist.runtime.client import serving, status_now
from assist.suggestions import asked_ahead, choices, judged, written
from assist.suggestions.bindings import OF_IMAGES, WRITES, capabilities_of, capability_of, subject_of, worded_of
from assist.suggestions.vector_encoding import unpacked
from assist.suggestions.written import Question
from projects.errors import NotPublished
from projects.models import Batch, Project, Task
from taskers.errors import StateConflict
from taskers.models import Person

log = logging.getLogger(__name__)

JOB = "assist.jobs.prepare"
HANDFUL = 64
PIECE = 5_000  # rows let go of at once
TRIES = 12  # times that a copilot which is down is asked again
PAUSE_SECONDS = 5.0
PASSING = {"copilot-down", "busy", "too-slow", "backend-down", "backend-slow"}
RUNNING, STOPPED, FAILED, DONE = (Precompute.State[name] for name in ("RUNNING", "STOPPED", "FAILED", "DONE"))


@transaction.atomic
def start_all(batch: Batch, *, by: Person) -> list[Precompute]:
    """Begin, or go on, with each version that answers in this project: those deployed, and for the rest of the work the
    one that the runtime answers with by itself. What is under way already stays so.

    Raises StateConflict, also where nothing is left to begin, and NotPublished in a draft.
    """
    usual, *more = _capabilities(batch)
    shares = {row.version: row.share for row in resolution.deployed(batch.project, usual)}
    shares |= {row.version: row.share for one in more for row in resolution.deployed(batch.project, one)}
    own = sum(share for version, share in shares.items() if version.capability == usual)
    if own < registry.WHOLE and usual not in WITHOUT_DEFAULT:
        shares.setdefault(registry.model_version(_usual(usual)), registry.WHOLE)
    under_way = Precompute.objects.filter(batch=batch, state=RUNNING, what=Precompute.What.USUAL)
    running = set(under_way.values_list("version", flat=True))
    begun = [start(batch, by=by, version=one) for one in shares if one.pk not in running]
    if not begun:
        raise StateConflict("This is under way already.")
    return begun


@transaction.atomic
def start(batch: Batch, *, by: Person, version: ModelVersion | None = None) -> Precompute:
    """Begin, or go on after a stop or a failure; a worker does the work. Raises StateConflict.

    Without a version it is the one that the runtime answers with by itself.
    """
    usual, *more = _capabilities(batch)
    chosen = version or registry.model_version(_usual(usual))
    if chosen.capability not in {usual, *more}:
        raise StateConflict("%(model)s can't do what these tasks need.", model=str(chosen))
    return _begun(batch, chosen, Precompute.What.USUAL, by)


@transaction.atomic
def start_everything(batch: Batch, *, by: Person) -> Precompute:
    """The same, of the masks of all that stands apart in each image; they are offered to whoever asks for everything.
    Raises StateConflict."""
    if capability_of(batch.project.task_type, batch.project.settings_now()) != "segment":
        raise StateConflict("The copilot finds everything in images alone.")
    deployed = resolution.deployed(batch.project, "segment")
    chosen = deployed[0].version if deployed else registry.model_version(_usual("segment"))
    return _begun(batch, chosen, Precompute.What.EVERYTHING, by)


def _begun(batch: Batch, version: ModelVersion, what: str, by: Person) -> Precompute:
    if batch.project.state == Project.State.DRAFT:
        raise NotPublished()
    row, made = Precompute.objects.get_or_create(batch=batch, version=version, what=what, defaults={"started_by": by})
    if not made:
        moved = Precompute.objects.filter(pk=row.pk).exclude(state=RUNNING).update(state=RUNNING, note="")
        if not moved:
            raise StateConflict("This is under way already.")
        row.refresh_from_db()
    hand_over(row.pk)
    return row


def hand_over(key: int, _project: int = 0) -> None:
    """Have a worker begin, or go on."""
    app.configure_task(JOB, queue="copilot", lock=f"prepare:{key}").defer(preparation_key=key)


def stop(row: Precompute) -> None:
    """No further handful. Raises StateConflict if it isn't under way."""
    if not Precompute.objects.filter(pk=row.pk, state=RUNNING).update(state=STOPPED):
        raise StateConflict("This isn't under way any more.")


def run(key: int, *, pause: float = PAUSE_SECONDS) -> int:
    """Go on until the batch's end, a stop, or a copilot that doesn't come back; returns how many tasks became ready."""
    ready = 0
    while True:
        row = Precompute.objects.select_related("batch__project", "version").filter(pk=key, state=RUNNING).first()
        if row is None:
            return ready
        left = Task.objects.filter(batch=row.batch, pk__gt=row.after).select_related("asset").order_by("pk")
        tasks = list(left[: _at_once(row)])
        if not tasks:
            Precompute.objects.filter(pk=key, state=RUNNING).update(state=DONE)
            return ready
        started = time.monotonic()
        try:
            problems = _handful(row, tasks, pause)
        except CopilotError as problem:
            note = f"{problem.text} {row.done:,} tasks are ready; start it again to go on."
            Precompute.objects.filter(pk=key, state=RUNNING).update(state=FAILED, note=note[:300])
            return ready
        ready += len(tasks)
        _moved(row, tasks, problems, time.monotonic() - started)


def open_keys() -> Iterable[tuple[int, int]]:
    """What is under way, each with its project."""
    return Precompute.objects.filter(state=RUNNING).values_list("pk", "batch__project_id")


def give_up(key: int, reason: str) -> None:
    """End what nobody brings to its end, and say why."""
    Precompute.objects.filter(pk=key, state=RUNNING).update(state=FAILED, note=reason)


def read_ahead(tasks: Sequence[Task], patience: float) -> int:
    """Have these texts read, each by the model that will probably answer for it; returns how many weren't before.

    Raises CopilotError, or TimeoutError after `patience` seconds with one model.
    """
    status = status_now(settings.RUNTIME_ADDRESS, 2.0)
    if status is None:
        raise CopilotError("copilot-down")
    asked: dict[str, list[Task]] = defaultdict(list)
    for task in tasks:
        capability = capability_of(task.project.task_type, task.project.settings_now())
        if capability and task.payload.get("text"):
            deployed = resolution.chosen(task.project.public_id, capability, subject_of(task)) or ""
            asked[serving(status, capability, deployed)].append(task)
    versions = {model: registry.model_version(model) for model in asked}
    # A model that gives shares is asked by a project's words, and these tasks may be of several.
    alike = {model: rows for model, rows in asked.items() if not judged.gives_shares(versions[model])}
    return sum(_read_new(versions[model], rows, patience) for model, rows in alike.items())


def forget() -> int:
    """Let go of what was prepared for tasks that are gone or whose batches are over; returns how many rows.

    Where such a batch is opened again, the model is asked when somebody comes.
    """
    over = [Batch.State.CLOSED, Batch.State.CANCELLED]
    wanted = Task.objects.filter(pk=OuterRef("task_key")).exclude(batch__state__in=over)
    rows = Precomputed.objects.filter(~Exists(wanted))
    gone = 0
    while keys := list(rows.values_list("pk", flat=True)[:PIECE]):
        gone += Precomputed.objects.filter(pk__in=keys).delete()[0]
    return gone


def found(task_key: int, model: str) -> Any:
    """What was prepared for a task by this model (see Precomputed.output); None if nothing was."""
    name, _, version = model.rpartition("@")
    rows = Precomputed.objects.filter(task_key=task_key, version__name=name, version__version=version)
    return rows.values_list("output", flat=True).first()


def outstanding(row: Precompute) -> bool:
    """Whether tasks were loaded since the model came to the batch's end."""
    return Task.objects.filter(batch=row.batch_id, pk__gt=row.after).exists()


def _capabilities(batch: Batch) -> tuple[str, ...]:
    """What models can do for the tasks of a batch, the usual thing first. Raises StateConflict."""
    found = capabilities_of(batch.project.task_type, batch.project.settings_now())
    if not found:
        raise StateConflict("The copilot has nothing to offer for this type of task.")
    if found[0] == "spans":
        return found if worded_of(batch.project.labels.in_use()) else found[:1]
    if found[0] != "classify":
        return found
    if _has_texts(batch):
        return found[0], WRITES
    if not any(resolution.deployed(batch.project, one) for one in OF_IMAGES):
        raise StateConflict("The copilot suggests classes of texts; this batch holds images.")
    return OF_IMAGES


def _usual(capability: str) -> str:
    try:
        return str(_serving(capability))
    except CopilotError as problem:
        down = problem.code == "copilot-down"
        raise StateConflict("The copilot is not running: start it first." if down else problem.text) from None


def _serving(capability: str) -> ModelVersion:
    """What the runtime answers with by itself. Raises CopilotError."""
    status = status_now(settings.RUNTIME_ADDRESS, 2.0)
    if status is None:
        raise CopilotError("copilot-down")
    return registry.model_version(serving(status, capability))


def _handful(row: Precompute, tasks: Sequence[Task], pause: float) -> int:
    """Have these tasks made ready; returns how many the model could do nothing with. Raises CopilotError."""
    for attempt in range(TRIES):
        try:
            return _way(row)(row, tasks)
        except CopilotError as problem:
            paid = row.version.capability == WRITES and problem.code not in FREE  # asking again may cost all again
            if paid or problem.code not in PASSING or attempt == TRIES - 1:
                raise
            time.sleep(pause)
    raise AssertionError("not reached")


def _at_once(row: Precompute) -> int:
    """Tasks: all that stands apart in one image, or words for one text, take as long as a handful of other answers."""
    slow = row.what == Precompute.What.EVERYTHING or row.version.capability == WRITES
    return 1 if slow else HANDFUL


def _way(row: Precompute) -> Callable[[Precompute, Sequence[Task]], int]:
    return _everything if row.what == Precompute.What.EVERYTHING else WAYS[row.version.capability]


def _has_texts(batch: Batch) -> bool:
    """By its first task: a batch is loaded from one kind of file."""
    first = Task.objects.filter(batch=batch).order_by("pk").first()
    return first is None or "text" in first.payload


def _texts(row: Precompute, tasks: Sequence[Task]) -> int:
    unsaid = _unsaid(row.version, tasks)
    return len(unsaid) - _read(row.version, [task for task in unsaid if task.payload.get("text")])


def _read_new(version: ModelVersion, tasks: Sequence[Task], patience: float) -> int:
    return _read(version, _unsaid(version, tasks), patience)


def _unsaid(version: ModelVersion, tasks: Sequence[Task]) -> list[Task]:
    """Those of which nothing by this model is kept: a handful that was cut off isn't asked about again."""
    known = Precomputed.objects.filter(version=version, task_key__in=[task.pk for task in tasks])
    said = set(known.values_list("task_key", flat=True))
    return [task for task in tasks if task.pk not in said]


def _read(version: ModelVersion, tasks: Sequence[Task], patience: float | None = None) -> int:
    """Keep what this model says of these texts; returns of how many it said anything that can be used."""
    if not tasks:
        return 0
    answers = asked_ahead.of_texts(version, tasks, patience)
    told = [(task, said) for task, said in zip(tasks, answers, strict=True) if said is not None]
    _kept(version, told)
    return len(told)


def _kept(version: ModelVersion, told: Iterable[tuple[Task, Any]]) -> None:
    made = [Precomputed(task_key=task.pk, version=version, output=said) for task, said in told]
    Precomputed.objects.bulk_create(made, ignore_conflicts=True)


def _pictures(row: Precompute, tasks: Sequence[Task]) -> int:
    """Each image is asked about once, in however many tasks of the project it is; and again by a model that weighs a
    project's words, which may be others by now."""
    version, keeps = row.version, row.version.capability != "segment"  # what is encoded lies in the runtime's store
    unsaid = _unsaid(version, tasks) if keeps else list(tasks)
    assets = {task.asset_id for task in unsaid if task.asset_id}
    known = _said_of_images(row, assets) if keeps and not judged.gives_shares(version) else {}
    fresh = {task.asset_id: task for task in unsaid if task.asset_id and task.asset_id not in known}
    told = asked_ahead.of_images(version, list(fresh.values())) if fresh else []
    known |= {task.asset_id: said for task, said in told}
    mine = [(task, known[task.asset_id]) for task in unsaid if task.asset_id in known]
    _kept(version, [(task, said) for task, said in mine if said])
    return len(unsaid) - len(mine)


def _said_of_images(row: Precompute, assets: Collection[int]) -> dict[int | None, Any]:
    """What this model has said of these images in other tasks of the project, by the image's key."""
    kept = Precomputed.objects.filter(version=row.version, task_key=OuterRef("pk"))
    others = Task.objects.filter(asset__in=assets, project=row.batch.project_id).filter(Exists(kept))
    task_of = dict(others.order_by("asset", "pk").distinct("asset").values_list("pk", "asset"))
    said = Precomputed.objects.filter(version=row.version, task_key__in=task_of)
    return {task_of[key]: output for key, output in said.values_list("task_key", "output")}


def _everything(row: Precompute, tasks: Sequence[Task]) -> int:
    unsaid = _unsaid(row.version, tasks)
    told = asked_ahead.everything(row.version, unsaid) if unsaid else []
    _kept(row.version, told)
    return len(unsaid) - len(told)


def _words(row: Precompute, tasks: Sequence[Task]) -> int:
    """Words cost: nobody is asked for those that wouldn't be offered, nor twice for the same."""
    problems = 0
    for task in asked_ahead.to_write_for(row.batch.project, tasks):
        questions = _questions(row.batch.project, task)
        kept = (found(task.pk, str(row.version)) or {}).get("words", {})
        for one in questions:
            if kept.get(one.key, [""])[0] == one.asked:
                continue
            kept = kept | {one.key: [one.asked, asked_ahead.words(row.version, one)]}
            Precomputed.objects.update_or_create(
                task_key=task.pk, version=row.version, defaults={"output": {"words": kept}}
            )
        problems += bool(questions) and not any(kept[one.key][1] for one in questions)
    return problems


def _questions(project: Project, task: Task) -> list[Question]:
    """For the fields of a text; or for attributes of the spans that the model which answers most finds in it."""
    terms, text = project.settings_now(), str(task.payload["text"])
    if capability_of(project.task_type, terms) != "spans":
        return [written.of_field(one, text) for one in choices.texts(terms, task.payload)]
    rows = resolution.deployed(project, "spans")
    most = max(rows, key=lambda one: one.share).version if rows else _serving("spans")
    spans = said_of(most, [task]).get(task.pk)
    _kept(most, [(task, spans)] if spans is not None else [])
    labels, least = list(project.labels.in_use()), {"": terms.minimum_score} | terms.label_minimums
    keys, own = [one.key for one in labels], registry.label_map_of(str(most))
    return written.of_spans(text, spans or [], worded_of(labels), least, terms.label_mapping, keys, own)


def kept_vectors(version: ModelVersion, keys: Sequence[int]) -> dict[int, np.ndarray]:
    """Where texts or images lie by what was prepared, by the tasks' keys."""
    rows = Precomputed.objects.filter(version=version, task_key__in=keys)
    return {key: unpacked(said) for key, said in rows.values_list("task_key", "output")}


def vectors_of(
    version: ModelVersion, tasks: Sequence[Task], patience: float | None = None, *, keep: bool = False
) -> list[np.ndarray | None]:
    """Where these tasks' texts or images lie, by what was prepared or by asking; None of those that can't be read.
    `keep`: as prepared from then on, so that nothing is paid twice.

    Raises CopilotError, or TimeoutError after `patience` seconds.
    """
    known = said_of(version, tasks, patience)
    if keep:
        _kept(version, [(task, known[task.pk]) for task in tasks if task.pk in known])
    return [unpacked(known[task.pk]) if task.pk in known else None for task in tasks]


def said_of(version: ModelVersion, tasks: Sequence[Task], patience: float | None = None) -> dict[int, Any]:
    """What this model says of these tasks, by their keys: what was prepared, or by asking (see Precomputed.output);
    without those that it says nothing of. Raises as `vectors_of` does."""
    rows = Precomputed.objects.filter(version=version, task_key__in=[task.pk for task in tasks])
    known = dict(rows.values_list("task_key", "output"))
    fresh = [task for task in tasks if task.pk not in known and (task.asset_id or task.payload.get("text"))]
    if fresh and version.capability in OF_PICTURES:
        known |= {task.pk: said for task, said in asked_ahead.of_images(version, fresh, patience)}
    elif fresh:
        told = asked_ahead.of_texts(version, fresh, patience)
        known |= {task.pk: said for task, said in zip(fresh, told, strict=True) if said is not None}
    return known


OF_PICTURES = ("segment", "detect", "read", "classify-image", "embed-image")
WAYS = {"spans": _texts, "classify": _texts, WRITES: _words} | dict.fromkeys(OF_PICTURES, _pictures)
WITHOUT_DEFAULT = ("classify-image", "embed-image")  # the runtime answers this with no model of its own


@transaction.atomic
def _moved(row: Precompute, tasks: Sequence[Task], problems: int, seconds: float) -> None:
    """Past these tasks, unless somebody else already is."""
    Precompute.objects.filter(pk=row.pk, after=row.after).update(
        after=tasks[-1].pk,
        done=F("done") + len(tasks),
        problems=F("problems") + problems,
        seconds=F("seconds") + seconds,
    )
