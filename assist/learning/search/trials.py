"""One trial: a recipe tried with settings that the search chose, under a lease. With searches.py the only writer of
Search and Trial.

A trial whose worker or process died is tried again with the same settings, a few times. Our rows say what happened;
Optuna's study is told so after each, and whatever it takes for running that isn't has failed (study.settle).
"""

import contextlib
import math
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from assist.learning import pictures, recipe_process, snapshots
from assist.learning.reasons import REASONS
from assist.learning.recipes import RECIPES
from assist.learning.recipes.recipe import Value
from assist.models import Search, Trial
from taskers.errors import Problem

if TYPE_CHECKING:
    from assist.learning.search.study import Study

JOB = "assist.jobs.try_settings"
FOLDERS = "searches"  # one a search, below the data folder
LEASE = timedelta(seconds=60)
BEAT = 5.0  # seconds
PATIENCE = timedelta(minutes=10)  # before a trial that nobody takes up is announced again
MOST_ATTEMPTS = 3
HOPELESS = 3  # trials that failed before any came to its end
MOST_REPORTS = 500
WAITING, RUNNING, DONE, PRUNED, FAILED, STOPPED = Trial.State
OPEN = (WAITING, RUNNING)


@dataclass(frozen=True)
class _Ended:
    """How a trial ended."""

    state: str
    reason: str = ""
    value: float | None = None
    metrics: Mapping[str, Any] = field(default_factory=dict)
    again: bool = False  # it was none of its settings' fault


def first(search: Search, parameters: Mapping[str, Value]) -> None:
    """The trial with today's settings, and those beside it."""
    _announced(Trial.objects.create(search=search, number=0, parameters=dict(parameters)))
    _go_on(search)


def locked(key: int) -> Search:
    """The search, which nobody else changes until the transaction ends."""
    return Search.objects.select_for_update(of=("self",)).annotate(now=Now()).get(pk=key)


def drop_waiting(search: Search) -> None:
    """Those that nobody has begun."""
    search.trials.filter(state=WAITING).update(state=STOPPED, ended_at=Now())


def run(key: int) -> str:
    """Try; returns how it ended, "" where it isn't to be tried now. Asking twice does no harm."""
    rows = Trial.objects.filter(pk=key, state=WAITING)
    if not rows.update(state=RUNNING, attempts=F("attempts") + 1, beat_at=Now(), began_at=Now(), curve=[]):
        return ""
    found = Trial.objects.select_related("search__project__organization", "search__snapshot__project").get(pk=key)
    Search.objects.filter(pk=found.search_id, began_at=None).update(began_at=Now())
    with _study(found.search) as study:
        try:
            ended = _tried(found, study)
        except Problem as problem:
            ended = _Ended(FAILED, problem.text)
        except OSError as problem:
            ended = _Ended(FAILED, REASONS["unwritten"] % {"why": problem.strerror or problem})
        state = _end(found, ended)
        _tell(found.search, study)
    return state


def sweep() -> int:
    """See to the trials of workers that died, and announce anew what nobody takes up; returns how many."""
    lost = Trial.objects.filter(state=RUNNING, beat_at__lt=Now() - LEASE).select_related("search")
    seen = 0
    for trial in lost:
        seen += bool(_end(trial, _Ended(FAILED, REASONS["worker-died"], again=True)))
        with _study(trial.search) as study:
            _tell(trial.search, study)
    for trial in Trial.objects.filter(state=WAITING, beat_at__lt=Now() - PATIENCE):
        _announced(trial)
    _clear()
    return seen


def _clear() -> None:
    """Take away what trials of searches shared that are over, where whoever was to do it was cut off."""
    root = Path(settings.DATA_DIR) / FOLDERS
    there = list(root.iterdir()) if root.is_dir() else []  # first these: a search is known before it has a folder
    if not there:
        return
    running = Search.objects.filter(Q(state=Search.State.RUNNING) | Q(trials__state=RUNNING))
    needed = {str(key) for key in running.values_list("public_id", flat=True)}
    for one in there:
        if one.name not in needed:
            shutil.rmtree(one, ignore_errors=True)


