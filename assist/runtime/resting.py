"""A model that has nothing to do gives back the memory that its last questions took."""

import asyncio
import ctypes
import sys
from collections.abc import Collection, Sequence
from typing import Any

from assist.adapters import Offer
from assist.runtime.lanes import Lane

QUIET_SECONDS = 15.0  # without a question, after which it is said to rest


async def rest(lanes: Collection[Lane], quiet: float = QUIET_SECONDS) -> None:
    """Give memory back once after each time that these lanes were busy; never while they are.

    What the C library has from the system it keeps for the next question, and after a few large ones that is several
    times what a model needs by itself.
    """
    before, rested = -1, False
    while True:
        await asyncio.sleep(quiet)
        done = sum(lane.done for lane in lanes)
        if done != before or any(len(lane) for lane in lanes):
            before, rested = done, False
        elif not rested:
            await asyncio.to_thread(give_back)
            rested = True


def give_back() -> None:
    """Have the C library return what nobody holds to the system, where it can do that: some ten milliseconds."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def leave_torch_out(models: Sequence[Offer]) -> None:
    """Have torch be missing where no model has a use for it: spaCy takes it in where it is, half its size by that."""
    missing: Any = None
    if not any(offer.accelerated for offer in models):
        sys.modules.setdefault("torch", missing)
