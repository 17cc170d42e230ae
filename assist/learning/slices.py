"""The kinds of tasks that a model must not get worse at: by label, by batch, by length, by size. Pure.

A kind of slice is one function and one line of SLICES.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median

from assist.learning.blind_verdicts import Decided
from assist.learning.region_masks import as_box
from projects.task_types import TASK_TYPES

# As they are kept; pages say them in the reader's language.
NAMES = {
    "label": "label %(label)s",
    "batch": "batch %(name)s",
    "long": "texts from %(number)s characters",
    "short": "texts below %(number)s characters",
    "many": "%(number)s parts or more",
    "few": "fewer than %(number)s parts",
    "small": "regions below %(share)s of the image",
    "large": "regions from %(share)s of the image",
    "marked": "images with something to find",
    # Of slices that an evaluation proposed (traits.py).
    "length": "texts of %(value)s characters",
    "pixels": "images of %(value)s pixels",
    "letters": "texts in %(value)s letters",
    "month": "loaded in %(value)s",
    "meta": "metadata %(value)s",
    "like": "like task %(value)s",
}
MARKED = NAMES["marked"]
LEAST_TASKS = 10  # a slice of fewer says nothing by itself
LONG_TEXT = 1_000  # characters
MANY_PARTS = 6
SMALL = 0.01  # of an image

Slicer = Callable[[Decided, str], Sequence[str]]


def labels(one: Decided, task_type: str) -> Sequence[str]:
    """By what was decided to be in it."""
    return [NAMES["label"] % {"label": label} for label in sorted(TASK_TYPES[task_type].labels_used(one.answer))]


def batch(one: Decided, task_type: str) -> Sequence[str]:
    """By where it came from."""
    return [NAMES["batch"] % {"name": one.task.batch.name}]


def length(one: Decided, task_type: str) -> Sequence[str]:
    """Texts by their length."""
    text = one.task.payload.get("text")
    kind = "long" if len(str(text)) >= LONG_TEXT else "short"
    return [NAMES[kind] % {"number": f"{LONG_TEXT:,}"}] if text else []


def parts(one: Decided, task_type: str) -> Sequence[str]:
    """By how much there is in it."""
    found = one.answer.get(TASK_TYPES[task_type].answer_list)
    many = isinstance(found, list) and len(found) >= MANY_PARTS
    return [NAMES["many" if many else "few"] % {"number": MANY_PARTS}]


def size(one: Decided, task_type: str) -> Sequence[str]:
    """Images by how large the things in them are: the middle one of their boxes."""
    boxes = [box for part in one.answer.get("regions", ()) if (box := as_box(part["shape"]))]
    whole = one.task.payload.get("width", 0) * one.task.payload.get("height", 0)
    if not boxes or not whole:
        return []
    share = median(width * height for *_, width, height in boxes) / whole
    return [NAMES["small" if share < SMALL else "large"] % {"share": f"{SMALL:.0%}"}]


SLICES: Sequence[Slicer] = (labels, batch, length, parts, size)


def slices_of(
    decided: Sequence[Decided],
    task_type: str,
    marked: Mapping[int, bool] | None = None,
    declared: Callable[[Decided], Iterable[str]] = lambda one: (),
) -> tuple[list[frozenset[str]], list[str]]:
    """For each task its slices, and the slices that are protected: those with tasks enough, unless they hold all.
    `marked`: by the tasks' keys whether there is something to find; those are protected however few they are.
    `declared`: the names of the slices that people declared (declared.py) and a task is in."""
    found = [frozenset(name for slicer in SLICES for name in slicer(one, task_type)) for one in decided]
    found = [own | frozenset(declared(one)) for own, one in zip(found, decided, strict=True)]
    found = [
        own | {MARKED} if (marked or {}).get(one.task.pk) else own for own, one in zip(found, decided, strict=True)
    ]
    counts: Mapping[str, int] = Counter(name for own in found for name in own)
    least = {MARKED: 1}
    return found, sorted(name for name, count in counts.items() if least.get(name, LEAST_TASKS) <= count < len(decided))
