"""A tasker's page without a browser: claims and hands in over HTTP, asks over the websocket."""

import contextlib
import itertools
import json
import time
from collections.abc import AsyncIterator
from typing import Any

from websockets.asyncio.client import connect

from benchmarks.queue.http import Asker, by_session
from projects.models import Project


class Page:
    """One signed-in person."""

    def __init__(self, port: int, cookie: str, csrf: str) -> None:
        self.port = port
        self.cookie = cookie
        self.http = Asker(port, by_session(cookie, csrf))

    async def claim(self, project: Project) -> dict[str, Any]:
        """The next task of the project, as the studio gets it."""
        self.fresh()
        status, answer = await self.http.post(f"/studio/{project.public_id}/claim", {})
        assert status == 200 and "assignment" in answer, (status, answer)
        return answer["assignment"]

    async def ahead(self, assignment: dict[str, Any]) -> dict[str, Any]:
        """What will come after this one."""
        self.fresh()
        status, answer = await self.http.post(f"/studio/assignments/{assignment['id']}/lookahead", {})
        assert status == 200 and answer["lookahead"], (status, answer)
        return answer["lookahead"]

    async def submit(
        self, assignment: dict[str, Any], answer: dict[str, Any], foreseen: dict[str, Any]
    ) -> dict[str, Any]:
        """Hand in; the next task, which was foreseen."""
        wish = {"task": foreseen["task"]["id"], "signature": foreseen["signature"]}
        body = {"token": assignment["token"], "answer": answer, "active_ms": 900, "rejected": [], "requested": wish}
        self.fresh()
        status, reply = await self.http.post(f"/studio/assignments/{assignment['id']}/submit", body)
        assert status == 200 and "assignment" in reply, (status, reply)
        return reply["assignment"]

    def fresh(self) -> None:
        """A new connection for the next request: the server hangs up on one that was idle for some seconds."""
        self.http.close()
        self.http.streams = None

    @contextlib.asynccontextmanager
    async def line(self, assignment: dict[str, Any]) -> AsyncIterator["Line"]:
        """The copilot's socket at this work, open and ready."""
        address = f"ws://127.0.0.1:{self.port}/ws/assist/{assignment['id']}/"
        headers = {"Cookie": self.cookie, "Origin": f"http://127.0.0.1:{self.port}"}
        async with connect(address, additional_headers=headers) as socket:
            line = Line(socket)
            await line.opened(assignment["token"])
            yield line


class Line:
    """Questions and answers, one at a time."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._ids = itertools.count(1)

    async def opened(self, token: str) -> None:
        await self._socket.send(json.dumps({"type": "open", "id": "o", "token": token}))
        ready = json.loads(await self._socket.recv())
        assert ready["type"] == "ready", ready

    async def click(self, x: float, y: float) -> tuple[float, dict[str, Any]]:
        """Seconds until the masks of one click are here, and the message."""
        return await self._ask("masks", {"points": [[x, y, 1]]})

    async def spans(self) -> tuple[float, dict[str, Any]]:
        """Seconds until the text's spans are here, and the message."""
        return await self._ask("spans", {"text": True})

    async def _ask(self, wanted: str, prompt: dict[str, Any]) -> tuple[float, dict[str, Any]]:
        id = f"p{next(self._ids)}"
        start = time.perf_counter()
        await self._socket.send(json.dumps({"type": "prompt", "id": id, "prompt": prompt}))
        while True:
            message = json.loads(await self._socket.recv())
            if message["id"] == id:
                taken = time.perf_counter() - start
                assert message["type"] == wanted, message
                return taken, message
