"""`python -m benchmarks.queue.soak`: many clients, random kills, and afterwards every task counted.

Clients, a worker and PostgreSQL itself are separate processes and die by SIGKILL in the middle of whatever they do.
Ends non-zero if the audit finds anything, a task hasn't exactly the judgements it wanted, an acknowledged annotation is
gone, or the rollups and a new count of everything disagree.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import django

from benchmarks import database
from config import postgres

ROOT = Path(__file__).resolve().parent.parent.parent
WANTED = 3
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
    with database.fresh():
        django.setup()
        return Soak(chosen).run()


class Soak:
    """One run."""

    def __init__(self, chosen: argparse.Namespace) -> None:
        self.chosen, self.dice = chosen, random.Random(chosen.seed)
        self.data = Path(os.environ["TANDEM_DATA"])
        self.log = self.data / "acknowledged"
        self.kills = {"client": 0, "worker": 0, "PostgreSQL": 0}
        self.starts = 0

    def run(self) -> int:
        """Let them work until all is done, killing on the way; then count."""
        from benchmarks.queue import ground

        owner = ground.organization()
        self.project = ground.project(owner, "Soak", wanted=WANTED, lease=30)
        ground.batch(self.project, "Open", max(1, self.chosen.cycles // WANTED), wanted=WANTED)
        self.people = ground.people(owner, self.chosen.clients, "Client")
        self.clients = [self._client(number) for number in range(self.chosen.clients)]
        self.worker = self._start("mind", "0.2")
        start = time.monotonic()
        try:
            while any(one.poll() != 0 for one in self.clients):
                time.sleep(self.chosen.every)
                self._kill()
        finally:
            for one in [*self.clients, self.worker]:
                one.kill()
                one.wait()
        killed = ", ".join(f"{number} × {what}" for what, number in self.kills.items())
        print(f"{self.chosen.cycles:,} cycles in {time.monotonic() - start:.0f} s; killed: {killed}.")
        return self._count()

    def _kill(self) -> None:
        for number, one in enumerate(self.clients):
            if one.poll():  # fell over something else than nothing left to do, such as a server just starting
                self.clients[number] = self._client(number)
        if self.kills["PostgreSQL"] < self.chosen.servers and self.dice.random() < 0.3:
            self.kills["PostgreSQL"] += 1
            os.kill(postgres.server_pid(self.data) or 0, signal.SIGKILL)
            time.sleep(0.2)
            postgres.start(self.data)
        elif self.dice.random() < 0.2:
            self.kills["worker"] += 1
            self.worker.kill()
            self.worker.wait()
            self.worker = self._start("mind", "0.2")
        else:
            number = self.dice.randrange(len(self.clients))
            if self.clients[number].poll() is None:
                self.kills["client"] += 1
                self.clients[number].kill()
                self.clients[number].wait()
                self.clients[number] = self._client(number)

    def _client(self, number: int) -> subprocess.Popen:
        self.starts += 1
        seed = f"{self.chosen.seed}-{self.starts}"
        return self._start("work", self.project.pk, self.people[number].pk, self.log, seed)

    def _start(self, *arguments: object) -> subprocess.Popen:
        command = [sys.executable, "-m", "benchmarks.queue.hands", *map(str, arguments)]
        return subprocess.Popen(command, cwd=ROOT)

    def _count(self) -> int:
        from django.db import connection

        from projects import queue, rollups
        from projects.models import Annotation, BatchProgress
        from taskers import ledger

        connection.close()
        while rollups.catch_up():
            pass
        kept = list(BatchProgress.objects.order_by("pk").values())
        rollups.rebuild()
        acknowledged = {int(line) for line in self.log.read_text().split()}
        lost = acknowledged - set(Annotation.objects.filter(pk__in=acknowledged).values_list("pk", flat=True))
        with connection.cursor() as cursor:
            cursor.execute(UNJUDGED)
            (unjudged,) = cursor.fetchone()
        wrong = {
            "breaches of the promises": len(queue.audit()),
            "breaches of the books": len(ledger.audit()),
            "tasks without exactly what they wanted": unjudged,
            "acknowledged answers lost": len(lost),
            "rollups that a new count disagrees with": kept != list(BatchProgress.objects.order_by("pk").values()),
        }
        for what, number in wrong.items():
            print(f"{what}: {int(number)}")
        print(f"acknowledged: {len(acknowledged):,}; annotations: {Annotation.objects.count():,}")
        return int(any(wrong.values()))


if __name__ == "__main__":
    sys.exit(main())
