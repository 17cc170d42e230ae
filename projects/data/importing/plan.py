"""What is found in files before anything of them is written: rows, labels, samples, what is wrong."""

import base64
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from projects.data.connectors.files import Files
from projects.data.importing.answers import names_in
from projects.data.importing.choices import EXTERNAL_ID, Choices, column_proposals, columns_before, proposals
from projects.data.importing.row_check import parts, ready
from projects.data.reading.columns import MAPPED
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.readers.columns import ANSWER as ANSWER_COLUMN
from projects.data.reading.rows import Fault, Row, memory_of_row, storable, told
from projects.data.reading.sandboxed import ReadingProcess
from projects.errors import Refused
from projects.models import Import, Project
from projects.queue.answer_check import asked_of, labels_of
from projects.task_types import TASK_TYPES, TaskType
from taskers.errors import reason_again

SAMPLE_ROWS = 2_000
SAMPLE_BYTES = 24 * 1024 * 1024
SAMPLE_SECONDS = 20.0
SHOWN = 6  # samples on the page
PROBLEMS = 50  # of a kind, on the page
MOST_LABELS = 300  # of a page's form: each takes two of its fields
TEXT = 1_500  # characters of a sample's text
ANSWER = 50_000  # characters of a sample's answer


@dataclass
class _Found:
    """What was counted."""

    rows: int = 0
    refused: int = 0
    lost: int = 0
    answered: int = 0  # rows with an answer
    predicted: int = 0  # answers that the file calls a model's
    size: int = 0
    by: set[str] = field(default_factory=set)
    labels: Counter[str] = field(default_factory=Counter)
    shapes: dict[str, set[str]] = field(default_factory=dict)
    problems: list[dict[str, str]] = field(default_factory=list)
    losses: list[dict[str, str]] = field(default_factory=list)
    samples: list[dict[str, Any]] = field(default_factory=list)
    external_ids: list[str | None] = field(default_factory=list)


@dataclass
class _Sample:
    """What was counted, whether that is all there is, and why it ended before."""

    found: _Found
    is_complete: bool = True
    problem: Refused | None = None


def plan(
    project: Project,
    reader: ReadingProcess,
    files: Files,
    chosen: ImportFormat,
    choices: Choices | None,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, Any]:
    """What is there; of large files a sample, and it says so ("all"). Writes nothing. Without `choices` columns mean
    what they did the last time, or what their names say.

    Where the files as a whole can't be read Refused is raised, unless a mapping of their columns may help.
    """
    columns = reader.header(files, chosen)
    mapped, proposed = dict(choices.columns) if choices else columns_before(project, columns), {}
    if choices is None and not mapped and chosen.key in MAPPED:
        mapped = proposed = column_proposals(project, columns)
    sample = _sample_of(project, reader, files, chosen, mapped, clock)
    names = sample.found.external_ids
    if EXTERNAL_ID in proposed.values() and (None in names or len(set(names)) < len(names)):
        mapped = proposed = {name: target for name, target in proposed.items() if target != EXTERNAL_ID}
        sample = _sample_of(project, reader, files, chosen, mapped, clock)
    found = sample.found
    if sample.problem and (found.rows or not columns):
        raise sample.problem
    meanings = proposals(project, list(found.labels)[:MOST_LABELS])
    said = {
        "format": chosen.key,
        "title": str(chosen.title),
        "note": str(chosen.note),
        "rows": found.rows,
        "all": sample.is_complete,
        "refused": found.refused,
        "answered": found.answered,
        "predicted": found.predicted,
        "by": sorted(found.by)[:20],
        "labels": [_label(name, number, found, meanings) for name, number in found.labels.most_common(MOST_LABELS)],
        "columns": columns,
        "mapped": mapped,
        "guessed": not found.answered and any(target.startswith(ANSWER_COLUMN) for target in proposed.values()),
        "problem": sample.problem.text if sample.problem else "",
        "problem_of": sample.problem.kept() if sample.problem else {},
        "problems": found.problems,
        "lost": found.lost,
        "losses": found.losses,
        "samples": found.samples,
    }
    return {name: storable(value) for name, value in said.items()}