def _tried(found: Trial, study: "Study") -> _Ended:
    """Let the recipe run with its settings."""
    search, recipe = found.search, RECIPES[found.search.recipe]
    ahead = _chosen(found, study)
    if not ahead:
        return _Ended(STOPPED)
    told = {
        "recipe": search.recipe,
        "label_map": dict(search.project.settings_now().label_mapping),
        "parameters": found.parameters,
        "seed": search.seed,
        "kept": str(_folder(search)),
        "models": str(settings.MODELS_DIR),
    }
    listener = _Listener(found, study if recipe.prunes and found.number else None, _seconds_left(search))
    lines = _snapshot(search)
    if recipe.pictures:
        laid = _pictures(search, lines, listener)
        if laid is None:
            return listener.why
        told["pictures"] = str(laid)
    with tempfile.TemporaryDirectory(prefix="tandem-trial-") as place:
        recipe_process.instruct(Path(place), lines, told)
        outcome = recipe_process.executor().run(Path(place), listener.heard)
        if outcome.stopped:
            return listener.why
        if outcome.reason:
            return _Ended(FAILED, outcome.reason, again=outcome.killed)
        metrics = recipe_process.made_in(Path(place))["metrics"]
    value = metrics.get("model", {}).get(recipe.figure)
    if value is None or not math.isfinite(value):
        return _Ended(FAILED, REASONS["no-number"])
    return _Ended(DONE, value=float(value), metrics=metrics)


def _chosen(found: Trial, study: "Study") -> bool:
    """Give a trial its settings; those that it had before it was lost stay. Whether the search still goes on."""
    from assist.learning.search.study import chance

    with transaction.atomic():
        search = locked(found.search_id)
        if search.state != Search.State.RUNNING:
            return False
        study.settle(_known(search, found.pk))
        recipe = RECIPES[search.recipe]
        number, chosen = study.ask(chance(search.seed, found.number), found.parameters)
        usual = search.trials.get(number=0).parameters
        found.parameters = {name: chosen.get(name, usual[name]) for name in recipe.parameters}
        found.asked = number
        Trial.objects.filter(pk=found.pk).update(parameters=found.parameters, asked=number)
    return True


class _Listener:
    """Hears a trial's process: writes down what it reports, keeps the lease, and says when to stop and why."""

    def __init__(self, found: Trial, study: "Study | None", seconds: float) -> None:
        self._found, self._study = found, study
        self._over = time.monotonic() + seconds
        self._beat = time.monotonic()
        self._reports: list[Mapping[str, Any]] = []
        self.why = _Ended(STOPPED)

    def heard(self, said: Mapping[str, Any] | None) -> bool:
        """Whether it is to go on."""
        if time.monotonic() > self._over:
            self.why = _Ended(STOPPED, REASONS["time"])
            return False
        mine = Trial.objects.filter(pk=self._found.pk, state=RUNNING, attempts=self._found.attempts)
        if said is not None:
            self._reports = [*self._reports, said][-MOST_REPORTS:]
            figure = said["validation"]
            if figure is not None and self._study and self._study.poor(self._found.asked or 0, said["step"], figure):
                self.why = _Ended(PRUNED)
                return False
        if said is not None or time.monotonic() - self._beat > BEAT:
            self._beat = time.monotonic()
            mine.update(beat_at=Now(), curve=self._reports)
        return mine.filter(search__state=Search.State.RUNNING).exists()


def _end(found: Trial, ended: _Ended) -> str:
    """Write down how it ended and go on with the search; returns the state, "" where somebody else has it by now."""
    with transaction.atomic():
        search = locked(found.search_id)
        mine = Trial.objects.filter(pk=found.pk, state=RUNNING, attempts=found.attempts)
        over = search.state != Search.State.RUNNING
        state: str = ended.state
        if ended.again and not over and found.attempts < MOST_ATTEMPTS:
            state = WAITING
            done = mine.update(state=state, reason=ended.reason[:300], beat_at=Now())
            if done:
                _announced(found)
        else:
            state = STOPPED if over and ended.state == FAILED else ended.state
            done = mine.update(
                state=state, reason=ended.reason[:300], value=ended.value, metrics=ended.metrics, ended_at=Now()
            )
        _go_on(search)
    return state if done else ""


