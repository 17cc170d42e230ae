"""One tasker at one task, without a socket and without a table."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest

from assist.errors import CopilotError
from assist.facts import Binding, Offer, Picture
from assist.session import BURST, STRIKES, Session
from tests.assist.running import settled

TOKEN = UUID("6f0c9d1e-2a3b-4c5d-8e9f-001122334455")
IMAGE = Binding(1, 2, uuid4(), "segment", Picture("a" * 64, 30, 40, "assets/a.png"))
TEXT = Binding(3, 4, uuid4(), "spans", text="Maria met 2024 in Oslo.", labels=frozenset({"person", "date"}))


class Desk:
    """The database's part, played by the test."""

    def __init__(self, binding: Binding) -> None:
        self.binding = binding
        self.problem: CopilotError | None = None
        self.kept: list[Offer] = []

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

    async def kept_spans(self, binding: Binding, model: str) -> list[Offer]:
        return list(self.kept)


class Model:
    """The runtime's part: each prompt waits until the test lets it go."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
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
            }
        }

    async def embed(self, model: str, image: str, supply, urgent: bool = False) -> dict[str, Any]:
        self.embedded.append(image)
        return {}

    async def segment(self, model: str, image: str, supply, **prompt: Any) -> dict[str, Any]:
        self.asked.append(prompt)
        await self._pass()
        mask = {"size": [30, 40], "counts": f"x={prompt['points']}", "score": 0.9, "handle": "h1"}
        return {"masks": [mask] * 3, "best": 1, "image_size": [30, 40], "seconds": 0.05}

    async def spans(self, model: str, text: str, asker: str) -> dict[str, Any]:
        self.asked.append({"text": text})
        await self._pass()
        return {"spans": [[0, 5, "PERSON", 0.9], [10, 14, "DATE", 0.2], [18, 22, "GPE", 0.9]]}

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
        self.desk, self.model = Desk(binding), Model()
        self.heard: list[dict[str, Any]] = []
        self.code: int | None = None
        self.session = Session(self.desk, self.model, self._hear, self._cut)  # type: ignore[arg-type]

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
        await settled(lambda: any(message["id"] == id for message in self.heard), 5)
        return next(message for message in self.heard if message["id"] == id)

    def codes(self) -> list[tuple[str | None, str]]:
        return [(message["id"], message.get("code", message["type"])) for message in self.heard]


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    made = Page(IMAGE)
    yield made
    await made.session.close()


@pytest.fixture
async def reader() -> AsyncIterator[Page]:
    made = Page(TEXT)
    yield made
    await made.session.close()


async def test_open_says_which_model_answers_and_warms_the_image(page: Page) -> None:
    await page.open()
    assert page.heard == [{"type": "ready", "id": "o1", "capability": "segment", "model": "masks@1"}]
    await settled(lambda: page.model.embedded == ["a" * 64])


async def test_click_gets_masks_and_is_written_down(page: Page) -> None:
    await page.open()
    await page.click("p1")
    masks = await page.answer("p1")
    assert (masks["type"], masks["best"], masks["model"], masks["image_size"]) == ("masks", 1, "masks@1", [30, 40])
    await settled(lambda: len(page.desk.kept) == 1)
    offer = page.desk.kept[0]
    assert str(offer.public_id) == masks["suggestion"]
    assert offer.prompt == {"points": [[5.0, 5.0, 1]], "box": None, "previous": None}
    assert offer.score == 0.9 and "handle" not in offer.output["masks"][0]


async def test_prompt_before_open_is_refused(page: Page) -> None:
    await page.click("p1")
    assert page.codes() == [("p1", "not-open")]


async def test_newest_click_wins_and_the_older_is_told(page: Page) -> None:
    await page.open()
    page.model.gate.clear()
    await page.click("p1", 1)
    await settled(lambda: len(page.model.asked) == 1)
    await page.click("p2", 2)
    await page.click("p3", 3)
    page.model.gate.set()
    assert "3.0" in (await page.answer("p3"))["masks"][0]["counts"]
    assert page.codes()[1:] == [("p1", "superseded"), ("p2", "superseded"), ("p3", "masks")]
    assert page.model.cancelled >= 1


async def test_cancel_is_answered_at_once_and_nothing_follows(page: Page) -> None:
    await page.open()
    page.model.gate.clear()
    await page.click("p1")
    await settled(lambda: len(page.model.asked) == 1)
    await page.say(type="cancel", id="p1")
    assert page.codes()[-1] == ("p1", "cancelled")
    page.model.gate.set()
    await asyncio.sleep(0.05)
    assert page.codes()[-1] == ("p1", "cancelled")
    assert page.desk.kept == []


async def test_cancel_of_an_unknown_or_answered_id_is_nothing(page: Page) -> None:
    await page.open()
    await page.click("p1")
    await page.answer("p1")
    before = page.codes()
    await page.say(type="cancel", id="p1")
    await page.say(type="cancel", id="nobody")
    assert page.codes() == before


async def test_runtime_that_is_down_is_said_and_the_line_stays(page: Page) -> None:
    page.model.problem = CopilotError("copilot-down")
    await page.open()
    assert page.codes() == [("o1", "copilot-down")] and page.code is None
    page.model.problem = None
    await page.say(type="open", id="o2", token=str(TOKEN))
    assert (await page.answer("o2"))["type"] == "ready"
    page.model.problem = CopilotError("copilot-down")
    await page.click("p1")
    assert (await page.answer("p1"))["code"] == "copilot-down"
    assert page.code is None


async def test_copilot_that_is_off_is_said_and_the_line_stays(page: Page) -> None:
    page.desk.problem = CopilotError("copilot-off")
    await page.open()
    assert page.codes() == [("o1", "copilot-off")] and page.code is None


async def test_stranger_is_cut_off(page: Page) -> None:
    page.desk.problem = CopilotError("not-yours")
    await page.open()
    assert page.codes() == [("o1", "not-yours")] and page.code == 4403
    await page.click("p1")
    assert len(page.heard) == 1, "a line that was cut says nothing more"


async def test_wrong_token_is_cut_off(page: Page) -> None:
    await page.say(type="open", id="o1", token=str(uuid4()))
    assert (await page.answer("o1"))["code"] == "not-held"
    await settled(lambda: page.code == 4409)


async def test_lease_that_ends_between_two_clicks_ends_the_line_without_a_mask(page: Page) -> None:
    await page.open()
    await page.click("p1")
    await page.answer("p1")
    page.desk.problem = CopilotError("not-held")
    await page.click("p2")
    await page.answer("p2")
    await settled(lambda: page.code == 4409)
    assert page.codes()[-1] == ("p2", "not-held")


@pytest.mark.parametrize("point", [(-1, 5), (5, -0.5), (40.5, 5), (5, 31)])
async def test_point_outside_the_image_is_refused(page: Page, point: tuple[float, float]) -> None:
    await page.open()
    await page.click("p1", *point)
    assert (await page.answer("p1"))["code"] == "outside-image"
    assert page.model.asked == []


async def test_box_is_cut_at_the_edge_and_refused_beyond_it(page: Page) -> None:
    await page.open()
    await page.say(type="prompt", id="p1", prompt={"box": [-10, -10, 20, 100]})
    await page.answer("p1")
    assert page.model.asked[0]["box"] == [0, 0, 10, 30]
    await page.say(type="prompt", id="p2", prompt={"box": [40, 5, 10, 10]})
    assert (await page.answer("p2"))["code"] == "outside-image"


async def test_text_prompt_at_an_image_is_refused_and_the_reverse(page: Page, reader: Page) -> None:
    await page.open()
    await page.say(type="prompt", id="p1", prompt={"text": True})
    assert (await page.answer("p1"))["code"] == "bad-prompt"
    await reader.open()
    await reader.click("p1")
    assert (await reader.answer("p1"))["code"] == "bad-prompt"


async def test_spans_come_with_the_projects_labels_and_survive_a_reload(reader: Page) -> None:
    await reader.open()
    await reader.say(type="prompt", id="p1", prompt={"text": True})
    first = await reader.answer("p1")
    assert [(s["start"], s["end"], s["label"]) for s in first["spans"]] == [(0, 5, "person"), (10, 14, "date")]
    await reader.say(type="prompt", id="p2", prompt={"text": True})
    again = await reader.answer("p2")
    assert again["spans"] == first["spans"], "the same suggestions by the same ids"
    assert len(reader.model.asked) == 1 and len(reader.desk.kept) == 2


async def test_spans_below_the_projects_score_are_left_out() -> None:
    sure = Page(Binding(3, 4, uuid4(), "spans", text="x", labels=frozenset({"person", "date"}), minimum_score=0.5))
    await sure.open()
    await sure.say(type="prompt", id="p1", prompt={"text": True})
    assert [s["label"] for s in (await sure.answer("p1"))["spans"]] == ["person"]
    await sure.session.close()


async def test_surprise_in_the_middle_becomes_an_error_of_that_id(page: Page, caplog) -> None:
    await page.open()
    page.model.problem = ZeroDivisionError()  # type: ignore[assignment]
    await page.click("p1")
    assert (await page.answer("p1"))["code"] == "failed"
    assert "ZeroDivisionError" in caplog.text
    page.model.problem = None
    await page.click("p2")
    assert (await page.answer("p2"))["type"] == "masks"


async def test_database_that_fails_to_write_costs_no_mask(page: Page, caplog, monkeypatch) -> None:
    async def fail(*rest: Any) -> None:
        raise OSError("the database is away")

    monkeypatch.setattr(page.desk, "keep", fail)
    await page.open()
    await page.click("p1")
    assert (await page.answer("p1"))["type"] == "masks"
    await settled(lambda: "could not be written down" in caplog.text)


async def test_nonsense_is_answered_with_its_id_when_it_has_one(page: Page) -> None:
    await page.session.hear("{")
    await page.say(type="prompt", id="p1", prompt={"points": []})
    await page.session.hear(None)
    assert page.codes() == [(None, "bad-message"), ("p1", "bad-prompt"), (None, "bad-message")]
    assert page.code is None


async def test_message_of_10_mb_ends_the_line(page: Page) -> None:
    await page.session.hear("x" * 10_000_000)
    assert page.codes() == [(None, "too-big")] and page.code == 4413


async def test_flood_is_told_once_and_then_cut(page: Page) -> None:
    await page.open()
    for number in range(int(BURST) + STRIKES + 5):
        await page.say(type="cancel", id=f"c{number}")
    assert page.codes().count((None, "slow-down")) == 1
    assert page.code == 4429


async def test_hasty_person_is_not_taken_for_a_flood(page: Page) -> None:
    await page.open()
    for number in range(20):
        await page.click(f"p{number}")
    assert (await page.answer("p19"))["type"] == "masks"
    assert page.code is None


async def test_page_that_leaves_stops_the_model_but_not_the_record(page: Page) -> None:
    await page.open()
    await page.click("p1")
    await page.answer("p1")
    page.model.gate.clear()
    await page.click("p2")
    await settled(lambda: len(page.model.asked) == 2)
    await page.session.close()
    await settled(lambda: page.model.cancelled == 1)
    assert len(page.desk.kept) == 1
    await page.click("p3")
    assert len(page.model.asked) == 2
