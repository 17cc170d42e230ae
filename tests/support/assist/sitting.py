"""A session of the copilot with the database, the model and the page played by the test."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import numpy as np

from assist.adapters.fake import FakeClasses
from assist.errors import CopilotError
from assist.session.session import Session
from assist.suggestions.decided_terms import Find
from assist.suggestions.leading_words import Leading
from assist.suggestions.offers import Binding, Offer, Picture
from assist.suggestions.prototypes import Learnt
from assist.suggestions.sureness import Measured
from tests.support.assist.running import settled

TOKEN = UUID("6f0c9d1e-2a3b-4c5d-8e9f-001122334455")
IMAGE = Binding(1, 2, uuid4(), "segment", Picture("a" * 64, 30, 40, "assets/a.png"))
TEXT = Binding(3, 4, uuid4(), "spans", text="Maria met 2024 in Oslo.", labels=frozenset({"person", "date"}))


class Gateway:
    """The database's part, played by the test."""

    def __init__(self, binding: Binding) -> None:
        self.binding = binding
        self.problem: CopilotError | None = None
        self.kept: list[Offer] = []
        self.ahead: Any = None  # what was prepared for the text
        self.worth: Measured | None = None  # what the scores of whatever answers are
        self.taught: dict[str, Learnt] = {}
        self.terms: Sequence[Find] = ()  # decided before, in the text
        self.left_out: Leading = {}  # before what verdicts mark

    async def open(self, token: UUID) -> Binding:
        await self.check(token)
        return self.binding

    async def check(self, token: UUID) -> None:
        if self.problem:
            raise self.problem
        if token != TOKEN:
            raise CopilotError("not-held")

    async def read(self, picture: Picture) -> bytes:
        return b"the file"

    async def keep(self, binding: Binding, model: str, offers: Sequence[Offer]) -> None:
        self.kept += offers

    async def known(self, binding: Binding, model: str, asked: dict[str, Any]) -> tuple[list[Offer], Any]:
        return [one for one in self.kept if one.prompt == asked and one.model in ("", model)], self.ahead

    async def learnt(self, binding: Binding, model: str) -> dict[str, Learnt]:
        return self.taught

    async def measured(self, binding: Binding, model: str) -> Measured | None:
        return self.worth

    async def leading(self, binding: Binding) -> Leading:
        return self.left_out

    async def remembered(self, binding: Binding) -> Sequence[Find]:
        return self.terms


