"""How long it takes to roll a version back while people hand in: until the next work is answered by what answered
before; and whether any answer is lost by it."""

import itertools
import threading
import time
from collections.abc import Iterable, Iterator

from django.db import connection
from django.utils import timezone

from assist.learning import canary
from assist.models import Evaluation, ModelVersion, Rollout
from assist.registry import registry, resolution
from benchmarks.loop.row import Row
from benchmarks.queue import fixtures
from projects import queue
from projects.models import Annotation, Assignment, Project
from projects.workflow import submission
from taskers.models import Person
from tests.support import make
from tests.support.assist.running import FAKE

TIMES, PROMOTED, HANDS, TASKS, DONE = 20, 5, 3, 40_000, 20_000
ASKED = 1.0


def rows(times: int = TIMES) -> Iterable[Row]:
    """At the first share, and every fifth time after all of the work was given to it."""
    owner = make.organization("Riverside")
    mina, people = make.person("Mina", owner, "manager"), fixtures.people(owner, HANDS + 1, "Tasker")
    project = fixtures.project(owner, "Reports", wanted=1)
    batch = fixtures.batch(project, "All", TASKS, wanted=1)
    fixtures.has_done(people[0], batch, DONE)
    fixtures.analyze()
    passed = _passed(project, mina)
    over, sent = threading.Event(), [0] * HANDS
    hands = [
        threading.Thread(target=_hand_in, args=(at, one, project, over, sent)) for at, one in enumerate(people[1:])
    ]
    for one in hands:
        one.start()
    try:
        found = [_rolled_back(passed, mina, at % PROMOTED == PROMOTED - 1) for at in range(times)]
    finally:
        over.set()
        for one in hands:
            one.join()
    kept = Annotation.objects.filter(task__project=project).exclude(tasker=people[0]).count()
    worst = max(seconds for seconds, _ in found)
    told = f"{1000 * worst:.0f} ms at the worst, {1000 * sorted(found)[len(found) // 2][0]:.0f} in the middle"
    yield Row(f"{times} rollbacks while {HANDS} people hand in", f"≤ {ASKED:.0f} s each", told, worst <= ASKED)
    wrong = sum(not well for _, well in found)
    yield Row("of them, after which something else than before answered", "0", str(wrong), wrong == 0)
    yield Row(
        "answers handed in meanwhile that are lost", "0", f"{sum(sent) - kept} of {sum(sent):,}", kept == sum(sent)
    )


def _passed(project: Project, mina: Person) -> Evaluation:
    champion = registry.model_version(FAKE[1])
    candidate = ModelVersion.objects.create(name=champion.name, version="2", capability=champion.capability)
    registry.deploy(project, champion, share=100, by=mina, grounds=registry.FIRST)
    told = {"margin": 0.05, "rules": 1, "begun_by": mina}
    made = Evaluation.objects.create(project=project, candidate=candidate, champion=champion, **told)
    Evaluation.objects.filter(pk=made.pk).update(state="done", outcome="passed", ended_at=timezone.now())
    made.refresh_from_db()
    return made


def _rolled_back(passed: Evaluation, mina: Person, promoted: bool) -> tuple[float, bool]:
    """Seconds, and whether all work is then answered by the champion, and what was in hand before by what it was."""
    on = canary.begin(passed, by=mina)
    while promoted and on.state != Rollout.State.PROMOTED:
        canary._step(on)
        on.refresh_from_db()
    project, began = passed.project, time.monotonic()
    canary.roll_back(on, by=mina)
    capability, name = passed.champion.capability, str(passed.champion)
    answering = {resolution.chosen(project.public_id, capability, f"{at}") for at in range(20)}
    seconds = time.monotonic() - began
    shares = {str(one.version): one.share for one in resolution.deployed(project, capability)}
    return seconds, answering == {name} and shares == {name: 100}


def _hand_in(at: int, who: Person, project: Project, over: threading.Event, sent: list[int]) -> None:
    try:
        for _ in _until(over):
            held = queue.claim(who, project)
            assert isinstance(held, Assignment) and held.token
            submission.submit(held, who, held.token, make.spans())
            sent[at] += 1
    finally:
        connection.close()


def _until(over: threading.Event) -> Iterator[int]:
    return itertools.takewhile(lambda _: not over.is_set(), itertools.count())
