"""What another host says, taken at nothing but its numbers: each piece is checked before it counts. Pure."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from assist.adapters import Boxes, FoundSpan
from assist.adapters.detections import Raw, cleaned
from assist.errors import CopilotError

T = TypeVar("T")
Q = TypeVar("Q")

MOST = 100_000  # pieces of one answer that are looked at
LONGEST = 200  # characters of a label
LARGEST = 1e300  # a number: JSON holds whole ones that no float does


def broken(what: str) -> CopilotError:
    """There is no answer in this."""
    return CopilotError("no-answer", f"The model's answer can't be used: {what}.")


def a_list(value: Any, what: str) -> list[Any]:
    """Raises CopilotError "no-answer"."""
    if not isinstance(value, list):
        raise broken(f"{what} is no list")
    if len(value) > MOST:
        raise broken(f"{what} has more than {MOST:,} parts")
    return value


def a_table(value: Any, what: str) -> Mapping[str, Any]:
    """Raises CopilotError "no-answer"."""
    if not isinstance(value, dict):
        raise broken(f"{what} is no object")
    return value


def share(value: Any) -> float | None:
    """A score in [0, 1], or None where none is given. Raises CopilotError "no-answer"."""
    if value is None:
        return None
    if not is_number(value) or not 0 <= value <= 1:
        raise broken("a score is not from 0 to 1")
    return float(value)


def spans(value: Any, text: str) -> list[FoundSpan]:
    """Within the text, in its order. What isn't is left out; what is no span at all makes it no answer."""
    found = []
    for one in a_list(value, "spans"):
        row = a_table(one, "a span")
        start, end, label = row.get("start"), row.get("end"), row.get("label")
        if type(start) is not int or type(end) is not int or not _is_label(label):
            raise broken("a span has no start, end and label")
        if 0 <= start < end <= len(text):
            found.append(FoundSpan(start, end, str(label), share(row.get("score"))))
    return sorted(found, key=lambda one: (one.start, one.end, one.label))


def boxes(value: Any, size: tuple[int, int], known: Sequence[str]) -> Boxes:
    """As every detector's are cleaned. `known`: the labels that the manifest names; any, where it names none."""
    rows = [a_table(one, "a box") for one in a_list(value, "boxes")]
    if not all(_is_label(row.get("label")) for row in rows):
        raise broken("a box has no label")
    labels = list(known) or list(dict.fromkeys(row["label"] for row in rows))
    places = {label: n for n, label in enumerate(labels)}
    corners = np.full((len(rows), 4), math.nan)
    for n, row in enumerate(rows):
        said: list[Any] = [row.get(name) for name in ("x", "y", "width", "height")]
        if all(map(is_number, said)):
            x, y, width, height = said
            corners[n] = (x, y, x + width, y + height)
    scores = np.array([row["score"] if is_number(row.get("score")) else math.nan for row in rows], float)
    unscored = np.array([row.get("score") is None for row in rows], bool)
    raw: Raw = (corners, np.where(unscored, 1.0, scores), np.array([places.get(row["label"], -1) for row in rows], int))
    return cleaned(raw, size, labels, least=0.0, overlap=1.0)


def shares(value: Any) -> dict[str, float | None]:
    """Labels with their shares. Raises CopilotError "no-answer"."""
    found = a_table(value, "shares")
    if len(found) > MOST or not all(map(_is_label, found)):
        raise broken("a label is too long, or there are too many")
    return {label: share(one) for label, one in found.items()}


def words(value: Any, longest: int) -> str:
    """What was written, without blanks around it. Raises CopilotError "no-answer"."""
    said = value.strip() if isinstance(value, str) else ""
    if not said or len(said) > longest or "\0" in said:
        raise broken(f"it is not a text of 1 to {longest:,} characters")
    return said


def or_none(ask: Callable[[Q], T], question: Q) -> T | None:
    """What it gives for a question, or None where it gives no answer that can be used; another fault is everybody's."""
    try:
        return ask(question)
    except CopilotError as problem:
        if problem.code != "no-answer":
            raise
        return None


def is_number(value: Any) -> bool:
    """A finite one."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST


def _is_label(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST
