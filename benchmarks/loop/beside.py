"""What people wait for while a model is trained beside them, against the same while nothing is: their next task, and
the masks of a click on a picture that was clicked before.

Both are measured by short turns in which what trains is let go on or stopped, so that whatever else the machine does
weighs on both alike.
"""

import asyncio
import contextlib
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import psutil

from assist.learning import recipe_process, snapshots, training
from assist.learning.recipes import RECIPES
from assist.models import Snapshot
from assist.runtime.client import RuntimeClient
from benchmarks.copilot.pictures import Photograph, photograph
from benchmarks.loop import ships
from benchmarks.loop.row import Row
from projects import queue
from projects.models import Assignment, Project
from projects.workflow import submission
from taskers.models import Person
from tests.support import make
from tests.support.assist import reports, weights
from tests.support.assist.running import running

RECIPE, SAM, SEED = "spacy-entities", "mobile-sam@0.2.0", 5
TEXTS, TURNS, EACH = 1_800, 12, 10  # that it learns from; turns of either kind; pieces of work in each
ASKED = 1.3
WHAT = ("next task", "warm click")
LOADING = 120.0  # seconds until the recipe has read what it learns from

Times = tuple[list[float], list[float]]  # seconds of each claim, and of each click


def rows() -> Iterable[Row]:
    """The ratio of either's 95th percentiles."""
    with contextlib.redirect_stdout(sys.stderr):  # rows alone are told there
        models = weights.pinned()
    with running(SAM, weights=models) as runtime, tempfile.TemporaryDirectory() as folder:
        runtime.until_ready()
        project, alice, taken = _project()
        place = Path(folder)
        told = {"recipe": RECIPE, "label_map": {}, "seed": SEED}
        told["parameters"] = training.checked(RECIPES[RECIPE], {})  # type: ignore[assignment]
        recipe_process.instruct(place, snapshots.learnable(taken, place), told)
        clicks = _Clicks(runtime.address, photograph("2 MP", SEED))
        yield from _compared(project, alice, clicks, place)


def _project() -> tuple[Project, Person, Snapshot]:
    """Reports that were marked, a snapshot of them, and as many as are measured that one person has yet to mark."""
    marked = ships.marked(TEXTS, SEED)
    rng = random.Random(SEED + 1)
    for at in range(2 * (TURNS + 1) * EACH):
        make.tasks(marked.batch, text=f"{reports.report(rng)[0]} ({TEXTS + at})")
    return marked.batch.project, marked.alice, marked.snapshot


class _Clicks:
    """Clicks on one picture, whose embedding was made at the first."""

    def __init__(self, address: str, picture: Photograph, number: int = 2 * (TURNS + 1) * EACH + 1) -> None:
        self.loop, self.client, self.picture = asyncio.new_event_loop(), RuntimeClient(address), picture
        self.places = iter(picture.points(number))
        self.click()

    def click(self) -> None:
        points = [[*next(self.places), 1.0]]
        asked = self.client.segment(SAM, self.picture.sha256, self._file, "one", "one", points)
        assert self.loop.run_until_complete(asked)["masks"]

    async def _file(self) -> bytes:
        return self.picture.file


def _compared(project: Project, alice: Person, clicks: _Clicks, place: Path) -> Iterable[Row]:
    over = threading.Event()
    heard = threading.Event()

    def listens(report: object) -> bool:
        if report is not None:
            heard.set()
        return not over.is_set()

    trainer = threading.Thread(target=recipe_process.executor().run, args=(place, listens))
    trainer.start()
    try:
        assert heard.wait(LOADING), "the recipe doesn't begin"
        family = _family()
        found: dict[bool, Times] = {False: ([], []), True: ([], [])}
        _timed(project, alice, clicks)  # what is asked for the first time is slower
        for turn in range(2 * TURNS):
            beside = bool(turn % 2)
            _told(family, signal.SIGCONT if beside else signal.SIGSTOP)
            for kept, one in zip(found[beside], _timed(project, alice, clicks), strict=True):
                kept.extend(one)
        lasted = trainer.is_alive()
    finally:
        over.set()
        _told(_family(), signal.SIGCONT)
        trainer.join()
    for at, what in enumerate(WHAT):
        alone, beside_it = (float(np.quantile(found[which][at], 0.95)) for which in (False, True))
        told = f"{beside_it / alone:.2f} ({1000 * beside_it:.0f} ms, {1000 * alone:.0f} ms)"
        told += "" if lasted else "; the training was over before the end"
        yield Row(f"{what}, p95 while a model is trained / idle", f"≤ {ASKED}", told, beside_it / alone <= ASKED)


def _family() -> Sequence[psutil.Process]:
    """The recipe's process, and what it started."""
    mine = psutil.Process().children(recursive=True)
    tops = [one for one in mine if "assist.learning.recipes" in one.cmdline()]
    return list({one.pid: one for top in tops for one in [top, *top.children(recursive=True)]}.values())


def _told(family: Iterable[psutil.Process], number: signal.Signals) -> None:
    for one in family:
        with contextlib.suppress(psutil.NoSuchProcess):  # one that ended is told below
            one.send_signal(number)


def _timed(project: Project, alice: Person, clicks: _Clicks) -> Times:
    claims, answers = [], []
    for _ in range(EACH):
        began = time.perf_counter()
        held = queue.claim(alice, project)
        claims.append(time.perf_counter() - began)
        assert isinstance(held, Assignment) and held.token
        began = time.perf_counter()
        clicks.click()
        answers.append(time.perf_counter() - began)
        submission.submit(held, alice, held.token, make.spans())
    return claims, answers
