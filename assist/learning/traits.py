"""What can be told of a task without asking any model: where slices that nobody declared are looked for. Pure.

A kind of trait is one function and one line of FEATURES. What a value is called doesn't depend on the other tasks, so
that a slice which is declared by its traits stays the same one.
"""

import unicodedata
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from assist.learning.blind_verdicts import Decided
from assist.learning.slices import NAMES
from projects.task_types import TASK_TYPES

Trait = tuple[str, str]  # a feature, and its value
JOINED = " × "  # between the names of a slice's traits
LENGTHS = (100, 300, 1_000, 3_000)  # characters
PIXELS = (250_000, 1_000_000, 4_000_000, 16_000_000)
PEEK = 500  # characters that say in which letters a text is written
VALUE = 60  # characters of metadata's keys and values: what is longer tells tasks apart, and is no kind of them

Feature = Callable[[Decided, str], Iterable[str]]


def label(one: Decided, task_type: str) -> Iterable[str]:
    """What was decided to be in it."""
    return TASK_TYPES[task_type].labels_used(one.answer)


def batch(one: Decided, task_type: str) -> Iterable[str]:
    """Where it came from."""
    return [one.task.batch.name]


def length(one: Decided, task_type: str) -> Iterable[str]:
    """How long its text is."""
    text = one.task.payload.get("text")
    return [_between(len(str(text)), LENGTHS)] if text else []


def pixels(one: Decided, task_type: str) -> Iterable[str]:
    """How large its picture is."""
    number = one.task.payload.get("width", 0) * one.task.payload.get("height", 0)
    return [_between(number, PIXELS)] if number else []


def letters(one: Decided, task_type: str) -> Iterable[str]:
    """In which letters most of its text is written, as Unicode calls them; of what language it is nobody is asked."""
    some = [one for one in str(one.task.payload.get("text") or "")[:PEEK] if one.isalpha()]
    known = Counter(unicodedata.name(one, "").partition(" ")[0] for one in some)
    return [known.most_common(1)[0][0].capitalize()] if known else []


def month(one: Decided, task_type: str) -> Iterable[str]:
    """When it was loaded."""
    return [f"{one.task.created_at:%Y-%m}"]


def meta(one: Decided, task_type: str) -> Iterable[str]:
    """What came with it, each key with its value."""
    found = one.task.payload.get("meta")
    pairs = found.items() if isinstance(found, dict) else ()
    return [
        f"{key}: {value}"
        for key, value in pairs
        if isinstance(value, str | int | bool) and len(str(key)) <= VALUE and 0 < len(str(value)) <= VALUE
    ]


FEATURES: Mapping[str, Feature] = {
    "label": label,
    "batch": batch,
    "length": length,
    "pixels": pixels,
    "letters": letters,
    "month": month,
    "meta": meta,
}
LIKE = "like"  # likeness_traits.py: what lies near a task
DECLARED = {"label", "batch"}  # the gate asks for these already, each by itself
PLACES = {"label": "label", "batch": "name"}  # what the value is called in NAMES; "value" for the others


def of(one: Decided, task_type: str) -> frozenset[Trait]:
    """All that can be told of a task."""
    return frozenset((name, value) for name, feature in FEATURES.items() for value in feature(one, task_type))


def name_of(traits: Iterable[Sequence[str]]) -> str:
    """What a slice is called of which all of these hold, as it is kept: pages say it in the reader's language."""
    return JOINED.join(NAMES[name] % {PLACES.get(name, "value"): value} for name, value in sorted(map(tuple, traits)))


def _between(number: int, bounds: Sequence[int]) -> str:
    at = bisect(bounds, number)
    low, high = (bounds[at - 1] if at else 0), (bounds[at] if at < len(bounds) else None)
    return f"{low:,}–{high:,}" if high else f"{low:,}+"
