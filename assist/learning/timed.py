"""A client of the runtime that notes how long each answer takes."""

import time
from typing import Any

from assist.errors import CopilotError
from assist.learning.asked import SLOW
from assist.learning.costs import Meter
from assist.runtime.client import RuntimeClient

KEEPING = {"spans_of", "shares", "written", "boxes"}  # what may be answered by what was kept


class Timed(RuntimeClient):
    """Notes how long each answer takes, waiting and all, but until people had theirs: of texts that are asked together,
    each its share; of those that got none in time, each all of it; answers that were kept took none. `since`: what a
    model said before that, in seconds since 1970, is asked for again."""

    def __init__(self, address: str, meter: Meter, since: float = 0.0) -> None:
        super().__init__(address)
        self._meter, self._since = meter, since

    async def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """The same."""
        begun, texts = time.perf_counter(), len(fields.get("texts", ())) or 1
        if self._since and op in KEEPING:
            fields["since"] = self._since
        try:
            reply = await super().ask(op, **fields)
        except CopilotError as problem:
            if problem.code in SLOW:
                self._meter.note(time.perf_counter() - begun, texts)
            raise
        if op != "status" and not reply.get("kept"):
            several = [len(said) for said in reply.values() if isinstance(said, list)] if "texts" in fields else []
            answers = max(1, max(several, default=texts))
            self._meter.note((time.perf_counter() - begun - reply.get("waited", 0.0)) / answers, answers)
        return reply
