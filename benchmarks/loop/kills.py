"""kill -9 of what trains, of the worker and of the whole database, each at a moment by chance: thirty jobs, half of
them training runs and half trials of searches, each hit once and then given to another worker.

In place of the recipe a script writes, file by file, what the recipe once made of these verdicts, so that thirty runs
take minutes; all else is the product's: workers' processes, the store of models, the first question, PostgreSQL.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psutil
from django.conf import settings
from django.db import connection
from django.db.models import F

from assist.adapters import catalogue
from assist.adapters.files import verify
from assist.learning import recipe_process, snapshots, training
from assist.learning.recipes import RECIPES
from assist.learning.search import searches, study, trials
from assist.models import ModelVersion, Search, Snapshot, TrainingRun, Trial
from benchmarks.loop import ships
from benchmarks.loop.row import Row
from config import postgres
from taskers.models import Person

RECIPE = "spacy-entities"
KINDS = ("trainer", "worker", "database")
RUNS, TRIALS, TEXTS = 15, 15, 90
TRIES = 3  # workers that take a job up after the one that was killed
LONGEST = 9.0  # seconds after which one is killed at the latest
SCRIPT = """
import json, pathlib, shutil, sys, time
place, made = pathlib.Path(sys.argv[1]), pathlib.Path({made!r})
for step in range(1, 6):
    said = {{"step": step, "of": 5, "loss": 1.0, "validation": step / 10, "seconds_left": 1.0}}
    print(json.dumps(said), flush=True)
    time.sleep(0.2)
(place / "model").mkdir()
for file in sorted((made / "model").rglob("*")):
    if file.is_file():
        target = place / "model" / file.relative_to(made / "model")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
shutil.copyfile(made / "made.json", place / "made.json.new")
(place / "made.json.new").replace(place / "made.json")
"""


@dataclass
class World:
    """A project with a snapshot, what a recipe made of it once, and the script that writes it again."""

    snapshot: Snapshot
    mina: Person
    folder: Path

    @property
    def script(self) -> str:
        return str(self.folder / "recipe.py")


def world(folder: Path) -> World:
    """Riverside's reports, marked by one person."""
    marked = ships.marked(TEXTS, seed=3)
    taken, mina = marked.snapshot, marked.mina
    made = folder / "made"
    made.mkdir()
    told = {"recipe": RECIPE, "label_map": {}, "seed": 1}
    told["parameters"] = training.checked(RECIPES[RECIPE], {"passes": 1})  # type: ignore[assignment]
    recipe_process.instruct(made, snapshots.learnable(taken, made), told)
    outcome = recipe_process.executor().run(made, lambda report: True)
    assert not outcome.reason, outcome.reason
    (folder / "recipe.py").write_text(SCRIPT.format(made=str(made)))
    return World(taken, mina, folder)


def begun(kind: str, key: int, world: World) -> subprocess.Popen:
    """A worker that is at this job."""
    command = [sys.executable, "-m", "benchmarks.loop.killed_worker", kind, str(key), world.script]
    worker = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert worker.stdout is not None and worker.stdout.readline() == b"begins\n"
    return worker


def struck(victim: str, worker: subprocess.Popen, after: float) -> bool:
    """Kill; whether there was anybody left to kill."""
    with suppress(subprocess.TimeoutExpired):
        worker.wait(after)
    alive = worker.poll() is None
    if victim == "database":
        _crash()
        with suppress(subprocess.TimeoutExpired):
            worker.wait(60)  # it ends with an error, as its job does
    elif victim == "trainer" and alive:
        for child in psutil.Process(worker.pid).children():
            child.kill()
        worker.wait()
    worker.kill()
    worker.communicate()
    return alive


def _crash() -> None:
    """The server and all that serve in it, at once; then it is started again."""
    data = Path(os.environ["TANDEM_DATA"])
    pid = postgres.server_pid(data)
    assert pid is not None
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined] # of PostgreSQL's own
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    for one in family:
        with suppress(psutil.NoSuchProcess):
            one.send_signal(signal.SIGKILL)
    psutil.wait_procs(family, timeout=30)
    _HELD.append(postgres.start(data))


