"""How often the name that each tasker gives to a thing is right, learnt from all things that several named.

Whether a thing is there and what it is are different skills: who overlooks little may confuse a van with a lorry. What
several called one thing is a question of classes to `classification`; how often each said what is likelier than not is
one number of theirs, shrunk to the crowd's.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from projects.inference.classification import estimate

# A tasker's names are shrunk to the crowd's as if so many had been given besides.
PRIOR = 4.0

Called = tuple[int, str]  # by which answer, and what


@dataclass(frozen=True)
class Naming:
    """The chance that a name is right: `of` each tasker, and `usual` of anybody else; None where what several named has
    one name only, or none, and nothing is known."""

    usual: float | None = None
    of: Mapping[Any, float] = field(default_factory=dict)

    def chance(self, tasker: Hashable, standing: float) -> float:
        """Of one tasker: half by what was learnt of their names, and half by their `standing`, which is all there is
        where nothing was learnt. Mistakes of names go together, since what misleads one misleads others, so what was
        learnt alone would be too sure."""
        return standing if self.usual is None else (self.of.get(tasker, self.usual) + standing) / 2

    def to_json(self) -> list[Any]:
        """[usual, the taskers, their chances]; nothing where nothing is known."""
        return [] if self.usual is None else [self.usual, list(self.of), list(self.of.values())]

    @classmethod
    def from_json(cls, stored: Sequence[Any]) -> Naming:
        return cls(stored[0], dict(zip(*stored[1:], strict=True))) if stored else cls()


def learn_naming(tasks: Iterable[tuple[Sequence[Any], Sequence[Sequence[Called]]]]) -> Naming:
    """From the taskers of each task, and what each thing in it was called by which of them. What one alone named tells
    nothing."""
    things = [(taskers, called) for taskers, some in tasks for called in some if len(called) > 1]
    said = [(number, taskers[who], name) for number, (taskers, called) in enumerate(things) for who, name in called]
    names = sorted({name for _, _, name in said})
    if len(names) < 2:
        return Naming()
    people = sorted({who for _, who, _ in said}, key=repr)
    place, kind = ({one: number for number, one in enumerate(some)} for some in (people, names))
    task = np.array([number for number, _, _ in said], dtype=np.int64)
    worker = np.array([place[who] for _, who, _ in said], dtype=np.int64)
    label = np.array([kind[name] for _, _, name in said], dtype=np.int64)
    order = np.lexsort((label, worker, task))
    task, worker, label = task[order], worker[order], label[order]
    right = estimate(task, worker, label, (len(things), len(people), len(names))).posterior[task, label]
    usual = float(right.mean())
    counts = np.bincount(worker, minlength=len(people))
    chances = (np.bincount(worker, weights=right, minlength=len(people)) + PRIOR * usual) / (counts + PRIOR)
    return Naming(usual, {who: round(float(chances[n]), 4) for n, who in enumerate(people)})
