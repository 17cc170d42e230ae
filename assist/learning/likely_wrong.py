"""Verdicts that are likely wrong: models that hadn't seen them say otherwise. The only writer of LabelCheck.

Nothing is changed by it. Whoever looks after models may ask reviewers for a second look at those.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from procrastinate.contrib.django import app

from assist.errors import CopilotError
from assist.learning import blind_verdicts, doubts, erased, improve, training
from assist.learning.blind_verdicts import Decided
from assist.learning.reasons import REASONS
from assist.models import ErasedTask, LabelCheck
from assist.runtime.client import RuntimeClient, serving, status_now
from assist.suggestions import choices
from projects.configuration.project_events import tell
from projects.models import Project, Verdict
from projects.quality import second_looks
from taskers.errors import Problem, StateConflict
from taskers.models import Person
from taskers.models.limits import Between

JOB = "assist.jobs.check_labels"
FOUND = "likely_wrong_found"  # the event: verdicts are likelier wrong than right
NEWEST = 5_000  # verdicts
PORTION = 64  # texts at once, so that people's own questions come in between
LEAST = 50  # verdicts of a field that are worth asking a model of
KEPT = 500  # of the likeliest
LOOKS = Between(1, 100)  # at once
NEITHER, BOTH = 0.01, 0.99  # what a score counts for at least and at most


class Nothing(Problem):
    """There is nothing yet that could doubt a verdict."""


@transaction.atomic
def begin(project: Project, *, by: Person) -> LabelCheck:
    """Have verdicts checked; a worker does it. Raises StateConflict while one is under way."""
    try:
        with transaction.atomic():
            made = LabelCheck.objects.create(project=project, begun_by=by)
    except IntegrityError:
        raise StateConflict("Verdicts of this project are being checked already.") from None
    hand_over(made.pk, project.pk)
    return made


def hand_over(key: int, project: int) -> None:
    """Have a worker see to it, one of a project at a time."""
    app.configure_task(JOB, queue="copilot", lock=f"check:{project}").defer(check_key=key)


def run(key: int) -> int:
    """Check; returns how many verdicts there were. One that was killed begins anew; asking twice does no harm."""
    running = LabelCheck.objects.filter(pk=key, state=LabelCheck.State.RUNNING)
    check = running.select_related("project", "begun_by").first()
    if check is None:
        return 0
    try:
        told = _by_classes(check.project) if _has_classes_of_texts(check.project) else _by_scores(check.project)
    except (CopilotError, Problem) as problem:
        _end(check, state=LabelCheck.State.FAILED, reason=problem.text[:300])
        return 0
    _end(check, state=LabelCheck.State.DONE, **told)
    return told["checked"]


def _has_classes_of_texts(project: Project) -> bool:
    return project.task_type == "classification" and training.shows(project) != {True}


def _by_classes(project: Project) -> dict[str, Any]:
    """Texts with fields to choose from: heads on the sentence model's vectors, fold by fold."""
    decided = [one for one in blind_verdicts.newest(project, NEWEST) if one.task.payload.get("text")]
    fields = choices.of(project, project.settings_now())
    if not fields or len(decided) < LEAST:
        raise Nothing(REASONS["few-decided"], least=LEAST)
    vectors = _vectors([str(one.task.payload["text"]) for one in decided])
    folds, found, curves = doubts.folds_of([one.group for one in decided]), list[dict[str, Any]](), list[Any]()
    for field in fields:
        places = {label: place for place, label in enumerate(field.phrases)}
        own = np.array([places.get(_label(one, field.field), -1) for one in decided])
        used = np.flatnonzero(own >= 0)
        if len(used) < LEAST:
            continue
        told = doubts.shares(vectors[used], own[used], folds[used], len(places))
        sure = np.array([decided[at].entry.verdict.confidence for at in used])
        doubted = doubts.doubt(told, own[used], sure)
        names = list(places)
        for at, right, instead in zip(used, doubted.right, doubted.instead, strict=True):
            found.append(_found(decided[at], float(right), f"{field.field}: {names[instead]}"))
        curves = curves or [
            [number, round(share, 4)] for number, share in doubts.curve(vectors[used], own[used], folds[used])
        ]
    return {"checked": len(decided), "found": _likeliest(found), "curve": curves}


