"""The least HTTP client that can ask many at once: what it costs is taken from the same two cores."""

import asyncio
import json
from dataclasses import dataclass, field


@dataclass
class Asker:
    """One person, or their program, on one connection; the headers say who."""

    port: int
    headers: dict[str, str]
    times: list[float] = field(default_factory=list)
    errors: int = 0
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: dict) -> tuple[int, dict]:
        """The status and the JSON of the answer."""
        self.streams = self.streams or await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        content = json.dumps(body).encode()
        more = {"Host": f"127.0.0.1:{self.port}", "Content-Type": "application/json", "Content-Length": len(content)}
        lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in (self.headers | more).items())]
        writer.write("\r\n".join([*lines, "", ""]).encode() + content)
        start = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in start.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        answer = await reader.readexactly(length)
        return int(start.split(b" ", 2)[1]), json.loads(answer) if answer[:1] == b"{" else {}

    def close(self) -> None:
        if self.streams:
            self.streams[1].close()


def by_session(cookie: str, csrf: str) -> dict[str, str]:
    """The headers of somebody who has signed in."""
    return {"Cookie": cookie, "X-CSRFToken": csrf}


def by_token(secret: str) -> dict[str, str]:
    """The headers of a program."""
    return {"Authorization": f"Bearer {secret}"}
