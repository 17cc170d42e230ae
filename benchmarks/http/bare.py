"""The least that a server of HTTP can do here: it reads JSON and answers with JSON. `bare.py DESCRIPTOR` serves it."""

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import uvicorn

from benchmarks.queue.http import Asker

ANSWER = json.dumps({"assignment": {"id": "1", "text": "x" * 900}}).encode()


async def application(_scope: dict, receive: Callable, send: Callable) -> None:
    """Answers whatever it is asked."""
    body, more = b"", True
    while more:
        event: dict[str, Any] = await receive()
        body, more = body + event.get("body", b""), event.get("more_body", False)
    json.loads(body)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(ANSWER))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": ANSWER})


@contextlib.contextmanager
def running() -> Iterator[int]:
    """Its port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(256)
        listener.set_inheritable(True)
        command = [sys.executable, "-m", "benchmarks.http.bare", str(listener.fileno())]
        server = subprocess.Popen(command, cwd=Path(__file__).resolve().parents[2], pass_fds=[listener.fileno()])
        try:
            yield listener.getsockname()[1]
        finally:
            server.terminate()
            server.wait(30)


def rate(port: int, askers: int, seconds: float) -> float:
    """Answers a second to so many at a time."""
    until = time.monotonic() + seconds
    return asyncio.run(_crowd([Asker(port, {}) for _ in range(askers)], until)) / seconds


async def _crowd(askers: Sequence[Asker], until: float) -> int:
    return sum(await asyncio.gather(*(_ask(one, until) for one in askers)))


async def _ask(asker: Asker, until: float) -> int:
    done = 0
    while time.monotonic() < until:
        await asker.post("/", {"token": "1"})
        done += 1
    asker.close()
    return done


if __name__ == "__main__":
    config = uvicorn.Config(application, log_config=None, access_log=False, lifespan="off")
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])
