"""What comes with a piece of work, read the same from the studio as from the API: nothing is taken by one and not by
the other, and what is wrong is said with its place."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from projects.errors import Refused
from projects.models import limits
from projects.web.shared.json_view import read_flag, read_list, read_text, read_uuid, read_whole_number

Body = Mapping[str, object]


@dataclass(frozen=True)
class Answer:
    """An answer as it is handed in; whether it is one is its task type's to say."""

    token: UUID
    answer: object
    active_ms: int
    rejected: list[str]  # suggestions, by id
    confidence: float | None  # in [0, 1], of a model
    of_any: bool  # what comes next may be of any project


@dataclass(frozen=True)
class Draft:
    """Unsent work, on top of the version that it was made from: whole, or as changes (None where it is whole)."""

    token: UUID
    version: int
    answer: object
    changes: object


@dataclass(frozen=True)
class No:
    """A task that is skipped, or reported as broken (then the reason is empty)."""

    token: UUID
    reason: str
    note: str
    of_any: bool


def token_of(body: Body) -> UUID:
    """What shows that the work is held by whoever asks. Raises Refused, as all of these do."""
    return read_uuid(body, "token")


def answer_of(body: Body) -> Answer:
    """An answer that is handed in."""
    rejected = read_list(body, "rejected")
    if len(rejected) > limits.REFUSED:
        raise Refused("At most %(most)s can be named.", code="wrong-shape", place="rejected", most=limits.REFUSED)
    for place, one in enumerate(rejected):
        if not isinstance(one, str) or len(one) > limits.SUGGESTION:
            raise Refused("This is the id of no suggestion.", code="wrong-shape", place=f"rejected[{place}]")
    confidence = body.get("confidence")
    if confidence is not None and not limits.SHARE.holds(confidence):
        raise Refused("confidence is a number from 0 to 1.", code="wrong-shape", place="confidence")
    active_ms = read_whole_number(body, "active_ms", limits.ACTIVE_MS, 0)
    of_any = read_flag(body, "any")
    return Answer(token_of(body), body.get("answer"), active_ms, rejected, confidence, of_any)  # type: ignore[arg-type]


def draft_of(body: Body) -> Draft:
    """Work that is to be kept as it stands."""
    version = read_whole_number(body, "version", limits.VERSION)
    return Draft(token_of(body), version, body.get("answer"), body.get("changes"))


def no_of(body: Body) -> No:
    """Work that somebody won't do."""
    reason, note = read_text(body, "reason", limits.NOTE), read_text(body, "note", limits.NOTE)
    return No(token_of(body), reason, note, read_flag(body, "any"))
