"""Keeping child processes alive: pauses that grow while they die, and an end that is asked for before it is forced."""

import asyncio
import sys

import pytest

from assist.runtime.children import Pauses, end, keep

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)


def test_pauses_double_up_to_the_longest_and_begin_anew_after_a_steady_life() -> None:
    pauses = Pauses(first=1.0, longest=5.0, steady=60.0)
    assert [pauses.after(0.1, before) for before in (None, 1.0, 2.0, 4.0, 5.0)] == [1.0, 2.0, 4.0, 5.0, 5.0]
    assert pauses.after(60.0, 5.0) == 1.0


async def test_a_stop_in_the_middle_of_a_pause_is_not_waited_out() -> None:
    stopping = asyncio.Event()
    lives: list[int] = []

    async def live() -> int:
        lives.append(len(lives))
        return 1

    def died(code: int, pause: float) -> None:
        assert (code, pause) == (1, 600.0)
        stopping.set()

    async with asyncio.timeout(60):
        await keep(live, Pauses(first=600.0, longest=600.0), died, stopping)
    assert lives == [0]


@pytest.mark.parametrize("hurried", [False, True], ids=["in its own time", "in a hurry"])
async def test_a_process_that_ignores_the_request_is_killed(hurried: bool) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", STUBBORN, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    await process.stdout.readline()
    hurry = asyncio.Event()
    if hurried:
        hurry.set()
    async with asyncio.timeout(60):
        await end(process, 600.0 if hurried else 0.2, process.kill, hurry)
    assert process.returncode == -9


async def test_a_process_that_obeys_is_not_killed() -> None:
    process = await asyncio.create_subprocess_exec("sleep", "600")
    async with asyncio.timeout(60):
        await end(process, 600.0, lambda: pytest.fail("killed"))
    assert process.returncode == -15
