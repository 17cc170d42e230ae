"""What the process that reads files and the one that started it say to each other, as frames of msgpack.

A frame (channel.py) is one list that begins with the message's kind. The starter believes nothing: whatever a frame
holds is counted before it is unpacked, and every value is checked for its type before it is used. What reading
in the same process would give arrives as the same thing, down to integers beyond 64 bits, lone surrogates and sentences
that can be told in another language.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgpack

from projects.data.media.pictures import BROWSER_TYPES, MAX_PIXELS, THUMBNAIL_SIDE, Picture
from projects.data.reading.read_labels import LABEL, LINE, LabelRows
from projects.data.reading.rows import Fault, Item, Known, Row, Said
from projects.errors import Refused
from taskers.errors import Place, Problem, Sentence, StorageFull, Word, sentence
from taskers.files import msgpack_objects

MAX_FRAME_BYTES = 256 * 1024 * 1024  # the largest picture that is stored takes 192 MB
MAX_OBJECTS = 4_000_000  # in one frame; the largest value of JSON that is read has fewer
MAX_INTEGER_BYTES = 2048  # of integers beyond 64 bits
MAX_TEMPLATE = 2_000  # characters of a sentence before its values stand in it
MAX_VALUES = 20  # of one sentence
MAX_VALUE = 100_000  # characters of a value in a sentence
MAX_THUMBNAIL_BYTES = 4 * THUMBNAIL_SIDE**2

# Types of msgpack's extensions. A mark is an empty one at the head of a list.
INTEGER, TUPLE, SENTENCE, WORD, PLACE = range(1, 6)
MARKS = (TUPLE, SENTENCE, WORD, PLACE)

KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SHA256 = re.compile(r"[0-9a-f]{64}")
PLACEHOLDER = re.compile(r"%%|%\([a-z_]+\)s")
BEGINNINGS = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff", "image/webp": b"RIFF"}


class Malformed(Exception):
    """The other process sent what no such process sends."""


def packed(message: Any) -> bytes:
    """A message as bytes. Raises TypeError for what has no place in one."""
    return msgpack.packb(message, strict_types=True, default=_other, unicode_errors="surrogatepass")


def _other(value: Any) -> Any:
    """What msgpack doesn't know, as what it knows."""
    if isinstance(value, int):
        return msgpack.ExtType(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))
    if isinstance(value, Sentence):
        values = {name: as_value(inner) for name, inner in value.values.items()}
        return [msgpack.ExtType(SENTENCE, b""), value.template or str(value), values]
    if isinstance(value, str):
        kind = WORD if isinstance(value, Word) else PLACE if isinstance(value, Place) else 0
        return [msgpack.ExtType(kind, b""), str.__str__(value)] if kind else str.__str__(value)
    if isinstance(value, tuple):
        return [msgpack.ExtType(TUPLE, b""), *value]
    if isinstance(value, float):
        return float(value)
    if isinstance(value, list):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} can't be sent")


def as_value(value: object) -> object:
    """A value of a sentence as it is sent: what is neither number nor word is its text."""
    if value is None or isinstance(value, int | float | Word | Place):
        return value
    return str(value)


def unpacked(data: bytes) -> Any:
    """What bytes say. Raises Malformed."""
    marked = False

    def extension(kind: int, content: bytes) -> Any:
        nonlocal marked
        if kind == INTEGER and len(content) <= MAX_INTEGER_BYTES:
            number = int.from_bytes(content, "big", signed=True)
            str(number)  # Python refuses to write one of more than 4,300 digits, which no file can bring
            return number
        if kind not in MARKS or content:
            raise Malformed(f"an extension of type {kind}")
        marked = True
        return msgpack.ExtType(kind, content)

    try:
        options = {"ext_hook": extension, "unicode_errors": "surrogatepass"}
        value = msgpack_objects.unpacked(data, MAX_OBJECTS, **options)
        return _unmarked(value) if marked else value
    except Malformed:
        raise
    except (ValueError, TypeError, KeyError, IndexError, RecursionError, msgpack.UnpackException) as problem:
        raise Malformed(type(problem).__name__) from None


