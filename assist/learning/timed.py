"""A client of the runtime that notes how long each answer takes."""

import time
from typing import Any

from assist.errors import CopilotError
from assist.learning.asked import TOO_SLOW
from assist.learning.costs import Meter
from assist.runtime.client import RuntimeClient


class Timed(RuntimeClient):
    """Notes how long each answer takes, waiting and all: of texts that are asked together, each its share; of those
    that got none in time, each all of it."""

    def __init__(self, address: str, meter: Meter) -> None:
        super().__init__(address)
        self._meter = meter

    async def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """The same."""
        begun, texts = time.perf_counter(), len(fields.get("texts", ())) or 1
        try:
            reply = await super().ask(op, **fields)
        except CopilotError as problem:
            if problem.code == TOO_SLOW:
                self._meter.note(time.perf_counter() - begun, texts)
            raise
        if op != "status":
            several = [len(said) for said in reply.values() if isinstance(said, list)] if "texts" in fields else []
            answers = max(1, max(several, default=texts))
            self._meter.note((time.perf_counter() - begun) / answers, answers)
        return reply
