"""What people wait for their masks while a version answers in shadow beside them, against the same while none does: a
click on a picture that was clicked before. Then the worker that asks for the shadow is killed.

By short turns, as `beside` does it, so that whatever else the machine does weighs on both alike. Both versions are the
default mask model, each in a process of its own, and both are asked about pictures that nobody opened.
"""

import contextlib
import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from django.utils import timezone

from assist.adapters import RUNTIMES, catalogue
from assist.learning import canary
from assist.models import Evaluation, Rollout, ShadowAnswer
from assist.registry import registry
from assist.runtime import client
from benchmarks.copilot.pictures import photograph
from benchmarks.loop.beside import SAM, _Clicks
from benchmarks.loop.row import Row
from projects.inference.geometry import mask_from_bitmap
from projects.reports import verdict_index
from taskers.models import Event
from tests.support import make
from tests.support.assist import weights, work
from tests.support.assist.running import Runtime, running
from tests.support.projects.judging import said

NEXT = replace(RUNTIMES[SAM], version="2")
PICTURES, TURNS, EACH, SEED = 12, 8, 15, 5
ASKED = 1.05
LONGEST = 600.0  # seconds that anything is waited for


def rows(pictures: int = PICTURES, turns: int = TURNS) -> Iterable[Row]:
    """The ratio of the 95th percentiles."""
    with contextlib.redirect_stdout(sys.stderr), tempfile.TemporaryDirectory() as folder:  # rows alone are told there
        models = weights.linked(Path(folder) / "models")
        (models / catalogue.LISTED).write_text(json.dumps([asdict(NEXT)]))
        with running(SAM, weights=models) as runtime:
            runtime.until_ready()
            number = 2 * turns * (EACH + 1) + EACH + 1  # clicks, none in the same place as another
            on, clicks = _rollout(pictures), _Clicks(runtime.address, photograph("2 MP", SEED), number)
            found = list(_compared(on, runtime, clicks, turns))
    yield from found


def _rollout(pictures: int) -> Rollout:
    """Pictures in which Alice marked something alone, and a version that nobody sees before it did well on them."""
    owner = make.organization("Riverside")
    mina, alice = make.person("Mina", owner, "manager"), make.person("Alice", owner, "tasker")
    project = work.image_project(owner, wanted=1)
    batch, (ys, xs) = make.batch(project), np.ogrid[:480, :640]
    for at in range(pictures):
        task = work.image_task(batch, photograph("0.3 MP", at).file, f"{at}.jpg", wanted=1)
        shape = {"type": "mask", **mask_from_bitmap((ys - 240) ** 2 + (xs - 300 - at) ** 2 < 10_000)}
        part = {"id": "r1", "label": "cat", "shape": shape, "attributes": {}, "provenance": {"source": "human"}}
        said(alice, task, {"regions": [part]})
    verdict_index.add(Event.objects.filter(project_key=project.public_id))
    champion, candidate = registry.model_version(SAM), registry._written(NEXT)
    registry.deploy(project, champion, share=100, by=mina, grounds=registry.FIRST)
    told = {"margin": 0.05, "rules": 1, "begun_by": mina}
    made = Evaluation.objects.create(project=project, candidate=candidate, champion=champion, **told)
    Evaluation.objects.filter(pk=made.pk).update(state="done", outcome="passed", ended_at=timezone.now())
    made.refresh_from_db()
    return canary.begin(made, by=mina, shadow_verdicts=1_000)


def _compared(on: Rollout, runtime: Runtime, clicks: _Clicks, turns: int) -> Iterable[Row]:
    command = [sys.executable, "-m", "benchmarks.loop.shadow_worker", str(on.pk), runtime.address]
    worker = subprocess.Popen(command, stdout=subprocess.PIPE)
    found: dict[bool, list[float]] = {False: [], True: []}
    times = 0

    def listens() -> None:
        nonlocal times
        for _ in worker.stdout or ():
            times += 1

    listener = threading.Thread(target=listens)
    listener.start()
    try:
        _until(lambda: times > 1)  # both versions are loaded, and have answered all of it once
        for turn in range(2 * turns):
            beside = bool(turn % 2)
            worker.send_signal(signal.SIGCONT if beside else signal.SIGSTOP)
            if not beside:
                _until(lambda: not _waiting(runtime))
            clicks.click()
            found[beside] += [_timed(clicks) for _ in range(EACH)]
        worker.kill()
        killed = [_timed(clicks) for _ in range(EACH)]
    finally:
        worker.kill()
        worker.wait()
        listener.join()
    alone, beside_it = (float(np.quantile(found[which], 0.95)) for which in (False, True))
    middle = float(np.median(found[True]) / np.median(found[False]))
    told = f"{beside_it / alone:.2f} ({1000 * beside_it:.0f} ms, {1000 * alone:.0f} ms); medians {middle:.2f}"
    told += f"; {times - 1} rounds of {ShadowAnswer.objects.filter(rollout=on).count()} tasks meanwhile"
    yield Row("warm click, p95 beside a shadow / without", f"≤ {ASKED}", told, beside_it / alone <= ASKED)
    yield Row("clicks answered after what asks in shadow was killed", f"{EACH}", f"{len(killed)}", len(killed) == EACH)


def _timed(clicks: _Clicks) -> float:
    began = time.perf_counter()
    clicks.click()
    return time.perf_counter() - began


def _waiting(runtime: Runtime) -> int:
    status = client.status_now(runtime.address, 5.0)
    return sum(one.get("waiting", 0) for one in status["models"].values()) if status else 1


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)
