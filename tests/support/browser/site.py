"""One whole Tandem in processes of its own, as `make run` starts it: for browser tests and the README's pictures."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from assist.runtime.client import status_now
from tests.support.browser import demo
from tests.support.browser.beside import Beside

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 600  # seconds until everything runs, beside other tests: the demo is loaded and so are the models
# What Playwright leaves out, which only one flag can say; and a page of the browser's own frame, made ahead for each
# window that nobody here looks at.
LEFT_OUT = [
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "MediaRouter",
    "OptimizationHints",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "Translate",
    "PreloadTopChromeWebUI",
]
CHROMIUM = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(LEFT_OUT)}",
]


def chromium_path() -> str:
    """Where the browser is: one without a frame of its own takes a third of the time to open a window. A missing one is
    an error; nothing is skipped."""
    path = os.environ.get("TANDEM_CHROMIUM") or shutil.which("chromium-headless-shell") or shutil.which("chromium")
    assert path, "chromium is missing: apt install chromium-headless-shell, or set TANDEM_CHROMIUM to its path"
    return path


@dataclass(frozen=True)
class Site:
    """A running Tandem: its address, its database, its data folder, the demo's passwords by account name, and a
    process beside it (`script`)."""

    url: str
    database: str
    data: Path
    passwords: dict[str, str]
    beside: Beside

    def query(self, sql: str, *values: object) -> list[tuple]:
        """Look into its database, beside everything that the application says."""
        with psycopg.connect(self.database) as connection:
            return connection.execute(sql, values or None).fetchall()  # type: ignore[arg-type]

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of its command line."""
        command = [sys.executable, str(ROOT / "manage.py"), *arguments, "--skip-checks"]
        return subprocess.run(command, env=self.environment(), capture_output=True, text=True, timeout=120)

    def script(self, source: str) -> str:
        """Run Python beside it, with Django loaded; gives the last word that it printed, such as a project's id."""
        printed = self.beside.run(source).split()
        return printed[-1] if printed else ""

    def log(self) -> str:
        """What its processes have said, the accounts that it began with left out."""
        lines = (self.data / "log.txt").read_text(errors="replace").splitlines()
        return "\n".join(line for line in lines if not any(one in line for one in self.passwords.values()))

    def environment(self) -> dict[str, str]:
        """What its processes know."""
        return demo.environment(self.database, self.data)


@contextmanager
def running(data: Path) -> Iterator[Site]:
    """Tandem with its demo, on a port and a database of its own, its state below `data`."""
    database = demo.copy(data)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    beside = Beside(ROOT, demo.environment(database, data))
    found = Site(f"http://127.0.0.1:{port}", database, data, {}, beside)
    command = [sys.executable, "-m", "config", "run", "--port", str(port)]
    with closing(beside), open(data / "log.txt", "w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=found.environment(), stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait(found, process, data / "log.txt")
            found.passwords.update(_passwords(data / "demo-accounts.txt"))
            yield found
        finally:
            process.terminate()
            process.wait(60)


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
        if body.get("ready") and not body["degraded"] and are_loaded(site):
            return
        time.sleep(0.5)
    raise AssertionError(f"Tandem wasn't ready after {PATIENCE} seconds:\n{body}\n{log.read_text()[-4000:]}")


def are_loaded(site: Site) -> bool:
    """Whether every model can answer: while they load, a page waits for its first answer, and two sites that start at
    once load for minutes."""
    status = status_now(f"unix:{site.data / 'run' / 'runtime.sock'}", 5.0)
    return status is not None and all(model["state"] == "ready" for model in status["models"].values())


def _passwords(file: Path) -> dict[str, str]:
    """Email -> password, from the file that the demo wrote."""
    found = {}
    for line in file.read_text().splitlines():
        words = line.split()
        if len(words) > 2 and "@" in words[1]:
            found[words[1]] = words[2]
    return found
