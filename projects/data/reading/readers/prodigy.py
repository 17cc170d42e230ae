"""Prodigy's JSON Lines: what each annotator answered. Lines about the same input are one row, with an answer each.

What was rejected or ignored is told and left out: it says what is wrong, not what is right. Offsets count code points.
"""

import base64
import binascii
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from typing import Any

from projects.data.connectors.files import Files
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.readers.gathered import Gathered
from projects.data.reading.readers.going_on import Later, after
from projects.data.reading.readers.json_lines import objects
from projects.data.reading.readers.json_parts import loads
from projects.data.reading.readers.labelled import labelled, size_of
from projects.data.reading.readers.listing import heads, passed_over, shown, wanted
from projects.data.reading.readers.marks import REGIONS, Marks
from projects.data.reading.readers.picture_files import Inside, PictureNames, is_picture
from projects.data.reading.readers.spans import Spans, score_of
from projects.data.reading.rows import Fault, Item, Row, Said
from projects.errors import Refused
from taskers.errors import sentence

ENDINGS = (".jsonl", ".ndjson")
NO_PLACE = ("relations", "arcs", "heads", "audio", "audio_spans", "video", "user_input", "flagged", "versions")
MAX_TIMESTAMP = 2**32  # in seconds: the year 2106
# What Prodigy itself has in a line; what else there is comes back as meta.
OWN = {
    "text", "image", "html", "spans", "tokens", "label", "options", "accept", "answer", "meta", "score", "priority",
    "width", "height", "path", "config", "view_id", "external_id", "sessions", *NO_PLACE,
}  # fmt: skip
OF_A_SPAN = {
    "start", "end", "label", "text", "type", "token_start", "token_end", "points", "x", "y", "width", "height",
    "center", "color", "id", "score",
}  # fmt: skip


def read(files: Files, reading: Reading) -> Iterator[Item]:
    """A row for each input, in the order in which they come up."""
    return after(_items(files, reading.task_type), reading.skip)


def _items(files: Files, task_type: str) -> Iterator[Item | Later]:
    pictures = PictureNames(files)
    numbers: dict[Any, int] = {}
    with closing(Gathered()) as lines:
        for entry in wanted(files):
            if not entry.name.lower().endswith(ENDINGS):
                if not is_picture(entry.name):
                    yield passed_over(entry.name)
                continue
            try:
                with files.open(entry.name) as file:
                    for place, _, value in objects(file):
                        where = f"{shown(entry.name)}, {place}"
                        if isinstance(value, Fault):
                            yield value._replace(place=f"{shown(entry.name)}, {value.place}")
                        else:
                            lines.add(numbers.setdefault(_input(value), len(numbers)), {"at": where, "it": value})
            except Refused as refused:
                yield Fault.of(refused, shown(entry.name))
        for number in range(len(numbers)):
            yield Later(lambda number: _row(files, pictures, task_type, lines.of(number)), number)


def _input(value: dict[str, Any]) -> Any:
    """What makes two lines about the same thing."""
    named, told = value.get("external_id"), value.get("_input_hash")
    if isinstance(named, str) and named.strip():
        return ("", named)
    return told if isinstance(told, int) else (str(value.get("text")), str(value.get("image"))[:10_000])


def _row(files: Files, pictures: PictureNames, task_type: str, lines: list[dict[str, Any]]) -> Item:
    first, place = lines[0]["it"], lines[0]["at"]
    external_id = _name(first)
    if isinstance(first.get("image"), str) and task_type != "text_spans":
        return _picture(files, pictures, task_type, lines, external_id)
    if not isinstance(first.get("text"), str):
        return Fault(place, "no-text", "The line has nothing that this task type can show.")
    text = first["text"]
    spans = Spans(task_type, place, text)
    meta = _meta(lines, spans)
    said: list[Said] = []
    for line in lines:
        if _counts(line, spans):
            _mark_text(spans, line["it"], _at(line, first))
            found = spans.said(_who(line["it"]), score_of(line["it"].get("score"), "score", spans))
            found = _timed(found, line["it"])
            said += found if task_type != "text_spans" or isinstance(line["it"].get("spans"), list) else ()
    fields = {"text": text} | ({"meta": meta} if meta else {})
    return Row(place, external_id, fields, size=2 * len(text), said=tuple(said), lost=tuple(spans.lost))


