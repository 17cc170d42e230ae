"""The client: a server, a token, and everything that can be asked of it."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

import httpx

from tandem_client import login
from tandem_client.answers import Keeping
from tandem_client.batches import Batches
from tandem_client.codec import decoded
from tandem_client.deliveries import Deliveries
from tandem_client.exports import Exports
from tandem_client.identity import Me
from tandem_client.imports import Imports
from tandem_client.lists import listed
from tandem_client.models import FeedLine, Token
from tandem_client.predictions import Predictions
from tandem_client.projects import Projects
from tandem_client.tasks import Tasks
from tandem_client.transport import TIMEOUT, TRIES, Request, Transport, at
from tandem_client.verdicts import Verdicts
from tandem_client.webhooks import Webhooks


class Tandem:
    """One connection's worth of Tandem, for one thread; `with Tandem() as tandem:` closes it.

    Without a server and a token it takes TANDEM_SERVER and TANDEM_TOKEN, else what `tandem login` kept. Raises NoLogin.
    """

    def __init__(
        self,
        server: str | None = None,
        token: str | None = None,
        *,
        timeout: httpx.Timeout = TIMEOUT,
        tries: int = TRIES,
        sleep: Callable[[float], object] = time.sleep,
        dice: random.Random | None = None,
    ) -> None:
        at_server = login.found(server, token)
        self._transport = Transport(
            at_server.server, at_server.token, timeout=timeout, tries=tries, sleep=sleep, dice=dice
        )
        self.projects = Projects(self._transport)
        self.batches = Batches(self._transport)
        self.tasks = Tasks(self._transport)
        self.imports = Imports(self._transport)
        self.verdicts = Verdicts(self._transport)
        self.exports = Exports(self._transport)
        self.deliveries = Deliveries(self._transport)
        self.predictions = Predictions(self._transport)
        self.webhooks = Webhooks(self._transport)

    @property
    def server(self) -> str:
        """The server's address."""
        return self._transport.server

    def follow_verdicts(
        self, project_id: str, answers: Keeping | None = None, *, every: float | None = None
    ) -> Iterator[FeedLine]:
        """What changes an answer, as it happens; `answers` hold exactly those that stand (`verdicts.follow`)."""
        return self.verdicts.follow(project_id, answers, every=every)

    def me(self) -> Me:
        """Who asks, in which organization and roles, and what the token opens until when."""
        return decoded(Me, self.ask("GET", "me/"))

    def tokens(self) -> Iterator[Token]:
        """The organization's API tokens, for its office."""
        return listed(self._transport, at("tokens"), Token)

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int | None] | None = None,
        json: Any = None,
        key: str = "",
    ) -> Any:
        """Any other address below /api/v1/: `ask("GET", "skills/")`. JSON in, JSON out."""
        return self._transport.ask(Request(method.upper(), path.lstrip("/"), query=query or {}, json=json, key=key))

    def close(self) -> None:
        """Let go of the connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
