"""Taskers with a socket each, who click and hand in while things die."""

import json
from dataclasses import dataclass
from functools import partial
from typing import Any

from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.test import Client

from config.asgi import application
from projects.models import Assignment
from taskers.models import Person

in_thread = partial(database_sync_to_async, thread_sensitive=False)
PATIENCE = 20.0  # a question's answer or refusal; without deaths in between it is some milliseconds
REFUSALS = {"copilot-down", "model-missing", "too-slow", "busy"}


@dataclass
class Tasker:
    """Somebody at a task, with its socket."""

    person: Person
    held: Assignment
    line: WebsocketCommunicator | None = None
    asked: int = 0

    async def sit_down(self) -> None:
        """A fresh socket at the work in hand; whether the copilot is there is another matter."""
        self.line = await self._line()
        connected, _ = await self.line.connect(timeout=PATIENCE)
        assert connected

    @in_thread
    def _line(self) -> WebsocketCommunicator:
        client = Client()
        client.force_login(self.person, "django.contrib.auth.backends.ModelBackend")
        cookie = f"sessionid={client.cookies['sessionid'].value}".encode()
        headers = [(b"origin", b"http://localhost"), (b"host", b"localhost"), (b"cookie", cookie)]
        return WebsocketCommunicator(application, f"/ws/assist/{self.held.public_id}/", headers=headers)

    async def ask(self, message: dict[str, Any], patience: float = PATIENCE) -> dict[str, Any]:
        """The answer to one message of ours."""
        assert self.line is not None
        self.asked += 1
        id = f"m{self.asked}"
        await self.line.send_to(text_data=json.dumps(message | {"id": id}))
        while True:
            reply = json.loads(await self.line.receive_from(timeout=patience))
            if reply["id"] == id:
                return reply

    async def leave(self) -> None:
        assert self.line is not None
        await self.line.disconnect()
