"""The whole loop on real texts: simulated people label, while verdicts become snapshots, searches, models, evaluations,
canaries and promotions by the product's own verbs, on PostgreSQL and a runtime of its own.

Texts: what SciPy says of its functions, ten classes (texts.py). People: the error rates of a real crowd (people.py).
The run without models is the same people's own answers to the same texts.
"""

import asyncio
import random
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import numpy as np
from django.conf import settings
from django.utils import timezone

from assist.learning import canary, evaluation, label_vectors, recipe_process, shadow, snapshots, training
from assist.learning.search import searches, trials
from assist.models import Deployment, Evaluation, Rollout, TrainingRun
from assist.runtime.client import RuntimeClient
from assist.suggestions import follow
from benchmarks.loop.people import COSTS, Done, People, error_rates
from benchmarks.loop.row import Row
from benchmarks.loop.texts import CLASSES, texts
from projects.configuration import configure
from projects.models import Project
from projects.reports import verdict_index
from taskers.errors import StateConflict
from taskers.models import Person
from tests.support import make
from tests.support.assist.running import running

MODEL, RECIPE = "all-minilm-l6@2", "text-classes"
UNAIDED, ROUND, LOOK = 300, 250, 50  # tasks: before any help, between two models, between two looks at a canary
CONTROL = 0.2  # of the work with a copilot: goes without it
TRIALS, MARGIN = 3, 0.2  # of a search; of a canary (twice its usual: this project has but a thousand tasks)
ASKED = 0.6
SETTLED = timedelta(minutes=2)  # a canary reads work once it is that old


class Whole:
    """A project, its people, and the loop that runs beside them."""

    def __init__(self, tasks: int, address: str, seed: int, most: int) -> None:
        settings.RUNTIME_ADDRESS = address
        told = random.Random(seed).sample(texts(), tasks)
        owner = make.organization("Riverside")
        self.mina = make.person("Mina", owner, "manager")
        rates, self.crowd = error_rates(6)
        people = [make.person(f"Person{at}", owner, "tasker") for at in range(len(rates))]
        self.project = _project(owner, told)
        self.loop = asyncio.new_event_loop()
        rng = np.random.default_rng(seed)
        client = RuntimeClient(address)
        self.people = People(self.project, people, rates, dict(told), list(CLASSES), client, self.loop, rng)
        self.tasks, self.most, self.done = tasks, most, Done()

    def rounds(self, unaided: int, each: int) -> Iterator[Row]:
        """Work until there is none, with a model after each round; what became of each."""
        self._worked(unaided)
        configure.change(self.project, self.mina, copilot=True, control_share=CONTROL)
        yield self._curve("unaided")
        more, number = True, 0
        while more:
            label_vectors.learn(self.project)
            yield from self._improved(number := number + 1)
            before = Done(self.done.work.copy(), self.done.right, self.done.alone, self.done.offers, self.done.good)
            more = self._worked(each) and self.done.tasks < self.tasks
            yield self._curve(f"round {number}", before)

    def _worked(self, number: int) -> bool:
        """Let people work, and look at what is on its way; whether there is more."""
        for _part in range(0, number, LOOK):
            more = self.people.work(LOOK, self.done) == LOOK
            for reader in (verdict_index.catch_up, follow.settle_outcomes):
                while reader():
                    pass
            for rollout in Rollout.objects.filter(project=self.project, state__in=canary.RUNNING):
                canary.move(rollout.pk, now=timezone.now() + SETTLED)
                shadow.run(rollout.pk)
            if not more:
                return False
        return True

    def _improved(self, number: int) -> Iterator[Row]:
        """Snapshot, search, training, evaluation and, where it passed, a canary."""
        what = f"round {number}: after {self.done.tasks} tasks"
        if Rollout.objects.filter(project=self.project, state__in=canary.RUNNING).exists():
            yield Row(what, "", "a version is on its way still: none is trained")
            return
        run = _trained(self.project, self.mina, number, self.most)
        if run.version is None:
            yield Row(what, "", f"no model: {run.reason}")
            return
        figures = {who: some.get("accuracy") for who, some in run.metrics.items()}
        yield Row(
            what,
            "",
            f"model {figures['model']:.3f}, TF-IDF {figures['baseline']:.3f} on the validation split, as decided",
        )
        made = evaluation.begin(self.project, run.version, by=self.mina)
        evaluation.run(made.pk)
        made.refresh_from_db()
        yield Row(f"the gate, {made.tasks} blind tasks", "", _answer(made))
        with suppress(StateConflict):
            if made.outcome == Evaluation.Outcome.PASSED:
                canary.begin(made, by=self.mina, margin=MARGIN)

    def _curve(self, what: str, before: Done | None = None) -> Row:
        """Seconds and quality of one stretch."""
        before = before or Done()
        work = self.done.work - before.work
        tasks, offers = work.total(), self.done.offers - before.offers
        seconds = Done(work).seconds() / max(tasks, 1)
        good = (self.done.good - before.good) / offers if offers else float("nan")
        right = (self.done.right - before.right) / max(tasks, 1)
        alone = (self.done.alone - before.alone) / max(tasks, 1)
        told = f"{seconds:.2f} s a task; offers right {good:.1%} of {offers}; right {right:.1%}, alone {alone:.1%}"
        return Row(f"{what}: {tasks} tasks", "", told)


