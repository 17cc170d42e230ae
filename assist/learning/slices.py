"""The kinds of tasks that a model must not get worse at: by label, by batch, by length or size. Pure.

A kind of slice is one function and one line of SLICES.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from assist.learning.blind_verdicts import Decided
from projects.task_types import TASK_TYPES

LEAST_TASKS = 10  # a slice of fewer says nothing by itself
LONG_TEXT = 1_000  # characters
MANY_PARTS = 6

Slicer = Callable[[Decided, str], Sequence[str]]


def labels(one: Decided, task_type: str) -> Sequence[str]:
    """By what was decided to be in it."""
    return [f"label {label}" for label in sorted(TASK_TYPES[task_type].labels_used(one.answer))]


def batch(one: Decided, task_type: str) -> Sequence[str]:
    """By where it came from."""
    return [f"batch {one.task.batch.name}"]


def length(one: Decided, task_type: str) -> Sequence[str]:
    """Texts by their length."""
    text = one.task.payload.get("text")
    return [f"texts {'from' if len(str(text)) >= LONG_TEXT else 'below'} {LONG_TEXT:,} characters"] if text else []


def parts(one: Decided, task_type: str) -> Sequence[str]:
    """By how much there is in it."""
    found = one.answer.get(TASK_TYPES[task_type].answer_list)
    many = isinstance(found, list) and len(found) >= MANY_PARTS
    return [f"{MANY_PARTS} parts or more" if many else f"fewer than {MANY_PARTS} parts"]


SLICES: Sequence[Slicer] = (labels, batch, length, parts)


def slices_of(decided: Sequence[Decided], task_type: str) -> tuple[list[frozenset[str]], list[str]]:
    """For each task its slices, and the slices that are protected: those with tasks enough, unless they hold all."""
    found = [frozenset(name for slicer in SLICES for name in slicer(one, task_type)) for one in decided]
    counts: Mapping[str, int] = Counter(name for own in found for name in own)
    return found, sorted(name for name, count in counts.items() if LEAST_TASKS <= count < len(decided))
