"""What the rest of Tandem may ask of a task type. Every room in this package answers all of it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

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
    intakes: tuple[str, ...]  # keys of projects.intake readers that make sense for this type
    exports: tuple[str, ...]  # keys of projects.exports formats that make sense for this type

    def check_payload(self, payload: object) -> Payload:
        """Return the payload in canonical form; raise Refused naming the first fault and its place."""
        ...

    def check_answer(self, answer: object, payload: Payload, labels: Collection[str]) -> Answer:
        """Return the answer in canonical form; raise Refused naming the first fault and its place.

        `labels` are the keys that may be used. Canonical means: the same content always gives the
        same JSON, so answers can be compared by equality. Checking a canonical answer returns it.
        """
        ...

    def agreement(self, a: Answer, b: Answer, thresholds: Mapping[str, Any]) -> float:
        """How far two checked answers say the same thing, in [0, 1], symmetric, 1.0 for equal ones.

        `thresholds` are the project's: "iou" for regions, "span_match" ("exact" or "overlap") for spans.
        """
        ...

    def merge(self, answers: Sequence[Answer], thresholds: Mapping[str, Any]) -> Answer:
        """One canonical answer that stands for several checked ones (at least one)."""
        ...

    def labels_used(self, answer: Answer) -> set[str]:
        """The label keys that occur in a checked answer."""
        ...

    def is_empty(self, answer: Answer) -> bool:
        """True if the tasker said that there is nothing to mark."""
        ...
