"""The least HTTP client that can ask many at once: what it costs is taken from the same two cores."""

import asyncio
import json
from dataclasses import dataclass, field


@dataclass
class Asker:
    """One signed-in person on one connection."""

    port: int
    cookie: str
    csrf: str
    times: list[float] = field(default_factory=list)
    errors: int = 0
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: dict) -> tuple[int, dict]:
        """The status and the JSON of the answer."""
        self.streams = self.streams or await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        content = json.dumps(body).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nCookie: {self.cookie}\r\n"
            f"X-CSRFToken: {self.csrf}\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        writer.write(head.encode() + content)
        start = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in start.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        answer = await reader.readexactly(length)
        return int(start.split(b" ", 2)[1]), json.loads(answer) if answer[:1] == b"{" else {}

    def close(self) -> None:
        if self.streams:
            self.streams[1].close()
