"""What files say of answers, put into a project's words: labels mapped, and what doesn't fit left out and told.

No database: the project's labels come as an argument.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from projects.data.importing import answer_times, fitting
from projects.data.reading.readers.columns import WRITTEN
from projects.data.reading.rows import Fault, Said
from projects.errors import Refused
from projects.models import AnswerTimes, limits
from projects.task_types import TaskType
from projects.task_types.asked_fields import CHOICES
from projects.task_types.shape import clipped, rule_of
from taskers.errors import sentence

MOST_DROPPED = 200  # parts of one answer that are left out before all of it is
LabelOf = Callable[[str], str | None]  # a name in the file -> the key of the label it stands for; None to leave it out


class Spoken(NamedTuple):
    """An answer that came with a row, checked and canonical; as text, for thousands are held at a time."""

    text: str
    by: str
    score: float | None
    times: AnswerTimes = AnswerTimes()
    place: str = ""  # of its row in the file

    @property
    def answer(self) -> dict[str, Any]:
        return json.loads(self.text)


@dataclass(frozen=True)
class Words:
    """How a project's answers are read: its type, what is asked (see answer_check.asked_of), and what names mean."""

    room: TaskType
    asked: Mapping[str, Mapping[str, Any]]
    label_of: LabelOf

    def spoken(self, said: Said, payload: dict[str, Any]) -> tuple[Spoken | None, list[Fault]]:
        """The answer in the project's words, None where nothing of it fits; and what of it is lost."""
        parts = said.answer.get(self.room.answer_list)
        if not isinstance(parts, list):
            text = sentence("The answer has no “%(name)s”, as answers to these tasks do.", name=self.room.answer_list)
            return None, [Fault("answer", "wrong-shape", text)]
        lost: list[Fault] = []
        kept = []
        for index, part in enumerate(parts):
            mapped, left_out = self._part(index, part, parts)
            for name in left_out:
                place = f"answer.{self.room.answer_list}[{index}]"
                text = sentence("The label “%(name)s” is left out.", name=clipped(name))
                lost.append(Fault(place, "label-left-out", text))
            if mapped is not None:
                fitted, unfit = self._fitted(mapped, f"answer.{self.room.answer_list}[{index}]")
                kept.append(fitted)
                lost += unfit
        if parts and not kept:
            return None, lost
        answer, dropped = self._checked(said.answer | {self.room.answer_list: kept}, payload)
        if answer is None:
            return None, [*lost, *dropped]
        score, faults = _score(said.score)
        times, unreadable = answer_times.checked(said.answered_at, said.seconds)
        spoken = Spoken(json.dumps(answer, ensure_ascii=False), said.by, score, times)
        return spoken, [*lost, *dropped, *faults, *unreadable]

    def _part(self, index: int, part: object, parts: Sequence[object]) -> tuple[object | None, Sequence[str]]:
        """A part under the project's labels, with what a file needn't say: an id, and of a field its key and kind where
        the project leaves no choice. None where it has no label here; and the names that were left out."""
        if not isinstance(part, dict):
            return part, ()
        if "label" in part:
            name = named(part["label"])
            key = self.label_of(name)
            return (None, (name,)) if key is None else ({"id": f"i{index + 1}", **part, "label": key}, ())
        written, part = part.get(WRITTEN), {name: value for name, value in part.items() if name != WRITTEN}
        if "value" in part and (asked := field_of(part, parts, self.asked)) is not None:
            is_text = asked["kind"] == "text" and isinstance(written, str)
            value = written if is_text else fitting.field(part["value"], asked["kind"])
            part = part | {"field": asked["key"], "kind": asked["kind"], "value": value}
        return _under(part, self.label_of)

    def _fitted(self, part: object, place: str) -> tuple[object, list[Fault]]:
        """A part whose attributes are what its label asks for; those that can't be are left out, and told."""
        if not isinstance(part, dict) or not isinstance(part.get("attributes"), dict) or "label" not in part:
            return part, []
        asked = rule_of(self.asked, part["label"]).get("attributes") or ()
        kept, lost = fitting.attributes(part["attributes"], asked, place)
        return part | {"attributes": kept}, lost

    def _checked(self, answer: dict[str, Any], payload: dict[str, Any]) -> tuple[dict[str, Any] | None, list[Fault]]:
        """The canonical answer without the parts that are refused; None where that leaves nothing."""
        name = self.room.answer_list
        lost: list[Fault] = []
        had_parts = bool(answer[name])
        for _ in range(MOST_DROPPED):
            try:
                return self.room.check_answer(answer, payload, self.asked), lost
            except Refused as refused:
                lost.append(
                    Fault(f"answer.{refused.place}" if refused.place else "answer", refused.code, refused.sentence)
                )
                index = _index_of(refused.place, name)
                if index is None or index >= len(answer[name]):
                    return None, lost
                answer = answer | {name: [*answer[name][:index], *answer[name][index + 1 :]]}
                if had_parts and not answer[name]:
                    return None, lost
        return None, lost


