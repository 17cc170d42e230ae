"""A lane: order, fairness, limits."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from assist.adapters import RUNTIMES, Embedding, MaskPrompt, Masks
from assist.adapters.fake import FakeMasks
from assist.adapters.priority import in_the_way
from assist.errors import CopilotError
from assist.runtime import serving as serving_module
from assist.runtime.embedding_store import EmbeddingStore
from assist.runtime.lanes import Lane
from assist.runtime.serving import Serving
from tests.support.assist.pictures import Picture, picture
from tests.support.assist.running import settled


@pytest.fixture
async def lane() -> AsyncIterator[Lane]:
    made = Lane("test", limit=4)
    yield made
    made.close()


class Gate:
    """Work that waits until it is let go."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.open = threading.Event()

    def __call__(self) -> str:
        self.started.set()
        assert self.open.wait(120)
        return "through"


async def busy(lane: Lane, asker: str | None = None) -> tuple[Gate, asyncio.Task[str]]:
    """A lane with one job in its thread."""
    gate = Gate()
    task = asyncio.create_task(lane.run(gate, asker))
    await settled(gate.started.is_set)
    return gate, task


async def test_first_come_first_served(lane: Lane) -> None:
    gate, first = await busy(lane)
    done: list[int] = []
    rest = [asyncio.create_task(lane.run(partial(done.append, n), f"asker {n}")) for n in range(4)]
    await settled(lambda: len(lane) == 5)
    gate.open.set()
    await asyncio.gather(first, *rest)
    assert done == [0, 1, 2, 3]


async def test_newest_question_of_an_asker_wins(lane: Lane) -> None:
    gate, _ = await busy(lane)
    old = asyncio.create_task(lane.run(lambda: "old", "alice"))
    bob = asyncio.create_task(lane.run(lambda: "bob", "bob"))
    await asyncio.sleep(0)
    new = asyncio.create_task(lane.run(lambda: "new", "alice"))
    with pytest.raises(CopilotError) as caught:
        await old
    assert caught.value.code == "superseded"
    gate.open.set()
    assert await asyncio.gather(bob, new) == ["bob", "new"]


async def test_running_question_is_let_go_at_once(lane: Lane) -> None:
    gate, running = await busy(lane, "alice")
    new = asyncio.create_task(lane.run(lambda: "new", "alice"))
    with pytest.raises(CopilotError):
        await asyncio.wait_for(running, 60)
    gate.open.set()
    assert await new == "new"


async def test_full_lane_says_busy(lane: Lane) -> None:
    gate, first = await busy(lane)
    rest = [asyncio.create_task(lane.run(lambda: 1, f"asker {n}")) for n in range(4)]
    await settled(lambda: len(lane) == 5)
    with pytest.raises(CopilotError) as caught:
        await lane.run(lambda: 1, "one too many")
    assert caught.value.code == "busy"
    gate.open.set()
    assert await asyncio.gather(*rest) == [1] * 4


async def test_cancelled_question_is_never_worked_on(lane: Lane) -> None:
    gate, first = await busy(lane)
    done: list[str] = []
    waiting = asyncio.create_task(lane.run(lambda: done.append("worked"), "alice"))
    await settled(lambda: len(lane) == 2)
    waiting.cancel()
    await settled(lambda: len(lane) == 1)
    gate.open.set()
    await first
    assert await lane.run(lambda: "next") == "next"
    assert done == []


async def test_failure_reaches_its_asker_alone(lane: Lane) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await lane.run(fail)
    assert await lane.run(lambda: "fine") == "fine"


async def test_what_is_no_exception_ends_its_own_question_and_not_the_hand(lane: Lane) -> None:
    for fault in (BaseException("panicked"), SystemExit(1)):

        def fail(fault: BaseException = fault) -> None:
            raise fault

        with pytest.raises(RuntimeError, match=type(fault).__name__):
            await asyncio.wait_for(lane.run(fail), 60)
        assert await asyncio.wait_for(lane.run(lambda: "fine"), 60) == "fine"


async def test_work_in_advance_gives_way_to_clicks(lane: Lane) -> None:
    other = Lane("other", limit=4)
    behind = Lane("behind", limit=4, behind=(other, lane))
    gate, click = await busy(lane)
    done: list[str] = []
    ahead = asyncio.create_task(behind.run(lambda: done.append("ahead")))
    await settled(lambda: len(behind) == 1)
    await asyncio.sleep(0.1)  # time is the point here: it may begin by itself, and doesn't
    assert done == []
    gate.open.set()
    await asyncio.gather(click, ahead)
    assert done == ["ahead"]
    behind.close()
    other.close()


