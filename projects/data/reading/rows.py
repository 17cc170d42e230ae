"""What every reader yields: rows, and the faults of rows that are none. Errors are data, not crashes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from projects.data.media.pictures import Picture
from projects.data.reading.readers.nesting import memory_of
from projects.errors import Refused
from taskers.errors import made_of, told_again


def storable(value: Any) -> Any:
    """The same without what PostgreSQL can't keep: files may hold anything."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\x00", "\N{REPLACEMENT CHARACTER}")
    if isinstance(value, dict):
        return {storable(str(name)): storable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [storable(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


class Known(NamedTuple):
    """The right answer that came with a row, still unchecked, and what becomes of it."""

    answer: Any
    course: bool = False  # an item of the project's course, instead of mixed in unseen
    explanation: str = ""
    shown: bool = True


class Said(NamedTuple):
    """What a file says of a row's answer, still unchecked; labels stand under the names that the file has for them."""

    answer: dict[str, Any]  # as the task type has it; a field "" is the first that takes choices
    by: str = ""  # who said so, in the file's words; "" where it names nobody
    score: float | None = None  # in [0, 1], where the file has one
    predicted: bool = False  # the file itself calls it a model's
    answered_at: str = ""  # when it was given, as the file says it
    seconds: float | None = None  # the time that it took


def seconds_of(value: object) -> float | None:
    """A duration as a file has it, a number or the text of one; NaN, which no check passes, for anything else."""
    if value is None or value == "":
        return None
    try:
        return math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return math.nan


class Fault(NamedTuple):
    """Why one row can't become a task, or something of it can't be kept."""

    place: str
    code: str
    text: str

    @classmethod
    def of(cls, refused: Refused, place: str) -> "Fault":
        """The fault of a row at `place`, whose content was refused."""
        return cls(f"{place}, {refused.place}" if refused.place else place, refused.code, refused.sentence)

    def kept(self) -> dict[str, Any]:
        """As it is kept with an import, in English, with what its sentence was made of."""
        return storable(self._asdict() | made_of(self.text))


def told(kept: Mapping[str, Any]) -> dict[str, str]:
    """A kept fault as it is read: its sentence in the reader's language, as far as the catalogue has it."""
    return {"place": kept["place"], "code": kept["code"], "text": told_again(kept["text"], kept)}


@dataclass(frozen=True)
class Row:
    """One item that may become a task. `fields` are still unchecked; a picture comes checked."""

    place: str  # "line 14", or the path inside an archive
    external_id: str | None
    fields: dict[str, Any]
    picture: Picture | None = None
    size: int = 0  # bytes it holds in memory, roughly
    known: Known | None = None
    id: str | int | None = None  # what its field `id` says, where that names it for want of an external_id
    callback: object = None  # the address that it brings, still unchecked
    said: tuple[Said, ...] = ()  # what the file says of its answer
    lost: tuple[Fault, ...] = ()  # what the file says of it and can't be kept; the row goes in all the same


def memory_of_row(row: Row) -> int:
    """Bytes that a row takes in memory, roughly: at least what its reader says, and all that its answers hold."""
    known = row.known.answer if row.known else None
    return max(row.size, memory_of([row.fields, known, *(said.answer for said in row.said)]))


Item = Row | Fault
