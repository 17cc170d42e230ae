"""Real texts with a known class: the first paragraphs of what SciPy says of its functions, classes and methods (it is
installed here anyway, BSD licence), told apart by the part of SciPy that they belong to."""

import inspect
import random
from collections.abc import Iterator
from importlib import import_module

from benchmarks.loop.class_people import ClassPeople
from benchmarks.loop.row import Row
from benchmarks.loop.whole import Material, Terms, Thing, rows_of

CLASSES = {
    "stats": "Statistics",
    "special": "Special functions",
    "signal": "Signal processing",
    "linalg": "Linear algebra",
    "ndimage": "Images",
    "optimize": "Optimization",
    "interpolate": "Interpolation",
    "sparse": "Sparse matrices",
    "fft": "Fourier transforms",
    "integrate": "Integration",
}
SHORTEST, LONGEST = 30, 300  # characters


def texts() -> list[tuple[str, str]]:
    """(text, class), each text once, in the order of their names."""
    found: dict[str, str] = {}
    for part in CLASSES:
        module = import_module(f"scipy.{part}")
        for name in sorted(dir(module)):
            thing = getattr(module, name)
            if name.startswith("_") or inspect.ismodule(thing):
                continue
            for told in (thing, *_methods(thing)):
                text = _said(told)
                if len(text) >= SHORTEST:
                    found.setdefault(text, part)
    return list(found.items())


def _methods(thing: object) -> list[object]:
    if not inspect.isclass(thing):
        return []
    return [one for name, one in sorted(vars(thing).items()) if not name.startswith("_") and callable(one)]


def _said(thing: object) -> str:
    """The first two paragraphs of its documentation, on one line."""
    paragraphs = (inspect.getdoc(thing) or "").split("\n\n")[:2]
    whole = " ".join(" ".join(one for one in paragraphs if "---" not in one).split())
    return whole[:LONGEST]


def _things(number: int, seed: int) -> list[Thing]:
    return [Thing(part, text=text) for text, part in random.Random(seed).sample(texts(), number)]


MATERIAL = Material(
    name="Parts of SciPy",
    task_type="classification",
    labels=CLASSES,
    people=ClassPeople,
    recipe="text-classes",
    model="all-minilm-l6@2",
    things=_things,
)


def rows(tasks: int = 1_350, seed: int = 5, **terms: int) -> Iterator[Row]:
    """The rounds, and what the whole cost."""
    yield from rows_of(MATERIAL, tasks, seed, Terms(**terms))
