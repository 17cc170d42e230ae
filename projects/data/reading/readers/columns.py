"""From a row of a table to a row to load: which column becomes what.

A mapping names for a column the field that it becomes: one of the task's own ("text", "title", "first", ...),
"external_id", "callback_url", "picture" (the path of a file that came along), "answer" or "answer.FIELD" (what the
table says of the answer, for a field of a classification; "answer" alone is the first that takes choices), "spans" (the
spans of the text, as JSON: see table_spans.py), "by", "score", "answered_at" and "seconds" (whose answer it is, how
sure, when it was given and how long it took), "meta" (comes back under the column's name), or "" (left out). A column
that isn't mapped becomes what it is called. Several options of one cell are parted by "; ", a path's steps by " > ".
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, BinaryIO, NamedTuple

from projects.data.connectors.files import Files
from projects.data.reading.dates import bad_date, bad_duration, is_duration, moment_of
from projects.data.reading.format import Reading
from projects.data.reading.readers import table_spans
from projects.data.reading.readers.going_on import Later
from projects.data.reading.readers.listing import each_file
from projects.data.reading.readers.picture_files import is_picture, picture_of, sized
from projects.data.reading.rows import Fault, Item, Row, Said, seconds_of
from projects.errors import Refused
from taskers.errors import sentence

MAX_COLUMNS = 1000
MAX_DATE_LENGTH = 100  # characters
ANSWER = "answer"
SPANS = "spans"
OF_ANSWER = ("by", "score", "answered_at", "seconds")
WRITTEN = "written"  # of an answer's part: its cell as it stands


class Columns(NamedTuple):
    """What each column of a table becomes, in the table's order."""

    names: tuple[str, ...]
    targets: tuple[str, ...]
    mapped: frozenset[str]  # of the targets, those that were chosen for a column

    @classmethod
    def of(cls, names: list[str], chosen: Mapping[str, str], place: str = "line 1") -> "Columns":
        """The columns of a heading. Raises Refused where it can't be one, or shows nothing to label."""
        if len(names) > MAX_COLUMNS:
            text = "The header has %(number)s columns; at most %(most)s are read."
            raise Refused(text, code="too-many-columns", place=place, number=len(names), most=MAX_COLUMNS)
        by_lower = {name.strip().lower(): target for name, target in chosen.items()}
        plain = [name.strip().lower() for name in names]
        targets = [by_lower.get(name, name) for name in plain]
        for name, target in by_lower.items():
            if target and name not in plain:
                text = "The header has no column “%(name)s”, which the mapping names."
                raise Refused(text, code="no-such-column", place=place, name=name[:60])
        _check(plain, targets, names, place)
        return cls(tuple(plain), tuple(targets), frozenset(by_lower.values()))

    def item(self, place: str, values: list[Any], size: int, files: Files | None, lost: Sequence[Fault] = ()) -> Item:
        """The row of these values, one for each column; `lost` is what couldn't be read of them."""
        fields: dict[str, Any] = {}
        meta: dict[str, Any] = {}
        told: dict[str, Any] = {}
        headings: dict[str, str] = {}
        for name, target, value in zip(self.names, self.targets, values, strict=True):
            if value is None or (value == "" and target != "text") or not target:
                continue
            if target in self.mapped and (target in (SPANS, *OF_ANSWER) or target.split(".")[0] == ANSWER):
                told[target], headings[target] = value, name
            elif target in self.mapped and target in ("meta", "callback_url"):
                (meta if target == "meta" else told)[name if target == "meta" else target] = value
            else:
                fields[target] = value
        if meta:
            fields["meta"] = meta
        faults = list(lost)
        answers = _answer_of_row(
            told, _text_of(fields), {target: f"{place}, {name}" for target, name in headings.items()}, faults
        )
        return _row(place, fields, told.get("callback_url"), answers, size, files, faults)


