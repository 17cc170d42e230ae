"""A candidate against the champion: both answer, now, the same tasks that people decided without help. The only writer
of Evaluation.

A job that was killed begins anew: it writes one row, once, at its end.
"""

import asyncio
import contextlib
import logging
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from procrastinate.contrib.django import app

from assist.errors import CopilotError
from assist.learning import (
    blind_verdicts,
    confused,
    costs,
    deciding,
    deciding_gate,
    declared,
    discovered,
    erased,
    figures,
    gate,
    likeness_traits,
    traits,
    worst_cases,
)
from assist.learning.asked import Asked, Heard, Metric, Scores, asked_by
from assist.learning.blind_verdicts import Decided
from assist.learning.gate import Pair
from assist.learning.reasons import REASONS
from assist.learning.scores import MEASURES, Measure, measured_by
from assist.learning.slices import MARKED, slices_of
from assist.learning.timed import Timed
from assist.models import (
    Evaluation,
    EvaluationAnswer,
    EvaluationConfusions,
    EvaluationScore,
    ModelVersion,
    rivals,
)
from assist.registry import lineage, registry, resolution
from assist.runtime.client import serving, status_now
from assist.suggestions import suited
from projects.models import Project, limits
from taskers.errors import StateConflict
from taskers.models import Person
from taskers.models.limits import Between

JOB = "assist.jobs.evaluate"
Could = Callable[[int, float, int], bool]  # by its groups, margin and looks, whether an evaluation could pass any
NEWEST = 2_000  # verdicts, and as many that may judge
MARGINS = Between(0.005, 0.2)
RUNNING, DONE, FAILED = (Evaluation.State[name] for name in ("RUNNING", "DONE", "FAILED"))

log = logging.getLogger(__name__)


@transaction.atomic
def begin(
    project: Project, candidate: ModelVersion, *, by: Person, margin: float = gate.MARGIN, refresh: str = ""
) -> Evaluation:
    """Have a candidate measured against what answers most of the project's work now; a worker does it. `refresh`: why
    it may decide alone though it be no better than that.

    Raises StateConflict where there is nothing to compare, or the same is being measured already.
    """
    registry.check_tried(candidate)
    if candidate.capability not in MEASURES:
        text = "%(model)s can't be measured here yet: it takes two people's word."
        raise StateConflict(text, model=str(candidate))
    before = resolution.champion(project, candidate.capability)
    champion = champion_of(project, candidate)  # may ask the runtime, so nothing is locked yet
    Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    if resolution.champion(project, candidate.capability) != before:
        raise StateConflict("What answers here changed a moment ago: try again.")
    if candidate.removed_at is not None:
        raise StateConflict("%(model)s was removed from this installation.", model=str(candidate))
    if champion == candidate:
        text = "%(model)s is what answers here now: there is nothing to compare it with."
        raise StateConflict(text, model=str(candidate))
    if not MARGINS.holds(margin):
        raise StateConflict("The margin is from half a point to twenty points.")
    if Evaluation.objects.filter(project=project, candidate=candidate, state=RUNNING).exists():
        raise StateConflict("%(model)s is being evaluated already.", model=str(candidate))
    made = Evaluation.objects.create(
        project=project,
        candidate=candidate,
        champion=champion,
        margin=margin,
        refresh=refresh.strip()[: limits.REASON],
        rules=gate.VERSION,
        begun_by=by,
    )
    hand_over(made.pk, project.pk)
    return made


def hand_over(key: int, project: int) -> None:
    """Have a worker see to it, one of a project at a time."""
    app.configure_task(JOB, queue="copilot", lock=f"evaluate:{project}").defer(evaluation_key=key)


def champion_of(project: Project, candidate: ModelVersion) -> ModelVersion:
    """What a candidate has to be measured against: what answers most of what it would suggest. Raises StateConflict
    where there is nothing, or the project has no use for it."""
    suited.check(project, candidate)
    champion = resolution.champion(project, candidate.capability)
    if champion is None and not rivals.comes_along(candidate.capability):
        raise StateConflict("Nothing answers here to compare %(model)s with.", model=str(candidate))
    return champion or _usual(candidate.capability)


def _usual(capability: str) -> ModelVersion:
    status = status_now(settings.RUNTIME_ADDRESS, 2.0)
    if status is None:
        raise StateConflict("The copilot is not running: start it first.")
    try:
        return registry.model_version(serving(status, capability))
    except CopilotError as problem:
        raise StateConflict(problem.text) from None


