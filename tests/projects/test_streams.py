"""Media and exports through the whole ASGI stack: sent in pieces, each connection given back."""

import io

import numpy as np
import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.conf import settings as configured
from django.db import connection
from django.test import Client
from django.urls import reverse
from PIL import Image

from config.handler import Handler
from projects.data import exporting, importing
from projects.data.media.pictures import read_picture
from projects.models import Task
from projects.web.shared import media
from tests.support import cast as people
from tests.support import make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def everybody(transactional_db):
    return people.assemble()


def session_of(person) -> str:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return f"{configured.SESSION_COOKIE_NAME}={client.cookies[configured.SESSION_COOKIE_NAME].value}"


def scope_of(path: str, person=None, **headers: str) -> dict:
    """What a server tells the application of a GET."""
    sent = {"host": "localhost", **headers} | ({"cookie": session_of(person)} if person else {})
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in sent.items()],
    }


def get(path: str, person=None, **headers: str) -> tuple[int, dict[str, str], list[bytes]]:
    """Status, headers and the pieces of the body, as a server gets them from the application."""
    scope = scope_of(path, person, **headers)

    async def ask() -> tuple[int, dict[str, str], list[bytes]]:
        talk = ApplicationCommunicator(Handler(), scope)
        await talk.send_input({"type": "http.request", "body": b"", "more_body": False})
        start = await talk.receive_output(10)
        pieces, more = [], True
        while more:
            event = await talk.receive_output(10)
            pieces.append(event.get("body", b""))
            more = event.get("more_body", False)
        await talk.wait(60)
        found = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        return start["status"], found, [piece for piece in pieces if piece]

    return async_to_sync(ask)()


@pytest.fixture
def photograph(everybody, tmp_path, settings) -> Task:
    settings.MEDIA_ROOT = tmp_path / "media"
    out = io.BytesIO()
    noise = np.random.default_rng(7).integers(0, 255, (200, 300, 3), dtype=np.uint8)
    Image.fromarray(noise).save(out, "PNG")
    picture = read_picture(out.getvalue())
    fields = {"asset": picture.sha256, "width": 300, "height": 200, "name": "noise.png"}
    project = make.project(everybody.riverside, "Noise", "image_regions", labels=[{"name": "Dot"}])
    importing.load_all(make.batch(project), [importing.Row("noise.png", "noise", fields, picture)], by=None)
    return Task.objects.get()


def backends() -> int:
    """Connections at work; the server's own workers, autovacuum among them, come and go as they like."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle'"
            " AND backend_type = 'client backend'"
        )
        return cursor.fetchone()[0]


def test_a_picture_comes_in_pieces_and_in_parts(everybody, photograph, monkeypatch):
    monkeypatch.setattr(media, "PIECE", 16 * 1024)
    address = reverse("task-media", args=[photograph.public_id])
    status, headers, pieces = get(address, everybody.alice)
    with photograph.asset.file.open("rb") as file:
        data = file.read()
    assert (status, headers["content-type"], b"".join(pieces)) == (200, "image/png", data)
    assert len(pieces) == -(-len(data) // (16 * 1024)) > 5
    status, headers, pieces = get(address, everybody.alice, range="bytes=100-199")
    assert (status, b"".join(pieces)) == (206, data[100:200])
    assert get(address, everybody.alice, if_none_match=headers["etag"])[0] == 304


@pytest.fixture
def export(everybody, monkeypatch) -> str:
    """The address of an export that comes in five pieces."""
    monkeypatch.setattr(exporting, "PIECE", 1)
    monkeypatch.setattr(exporting, "STAGED_BYTES", 1)
    project = make.project(everybody.riverside, wanted=1)
    make.tasks(make.batch(project), 5)
    for _ in range(5):
        make.judged(everybody.alice, project, make.MARIA)
    return reverse("export-download", args=[project.public_id, "conll"])


def test_an_export_is_sent_while_it_is_read(everybody, export):
    before = backends()
    status, headers, pieces = get(export, everybody.mina)
    assert status == 200 and headers["content-disposition"].startswith("attachment")
    assert len(pieces) == 5 and all(piece.startswith(b"-DOCSTART-") for piece in pieces)
    assert backends() == before


def test_whoever_hangs_up_in_the_middle_keeps_no_connection(everybody, export):
    before = backends()
    scope = scope_of(export, everybody.mina)

    async def ask() -> None:
        talk = ApplicationCommunicator(Handler(), scope)
        await talk.send_input({"type": "http.request", "body": b"", "more_body": False})
        assert (await talk.receive_output(10))["status"] == 200
        await talk.send_input({"type": "http.disconnect"})
        await talk.wait(60)

    async_to_sync(ask)()
    assert backends() == before
