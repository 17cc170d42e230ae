"""What a model that costs money may use up, and what it has said already: kept beside the model files, so that neither
is forgotten when a process ends.

Before a question is asked, the most that it can cost is set aside; afterwards what it did cost stands in its place. A
process that is killed in between has spent all of it, to be safe.
"""

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assist.adapters import asked_anew
from assist.errors import CopilotError

FREE = ("busy", "backend-refused", "key-refused")  # it refused to begin; whatever else went wrong may have cost all


class Budget:
    """Tokens of one model version, over its whole life here. `most` None: no end."""

    def __init__(self, folder: Path, key: str, most: int | None) -> None:
        self._file = folder / ".spent" / f"{key}.json"
        self._most = most

    def set_aside(self, tokens: int) -> None:
        """Raises CopilotError "over-budget" where so much isn't left."""
        with self._spent() as row:
            if self._most is not None and row["tokens"] + tokens > self._most:
                text = f"This model has used {row['tokens']:,} of its {self._most:,} tokens. Go on without it."
                raise CopilotError("over-budget", text)
            row["tokens"] += tokens

    def settle(self, tokens: int, cost: int) -> None:
        """Of what was set aside, so much was used."""
        with self._spent() as row:
            row["tokens"] += cost - tokens

    @property
    def spent(self) -> int:
        with self._spent() as row:
            return row["tokens"]

    @contextlib.contextmanager
    def _spent(self) -> Iterator[dict[str, int]]:
        """The row, alone; written back where it was changed."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                row = json.loads(self._file.read_text())
            except FileNotFoundError:
                row = {"tokens": 0}
            before = dict(row)
            yield row
            if row != before:
                written(self._file, row)


class Said:
    """Answers by the question: one that was answered is asked again only for whoever wants it anew (asked_anew.py)."""

    def __init__(self, folder: Path, key: str) -> None:
        self._folder = folder / ".answers" / key

    def of(self, question: str) -> Any:
        """The answer that was kept and will do, or None."""
        wanted, place = asked_anew.wanted(), self._place(question)
        with contextlib.suppress(OSError, ValueError):
            if place.stat().st_mtime >= wanted.since:
                found = json.loads(place.read_text())
                wanted.kept += 1
                return found
        return None

    def keep(self, question: str, answer: Any) -> None:
        """A full disk costs a second asking, no more."""
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            written(self._place(question), answer)

    def _place(self, question: str) -> Path:
        return self._folder / f"{hashlib.sha256(question.encode()).hexdigest()}.json"


def written(file: Path, value: Any) -> None:
    """Whole or not at all."""
    part = file.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(value))
    os.replace(part, file)
