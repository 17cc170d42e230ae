"""Deliveries: numbered results that stay as they were made."""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tandem_client.codec import decoded, given
from tandem_client.delivery import Delivery, DeliveryTerms, KeptFor
from tandem_client.downloads import Told, download
from tandem_client.errors import DeliveryFailed
from tandem_client.lists import listed
from tandem_client.transport import Request, Transport, at, new_key

POLL = 1.0  # seconds between two looks
UNDER_WAY = ("waiting", "running")


class Deliveries:
    """The deliveries of the projects that the token's person manages."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, project_id: str) -> Iterator[Delivery]:
        """Those of a project, in the order in which they were made."""
        return listed(self._transport, at("projects", project_id, "deliveries"), Delivery)

    def get(self, project_id: str, number: int) -> Delivery:
        """How far one is, and what it holds."""
        return decoded(Delivery, self._transport.ask(Request("GET", self._path(project_id, number))))

    def order(
        self,
        project_id: str,
        format: str,
        *,
        terms: DeliveryTerms | Mapping[str, Any] | None = None,
        target: str = "download",
        place: str = "",
        note: str = "",
        key: str = "",
    ) -> Delivery:
        """Have one made by a worker. `terms` say which tasks and how, `target` and `place` where it goes, `note` under
        which licence and consent."""
        body = {"format": format, "terms": given(terms or {}), "target": target, "place": place, "note": note}
        request = Request("POST", at("projects", project_id, "deliveries"), json=body, key=key or new_key())
        return decoded(Delivery, self._transport.ask(request))

    def wait(
        self,
        project_id: str,
        number: int,
        *,
        progress: Callable[[Delivery], object] | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> Delivery:
        """Until it is made. Raises DeliveryFailed, with the reason."""
        while True:
            found = self.get(project_id, number)
            if progress:
                progress(found)
            if found.state == "failed":
                raise DeliveryFailed(f"Delivery {number} couldn't be made: {found.reason}")
            if found.state not in UNDER_WAY:
                return found
            sleep(POLL)

    def download(self, project_id: str, number: int, to: str | Path = ".", *, progress: Told | None = None) -> Path:
        """Write its file to a path or into a folder; gives where it lies."""
        return download(self._transport, self._path(project_id, number, "file"), Path(to), progress=progress)

    def manifest(self, project_id: str, number: int) -> dict[str, Any]:
        """What is in it: each file with its sha256 and bytes, and how all of it came about."""
        return dict(self._transport.ask(Request("GET", self._path(project_id, number, "manifest"))))

    def kept_for(self, project_id: str) -> KeptFor:
        """How long the files of a project's deliveries are kept."""
        return decoded(
            KeptFor, self._transport.ask(Request("GET", at("projects", project_id, "deliveries", "retention")))
        )

    def keep_for(self, project_id: str, days: int | None) -> KeptFor:
        """Keep them for so many days after each is done, or (None) for ever."""
        path = at("projects", project_id, "deliveries", "retention")
        return decoded(KeptFor, self._transport.ask(Request("PUT", path, json={"days": days})))

    def _path(self, project_id: str, number: int, *more: str) -> str:
        return at("projects", project_id, "deliveries", str(number), *more)
