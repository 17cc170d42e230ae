"""People who mark spans in a text."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.loop.people import ALONE, FOOLED, Answered, Offer, People, Rates, Score, taken
from benchmarks.truth import data

LEAST_TEXTS = 8  # of a worker whose rates are taken
# Where the crowd's data isn't there: about its quantiles. How often a span is missed, is marked at another place than
# it is, and (for each that is there) one is marked that is none.
WITHOUT_CROWD = (
    (0.24, 0.16, 0.04),
    (0.29, 0.24, 0.07),
    (0.38, 0.33, 0.10),
    (0.47, 0.39, 0.15),
    (0.62, 0.51, 0.26),
    (0.70, 0.78, 0.41),
)

Place = tuple[int, int]  # start, end (exclusive)
Text = tuple[str, Sequence[Place]]  # and the places of what is to be marked


@dataclass
class _Gone:
    """What came of the offers that somebody went through."""

    work: Counter[str] = field(default_factory=Counter)
    said: dict[Place, dict[str, str]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    dealt_with: set[Place] = field(default_factory=set)  # of what is there


class SpanPeople(People):
    """Each misses spans, misplaces an end by a word, and marks words that are none."""

    # Marking a span; accepting an offered one; setting one right, or taking away one that is none.
    COSTS = {"marking": 6.0, "accepting": 1.5, "fixing": 5.0}

    def answered(self, true: Text, rates: Rates, offers: Sequence[Offer]) -> Answered:
        """Offers are gone through first; what none of them touches is marked, or missed, as without them."""
        text, places = true
        words = _words(text)
        alone = {place: self._marked(place, words, rates) for place in places}
        added = [self._elsewhere(words, places) for _ in places if self.rng.random() < rates[2]]
        without = _apart([*(one for one in alone.values() if one), *added])
        gone = _Gone()
        for offer in offers:
            met = [one for one in places if _meet((offer["start"], offer["end"]), one) and one not in gone.dealt_with]
            self._dealt(offer, met, gone, rates, words, alone)
        own = [one for place, one in alone.items() if one and place not in gone.dealt_with]
        for one in _apart([*own, *added], gone.said):
            gone.work["marking"] += 1
            gone.said[one] = ALONE
        return Answered(
            {"spans": self._spans(gone.said)},
            gone.refused,
            gone.work,
            Score(len(places), len(gone.said), len(set(gone.said) & set(places))),
            Counter({"marking": len(without)}),
            Score(len(places), len(without), len(set(without) & set(places))),
            sum((one["start"], one["end"]) in places for one in offers),
        )

    def _dealt(
        self,
        offer: Offer,
        met: Sequence[Place],
        gone: "_Gone",
        rates: Rates,
        words: Sequence[Place],
        alone: Mapping[Place, Place | None],
    ) -> None:
        """Taken, set right, or taken away; `met`: what is truly there."""
        at = (offer["start"], offer["end"])
        gone.dealt_with.update(met)
        if at in met or self.rng.random() < FOOLED:
            gone.work["accepting"] += 1
            gone.said[at] = taken(offer)
            return
        gone.work["fixing"] += 1
        fixed = (alone[met[0]] or self._marked(met[0], words, (0.0, rates[1]))) if met else None
        if fixed and _apart([fixed], gone.said):
            gone.said[fixed] = taken(offer, "edited")
        else:
            gone.refused.append(offer["suggestion"])

    def _spans(self, said: Mapping[Place, dict[str, str]]) -> list[dict[str, object]]:
        return [
            {"id": f"s{n}", "start": start, "end": end, "label": self.labels[0], "provenance": origin}
            for n, ((start, end), origin) in enumerate(sorted(said.items()))
        ]

    def looked_at(self, true: Text) -> Counter[str]:
        """As long as marking all of it takes."""
        return Counter({"marking": len(true[1])})

    def _marked(self, place: Place, words: Sequence[Place], rates: Rates) -> Place | None:
        """Where somebody marks what is there; None where they miss it."""
        missed, misplaced = rates[:2]
        if self.rng.random() < missed:
            return None
        if self.rng.random() >= misplaced:
            return place
        first = next(n for n, one in enumerate(words) if one[1] > place[0])
        last = max(n for n, one in enumerate(words) if one[0] < place[1])
        others = [(first - 1, last), (first, last + 1), (first + 1, last), (first, last - 1)]
        fits = [(a, b) for a, b in others if 0 <= a <= b < len(words)]
        a, b = fits[self.rng.integers(len(fits))]
        return words[a][0], words[b][1]

    def _elsewhere(self, words: Sequence[Place], places: Sequence[Place]) -> Place:
        """A word that is none of what is to be marked."""
        free = [one for one in words if not any(_meet(one, place) for place in places)]
        return free[self.rng.integers(len(free))]

    @staticmethod
    def error_rates(number: int) -> tuple[Sequence[Rates], str]:
        """Each way of being wrong spread over that of the crowd, the best in one being the best in all."""
        root = data.folder()
        if root is None:
            return WITHOUT_CROWD[:number], "stand-ins (no crowd data here)"
        rates = _of_crowd(data.documents(root))
        spread = np.quantile(rates, np.linspace(0.1, 0.9, number), axis=0)
        return [tuple(map(float, one)) for one in spread], f"{len(rates)} workers of pico"


def _of_crowd(documents: Sequence[data.Document]) -> np.ndarray:
    """A row for each worker with texts enough: shares missed, misplaced of those found, added to what is there."""
    counts: dict[object, np.ndarray] = {}
    for text in documents:
        true = [(int(text.starts[a]), int(text.ends[b - 1])) for a, b, _ in text.truth]
        for who, answer in text.answers.items():
            said = [(span["start"], span["end"]) for span in answer["spans"]]
            exact = sum(place in said for place in true)
            met = sum(any(_meet(place, one) for one in said) for place in true)
            none = sum(not any(_meet(place, one) for place in true) for one in said)
            counts[who] = counts.get(who, np.zeros(5)) + (1, len(true), exact, met, none)
    rows = np.array([row for row in counts.values() if row[0] >= LEAST_TEXTS])
    _, true, exact, met, none = rows.T
    return np.stack([1 - met / true, 1 - exact / np.maximum(met, 1), none / true], axis=1)


def _words(text: str) -> list[Place]:
    found, at = list[Place](), 0
    for word in text.split(" "):
        found.append((at, at + len(word.rstrip(".,"))))
        at += len(word) + 1
    return found


def _apart(places: Sequence[Place], others: Iterable[Place] = ()) -> list[Place]:
    """They without those that lie over an earlier one, or one of the others."""
    kept, there = list[Place](), list(others)
    for one in places:
        if not any(_meet(one, other) for other in (*there, *kept)):
            kept.append(one)
    return kept


def _meet(one: Place, other: Place) -> bool:
    return one[0] < other[1] and other[0] < one[1]