class Measured(NamedTuple):
    """What is kept of one that came to its end: a row for each task, what was decided of it, what both said, and the
    labels whose regions may be taken for each other (None: all)."""

    rows: Sequence[EvaluationScore]
    decided: Sequence[tuple[int, dict[str, Any]]]
    heard: tuple[Heard, Heard]
    labels: frozenset[str] | None


def run(key: int) -> str:
    """Measure and judge; returns the outcome, "" where there is none. Asking twice does no harm."""
    all_of_them = Evaluation.objects.select_related("project__organization", "candidate", "champion", "begun_by")
    evaluation = all_of_them.filter(pk=key, state=RUNNING).first()
    if evaluation is None:
        return ""
    two = (evaluation.candidate, evaluation.champion)
    decided = blind_verdicts.for_judging(evaluation.project, two, NEWEST)
    blind = [one for one in decided if one.blind]
    looks, bets = (_looks(evaluation, blind, could) for could in (gate.could_pass, gate.could_pass_by_bets))
    judged_on: dict[str, Any] = {"holdout": blind_verdicts.digest(blind), "looks": looks, "bet_looks": bets}
    try:
        both = asked_by(evaluation.project, two, decided, evaluation.begun_at).twice()
        measure, marked = measured_by(*two, both[0]), both[0].marked
        told = _told(blind, asyncio.run(scores_of(*two, both, decided)), marked)
        judged = [one for one, *_ in told]
        found, protected = slices_of(judged, evaluation.project.task_type, marked, declared.lookup(evaluation.project))
        pairs = _pairs(told, found)
        judgement = _judged(evaluation, pairs, protected, MARKED if marked else "", looks, bets)
        beside = _figures(evaluation, measure.figures, both, pairs, told, protected)
        alone = _alone(evaluation, pairs, judgement, _costs(both, told, found, protected), looks)
    except (CopilotError, gate.Unfit) as problem:
        _end(evaluation, state=FAILED, reason=str(problem)[:300], tasks=len(blind), **judged_on)
        return ""
    _end(
        evaluation,
        _measured(_rows(evaluation, told, found), told, both, measure),
        state=DONE,
        measure=measure.key,
        outcome=judgement.outcome.value,
        reason=judgement.reason[:300],
        findings=[_plain(asdict(one)) | {"outcome": str(one.outcome)} for one in judgement.findings],
        figures=[_plain(asdict(one)) for one in beside],
        proposed=_proposed(evaluation, pairs, judged),
        tasks=judgement.findings[0].tasks if judgement.findings else 0,
        **alone,
        unread=sum(any(own.unread(one.task.pk) for own in both) for one in blind),
        **judged_on,
    )
    return judgement.outcome


def _judged(
    evaluation: Evaluation, pairs: Sequence[Pair], protected: Sequence[str], binding: str, looks: int, bets: int
) -> gate.Judgement:
    """The gate's word; what learnt from what was erased since is refused, however well it does, and nothing passes
    while a declared slice can't be looked at."""
    judgement = gate.judge(pairs, slices=protected, binding=binding, margin=evaluation.margin, looks=looks, bets=bets)
    if lineage.rests_on_erased(evaluation.candidate):
        return replace(judgement, outcome=gate.Outcome.REFUSED, reason=REASONS["erased"])
    unread = declared.unread(evaluation.project) if judgement.outcome == gate.Outcome.PASSED else ()
    if unread:
        reason = REASONS["slices-unread"] % {"slices": ", ".join(unread)}
        return replace(judgement, outcome=gate.Outcome.CANNOT_TELL, reason=reason)
    return judgement


def _looks(evaluation: Evaluation, blind: Sequence[Decided], could: Could) -> int:
    """How often these tasks told of a candidate before, by one of the gate's ways. An earlier evaluation counts for the
    share of them that was decided by its end: few fresh verdicts don't make all of them new."""
    moments = [one.entry.verdict.at for one in blind]
    seen = [sum(at <= ended for at in moments) for ended in _told_before(evaluation, could)]
    return math.ceil(sum(seen) / len(moments)) if moments else 0


