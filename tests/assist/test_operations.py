"""One table says what may be asked of the runtime."""

import asyncio
import contextlib
import inspect
import shutil
import tempfile
from pathlib import Path

import pytest

from assist.errors import CopilotError
from assist.runtime import engine, server
from assist.runtime.client import RuntimeClient
from assist.runtime.operations import OPERATIONS
from assist.runtime.serving import Serving


def test_every_operation_has_an_answer_and_a_way_to_ask_it() -> None:
    for name in OPERATIONS:
        assert inspect.iscoroutinefunction(getattr(Serving, name))
        assert inspect.iscoroutinefunction(getattr(RuntimeClient, name))


def test_every_answer_of_the_models_is_an_operation() -> None:
    said = {name for name, one in vars(Serving).items() if inspect.iscoroutinefunction(one) and name[0] != "_"}
    assert said == set(OPERATIONS)


def test_the_runtime_says_that_it_is_too_slow_before_the_asker_gives_up() -> None:
    assert all(one.seconds < one.patience <= one.seconds + 5 for one in OPERATIONS.values())


class Elsewhere:
    """Another engine: its models are on no machine at all."""

    closed = False
    pinned: tuple[str, ...] | list[str] = ()

    async def status(self, question: dict) -> dict:
        return {"models": {"far@1": {"capability": "spans", "state": "ready", "text": ""}}, "disk_faults": 0}

    async def pin(self, question: dict) -> dict:
        self.pinned = question["images"]
        return {}

    async def answer(self, question: dict) -> dict:
        if question["model"] != "far@1":
            raise CopilotError("model-missing", "There is far@1 and no other.")
        return {"spans": [[0, len(question["text"]), "ALL", 1.0]]}

    async def close(self) -> None:
        self.closed = True


async def test_another_engine_can_stand_behind_the_socket() -> None:
    far, folder = Elsewhere(), Path(tempfile.mkdtemp(prefix="tandem-"))
    address = f"unix:{folder / 'runtime.sock'}"
    serving = asyncio.create_task(server.serve(address, engine.opened(lambda: far)))
    client = RuntimeClient(address, back_off=(0.01,))
    try:
        async with asyncio.timeout(60):
            while not Path(folder / "runtime.sock").exists():
                await asyncio.sleep(0.01)
        assert list((await client.status())["models"]) == ["far@1"]
        assert (await client.spans("far@1", "Oslo", "alice"))["spans"] == [[0, 4, "ALL", 1.0]]
        await client.pin(["a" * 64])
        assert far.pinned == ["a" * 64], "it hears what live batches need"
        with pytest.raises(CopilotError, match="no other"):
            await client.spans("near@1", "Oslo", "alice")
    finally:
        await client.close()
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving
        shutil.rmtree(folder)
    assert far.closed
