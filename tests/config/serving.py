"""A real web server in this process, on loopback."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import uvicorn

from config.web import configuration, patient


@contextlib.contextmanager
def serving(**terms) -> Iterator[int]:
    """A web server with these terms of `config.web.configuration`; its port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    server = uvicorn.Server(configuration(**terms))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [patient(listener)]}, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.force_exit = server.should_exit = True
        thread.join(10)
