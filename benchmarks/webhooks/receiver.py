"""A receiver of webhooks: a small HTTP server that keeps what it is sent, and fails as its path says.

    /ok      200                           /hang   never answers             /drip   a byte a second, for ever
    /500     500, the first two times of each message                        /410    410
    /away    to another address            /big    a body without end        /busy   429, ask again in an hour

As a process of its own, `python -m benchmarks.webhooks.receiver PORT FILE` writes each message into a file before it is
answered, so that what it answered for is known whenever it is killed.
"""

import asyncio
import contextlib
import json
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
BODY = b"X" * 65_536


@dataclass
class Message:
    """What came: where to, the headers in lower case, the body."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers.get("webhook-id", "")

    @property
    def said(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass
class Receiver:
    """Everything that came, in its order."""

    port: int = 0
    messages: list[Message] = field(default_factory=list)
    keep: Callable[[Message], None] | None = None
    tries: Counter[str] = field(default_factory=Counter)
    leads_to: str = "http://169.254.169.254/latest/meta-data/"

    def at(self, path: str = "/ok") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def serve(self, started: Callable[[], None] | None = None) -> None:
        server = await asyncio.start_server(self._connection, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        if started:
            started()
        async with server:
            await server.serve_forever()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                message = await _read(reader)
                self.messages.append(message)
                if self.keep:
                    self.keep(message)
                await self._answer(message, writer)
        writer.close()

    async def _answer(self, message: Message, writer: asyncio.StreamWriter) -> None:
        path, answer = message.path.split("?")[0], OK
        match path:
            case "/hang":
                await asyncio.sleep(3600)
            case "/drip":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                while True:
                    writer.write(b".")
                    await asyncio.sleep(1)
            case "/big":
                writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                while True:
                    writer.write(b"10000\r\n" + BODY + b"\r\n")
                    await writer.drain()
            case "/500" if self.tries[message.id] < 2:
                answer = b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops"
            case "/410":
                answer = b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"
            case "/busy":
                answer = b"HTTP/1.1 429 Busy\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n"
            case "/away":
                answer = f"HTTP/1.1 302 Away\r\nLocation: {self.leads_to}\r\nContent-Length: 0\r\n\r\n".encode()
        self.tries[message.id] += 1
        writer.write(answer)
        await writer.drain()


async def _read(reader: asyncio.StreamReader) -> Message:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {}
    for line in head[1:]:
        name, mark, value = line.partition(":")
        if mark:
            headers[name.strip().lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Message(head[0].split(" ")[1], headers, body)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver in a thread of this process."""
    receiver, started = Receiver(), threading.Event()
    loop = asyncio.new_event_loop()

    def run() -> None:
        task = loop.create_task(receiver.serve(started.set))
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(task)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(30)
    try:
        yield receiver
    finally:
        loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
        thread.join(10)


def main(port: int, file: str) -> None:
    """Write one line of each message to a file, flushed before the answer, until killed."""
    with open(file, "a", buffering=1) as kept:

        def keep(message: Message) -> None:
            kept.write(f"{message.id} {message.body.decode()}\n")

        asyncio.run(Receiver(port, keep=keep).serve())


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
