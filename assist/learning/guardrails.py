"""Does a new version harm the work that it has a small share of? Pure mathematics, one piece of work after the other.

Which version a piece of work gets is drawn by hash, with a chance that is known. So each piece says, without anything
being supposed of people, tasks or time, by how much the candidate is worse: with the harm y in [0, 1], what was to be
expected of this person by then m, and the chance s of the candidate, x = (y - m) / s where it answered and
-(y - m) / (1 - s) where the champion did has the difference as its mean, whatever m is (Horvitz & Thompson 1952; with a
guess taken off, Robins, Rotnitzky & Zhao 1994; at every moment, Howard et al., Annals of Statistics 2021, section 4.2).
That m is the person's own past is what compares within people. Two questions, two instruments: bets against "it is no
worse" (betting.py) take it back, the upper end of a confidence sequence (confidence_sequence.py) lets it on.

Of blind verdicts both versions' answers are known, so there x is simply the difference of the scores; of each group
(copies of a text, one image) it is given one, since what shows the same is lost or won together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from projects.inference.betting import CAREFUL, DARING, Bets, opened
from projects.inference.confidence_sequence import UpperEnd

ALPHA = 0.05  # chance to take back a sound version, ever; and for each step, to let on one that is worse by the margin
REFUSED, EDITED, SILENT, SLOW, BLIND = "refused", "edited", "silent", "slow", "blind"
OF_WORK = (REFUSED, EDITED, SILENT, SLOW)
NAMES = (*OF_WORK, BLIND)
OWN = 10.0  # pieces of work by which a person's own past is believed as much as everybody's
USUAL = 0.2  # the harm that is expected before anything is seen
LEAST_VARIANCE = 0.01  # of a piece's harm
# How much better a piece counts at most, in times of how much worse it can be. Beside a champion that always does harm,
# as one that never says anything, the candidate's few pieces lie so far out that their spread would hide what they say.
# Only the upper end is moved by that, and only up.
FARTHEST = 3.0


@dataclass(frozen=True)
class Piece:
    """A piece of work that was handed in: whether the candidate was drawn for it, with what chance, whose it is, and
    the harm by each of OF_WORK, in [0, 1]."""

    candidate: bool
    chance: float
    person: str
    harms: Mapping[str, float]


@dataclass(frozen=True)
class Guardrail:
    """One kind of harm: the bets, the upper end of the difference, and what is expected of each person."""

    bets: Bets
    upper: UpperEnd = UpperEnd()
    seen: int = 0
    candidates: int = 0
    total: float = 0.0
    by_candidate: float = 0.0
    squares: float = 0.0  # of what was unexpected
    people: Mapping[str, tuple[int, float]] = field(default_factory=dict)

    @property
    def means(self) -> tuple[float | None, float | None]:
        """The mean harm of the candidate, and of the champion."""
        others = self.seen - self.candidates
        own = self.by_candidate / self.candidates if self.candidates else None
        return own, (self.total - self.by_candidate) / others if others else None

    def expected(self, person: str) -> float:
        """The harm in the next piece of work of this person."""
        everybody = (self.total + USUAL) / (self.seen + 1)
        count, total = self.people.get(person, (0, 0.0))
        return (total + OWN * everybody) / (count + OWN)

    def after(self, piece: Piece, name: str, within: float) -> Guardrail:
        """One piece of work later; `within` is the margin that it is wanted to come below."""
        harm, chance, guess = piece.harms[name], piece.chance, self.expected(piece.person)
        value = (harm - guess) / chance if piece.candidate else -(harm - guess) / (1 - chance)
        least = -max(guess / chance, (1 - guess) / (1 - chance))
        most = max((1 - guess) / chance, guess / (1 - chance))
        unexpected = max(LEAST_VARIANCE, (self.squares + 0.25) / (self.seen + 1))
        bets = self.bets.after(value, least)
        count, total = self.people.get(piece.person, (0, 0.0))
        return Guardrail(
            bets.restarted() if piece.candidate else bets,
            self.upper.after(
                max(value, -FARTHEST * most), most, variance=unexpected / (chance * (1 - chance)), within=within
            ),
            self.seen + 1,
            self.candidates + piece.candidate,
            self.total + harm,
            self.by_candidate + harm * piece.candidate,
            self.squares + (harm - guess) ** 2,
            {**self.people, piece.person: (count + 1, total + harm)},
        )

    def compared(self, candidate: float, champion: float, within: float) -> Guardrail:
        """One blind verdict later, with both versions' scores in [0, 1]: two answers more."""
        value = champion - candidate
        variance = max(LEAST_VARIANCE, (self.squares + 0.25) / (self.candidates + 1))
        return replace(
            self,
            bets=self.bets.after(value, -1.0).restarted(),
            upper=self.upper.after(value, 1.0, variance=variance, within=within),
            seen=self.seen + 2,
            candidates=self.candidates + 1,
            total=self.total + (1 - champion) + (1 - candidate),
            by_candidate=self.by_candidate + (1 - candidate),
            squares=self.squares + value**2,
        )


# What each kind of harm has of the chance to take back a sound version: the bets are one game, played with these parts.
PARTS = {REFUSED: 0.2, EDITED: 0.1, SILENT: 0.1, SLOW: 0.1, BLIND: 0.5}


def _opened() -> dict[str, Guardrail]:
    return {name: Guardrail(opened(CAREFUL if name in OF_WORK else DARING)) for name in NAMES}


@dataclass(frozen=True)
class Watch:
    """All guardrails of one rollout, and what they say."""

    guardrails: Mapping[str, Guardrail] = field(default_factory=_opened)

    @property
    def capital(self) -> float:
        """What one unit has become that was bet on harm; 1 / ALPHA says harm."""
        return sum(part * self.guardrails[name].bets.capital for name, part in PARTS.items())

    @property
    def harm(self) -> str:
        """The kind of harm that is shown; "" while none is. Ever said of a sound version with chance ALPHA at most."""
        if self.capital < 1 / ALPHA:
            return ""
        return max(PARTS, key=lambda name: PARTS[name] * self.guardrails[name].bets.capital)

    def clears(self, margin: float) -> bool:
        """Whether each kind of harm in people's work is shown to be less than the margin."""
        return all(self.guardrails[name].upper.at(ALPHA) < margin for name in OF_WORK)

    def after(self, piece: Piece, within: float) -> Watch:
        """One piece of work later."""
        return Watch(
            {**self.guardrails, **{name: self.guardrails[name].after(piece, name, within) for name in OF_WORK}}
        )

    def compared(self, candidate: float, champion: float, within: float) -> Watch:
        """One blind verdict later."""
        return Watch({**self.guardrails, BLIND: self.guardrails[BLIND].compared(candidate, champion, within)})

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {name: asdict(one) for name, one in self.guardrails.items()}


def read(plain: Mapping[str, Mapping[str, Any]]) -> Watch:
    """From JSON; an empty one is the beginning."""
    return Watch({name: _guardrail(plain[name]) for name in NAMES}) if plain else Watch()


def _guardrail(plain: Mapping[str, Any]) -> Guardrail:
    bets, upper = plain["bets"], UpperEnd(**plain["upper"])
    people = {person: (int(count), float(total)) for person, (count, total) in plain["people"].items()}
    kept = Bets(bets["joined"], tuple(bets["stakes"]), tuple(bets["fractions"]))
    return Guardrail(**{**plain, "bets": kept, "upper": upper, "people": people})
