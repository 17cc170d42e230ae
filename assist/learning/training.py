"""A recipe learns from a snapshot, in a process of its own below people's; its model is the organization's alone. The
only writer of TrainingRun.

Nothing is half-registered: a model is written down whole and with its run, and only after its first question is that
one done. Whatever ends a run in between, it is known who taught the model. A run that was killed begins anew, and makes
the same model again.
"""

import json
import platform
import re
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping
from hashlib import sha256
from importlib.metadata import distributions
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Now
from procrastinate.contrib.django import app

from assist.adapters.files import WeightsProblem
from assist.errors import CopilotError
from assist.learning import pictures, recipe_process, snapshot_file, snapshots
from assist.learning.reasons import REASONS
from assist.learning.recipes import RECIPES
from assist.learning.recipes.recipe import Recipe, Value
from assist.models import ModelVersion, Snapshot, TrainingRun
from assist.registry import registry, trial
from projects.configuration.project_events import tell
from projects.errors import Refused
from projects.models import Project, Task
from taskers.errors import Problem, StateConflict
from taskers.models import Person

JOB = "assist.jobs.train"
FAILED_EVENT = "training_failed"
RECIPES_FOLDER = Path(__file__).resolve().parent / "recipes"
FOLDER = "tandem-training-"  # of a run, named by it
LEFT = re.compile(f"{FOLDER}([0-9a-f]{{32}})-.*")
TOLD_EVERY = 1.0  # seconds
MOST_REPORTS = 500  # kept of a run
LICENCE = "The organization's own"  # unless the recipe says more
BATCHES = 50  # of a project, the newest: what they hold says which recipes there are
OPEN = (TrainingRun.State.WAITING, TrainingRun.State.RUNNING)
RUNNING, DONE, STOPPED, FAILED = (TrainingRun.State[name] for name in ("RUNNING", "DONE", "STOPPED", "FAILED"))


class _Ended(Exception):
    """The run is over without a model."""

    def __init__(self, state: str, reason: str = "") -> None:
        self.state, self.reason = state, reason
        super().__init__(reason)


def recipes_for(project: Project) -> list[str]:
    """The keys of the recipes that can make something of a project's verdicts: of those of images, and of those of
    something else, as it has tasks of either."""
    shown = shows(project) or {True, False}
    return [key for key, one in RECIPES.items() if project.task_type in one.task_types and one.pictures in shown]


def shows(project: Project) -> set[bool]:
    """Whether its tasks show images, by the first of each of its newest batches: a batch is loaded from one kind of
    file. Nothing where no task is there."""
    firsts = Task.objects.filter(batch=OuterRef("pk")).order_by("pk").values("asset")[:1]
    batches = project.batches.order_by("-pk").annotate(asset=Subquery(firsts), filled=Exists(firsts))[:BATCHES]
    return {one.asset is not None for one in batches if one.filled}


@transaction.atomic
def begin(
    snapshot: Snapshot, key: str, *, by: Person, parameters: Mapping[str, Value] | None = None, seed: int = 0
) -> TrainingRun:
    """Have a recipe learn from a snapshot; a worker does it. What isn't chosen is as usual.

    Raises StateConflict where the snapshot can't be learnt from, Refused for parameters that aren't the recipe's.
    """
    project = snapshot.project
    if snapshot.state != Snapshot.State.READY:
        raise StateConflict("This snapshot is not ready.")
    snapshots.check_whole(snapshot)
    if key not in recipes_for(project):
        raise Refused("There is no such recipe for these tasks.", code="unknown-recipe", place="recipe")
    chosen = checked(RECIPES[key], parameters or {})
    Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    if TrainingRun.objects.filter(project=project, state__in=OPEN).exists():
        raise StateConflict("A model of this project is being trained already.")
    made = TrainingRun.objects.create(
        project=project,
        snapshot=snapshot,
        recipe=key,
        parameters=chosen,
        seed=seed,
        code=_code(),
        packages=_packages(),
        asked_by=by,
    )
    hand_over(made.pk, project.pk)
    return made


def hand_over(key: int, project: int) -> None:
    """Have a worker see to it, one of a project at a time."""
    app.configure_task(JOB, queue="copilot", lock=f"train:{project}").defer(run_key=key)


