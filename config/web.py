"""One web process: uvicorn on a socket that the supervisor opened. `python -m config.web DESCRIPTOR`.

The supervisor keeps the socket open while web processes come and go, so that nobody is refused meanwhile, and
several of them share one port.
"""

import os
import socket
import sys

import uvicorn

GRACE = 10  # seconds for requests in flight when asked to stop
LONGEST_FRAME = 1024 * 1024  # bytes; the copilot's messages are far smaller
# A socket is asked this often whether anybody is there, and let go of after so long without an answer.
PING_SECONDS = 20.0
# So long may what was sent to somebody lie unread before the line is cut: one that has stopped reading answers no ping,
# and without this its socket would wait for ever to get rid of its last words. A download may be paused for as long.
UNREAD_SECONDS = 300.0


def main() -> None:
    listener = socket.socket(fileno=int(sys.argv[1]))
    uvicorn.Server(configuration()).run(sockets=[patient(listener)])


def patient(listener: socket.socket, seconds: float = UNREAD_SECONDS) -> socket.socket:
    """The listener, whose connections are cut when nothing is read from them any more, where the system can do that."""
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(seconds * 1000))
    return listener


def configuration(ping: float = PING_SECONDS) -> uvicorn.Config:
    """How one web process serves."""
    return uvicorn.Config(
        "config.asgi:application",
        lifespan="off",
        log_config=None,
        access_log=os.environ.get("TANDEM_ACCESS_LOG", "no") in {"1", "true", "yes", "on"},
        proxy_headers=True,
        forwarded_allow_ips=os.environ.get("TANDEM_PROXIES", "127.0.0.1"),
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        ws_max_size=LONGEST_FRAME,
        ws_ping_interval=ping,
        ws_ping_timeout=ping,
    )


if __name__ == "__main__":
    main()