def _unmarked(value: Any) -> Any:
    """The value with what its marks stand for. A mark anywhere but at the head of a list is malformed."""
    if isinstance(value, dict):
        return {name: _unmarked(inner) for name, inner in value.items() if _is_plain(name)}
    if isinstance(value, msgpack.ExtType):
        raise Malformed("a mark by itself")
    if not isinstance(value, list):
        return value
    if not value or not isinstance(value[0], msgpack.ExtType):
        return [_unmarked(inner) for inner in value]
    kind, content = value[0].code, [_unmarked(inner) for inner in value[1:]]
    if kind == TUPLE:
        return tuple(content)
    if kind == SENTENCE:
        template, values = content
        return checked_sentence(template, values)
    (text,) = content
    return (Word if kind == WORD else Place)(check_text(text, MAX_VALUE))


def _is_plain(name: object) -> bool:
    if isinstance(name, msgpack.ExtType):
        raise Malformed("a mark as a name")
    return True


def checked_sentence(template: Any, values: Any) -> Sentence:
    """A sentence made of what came. Raises Malformed for a template that could do more than show its values."""
    return sentence(_template(template, values), **values)


def _template(template: Any, values: Any) -> str:
    check_text(template, MAX_TEMPLATE)
    if type(values) is not dict or len(values) > MAX_VALUES:
        raise Malformed("values of a sentence")
    for name, value in values.items():
        check_text(name, MAX_VALUE)
        if isinstance(value, str):
            check_text(value, MAX_VALUE)
        elif value is not None and not isinstance(value, int | float):
            raise Malformed("a value of a sentence")
    if values:
        if "%" in PLACEHOLDER.sub("", template):
            raise Malformed("a template")
        if {match[2:-2] for match in PLACEHOLDER.findall(template)} - values.keys() - {""}:
            raise Malformed("a template without its values")
    return template


# Rows and faults


def packed_item(item: Item) -> tuple[Any, ...]:
    """An item as a message."""
    if isinstance(item, Fault):
        return ("fault", *_fault_fields(item))
    picture = item.picture
    return (
        "row",
        item.place,
        item.external_id,
        item.fields,
        None if picture is None else [*vars(picture).values()],
        item.size,
        None if item.known is None else list(item.known),
        item.id,
        item.callback,
        [list(said) for said in item.said],
        [_fault_fields(fault) for fault in item.lost],
    )


def _fault_fields(fault: Fault) -> list[Any]:
    return [fault.place, fault.code, fault.text]


def item_of(message: Sequence[Any]) -> Item:
    """The item that a message is. Raises Malformed."""
    kind, *fields = message
    try:
        return _fault(fields) if kind == "fault" else _row(*fields)
    except (TypeError, ValueError):
        raise Malformed(f"a {kind[:20]}") from None


def _row(
    place: Any,
    external_id: Any,
    fields: Any,
    picture: Any,
    size: Any,
    known: Any,
    id: Any,
    callback: Any,
    said: Any,
    lost: Any,
) -> Row:
    if external_id is not None:
        check_text(external_id)
    if id is not None and type(id) is not int:
        check_text(id)
    return Row(
        check_text(place),
        external_id,
        _fields(fields),
        None if picture is None else _picture(*_list(picture)),
        check_number(size),
        None if known is None else _known(*_list(known)),
        id,
        callback,
        tuple(_said(*_list(one)) for one in _list(said)),
        tuple(_fault(_list(one)) for one in _list(lost)),
    )


def _fields(value: Any) -> dict[str, Any]:
    if type(value) is not dict or not all(type(name) is str for name in value):
        raise Malformed("fields")
    return value


def _fault(fields: Sequence[Any]) -> Fault:
    place, code, text = fields
    if not isinstance(text, Sentence):
        check_text(text)
    return Fault(check_text(place), _code(code), text)


def _known(answer: Any, course: Any, explanation: Any, shown: Any) -> Known:
    return Known(answer, _flag(course), check_text(explanation), _flag(shown))


