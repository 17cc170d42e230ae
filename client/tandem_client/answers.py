"""The answers that stand now, kept as the feed tells them: in memory, or in a file that outlives the program."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from tandem_client.codec import decoded, encoded
from tandem_client.errors import BadInput
from tandem_client.models import FeedLine


class Keeping(Protocol):
    """Where answers are kept. `after` is the place in the feed to go on from."""

    after: str

    def take(self, line: FeedLine) -> None:
        """Keep an answer that stands, or drop what there was of its task."""
        ...

    def reached(self, after: str) -> None:
        """All up to this place was taken."""
        ...


class Answers:
    """The current answers in memory, by task."""

    def __init__(self, after: str = "0") -> None:
        self.after = after
        self.by_task: dict[str, FeedLine] = {}

    def take(self, line: FeedLine) -> None:
        """Keep an answer that stands, or drop what there was of its task."""
        self.by_task.pop(line.task, None)
        if line.state == "decided":
            self.by_task[line.task] = line

    def reached(self, after: str) -> None:
        """All up to this place was taken."""
        self.after = after

    def __iter__(self) -> Iterator[FeedLine]:
        return iter(self.by_task.values())

    def __len__(self) -> int:
        return len(self.by_task)


SCHEMA = """
CREATE TABLE IF NOT EXISTS answer (task TEXT PRIMARY KEY, place INTEGER NOT NULL, line TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS in_order ON answer (place);
CREATE TABLE IF NOT EXISTS reached (one INTEGER PRIMARY KEY CHECK (one = 1), after TEXT NOT NULL, feed TEXT NOT NULL);
"""


class KeptAnswers:
    """The same in a file: a program that is killed goes on where it was. `feed` says of which server and project."""

    def __init__(self, path: str | Path, feed: str = "") -> None:
        try:
            self._file = sqlite3.connect(path)
            self._file.executescript(SCHEMA)
            found = self._file.execute("SELECT after, feed FROM reached").fetchone()
        except sqlite3.OperationalError as error:
            raise BadInput(f"{path} can't be opened: {error}.") from None
        except sqlite3.DatabaseError as error:
            raise BadInput(f"{path} doesn't hold kept answers: {error}.") from None
        if found and found[1] != feed:
            self._file.close()
            raise BadInput(f"{path} holds the answers of another project: {found[1]}.")
        self.after: str = found[0] if found else "0"
        self._feed = feed
        self._place = self._file.execute("SELECT coalesce(max(place), 0) FROM answer").fetchone()[0]

    def take(self, line: FeedLine) -> None:
        """Keep an answer that stands, or drop what there was of its task; it lasts once `reached` was said."""
        self._file.execute("DELETE FROM answer WHERE task = ?", [line.task])
        if line.state == "decided":
            self._place += 1
            row = [line.task, self._place, json.dumps(encoded(line), ensure_ascii=False)]
            self._file.execute("INSERT INTO answer VALUES (?, ?, ?)", row)

    def reached(self, after: str) -> None:
        """All up to this place was taken: both are on the disk now, or neither is."""
        self._file.execute("INSERT OR REPLACE INTO reached VALUES (1, ?, ?)", [after, self._feed])
        self._file.commit()
        self.after = after

    def lines(self) -> Iterator[str]:
        """Every answer that stands as a line of JSON, in the order in which they were decided."""
        for (line,) in self._file.execute("SELECT line FROM answer ORDER BY place"):
            yield line

    def __iter__(self) -> Iterator[FeedLine]:
        return (decoded(FeedLine, json.loads(line)) for line in self.lines())

    def __len__(self) -> int:
        return int(self._file.execute("SELECT count(*) FROM answer").fetchone()[0])

    def close(self) -> None:
        """Let go of the file; what wasn't reached is told again."""
        self._file.close()