def _told_before(evaluation: Evaluation, could: Could) -> list[datetime]:
    """When the earlier ones that count ended. One of too few tasks for any candidate to pass counts for nothing; of
    another candidate that never had more the newest counts: whoever goes on with the best has chosen by them."""
    done = Evaluation.objects.filter(project=evaluation.project, state=DONE)
    rows = done.exclude(pk=evaluation.pk).order_by("ended_at")
    told, judged, too_few = list[datetime](), set[int](), dict[int, datetime]()
    for key, ended, *rest in rows.values_list("candidate", "ended_at", "findings__0__groups", "margin", "looks"):
        if ended and could(rest[0] or 0, *rest[1:]):
            told.append(ended)
            judged.add(key)
        elif ended and key != evaluation.candidate_id:
            too_few[key] = ended
    return told + [ended for key, ended in too_few.items() if key not in judged]


async def scores_of(
    candidate: ModelVersion, champion: ModelVersion, both: tuple[Asked, Asked], decided: Sequence[Decided]
) -> tuple[Scores, Scores]:
    """The candidate's and the champion's score of each blind task; each is heard by its own of `both`."""
    ours, theirs = [
        await _scores(version, measured_by(version, champion, both[0]).metric, own, decided)
        for version, own in zip((candidate, champion), both, strict=True)
    ]
    return ours, theirs


async def _scores(version: ModelVersion, metric: Metric, own: Asked, decided: Sequence[Decided]) -> Scores:
    client = Timed(settings.RUNTIME_ADDRESS, own.meter, own.since)
    try:
        found = await metric(client, version, own, decided)
        with contextlib.suppress(CopilotError):
            own.meter.memory = (await client.status())["models"].get(str(version), {}).get("memory_mb")
        return found
    finally:
        await client.close()


Told = Sequence[tuple[Decided, float, float]]  # a task, the candidate's score, the champion's


def _told(blind: Sequence[Decided], scores: tuple[Scores, Scores], marked: Mapping[int, bool]) -> Told:
    """The tasks that say something of both. One where people marked only what neither model has a name for says
    something as soon as either finds anything there."""
    return [
        (one, candidate, champion)
        for one, candidate, champion in zip(blind, *scores, strict=True)
        if candidate is not None and champion is not None
        if marked.get(one.task.pk, True) or not one.answer["regions"] or (candidate, champion) != (1, 1)
    ]


def _pairs(told: Told, found: Sequence[frozenset[str]]) -> list[Pair]:
    return [
        Pair(str(one.task.public_id), one.group, candidate, champion, own)
        for (one, candidate, champion), own in zip(told, found, strict=True)
    ]


Costs = Mapping[str, Sequence[costs.Cost]]  # by slice the candidate's and the champion's


def _costs(both: tuple[Asked, Asked], told: Told, found: Sequence[frozenset[str]], protected: Iterable[str]) -> Costs:
    """What the two cost, and how far their word may be believed: of all tasks, and in each of these slices."""
    groups = {one.task.pk: one.group for one, *_ in told}
    costing = {gate.EVERYTHING: [costs.cost_of(own.meter, groups) for own in both]}
    for name in protected:
        some = {one.task.pk: one.group for (one, *_), own in zip(told, found, strict=True) if name in own}
        costing[name] = [costs.within(own.meter, some) for own in both]
    return costing


def _alone(
    evaluation: Evaluation, pairs: Sequence[Pair], judgement: gate.Judgement, costing: Costs, looks: int
) -> dict[str, Any]:
    """Whether the candidate may decide alone, rule by rule, and what it rests on."""
    rulings = deciding_gate.decide(
        pairs,
        judgement,
        {name: ours for name, (ours, _) in costing.items()},
        deciding.floors_of(evaluation.project),
        refresh=bool(evaluation.refresh),
        margin=evaluation.margin,
        looks=looks,
    )
    plain = {
        name: {side: _plain(asdict(one)) for side, one in zip(("candidate", "champion"), two, strict=True)}
        for name, two in costing.items()
    }
    return {
        "alone": deciding_gate.answer(rulings).value,
        "rulings": [_plain(asdict(one)) | {"rule": str(one.rule), "outcome": str(one.outcome)} for one in rulings],
        "costs": plain.pop(gate.EVERYTHING),
        "slice_costs": [{"slice": name, **two} for name, two in plain.items()],
    }


