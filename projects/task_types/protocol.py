"""What the rest of Tandem may ask of a task type. Every room in this package answers all of it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from projects.inference.gold_check import GoldCheck

Answer = dict[str, Any]
Payload = dict[str, Any]


class TaskType(Protocol):
    """One kind of work: what a task holds, what an answer to it looks like, how answers compare.

    Rooms are stateless and import no Django: an answer goes in, a plain value comes out.
    """

    key: str
    title: str
    media: str  # "image" or "text": what the studio must show
    answer_list: str  # the one field of an answer that holds its parts: "regions" or "spans"
    payload_fields: tuple[str, ...]  # what a payload may hold; other fields of a loaded row go into its meta
    unit: str  # what work may be paid by beside the task: "region", "word", or "" for nothing
    settings_asked: tuple[str, ...]  # fields of the form of settings that are asked beside those that every type asks
    labels_asked: tuple[str, ...]  # fields of a row of the label table, likewise

    def check_payload(self, payload: object) -> Payload:
        """Return the payload in canonical form; raise Refused naming the first fault and its place."""
        ...

    def check_answer(self, answer: object, payload: Payload, labels: Collection[str]) -> Answer:
        """Return the answer in canonical form; raise Refused naming the first fault and its place.

        `labels` are the keys that may be used; a mapping also says what each asks for, {"shapes"?, "attributes"?}.
        Canonical means: the same content always gives the same JSON, so answers can be compared by equality.
        Checking a canonical answer returns it.
        """
        ...

    def check_answerable(self, labels: Sequence[Mapping], fields: Sequence[Mapping]) -> None:
        """Refused, with the place of the fault, where a tasker could not answer what is asked with these labels
        ({"key", "name", "field"}) and fields."""
        ...

    def agreement(self, a: Answer, b: Answer, thresholds: Mapping[str, Any]) -> float:
        """How far two checked answers say the same thing, in [0, 1], symmetric, 1.0 for equal ones.

        `thresholds` are the project's: "iou" for regions, "span_match" ("exact" or "overlap") for spans.
        """
        ...

    def gold_check(self, answer: Answer, known: Answer, thresholds: Mapping[str, Any]) -> GoldCheck:
        """How good a checked answer is beside the known one, with partial credit, and what is wrong in it.

        What earns how much is said in projects.inference.gold_check. The score is 1.0 for the known answer itself.
        """
        ...

    def merge(
        self, answers: Sequence[Answer], thresholds: Mapping[str, Any], trust: Sequence[float] | None = None
    ) -> Answer:
        """One canonical answer that stands for several checked ones (at least one).

        `trust` are positive weights, one per answer, for types that decide part by part which of them is right.
        """
        ...

    def matched_parts(self, answers: Sequence[Answer], thresholds: Mapping[str, Any]) -> list[list[tuple[int, int]]]:
        """Which parts of checked answers are about one thing: each match as (number of the answer, number of the part),
        never two of one answer, in the order in which people go through them."""
        ...

    def effort(self, answers: Sequence[Answer], enough: float) -> float:
        """How many seconds agreeing and merging checked answers takes, rather too many; where it comes to more than
        `enough`, any number beyond it. Quick."""
        ...

    def labels_used(self, answer: Answer) -> set[str]:
        """The label keys that occur in a checked answer."""
        ...

    def only(self, answer: Answer, label: str) -> Answer:
        """What a checked answer says of one label, the rest left out, as an answer that can be compared."""
        ...

    def relabelled(self, answer: Answer, labels: Mapping[str, str | None]) -> tuple[Answer, bool]:
        """A checked answer under other labels, old key -> new one or None; and whether anything had to be left out."""
        ...

    def shown(self, payload: Payload) -> Payload:
        """What of a payload whoever judges it may see: what there is to judge, nothing of where it came from."""
        ...

    def studio_keys(self, labels: Sequence[Mapping], grid: int = 1) -> Mapping[str, str]:
        """The letters and digits that the studio has for itself under these labels, each with what it does."""
        ...

    def units(self, answer: Answer, payload: Payload) -> int:
        """How many of its units a checked answer to a task has; 0 where the type has none."""
        ...

    def is_empty(self, answer: Answer) -> bool:
        """True if the tasker said that there is nothing to mark."""
        ...
