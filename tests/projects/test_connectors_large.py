"""A bucket of a hundred thousand objects, played by a server that keeps none of them: what is asked, and held."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from projects.data.connectors import saved
from projects.data.connectors.unseen import Unseen, keep
from projects.models import SeenFile
from tests.support import make

pytestmark = [pytest.mark.django_db, pytest.mark.torture]

KEYS, NEW = 100_000, 100
MOST = (512 - 200) * 1024  # KiB above what this process holds already: a worker that has read nothing holds 200 MB


def key(number: int) -> str:
    return f"photos/2024/{number % 97:02}/picture-{number:07}.png"


class Listing(BaseHTTPRequestHandler):
    """Tells pages of a thousand keys; each request is counted by its verb."""

    keys: list[str] = []
    asked: list[str] = []

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        self.asked.append("LIST" if "list-type" in asked else "GET")
        start = int(asked.get("continuation-token", ["0"])[0])
        page = self.keys[start : start + 1000]
        more = start + 1000 < len(self.keys)
        rows = "".join(
            f"<Contents><Key>{one}</Key><Size>1000</Size><ETag>&quot;{hash(one):x}&quot;</ETag></Contents>"
            for one in page
        )
        token = f"<NextContinuationToken>{start + 1000}</NextContinuationToken>" if more else ""
        body = f"<ListBucketResult><IsTruncated>{str(more).lower()}</IsTruncated>{token}{rows}</ListBucketResult>"
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def do_HEAD(self) -> None:
        self.asked.append("HEAD")
        self.send_error(404)

    def log_message(self, *_said: object) -> None:
        """Nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Listing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def held(what: str) -> int:
    """KiB that this process holds now ("VmRSS"), or held at most ("VmHWM") since `anew`."""
    found = re.search(rf"^{what}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.M)
    assert found
    return int(found[1])


def anew() -> None:
    """Have the most that is held be what is held now: other tests of this process held more."""
    Path("/proc/self/clear_refs").write_text("5")


def test_every_new_key_is_found_and_no_object_is_asked_for(cast, settings, address, record_property) -> None:
    settings.OUTBOUND, settings.OUTBOUND_PRIVATE = ["http://127.0.0.1"], ["127.0.0.1"]
    given = {"endpoint": address, "bucket": "photos"}
    place = saved.add(cast.riverside, "s3", "Photos", given, by=cast.mina)
    project = make.project(cast.riverside)
    Listing.keys = sorted(key(number) for number in range(KEYS))
    anew()
    before = held("VmRSS")
    with saved.opened(place) as files:
        keep(place, project, {one.name: one.version for one in Unseen(files, place, project).entries()})
    assert SeenFile.objects.count() == KEYS
    fresh = {f"photos/2024/{number % 97:02}/new-{number}.png" for number in range(NEW)}
    Listing.keys = sorted([*Listing.keys, *fresh])
    Listing.asked.clear()
    with saved.opened(place) as files:
        assert {one.name for one in Unseen(files, place, project).entries()} == fresh
    assert set(Listing.asked) == {"LIST"} and len(Listing.asked) == KEYS // 1000 + 1
    grown = held("VmHWM") - before
    record_property("grown KiB", grown)
    assert grown < MOST
