"""What a model's process writes to its error output: a few lines for the operator, and no more.

The process is not trusted. Without a limit it would fill the disk that the log is on, and with line ends or escape
sequences it would write lines that look like somebody else's.
"""

import asyncio
import logging
import time
from dataclasses import dataclass, field

log = logging.getLogger(__name__)
READ_BYTES = 64 << 10
MAX_LINE = 500  # characters of a line that are shown
MAX_LINES = 40  # of a process in each span of...
SPAN_SECONDS = 600.0


async def follow(output: asyncio.StreamReader, model: str) -> None:
    """Log what comes, cleaned and limited, until the process ends or closes it. It is always read, so that no process
    waits for a reader."""
    lines, begun = _Lines(model), b""
    while data := await output.read(READ_BYTES):
        *whole, begun = (begun + data).split(b"\n")
        begun = begun[:READ_BYTES]  # of a line without an end only the beginning is shown
        for line in whole:
            lines.add(line)
    if begun:
        lines.add(begun)
    lines.close()


@dataclass
class _Lines:
    """The lines of one process: so many in a span of time, the others counted."""

    model: str
    shown: int = 0
    dropped: int = 0
    since: float = field(default_factory=time.monotonic)

    def add(self, line: bytes) -> None:
        if time.monotonic() - self.since > SPAN_SECONDS:
            self.close()
            self.shown, self.since = 0, time.monotonic()
        if self.shown >= MAX_LINES:
            self.dropped += 1
        elif text := _cleaned(line):
            self.shown += 1
            log.warning("The process of %s wrote: %s", self.model, text)

    def close(self) -> None:
        """Say how many lines weren't shown."""
        if self.dropped:
            log.warning("The process of %s wrote %d more lines, which are left out.", self.model, self.dropped)
        self.dropped = 0


def _cleaned(line: bytes) -> str:
    """What can be shown of a line without any effect on a terminal or a log."""
    text = line[: 4 * MAX_LINE].decode(errors="replace")[:MAX_LINE]
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text).strip()
