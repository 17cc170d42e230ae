"""A real web server in this process, on loopback, and the plainest of clients."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import uvicorn

from config.web import configuration, patient

PATIENCE = 60.0  # seconds after which an answer that should come never will


@contextlib.contextmanager
def serving(app: Callable | None = None, **terms) -> Iterator[int]:
    """A web server with these terms of `config.web.configuration`, of Tandem or of another app; its port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    listener = patient(listener)
    # All of 127.0.0.0/8 is this machine, so that clients can come from several addresses.
    config = configuration(**terms)
    if app is not None:
        config.app = app
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.force_exit = server.should_exit = True
        thread.join(60)


class Line(contextlib.closing):
    """A connection from an address of this machine."""

    def __init__(self, port: int, address: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE, source_address=(address, 0))
        super().__init__(self.socket)

    def __enter__(self) -> "Line":
        return self

    def say(self, text: str | bytes) -> "Line":
        self.socket.sendall(text.encode() if isinstance(text, str) else text)
        return self

    def get(self, path: str) -> "Line":
        return self.say(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")

    def post(self, path: str, length: int, *headers: str) -> "Line":
        """The head of a request with a body of so many bytes."""
        return self.say(
            "\r\n".join([f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {length}", *headers, "", ""])
        )

    def heard(self) -> tuple[int, str]:
        """The status and the text of an answer, as far as it came; (0, "") where the line was closed without one."""
        data = b""
        with contextlib.suppress(ConnectionResetError):
            while not _whole(data) and (piece := self.socket.recv(65536)):
                data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        return (int(head.split(b" ", 2)[1]), body.decode()) if data else (0, "")

    def closed(self) -> bool:
        """Waits until the other side closes the line."""
        with contextlib.suppress(ConnectionResetError):
            while self.socket.recv(65536):
                pass
        return True


def _whole(data: bytes) -> bool:
    head, end, body = data.partition(b"\r\n\r\n")
    lengths = [int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    return bool(end) and (len(body) >= lengths[0] if lengths else body.endswith(b"0\r\n\r\n"))