def _label(one: Decided, field: str) -> str:
    value = next((part["value"] for part in one.answer["fields"] if part["field"] == field), "")
    return value[-1] if isinstance(value, list) and value else str(value)


def _vectors(texts: Sequence[str]) -> np.ndarray:
    """Of the model that every project has: none that learnt from these verdicts. Raises CopilotError."""
    status = status_now(settings.RUNTIME_ADDRESS, 5.0)
    if status is None:
        raise CopilotError("copilot-down")
    key = serving(status, "classify")

    async def asked() -> np.ndarray:
        client = RuntimeClient(settings.RUNTIME_ADDRESS)
        try:
            portions = [texts[at : at + PORTION] for at in range(0, len(texts), PORTION)]
            return np.concatenate([await client.vectors(key, some) for some in portions])
        finally:
            await client.close()

    return asyncio.run(asked())


def _by_scores(project: Project) -> dict[str, Any]:
    """Other tasks, classes of images among them: where neither model of the newest evaluation says what was decided.
    Neither had seen these."""
    measured = improve.measured(project)
    if measured is None:
        raise Nothing(REASONS["no-evaluation"])
    rows = list(measured.evaluation.scores.exclude(task__in=erased.tasks(project)))
    verdicts = Verdict.objects.current().in_bulk([one.verdict for one in rows])
    found = []
    for row in rows:
        verdict = verdicts.get(row.verdict)
        if verdict is not None:
            agreed = min(max(row.candidate, row.champion, NEITHER), BOTH)
            people = min(verdict.confidence, doubts.SUREST)
            right = agreed * people / (agreed * people + (1 - agreed) * (1 - people))
            found.append({"verdict": verdict.pk, "task": row.task, "right": round(right, 4), "instead": ""})
    return {"checked": len(found), "found": _likeliest(found), "curve": []}


def _found(one: Decided, right: float, instead: str) -> dict[str, Any]:
    return {"verdict": one.entry.verdict_id, "task": one.task.pk, "right": round(right, 4), "instead": instead}


def _likeliest(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that are likelier wrong than right, the likeliest first, each verdict once."""
    first: dict[int, dict[str, Any]] = {}
    for one in sorted(found, key=lambda row: (row["right"], row["verdict"])):
        if one["right"] < 0.5:
            first.setdefault(one["verdict"], one)
    return list(first.values())[:KEPT]


@transaction.atomic
def _end(check: LabelCheck, **told: Any) -> None:
    running = LabelCheck.objects.filter(pk=check.pk, state=LabelCheck.State.RUNNING)
    if running.update(ended_at=Now(), **told) and told.get("found"):
        tell(FOUND, check.project, check.begun_by, check=str(check.public_id), verdicts=len(told["found"]))


def open_keys() -> Iterable[tuple[int, int]]:
    """The checks that aren't over, each with its project."""
    return LabelCheck.objects.filter(state=LabelCheck.State.RUNNING).values_list("pk", "project_id")


def give_up(key: int, reason: str) -> None:
    """End one that nobody brings to its end, and say why."""
    found = LabelCheck.objects.select_related("project__organization", "begun_by").get(pk=key)
    _end(found, state=LabelCheck.State.FAILED, reason=reason)


def newest(project: Project) -> LabelCheck | None:
    """The last check of a project, whatever came of it."""
    return LabelCheck.objects.filter(project=project).select_related("begun_by").order_by("-pk").first()


def doubted(check: LabelCheck) -> list[dict[str, Any]]:
    """What a check found, the likeliest wrong first, without what was erased since."""
    rows = ErasedTask.objects.filter(task__in=[one["task"] for one in check.found])
    gone = set(rows.values_list("task", flat=True))
    return [one for one in check.found if one["task"] not in gone]


def open_looks(check: LabelCheck, most: int, *, by: Person) -> int:
    """Ask reviewers for a second look at the likeliest; returns how many are new. Raises StateConflict."""
    if check.state != LabelCheck.State.DONE:
        raise StateConflict("This check is not done.")
    if not LOOKS.holds(most):
        raise StateConflict("From 1 to 100 at once.")
    return second_looks.ask(check.project, {one["verdict"]: one["right"] for one in doubted(check)}, most=most, by=by)
