"""An operator who watches: a Prometheus that scrapes, and a collector that takes traces and says nothing."""

import contextlib
import http.server
import secrets
import threading
import urllib.request
from collections.abc import Iterator

FIRST_SCRAPE, SCRAPED_EVERY = 1.0, 5.0  # seconds; Prometheus asks every 60, and most are told to ask every 15
PATIENCE = 10.0  # seconds for one scrape


class Collector(http.server.ThreadingHTTPServer):
    """Takes traces, and counts how often some came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Take)
        self.taken = 0


class _Take(http.server.BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.taken += 1
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """It says nothing."""


@contextlib.contextmanager
def watching() -> Iterator[tuple[Collector, dict[str, str]]]:
    """The collector, and what an installation must be told to be watched: its share of traces is the usual one."""
    with Collector() as collector:
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        try:
            yield (
                collector,
                {
                    "TANDEM_METRICS_TOKEN": secrets.token_urlsafe(),
                    "TANDEM_TRACES": f"http://127.0.0.1:{collector.server_port}",
                },
            )
        finally:
            collector.shutdown()


@contextlib.contextmanager
def scraped(port: int, token: str) -> Iterator[list[int]]:
    """Ask for the figures every few seconds; gives how many bytes came each time. Raises what a scrape
    does that fails, at the end."""
    sizes: list[int] = []
    problems: list[Exception] = []
    over = threading.Event()

    def scrape() -> None:
        asked = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers={"Authorization": f"Bearer {token}"})
        wait = FIRST_SCRAPE
        while not over.wait(wait):
            wait = SCRAPED_EVERY
            try:
                with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
                    sizes.append(len(answer.read()))
            except OSError as problem:
                problems.append(problem)

    thread = threading.Thread(target=scrape, daemon=True)
    thread.start()
    try:
        yield sizes
    finally:
        over.set()
        thread.join()
    if problems:
        raise problems[0]