def _timed(said: tuple[Said, ...], value: dict[str, Any]) -> tuple[Said, ...]:
    """With when it was given: `_timestamp`, in seconds since 1970."""
    stamp = value.get("_timestamp")
    if isinstance(stamp, bool) or not isinstance(stamp, int | float) or not 0 <= stamp < MAX_TIMESTAMP:
        return said
    answered_at = datetime.fromtimestamp(stamp, UTC).isoformat()
    return tuple(answer._replace(answered_at=answered_at) for answer in said)


def _at(line: dict[str, Any], first: dict[str, Any]) -> str:
    """What places of a line begin with: those of the first stand at the row's own."""
    return "" if line["it"] is first else f"{line['at'].rpartition(', ')[2]}, "


def _name(value: dict[str, Any]) -> str | None:
    """What an input is called: as Tandem's own export says, or by Prodigy's number of it."""
    named, hash = value.get("external_id"), value.get("_input_hash")
    if isinstance(named, str) and named.strip():
        return named
    return f"prodigy-{hash}" if isinstance(hash, int) else None


def _meta(lines: list[dict[str, Any]], told: Any) -> dict[str, Any]:
    """What else the lines about an input say of it; what one says otherwise than those before is told."""
    found: dict[str, Any] = {}
    for line in lines:
        value = line["it"]
        meta = value.get("meta")
        more = {name: one for name, one in value.items() if name not in OWN and not name.startswith("_")}
        for name, one in (more | (meta if isinstance(meta, dict) else {})).items():
            if found.setdefault(name, one) != one:
                place = f"{line['at'].rpartition(', ')[2]}, {name[:60]}"
                told.lose(place, "said-twice", "A line before says otherwise, which is kept.")
    return found


def _counts(line: dict[str, Any], told: Any) -> bool:
    """Whether a line's answer is one; else it is told."""
    answer = line["it"].get("answer", "accept")
    if answer == "accept":
        return True
    by = _who(line["it"])
    said = str(answer)[:20]
    if by:
        text = sentence("The answer of %(by)s is “%(answer)s”.", by=by, answer=said)
    else:
        text = sentence("The answer is “%(answer)s”.", answer=said)
    told.lose(line["at"].rpartition(", ")[2], "not-accepted", text)
    return False


def _who(value: dict[str, Any]) -> str:
    return str(value.get("_annotator_id") or value.get("_session_id") or "")[:200]


def _mark_text(spans: Spans, value: dict[str, Any], at: str) -> None:
    found = value.get("spans")
    for index, one in enumerate(found if isinstance(found, list) else ()):
        place = f"{at}spans[{index}]"
        if isinstance(one, dict):
            spans.span(place, one.get("start"), one.get("end"), one.get("label"), _attributes(one))
        else:
            spans.lose(place, "wrong-shape", "A span is an object.")
    chosen = _chosen(value)
    if chosen:
        spans.choose(f"{at}accept", chosen[0] if len(chosen) == 1 else chosen)
    _tell_homeless(value, spans, at)


def _attributes(span: dict[str, Any]) -> dict[str, Any]:
    """What a span says beside where it is."""
    more = {name: one for name, one in span.items() if name not in OF_A_SPAN and one is not None}
    return more | ({"score": span["score"]} if span.get("score") is not None else {})


def _tell_homeless(value: dict[str, Any], told: Any, at: str) -> None:
    """What has no place here: also that nobody was asked whether all is marked, but whether what is marked is right."""
    if value.get("_is_binary") is True and value.get("spans"):
        told.lose(f"{at}_is_binary", "said-in-part", "It says that these marks are right, not that all are marked.")
    for name in NO_PLACE:
        if value.get(name):
            told.lose(f"{at}{name}", "no-place", sentence("This task type has no place for %(what)s.", what=name))


