"""What `make run` takes while nobody asks: processor and memory of all its processes, with the demo and its models."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from assist.runtime.client import status_now
from benchmarks.http.installation import ROOT
from benchmarks.queue.measure import Row, at_most
from config import postgres

PATIENCE = 600.0  # seconds until it is ready, and until what the start left to do is done
WINDOW, QUIET_SHARE = 15.0, 0.05  # it rests once it takes no more than this share of a core for so many seconds
MEASURED = 60.0
ASKED_PERCENT, ASKED_GB = 1.0, 2.2
GIVEN_BACK = 45.0  # seconds after which a model that had nothing to do has given back what it need not hold


def rows(slowness: float) -> Iterator[Row]:
    """Processor as of a machine that does the yardstick in time; memory is each process's share (PSS)."""
    with running() as processes:
        time.sleep(GIVEN_BACK)
        before = _busy(processes)
        time.sleep(MEASURED)
        share = 100 * (_busy(processes) - before) / MEASURED
        held = sum(_held(one) for one in processes) / 1e9
    what = "idle: processor of `make run`, % of a core"
    yield at_most(what, f"{share:.2f} % of this one", share / slowness, ASKED_PERCENT)
    yield at_most("idle: memory of `make run` with its models, GB", f"{len(processes)} processes", held, ASKED_GB)


@contextlib.contextmanager
def running() -> Iterator[list[psutil.Process]]:
    """A start from nothing; gives its processes once all are ready and rest."""
    hidden = {"DATABASE_URL", "DJANGO_SETTINGS_MODULE", "TANDEM_METRICS_TOKEN", "TANDEM_TRACES"}
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe, open(Path(folder) / "log", "w") as log:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        data = Path(folder) / "data"
        known = {key: value for key, value in os.environ.items() if key not in hidden} | {"TANDEM_DATA": str(data)}
        if (kept := ROOT / "var" / "models").exists():
            known.setdefault("TANDEM_MODELS", str(kept))
        command = [sys.executable, "-m", "config", "run", "--port", str(port)]
        process = subprocess.Popen(command, cwd=ROOT, env=known, stdout=log, stderr=subprocess.STDOUT)
        try:
            _until(lambda: _ready(port, data), process)
            _until(lambda: _rests(_all(process.pid, data)), process)
            yield _all(process.pid, data)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(120)
            postgres.destroy(data)


def _until(true: Callable[[], bool], process: subprocess.Popen) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert process.poll() is None, "Tandem ended at its start"
        assert time.monotonic() < end, "Tandem doesn't come to rest"
        time.sleep(1)


def _ready(port: int, data: Path) -> bool:
    """Whether web, worker and runtime are, and every model that is to be held can answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            told = json.load(answer)
    except (urllib.error.URLError, OSError):
        return False
    status = status_now(f"unix:{data / 'run' / 'runtime.sock'}", 5.0)
    held = status["models"].values() if status else []
    return bool(told["ready"] and held) and all(one["state"] == "ready" for one in held)


def _rests(processes: list[psutil.Process]) -> bool:
    before = _busy(processes)
    time.sleep(WINDOW)
    return (_busy(processes) - before) / WINDOW <= QUIET_SHARE


def _all(root: int, data: Path) -> list[psutil.Process]:
    """The starter, what it started, and its PostgreSQL, which outlives it."""
    server = postgres.server_pid(data)
    tops = [psutil.Process(one) for one in (root, server) if one is not None]
    every = [one for top in tops for one in [top, *top.children(recursive=True)]]
    return list({one.pid: one for one in every}.values())


def _busy(processes: list[psutil.Process]) -> float:
    """Seconds of processor that they have had."""
    total = 0.0
    for one in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            told = one.cpu_times()
            total += told.user + told.system
    return total


def _held(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        return float(process.memory_full_info().pss)
    return 0.0
