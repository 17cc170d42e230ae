"""Alive, ready, degraded: what a load balancer is told."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import DatabaseError, connection
from django.test import Client

from assist import frames
from config import health


@pytest.fixture(autouse=True)
def not_looked_yet(monkeypatch):
    monkeypatch.setattr(health._Migrations, "applied", False)


class Runtime(threading.Thread):
    """Something that listens where the copilot's runtime should, and says how its one model is."""

    def __init__(self, path: Path) -> None:
        super().__init__(daemon=True)
        self.model = {"state": "ready", "text": ""}
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()

    def run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                line, _ = self.listener.accept()
                with line, line.makefile("rb") as file:
                    if frames.read_now(file):
                        line.sendall(frames.pack({"id": 1, "ok": {"models": {"sam@1": self.model}}}))


@pytest.fixture
def runtime(tmp_path, settings) -> Iterator[Runtime]:
    settings.RUNTIME_ADDRESS = f"unix:{tmp_path / 'runtime.sock'}"
    runtime = Runtime(tmp_path / "runtime.sock")
    runtime.start()
    yield runtime
    runtime.listener.close()


@pytest.fixture
def no_runtime(settings):
    settings.RUNTIME_ADDRESS = "unix:/nowhere/runtime.sock"


@pytest.fixture
def sign_of_life(db) -> Callable[[int], None]:
    """A worker's sign of life, so many seconds ago."""

    def write(seconds: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => %s))",
                [seconds],
            )

    return write


def test_alive_asks_nobody_not_even_the_database():
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"alive": True})
    assert "no-store" in answer["Cache-Control"]


def test_ready_when_all_is_there(runtime, sign_of_life):
    sign_of_life(3)
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "degraded": [],
        "checks": {"database": "ok", "migrations": "ok", "worker": "ok", "copilot": "ok"},
    }


def test_model_that_is_missing_is_said_with_its_reason(runtime, sign_of_life):
    sign_of_life(3)
    runtime.model = {"state": "failed", "text": "The encoder is not there: fetch it."}
    answer = Client().get("/readyz")
    assert answer.status_code == 200 and answer.json()["degraded"] == ["copilot"]
    assert answer.json()["checks"]["copilot"] == "sam@1 failed: The encoder is not there: fetch it."


def test_without_worker_and_copilot_it_is_degraded_but_ready(no_runtime, sign_of_life):
    sign_of_life(300)
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["degraded"] == ["worker", "copilot"]
    assert answer.json()["checks"]["worker"] == "no worker alive"
    assert answer.json()["checks"]["copilot"] == "off"


def test_with_a_migration_missing_it_is_not_ready(runtime, db):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'projects'")
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"] == "some migrations are not applied"
    assert answer.json()["ready"] is False


def test_with_the_database_gone_it_says_so_without_its_address(runtime, db, monkeypatch):
    def gone(*_):
        raise DatabaseError("connection to server on socket /secret/place failed")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", gone)
        answer = Client().get("/readyz")
        assert Client().get("/healthz").status_code == 200
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == "the database does not answer"
    assert b"secret" not in answer.content


def test_it_only_answers_readers():
    assert Client().post("/healthz").status_code == 405
    assert Client().post("/readyz").status_code == 405


def test_health_is_told_before_tls_redirects(settings):
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get("/healthz").status_code == 200
