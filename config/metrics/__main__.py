"""The metrics process: `/metrics` on a port of its own (TANDEM_METRICS_PORT). `python -m config.metrics`.

It needs no Django, and stands apart, so that whoever asks too much of it holds up nobody: a few lines at a time, each
with little time.
"""

import asyncio
import os
import signal
import sys
from http import HTTPStatus

from config import postgres
from config.metrics.place import Place, place
from config.metrics.told import MEDIA_TYPE, Told, allowed
from taskers.files.folders import data_folder

MOST = 16  # lines at a time
HEAD_SECONDS = 5.0
HEAD_BYTES = 8 * 1024


class Server:
    """Answers GET /metrics and nothing else."""

    def __init__(self, told: Told, at: Place) -> None:
        self.told = told
        self.at = at
        self.open = 0

    async def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One line, one answer."""
        self.open += 1
        try:
            if self.open <= MOST:
                async with asyncio.timeout(HEAD_SECONDS):
                    head = await reader.readuntil(b"\r\n\r\n")
                await self._answer(head.decode("latin-1"), writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self.open -= 1
            writer.close()

    async def _answer(self, head: str, writer: asyncio.StreamWriter) -> None:
        first, *lines = head.split("\r\n")
        fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status = self._status(first.split(" "), fields)
        text = await asyncio.to_thread(self.told.text) if status == HTTPStatus.OK else f"{status.phrase}\n"
        body = b"" if first.startswith("HEAD ") else text.encode()
        said = [
            f"HTTP/1.1 {status.value} {status.phrase}",
            f"Content-Type: {MEDIA_TYPE}",
            f"Content-Length: {len(body)}",
            *(["WWW-Authenticate: Bearer"] if status == HTTPStatus.UNAUTHORIZED else []),
            "Cache-Control: no-store",
            "Connection: close",
        ]
        async with asyncio.timeout(HEAD_SECONDS):
            writer.write("\r\n".join([*said, "", ""]).encode() + body)
            await writer.drain()

    def _status(self, asked: list[str], said: dict[str, str]) -> HTTPStatus:
        if len(asked) != 3 or asked[0] not in ("GET", "HEAD") or asked[1].partition("?")[0] != "/metrics":
            return HTTPStatus.NOT_FOUND
        if os.environ.get("TANDEM_METRICS_TOKEN"):
            return HTTPStatus.OK if allowed(said.get("authorization", "")) else HTTPStatus.UNAUTHORIZED
        # A page that somebody on this machine looks at may make its name mean us; then it is that name which is asked.
        return HTTPStatus.OK if self.at.is_meant_by(said.get("host", "")) else HTTPStatus.FORBIDDEN


async def serve(at: Place, told: Told) -> None:
    """Answer until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server = await asyncio.start_server(Server(told, at).hear, at.host, at.port, limit=HEAD_BYTES)
    async with server:
        await stop.wait()


def main() -> int:
    at = place(os.environ)
    if at is None:
        print("TANDEM_METRICS_PORT is not set.", file=sys.stderr)
        return 1
    url = os.environ.get("DATABASE_URL") or postgres.url(data_folder())
    asyncio.run(serve(at, Told({"conninfo": url})))
    return 0


if __name__ == "__main__":
    sys.exit(main())