def _said(answer: Any, by: Any, score: Any, predicted: Any, answered_at: Any, seconds: Any) -> Said:
    for number in (score, seconds):
        if number is not None and type(number) not in (int, float):
            raise Malformed("a score or a duration")
    return Said(_fields(answer), check_text(by), score, _flag(predicted), check_text(answered_at), seconds)


def _picture(
    data: Any,
    sha256: Any,
    original_sha256: Any,
    media_type: Any,
    width: Any,
    height: Any,
    changes: Any,
    thumbnail: Any,
) -> Picture:
    """A picture whose numbers and names are possible. Its pixels are nobody's word but the other process's."""
    if media_type not in set(BROWSER_TYPES.values()) or not _bytes(data).startswith(BEGINNINGS[media_type]):
        raise Malformed("a picture of no kind")
    if hashlib.sha256(data).hexdigest() != sha256 or not SHA256.fullmatch(check_text(original_sha256)):
        raise Malformed("a picture of another name")
    if not 0 < check_number(width) * check_number(height) <= MAX_PIXELS:
        raise Malformed("a picture of no size")
    if not _bytes(thumbnail).startswith(BEGINNINGS["image/jpeg"]) or len(thumbnail) > MAX_THUMBNAIL_BYTES:
        raise Malformed("a thumbnail")
    if type(changes) is not tuple:
        raise Malformed("changes of a picture")
    return Picture(data, sha256, original_sha256, media_type, width, height, tuple(map(check_text, changes)), thumbnail)


def label_rows(value: Any) -> LabelRows:
    """A list of labels, whose columns hold whatever they hold. Raises Malformed."""
    unit, rows, ignored = fields_of(["labels", *_list(value)], check_text, _list, texts)
    if unit not in (LINE, LABEL):
        raise Malformed("a unit")
    pairs = [fields_of(["row", *_list(row)], check_number, _fields) for row in rows]
    return LabelRows(unit, [(number, columns) for number, columns in pairs], ignored)


# Refusals


def packed_problem(problem: Problem) -> list[Any]:
    """A refusal as a message."""
    values = {name: as_value(value) for name, value in problem.values.items()}
    kind = "refused" if isinstance(problem, Refused) else "problem"
    return [kind, problem.code, str(problem.template), problem.place, problem.status, values]


def problem_of(message: Sequence[Any]) -> Problem:
    """The refusal that a message is. Raises Malformed."""
    try:
        kind, code, template, place, status, values = message
        if _code(code) == StorageFull.code:
            return StorageFull()
        if not 400 <= check_number(status) < 600:
            raise Malformed("a status")
        _template(template, values)
        error = Refused if kind == "refused" else Problem
        return error(template, code=code, place=check_text(place), status=status, **values)
    except (TypeError, ValueError):
        raise Malformed("a refusal") from None


# Types


def check_text(value: Any, max_length: int = MAX_FRAME_BYTES) -> str:
    """The value, a text. Raises Malformed."""
    if not isinstance(value, str) or len(value) > max_length:
        raise Malformed("a text")
    return value


def _code(value: Any) -> str:
    if not KEBAB.fullmatch(check_text(value, 100)):
        raise Malformed("a code")
    return value


def _bytes(value: Any) -> bytes:
    if type(value) is not bytes:
        raise Malformed("bytes")
    return value


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise Malformed("a list")
    return value


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise Malformed("a flag")
    return value


def check_number(value: Any) -> int:
    """The value, a number of bytes, rows or pixels. Raises Malformed."""
    if type(value) is not int or not 0 <= value < 2**63:
        raise Malformed("a number")
    return value


def fields_of(message: Sequence[Any], *checks: Callable[[Any], Any]) -> list[Any]:
    """What a message brings, each checked. Raises Malformed."""
    if len(message) != len(checks) + 1:
        raise Malformed("a message of another length")
    return [check(field) for check, field in zip(checks, message[1:], strict=True)]


def texts(values: Any) -> list[str]:
    """A list of texts. Raises Malformed."""
    return [check_text(one) for one in _list(values)]
