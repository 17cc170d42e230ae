"""The one line between a model's sandboxed process and the process that started it, and what the model may ask there.

Questions to the model go down the line as over the runtime's socket (framing.py). The model has no socket and no folder
to write to, so what it needs of either it asks back up the same line: a frame with a `call` number, answered by a frame
with the same number under `reply`.
"""

import asyncio
import contextlib
import itertools
import logging
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from assist.errors import CopilotError
from assist.runtime import framing
from assist.runtime.client import RuntimeClient
from assist.runtime.embedding_files import Key

log = logging.getLogger(__name__)

MAX_CALLS = 64  # that one model has under way
MAX_CALL_BYTES = 4 * framing.MAX_FRAME  # in all of them
Call = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


class ModelConnection(RuntimeClient):
    """The starter's end: asks the model, and answers what it asks back with `calls`, by their names."""

    def __init__(self, calls: Mapping[str, Call]) -> None:
        super().__init__("unix:inherited")
        self._calls = calls
        self._answering: dict[asyncio.Task[None], int] = {}  # with the bytes that each came with

    async def attach(self, end: socket.socket) -> None:
        """Speak over this end from now on; the process at the other end is new."""
        await self.close()
        reader, self._writer = await asyncio.open_connection(sock=end)
        self._reading = asyncio.create_task(self._read(reader, self._writer))

    async def _connect(self) -> None:
        """There is nothing to find again: whoever starts the process attaches its line."""

    def _receive(self, writer: asyncio.StreamWriter, message: dict[str, Any]) -> None:
        if "call" not in message:
            super()._receive(writer, message)
            return
        size = sum(len(value) for value in message.values() if isinstance(value, bytes | str))
        too_many = len(self._answering) >= MAX_CALLS or sum(self._answering.values()) + size > MAX_CALL_BYTES
        if type(message["call"]) is not int or too_many:
            raise framing.BadFrame("more calls than a model may make")
        task = asyncio.create_task(self._answer(writer, message))
        self._answering[task] = size
        task.add_done_callback(self._answering.pop)

    async def _answer(self, writer: asyncio.StreamWriter, message: dict[str, Any]) -> None:
        reply: dict[str, Any] = {"reply": message["call"]}
        try:
            reply["ok"] = await self._calls[str(message.get("op"))](message)
        except CopilotError as problem:
            reply |= {"error": problem.code, "text": problem.text}
        except (KeyError, TypeError, ValueError):
            reply |= {"error": "bad-message", "text": "This can't be asked from inside the sandbox."}
        except Exception:
            log.exception("A call from a model's process failed")
            reply |= {"error": "failed", "text": ""}
        with contextlib.suppress(ConnectionError):
            writer.write(framing.pack(reply))
            await writer.drain()


class Starter:
    """The model's end: calls to the process that started it, from any thread."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._loop = asyncio.get_running_loop()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def call(self, op: str, **fields: Any) -> dict[str, Any]:
        """The answer. Raises CopilotError."""
        number = next(self._numbers)
        answer: asyncio.Future[dict[str, Any]] = self._loop.create_future()
        self._waiting[number] = answer
        try:
            self._writer.write(framing.pack({"call": number, "op": op, **fields}))
            await self._writer.drain()
            reply = await answer
        finally:
            del self._waiting[number]
        if "ok" in reply:
            return reply["ok"]
        raise CopilotError(reply["error"], reply["text"])

    def call_now(self, op: str, **fields: Any) -> dict[str, Any]:
        """The same from a thread that may wait. Raises CopilotError."""
        return asyncio.run_coroutine_threadsafe(self.call(op, **fields), self._loop).result()

    def receive(self, message: dict[str, Any]) -> None:
        """Take in a reply."""
        answer = self._waiting.get(message["reply"])
        if answer is not None and not answer.done():
            answer.set_result(message)


class StarterDisk:
    """The disk of embeddings (embedding_files.Disk) for a sandboxed process: whoever started it reads and writes."""

    def __init__(self, starter: Starter, limit: int) -> None:
        self.limit = limit
        self.faults = 0
        self.removed = 0
        self._starter = starter

    def read(self, key: Key) -> bytes | None:
        """As Disk says."""
        return self._starter.call_now("read-embedding", image=key[0], encoder=key[1])["data"]

    def discard(self, key: Key, why: Exception) -> None:
        """As Disk says."""
        self._starter.call_now("discard-embedding", image=key[0], encoder=key[1], why=str(why))

    def write(self, key: Key, data: bytes) -> None:
        """As Disk says."""
        self._starter.call_now("write-embedding", image=key[0], encoder=key[1], data=data)

    def pin(self, images: frozenset[str]) -> None:
        """Whoever owns the files pins them."""

    def pinned_images(self) -> int:
        """Counted by whoever owns the files."""
        return 0

    def bytes_used(self) -> int:
        """Counted by whoever owns the files."""
        return 0

    def images(self) -> set[str]:
        """Counted by whoever owns the files."""
        return set()

    def sizes(self) -> list[int]:
        """Counted by whoever owns the files."""
        return []
