"""What a file says of one text, span by span: each is checked by itself, so that a bad one takes no good one along."""

from array import array
from collections.abc import Mapping
from typing import Any

from projects.data.reading.readers.homeless import Homeless
from projects.data.reading.readers.marks import label_of
from projects.data.reading.rows import Fault, Said
from projects.errors import Refused
from projects.task_types import shape as check
from projects.task_types.answer_limits import MAX_SPANS
from taskers.errors import sentence

SPANS, CLASSES = "text_spans", "classification"
MOST_LOST = 200  # of one row; more are counted


class Spans:
    """The spans and the classes of one text, as they are read."""

    def __init__(self, task_type: str, place: str, text: str) -> None:
        self.task_type = task_type
        self.place = place
        self.text = text
        self.lost: list[Fault] = []
        self._spans: list[dict[str, Any]] = []
        self._seen: dict[tuple[int, int, str], Mapping[str, Any]] = {}
        self._fields: dict[str, Any] = {}
        self._kinds: dict[str, str] = {}
        self._homeless = Homeless()
        self._more_lost = 0

    def lose(self, place: str, code: str, text: str) -> None:
        """Tell what can't be kept."""
        if len(self.lost) < MOST_LOST:
            self.lost.append(Fault(f"{self.place}, {place}" if place else self.place, code, text))
        else:
            self._more_lost += 1

    def homeless(self, what: str, place: str = "") -> None:
        """Count one of what the task type has no place for: they are told together."""
        self._homeless.add(what, place)

    def span(
        self,
        place: str,
        start: Any,
        end: Any,
        label: Any,
        attributes: Mapping[str, Any] | None = None,
        text: Any = None,
    ) -> None:
        """A stretch of the text, by code points; `text` is what the file says that it reads."""
        if self.task_type != SPANS:
            self.homeless("spans", place)
            return
        try:
            name = label_of(label, place)
            check.an_integer(start, f"{place}.start", 0, len(self.text), "span-outside-text")
            check.an_integer(end, f"{place}.end", 0, len(self.text), "span-outside-text")
            if not self.text[start:end].strip():
                raise Refused("The span is empty, or only white space.", code="blank-span", place=place)
            if isinstance(text, str) and _squeezed(text) != _squeezed(self.text[start:end]):
                said = "The text reads “%(found)s” there, not “%(said)s”."
                found = check.clipped(self.text[start:end], 40)
                raise Refused(said, code="span-differs", place=place, found=found, said=check.clipped(text, 40))
            if len(self._spans) >= MAX_SPANS:
                raise Refused("There are too many spans.", code="too-many-spans", place=place)
        except Refused as refused:
            self.lose(refused.place or place, refused.code, refused.sentence)
            return
        if (start, end, name) in self._seen:
            if self._seen[start, end, name] != (attributes or {}):
                text = "The same span was there before with other attributes; those are kept."
                self.lose(place, "said-twice", text)
            return
        self._seen[start, end, name] = attributes or {}
        kept = self._attributes(attributes or {}, place)
        span = {"id": f"s{len(self._spans) + 1}", "start": start, "end": end, "label": name}
        self._spans.append(span | ({"attributes": kept} if kept else {}))

    def choose(self, place: str, value: Any, field: str = "", kind: str = "") -> None:
        """A class of the whole text, several of them, a path or a number: of this field, "" for the first that takes
        choices. The kind "text" is one that was written, and no class."""
        if self.task_type != CLASSES:
            self.homeless("classes of the whole text", place)
        elif value not in (None, "", []) and self._fields.setdefault(field, value) != value:
            self.lose(place, "said-twice", "This field was answered before; that answer is kept.")
        elif kind:
            self._kinds[field] = kind

    def said(self, by: str = "", score: float | None = None, predicted: bool = False) -> tuple[Said, ...]:
        """The answer that was found, which may be that there is nothing; none where there is only what the task type
        has no place for. What comes next is another answer."""
        for text in self._homeless.told():
            self.lose("", "no-place", text)
        if self._more_lost:
            text = sentence("More parts of this row that can't be kept either: %(number)s.", number=self._more_lost)
            self.lost.append(Fault(self.place, "more-lost", text))
        answer: dict[str, Any] = {"spans": self._spans}
        if self.task_type == CLASSES:
            answer = {"fields": [self._field(field, value) for field, value in self._fields.items()]}
        empty = self.task_type == CLASSES and not self._fields
        self._spans, self._seen, self._fields, self._kinds, self._more_lost = [], {}, {}, {}, 0
        return () if empty else (Said(answer, by[:200], score, predicted),)

    def _field(self, field: str, value: Any) -> dict[str, Any]:
        return {"field": field, "value": value} | ({"kind": self._kinds[field]} if field in self._kinds else {})

    def _attributes(self, attributes: Mapping[str, Any], place: str) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for name, value in attributes.items():
            try:
                kept |= check.attributes({str(name): value}, f"{place}.attributes")
            except Refused as refused:
                self.lose(refused.place or place, refused.code, refused.sentence)
        return kept


def score_of(value: Any, place: str, spans: Any) -> float | None:
    """A score as a file has it; one that is none is told."""
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    spans.lose(
        place,
        "bad-score",
        sentence("A score is a number from 0 to 1, not “%(value)s”.", value=check.clipped(value, 40)),
    )
    return None


def _squeezed(text: str) -> str:
    return " ".join(text.split())


class Utf16:
    """Offsets of those who count UTF-16 units, as JavaScript and Java do, as code points."""

    def __init__(self, text: str) -> None:
        self.same = text.isascii() or max(map(ord, text), default=0) <= 0xFFFF
        self._at = array("q")
        if not self.same:
            for number, letter in enumerate(text):
                self._at.extend([number] * (2 if ord(letter) > 0xFFFF else 1))
            self._at.append(len(text))

    def __call__(self, offset: Any) -> Any:
        """The code point of a unit; what is no offset in the text stays as it is."""
        whole = isinstance(offset, int) and not isinstance(offset, bool)
        if self.same or not whole or not 0 <= offset < len(self._at):
            return offset
        return self._at[offset]