def _figures(
    evaluation: Evaluation,
    kinds: Sequence[figures.Kind],
    both: tuple[Asked, Asked],
    pairs: Sequence[Pair],
    told: Told,
    protected: Sequence[str],
) -> list[figures.Figure]:
    """What is told beside the scores, by the measure that holds for both."""
    ours, theirs = (own.evidence for own in both)
    rows = [
        figures.Told(pair.group, pair.slices, ours[one.task.pk], theirs[one.task.pk])
        for pair, (one, *_) in zip(pairs, told, strict=True)
        if kinds
    ]
    return figures.beside(kinds, rows, protected, np.random.default_rng(evaluation.pk)) if rows else []


def _proposed(evaluation: Evaluation, pairs: Sequence[Pair], judged: Sequence[Decided]) -> list[dict[str, Any]]:
    """Slices that nobody declared where one of the two is much worse; none where looking for them fails, since what
    was measured stands without."""
    scores = {"candidate": [one.candidate for one in pairs], "champion": [one.champion for one in pairs]}
    try:
        like = likeness_traits.among(evaluation.project, [one.task for one in judged])
        own = [traits.of(one, evaluation.project.task_type) | like(one.task) for one in judged]
        found = discovered.propose(own, [one.group for one in pairs], scores, np.random.default_rng(evaluation.pk))
    except Exception:
        log.exception("Kinds of tasks couldn't be proposed in the evaluation %s.", evaluation.public_id)
        return []
    return [one.plain() for one in found]


def _measured(rows: Sequence[EvaluationScore], told: Told, both: tuple[Asked, Asked], measure: Measure) -> Measured:
    decided, labels = [(one.task.pk, one.answer) for one, *_ in told], measure.regions
    return Measured(rows, decided, (both[0].heard, both[1].heard), labels(both[0]) if labels else None)


def _rows(evaluation: Evaluation, told: Told, found: Sequence[frozenset[str]]) -> list[EvaluationScore]:
    """Task by task, so that it can be seen where either loses."""
    return [
        EvaluationScore(
            evaluation=evaluation,
            task=one.task.pk,
            verdict=one.entry.verdict_id,
            candidate=candidate,
            champion=champion,
            slices=sorted(own),
        )
        for (one, candidate, champion), own in zip(told, found, strict=True)
    ]


def _plain(finding: dict[str, Any]) -> dict[str, Any]:
    """As JSON: numbers in six places."""
    rounded = {name: round(value, 6) for name, value in finding.items() if isinstance(value, float)}
    assert all(map(math.isfinite, rounded.values()))
    return finding | rounded


def open_keys() -> Iterable[tuple[int, int]]:
    """The evaluations under way, each with its project."""
    return Evaluation.objects.filter(state=RUNNING).values_list("pk", "project_id")


def give_up(key: int, reason: str) -> None:
    """End one that nobody brings to its end, and say why: it has no outcome."""
    rows = Evaluation.objects.select_related("project__organization", "candidate", "champion", "begun_by")
    _end(rows.get(pk=key), state=FAILED, reason=reason)


def _write(evaluation: Evaluation, measured: Measured) -> None:
    """Task by task, with the answers to the worst, and what was taken for what; of what was erased meanwhile nothing
    is kept."""
    gone = erased.among(evaluation.project, [key for key, _ in measured.decided])
    rows = [row for row in measured.rows if row.task not in gone]
    decided = [(key, answer) for key, answer in measured.decided if key not in gone]
    ours, theirs = (confused.lines(decided, own, measured.labels) for own in measured.heard)
    confusions = EvaluationConfusions(evaluation=evaluation, candidate=ours, champion=theirs)
    answers = worst_cases.kept(rows, measured.heard, confusions)
    EvaluationScore.objects.bulk_create(rows)
    EvaluationAnswer.objects.bulk_create(answers)
    EvaluationConfusions.objects.bulk_create([confusions])


@transaction.atomic
def _end(evaluation: Evaluation, measured: Measured | None = None, **told: Any) -> None:
    if not Evaluation.objects.filter(pk=evaluation.pk, state=RUNNING).update(ended_at=Now(), **told):
        return
    if measured is not None:
        _write(evaluation, measured)
    outcome = str(told.get("outcome", ""))
    terms = {"champion": str(evaluation.champion), "state": told["state"], "outcome": outcome}
    registry.tell("model_evaluated", evaluation.project, evaluation.candidate, evaluation.begun_by, **terms)
