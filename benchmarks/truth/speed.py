"""A batch beside crowd-kit's Dawid-Skene on the same labels, and an increment beside one indexed SELECT."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import psycopg
from numpy.typing import NDArray

from benchmarks import database
from benchmarks.truth import data, yardsticks
from benchmarks.truth.verdicts import Ledger
from config import database_owner
from projects.inference.classification import Estimate, estimate
from projects.inference.incremental import accuracy_model_of, parameters_of, posterior

Triples = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
RUNS, FEW_RUNS = 7, 3
MILLION = 1_000_000


def run(root: Path, ledger: Ledger) -> None:
    """About 100,000 labels: real ones (sp four times over) and made-up ones (500 equal taskers); then the increment."""
    ledger.say(f"\n## Speed: processor time, medians of {RUNS} runs taken in turn, one thread")
    one = data.categorical(root, "sp")
    shift = np.repeat(np.arange(4), one.task.size) * one.truth.size
    real = (np.tile(one.task, 4) + shift, np.tile(one.worker, 4), np.tile(one.label, 4))
    yardsticks.classes("DawidSkene", *(column[:50] for column in real))
    for name, triples in (("real", real), ("made up", equal_taskers())):
        _, workers, classes = (int(column.max()) + 1 for column in triples)
        sizes = (int(triples[0].max()) + 1, workers, classes)
        batches: list[Callable[[], object]] = [
            lambda t=triples, s=sizes: estimate(t[0], t[1], t[2], s),  # type: ignore[misc]
            partial(yardsticks.classes, "DawidSkene", *triples),
        ]
        ours, theirs = in_turn(batches, time.process_time)
        ledger.say(f"{triples[0].size} labels, {name}: ours {ours:.3f} s, Dawid-Skene {theirs:.3f} s")
        ledger.told(f"batch, {name} labels", "≤ 1.0", f"{ours / theirs:.2f}", ours <= theirs)
    every_set(root, ledger)
    increment(estimate(*equal_taskers(), (20_000, 500, 4)), ledger)


def every_set(root: Path, ledger: Ledger) -> None:
    """Each shared set, and made-up labels up to a million, which are run once."""
    ledger.say(f"\n## Speed, set by set: processor time, medians of {FEW_RUNS} runs taken in turn")
    ratios = {}
    for one in (data.categorical(root, name) for name in data.SIXTEEN):
        ratios[one.name] = _beside(one.name, (one.task, one.worker, one.label), FEW_RUNS, ledger)
    for labels, classes in ((MILLION // 10, 4), (MILLION // 10, 100), (MILLION, 4)):
        name = f"{labels} labels of {classes} classes"
        ratios[name] = _beside(name, equal_taskers(labels // 5, labels // 200, classes), 1, ledger)
    slow = [f"{name} {ratio:.1f}" for name, ratio in ratios.items() if ratio > 1]
    ledger.told("batch / Dawid-Skene, each set", "≤ 1.0", ", ".join(slow) or "all", not slow)


def _beside(name: str, triples: Triples, runs: int, ledger: Ledger) -> float:
    """Our time for each second of crowd-kit's Dawid-Skene."""
    tasks, workers, classes = (int(column.max()) + 1 for column in triples)
    calls: list[Callable[[], object]] = [
        partial(estimate, *triples, (tasks, workers, classes)),
        partial(yardsticks.classes, "DawidSkene", *triples),
    ]
    ours, theirs = in_turn(calls, time.process_time, runs)
    ledger.say(f"{name:32s} {triples[0].size:9d} labels: ours {ours:7.2f} s, Dawid-Skene {theirs:7.2f} s")
    return ours / theirs


def increment(result: Estimate, ledger: Ledger) -> None:
    """The posterior of a task of five labels and four classes, beside SELECT by primary key through psycopg."""
    accuracy_model, parameters = accuracy_model_of(result), [parameters_of(result, who) for who in range(5)]
    with database.fresh(), psycopg.connect(os.environ[database_owner.VARIABLE], autocommit=True) as connection:
        connection.execute("CREATE TEMP TABLE label (id bigint PRIMARY KEY, task bigint, answer jsonb)")
        connection.execute("INSERT INTO label SELECT n, n / 5, '{}' FROM generate_series(1, 100000) n")
        connection.execute("CREATE INDEX ON label (task)")
        connection.execute("ANALYZE label")
        at = iter(range(10**9))

        def select() -> None:
            connection.execute("SELECT id, answer FROM label WHERE task = %s", [next(at) % 20_000]).fetchall()

        ours, theirs = in_turn(
            [lambda: posterior(accuracy_model, parameters, [0, 1, 0, 0, 2]), select],
            time.perf_counter,
            runs=RUNS,
            times=500,
        )
    reached = f"{ours * 1e6:.0f} µs / {theirs * 1e6:.0f} µs = {ours / theirs:.2f}"
    ledger.told("increment / one indexed SELECT", "≤ 1", reached, ours <= theirs)


def in_turn(
    calls: list[Callable[[], object]], clock: Callable[[], float], runs: int = RUNS, times: int = 1
) -> list[float]:
    """The median seconds of each call, all of them taken in turn so that a busy machine is busy for all alike."""
    taken: list[list[float]] = [[] for _ in calls]
    for _ in range(runs):
        for call, seconds in zip(calls, taken, strict=True):
            started = clock()
            for _ in range(times):
                call()
            seconds.append((clock() - started) / times)
    return [float(np.median(seconds)) for seconds in taken]


def equal_taskers(tasks: int = 20_000, taskers: int = 500, classes: int = 4) -> Triples:
    """Tasks of five labels by taskers who are all alike."""
    random = np.random.default_rng(0)
    truth = random.integers(0, classes, tasks)
    task = np.repeat(np.arange(truth.size), 5)
    worker = random.integers(0, taskers, task.size)
    label = np.where(random.random(task.size) < 0.7, truth[task], random.integers(0, classes, task.size))
    return task, worker, label
