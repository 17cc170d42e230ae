"""One web process: uvicorn on a socket that the supervisor opened. `python -m config.web DESCRIPTOR`.

The supervisor keeps the socket open while web processes come and go, so that nobody is refused meanwhile, and
several of them share one port.
"""

import asyncio
import contextlib
import gc
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import replace
from types import FrameType

import uvicorn

from config.connections import bounded
from config.limits import Limits, fitting, open_files
from config.metrics import process

GRACE = 10  # seconds for requests in flight when asked to stop
TICK_SECONDS = 1.0
LONGEST_FRAME = 1024 * 1024  # bytes; the copilot's messages are far smaller
# A socket is asked this often whether anybody is there, and let go of after so long without an answer.
PING_SECONDS = 20.0
# So long may what was sent to somebody lie unread before the line is cut: one that has stopped reading answers no ping,
# and without this its socket would wait for ever to get rid of its last words. A download may be paused for as long.
UNREAD_SECONDS = 300.0
PROBE_AFTER, PROBE_AGAIN = 60, 15  # seconds of silence after which the system asks whether the other side is there


def main() -> None:
    listener = socket.socket(fileno=int(sys.argv[1]))
    limits = Limits()
    limits = replace(limits, connections=fitting(limits, open_files()))
    serving = configuration(limits=limits)
    serving.load()
    know_addresses()
    process.begin("web")
    keep_for_good()
    Server(serving).run(sockets=[patient(listener)])


class Server(uvicorn.Server):
    """uvicorn, which wakes once a second for the date in its headers, and when it is told to stop; not ten times."""

    _wake: Callable[[], object] = staticmethod(lambda: None)

    async def main_loop(self) -> None:
        """Until told to stop."""
        loop, told = asyncio.get_running_loop(), asyncio.Event()
        self._wake = lambda: loop.call_soon_threadsafe(told.set)
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(told.wait(), TICK_SECONDS)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal asks it to stop."""
        super().handle_exit(sig, frame)
        self._wake()


def know_addresses() -> None:
    """Load what answers each address, which Django leaves to whoever asks first: they would wait for all of it."""
    from django.urls import reverse  # settings are there once the application is loaded

    reverse("readyz")


def keep_for_good() -> None:
    """Have no collection look again at what was loaded: it stays anyway, and a large body, whose parsing asks for many
    collections, would hold everybody up for twice as long."""
    gc.collect()
    gc.freeze()


def patient(listener: socket.socket, seconds: float = UNREAD_SECONDS) -> socket.socket:
    """The listener, whose connections are cut when nothing is read from them any more, or when the other side is gone
    without a word, where the system can do that."""
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(seconds * 1000))
    if hasattr(socket, "TCP_KEEPIDLE"):
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, PROBE_AFTER)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, PROBE_AGAIN)
    return listener


def configuration(ping: float = PING_SECONDS, limits: Limits | None = None) -> uvicorn.Config:
    """How one web process serves."""
    limits = limits or Limits()
    http, ws = bounded(limits)
    return uvicorn.Config(
        "config.asgi:application",
        http=http,
        ws=ws,
        lifespan="off",
        log_config=None,
        access_log=os.environ.get("TANDEM_ACCESS_LOG", "no") in {"1", "true", "yes", "on"},
        proxy_headers=True,
        forwarded_allow_ips=limits.proxies,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        ws_max_size=LONGEST_FRAME,
        ws_ping_interval=ping,
        ws_ping_timeout=ping,
    )


if __name__ == "__main__":
    main()