def _sample_of(
    project: Project,
    reader: ReadingProcess,
    files: Files,
    chosen: ImportFormat,
    mapped: Mapping[str, str],
    clock: Callable[[], float],
) -> _Sample:
    """The first rows, read with this mapping of columns."""
    sample = _Sample(_Found())
    found, asked = sample.found, asked_of(project, labels_of(project))
    until = clock() + SAMPLE_SECONDS
    items = reader.items(files, chosen, Reading(project.task_type, 0, mapped))
    try:
        with closing(items):
            for item in items:
                _count(project, asked, found, item)
                if found.rows + found.refused >= SAMPLE_ROWS or found.size > SAMPLE_BYTES or clock() > until:
                    sample.is_complete = next(items, None) is None
                    break
    except Refused as refused:
        sample.problem = refused
    return sample


def needs(planned: dict[str, Any]) -> list[str]:
    """What only somebody can say before such files are loaded."""
    asked = ["answers"] if planned["answered"] else []
    return [*asked, "columns"] if planned["problem"] or planned.get("guessed") else asked


def _label(name: str, number: int, found: _Found, meanings: dict[str, str]) -> dict[str, Any]:
    return {"name": name, "count": number, "meaning": meanings[name], "shapes": sorted(found.shapes.get(name, ()))}


def _checked(room: TaskType, item: Row | Fault) -> Row | Fault:
    """Its fault where the task type refuses a row; of those that name a stored picture nothing is known before."""
    if isinstance(item, Fault) or (item.picture is None and parts(room, item.fields)):
        return item
    try:
        ready(room, item, {})
    except Refused as refused:
        return Fault.of(refused, item.place)
    return item


def _count(project: Project, asked: Mapping[str, Mapping[str, Any]], found: _Found, item: Row | Fault) -> None:
    room = TASK_TYPES[project.task_type]
    item = _checked(room, item)
    if isinstance(item, Fault):
        found.refused += 1
        if len(found.problems) < PROBLEMS:
            found.problems.append(item.kept())
        return
    found.rows += 1
    found.external_ids.append(item.external_id)
    found.size += memory_of_row(item)
    found.lost += len(item.lost)
    found.losses += [one.kept() for one in item.lost[: PROBLEMS - len(found.losses)]]
    found.answered += bool(item.said)
    for said in item.said:
        found.predicted += said.predicted
        if said.by:
            found.by.add(said.by[:80])
        for name, shapes in names_in(room, said, asked).items():
            if name in found.labels or len(found.labels) < MOST_LABELS:
                found.labels[name] += 1
                found.shapes.setdefault(name, set()).update(shapes)
    if len(found.samples) < SHOWN and (item.said or len(found.samples) < SHOWN // 2):
        found.samples.append(_sample(item))


def _sample(row: Row) -> dict[str, Any]:
    """A row as it is shown: its text or a small picture, and the first answer that it brings."""
    answer = row.said[0].answer if row.said else {}
    sample: dict[str, Any] = {
        "place": row.place,
        "external_id": row.external_id or "",
        "answer": answer if len(str(answer)) <= ANSWER else {},
        "answers": len(row.said),
    }
    text = row.fields.get("text")
    if isinstance(text, str):
        sample["text"] = text[:TEXT]
    if row.picture is not None:
        sample["picture"] = base64.b64encode(row.picture.thumbnail).decode()
        sample["size"] = {"width": row.picture.width, "height": row.picture.height}
    return sample


def problems_of(planned: dict[str, Any]) -> Iterator[dict[str, str]]:
    """What is wrong with rows, and what of them is lost."""
    yield from planned["problems"]
    yield from planned["losses"]


def without_pictures(planned: dict[str, Any] | None) -> dict[str, Any] | None:
    """The same for programs."""
    if planned is None:
        return None
    if "samples" not in planned:  # it is looked at anew
        return None
    samples = [{key: value for key, value in one.items() if key != "picture"} for one in planned["samples"]]
    return in_words(planned) | {"samples": samples, "needs": needs(planned)}


def in_words(planned: dict[str, Any]) -> dict[str, Any]:
    """The same with what is wrong said in the reader's language."""
    told_of = {name: [told(one) for one in planned[name]] for name in ("problems", "losses")}
    rest = {name: value for name, value in planned.items() if name != "problem_of"}
    return rest | told_of | {"problem": reason_again(planned["problem"], planned.get("problem_of", {}))}


def starting_choices(planned: dict[str, Any]) -> Choices:
    """What is proposed: a file's own word for what its answers are, and the labels that are called alike."""
    answers = Import.Answers.LEAVE
    if planned["answered"]:
        answers = Import.Answers.PREDICTION if planned["predicted"] else Import.Answers.JUDGEMENT
    labels = {one["name"]: one["meaning"] for one in planned["labels"]}
    return Choices(answers=answers, labels=labels, columns=planned["mapped"], format=planned["format"])
