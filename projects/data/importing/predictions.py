"""Predictions for tasks that are there already, as a pipeline sends them: kept as offers of a named source."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from projects.data.importing.choices import Choices
from projects.data.importing.kept_answers import AnswersKept, Offer
from projects.data.importing.storing import CHUNK_ROWS, KEPT_FAULTS
from projects.data.reading.readers.going_on import after
from projects.data.reading.readers.json_lines import value_of
from projects.data.reading.readers.lines import each_line
from projects.data.reading.rows import Fault, Said
from projects.errors import Refused
from projects.models import ArchivedTask, Import, Project, Task, limits
from projects.task_types.shape import a_text

FIELDS = {"task", "external_id", "answer", "score", "source"}


class Prediction(NamedTuple):
    """What a source says of a task that is named by one of two ids; the answer is unchecked."""

    place: str
    task: UUID | None
    external_id: str | None
    said: Said


@dataclass
class PredictionsKept:
    """What became of the rows. Good ones are kept, whatever happened to others."""

    read: int = 0
    kept: int = 0
    refused: int = 0
    faults: list[Fault] = field(default_factory=list)  # the first KEPT_FAULTS
    lost: int = 0  # parts of answers that were kept without them
    losses: list[Fault] = field(default_factory=list)  # the first KEPT_FAULTS


def read_predictions(file: BinaryIO) -> Iterator[Prediction | Fault]:
    """The rows of JSON Lines: {"task" or "external_id", "answer", "score"?, "source"?}."""
    return after(each_line(file, _row), 0)  # type: ignore[arg-type,return-value]


def keep_predictions(project: Project, rows: Iterable[Prediction | Fault], *, source: str = "") -> PredictionsKept:
    """Keep each as what its source says of its task: the newest of a source holds, so sending again is safe.

    `source` is whoever a row doesn't name. Each CHUNK_ROWS of them are one transaction.
    """
    kept = AnswersKept.of(project, Choices(answers=Import.Answers.PREDICTION, source=_source(source)), None)
    done = PredictionsKept()
    rows = iter(rows)
    while chunk := list(islice(rows, CHUNK_ROWS)):
        with transaction.atomic():
            _keep_chunk(project, kept, chunk, done)
    return done


def _keep_chunk(
    project: Project, kept: AnswersKept, chunk: Sequence[Prediction | Fault], done: PredictionsKept
) -> None:
    done.read += len(chunk)
    sent = [one for one in chunk if isinstance(one, Prediction)]
    for one in chunk:
        if isinstance(one, Fault):
            _refuse(done, one)
    tasks = _Tasks(project, sent)
    offers: dict[tuple[int, str], Offer] = {}
    for one in sent:
        task = tasks.of(one)
        if isinstance(task, Fault):
            _refuse(done, task)
            continue
        spoken, faults = kept.words.spoken(one.said, task.payload)
        faults = [Fault(f"{one.place}, {fault.place}", fault.code, fault.text) for fault in faults]
        if spoken is None:
            _refuse(done, faults[0])
            continue
        done.lost += len(faults)
        done.losses += faults[: KEPT_FAULTS - len(done.losses)]
        name = kept.name_of(spoken.by)
        offers[task.pk, name] = Offer(task.pk, spoken._replace(by=name))  # the last of a source holds
        done.kept += 1
    kept.offer_again(list(offers.values()))


def _refuse(done: PredictionsKept, fault: Fault) -> None:
    done.refused += 1
    if len(done.faults) < KEPT_FAULTS:
        done.faults.append(fault)


class _Tasks:
    """The tasks that some rows name."""

    def __init__(self, project: Project, sent: Sequence[Prediction]) -> None:
        ids = {one.task for one in sent if one.task}
        names = {one.external_id for one in sent if one.external_id}
        found = Task.objects.filter(Q(public_id__in=ids) | Q(external_id__in=names), project=project)
        self._found: dict[UUID | str | None, Task] = {}
        for task in found.only("pk", "public_id", "external_id", "payload"):
            self._found[task.public_id] = self._found[task.external_id] = task
        missing = names - self._found.keys()
        archived = ArchivedTask.objects.filter(project=project, external_id__in=missing)
        self._archived = set(archived.values_list("external_id", flat=True)) if missing else set()

    def of(self, one: Prediction) -> Task | Fault:
        task = self._found.get(one.task or one.external_id)
        if task is not None:
            return task
        if one.external_id in self._archived:
            return Fault(one.place, "task-archived", "The task is in the archive.")
        return Fault(one.place, "unknown-task", "The project has no such task.")


def _source(name: str) -> str:
    return a_text(name, "source", limits.SOURCE, blank=True)


def _row(place: str, line: str) -> Prediction | Fault:
    try:
        return _prediction(place, value_of(line))
    except Refused as refused:
        return Fault.of(refused, place)


def _prediction(place: str, value: Any) -> Prediction:
    if not isinstance(value, dict) or not isinstance(value.get("answer"), dict):
        raise Refused("Each row is an object with an “answer”, an object as well.", code="wrong-shape")
    if unknown := value.keys() - FIELDS:
        raise Refused("A row has no “%(name)s”.", code="unknown-field", name=min(unknown)[: limits.SOURCE])
    if ("task" in value) == ("external_id" in value):
        raise Refused("A row names its task by “task” or by “external_id”.", code="wrong-shape")
    source = a_text(value.get("source", ""), "source", limits.SOURCE, blank=True)
    said = Said(value["answer"], source, value.get("score"), predicted=True)
    if "external_id" in value:
        return Prediction(place, None, a_text(value["external_id"], "external_id", limits.EXTERNAL_ID), said)
    try:
        return Prediction(place, UUID(a_text(value["task"], "task", 60)), None, said)
    except ValueError:
        raise Refused("A task is named by its id.", code="wrong-shape", place="task") from None