def field_of(
    part: Mapping[str, Any], parts: Sequence[object], asked: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """The field that one of an answer's parts is about: by its key or name, the only one unless another part names it,
    or the first that takes choices where the file names none; None where there is none."""
    fields: Sequence[Mapping[str, Any]] = getattr(asked, "fields", ())
    name = str(part.get("field") or "")
    for field in fields:
        if name in (field["key"], field.get("name")):
            return field
    if len(fields) == 1:
        keys = {fields[0]["key"], fields[0].get("name")}
        is_named = any(isinstance(other, dict) and other.get("field") in keys for other in parts)
        return None if is_named else fields[0]
    return next((field for field in fields if field["kind"] in CHOICES), None) if not name else None


def names_in(room: TaskType, said: Said, asked: Mapping[str, Mapping[str, Any]]) -> dict[str, set[str]]:
    """The names of labels in an answer, each with the shapes that carry it (none where there are no shapes). `asked` is
    what the project asks: what a field of texts or numbers has is no label."""
    found: dict[str, set[str]] = {}
    parts = said.answer.get(room.answer_list)
    for part in parts if isinstance(parts, list) else ():
        if not isinstance(part, dict):
            continue
        if "value" in part and "kind" not in part and hasattr(asked, "fields"):
            field = field_of(part, parts if isinstance(parts, list) else (), asked)
            if field is None or field["kind"] not in CHOICES:
                continue
        shape = part.get("shape")
        kinds = {str(shape.get("type"))} if isinstance(shape, dict) else set()
        for name in _names(part):
            found.setdefault(name, set()).update(kinds)
    return found


def named(value: object) -> str:
    """A file's name of a label, such as can be kept and shown."""
    return clipped(value, limits.IMPORTED_NAME)


def _names(part: Mapping[str, Any]) -> Iterator[str]:
    if "label" in part:
        yield named(part["label"])
    elif part.get("kind", "choice") in CHOICES:
        value = part.get("value")
        yield from map(named, value if isinstance(value, list) else [value] if isinstance(value, str) else ())


def _under(part: dict[str, Any], label_of: LabelOf) -> tuple[dict[str, Any] | None, Sequence[str]]:
    """A field's part under the project's labels, None where it has none there; and the names that were left out."""
    if part.get("kind") not in CHOICES or "value" not in part:
        return part, ()
    value = part["value"]
    names = [named(one) for one in value] if isinstance(value, list) else [named(value)]
    if not names:
        return part, ()  # nothing is chosen: whoever checks the answer says whether that may be
    keys = {name: label_of(name) for name in names}
    left_out = [name for name in names if keys[name] is None]
    kept = [key for name in names if (key := keys[name]) is not None]
    if not kept or (left_out and part["kind"] == "tree"):
        return None, left_out
    many = part["kind"] in ("multiple", "tree")
    return part | {"value": kept if many else kept[0]}, left_out


def _index_of(place: str, name: str) -> int | None:
    """Which part a fault is in: "regions[3].shape" -> 3."""
    head, bracket, rest = place.partition("[")
    number, closed, _ = rest.partition("]")
    return int(number) if head == name and bracket and closed and number.isdigit() else None


def _score(score: object) -> tuple[float | None, list[Fault]]:
    if score is None:
        return None, []
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        return None, [Fault("score", "bad-score", "A score is a number from 0 to 1; the answer is kept without it.")]
    return float(score), []
