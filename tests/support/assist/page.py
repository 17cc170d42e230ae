"""A browser's page at the copilot's socket, without a browser."""

import asyncio
import json
from functools import partial
from typing import Any

from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.test import Client

from assist.models import Suggestion
from config.asgi import application
from taskers.models import Person

# Its connection is closed after each use: one left open would keep the test database from being removed.
in_thread = partial(database_sync_to_async, thread_sensitive=False)


class Page:
    """A browser's page at an assignment, signed in as somebody or nobody."""

    def __init__(self, person: Person | None, assignment: Any, origin: str = "http://localhost") -> None:
        self.headers = headers = [(b"origin", origin.encode()), (b"host", b"localhost")]
        if person is not None:
            client = Client()
            client.force_login(person, "django.contrib.auth.backends.ModelBackend")
            headers.append((b"cookie", f"sessionid={client.cookies['sessionid'].value}".encode()))
        self.line = WebsocketCommunicator(application, f"/ws/assist/{assignment}/", headers=headers)
        self.count = 0

    async def connect(self) -> bool:
        connected, _ = await self.line.connect(timeout=60)
        return connected

    async def say(self, **message: Any) -> None:
        await self.line.send_to(text_data=json.dumps(message))

    async def hear(self, timeout: float = 30) -> dict[str, Any]:
        return json.loads(await self.line.receive_from(timeout=timeout))

    async def closed(self) -> int:
        """The code with which the line is closed, after whatever is still said."""
        while True:
            output = await self.line.receive_output(timeout=60)
            if output["type"] == "websocket.close":
                return output["code"]

    async def open(self, token: Any) -> dict[str, Any]:
        assert await self.connect()
        await self.say(type="open", id="o1", token=str(token))
        return await self.hear()

    async def prompt(self, id: str = "p1", **prompt: Any) -> dict[str, Any]:
        """What is answered, the last of the messages that it comes in."""
        await self.say(type="prompt", id=id, prompt=prompt)
        while (said := await self.hear()).get("more"):
            pass
        return said


@in_thread
def page_of(person: Person | None, assignment: Any, **more: str) -> Page:
    return Page(person, assignment, **more)


@in_thread
def suggestions() -> list[Suggestion]:
    """What is written down of what was offered, in its order."""
    return list(Suggestion.objects.select_related("model").order_by("pk"))


async def kept(number: int) -> list[Suggestion]:
    """The same, once there are so many."""
    for _ in range(200):
        rows = await suggestions()
        if len(rows) >= number:
            return rows
        await asyncio.sleep(0.02)
    raise AssertionError("the suggestions were not written down")
