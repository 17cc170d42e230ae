"""An installation that runs beside others, asked by the same client, with its processor counted by process."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from benchmarks.http.watched import scraped
from benchmarks.queue.http import Asker, by_token

ROOT = Path(__file__).resolve().parents[2]
SITE = Path(__file__).with_name("site.py")
PATIENCE = 180.0  # seconds for a worker to read what was written

BEHIND = """
SELECT count(*) FROM unnest(%s::text[]) AS r(name) LEFT JOIN taskers_cursor c ON c.reader = r.name
WHERE EXISTS (
  SELECT FROM taskers_event e WHERE (e.transaction, e.id) > (coalesce(c.transaction, 0), coalesce(c.event_id, 0))
    AND e.transaction < pg_snapshot_xmin(pg_current_snapshot())::text::bigint)
"""


@dataclass(frozen=True)
class Round:
    """So many cycles: how many a second, how long each took, and the processor of each process a cycle, in ms."""

    rate: float
    times: Sequence[float]
    shares: dict[str, float]


class Installation:
    """One web process, one worker and a database of their own."""

    def __init__(self, name: str, told: dict, scraped_with: str = "") -> None:
        self.name, self.told, self._scraped_with = name, told, scraped_with
        self.roots = {
            "web": psutil.Process(told["web"]),
            "worker": psutil.Process(told["worker"]),
            "PostgreSQL": psutil.Process(told["database"]),
        }

    def processor(self) -> dict[str, float]:
        """Seconds of processor that each of these, with all that it started, has had."""
        return {name: sum(map(_seconds, [root, *root.children(recursive=True)])) for name, root in self.roots.items()}

    def round(self, taskers: int, seconds: float) -> Round:
        """So many taskers, each with a token, claim and submit for so long; the worker's reading of it is waited for:
        its part belongs to the cycles."""
        before = self.processor()
        done, taken, times = self._asked(taskers, seconds)
        self._wait_until_read()
        after = self.processor()
        return Round(done / taken, times, {name: 1000 * (after[name] - before[name]) / done for name in after})

    def rate(self, taskers: int, seconds: float) -> float:
        """Cycles a second of a turn, for turns that are taken in quick succession; nothing is waited for."""
        done, taken, _times = self._asked(taskers, seconds)
        return done / taken

    def _asked(self, taskers: int, seconds: float) -> tuple[int, float, list[float]]:
        """Cycles, the seconds that they took together, and each."""
        pipelines = [Asker(self.told["port"], by_token(secret)) for secret in self.told["secrets"][:taskers]]
        start = time.monotonic()
        with scraped(self.told["port"], self._scraped_with) if self._scraped_with else contextlib.nullcontext():
            done = asyncio.run(self._crowd(pipelines, start + seconds))
        taken = time.monotonic() - start
        assert not sum(one.errors for one in pipelines), f"a cycle of {self.name} failed"
        return done, taken, [value for one in pipelines for value in one.times]

    def idle(self, seconds: float) -> dict[str, float]:
        """The share of a core that each process takes while nothing happens."""
        before = self.processor()
        time.sleep(seconds)
        after = self.processor()
        return {name: (after[name] - before[name]) / seconds for name in after}

    @contextlib.contextmanager
    def still(self) -> Iterator[None]:
        """It takes no processor, so that another can be measured: what it looks for when idle is none of theirs."""
        stopped = [one for name in ("web", "worker") for one in self._processes(name)]
        for one in stopped:
            one.suspend()
        try:
            yield
        finally:
            for one in stopped:
                one.resume()

    def _processes(self, name: str) -> list[psutil.Process]:
        return [self.roots[name], *self.roots[name].children(recursive=True)]

    async def _crowd(self, pipelines: Sequence[Asker], until: float) -> int:
        return sum(await asyncio.gather(*(self._work(one, until) for one in pipelines)))

    async def _work(self, pipeline: Asker, until: float) -> int:
        """Cycles until then, each a claim and a submit."""
        done = 0
        while time.monotonic() < until:
            start = time.perf_counter()
            _, claimed = await pipeline.post(f"/api/v1/projects/{self.told['project']}/claim/", {})
            mine = claimed.get("assignment")
            if mine is None:
                pipeline.errors += 1
                continue
            body = {"token": mine["token"], "answer": self.told["answer"], "active_ms": 900}
            status, _ = await pipeline.post(f"/api/v1/assignments/{mine['id']}/submit/", body)
            pipeline.times.append(time.perf_counter() - start)
            pipeline.errors += status != 200
            done += 1
        pipeline.close()
        return done

    def _wait_until_read(self) -> None:
        until = time.monotonic() + PATIENCE
        with psycopg.connect(self.told["url"], autocommit=True) as server:
            while server.execute(BEHIND, [self.told["readers"]]).fetchone() != (0,):
                assert time.monotonic() < until, f"the worker of {self.name} doesn't get through"
                time.sleep(0.2)


@contextlib.contextmanager
def running(
    name: str, tree: Path, tasks: int, taskers: int, watched: Mapping[str, str] | None = None
) -> Iterator[Installation]:
    """The installation of the tree of a commit, from nothing; `watched` is what it is told besides."""
    hidden = {"TANDEM_DATA", "DATABASE_URL", "DJANGO_SETTINGS_MODULE", "TANDEM_METRICS_TOKEN", "TANDEM_TRACES"}
    watched = dict(watched or {})
    environment = {key: value for key, value in os.environ.items() if key not in hidden} | watched
    command = [sys.executable, "-P", str(SITE), str(tasks), str(taskers)]
    pipes: dict = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, cwd=tree, env=environment, **pipes)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, f"{name} did not start"
        yield Installation(name, json.loads(line), watched.get("TANDEM_METRICS_TOKEN", ""))
    finally:
        process.communicate()


def _seconds(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.NoSuchProcess):
        told = process.cpu_times()
        return told.user + told.system + told.children_user + told.children_system
    return 0.0
