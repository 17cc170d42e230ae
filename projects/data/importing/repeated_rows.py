"""Rows about one task: crowds send a row for each answer, and the same file may come again.

Two rows are about the same task if they have the same external_id and show the same. If they bring answers, fields that
only come back with the result (meta) may differ: the first row's are kept.
"""

from typing import Any

from projects.data.importing.answers import Spoken
from projects.data.importing.kept_answers import NOBODY_ASKED
from projects.data.importing.loaded import Loaded
from projects.data.importing.row_check import Ready
from projects.data.reading.rows import Fault
from projects.models import Import
from projects.queue import MOST_WANTED
from taskers.errors import Place, sentence

MAX_NAMES = 5  # fields that a fault names


def merge(rows: list[Ready], answers_become: str, report: Loaded) -> list[Ready]:
    """The first row of each external_id, with the answers of all. Adds repeats, conflicts and what can't be kept of
    them to the report."""
    first: dict[str, Ready] = {}
    for row in rows:
        before = first.setdefault(row.external_id, row)
        if before is not row and is_same_task(row, before.digest, before.payload, before.place, report):
            first[row.external_id] = _with_answers_of(before, row, answers_become, report)
    return list(first.values())


def is_same_task(row: Ready, digest: str, payload: dict[str, Any] | None, place: str, report: Loaded) -> bool:
    """Whether a row is about the task with this digest and payload (None where it isn't known): one that the row at
    `place` of the file makes, or that is there (""). If it isn't, the report has its fault."""
    if row.digest == digest:
        report.known += 1
        return True
    shows_the_same = payload is not None and _content(payload) == _content(row.payload)
    names = _differing_meta(row.payload, payload) if shows_the_same and payload is not None else []
    if shows_the_same and row.brings_answers:
        report.known += 1
        if names:
            text = sentence(
                "The task has other values of %(names)s already; they stay, and the answer is kept.",
                names=_listed(names),
            )
            report.losses.append(Fault(f"{row.place}, meta", "meta-differs", text))
        return True
    report.reject(row.place, Fault(row.place, "external-id-conflict", _conflict(row, place, names)))
    return False


def _conflict(row: Ready, place: str, names: list[str]) -> str:
    if names and place:
        return sentence(
            "The external_id “%(name)s” is used at %(place)s of the same file with other values of %(names)s; that"
            " task stays as it is.",
            name=row.external_id,
            place=Place(place),
            names=_listed(names),
        )
    if names:
        return sentence(
            "The external_id “%(name)s” is used in this project with other values of %(names)s; that task stays as"
            " it is.",
            name=row.external_id,
            names=_listed(names),
        )
    if place:
        return sentence(
            "The external_id “%(name)s” is used at %(place)s of the same file for another payload; that task stays as"
            " it is.",
            name=row.external_id,
            place=Place(place),
        )
    return sentence(
        "The external_id “%(name)s” is used in this project for another payload; that task stays as it is.",
        name=row.external_id,
    )


def _content(payload: dict[str, Any]) -> dict[str, Any]:
    """What a task shows: its payload without what only comes back with the result."""
    return {name: value for name, value in payload.items() if name != "meta"}


def _differing_meta(payload: dict[str, Any], before: dict[str, Any]) -> list[str]:
    meta, meta_before = payload.get("meta") or {}, before.get("meta") or {}
    return [name for name, value in meta.items() if name not in meta_before or meta_before[name] != value]


def _listed(names: list[str]) -> str:
    more = ", …" if len(names) > MAX_NAMES else ""
    return ", ".join(f"“{name[:60]}”" for name in names[:MAX_NAMES]) + more


def _with_answers_of(before: Ready, row: Ready, answers_become: str, report: Loaded) -> Ready:
    """The row before with the answers of one that repeats it, as far as both can be kept."""
    answers = {said.by: said for said in before.said}
    is_one_answer = answers_become in (Import.Answers.GOLD, Import.Answers.VERDICT)
    for said in row.said:
        if said.by in answers and answers_become == Import.Answers.PREDICTION:
            _lose(answers.pop(said.by), report)  # the newest of a source is offered
        elif said.by in answers or (is_one_answer and answers):
            _lose(said, report)
            continue
        elif len(answers) >= MOST_WANTED:
            report.losses.append(Fault(f"{said.place}, answer", "nobody-asked", NOBODY_ASKED))
            continue
        answers[said.by] = said
    return before._replace(said=tuple(answers.values()), known=before.known or row.known)


def _lose(said: Spoken, report: Loaded) -> None:
    text = "Another row has the answer to this task that is kept, by the same annotator or as the only one."
    report.losses.append(Fault(f"{said.place}, answer", "said-twice", text))
