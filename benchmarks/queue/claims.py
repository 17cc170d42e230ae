"""How long a claim takes, whoever asks and whatever lies in front."""

import time
from dataclasses import dataclass

from benchmarks.queue import fixtures, plans
from benchmarks.queue.measure import Row, at_most, median, ms, p95, seconds, told
from projects import queue
from projects.models import Assignment, Batch, Project
from projects.queue import Nothing
from projects.workflow import batches
from taskers.models import Organization, Person

ROUNDS = 3


@dataclass
class Field:
    """A project of some size with a paused batch in front, and who works on it."""

    project: Project
    batch: Batch
    paused: Batch
    newcomers: list[Person]
    veteran: Person  # has done 20,000, or a fiftieth where there is less
    finished: Person  # has done everything


def prepare(owner: Organization, name: str, tasks: int, *, claims: int, loaded: Batch | None = None) -> Field:
    """The field, with all the claims' newcomers; its open batch is the one that was loaded, if one was."""
    project = loaded.project if loaded else fixtures.project(owner, f"{name} tasks")
    paused = fixtures.batch(project, "Paused", max(tasks // 5, 10), priority=9)
    batches.move(paused, "paused", by=None)
    batch = batches.move(loaded, "live", by=None) if loaded else fixtures.batch(project, "Open", tasks)
    veteran, finished = fixtures.people(owner, 2, f"Old{name}")
    newcomers = fixtures.people(owner, claims * ROUNDS, f"New{name}")
    fixtures.has_done(veteran, batch, min(20_000, max(tasks // 50, 1)))
    return Field(project, batch, paused, newcomers, veteran, finished)


def measure(small: Field, large: Field, claims: int) -> list[Row]:
    """The table's claim rows. All cases take turns, so that what else the machine does meets all of them alike."""
    owner = large.project.organization
    plain = fixtures.project(owner, "Nothing paused")
    fixtures.batch(plain, "Open", 5_000)
    fixtures.has_done_everything(large.finished, large.batch)
    fixtures.analyze()
    assert "Index Scan using assignment_walk" in plans.of_the_walk(large.veteran, large.project)
    slowest, asks = _until_nothing(large)
    print(f"Who did everything was told so at the ask number {asks}; the slowest took {ms(slowest)}.\n", flush=True)
    times: dict[str, list[float]] = {"small": [], "large": [], "veteran": [], "empty": [], "plain": []}
    for number in range(claims * ROUNDS):
        cases = [
            ("small", small.newcomers[number], small.project),
            ("large", large.newcomers[number], large.project),
            ("plain", small.newcomers[number], plain),
            ("veteran", large.veteran, large.project),
            ("empty", large.finished, large.project),
        ]
        for key, tasker, project in cases[number % 5 :] + cases[: number % 5]:
            times[key] += seconds([lambda who=tasker, of=project: queue.claim(who, of)])  # type: ignore[misc]
        fixtures.finish(large.veteran)
    warm = {key: taken[claims // 4 :] for key, taken in times.items()}
    return [row for name, key, base, limit in _ratios(large) for row in _both(name, warm[key], warm[base], limit)]


def _ratios(large: Field) -> tuple[tuple[str, str, str, float], ...]:
    tasks, held_back = large.batch.progress.tasks, large.paused.progress.tasks
    done = Assignment.objects.filter(tasker=large.veteran, state="submitted").count()
    return (
        (f"{tasks:,} tasks / 1,000, newcomer", "large", "small", 1.3),
        (f"{done:,} done / newcomer", "veteran", "large", 2.0),
        (f"behind a paused {held_back:,} / nothing paused", "large", "plain", 2.0),
        ("empty answer / newcomer", "empty", "large", 2.0),
    )


def _both(name: str, taken: list[float], base: list[float], limit: float) -> list[Row]:
    """What is asked is the 95th percentile; the median stands beside it."""
    said = {of: f"{ms(of(taken))} / {ms(of(base))}" for of in (p95, median)}
    return [
        at_most(f"claim p95, {name}", said[p95], p95(taken) / p95(base), limit),
        told(f"claim p50, {name}", said[median], median(taken) / median(base)),
    ]


def _until_nothing(field: Field) -> tuple[float, int]:
    slowest, asks, found = 0.0, 0, None
    while not (isinstance(found, Nothing) and found.code != "ask-again"):
        asks += 1
        assert asks < 1_000 and not isinstance(found, Assignment), found
        start = time.perf_counter()
        found = queue.claim(field.finished, field.project)
        slowest = max(slowest, time.perf_counter() - start)
    return slowest, asks