def _project(owner, told: list[tuple[str, str]]) -> Project:
    labels = [{"key": key, "name": name} for key, name in CLASSES.items()]
    terms = {"wanted": 1, "copilot": False, "labels": labels}
    project = make.project(owner, "Parts of SciPy", "classification", **terms)
    batch = make.batch(project)
    for text, _part in told:
        make.tasks(batch, text=text)
    return project


def _trained(project: Project, by: Person, seed: int, most: int) -> TrainingRun:
    """A model by the settings that a search found best."""
    taken = snapshots.take(project, by=by)
    snapshots.run(taken.pk)
    taken.refresh_from_db()
    search = searches.begin(taken, RECIPE, by=by, most=most, minutes=30, seed=seed)
    while (waiting := search.trials.filter(state="waiting").first()) is not None:
        trials.run(waiting.pk)
    run = searches.train_winner(search, by=by)
    training.run(run.pk)
    run.refresh_from_db()
    return run


def _answer(made: Evaluation) -> str:
    found = made.findings[0] if made.findings else {"candidate": float("nan"), "champion": float("nan")}
    said = f"candidate {found['candidate']:.3f}, champion {found['champion']:.3f} ({made.champion})"
    return f"{made.outcome or made.state}: {said}. {made.reason}"


def _history(project: Project) -> Iterable[Row]:
    for rollout in Rollout.objects.filter(project=project).order_by("pk"):
        steps = ", ".join(
            f"{one.kind} {one.share} % {one.reason}".strip() for one in rollout.timeline.order_by("number")
        )
        yield Row(f"rollout of {rollout.version}", "", steps)
    rows = Deployment.objects.filter(project=project)
    yield Row(
        "deployments, each with its basis", "", ", ".join(sorted(set(rows.values_list("basis", flat=True)))) or "none"
    )


def rows(
    tasks: int = 1_350, seed: int = 5, unaided: int = UNAIDED, each: int = ROUND, most: int = TRIALS
) -> Iterable[Row]:
    """The rounds, and what the whole cost."""
    recipe_process.LOWEST = 0  # people's seconds are made up here, so nobody has to be let go first
    with (
        tempfile.TemporaryDirectory(prefix="tandem-whole-"),
        running(MODEL, weights=Path(settings.MODELS_DIR)) as runtime,
    ):
        runtime.until_ready()
        whole = Whole(tasks, runtime.address, seed, most)
        yield Row("whose error rates the people have", "", whole.crowd)
        yield from whole.rounds(unaided, each)
        yield from _history(whole.project)
        done = whole.done
        plain, own = done.alone / done.tasks, done.right / done.tasks
        told = f"{done.ratio():.2f} (right {own:.1%}; without models {plain:.1%})"
        holds = done.ratio() <= ASKED and own >= plain
        yield Row("seconds a right label / without models, no less accurate", f"≤ {ASKED}", told, holds)
        for kind in COSTS:
            said = [f"{done.ratio(COSTS | {kind: COSTS[kind] * times}):.2f}" for times in (0.5, 2)]
            yield Row(f"the same with {kind} halved, doubled", "", ", ".join(said))
