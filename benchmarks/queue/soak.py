"""`python -m benchmarks.queue.soak`: many clients, random kills, and afterwards every task counted.

Half of the clients call the verbs, half ask two web servers over HTTP; half of the tasks are there at the start, half
are loaded from a file meanwhile. Clients, web servers, the worker, the import and PostgreSQL itself are separate
processes and die by SIGKILL in the middle of whatever they do. Ends non-zero if the audit finds anything, a task hasn't
exactly the judgements it wanted, a row of the file isn't a task exactly once, an acknowledged answer is gone, or the
rollups and a new count of everything disagree. Whatever it started ends with it, however it ends.
"""

import argparse
import json
import multiprocessing
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import django

from benchmarks import database
from benchmarks.queue import workers
from benchmarks.queue.client import FORESEEN
from config import parent_death_signal, postgres

ROOT = Path(__file__).resolve().parent.parent.parent
WANTED = 3
WEB = 2
DECK = ["import", "import", "import", "web server", "worker", "PostgreSQL"] + [
    "client"
] * 6  # whom to kill, by their turns
CHUNK = 25  # rows of the file in one transaction
UNJUDGED = """
SELECT count(*) FROM projects_task t WHERE t.wanted <> (
  SELECT count(*) FROM projects_assignment a WHERE a.task_id = t.id AND a.kind = 'judge' AND a.state = 'submitted')
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.queue.soak", description=__doc__)
    parser.add_argument("--cycles", type=int, default=50_000, help="judgements")
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--every", type=float, default=1.0, help="seconds between kills")
    parser.add_argument("--servers", type=int, default=3, help="times that PostgreSQL is killed")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    os.environ["TANDEM_POOL"] = "0"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what is started is ended
    with database.fresh():
        django.setup()
        with socket.socket() as listener:  # ours, so that requests wait while a web server is started again
            listener.bind(("127.0.0.1", 0))
            listener.listen(256)
            listener.set_inheritable(True)
            return Soak(chosen, listener).run()


class Forked:
    """A process of its own that has Django already, so that killing it costs no seconds to start the next one."""

    def __init__(self, work: Callable[..., None], *arguments: object) -> None:
        tied = (os.getpid(), work, *arguments)
        self.process = multiprocessing.get_context("fork").Process(target=self._tied, args=tied)
        self.process.start()

    @staticmethod
    def _tied(parent: int, work: Callable[..., None], *arguments: object) -> None:
        parent_death_signal.tie(parent, signal.SIGKILL)
        work(*arguments)

    def poll(self) -> int | None:
        """How it ended, or None while it runs."""
        return self.process.exitcode

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()

    def wait(self) -> None:
        """Until it has ended."""
        self.process.join()


Process = Forked | subprocess.Popen


class Soak:
    """One run."""

    def __init__(self, chosen: argparse.Namespace, listener: socket.socket) -> None:
        self.chosen, self.listener, self.dice = chosen, listener, random.Random(chosen.seed)
        self.data = Path(os.environ["TANDEM_DATA"])
        self.log = self.data / "acknowledged"
        self.kills = dict.fromkeys(("client", "web server", "worker", "import", "PostgreSQL"), 0)
        self.starts, self.deck = 0, self._shuffled()
        self.started: list[Process] = []
        self.mark = self.data / "importing"
        self.tasks = max(2, chosen.cycles // WANTED)

    def run(self) -> int:
        """Let them work until all is done, killing on the way; then count."""
        self._ground()
        start = time.monotonic()
        try:
            self.web = [self._serve() for _ in range(WEB)]
            self.worker, self.load = self._mind(), self._import()
            self.clients = [self._client(number) for number in range(self.chosen.clients)]
            while self.load.poll() != 0 or any(one.poll() != 0 for one in self.clients):
                time.sleep(self.chosen.every)
                self._revive()
                self._kill()
        finally:
            for one in self.started:
                one.kill()
                one.wait()
        killed = ", ".join(f"{number} × {what}" for what, number in self.kills.items())
        print(f"{self.tasks * WANTED:,} cycles in {time.monotonic() - start:.0f} s; killed: {killed}.", flush=True)
        return self._count()

    def _ground(self) -> None:
        """People who are signed in, a project, half of its tasks, and a file with the other half."""
        from django.core.files import File
        from django.db import connection

        from benchmarks.queue import fixtures, wire
        from projects.data import importing
        from projects.workflow import batches

        owner = fixtures.organization()
        self.project = fixtures.project(owner, "Soak", wanted=WANTED, lease=30)
        self.rows = self.tasks // 2
        fixtures.batch(self.project, "Open", self.tasks - self.rows, wanted=WANTED)
        loaded = batches.move(batches.create(self.project, "Loaded", by=None), "live", by=None)
        with tempfile.TemporaryFile() as file:
            for number in range(self.rows):
                row = {"external_id": f"row-{number}", "payload": {"text": f"{number} {fixtures.TEXT}"}}
                file.write(json.dumps(row).encode() + b"\n")
            importing.keep(loaded, File(file), name="rows.jsonl", by=None)
        self.people = fixtures.people(owner, self.chosen.clients, "Client")
        self.cookies = [wire.signed_in(one) for one in self.people]
        connection.close()  # no child may inherit it

    def _revive(self) -> None:
        """Start again whatever ended before its time: fell over a dead server, or had nothing to do for the moment."""
        loading = self.load.poll() is None
        for number, one in enumerate(self.clients):
            if one.poll() or (loading and one.poll() == 0):
                self.clients[number] = self._client(number)
        self.web = [one if one.poll() is None else self._serve() for one in self.web]
        if self.load.poll():
            self.load = self._import()
        if self.worker.poll() is not None:
            self.worker = self._mind()

    def _kill(self) -> None:
        what = next(self.deck)
        if what == "import" and not self.mark.exists():
            what = "client"
        match what:
            case "import":
                self.mark.unlink()
                self._killed("import", self.load)
                self.load = self._import()
            case "PostgreSQL" if self.kills["PostgreSQL"] < self.chosen.servers:
                self.kills["PostgreSQL"] += 1
                os.kill(postgres.server_pid(self.data) or 0, signal.SIGKILL)
                time.sleep(0.2)
                postgres.start(self.data)
            case "web server":
                number = self.dice.randrange(WEB)
                self._killed("web server", self.web[number])
                self.web[number] = self._serve()
            case "worker":
                self._killed("worker", self.worker)
                self.worker = self._mind()
            case _:
                number = self.dice.randrange(len(self.clients))
                if self.clients[number].poll() is None:
                    self._killed("client", self.clients[number])
                    self.clients[number] = self._client(number)

    def _shuffled(self) -> Iterator[str]:
        """Whom to kill, for ever: at random, and everyone's turn comes."""
        while True:
            yield from self.dice.sample(DECK, len(DECK))

    def _killed(self, what: str, process: Process) -> None:
        self.kills[what] += 1
        process.kill()
        process.wait()

    def _client(self, number: int) -> Process:
        """Odd ones ask over HTTP, even ones call the verbs."""
        self.starts += 1
        seed = f"{self.chosen.seed}-{self.starts}"
        if number % 2:
            at = (self.listener.getsockname()[1], self.project.public_id, *self.cookies[number])
            return self._start("benchmarks.queue.client", *at, self.log, seed)
        return self._fork(workers.work, self.project.pk, self.people[number].pk, self.log, seed)

    def _mind(self) -> Process:
        return self._fork(workers.mind, 0.2)

    def _import(self) -> Process:
        return self._fork(workers.load, CHUNK, self.dice.uniform(0.1, 0.4), self.mark)

    def _fork(self, work: Callable[..., None], *arguments: object) -> Process:
        self.started.append(made := Forked(work, *arguments))
        return made

    def _serve(self) -> Process:
        return self._start("config.web", self.listener.fileno())

    def _start(self, module: str, *arguments: object) -> Process:
        command = [sys.executable, parent_death_signal.__file__, str(os.getpid()), sys.executable, "-m", module]
        command += map(str, arguments)
        environment = os.environ | {"TANDEM_POOL": "8"}
        with (self.data / "said").open("ab") as said:  # they complain of each other's deaths
            fds = [self.listener.fileno()]
            made = subprocess.Popen(command, cwd=ROOT, env=environment, pass_fds=fds, stderr=said)
        self.started.append(made)
        return made

    def _count(self) -> int:
        from django.db import connection

        from projects import queue
        from projects.models import Annotation, BatchProgress, Task
        from projects.reports import progress
        from taskers.money import ledger

        connection.close()
        while progress.catch_up():
            pass
        kept = list(BatchProgress.objects.order_by("pk").values())
        progress.rebuild()
        acknowledged = {(key, said) for key, said in (line.split() for line in self.log.read_text().splitlines())}
        rows = Annotation.objects.values_list("assignment__public_id", "answer__spans__0__id")
        there = {str(key): stamp for key, stamp in rows.iterator()}
        with connection.cursor() as cursor:
            cursor.execute(UNJUDGED)
            (unjudged,) = cursor.fetchone()
        loaded = Task.objects.filter(external_id__startswith="row-").values_list("external_id", flat=True)
        promises = queue.audit()
        wrong = {
            "breaches of the promises": len(promises.breaches),
            "breaches of the books": len(ledger.audit()),
            "tasks without exactly what they wanted": unjudged,
            "tasks missing or too many": abs(promises.tasks - self.tasks),
            "rows of the file that aren't a task": len({f"row-{n}" for n in range(self.rows)} - set(loaded)),
            "acknowledged answers lost": sum(key not in there for key, _ in acknowledged),
            "acknowledged answers that are others now": sum(there.get(key, said) != said for key, said in acknowledged),
            "rollups that a new count disagrees with": kept != list(BatchProgress.objects.order_by("pk").values()),
        }
        for what, number in wrong.items():
            print(f"{what}: {int(number)}")
        looks = self.log.with_name(FORESEEN).read_text().splitlines()
        print(f"next tasks looked up ahead: {looks.count('asked'):,}; came true: {looks.count('got'):,}")
        print(f"acknowledged: {len(acknowledged):,}; annotations: {len(there):,}; tasks: {promises.tasks:,}")
        return int(any(wrong.values()))


if __name__ == "__main__":
    sys.exit(main())
