"""The attacks one after the other on one web process, each with somebody beside it who only wants to be served."""

import contextlib
import http.client
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
from django.db import connections

from benchmarks.attacks import slow_answers
from benchmarks.attacks.attackers import ATTACKS, Attack, Target, Work
from benchmarks.queue import fixtures
from config.folder import ROOT, listen
from config.limits import open_files
from projects import queue
from projects.configuration import configure
from projects.models import Batch, Task, Verdict
from projects.workflow import batches
from taskers.credentials import tokens
from taskers.models import Membership, Organization, Person
from tests.support.slow_answers import SIDE

MIB = 1024 * 1024
SLOWEST, MOST_MEMORY = 0.5, 300  # asked: seconds that a look at /healthz takes, and MiB that an attack may cost
ANSWERS: tuple[Attack, ...] = (slow_answers.nested_spans, slow_answers.ragged_polygons, slow_answers.noise_masks)
TASKS = 600
ANSWER_BYTES = 12_000


def run(names: Sequence[str]) -> int:
    """Repeat the attacks whose names hold one of these, or all; print what came of them, and 1 if it was too much."""
    open_files()
    chosen = [one for one in (*ATTACKS, *ANSWERS) if not names or any(name in one.__name__ for name in names)]
    token, batch, project, work = _ground()
    failed = False
    print("| attack | /healthz p95 | slowest | memory | disk | what was said |\n|---|---|---|---|---|---|", flush=True)
    for attack in chosen:
        with _web() as (port, process, temporary):
            failed |= not _row(attack, Target(port, token, batch, project, work), process, temporary)
    print(f"\nAsked: p95 at most {SLOWEST} s, memory at most {MOST_MEMORY} MiB, and a refusal with a name.")
    return int(failed)


def _row(attack: Attack, target: Target, process: psutil.Process, temporary: Path) -> bool:
    with _Beside(target.port, process, temporary) as beside:
        told = attack(target)
    p95, slowest = beside.p95(), max(beside.seconds)
    said = ", ".join(f"{times} × {what}" for what, times in told.most_common(4))
    cost = f"{p95 * 1000:.0f} ms | {slowest * 1000:.0f} ms | {beside.memory:.0f} MiB | {beside.disk:.0f} MiB"
    print(f"| {attack.__name__.replace('_', ' ')} | {cost} | {said} |", flush=True)
    return p95 <= SLOWEST and beside.memory <= MOST_MEMORY


class _Beside(threading.Thread):
    """Asks whether the site is alive, again and again, each time anew, and looks at what the process holds."""

    def __init__(self, port: int, process: psutil.Process, temporary: Path) -> None:
        super().__init__(daemon=True)
        self.port, self.process, self.temporary = port, process, temporary
        self.over = threading.Event()
        self.seconds: list[float] = []
        self.memory = self.disk = 0.0

    def __enter__(self) -> "_Beside":
        self.before = self.process.memory_info().rss
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.join()

    def run(self) -> None:
        while not self.seconds or not self.over.wait(0.1):
            self.seconds.append(_alive(self.port))
            self.memory = max(self.memory, (self.process.memory_info().rss - self.before) / MIB)
            self.disk = max(self.disk, _unlinked(self.process, self.temporary) / MIB)

    def p95(self) -> float:
        return sorted(self.seconds)[int(len(self.seconds) * 0.95)]


def _alive(port: int) -> float:
    """How long it took to be told; a minute where nobody said anything."""
    begun = time.perf_counter()
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        line.request("GET", "/healthz")
        if line.getresponse().status == 200:
            return time.perf_counter() - begun
    except OSError:
        pass
    finally:
        line.close()
    return 60.0


def _unlinked(process: psutil.Process, temporary: Path) -> int:
    """Bytes of the process's temporary files, which have no name from the moment they are made."""
    size = 0
    with contextlib.suppress(OSError):
        for one in Path(f"/proc/{process.pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                if os.readlink(one).startswith(str(temporary)):
                    size += one.stat().st_size
    return size


@contextlib.contextmanager
def _web() -> Iterator[tuple[int, psutil.Process, Path]]:
    """One web process: its port, the process, and where its temporary files lie."""
    temporary = Path(os.environ["TANDEM_DATA"]) / "tmp"
    temporary.mkdir(exist_ok=True)
    connections.close_all()
    with listen("127.0.0.1", 0) as listener:
        port, descriptor = listener.getsockname()[1], listener.fileno()
        command = [sys.executable, "-m", "config.web", str(descriptor)]
        environment = os.environ | {"TMPDIR": str(temporary)}
        web = subprocess.Popen(command, cwd=ROOT, env=environment, pass_fds=[descriptor], stderr=subprocess.DEVNULL)
        try:
            for _ in range(20):
                if _alive(port) == 60.0:
                    raise RuntimeError("the web process did not come up")
            yield port, psutil.Process(web.pid), temporary
        finally:
            web.terminate()
            web.wait(60)


def _ground() -> tuple[str, str, str, dict[str, Work]]:
    """A project of large decided answers: a manager's token, the ids of a batch and of the project; and work."""
    owner = fixtures.organization()
    manager = Person.objects.create(email="mina@example.org", name="Mina", password="!")
    Membership.objects.create(person=manager, organization=owner, role="manager")
    project = fixtures.project(owner, "Reports")
    batch = fixtures.batch(project, "First", TASKS)
    _decide(batch)
    secret = tokens.issue(manager, Organization.objects.get(pk=owner.pk), name="attacks")[1]
    return secret, str(batch.public_id), str(project.public_id), _work(owner)


def _work(owner: Organization) -> dict[str, Work]:
    """A text and two pictures, each in a project of its own and for two taskers."""
    secrets = [tokens.issue(one, owner, name="attacks")[1] for one in fixtures.people(owner, 2, "Tasker")]
    picture = {"asset": "a" * 64, "name": "a.png"}
    payloads = {
        "spans": {"text": "a" * 20_000},
        "images": picture | {"width": SIDE, "height": SIDE},
        "noise": picture | {"width": 1_500, "height": 1_500},
    }
    found = {}
    for kind, payload in payloads.items():
        what = "text_spans" if kind == "spans" else "image_regions"
        labels: list[dict[str, object]] = [
            {"key": "person", "name": "Person"}
            if kind == "spans"
            else {"key": "thing", "name": "Thing", "shapes": ["mask", "polygon"]}
        ]
        made = configure.create(owner, None, name=kind, task_type=what, labels=labels, wanted=2, rate=0)
        batch = batches.move(batches.create(made, "First", by=None), "live", by=None)
        terms = {"project": made, "batch": batch, "external_id": kind, "payload_hash": "0" * 64, "wanted": 2}
        queue.open_slots([Task.objects.create(payload=payload, **terms).pk])
        found[kind] = Work(str(made.public_id), secrets)
    return found


def _decide(batch: Batch) -> None:
    """Answers of some size, which the database can't make much smaller."""
    dice = random.Random(11)
    for task in Task.objects.filter(batch=batch):
        answer = fixtures.ANSWER | {"noise": dice.randbytes(ANSWER_BYTES // 2).hex()}
        Verdict.objects.create(task=task, answer=answer, confidence=1, method="majority_v1", settings_version=1)
