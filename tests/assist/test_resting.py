"""A model gives memory back once it has nothing to do, and not while it has."""

import asyncio
import sys
import threading

import pytest

from assist.adapters import Offer
from assist.runtime import resting
from assist.runtime.lanes import Lane
from tests.support.assist.running import settled


class Looked(list[Lane]):
    """Lanes that count how often somebody looked them over."""

    looks = 0

    def __iter__(self):
        self.looks += 1
        return super().__iter__()


async def test_memory_is_given_back_once_after_each_time_of_work(monkeypatch) -> None:
    given: list[int] = []
    lane, gate = Lane("prompts", 4), threading.Event()
    monkeypatch.setattr(resting, "give_back", lambda: given.append(len(lane)))
    lanes = Looked([lane])

    async def looked_again() -> None:
        until = lanes.looks + 6
        await settled(lambda: lanes.looks >= until)

    beside = asyncio.create_task(resting.rest(lanes, quiet=0.001))
    try:
        await settled(lambda: len(given) == 1)  # what loading took
        busy = asyncio.create_task(lane.run(lambda: gate.wait(60)))
        await settled(lambda: len(lane) == 1)
        await looked_again()
        assert len(given) == 1, "somebody waits for an answer"
        gate.set()
        await busy
        await settled(lambda: len(given) == 2)
        await looked_again()
        assert given == [0, 0]
    finally:
        gate.set()
        beside.cancel()
        lane.close()


def test_giving_back_can_be_asked_of_any_c_library(monkeypatch) -> None:
    resting.give_back()
    monkeypatch.setattr(resting.ctypes, "CDLL", lambda _name: object())
    resting.give_back()


@pytest.mark.parametrize(("accelerated", "left_out"), [((False,), True), ((False, True), False)])
def test_a_process_whose_models_have_no_use_for_torch_takes_it_in_from_nowhere(
    accelerated: tuple[bool, ...], left_out: bool, monkeypatch
) -> None:
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    offers = [Offer("one", str(at), "spans", "fake:load", accelerated=one) for at, one in enumerate(accelerated)]
    resting.leave_torch_out(offers)
    assert ("torch" in sys.modules) == left_out
    assert sys.modules.pop("torch", None) is None
