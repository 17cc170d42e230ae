"""How the command that starts everything speaks: lines for people, or one JSON object a line."""

import contextlib
import json
import sys
from datetime import UTC, datetime
from typing import TextIO

WIDTH = 9


class Plain:
    """`    web.1 | text`, for a terminal. A closed terminal never stops the work."""

    def __init__(self, out: TextIO | None = None) -> None:
        self.out = out or sys.stdout

    def say(self, source: str, text: str, level: str = "info") -> None:
        """Print one line; `source` is the process it came from."""
        with contextlib.suppress(OSError, ValueError):
            print(self.line(source, text, level), file=self.out, flush=True)

    def line(self, source: str, text: str, level: str) -> str:
        return f"{source:>{WIDTH}} | {text}"


class Json(Plain):
    """One JSON object a line. A child's line that is an object already keeps its fields, but says
    nothing of whose it is."""

    def line(self, source: str, text: str, level: str) -> str:
        fields = None
        if text.startswith("{"):
            with contextlib.suppress(ValueError, RecursionError):
                fields = json.loads(text)
        if not isinstance(fields, dict):
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            fields = {"time": now, "level": level, "logger": "tandem.start", "message": text}
        return json.dumps(fields | {"process": source}, ensure_ascii=False)
