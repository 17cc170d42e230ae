"""The whole loop on real data: simulated people label, while verdicts become snapshots, searches, models, evaluations,
canaries and promotions by the product's own verbs, on PostgreSQL and a runtime of its own.

What is labelled is a Material: one file beside this one, and one line in __main__.py. People have the error rates of a
real crowd. The run without models is the same people's own answers to the same tasks.
"""

import asyncio
import copy
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.utils import timezone

from assist.learning import (
    canary,
    evaluation,
    follow,
    recipe_process,
    shadow,
    snapshots,
    training,
    waiting_candidates,
)
from assist.learning.search import searches, trials
from assist.models import Deployment, Evaluation, Rollout, TrainingRun
from assist.registry import registry
from assist.runtime.client import RuntimeClient
from assist.suggestions import follow as outcomes
from benchmarks.loop.people import Done, People, shown
from benchmarks.loop.row import Row
from projects import queue
from projects.configuration import configure
from projects.data.media import assets
from projects.data.media.pictures import read_picture
from projects.models import Batch, Project, SecondLook, Task
from projects.reports import verdict_index
from taskers.errors import StateConflict
from taskers.models import Person
from tests.support import make
from tests.support.assist.running import running

PEOPLE = 6
ROUND, LOOK = 250, 50  # tasks: between two models, between two looks at a canary
CONTROL = 0.2  # of the work: goes without the copilot
AUDITS = 0.02  # of the verdicts, with models and without: what a project has unless it says more
TRIALS, MARGIN = 3, 0.2  # of a search; of a canary (twice its usual: this project has but a thousand tasks)
ASKED = 0.6
SETTLED = timedelta(minutes=2)  # a canary reads work once it is that old


@dataclass(frozen=True)
class Thing:
    """What a task shows, a text or the file of an image, and what is true of it."""

    true: Any
    text: str = ""
    image: bytes = b""


@dataclass(frozen=True)
class Material:
    """What is labelled, by whom, and what learns from it. `model`: what the runtime serves; `first`: whether it has to
    be deployed, since nothing answers such tasks by itself. `things`: so many, by a seed."""

    name: str
    task_type: str
    labels: Mapping[str, str]  # key -> name
    people: type[People]
    recipe: str
    model: str
    things: Callable[[int, int], Sequence[Thing]]
    first: bool = False


def loaded(batch: Batch, things: Sequence[Thing]) -> dict[str, Any]:
    """Make tasks of them, to be handed out in this order; what is true of each, by what its task shows."""
    pictures = [read_picture(one.image) if one.image else None for one in things]
    there = assets.store(batch.project.organization, filter(None, pictures))
    payloads = [
        {"asset": picture.sha256, "width": picture.width, "height": picture.height} if picture else {"text": one.text}
        for one, picture in zip(things, pictures, strict=True)
    ]
    rows = [
        Task(
            project=batch.project,
            batch=batch,
            asset=there.get(str(payload.get("asset"))),
            external_id=str(at),
            payload=payload,
            payload_hash=sha256(shown(payload).encode()).hexdigest(),
            wanted=1,
        )
        for at, payload in enumerate(payloads)
    ]
    made = Task.objects.bulk_create(rows)
    queue.open_slots([one.pk for one in made])
    make.in_order(made)
    return {shown(payload): one.true for payload, one in zip(payloads, things, strict=True)}


