"""Files that the server's worker loads: sent from the disk, and followed until they are in."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO, cast

from tandem_client.codec import decoded
from tandem_client.errors import BadInput, ImportFailed
from tandem_client.models import Answers, Import
from tandem_client.transport import Request, Transport, at, new_key
from tandem_client.uploads import LARGE, Counted, Told, in_parts

POLL = 1.0  # seconds between two looks
UNDER_WAY = ("waiting", "planning", "running")  # "planning": a server that looks at files before it loads them


class Imports:
    """Files on their way into batches."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, batch_id: str, path: str | Path, *, progress: Told | None = None, key: str = "") -> Import:
        """Send a file; a worker loads it afterwards. Sending it again is safe: rows that are in already are known. A
        large one goes in parts, and goes on where it was cut off, in another program too. Raises FileChanged where it
        changed meanwhile."""
        place = Path(path)
        try:
            size = place.stat().st_size
            self._transport.ask(Request("GET", at("batches", batch_id)))  # whether it may come, before it is on its way
            if size > LARGE:
                return decoded(Import, in_parts(self._transport, batch_id, place, progress=progress))
            with place.open("rb") as file:
                return self._sent(batch_id, place.name, file, progress, key or new_key())
        except OSError as error:
            raise BadInput(f"{place} can't be read: {error.strerror or error}.") from None

    def _sent(self, batch_id: str, name: str, file: BinaryIO, progress: Told | None, key: str) -> Import:
        counted = cast(BinaryIO, Counted(file, progress))
        request = Request("POST", at("batches", batch_id, "imports"), file=(name, counted), key=key)
        return decoded(Import, self._transport.ask(request))

    def get(self, import_id: str) -> Import:
        """How far a file has come, and its rejected rows."""
        return decoded(Import, self._transport.ask(Request("GET", at("imports", import_id))))

    def choose(
        self,
        import_id: str,
        answers: Answers,
        *,
        source: str = "",
        labels: Mapping[str, str] | None = None,
        columns: Mapping[str, str] | None = None,
        key: str = "",
    ) -> Import:
        """Say what becomes of a file that waits for a choice ("planned"), and load it.

        `answers` is what the file's answers become; `source` whose they are, where the file doesn't say; `labels` what
        each name in the file stands for: a label's key, "+" to make one, "-" to leave it out. A name that isn't among
        them means what the server proposes. `columns` are a table's, each with the field that it becomes; where none
        is given they are what the server proposes.
        """
        plan = self.get(import_id).plan or {}
        meanings = {one["name"]: one["meaning"] for one in plan.get("labels", ())} | dict(labels or {})
        meant = plan.get("mapped", {}) if columns is None else columns
        body = {"answers": answers, "source": source, "labels": meanings, "columns": dict(meant)}
        request = Request("POST", at("imports", import_id, "choice"), json=body, key=key or new_key())
        return decoded(Import, self._transport.ask(request))

    def go_on(self, import_id: str, *, key: str = "") -> Import:
        """Have what is left of a file loaded that failed. Raises the server's refusal where it is loaded already."""
        request = Request("POST", at("imports", import_id, "go-on"), key=key or new_key())
        return decoded(Import, self._transport.ask(request))

    def wait(
        self,
        import_id: str,
        *,
        progress: Callable[[Import], object] | None = None,
        seconds: float | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> Import:
        """Until the server has done what it can with the file. Raises ImportFailed, with the reason, and TimeoutError
        after so many seconds."""
        end = None if seconds is None else time.monotonic() + seconds
        while True:
            found = self.get(import_id)
            if progress:
                progress(found)
            if found.state == "failed":
                raise ImportFailed(f"{found.name} couldn't be loaded: {found.reason}")
            if found.state not in UNDER_WAY:
                return found
            if end is not None and time.monotonic() > end:
                raise TimeoutError(f"{found.name} isn't loaded after {seconds:g} seconds: does a worker run?")
            sleep(POLL)
