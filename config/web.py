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


def main() -> None:
    listener = socket.socket(fileno=int(sys.argv[1]))
    config = uvicorn.Config(
        "config.asgi:application",
        lifespan="off",
        log_config=None,
        access_log=os.environ.get("TANDEM_ACCESS_LOG", "no") in {"1", "true", "yes", "on"},
        proxy_headers=True,
        forwarded_allow_ips=os.environ.get("TANDEM_PROXIES", "127.0.0.1"),
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        ws_max_size=LONGEST_FRAME,
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
