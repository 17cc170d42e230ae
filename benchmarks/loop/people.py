"""Simulated people at a project of classes: they claim, ask the copilot over its own session, and hand in, each wrong
as often as somebody of a real crowd was. What each piece of work costs in seconds is fixed, never tuned.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from assist.runtime.client import RuntimeClient
from assist.session.gateway import Gateway
from assist.session.session import Session
from benchmarks.truth import data
from projects import queue
from projects.models import Assignment, Project
from projects.workflow import submission
from taskers.models import Person

# Seconds: choosing a class, confirming a right (or overlooked wrong) offer, refusing one and choosing.
COSTS = {"choosing": 4.0, "confirming": 1.2, "refusing": 5.0}
FOOLED = 0.15  # how often a wrong offer is accepted
CROWD = "labelme"  # eight classes; its workers' error rates
LEAST_ANSWERS = 30  # of a worker whose rate is taken
WITHOUT_CROWD = (0.12, 0.18, 0.24, 0.28, 0.33, 0.4)  # where the crowd's data isn't there: about its quantiles
PATIENCE = 120.0  # seconds for a first answer: a model may have to be loaded


@dataclass
class Done:
    """What was done: how often which kind of work, how many answers are right, and how many would be without models."""

    work: Counter[str] = field(default_factory=Counter)
    right: int = 0
    alone: int = 0  # right, had each been answered without help by the same person
    offers: int = 0
    good: int = 0  # offers that were right

    @property
    def tasks(self) -> int:
        return sum(self.work.values())

    def seconds(self, costs: Mapping[str, float] = COSTS) -> float:
        """All of it."""
        return sum(costs[kind] * count for kind, count in self.work.items())

    def ratio(self, costs: Mapping[str, float] = COSTS) -> float:
        """Seconds for a right label, as a share of those without models."""
        plain = costs["choosing"] * self.tasks / max(self.alone, 1)
        return self.seconds(costs) / max(self.right, 1) / plain


def error_rates(number: int) -> tuple[Sequence[float], str]:
    """So many rates, spread over those of the crowd, and whose they are."""
    root = data.folder()
    if root is None:
        return WITHOUT_CROWD[:number], "stand-ins (no crowd data here)"
    crowd = data.categorical(root, CROWD)
    known = crowd.known[crowd.task]
    rates = []
    for worker in range(crowd.worker.max() + 1):
        own = known & (crowd.worker == worker)
        if own.sum() >= LEAST_ANSWERS:
            rates.append(float((crowd.label[own] != crowd.truth[crowd.task[own]]).mean()))
    return np.quantile(rates, np.linspace(0.1, 0.9, number)).tolist(), f"{len(rates)} workers of {CROWD}"


@dataclass
class People:
    """They take turns. `truth`: text -> class."""

    project: Project
    people: Sequence[Person]
    rates: Sequence[float]
    truth: Mapping[str, str]
    classes: Sequence[str]
    runtime: RuntimeClient
    loop: asyncio.AbstractEventLoop
    rng: np.random.Generator

    def work(self, number: int, done: Done) -> int:
        """Up to so many pieces of work; returns how many there were."""
        for at in range(number):
            place = at % len(self.people)
            held = queue.claim(self.people[place], self.project)
            if not isinstance(held, Assignment):
                return at
            self._answered(held, self.people[place], self.rates[place], done)
        return number

    def _answered(self, held: Assignment, person: Person, rate: float, done: Done) -> None:
        true = self.truth[held.task.payload["text"]]
        own = true if self.rng.random() >= rate else str(self.rng.choice([one for one in self.classes if one != true]))
        done.alone += own == true
        offer = self.loop.run_until_complete(self._offer(held, person)) if held.copilot else None
        said, refused, origin = own, [], {"source": "human"}
        if offer is None:
            kind = "choosing"
        elif offer["label"] == true or self.rng.random() < FOOLED:
            kind, said = "confirming", offer["label"]
            origin = {"source": "suggestion", "suggestion": offer["suggestion"], "model": offer["model"]}
        else:
            kind, refused = "refusing", [offer["suggestion"]]
        done.work[kind] += 1
        done.right += said == true
        done.offers += offer is not None
        done.good += offer is not None and offer["label"] == true
        answer = {"fields": [{"field": "label", "kind": "choice", "value": said, "provenance": origin}]}
        assert held.token
        submission.submit(held, person, held.token, answer, refused=refused)

    async def _offer(self, held: Assignment, person: Person) -> dict | None:
        """What the copilot offers for this work, over a session as a page has it; None where it has nothing."""
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
                if frame["type"] == "classes":
                    return {**frame["classes"][0], "model": frame["model"]} if frame["classes"] else None
                if frame["type"] == "error":
                    return None
        finally:
            await session.close()