class Whole:
    """A project, its people, and the loop that runs beside them."""

    def __init__(self, material: Material, things: Sequence[Thing], address: str, seed: int, terms: "Terms") -> None:
        settings.RUNTIME_ADDRESS = address
        owner = make.organization("Riverside")
        self.material, self.terms = material, terms
        self.mina = make.person("Mina", owner, "manager")
        rates, self.crowd = material.people.error_rates(PEOPLE)
        people = [make.person(f"Person{at}", owner, "tasker") for at in range(len(rates))]
        labels = [{"key": key, "name": name} for key, name in material.labels.items()]
        said = {"wanted": 1, "copilot": False, "labels": labels, "audit_share": AUDITS}
        self.project: Project = make.project(owner, material.name, material.task_type, **said)
        self.truth = loaded(make.batch(self.project), things)
        self.loop, self.client, rng = asyncio.new_event_loop(), RuntimeClient(address), np.random.default_rng(seed)
        self.people = material.people(
            self.project, people, rates, self.truth, list(material.labels), self.client, self.loop, rng
        )
        self.tasks, self.done, self.audited = len(things), Done(material.people.COSTS), 0

    def close(self) -> None:
        """Hang up."""
        self.loop.run_until_complete(self.client.close())
        self.loop.close()

    def rounds(self) -> Iterator[Row]:
        """Work until there is none, with a model after each round; what became of each."""
        if self.terms.unaided:
            self._worked(self.terms.unaided)
            yield self._curve("unaided", Done(self.done.costs))
        configure.change(self.project, self.mina, copilot=True, control_share=self.terms.control / 100)
        if self.material.first:
            version = registry.model_version(self.material.model)
            registry.deploy(self.project, version, share=100, by=self.mina, grounds=registry.FIRST)
        more, number = self.terms.unaided < self.tasks, 0
        while more:
            if self.done.tasks:
                yield from self._improved(number)
            before, number = copy.deepcopy(self.done), number + 1
            more = self._worked(self.terms.each) and self.done.tasks < self.tasks
            yield self._curve(f"round {number}", before)

    def _worked(self, number: int) -> bool:
        """Let people work, and look at what is on its way; whether there is more."""
        for _part in range(0, number, LOOK):
            more = self.people.work(LOOK, self.done) == LOOK
            for reader in (verdict_index.catch_up, outcomes.settle_outcomes):
                while reader():
                    pass
            self._taught()
            waiting_candidates.settle()
            for rollout in Rollout.objects.filter(project=self.project, state__in=canary.RUNNING):
                canary.move(rollout.pk, now=timezone.now() + SETTLED)
                shadow.run(rollout.pk)
            if not more:
                return False
        return True

    def _taught(self) -> None:
        """What verdicts teach without a training, where enough are new; and what auditors look at."""
        for one in follow.TAUGHT[self.project.task_type]:
            if one.due(self.project):
                one.learn(self.project)
        looks = SecondLook.objects.filter(project=self.project, reason="audit", pk__gt=self.audited).order_by("pk")
        for look in looks.select_related("task"):
            self.done.audited(self.people.looked_at(self.truth[shown(look.task.payload)]))
            self.audited = look.pk

    def _improved(self, number: int) -> Iterator[Row]:
        """Snapshot, search, training, evaluation and, where it passed, a canary."""
        what = f"after round {number}, {self.done.tasks} tasks"
        if Rollout.objects.filter(project=self.project, state__in=canary.RUNNING).exists():
            yield Row(what, "", "a version is on its way still: none is trained")
            return
        run = _trained(self.project, self.mina, self.material.recipe, number, self.terms.most)
        if run.version is None:
            yield Row(what, "", f"no model: {run.reason}")
            return
        yield Row(what, "", f"{_figures(run)}, on the validation split, as decided")
        made = evaluation.begin(self.project, run.version, by=self.mina)
        evaluation.run(made.pk)
        made.refresh_from_db()
        yield Row(f"the gate, {made.tasks} blind tasks", "", _answer(made))
        with suppress(StateConflict):
            if made.outcome == Evaluation.Outcome.PASSED:
                canary.begin(made, by=self.mina, margin=MARGIN)

    def _curve(self, what: str, before: Done) -> Row:
        """Seconds and quality of one stretch."""
        done = self.done.since(before)
        tasks = max(done.tasks, 1)
        now, alone = (done.seconds(each, done.costs) / tasks for each in (done.work, done.work_alone))
        good = done.good / done.offers if done.offers else float("nan")
        cost = f"{now:.2f} s a task, alone {alone:.2f}; help with {done.helped / tasks:.0%}"
        right = f"right {done.score.f1:.1%}, alone {done.score_alone.f1:.1%}"
        ratio = f"ratio {done.ratio():.2f}, so far {self.done.ratio():.2f}"
        return Row(
            f"{what}: {done.tasks} tasks", "", f"{cost}; {good:.1%} of {done.offers} offers right; {right}; {ratio}"
        )