_HELD: list[postgres.Holder] = []


def trained(world: World, victim: str, rng: random.Random) -> tuple[str, bool]:
    """How a training run ended that was hit once, and whether it was."""
    run = training.begin(world.snapshot, RECIPE, by=world.mina, seed=rng.randrange(10**6))
    hit = struck(victim, begun("train", run.pk, world), rng.uniform(0.1, LONGEST))
    for _attempt in range(TRIES):
        run.refresh_from_db()
        if run.state not in training.OPEN:
            break
        begun("train", run.pk, world).communicate()
    run.refresh_from_db()
    return run.state, hit


def whole(run: TrainingRun) -> bool:
    """Whether a run that is over has a model that is there to the last byte and its own, or none."""
    name = f"{run.recipe}-{run.project.public_id.hex[:8]}"
    made = ModelVersion.objects.filter(name__contains=name, version=run.public_id.hex[:12])
    if run.version is None:
        return run.state != "done" and not made.exists()
    offer = catalogue.find(str(run.version), Path(settings.MODELS_DIR))
    for artifact in offer.artifacts:
        verify(artifact, Path(settings.MODELS_DIR))
    return (run.state != "done" or run.version.smoke == "passed") and made.count() == 1


def searched(world: World, rng: random.Random, most: int) -> tuple[Search, int]:
    """A search of which each trial is hit once; how often there was somebody to hit."""
    search = searches.begin(world.snapshot, RECIPE, by=world.mina, most=most, seed=7)
    hits, done = 0, set[int]()
    while (waiting := search.trials.filter(state="waiting").first()) is not None:
        worker = begun("trial", waiting.pk, world)
        if waiting.pk not in done:
            done.add(waiting.pk)
            hits += struck(KINDS[len(done) % 3], worker, rng.uniform(0.1, 3.5))
        else:
            worker.communicate()
        # A minute passes: the lease of a worker that died is over.
        Trial.objects.filter(search=search, state="running").update(beat_at=F("beat_at") - timedelta(minutes=5))
        trials.sweep()
    search.refresh_from_db()
    return search, hits


def rows(seed: int = 8, runs: int = RUNS, most: int = TRIALS) -> Iterable[Row]:
    """What is left after so many hits."""
    rng, began = random.Random(seed), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tandem-kills-") as place:
        here = world(Path(place))
        ends, hits = Counter[str](), 0
        for at in range(runs):
            state, hit = trained(here, KINDS[at % 3], rng)
            ends[state] += 1
            hits += hit
        trainings = list(TrainingRun.objects.select_related("version", "project"))
        broken = sum(not whole(run) for run in trainings)
        told = f"{', '.join(f'{count} {state}' for state, count in sorted(ends.items()))}; {hits} hit in the middle"
        over = not ends.keys() - {"done", "failed"}
        yield Row(f"{runs} training runs, each hit once: all end", "done, or failed by name", told, over)
        yield Row("versions that are half there", "0", str(broken), broken == 0)
        search, hits = searched(here, rng, most)
        states = Counter(search.trials.values_list("state", flat=True))
        finished = states["done"] + states["pruned"]
        told = f"{', '.join(f'{count} {state}' for state, count in sorted(states.items()))}; {hits} hit in the middle"
        yield Row(f"{most} trials, each hit once: finished", str(most), told, finished == most)
        with study.opened(str(search.public_id), RECIPES[RECIPE].parameters) as found:
            left = len(found.running())
        left += Trial.objects.filter(state__in=trials.OPEN).count()
        yield Row("trials left running, here or at Optuna", "0", str(left), left == 0)
        yield Row("in all", "", f"{time.monotonic() - began:.0f} s")
    shutil.rmtree(place, ignore_errors=True)
    for holder in _HELD:
        holder.release()
