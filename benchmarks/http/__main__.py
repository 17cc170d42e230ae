"""`python -m benchmarks http`: what a pipeline's cycle over the API takes, and where the processor's time goes.

Each tasker asks with a token of their own: claim, submit, and the one answer decides, grades and pays. One web process
and one worker, as `make run` starts them, on a server of their own.
"""

import argparse
import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import django
import psutil

from benchmarks import database
from benchmarks.queue.http import Asker, by_token
from benchmarks.queue.measure import Row, at_most, median, ms, p95, show, told

ROOT = Path(__file__).resolve().parent.parent
ASKED_MS = 14.0  # processor per cycle, all processes
QUIET_SECONDS = 20.0


class Processor:
    """Seconds of processor that these processes, with all that they started, have had."""

    def __init__(self, **roots: int) -> None:
        self.roots = {name: psutil.Process(pid) for name, pid in roots.items()}

    def now(self) -> dict[str, float]:
        return {name: sum(map(_seconds, [root, *root.children(recursive=True)])) for name, root in self.roots.items()}


def _seconds(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.NoSuchProcess):
        told = process.cpu_times()
        return told.user + told.system + told.children_user + told.children_system
    return 0.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks http", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each of three rounds")
    parser.add_argument("--tasks", type=int, default=30_000)
    chosen = parser.parse_args()
    os.environ["TANDEM_HOSTS"] = "127.0.0.1"
    os.environ["TANDEM_POOL"] = "8"
    with database.fresh():
        django.setup()
        rows = _measured(chosen.seconds, chosen.tasks)
    show(rows)
    return 0


def _measured(seconds: float, tasks: int) -> list[Row]:
    from benchmarks.queue import fixtures  # Django's settings are read first
    from config import postgres, settings
    from taskers.credentials import tokens

    owner = fixtures.organization()
    project = fixtures.project(owner, "Pipeline", wanted=1)
    fixtures.batch(project, "First", tasks, wanted=1)
    fixtures.analyze()
    people = fixtures.people(owner, 32, "Pipeline")
    secrets = [tokens.issue(one, owner, name="Pipeline")[1] for one in people]
    database_pid = postgres.server_pid(Path(settings.DATA_DIR))
    assert database_pid is not None
    rows = []
    with _serving() as (port, web, worker):
        processor = Processor(web=web, worker=worker, PostgreSQL=database_pid)
        for number in (8, 32):
            rates, shares, times = [], [], []
            for _round in range(3):
                pipelines = [Asker(port, by_token(secret)) for secret in secrets[:number]]
                before, start = processor.now(), time.monotonic()
                done = asyncio.run(_crowd(pipelines, str(project.public_id), fixtures.ANSWER, start + seconds))
                taken = time.monotonic() - start
                _wait_until_read()
                after = processor.now()
                assert not sum(one.errors for one in pipelines), "a cycle failed"
                rates.append(done / taken)
                shares.append({name: 1000 * (after[name] - before[name]) / done for name in after})
                times += [value for one in pipelines for value in one.times]
            rows.append(told(f"cycles a second, {number} taskers", f"{median(rates):,.0f}", median(rates)))
            spread = p95(times) / median(times)
            what = f"{ms(p95(times))} / {ms(median(times))}"
            rows.append(at_most(f"p95 / p50 of a cycle, {number} taskers", what, spread, 3))
            for name in shares[0]:
                one = median(share[name] for share in shares)
                rows.append(told(f"processor per cycle: {name}, {number} taskers", f"{one:.1f} ms", one))
            whole = median(sum(share.values()) for share in shares)
            rows.append(at_most(f"processor per cycle, all, {number} taskers", f"{whole:.1f} ms", whole, ASKED_MS))
        time.sleep(5)
        before = processor.now()
        time.sleep(QUIET_SECONDS)
        after = processor.now()
        for name in after:
            idle = 100 * (after[name] - before[name]) / QUIET_SECONDS
            rows.append(told(f"idle: {name}", f"{idle:.1f} % of a core", idle))
    return rows


async def _crowd(pipelines: list[Asker], project: str, answer: dict, until: float) -> int:
    return sum(await asyncio.gather(*(_work(one, project, answer, until) for one in pipelines)))


async def _work(pipeline: Asker, project: str, answer: dict, until: float) -> int:
    """Cycles until then, each a claim and a submit."""
    done = 0
    while time.monotonic() < until:
        start = time.perf_counter()
        _, claimed = await pipeline.post(f"/api/v1/projects/{project}/claim/", {})
        mine = claimed.get("assignment")
        if mine is None:
            pipeline.errors += 1
            continue
        body = {"token": mine["token"], "answer": answer, "active_ms": 900}
        status, _ = await pipeline.post(f"/api/v1/assignments/{mine['id']}/submit/", body)
        pipeline.times.append(time.perf_counter() - start)
        pipeline.errors += status != 200
        done += 1
    pipeline.close()
    return done


def _wait_until_read() -> None:
    """Until the worker has read what was written: its part belongs to the cycles."""
    from django.db import connection

    from config.readers import READERS
    from taskers.outbox.events import behind

    until = time.monotonic() + 120
    while behind(READERS) and time.monotonic() < until:
        connection.close()
        time.sleep(0.2)
    connection.close()


@contextlib.contextmanager
def _serving() -> Iterator[tuple[int, int, int]]:
    """The port of one web process, its key and the worker's."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(256)
        listener.set_inheritable(True)
        command = [sys.executable, "-m", "config.web", str(listener.fileno())]
        web = subprocess.Popen(command, cwd=ROOT, pass_fds=[listener.fileno()])
        worker = subprocess.Popen([sys.executable, "manage.py", "work"], cwd=ROOT)
        try:
            time.sleep(5)  # until both have loaded what they need
            yield listener.getsockname()[1], web.pid, worker.pid
        finally:
            for one in (web, worker):
                one.terminate()
            for one in (web, worker):
                one.wait(60)


if __name__ == "__main__":
    sys.exit(main())