async def test_a_lane_tells_what_has_begun_from_what_waits(lane: Lane) -> None:
    gate = Gate()
    begun = asyncio.create_task(lane.run(gate, subject="begun"))
    await settled(gate.started.is_set)
    waiting = asyncio.create_task(lane.run(lambda: "done", subject="waiting"))
    await settled(lambda: len(lane) == 2)
    assert lane.at("begun") and not lane.at("waiting")
    gate.open.set()
    assert await asyncio.gather(begun, waiting) == ["through", "done"]
    assert not lane.at("begun")


async def test_lane_with_two_hands_does_two_things_at_once_and_no_third() -> None:
    lane = Lane("two", limit=4, hands=2)
    one, first = await busy(lane, "alice")
    other, second = await busy(lane, "bob")
    done: list[str] = []
    third = asyncio.create_task(lane.run(lambda: done.append("third"), "cara"))
    await settled(lambda: len(lane) == 3)
    await asyncio.sleep(0.05)  # time is the point here: a third hand would take it
    assert done == [] and len(lane) == 3
    other.open.set()
    assert await second == "through"
    await asyncio.wait_for(third, 60)
    assert done == ["third"], "whichever hand is free takes what waits"
    with pytest.raises(CopilotError):
        newest = asyncio.create_task(lane.run(lambda: "newest", "alice"))
        await asyncio.wait_for(first, 60)
    assert await newest == "newest", "beside the one that nobody hears of any more"
    one.open.set()
    lane.close()


async def test_masks_and_classes_that_nobody_waits_for_are_made_behind_what_people_ask(
    square: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    decode, decoded_in_the_way = FakeMasks.decode, []

    def watched(self: FakeMasks, embedding: Embedding, prompt: MaskPrompt) -> Masks:
        decoded_in_the_way.append(in_the_way())
        return decode(self, embedding, prompt)

    monkeypatch.setattr(FakeMasks, "decode", watched)
    serving = Serving([RUNTIMES[key] for key in ("fake-masks@1", "fake-classes@1")], Path(), EmbeddingStore(None))
    masks, classes = serving._models["fake-masks@1"], serving._models["fake-classes@1"]
    image = {"image": square.sha256, "data": square.file, "owner": "nobody", "points": [], "box": [4, 4, 9, 9]}
    text = {"text": "Fry the onions.", "labels": ["Food", "Sport"]}
    try:
        ahead = await serving.segment({"model": "fake-masks@1", **image})
        shares = await serving.classify({"model": "fake-classes@1", **text})
        assert (masks.prompts.done, masks.encodes.done, masks.ahead.done) == (0, 0, 2), "the embedding, and the masks"
        assert (classes.prompts.done, classes.ahead.done) == (0, 1)
        asked = await serving.segment({"model": "fake-masks@1", "asker": "alice", **image})
        assert [one["counts"] for one in asked["masks"]] == [one["counts"] for one in ahead["masks"]]
        assert await serving.classify({"model": "fake-classes@1", "asker": "alice", **text}) == shares
        assert (masks.prompts.done, classes.prompts.done) == (1, 1)
        assert decoded_in_the_way == [False, True]
    finally:
        serving.close()


async def test_nobody_waits_for_pictures_that_are_got_ready_beforehand(
    square: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is made in advance steps back for the whole machine: where that is busy, one picture can take minutes."""
    gate = Gate()

    def slowly(self: FakeMasks, image: np.ndarray, size: tuple[int, int]) -> Embedding:
        gate()
        return self.embed(image, size)

    monkeypatch.setattr(FakeMasks, "embed_ahead", slowly)
    monkeypatch.setattr(serving_module, "PATIENCE_SECONDS", 0.1)
    serving = Serving([RUNTIMES["fake-masks@1"]], Path(), EmbeddingStore(None))
    other = picture(255 - square.pixels)
    prompt = {"model": "fake-masks@1", "owner": "jun", "asker": "jun", "points": [], "box": [4, 4, 9, 9]}

    async def asked_for(one: Picture) -> None:
        """As a web process asks: with the file where it is called for."""
        with contextlib.suppress(CopilotError):
            await serving.segment({**prompt, "image": one.sha256})
            return
        await serving.segment({**prompt, "image": one.sha256, "data": one.file})

    try:
        embed = {"model": "fake-masks@1", "urgent": False}
        begun, waiting = (
            asyncio.create_task(serving.embed({**embed, "image": one.sha256, "data": one.file}))
            for one in (square, other)
        )
        await settled(gate.started.is_set)
        await asyncio.wait_for(asked_for(other), 60)
        await asyncio.wait_for(asked_for(square), 60)
        assert not begun.done() and not waiting.done()
        gate.started.clear()
        gate.open.set()
        await asyncio.gather(begun, waiting)
        assert not gate.started.is_set(), "what somebody waited for isn't made once more"
    finally:
        gate.open.set()
        serving.close()
