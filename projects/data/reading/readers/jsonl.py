"""JSON Lines: one object per line, {"external_id" or "id"?, "callback_url"?, "payload": {...}} or the payload's fields
themselves, with "gold" and its terms where the right answer comes along. Tandem's own export is read back as well: what
it says was decided is what the file says of the answer."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from projects.data.connectors.files import Files
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.readers.going_on import Later, after
from projects.data.reading.readers.lines import each_line
from projects.data.reading.readers.listing import each_file, heads
from projects.data.reading.readers.nesting import NestedTooDeep, check_depth, check_json
from projects.data.reading.rows import Fault, Item, Known, Row, Said, seconds_of
from projects.errors import Refused
from taskers.errors import sentence

ENDINGS = (".jsonl", ".ndjson")
EXPORTED = {"task", "project", "task_type", "batch", "answer", "verdict", "judgements", "external_id", "payload"}
EXPORTED |= {"labels", "state", "answered_at", "duration_ms"}
MAX_NAME = 200  # characters of an annotator's id


def read_jsonl(file: BinaryIO) -> Iterator[Item]:
    """The rows of one file that is read as it comes."""
    return after(each_line(file, _row), 0)


def read(files: Files, reading: Reading) -> Iterator[Item]:
    """The rows of every file of JSON Lines, in the order of their names."""
    return after(each_file(files, ENDINGS, _rows), reading.skip)


def _rows(file: BinaryIO) -> Iterator[Item | Later]:
    return each_line(file, _row)


def _value(place: str, line: str) -> Any:
    """What a line says; its fault where it can't be read."""
    try:
        check_json(line)
        value = json.loads(line, parse_constant=_no_constant)
        check_depth(value, "", line)
    except json.JSONDecodeError as problem:
        text = sentence("Not JSON: %(problem)s.", problem=problem.msg)
        if place == "line 1" and line.lstrip().startswith("["):
            text = sentence(
                "Not JSON: %(problem)s. JSON Lines has one object per line, not one list for the whole file.",
                problem=problem.msg,
            )
        return Fault(f"{place}, column {problem.colno}", "not-json", text)
    except ValueError as problem:
        return Fault(place, "not-json", sentence("Not JSON: %(problem)s.", problem=str(problem)))
    except RecursionError:
        return Fault.of(NestedTooDeep(), place)
    except Refused as refused:
        return Fault.of(refused, place)
    return value


def _row(place: str, line: str) -> Item:
    value = _value(place, line)
    if isinstance(value, Fault):
        return value
    if not isinstance(value, dict):
        return Fault(place, "wrong-shape", "Each line must be one JSON object.")
    said = _decided(value)
    external_id, named_by = value.pop("external_id", None), None
    if external_id is None and _is_name(value.get("id")):
        external_id = named_by = value.pop("id")
    if isinstance(external_id, int) and not isinstance(external_id, bool):
        external_id = str(external_id)
    if external_id is not None and not isinstance(external_id, str):
        return Fault(f"{place}, external_id", "wrong-shape", "An external_id is text.")
    try:
        known = _known(value)
    except Refused as refused:
        return Fault.of(refused, place)
    callback = value.pop("callback_url", None) if "payload" in value else None
    payload = value.pop("payload", None) if "payload" in value else value
    if payload is not value and value:
        text = sentence(
            "Beside “payload” only “external_id” or “id”, “callback_url”, and “gold” with its terms may stand, not"
            " “%(name)s”.",
            name=min(value)[:60],
        )
        return Fault(place, "unknown-field", text)
    if not isinstance(payload, dict):
        return Fault(f"{place}, payload", "wrong-shape", "A payload is a JSON object.")
    return Row(place, external_id, payload, size=len(line), known=known, id=named_by, callback=callback, said=said)


def _is_name(value: object) -> bool:
    """Whether a field `id` can be an external id: another thing that is called so is a field like any other."""
    return bool(value.strip()) if isinstance(value, str) else isinstance(value, int) and not isinstance(value, bool)


def _decided(value: dict[str, Any]) -> tuple[Said, ...]:
    """Takes what Tandem decided out of a line of its export, where the line is one."""
    if not {"payload", "answer", "task_type", "verdict"} <= value.keys() <= EXPORTED:
        return ()
    answer, date, duration_ms = value["answer"], value.get("answered_at"), value.get("duration_ms")
    annotator = ""
    if value.get("state") == "undecided":  # a line for each answer: it is its annotator's, not the project's
        annotator, active_ms = _annotator(value.get("judgements"))
        duration_ms = active_ms if duration_ms is None else duration_ms
    for name in EXPORTED - {"external_id", "payload"}:
        value.pop(name, None)
    if not isinstance(answer, dict):
        return ()
    milliseconds = seconds_of(duration_ms)
    seconds = None if milliseconds is None else milliseconds / 1000
    return (Said(answer, annotator, answered_at=date if isinstance(date, str) else "", seconds=seconds),)


def _annotator(judgements: object) -> tuple[str, object]:
    """Who gave an undecided answer, by id, and the time it took, which older exports have nowhere else; "" and None
    where the line doesn't name one judgement."""
    if not isinstance(judgements, list) or len(judgements) != 1 or not isinstance(judgements[0], dict):
        return "", None
    tasker = judgements[0].get("tasker")
    return tasker[:MAX_NAME] if isinstance(tasker, str) else "", judgements[0].get("active_ms") or None


def _known(value: dict[str, Any]) -> Known | None:
    """Takes a row's right answer out of it; where there is none, its terms are fields like any other."""
    if "gold" not in value:
        return None
    answer, course, shown = value.pop("gold"), value.pop("course", False), value.pop("shown", True)
    explanation = value.pop("explanation", "")
    for name, flag in (("course", course), ("shown", shown)):
        if not isinstance(flag, bool):
            raise Refused("“%(name)s” is true or false.", code="wrong-shape", place=name, name=name)
    if not isinstance(explanation, str):
        raise Refused("An explanation is text.", code="wrong-shape", place="explanation")
    return Known(answer, course, explanation, shown)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _recognises(files: Files) -> bool:
    return any(head.lstrip().startswith(b"{") for head in heads(files, ENDINGS))


FORMAT = ImportFormat(
    key="jsonl",
    title="JSON Lines",
    note="One object per line; fields that the task type doesn't know come back as meta. Tandem's own export as well.",
    task_types=("image_regions", "text_spans", "classification", "preference"),
    endings=ENDINGS,
    recognises=_recognises,
    read=read,
)