def _chosen(value: dict[str, Any]) -> list[str]:
    """The classes that were chosen: options that were accepted, by their text where they are mere numbers, or the label
    that was."""
    accepted = value.get("accept")
    if not isinstance(accepted, list):
        return [value["label"]] if isinstance(value.get("label"), str) and not value.get("spans") else []
    options = value.get("options")
    texts = {
        one["id"]: one["text"]
        for one in (options if isinstance(options, list) else ())
        if isinstance(one, dict) and isinstance(one.get("id"), int) and isinstance(one.get("text"), str)
    }
    return [str(texts.get(one, one)) for one in accepted if isinstance(one, str | int)]


def _picture(
    files: Files, pictures: PictureNames, task_type: str, lines: list[dict[str, Any]], external_id: str | None
) -> Item:
    first = lines[0]["it"]
    address, meta = first["image"], first["meta"] if isinstance(first.get("meta"), dict) else {}
    name = meta.get("file") or first.get("path") or (address if not address.startswith("data:") else "picture")
    name = str(name)[:500]
    found: str | None
    if address.startswith("data:"):
        try:
            files, found = Inside(name, base64.b64decode(address.partition(",")[2], validate=True)), name
        except (binascii.Error, ValueError):
            return Fault(lines[0]["at"], "truncated-image", "The picture inside is damaged.")
    else:
        found = pictures.of(name)
    told = Marks(task_type, shown(found or name), 0, 0)
    meta = _meta(lines, told)
    size = size_of(first.get("width"), first.get("height"))
    mark = partial(_mark_picture, lines, told.lost)
    return labelled(files, task_type, found, name, mark, size=size, external_id=external_id, meta=meta)


def _mark_picture(lines: list[dict[str, Any]], lost: list[Fault], marks: Marks) -> tuple[Said, ...]:
    marks.lost += lost
    said: list[Said] = []
    for line in lines:
        if not _counts(line, marks):
            continue
        value, at = line["it"], _at(line, lines[0]["it"])
        own = Marks(marks.task_type, marks.place, marks.width, marks.height)
        found = value.get("spans")
        for index, one in enumerate(found if isinstance(found, list) else ()):
            shape = _shape(one)
            place = f"{at}spans[{index}]"
            if shape is None:
                own.lose(place, "wrong-shape", "A span of a picture has points, or a place and a size.")
            else:
                own.region(place, one.get("label"), shape, _attributes(one), one.get("score"))
        for label in _chosen(value):
            own.choose(f"{at}accept", label)
        _tell_homeless(value, own, at)
        answer = _timed(own.said(by=_who(value), score=score_of(value.get("score"), "score", own)), value)
        said += answer if marks.task_type != REGIONS or isinstance(found, list) else ()
        marks.lost += own.lost
    return tuple(said)


def _shape(one: Any) -> dict[str, Any] | None:
    if not isinstance(one, dict):
        return None
    points = one.get("points")
    if one.get("type") == "rect" and {"x", "y", "width", "height"} <= one.keys():
        return {"type": "box"} | {name: one[name] for name in ("x", "y", "width", "height")}
    if isinstance(points, list) and points:
        if len(points) == 4 and one.get("type") == "rect":
            xs, ys = zip(*points, strict=True)
            return {"type": "box", "x": min(xs), "y": min(ys), "width": max(xs) - min(xs), "height": max(ys) - min(ys)}
        return {"type": "polygon", "points": points}
    return None


def _recognises(files: Files) -> bool:
    for start in heads(files, ENDINGS):
        first = start.decode("utf-8", "replace").lstrip("\ufeff").splitlines()[:1]
        try:
            value = loads(first[0]) if first else None
        except Refused:
            value = None
        marks = b'"_input_hash"' in start or b'"_task_hash"' in start
        if marks or isinstance(value, dict) and value.get("answer") in ("accept", "reject", "ignore"):
            return True
    return False


FORMAT = ImportFormat(
    key="prodigy",
    title="Prodigy JSONL",
    note="Accepted spans, options and regions by annotator; what was rejected or ignored, and relations, are lost.",
    task_types=("text_spans", "classification", "image_regions"),
    endings=ENDINGS,
    recognises=_recognises,
    read=read,
)
