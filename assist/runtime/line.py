"""The answering end of a line of questions: over the runtime's socket, and over the channel of a model's process."""

import asyncio
import contextlib
import logging
import re
from collections.abc import Mapping
from typing import Any

from assist.errors import CopilotError
from assist.runtime import framing
from assist.runtime.operations import CANCEL, OPERATIONS, Answers, Operation
from taskers.telemetry import carried, request_ids, spans

log = logging.getLogger("assist.runtime")

IN_FLIGHT = 1024  # questions at once on one line
SHA256 = re.compile(r"[0-9a-f]{64}")


class Line:
    """One connection of somebody who asks. Each question is a task of its own; cancels are read in between."""

    def __init__(
        self,
        answers: Answers,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        operations: Mapping[str, Operation] = OPERATIONS,
    ) -> None:
        self._answers = answers
        self._operations = operations
        self._reader = reader
        self._writer = writer
        self._writing = asyncio.Lock()
        self._tasks: dict[int, asyncio.Task[None]] = {}

    async def serve(self) -> None:
        """Until the line ends; then nobody waits for the answers any more."""
        try:
            while (message := await framing.read(self._reader)) is not None:
                self._take(message)
        except framing.BadFrame as problem:
            log.warning("A line was closed: %s", problem)
        finally:
            for task in list(self._tasks.values()):
                task.cancel()
            self._writer.close()

    def _take(self, message: dict[str, Any]) -> None:
        id, op = message.get("id"), message.get("op")
        if not isinstance(id, int):
            raise framing.BadFrame("a question without a number")
        if op == CANCEL:
            if id in self._tasks:
                self._tasks[id].cancel()
            return
        task = asyncio.create_task(self._answer(id, str(op), message))
        self._tasks[id] = task
        task.add_done_callback(lambda _: self._tasks.pop(id, None))

    async def _answer(self, id: int, op: str, message: dict[str, Any]) -> None:
        carried.take_up(message)
        try:
            with spans.step(f"runtime {op}" if op in self._operations else "runtime"):
                reply = {"id": id, "ok": await self._ask(op, message)}
        except CopilotError as problem:
            reply = {"id": id, "error": problem.code, "text": problem.text}
        except TimeoutError:
            reply = {"id": id, "error": "too-slow", "text": ""}
        except asyncio.CancelledError:
            return
        except Exception:
            log.exception("%s failed", op)
            reply = {"id": id, "error": "failed", "text": ""}
        with contextlib.suppress(ConnectionError):
            async with self._writing:
                self._writer.write(framing.pack(reply))
                await self._writer.drain()

    async def _ask(self, op: str, message: dict[str, Any]) -> dict[str, Any]:
        if op not in self._answers:
            raise CopilotError("bad-message", f"The runtime does not know {op[:40]!r}.")
        if len(self._tasks) > IN_FLIGHT:
            raise CopilotError("busy")
        if self._operations[op].of_an_image and not SHA256.fullmatch(str(message.get("image"))):
            raise CopilotError("bad-message", "An image is named by its sha256.")
        async with asyncio.timeout(self._operations[op].seconds):
            return await self._answers[op](message)


def log_to_standard_error() -> None:
    """Lines of the log for people, each with the request that it is about."""
    handler = logging.StreamHandler()
    handler.addFilter(request_ids.Marked())
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s%(mark)s"
    logging.basicConfig(level=logging.INFO, format=form, handlers=[handler])