class Model:
    """The runtime's part: each prompt waits until the test lets it go."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.pen = asyncio.Event()  # the same for words
        self.pen.set()
        self.glass = asyncio.Event()  # and for small things from near
        self.glass.set()
        self.small = False
        self.counts = ""  # what each mask holds, if not the points that were asked for
        self.sharper = "sharp"  # what the mask from near holds
        self.before = False  # a runtime of the release before, whose words for this were others
        self.mute = "Odd"  # the field that it has no words for
        self.asked: list[dict[str, Any]] = []
        self.cancelled = 0
        self.embedded: list[str] = []
        self.problem: CopilotError | None = None

    async def status(self) -> dict[str, Any]:
        if self.problem:
            raise self.problem
        return {
            "models": {
                "broken@1": {"capability": "segment", "state": "failed"},
                "masks@1": {"capability": "segment", "state": "ready"},
                "spans@1": {"capability": "spans", "state": "loading"},
                "classes@1": {"capability": "classify", "state": "ready"},
            }
        }

    async def embed(self, model: str, image: str, supply, urgent: bool = False) -> dict[str, Any]:
        self.embedded.append(image)
        return {}

    async def segment(self, model: str, image: str, supply, **prompt: Any) -> dict[str, Any]:
        self.asked.append(prompt)
        await self._pass()
        counts = self.counts or f"x={prompt['points']}"
        mask = {"size": [30, 40], "counts": counts, "score": 0.9, "handle": "h1"}
        return {"masks": [mask] * 3, "best": 1, "image_size": [30, 40], "small": self.small, "seconds": 0.05}

    async def sharpen(self, model: str, image: str, supply, **prompt: Any) -> dict[str, Any]:
        self.asked.append(prompt)
        await self.glass.wait()
        await self._pass()
        mask = {"size": [30, 40], "counts": self.sharper, "score": 0.95} if self.sharper else None
        if self.before:
            return {"masks": [mask], "best": 0} if mask else {"masks": []}
        return {"mask": mask}

    async def boxes(self, model: str, image: str, supply, asker: str | None = None) -> dict[str, Any]:
        self.asked.append({"boxes": model, "image": image})
        await self._pass()
        if model.startswith("reads"):
            rows = [[2, 3, 10, 8, "text", 0.9, "Total"], [14, 3, 10, 8, "text", 0.9, "12.50"]]
            return {"boxes": [*rows, [2, 20, 10, 8, "text", 0.9, "Thanks"]], "dropped": {}}
        rows = [[2, 3, 10, 8, "Cat", 0.9], [20, 3, 10, 8, "dog", 0.4], [0, 0, 5, 5, "moon", 0.9]]
        return {"boxes": rows, "dropped": {"not-a-number": 3}}

    async def shares(self, model: str, texts: Sequence[str], labels: Sequence[str], asker: str | None = None) -> list:
        self.asked.append({"texts": list(texts), "labels": list(labels), "asker": asker})
        await self._pass()
        return [{"rage": 0.7, "joy and thanks": 0.2, "nonsense": 0.1}] * len(texts)

    async def image_shares(self, model: str, image: str, supply, labels: Sequence[str], asker: str) -> dict[str, Any]:
        self.asked.append({"image": image, "labels": list(labels)})
        await self._pass()
        return {"angry": None}

    async def written(self, model: str, text: str, asked: str, longest: int, asker: str | None = None) -> str:
        self.asked.append({"written": model, "asked": asked, "longest": longest, "asker": asker})
        await self.pen.wait()
        await self._pass()
        if asked == self.mute:
            raise CopilotError("no-answer")
        return f"{asked} of {text}"[:longest]

    async def spans(self, model: str, text: str, asker: str) -> dict[str, Any]:
        self.asked.append({"text": text})
        await self._pass()
        return {"spans": [[0, 5, "PERSON", 0.9], [10, 14, "DATE", 0.2], [18, 22, "GPE", 0.9]]}

    async def vectors(self, model: str, texts: Sequence[str], asker: str | None = None) -> np.ndarray:
        self.asked.append({"texts": list(texts), "asker": asker})
        await self._pass()
        return FakeClasses().vectors(texts)

    async def _pass(self) -> None:
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.problem:
            raise self.problem


class Page:
    """A session with its page on the other side."""

    def __init__(self, binding: Binding) -> None:
        self.gateway, self.model = Gateway(binding), Model()
        self.heard: list[dict[str, Any]] = []
        self.code: int | None = None
        self.session = Session(self.gateway, self.model, self._hear, self._cut)  # type: ignore[arg-type]

    async def _hear(self, frame: str) -> None:
        self.heard.append(json.loads(frame))

    async def _cut(self, code: int) -> None:
        self.code = code

    async def say(self, **message: Any) -> None:
        await self.session.hear(json.dumps(message))

    async def open(self) -> None:
        await self.say(type="open", id="o1", token=str(TOKEN))
        await self.answer("o1")

    async def click(self, id: str, x: float = 5, y: float = 5) -> None:
        await self.say(type="prompt", id=id, prompt={"points": [[x, y, 1]]})

    async def answer(self, id: str | None) -> dict[str, Any]:
        """The last of the messages that an answer comes in."""
        await settled(lambda: bool(self._whole(id)))
        return self._whole(id)[0]

    def _whole(self, id: str | None) -> list[dict[str, Any]]:
        return [message for message in self.heard if message["id"] == id and not message.get("more")]

    def codes(self) -> list[tuple[str | None, str]]:
        return [(message["id"], message.get("code", message["type"])) for message in self.heard]
