"""Simulated people: they claim, ask the copilot over its own session, and hand in, each wrong as often as somebody of a
real crowd was. What each piece of work costs in seconds is fixed, never tuned.

A kind of people (of classes, of spans) says what somebody would answer alone, and what they make of what is offered.
"""

import asyncio
import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from assist.runtime.client import RuntimeClient
from assist.session.gateway import Gateway
from assist.session.session import Session
from projects import queue
from projects.models import Assignment, Project
from projects.workflow import submission
from taskers.models import Person

FOOLED = 0.15  # how often a wrong offer is accepted
LEAST_ANSWERS = 30  # of a worker whose rates are taken
PATIENCE = 120.0  # seconds for a first answer: a model may have to be loaded
ALONE = {"source": "human"}
OFFERED = ("classes", "spans")  # the messages that offer something for a whole task

Offer = Mapping[str, Any]
Rates = Sequence[float]  # how often somebody is wrong, in each way that this kind of work knows


@dataclass
class Score:
    """Labels: how many are true, were said, and are right."""

    true: int = 0
    said: int = 0
    right: int = 0

    def add(self, other: "Score", times: int = 1) -> "Score":
        """With those of another; -1 times: without them."""
        mine, theirs = (self.true, self.said, self.right), (other.true, other.said, other.right)
        return Score(*(one + times * more for one, more in zip(mine, theirs, strict=True)))

    @property
    def f1(self) -> float:
        """Of classes, where each task has one and gets one, the share that is right."""
        return 2 * self.right / max(self.true + self.said, 1)


@dataclass
class Answered:
    """One piece of work: the answer, the offers that were refused, how often which kind of work was done, and how right
    it is; and what it had been, and been worth, without help."""

    answer: dict[str, Any]
    refused: list[str]
    work: Counter[str]
    score: Score
    work_alone: Counter[str]
    score_alone: Score
    good: int = 0  # offers that were right


@dataclass
class Done:
    """What was done so far, beside what the same people would have done, and found, without models."""

    costs: Mapping[str, float]
    tasks: int = 0
    helped: int = 0  # of these, with something offered
    work: Counter[str] = field(default_factory=Counter)
    score: Score = field(default_factory=Score)
    work_alone: Counter[str] = field(default_factory=Counter)
    score_alone: Score = field(default_factory=Score)
    offers: int = 0
    good: int = 0

    def add(self, one: Answered, offers: int) -> None:
        """One piece of work more."""
        self.tasks, self.helped = self.tasks + 1, self.helped + bool(offers)
        self.work += one.work
        self.work_alone += one.work_alone
        self.score, self.score_alone = self.score.add(one.score), self.score_alone.add(one.score_alone)
        self.offers, self.good = self.offers + offers, self.good + one.good

    def audited(self, work: Counter[str]) -> None:
        """Somebody looked at an answer anew: that is done without models as well."""
        self.work += work
        self.work_alone += work

    def since(self, before: "Done") -> "Done":
        """What came to it since."""
        return Done(
            self.costs,
            self.tasks - before.tasks,
            self.helped - before.helped,
            self.work - before.work,
            self.score.add(before.score, -1),
            self.work_alone - before.work_alone,
            self.score_alone.add(before.score_alone, -1),
            self.offers - before.offers,
            self.good - before.good,
        )

    def seconds(self, work: Mapping[str, int], costs: Mapping[str, float]) -> float:
        """All of it."""
        return sum(costs[kind] * count for kind, count in work.items())

    def ratio(self, costs: Mapping[str, float] | None = None, *, right: bool = True) -> float:
        """Seconds for a right label, as a share of those without models; or seconds alone, whatever is right."""
        prices = costs or self.costs
        share = self.seconds(self.work, prices) / max(self.seconds(self.work_alone, prices), 1e-9)
        return share * self.score_alone.right / max(self.score.right, 1) if right else share


@dataclass
class People(ABC):
    """They take turns. `truth`: what is true of a task, by its text or its image's name."""

    project: Project
    people: Sequence[Person]
    rates: Sequence[Rates]
    truth: Mapping[str, Any]
    labels: Sequence[str]
    runtime: RuntimeClient
    loop: asyncio.AbstractEventLoop
    rng: np.random.Generator

    COSTS: ClassVar[Mapping[str, float]]  # seconds

    @abstractmethod
    def answered(self, true: Any, rates: Rates, offers: Sequence[Offer]) -> Answered:
        """What somebody makes of a task and of what is offered for it."""

    @abstractmethod
    def looked_at(self, true: Any) -> Counter[str]:
        """The work of looking at an answer anew."""

    @staticmethod
    @abstractmethod
    def error_rates(number: int) -> tuple[Sequence[Rates], str]:
        """Those of so many people, and whose they are."""

    def work(self, number: int, done: Done) -> int:
        """Up to so many pieces of work; returns how many there were."""
        for at in range(number):
            place = at % len(self.people)
            held = queue.claim(self.people[place], self.project)
            if not isinstance(held, Assignment):
                return at
            person = self.people[place]
            offers = self.loop.run_until_complete(self._offers(held, person)) if held.copilot else []
            one = self.answered(self.truth[shown(held.task.payload)], self.rates[place], offers)
            done.add(one, len(offers))
            assert held.token
            submission.submit(held, person, held.token, one.answer, refused=one.refused)
        return number

    async def _offers(self, held: Assignment, person: Person) -> Sequence[Offer]:
        """What the copilot offers for this work, over a session as a page has it; nothing where it has nothing."""
        said: asyncio.Queue[dict] = asyncio.Queue()

        async def say(frame: str) -> None:
            said.put_nowait(json.loads(frame))

        async def hang_up(code: int) -> None:
            said.put_nowait({"type": "error", "code": code})

        session = Session(Gateway(person.pk, held.public_id, lambda: True), self.runtime, say, hang_up)
        await session.hear(json.dumps({"type": "open", "id": "o", "token": str(held.token)}))
        await session.hear(json.dumps({"type": "prompt", "id": "p", "prompt": {"text": True}}))
        try:
            while True:
                frame = await asyncio.wait_for(said.get(), PATIENCE)
                if frame["type"] in OFFERED:
                    return frame[frame["type"]]
                if frame["type"] == "error":
                    return []
        finally:
            await session.close()


def shown(payload: Mapping[str, Any]) -> str:
    """What a task shows, as the truth is kept by it."""
    return str(payload.get("asset") or payload["text"])


def taken(offer: Offer, source: str = "suggestion") -> dict[str, str]:
    """Where a label comes from that was offered."""
    return {"source": source, "suggestion": offer["suggestion"], "model": offer["model"]}