@dataclass(frozen=True)
class Terms:
    """How the loop is run: tasks before any help, tasks between two models, trials of a search, and how much of the
    work goes without the copilot, in percent."""

    unaided: int = 0
    each: int = ROUND
    most: int = TRIALS
    control: int = round(100 * CONTROL)


def _trained(project: Project, by: Person, recipe: str, seed: int, most: int) -> TrainingRun:
    """A model by the settings that a search found best."""
    taken = snapshots.take(project, by=by)
    snapshots.run(taken.pk)
    taken.refresh_from_db()
    search = searches.begin(taken, recipe, by=by, most=most, minutes=30, seed=seed)
    while (waiting := search.trials.filter(state="waiting").first()) is not None:
        trials.run(waiting.pk)
    if searches.winner(search) is None:
        search.refresh_from_db()
        return TrainingRun(reason=search.reason)
    run = searches.train_winner(search, by=by)
    training.run(run.pk)
    run.refresh_from_db()
    return run


def _figures(run: TrainingRun) -> str:
    """What the recipe says of the model, and of what stands beside it."""
    kinds = {who: some for who, some in run.metrics.items() if not {"train", "validation"} & some.keys()}
    return ", ".join(f"{who} {name} {value:.3f}" for who, some in kinds.items() for name, value in some.items())


def _answer(made: Evaluation) -> str:
    found = made.findings[0] if made.findings else {"candidate": float("nan"), "champion": float("nan")}
    said = f"candidate {found['candidate']:.3f}, champion {found['champion']:.3f} ({made.champion})"
    if made.findings:
        said += f", {found['groups']} groups, difference {found['low']:+.3f} to {found['high']:+.3f}"
    return f"{made.outcome or made.state}: {said}. {made.reason}"


def _history(project: Project) -> Iterable[Row]:
    for rollout in Rollout.objects.filter(project=project).order_by("pk"):
        steps = ", ".join(
            f"{one.kind} {one.share} % {one.reason} {one.harm}".strip() for one in rollout.timeline.order_by("number")
        )
        yield Row(f"rollout of {rollout.version}", "", steps)
    rows = Deployment.objects.filter(project=project)
    yield Row(
        "deployments, each with its basis", "", ", ".join(sorted(set(rows.values_list("basis", flat=True)))) or "none"
    )


def rows_of(material: Material, tasks: int, seed: int, terms: Terms) -> Iterator[Row]:
    """The rounds, and what the whole cost."""
    recipe_process.LOWEST = 0  # people's seconds are made up here, so nobody has to be let go first
    things = material.things(tasks, seed)
    with (
        tempfile.TemporaryDirectory(prefix="tandem-whole-"),
        running(material.model, weights=Path(settings.MODELS_DIR)) as runtime,
    ):
        runtime.until_ready()
        whole = Whole(material, things, runtime.address, seed, terms)
        yield Row("whose error rates the people have", "", whole.crowd)
        yield from whole.rounds()
        whole.close()
        yield from _history(whole.project)
        yield from _sum(whole.done)


def _sum(done: Done) -> Iterator[Row]:
    own, alone = done.score.f1, done.score_alone.f1
    told = (
        f"{done.ratio():.3f} (right {own:.1%}; without models {alone:.1%}); seconds alone {done.ratio(right=False):.2f}"
    )
    holds = done.ratio() <= ASKED and own >= alone
    yield Row("seconds a right label / without models, no less accurate", f"≤ {ASKED}", told, holds)
    for kind in done.costs:
        found = [done.ratio({**done.costs, kind: done.costs[kind] * times}) for times in (0.5, 2)]
        said = ", ".join(f"{one:.2f}" for one in found)
        yield Row(f"the same with {kind} halved, doubled", "", said)
