"""A server of HTTP that says what a test tells it to, in order, and keeps what it was asked."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[["Handler"], None]


@dataclass
class Seen:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Stub:
    """Where it listens, what it will say, what it was asked."""

    address: str
    answers: list[Answer]
    seen: list[Seen] = field(default_factory=list)
    usual: Answer | None = None


class Handler(BaseHTTPRequestHandler):
    """Reads a request whole and says the next answer."""

    protocol_version = "HTTP/1.1"
    stub: Stub

    def handle_one(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.stub.seen.append(Seen(self.command, self.path, dict(self.headers.items()), body))
        answer = self.stub.answers.pop(0) if self.stub.answers else self.stub.usual
        assert answer is not None, "it was asked more often than the test says"
        answer(self)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one

    def log_message(self, *_words: Any) -> None:
        """Nothing on the terminal of the tests."""

    def say(self, status: int, body: bytes, **headers: str) -> None:
        """A whole answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def says(data: Any, status: int = 200, **headers: str) -> Answer:
    """JSON."""
    return lambda handler: handler.say(
        status, json.dumps(data).encode(), **({"content_type": "application/json"} | headers)
    )


def refuses(status: int, code: str, **more: Any) -> Answer:
    """A problem of Tandem's."""
    headers = more.pop("headers", {})
    said = {"type": f"urn:tandem:problem:{code}", "title": code, "status": status, "detail": "No.", "code": code}
    return says(said | {"place": ""} | more, status, content_type="application/problem+json", **headers)


def hangs_up(handler: Handler) -> None:
    """The line is cut before a word is said."""
    handler.close_connection = True


@contextmanager
def stub(*answers: Answer, usual: Answer | None = None) -> Iterator[Stub]:
    """A server on this machine, for as long as the block lasts."""
    kind = type("Told", (Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    found = Stub(f"http://127.0.0.1:{server.server_port}", list(answers), usual=usual)
    kind.stub = found  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join(60)
