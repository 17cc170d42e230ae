"""One whole Tandem, started as `make run` starts it, and one Chromium, for all browser tests of a session.

The tests that use them run in one process (`pytestmark = on_site`). Whatever page a test opens, a request to any other
host fails it, and so does an error on the page's console.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 240  # seconds until everything runs: the demo is loaded and the models warm up
CHROMIUM = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Site:
    """A running Tandem: its address, its database, its data folder, and the demo's passwords by account name."""

    url: str
    database: str
    data: Path
    passwords: dict[str, str]

    def query(self, sql: str, *values: object) -> list[tuple]:
        """Look into its database, beside everything that the application says."""
        with psycopg.connect(self.database) as connection:
            return connection.execute(sql, values or None).fetchall()  # type: ignore[arg-type]

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of its command line."""
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        return subprocess.run(command, env=self.environment(), capture_output=True, text=True, timeout=120)

    def environment(self) -> dict[str, str]:
        """What its processes know."""
        return os.environ | {
            "DATABASE_URL": self.database,
            "TANDEM_DATA": str(self.data),
            "TANDEM_MEDIA": str(self.data / "media"),
            "TANDEM_POOL": "8",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Tandem with its demo, on a port and a database of its own."""
    database = _new_database("site")
    data = tmp_path_factory.mktemp("site")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    found = Site(f"http://127.0.0.1:{port}", database, data, {})
    log = open(data / "log.txt", "w")  # noqa: SIM115 (the process writes to it until the end)
    process = subprocess.Popen(
        [sys.executable, "-m", "config", "run", "--port", str(port)],
        cwd=ROOT,
        env=found.environment(),
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        _wait(found, process, data / "log.txt")
        found.passwords.update(_passwords(data / "demo-accounts.txt"))
        yield found
    finally:
        process.terminate()
        process.wait(60)
        log.close()
        shutil.rmtree(data, ignore_errors=True)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, or the one that TANDEM_CHROMIUM names. A missing one fails; nothing is skipped."""
    path = os.environ.get("TANDEM_CHROMIUM") or shutil.which("chromium")
    assert path, "chromium is missing: apt install chromium, or set TANDEM_CHROMIUM to its path"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def visitor(site: Site, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages in browsers of their own: `visitor()`, wide by default. Guards what they ask and say."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_page(width: int = 1440, height: int = 900, **options: object) -> Page:
        context = chromium.new_context(
            base_url=site.url, viewport={"width": width, "height": height}, accept_downloads=True, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        host = urlsplit(site.url).netloc

        def asked(url: str) -> None:
            parts = urlsplit(url)
            if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != host:
                faults.append(f"a request left for {url}")

        page.on("request", lambda request: asked(request.url))
        page.on("websocket", lambda opened: asked(opened.url))
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        page.on("console", lambda said: _listen(said, faults))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults, "\n".join(faults)


@pytest.fixture
def sign_in(site: Site, visitor: Callable[..., Page]) -> Callable[..., Page]:
    """A page of somebody who has just signed in."""

    def enter(email: str, password: str, **options: object) -> Page:
        page = visitor(**options)
        page.goto("/accounts/login/")
        page.fill("input[name=login]", email)
        page.fill("input[name=password]", password)
        page.click("main button[type=submit]")
        page.wait_for_url(re.compile(r"^(?!.*/accounts/login).*$"))
        return page

    return enter


def _listen(said, faults: list[str]) -> None:
    # Answers with a 4xx are part of several stories; what they mean is asserted where they happen.
    if said.type == "error" and "the server responded with a status of 4" not in said.text:
        faults.append(f"{said.page.url if said.page else '?'} said: {said.text}")


def _new_database(name: str) -> str:
    """A new, empty database on the session's server; its address."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    fresh = f"{name}_{os.getpid()}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{fresh}" WITH (FORCE)')  # type: ignore[arg-type]
        connection.execute(f'CREATE DATABASE "{fresh}"')  # type: ignore[arg-type]
    return urlunsplit(parts._replace(path=f"/{fresh}"))


def _wait(site: Site, process: subprocess.Popen, log: Path) -> None:
    """Until it is ready: web, worker and runtime, models included."""
    until = time.monotonic() + PATIENCE
    body: dict = {}
    while time.monotonic() < until:
        assert process.poll() is None, f"Tandem ended at its start:\n{log.read_text()[-4000:]}"
        try:
            with urllib.request.urlopen(f"{site.url}/readyz", timeout=5) as answer:
                body = json.load(answer)
        except (urllib.error.URLError, OSError):
            body = {}
        if body.get("ready") and not body["degraded"]:
            return
        time.sleep(0.5)
    raise AssertionError(f"Tandem wasn't ready after {PATIENCE} seconds:\n{body}\n{log.read_text()[-4000:]}")


def _passwords(file: Path) -> dict[str, str]:
    """Email -> password, from the file that the demo wrote."""
    found = {}
    for line in file.read_text().splitlines():
        words = line.split()
        if len(words) > 2 and "@" in words[1]:
            found[words[1]] = words[2]
    return found
