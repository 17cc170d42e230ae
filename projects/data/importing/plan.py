"""What is found in files before anything of them is written: rows, labels, samples, what is wrong."""

import base64
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

from projects.data.connectors.files import Files
from projects.data.importing import dry_run
from projects.data.importing.answers import names_in
from projects.data.importing.choices import EXTERNAL_ID, Choices, column_proposals, columns_before, proposals
from projects.data.reading.columns import MAPPED
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.readers import label_studio
from projects.data.reading.readers.columns import ANSWER as ANSWER_COLUMN
from projects.data.reading.readers.columns import SPANS
from projects.data.reading.rows import Fault, Item, Row, memory_of_row, storable, told
from projects.data.reading.sandboxed import ReadingProcess
from projects.errors import Refused
from projects.models import Import, Project
from projects.queue.answer_check import asked_of, labels_of
from projects.task_types import TASK_TYPES
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
    by: set[str] = field(default_factory=set)
    labels: Counter[str] = field(default_factory=Counter)
    shapes: dict[str, set[str]] = field(default_factory=dict)
    problems: list[dict[str, str]] = field(default_factory=list)
    losses: list[dict[str, str]] = field(default_factory=list)
    samples: list[dict[str, Any]] = field(default_factory=list)
    meanings: dict[str, str] = field(default_factory=dict)  # of labels, as they are proposed
    is_named: bool = False  # whether each row has an external_id, which stands for one content


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
        has_own_answers = chosen.key == label_studio.FORMAT.key
        mapped = proposed = column_proposals(project, columns, has_own_answers=has_own_answers)
    sample = _sample_of(project, reader, files, chosen, mapped, clock)
    if EXTERNAL_ID in proposed.values() and not sample.found.is_named:
        mapped = proposed = {name: target for name, target in proposed.items() if target != EXTERNAL_ID}
        sample = _sample_of(project, reader, files, chosen, mapped, clock)
    if SPANS in proposed.values() and sample.found.lost and not sample.found.answered:  # it is called so, and is none
        mapped = proposed = {name: target for name, target in proposed.items() if target == EXTERNAL_ID}
        sample = _sample_of(project, reader, files, chosen, mapped, clock)
    found = sample.found
    if sample.problem and (found.rows or not columns):
        raise sample.problem
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
        "labels": [_label(name, number, found) for name, number in found.labels.most_common(MOST_LABELS)],
        "columns": columns,
        "mapped": mapped,
        "guessed": not found.answered
        and any(target.startswith((ANSWER_COLUMN, SPANS)) for target in proposed.values()),
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
    until = clock() + SAMPLE_SECONDS
    items, size = [], 0
    stream = reader.items(files, chosen, Reading(project.task_type, 0, mapped))
    try:
        with closing(stream):
            for item in stream:
                size += memory_of_row(item) if isinstance(item, Row) else 0
                items.append(_light(item))
                if len(items) >= SAMPLE_ROWS or size > SAMPLE_BYTES or clock() > until:
                    sample.is_complete = next(stream, None) is None
                    break
    except Refused as refused:
        sample.problem = refused
    _count_all(project, items, sample.found)
    return sample


def needs(planned: dict[str, Any]) -> list[str]:
    """What only somebody can say before such files are loaded."""
    asked = ["answers"] if planned["answered"] else []
    return [*asked, "columns"] if planned["problem"] or planned.get("guessed") else asked


def _label(name: str, number: int, found: _Found) -> dict[str, Any]:
    return {
        "name": name,
        "count": number,
        "meaning": found.meanings[name],
        "shapes": sorted(found.shapes.get(name, ())),
    }


def _light(item: Item) -> Item:
    """The same without the bytes of its picture, which nothing here looks at but its thumbnail."""
    if isinstance(item, Fault) or item.picture is None:
        return item
    return replace(item, picture=replace(item.picture, data=b""))


def _count_all(project: Project, items: Sequence[Item], found: _Found) -> None:
    """Count what these rows hold, and what the load would do with them by its own checks."""
    rows = [item for item in items if isinstance(item, Row)]
    asked = asked_of(project, labels_of(project))
    _count_labels(project, asked, rows, found)
    found.meanings = proposals(project, list(found.labels))
    choices = Choices(answers=usual_answers(any(row.said for row in rows), _is_predicted(rows)))
    report = dry_run.check(project, items, replace(choices, labels=found.meanings), found.shapes)
    rows = [row for row in rows if row.place not in report.rejected]
    _count_labels(project, asked, rows, found)
    found.refused, found.lost = len(report.faults), len(report.losses)
    found.problems = [fault.kept() for fault in report.faults[:PROBLEMS]]
    found.losses = [fault.kept() for fault in report.losses[:PROBLEMS]]
    for row in rows:
        _count(row, found)
    found.is_named = _is_named(project, [item for item in items if isinstance(item, Row)])


def _is_predicted(rows: Sequence[Row]) -> bool:
    return any(said.predicted for row in rows for said in row.said)


def _is_named(project: Project, rows: Sequence[Row]) -> bool:
    """Whether each row has an external_id, and each of these stands for one content."""
    shown = TASK_TYPES[project.task_type].payload_fields
    contents: dict[str, object] = {}
    for row in rows:
        content = {name: value for name, value in row.fields.items() if name in shown and name != "meta"}
        if row.external_id is None or contents.setdefault(row.external_id, content) != content:
            return False
    return True


def _count_labels(project: Project, asked: Mapping[str, Mapping[str, Any]], rows: Sequence[Row], found: _Found) -> None:
    """The names of labels in the answers of these rows, and no others."""
    found.labels, found.shapes = Counter(), {}
    for row in rows:
        for said in row.said:
            for name, shapes in names_in(TASK_TYPES[project.task_type], said, asked).items():
                is_listed = len(found.labels) < MOST_LABELS and (not found.meanings or name in found.meanings)
                if name in found.labels or is_listed:
                    found.labels[name] += 1
                    found.shapes.setdefault(name, set()).update(shapes)


def _count(row: Row, found: _Found) -> None:
    found.rows += 1
    found.answered += bool(row.said)
    for said in row.said:
        found.predicted += said.predicted
        if said.by:
            found.by.add(said.by[:80])
    if len(found.samples) < SHOWN and (row.said or len(found.samples) < SHOWN // 2):
        found.samples.append(_sample(row))


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
    answers = usual_answers(planned["answered"] > 0, planned["predicted"] > 0)
    labels = {one["name"]: one["meaning"] for one in planned["labels"]}
    return Choices(answers=answers, labels=labels, columns=planned["mapped"], format=planned["format"])


def usual_answers(is_answered: bool, is_predicted: bool) -> str:
    """What the answers of files usually become, by whether they call any a model's."""
    if not is_answered:
        return Import.Answers.LEAVE
    return Import.Answers.PREDICTION if is_predicted else Import.Answers.JUDGEMENT
