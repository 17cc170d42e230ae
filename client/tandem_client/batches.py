"""Batches: tasks that are loaded together, and their way from draft to closed."""

from collections.abc import Iterator
from datetime import datetime

from tandem_client.codec import decoded, encoded
from tandem_client.lists import listed
from tandem_client.models import Batch, Move
from tandem_client.transport import Request, Transport, at, new_key


class Batches:
    """The batches of the projects that the token's person manages."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, project_id: str) -> Iterator[Batch]:
        """Those of a project, in the order in which they were made."""
        return listed(self._transport, at("projects", project_id, "batches"), Batch)

    def get(self, batch_id: str) -> Batch:
        """One of them, and how far it has come."""
        return decoded(Batch, self._transport.ask(Request("GET", at("batches", batch_id))))

    def find(self, project_id: str, name: str) -> Batch | None:
        """The one of a name or an id, or None."""
        wanted = name.casefold()
        return next((one for one in self.list(project_id) if one.id == wanted or one.name.casefold() == wanted), None)

    def create(
        self,
        project_id: str,
        name: str,
        *,
        priority: int | None = None,
        deadline: datetime | None = None,
        key: str = "",
    ) -> Batch:
        """Make one. It is a draft: its tasks are handed out once it is moved to "live"."""
        said = {"name": name, "priority": priority, "deadline": encoded(deadline)}
        body = {field: value for field, value in said.items() if value is not None}
        request = Request("POST", at("projects", project_id, "batches"), json=body, key=key or new_key())
        return decoded(Batch, self._transport.ask(request))

    def move(self, batch_id: str, state: Move, *, key: str = "") -> Batch:
        """Start, pause, close or cancel it."""
        request = Request("POST", at("batches", batch_id, "move"), json={"state": state}, key=key or new_key())
        return decoded(Batch, self._transport.ask(request))
