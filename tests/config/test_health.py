"""Alive, ready, degraded: what a load balancer is told."""

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.test import Client

from assist.runtime import framing
from config import health, postgres
from tests.support import owner
from tests.support.full_disk import full_disk


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
                    if framing.read_now(file):
                        line.sendall(framing.pack({"id": 1, "ok": {"models": {"sam@1": self.model}}}))


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
def line(db) -> Iterator[psycopg.Connection]:
    """A line to the test's database that writes at once, so that others see it."""
    with psycopg.connect(**health._terms(), autocommit=True) as line:
        yield line


@pytest.fixture
def sign_of_life(line) -> Iterator[Callable[[int], None]]:
    """A worker's sign of life, so many seconds ago."""

    def write(seconds: int) -> None:
        line.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => %s))", [seconds]
        )

    yield write
    line.execute("DELETE FROM procrastinate_workers")


@pytest.fixture
def reached(monkeypatch) -> Callable[..., None]:
    """Has the database reached in another way."""
    terms = health._terms()
    return lambda **other: monkeypatch.setattr(health, "_terms", lambda: terms | other)


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
        "checks": {"database": "ok", "migrations": "ok", "worker": "ok", "copilot": "ok", "media": "ok"},
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
    owner.execute("DELETE FROM django_migrations WHERE app = 'projects'")
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"] == "some migrations are not applied"
    assert answer.json()["ready"] is False


def test_with_the_database_gone_it_says_so_without_its_address(runtime, db, reached):
    reached(host="/secret/place")
    answer = Client().get("/readyz")
    assert Client().get("/healthz").status_code == 200
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == "the database does not answer"
    assert b"secret" not in answer.content


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"options": "-c default_transaction_read_only=on"}, id="it is a replica"),
        # The owner alone may say how large a disk is.
        pytest.param({"user": owner.terms()["USER"], "options": "-c temp_file_limit=1kB"}, id="its disk is full"),
    ],
)
def test_database_that_takes_no_writes_is_not_ready(runtime, db, reached, fault):
    reached(**fault)
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == "the database takes no writes"


def test_looking_leaves_nothing_behind(runtime, line):
    count = "SELECT count(*) FROM django_session"
    before = line.execute(count).fetchone()
    assert Client().get("/readyz").status_code == 200
    assert line.execute(count).fetchone() == before


def test_frozen_database_is_told_in_time_and_seen_again_when_it_wakes(data, no_runtime, db, reached):
    holder = postgres.start(data, postgres.FAST)
    server = postgres.server_pid(data)
    reached(**psycopg.conninfo.conninfo_to_dict(postgres.url(data)))
    os.kill(server, signal.SIGSTOP)
    try:
        answer = Client().get("/readyz")  # who waits for the database never comes back
        assert answer.status_code == 503
        assert answer.json()["checks"]["database"] == "the database does not answer"
    finally:
        os.kill(server, signal.SIGCONT)
    assert Client().get("/readyz").json()["checks"]["database"] == "ok"
    holder.release()


def test_full_disk_for_files_is_told_while_people_go_on(runtime, sign_of_life, monkeypatch):
    sign_of_life(3)
    monkeypatch.setattr(health, "LEAST_ROOM", 2**60)
    answer = Client().get("/readyz")
    assert answer.status_code == 200 and answer.json()["degraded"] == ["media"]
    assert answer.json()["checks"]["media"].startswith("the disk is full (")


def test_folder_that_takes_no_files_is_told(runtime, sign_of_life):
    sign_of_life(3)
    with full_disk():
        answer = Client().get("/readyz")
    assert answer.json()["degraded"] == ["media"]
    assert answer.json()["checks"]["media"] == "files can't be written (File too large)"


def test_it_only_answers_readers():
    assert Client().post("/healthz").status_code == 405
    assert Client().post("/readyz").status_code == 405


def test_health_is_told_before_tls_redirects(settings):
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get("/healthz").status_code == 200
