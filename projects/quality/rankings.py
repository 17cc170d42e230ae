"""What was compared in pairs, ranked: preference_v1 over all votes of a project, item by item.

It proposes nothing and changes no verdict, grade or cent. The only writer of Ranking.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from projects.inference.preference import (
    LEFT,
    RIGHT,
    TIE,
    Preferences,
    Votes,
    as_the_crowd_sees,
    infer_preferences,
    numbered_groups,
)
from projects.models import Project, Ranking, Task
from projects.quality.votes import Vote
from projects.task_types import TASK_TYPES, preference
from projects.task_types.preference import FIRST, SECOND, Preference
from taskers.models import Person

METHOD = "preference_v1"
NEWEST = 200_000  # votes that are ranked by
NINE_IN_TEN = 1.6449  # standard deviations on each side


class Compared(NamedTuple):
    """One vote: what was on the left and on the right, whose it is, and which was preferred (LEFT, RIGHT, TIE)."""

    left: str
    right: str
    tasker: int
    outcome: int


@dataclass
class Comparisons:
    """The votes of a project that compare two things with keys, where these come from by what is said with each vote,
    and how many votes tell nothing."""

    votes: list[Compared] = field(default_factory=list)
    origins: dict[str, Counter[str]] = field(default_factory=dict)
    unkeyed: int = 0

    def add(self, task: Task, votes: Sequence[Vote]) -> None:
        """What people, and models that count, said of a task."""
        first, second = preference.items_of(task.payload)
        chosen = [(one, TASK_TYPES[Preference.key].choice(one.answer)) for one in votes if one.votes]  # type: ignore[attr-defined]
        said = [(one, choice) for one, choice in chosen if choice]
        if not first or not second or first == second:
            self.unkeyed += len(said)
            return
        for item, group in zip((first, second), preference.groups_of(task.payload), strict=True):
            if group:
                self.origins.setdefault(item, Counter())[group] += len(said)
        for one, choice in said:
            swapped = one.annotation.answer.get("left") == SECOND
            left, right = (second, first) if swapped else (first, second)
            outcome = TIE if choice == preference.TIE else RIGHT if (choice == FIRST) == swapped else LEFT
            self.votes.append(Compared(left, right, one.annotation.tasker_id, outcome))

    def group(self, item: str) -> str | None:
        """Where an item comes from: what is said most, the first in the alphabet of those."""
        said = self.origins.get(item)
        return min(said, key=lambda group: (-said[group], group)) if said else None


def ranks(project: Project) -> bool:
    """Whether a project compares things that can be ranked."""
    return isinstance(TASK_TYPES[project.task_type], Preference)


def renew(project: Project, tasks: Iterable[tuple[Task, Sequence[Vote], object]]) -> Ranking:
    """Rank what these tasks compare by their votes, and keep it."""
    found = Comparisons()
    for task, of_task, _truth in tasks:
        found.add(task, of_task)
    said = found.votes[-NEWEST:]
    names = sorted({name for one in said for name in (one.left, one.right)})
    people = sorted({one.tasker for one in said})
    votes = _numbered(said, names, people)
    groups = [found.group(name) for name in names]
    inferred = infer_preferences(votes, len(names), len(people), numbered_groups(groups))
    return Ranking.objects.create(
        project=project,
        method=METHOD,
        items=_items(said, dict(zip(names, groups, strict=True)), votes, inferred),
        taskers=_taskers(said, people, inferred),
        votes=len(said),
        unkeyed=found.unkeyed,
        left=_chance(inferred.side),
        ties=sum(one.outcome == TIE for one in said) / max(len(said), 1),
    )


def newest(project: Project) -> Ranking | None:
    """The ranking in use."""
    return Ranking.objects.filter(project=project).order_by("-pk").first()


@dataclass(frozen=True)
class Ranked:
    """One item: `strength` with its interval in logits beside the mean of all; `beats`, the chance to be preferred to
    an average one, sides and ties aside, by the tasker who gave an average vote, with its interval; `group` is where it
    comes from, nothing where that isn't said."""

    place: int
    item: str
    strength: float
    low: float
    high: float
    beats: float
    beats_low: float
    beats_high: float
    votes: int
    won: int
    lost: int
    tied: int
    group: str = ""


@dataclass(frozen=True)
class Habits:
    """How one tasker compares: `reliability` is 1 for what the crowd does, 0 for blindly, less for the opposite; `left`
    is the chance to prefer what is on the left of two equal ones."""

    tasker: Person
    votes: int
    reliability: float
    left: float
    ties: float


def items(ranking: Ranking) -> list[Ranked]:
    """The items, the strongest first; intervals hold it 9 times out of 10."""
    rows = []
    for place, one in enumerate(ranking.items, start=1):
        reach = NINE_IN_TEN * one["spread"]
        bounds = [one["strength"], one["strength"] - reach, one["strength"] + reach]
        counts = [one[name] for name in ("votes", "won", "lost", "tied")]
        told: list[Any] = [*bounds, *map(_chance, bounds), *counts, one.get("group") or ""]
        rows.append(Ranked(place, one["item"], *told))
    return rows


def habits(ranking: Ranking) -> list[Habits]:
    """Who compared how, those who compared most first."""
    people = Person.objects.in_bulk([one["tasker"] for one in ranking.taskers])
    return [Habits(people[one["tasker"]], *(one[name] for name in HABITS)) for one in ranking.taskers]


HABITS = ("votes", "reliability", "left", "ties")


def _numbered(said: Sequence[Compared], names: Sequence[str], people: Sequence[int]) -> Votes:
    name = {one: place for place, one in enumerate(names)}
    who = {one: place for place, one in enumerate(people)}
    rows = [(name[one.left], name[one.right], who[one.tasker], one.outcome) for one in said]
    return Votes(*np.array(rows, dtype=np.int64).reshape(-1, 4).T)


def _items(said: Sequence[Compared], groups: dict[str, str | None], votes: Votes, inferred: Preferences) -> list[dict]:
    names = list(groups)
    strength, spread = as_the_crowd_sees(votes, inferred)
    won = Counter((one.left, one.right)[one.outcome] for one in said if one.outcome != TIE)
    lost = Counter((one.right, one.left)[one.outcome] for one in said if one.outcome != TIE)
    tied = Counter(name for one in said if one.outcome == TIE for name in (one.left, one.right))
    order = sorted(range(len(names)), key=lambda place: (-round(float(strength[place]), 9), names[place]))
    return [
        {
            "item": names[place],
            "strength": round(float(strength[place]), 6),
            "spread": round(float(spread[place]), 6),
            "votes": won[names[place]] + lost[names[place]] + tied[names[place]],
            "won": won[names[place]],
            "lost": lost[names[place]],
            "tied": tied[names[place]],
            "group": groups[names[place]],
        }
        for place in order
    ]


def _taskers(said: Sequence[Compared], people: Sequence[int], inferred: Preferences) -> list[dict]:
    count = Counter(one.tasker for one in said)
    ties = Counter(one.tasker for one in said if one.outcome == TIE)
    share = np.array([count[one] for one in people], dtype=float)
    scale = float(share @ inferred.reliability / share.sum()) if people else 1.0
    rows = [
        {
            "tasker": key,
            "votes": count[key],
            "reliability": round(float(inferred.reliability[place] / scale), 4) if scale > 0 else 0.0,
            "left": round(_chance(inferred.side + float(inferred.worker_side[place])), 4),
            "ties": round(ties[key] / count[key], 4),
        }
        for place, key in enumerate(people)
    ]
    return sorted(rows, key=lambda one: (-one["votes"], one["tasker"]))


def _chance(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))
