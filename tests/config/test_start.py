"""The whole of it, as a newcomer starts it: once from nothing, again after a kill, and to its end."""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import ANY

import psutil
import pytest

from config import postgres
from tests.support.config.outside import outside
from tests.support.waiting import until

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 400.0  # seconds; a first start makes a database and loads the demo, here beside other tests


class Tandem:
    """One `python -m config run` or `serve`, with its output and its address."""

    def __init__(self, data: Path, command: str = "run", *options: str, **environment: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.data = data
        self.environment = {**outside(), "TANDEM_DATA": str(data), **environment}
        self.output = data / f"output-{self.port}"
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config", command, *options]
                + (["--port", str(self.port)] if command == "run" else []),
                cwd=ROOT,
                env=self.environment | {"TANDEM_BIND": f"127.0.0.1:{self.port}"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        return self.output.read_text()

    def wait_for(self, words: str) -> None:
        def it_says() -> bool:
            assert self.process.poll() is None, self.said()
            return words in self.said()

        until(it_says, PATIENCE, self.said)

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Status and body; redirects are not followed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={name.replace("_", "-"): text for name, text in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def children(self) -> dict[str, int]:
        return {entry["name"]: entry["pid"] for entry in json.loads((self.data / "run/children.json").read_text())}

    def wait_until_whole(self) -> None:
        def whole() -> bool:
            status, body = self.get("/readyz")
            return status == 200 and not json.loads(body)["degraded"]

        until(whole, PATIENCE, lambda: (self.get("/readyz"), self.said()))

    def stop(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@pytest.fixture
def started(data) -> Iterator[list[Tandem]]:
    """Whatever a test starts is ended, however the test ends."""
    started: list[Tandem] = []
    yield started
    for one in started:
        if one.process.poll() is None:
            one.stop(signal.SIGTERM)


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def copy_of_models(data: Path) -> Path:
    """The copilot's model files, to be spoilt at will."""
    folder = data / "models"
    shutil.copytree(os.environ["TANDEM_MODELS"], folder)
    return folder


def assert_first_start_is_complete(tandem: Tandem) -> None:
    tandem.wait_for(f"Tandem is at http://127.0.0.1:{tandem.port}")
    accounts = tandem.data / "demo-accounts.txt"
    tandem.wait_for(f"kept in {accounts}")  # said behind the address
    assert accounts.stat().st_mode & 0o077 == 0
    tandem.wait_until_whole()
    status, page = tandem.get("/accounts/login/")
    assert status == 200
    assets = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    assert assets
    for address in assets:
        assert tandem.get(address)[0] == 200, address


def assert_killed_processes_come_back(tandem: Tandem) -> None:
    for name in ("worker", "runtime", "web"):
        os.kill(tandem.children()[name], signal.SIGKILL)
    server = postgres.server_pid(tandem.data)
    assert server is not None
    os.kill(server, signal.SIGKILL)
    tandem.wait_for("the server died; starting it again")
    tandem.wait_until_whole()
    assert postgres.server_pid(tandem.data) not in (None, server)


def assert_nothing_is_repeated(tandem: Tandem) -> None:
    tandem.wait_for(f"Tandem is at http://127.0.0.1:{tandem.port}")
    for repeated in ("migrate ...", "collectstatic ...", "load_demo ...", "Fetching"):
        assert repeated not in tandem.said()


def assert_stops_without_a_trace(tandem: Tandem, number: signal.Signals) -> None:
    left = tandem.children().values()
    assert tandem.stop(number) == 0
    assert all(map(gone, left))
    assert postgres.server_pid(tandem.data) is None
    assert "Traceback" not in tandem.said(), tandem.said()


def test_a_newcomers_days_from_the_first_start_to_a_spoilt_model(data, started):
    models = copy_of_models(data)
    started.append(first := Tandem(data))
    assert_first_start_is_complete(first)
    assert_killed_processes_come_back(first)
    left = first.children().values()
    first.stop(signal.SIGKILL)

    for model in models.iterdir():
        model.write_bytes(b"not a model")
    started.append(second := Tandem(data))
    assert_nothing_is_repeated(second)
    assert all(map(gone, left))
    assert "expected 18348d144bd357" in second.said()
    assert "starts with the copilot off" in second.said()
    assert second.get("/accounts/login/")[0] == 200
    assert_stops_without_a_trace(second, signal.SIGINT)


def test_a_start_without_the_demo_is_empty_and_says_how_to_begin(data, started):
    started.append(tandem := Tandem(data, "run", "--no-demo", TANDEM_MODEL_SET="none"))
    tandem.wait_for("Nobody is here yet. Begin an organization")
    assert f"`TANDEM_DATA={data} .venv/bin/python manage.py create_organization" in tandem.said()
    assert "load_demo" not in tandem.said() and not (data / "demo-accounts.txt").exists()
    begun = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "create_organization", "Bureau of Maps", "olga@maps.gov"],
        env=tandem.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    link = begun.stdout.split()[-1]
    assert link.startswith("/people/password/") and tandem.get(link)[0] in (200, 302)
    assert_stops_without_a_trace(tandem, signal.SIGTERM)


def test_make_passes_on_that_no_demo_is_wanted():
    def told(*words: str) -> str:
        return subprocess.run(["make", "-n", "run", *words], cwd=ROOT, capture_output=True, text=True).stdout

    assert "--no-demo" in told("DEMO=no") and "--no-demo" not in told()


PROXIED = {"Host": "tandem.agency.gov", "X_Forwarded_Proto": "https"}


def test_the_production_start_shares_its_port_speaks_json_and_trusts_its_proxy(data, elsewhere, started):
    with postgres.running(elsewhere, postgres.FAST) as url:
        environment = {
            "DATABASE_URL": url,
            "TANDEM_OWNER_DATABASE_URL": postgres.owner_url(elsewhere),
            "SECRET_KEY": "wJ3tq0Lr8yVxZ5nB2mKc7hPd4sFg9aQe",
            "TANDEM_HOSTS": "tandem.agency.gov",
            "TANDEM_TLS": "yes",
            "TANDEM_WEB": "2",
            "TANDEM_PARTS": "web",
        }
        started.append(served := Tandem(data, "serve", **environment))
        served.wait_for("Tandem is at")
        assert served.get("/readyz", Host="tandem.agency.gov") == (200, ANY), served.said()
        assert served.get("/accounts/login/", Host="tandem.agency.gov")[0] == 301
        assert served.get("/accounts/login/", **PROXIED)[0] == 200
        assert served.get("/accounts/login/", Host="evil.example", X_Forwarded_Proto="https")[0] == 400

        for name in ("web.1", "web.2"):  # its first words are that it has begun
            served.wait_for(f'"process": "{name}"')
        os.kill(served.children()["web.1"], signal.SIGKILL)
        for _ in range(20):
            assert served.get("/healthz", Host="tandem.agency.gov")[0] == 200
        served.wait_for("web.1 was ended by SIGKILL")
        assert served.stop(signal.SIGTERM) == 0
        lines = [json.loads(line) for line in served.said().splitlines()]
        assert {"start", "migrate", "web.1", "web.2"} <= {line["process"] for line in lines}
        assert any("GET /accounts/login/" in line["message"] for line in lines)
        assert postgres.server_pid(elsewhere), "serve stopped a server that is not its own"
