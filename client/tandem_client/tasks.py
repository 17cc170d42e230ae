"""Tasks: loaded from any iterable in bounded memory, and looked at one by one."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tandem_client.codec import decoded
from tandem_client.downloads import download
from tandem_client.json_lines import JSON_LINES, MOST_FAULTS, body_of, json_line, moved, pieces
from tandem_client.lists import listed
from tandem_client.models import Judgement, Loaded, NewTask, Task, Verdict
from tandem_client.transport import Request, Transport, at, new_key

Row = NewTask | Mapping[str, Any]


class Tasks:
    """Tasks of the projects that the token's person manages."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def load(self, batch_id: str, rows: Iterable[Row], *, progress: Callable[[Loaded], object] | None = None) -> Loaded:
        """Load rows as they come; a place of the outcome, "line 14", is the fourteenth row.

        A row is {"external_id", "payload", "callback_url"?, "gold"?} or the payload's fields themselves. After a crash
        send all again: rows that went in before are known. `progress` is told after each thousand.
        """
        return self.load_lines(batch_id, map(json_line, rows), progress=progress)

    def load_lines(
        self, batch_id: str, lines: Iterable[bytes], *, progress: Callable[[Loaded], object] | None = None
    ) -> Loaded:
        """The same of lines of JSON, such as an open file of JSON Lines gives them."""
        done = Loaded(0, 0, 0, 0, [], 0, 0, [])
        passed = 0
        for piece in pieces(lines):
            body = body_of(piece)
            if body.strip():
                request = Request(
                    "POST", at("batches", batch_id, "tasks"), content=body, content_type=JSON_LINES, key=new_key()
                )
                done = _both(done, decoded(Loaded, self._transport.ask(request)), passed)
            passed += len(piece)
            if progress:
                progress(done)
        return done

    def get(self, task_id: str) -> Task:
        """A task and the verdict that stands."""
        return decoded(Task, self._transport.ask(Request("GET", at("tasks", task_id))))

    def verdicts(self, task_id: str) -> Iterator[Verdict]:
        """Every verdict it ever had, the newest first."""
        return listed(self._transport, at("tasks", task_id, "verdicts"), Verdict)

    def judgements(self, task_id: str) -> Iterator[Judgement]:
        """What people and models handed in on it."""
        return listed(self._transport, at("tasks", task_id, "judgements"), Judgement)

    def rework(self, task_id: str, judgement_id: str, reason: str, *, key: str = "") -> list[Judgement]:
        """Void a judgement and have somebody else do it again."""
        body = {"judgement": judgement_id, "reason": reason}
        request = Request("POST", at("tasks", task_id, "judgements"), json=body, key=key or new_key())
        answer = self._transport.ask(request)
        return [decoded(Judgement, one) for one in answer["results"]]

    def media(self, task_id: str, to: str | Path) -> Path:
        """A task's picture, written to a file or into a folder."""
        return download(self._transport, at("tasks", task_id, "media"), Path(to))


def _both(done: Loaded, more: Loaded, passed: int) -> Loaded:
    """What became of rows so far, and of those after so many."""
    room = max(0, MOST_FAULTS - len(done.errors))
    return Loaded(
        read=done.read + more.read,
        loaded=done.loaded + more.loaded,
        known=done.known + more.known,
        rejected=done.rejected + more.rejected,
        errors=done.errors + [moved(one, passed) for one in more.errors[:room]],
        ids=done.ids + more.ids,
        unnamed=done.unnamed + more.unnamed,
        columns=list(dict.fromkeys([*done.columns, *more.columns])),
    )