def _go_on(search: Search) -> None:
    """Open the trials that come next, or end the search. The search is locked."""
    if search.state != Search.State.RUNNING:
        return
    rows = list(search.trials.order_by("number"))
    ahead, failed = sum(one.state in OPEN for one in rows), [one for one in rows if one.state == FAILED]
    hopeless = len(failed) >= HOPELESS and len(failed) == len(rows) - ahead
    over = hopeless or _seconds_left(search) <= 0
    while not over and ahead < search.at_once and len(rows) < search.trials_wanted:
        rows.append(Trial.objects.create(search=search, number=len(rows)))
        _announced(rows[-1])
        ahead += 1
    if over:
        drop_waiting(search)
        ahead = sum(one.state == RUNNING for one in rows)
    if ahead:
        return
    came = any(one.state == DONE for one in rows)
    reason = "" if came else (failed[-1].reason if failed else REASONS["no-trial"])
    state = Search.State.DONE if came else Search.State.FAILED
    Search.objects.filter(pk=search.pk).update(state=state, reason=reason, ended_at=Now())


def _seconds_left(search: Search) -> float:
    """Of its time, which begins with its first trial."""
    known = Search.objects.annotate(now=Now()).get(pk=search.pk)
    gone = (known.now - known.began_at).total_seconds() if known.began_at else 0.0
    return search.minutes * 60 - gone


def _tell(search: Search, study: "Study") -> None:
    """Let Optuna know how our trials stand, and write down what matters by now."""
    with transaction.atomic():
        now = locked(search.pk)
        study.settle(_known(now))
        Search.objects.filter(pk=search.pk).update(importance=study.importance())
    if now.state != Search.State.RUNNING:
        shutil.rmtree(_folder(search), ignore_errors=True)


def _known(search: Search, but: int = 0) -> dict[int, Any]:
    """By Optuna's numbers how our trials stand."""
    from assist.learning.search.study import Told

    rows = search.trials.exclude(pk=but).exclude(asked=None)
    return {one.asked: Told(one.state, one.value) for one in rows if one.state != WAITING and one.asked is not None}


@contextlib.contextmanager
def _study(search: Search) -> Any:
    from assist.learning.search import study  # takes long to load, and nobody but this needs it

    with study.opened(str(search.public_id), RECIPES[search.recipe].parameters) as found:
        yield found


def _folder(search: Search) -> Path:
    """What the trials of a search share on this machine."""
    place = Path(settings.DATA_DIR) / FOLDERS / str(search.public_id)
    place.mkdir(parents=True, exist_ok=True)
    return place


def _snapshot(search: Search) -> Path:
    """What may be learnt from and what may choose, fetched once."""
    place = _folder(search) / "snapshot.parquet"
    if not place.exists():
        with tempfile.TemporaryDirectory(dir=place.parent) as aside:
            snapshots.learnable(search.snapshot, Path(aside)).replace(place)
    return place


def _pictures(search: Search, lines: Path, listener: _Listener) -> Path | None:
    """The pictures of these lines, laid once; None where the trial is to go on no more."""
    place = _folder(search) / "pictures"
    if place.exists():
        return place
    with tempfile.TemporaryDirectory(dir=place.parent) as aside:
        fresh = Path(aside) / "pictures"
        if not pictures.lay(search.project.organization, lines, fresh, lambda: listener.heard(None)):
            return None
        try:
            fresh.rename(place)
        except OSError:  # another trial was quicker
            if not place.exists():
                raise
    return place


def _announced(trial: Trial) -> None:
    """A worker is to take it up; one that is announced already stays so."""
    name = f"trial:{trial.pk}"
    with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
        app.configure_task(JOB, queue="copilot", queueing_lock=name).defer(trial_key=trial.pk)