def checked(found: Recipe, said: Mapping[str, Value]) -> dict[str, Value]:
    """What was chosen, and the rest as usual. Raises Refused for what isn't the recipe's."""
    for name, value in said.items():
        known = found.parameters.get(name)
        if known is None:
            raise Refused("“%(name)s” is no parameter of this.", code="unknown-parameter", place=name, name=name)
        if isinstance(known.usual, bool) is not isinstance(value, bool) or isinstance(value, str):
            raise Refused("“%(name)s” is of another kind.", code="wrong-shape", place=name, name=name)
        if not isinstance(value, bool) and not known.least <= float(value) <= known.most:
            text = "“%(name)s” lies between %(least)s and %(most)s."
            raise Refused(text, code="out-of-range", place=name, name=name, least=known.least, most=known.most)
    return {name: known.usual for name, known in found.parameters.items()} | dict(said)


def _code() -> str:
    """The sha256 of all that a recipe is made of."""
    files = sorted(RECIPES_FOLDER.glob("*.py"))
    return sha256(b"".join(one.name.encode() + b"\0" + one.read_bytes() for one in files)).hexdigest()


def _packages() -> str:
    """The sha256 of what is installed, by name and version."""
    lines = sorted({f"{one.name}=={one.version}" for one in distributions()})
    return sha256("\n".join(lines).encode()).hexdigest()


def stop(run: TrainingRun) -> None:
    """Let go of a run; what waits ends at once. Raises StateConflict where it is over."""
    waiting = TrainingRun.objects.filter(pk=run.pk, state=TrainingRun.State.WAITING)
    if waiting.update(state=STOPPED, ended_at=Now()):
        return
    if not TrainingRun.objects.filter(pk=run.pk, state=RUNNING).update(stop_asked=True):
        raise StateConflict("This run is over.")


def run(key: int) -> str:
    """Train; returns how it ended. One that was killed begins anew; asking twice does no harm."""
    open_ones = TrainingRun.objects.filter(pk=key, state__in=OPEN)
    if not open_ones.update(state=RUNNING, began_at=Now(), progress={}, curve=[], host=platform.node()[:100]):
        return ""
    found = TrainingRun.objects.select_related("project__organization", "snapshot__project", "asked_by").get(pk=key)
    with tempfile.TemporaryDirectory(prefix=f"{FOLDER}{found.public_id.hex}-") as place:
        try:
            metrics = _trained(found, Path(place))
        except _Ended as ended:
            _end(found, ended.state, reason=ended.reason)
            return ended.state
        except (Problem, CopilotError) as problem:
            _end(found, FAILED, reason=problem.text)
            return FAILED
        except WeightsProblem as problem:
            _end(found, FAILED, reason=str(problem))
            return FAILED
        except OSError as problem:
            _end(found, FAILED, reason=REASONS["unwritten"] % {"why": problem.strerror or problem})
            return FAILED
    _end(found, DONE, metrics=metrics)
    return DONE


def clear() -> None:
    """Take away what killed workers left of runs that are over: images may be among it."""
    left = [(one, LEFT.fullmatch(one.name)) for one in Path(tempfile.gettempdir()).glob(f"{FOLDER}*")]
    places = [(place, UUID(named[1])) for place, named in left if named]
    runs = TrainingRun.objects.filter(public_id__in=[key for _, key in places])
    over = set(runs.exclude(state__in=OPEN).values_list("public_id", flat=True))
    for place, key in places:
        if key in over:
            shutil.rmtree(place, ignore_errors=True)


def _trained(found: TrainingRun, place: Path) -> dict[str, Any]:
    told = {
        "recipe": found.recipe,
        "label_map": dict(found.project.settings_now().label_mapping),
        "parameters": found.parameters,
        "seed": found.seed,
        "models": str(settings.MODELS_DIR),
    }
    lines = snapshots.learnable(found.snapshot, place)
    if RECIPES[found.recipe].pictures:
        told["pictures"] = str(place / "pictures")
        organization = found.project.organization
        if not pictures.lay(organization, lines, place / "pictures", lambda: not _stop_asked(found)):
            raise _Ended(STOPPED)
    recipe_process.instruct(place, lines, told)
    _watched(found, place)
    made = recipe_process.made_in(place)
    folder = recipe_process.model_in(place)
    _write_manifest(found, folder, made["manifest"])
    models = Path(settings.MODELS_DIR)
    version = trial.ask(_brought(found, models, folder), models)
    if version.smoke != ModelVersion.Smoke.PASSED:
        raise _Ended(FAILED, REASONS["dumb"] % {"why": version.smoke_said})
    figures = {f"{who} {name}": value for who, some in made["metrics"].items() for name, value in some.items()}
    registry.measured(version, figures)
    return made["metrics"]


