"""What asking somebody further would set right: how many answers of a project, by what its people said so far."""

from dataclasses import dataclass

import numpy as np

from projects.configuration.terms import Terms
from projects.inference.calibration import calibrated_posterior
from projects.inference.classification import Estimate
from projects.inference.foregone import foregone
from projects.inference.instance_level import Ints

MOST_TASKS = 20_000  # that are looked at, evenly from all; more would narrow nothing that people read


@dataclass(frozen=True)
class MorePeople:
    """Of the tasks that no reviewer decided, the share whose answer would become right, less those that would become
    wrong, if each were asked of so many people: what is expected, and the ends of its 80 % interval."""

    people: int
    expected: float
    low: float
    high: float


def people_of(terms: Terms) -> int:
    """As many as the settings allow a task, and where they allow none further, one more than they want."""
    return max(terms.settings.most or 0, terms.settings.wanted + 1)


def forecast(terms: Terms, estimated: Estimate, said: tuple[Ints, Ints], known: Ints) -> MorePeople | None:
    """By an estimate of a project's classes, what was `said` (task, class), and the class of each task where it is
    known, else -1. None where the crowd doesn't tell what is true, or nothing is open."""
    unknown = np.flatnonzero(known < 0)
    if not estimated.identified or not unknown.size:
        return None
    some = unknown[:: -(-unknown.size // MOST_TASKS)]
    place = np.full(known.size, -1)
    place[some] = np.arange(some.size)
    task, label = place[said[0]], said[1]
    task, label = task[task >= 0], label[task >= 0]
    people = people_of(terms)
    left = np.maximum(people - np.bincount(task, minlength=some.size), 0)
    found = foregone(calibrated_posterior(estimated.posterior[some], terms.calibration), (task, label), left)
    return MorePeople(people, found.expected, found.low, found.high)


def read(stored: dict | None) -> MorePeople | None:
    """As the newest accuracy model keeps it."""
    return MorePeople(**stored) if stored else None