def _check(plain: list[str], targets: list[str], names: list[str], place: str) -> None:
    if "text" not in targets and not {"first", "second"} <= set(targets) and "picture" not in targets:
        found = ", ".join(f"“{name}”" for name in names)[:200]
        raise Refused(
            "The header has no column “text”. It has: %(found)s.", code="no-text-column", place=place, found=found
        )
    single = [target for target in targets if target not in ("", "meta")]
    twice = {name for name in plain if not name or plain.count(name) > 1} if len(set(plain)) < len(plain) else set()
    twice |= {name for name in plain if not name} | {one for one in single if single.count(one) > 1}
    if twice:
        raise Refused(
            "Each column needs a name of its own; see “%(value)s”.",
            code="bad-header",
            place=place,
            value=min(twice)[:60],
        )


def _row(
    place: str,
    fields: dict[str, Any],
    callback: Any,
    said: tuple[Said, ...],
    size: int,
    files: Files | None,
    lost: list[Fault],
) -> Item:
    external_id, named_by = _name(fields.pop("external_id", None)), None
    if external_id is None:
        external_id = named_by = _name(fields.pop("id", None))
    picture = None
    if files is not None and "picture" in fields and isinstance(fields["picture"], str):
        name = fields.pop("picture")
        try:
            picture = picture_of(files, name)
        except Refused as refused:
            return Fault.of(refused, f"{place}, {name[:200]}")
        fields |= sized(picture, name)
        size += len(picture.data) + len(picture.thumbnail)
        external_id = external_id or name
    return Row(
        place,
        external_id,
        fields,
        picture,
        size,
        id=named_by,
        callback=callback,
        said=said,
        lost=tuple(lost),
    )


def _name(value: object) -> str | None:
    if value is None or isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip() or None


def _text_of(fields: dict[str, Any]) -> str:
    text = fields.get("text")
    return text if isinstance(text, str) else ""


def _answer_of_row(told: dict[str, Any], text: str, places: Mapping[str, str], lost: list[Fault]) -> tuple[Said, ...]:
    """The answer of a row, by its cells and where they are."""
    parts = [_part(target.partition(".")[2], value) for target, value in told.items() if target.split(".")[0] == ANSWER]
    answer = Said({"fields": parts}) if parts else None
    if SPANS in told:
        answer = table_spans.read(told[SPANS], text, places[SPANS], lost)
    if answer is None:
        return ()
    by, score = str(told.get("by", ""))[:200], _score(told.get("score"), places.get("score", ""), lost)
    date, seconds = str(told.get("answered_at", ""))[:MAX_DATE_LENGTH], seconds_of(told.get("seconds"))
    if date and moment_of(date) is None:
        lost.append(bad_date(places["answered_at"], date))
        date = ""
    if seconds is not None and not is_duration(seconds):
        lost.append(bad_duration(places["seconds"]))
        seconds = None
    return (answer._replace(by=by, score=score, answered_at=date, seconds=seconds),)


def _part(field: str, value: Any) -> dict[str, Any]:
    """A cell as an answer has it: several options, a path, or one thing. What looks like several says as well how it
    is written, should the field take texts."""
    if isinstance(value, str):
        for mark in (" > ", "; "):
            if mark in value:
                several = [part.strip() for part in value.split(mark) if part.strip()]
                return {"field": field, "value": several, WRITTEN: value.strip()}
        return {"field": field, "value": value.strip()}
    return {"field": field, "value": list(value) if isinstance(value, list | tuple) else value}


def _score(value: Any, place: str, lost: list[Fault]) -> float | None:
    if value is None:
        return None
    try:
        score = float(value)
    except (TypeError, ValueError, OverflowError):
        score = math.nan
    if 0 <= score <= 1:
        return score
    text = sentence("A score is a number from 0 to 1, not “%(value)s”.", value=str(value)[:40])
    lost.append(Fault(place, "bad-score", text))
    return None


Rows = Callable[[Files | None, Mapping[str, str], BinaryIO], Iterable[Item | Later]]


def each_table(files: Files, reading: Reading, endings: tuple[str, ...], rows: Rows) -> Iterator[Item | Later]:
    """The items of every file that is a table. Where a column names pictures, those that lie there are no faults."""
    pictured = "picture" in reading.columns.values()
    for item in each_file(files, endings, partial(rows, files if pictured else None, reading.columns)):
        if not (pictured and isinstance(item, Fault) and item.code == "not-read" and is_picture(item.place)):
            yield item