@transaction.atomic
def _brought(found: TrainingRun, models: Path, folder: Path) -> ModelVersion:
    """The model, written down with its run: from the first moment on it is known on whose verdicts it rests."""
    version = registry.bring(models, folder, organization=found.project.organization)
    TrainingRun.objects.filter(pk=found.pk).exclude(state=DONE).update(version=version)
    return version


def _watched(found: TrainingRun, place: Path) -> None:
    """Let the recipe's process run to its end, telling how far it is. Raises _Ended."""
    curve = _Curve(found)

    def heard(said: Mapping[str, Any] | None) -> bool:
        if said is not None:
            curve.add(said)
        return not _stop_asked(found)

    outcome = recipe_process.executor().run(place, heard)
    if outcome.stopped:
        raise _Ended(STOPPED)
    if outcome.reason:
        raise _Ended(FAILED, outcome.reason)


def _stop_asked(found: TrainingRun) -> bool:
    return TrainingRun.objects.filter(pk=found.pk, stop_asked=True).exists()


class _Curve:
    """The reports of a run, written down as they come; of a second that has many, the last is kept."""

    def __init__(self, found: TrainingRun) -> None:
        self._run, self._reports, self._at = found.pk, list[Mapping[str, Any]](), -TOLD_EVERY

    def add(self, said: Mapping[str, Any]) -> None:
        """One more."""
        now = time.monotonic()
        soon = now - self._at < TOLD_EVERY
        self._reports = [*self._reports[: -1 if soon else None], said][-MOST_REPORTS:]
        if soon and said["step"] != said["of"]:
            return
        self._at = now
        TrainingRun.objects.filter(pk=self._run, state=RUNNING).update(progress=said, curve=self._reports)


def _write_manifest(found: TrainingRun, folder: Path, told: Mapping[str, Any]) -> None:
    """`model.toml` of what was made, beside its files."""
    files = {one.relative_to(folder).as_posix(): one for one in sorted(folder.rglob("*")) if one.is_file()}
    lines = [
        f"name = {json.dumps(f'{found.recipe}-{found.project.public_id.hex[:8]}')}",
        f"version = {json.dumps(found.public_id.hex[:12])}",
        f"capability = {json.dumps(told['capability'])}",
        f"adapter = {json.dumps(told['adapter'])}",
        f"licence = {json.dumps(told.get('licence', LICENCE))}",
        f"source = {json.dumps(f'trained on snapshot {found.snapshot.sha256[:12]}')}",
        f"parent = {json.dumps(told.get('parent', ''))}",
        *(f"{name} = {json.dumps(told[name])}" for name in ("labels",) if name in told),
        "[files]",
        *(f"{json.dumps(name)} = {json.dumps(snapshot_file.digest(path))}" for name, path in files.items()),
    ]
    for table in ("input", "options", "label_map"):
        rows = told.get(table, {}).items()
        lines += [f"[{table}]", *(f"{json.dumps(name)} = {json.dumps(one)}" for name, one in rows)]
    (folder / "model.toml").write_text("\n".join(lines) + "\n")


def _end(found: TrainingRun, state: str, *, reason: str = "", **told: Any) -> None:
    rows = TrainingRun.objects.filter(pk=found.pk, state=RUNNING)
    with transaction.atomic():
        if rows.update(state=state, reason=reason[:300], ended_at=Now(), **told) and state == FAILED:
            tell(FAILED_EVENT, found.project, found.asked_by, run=str(found.public_id))


def open_keys() -> Iterable[tuple[int, int]]:
    """The runs that aren't over, each with its project."""
    return TrainingRun.objects.filter(state__in=OPEN).values_list("pk", "project_id")


def give_up(key: int, reason: str) -> None:
    """End a run that nobody brings to its end, and say why."""
    TrainingRun.objects.filter(pk=key, state=TrainingRun.State.WAITING).update(state=RUNNING)
    found = TrainingRun.objects.select_related("project__organization", "asked_by").get(pk=key)
    _end(found, FAILED, reason=reason)


def of(project: Project) -> QuerySet[TrainingRun]:
    """A project's runs, the newest first, without their curves."""
    rows = TrainingRun.objects.filter(project=project).select_related("snapshot", "version", "asked_by")
    return rows.defer("curve").order_by("-pk")
