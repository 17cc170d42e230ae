"""What the command says: to people in plain lines, to programs in JSON; never in colour."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from tandem_client.codec import encoded
from tandem_client.errors import ApiError, TandemError

WIDTH = 78


class Output:
    """Results go to `out`; what is said beside them, errors and progress to `err`."""

    def __init__(self, out: TextIO, err: TextIO, *, as_json: bool) -> None:
        self.out, self.err, self.as_json = out, err, as_json
        self._passing = False  # whether a line of progress stands on the terminal

    def show(self, result: Any, text: str) -> None:
        """A result: as JSON for programs, as this text for people."""
        self._end_progress()
        print(_json(encoded(result), self.out) if self.as_json else text, file=self.out, flush=True)

    def table(self, rows: Sequence[Any], head: Sequence[str], cells: Iterable[Sequence[object]]) -> None:
        """Several of a kind: as a JSON list, or in columns."""
        lines = [[str(one) for one in line] for line in cells]
        widths = [max(map(len, column)) for column in zip(head, *lines, strict=True)]
        text = "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in [list(head), *lines]
        )
        self.show(list(rows), text if lines else "There is none.")

    def note(self, text: str) -> None:
        """Something said beside the result."""
        self._end_progress()
        if not self.as_json:
            print(text, file=self.err, flush=True)

    def progress(self, text: str) -> None:
        """How far it has come, in one line that is written over: on a terminal alone."""
        if self.as_json or not self.err.isatty():
            return
        self.err.write(f"\r{text[:WIDTH].ljust(WIDTH)}")
        self.err.flush()
        self._passing = True

    def failed(self, error: TandemError) -> None:
        """An error: what happened, where, what to do."""
        self._end_progress()
        if self.as_json:
            print(_json({"error": error.said()}, self.err), file=self.err, flush=True)
            return
        lines = [f"tandem: {error}"]
        if error.advice:
            lines.append(f"        {error.advice}")
        if isinstance(error, ApiError):
            request = f", request {error.request}" if error.request else ""
            lines.append(f"        ({error.status} {error.code}{request})")
        print("\n".join(lines), file=self.err, flush=True)

    def _end_progress(self) -> None:
        if self._passing:
            self.err.write(f"\r{' ' * WIDTH}\r")
            self._passing = False


def _json(data: Any, to: TextIO) -> str:
    """JSON in letters that the stream can carry."""
    return json.dumps(data, ensure_ascii=(to.encoding or "").lower().replace("-", "") != "utf8")


def size(number: float) -> str:
    """Bytes, for people."""
    for unit in ("B", "KiB", "MiB"):
        if number < 1024:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.2f} GiB"


def bar(done: int, total: int | None) -> str:
    """How much of something is done: as a bar where it is known how much there is."""
    if not total:
        return size(done)
    filled = min(20, 20 * done // total)
    return f"[{'#' * filled}{'.' * (20 - filled)}] {100 * done // total:3d} %  {size(done)} of {size(total)}"
