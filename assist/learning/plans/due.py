"""Why a plan should begin now: it is time, enough was found without a model's help, or a kind of task got worse.

What was looked at in vain is kept with the plan, so that it is read once.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import scipy

from assist.learning import blind_verdicts, improve
from assist.models import DriftSeries, Evaluation, PlanRound, TrainingPlan, TrainingRun
from projects.models import Task

Why = PlanRound.Why
LOST = 0.1  # of a score in [0, 1], below the other tasks
CHANCE = 0.01  # that a kind of task is taken for lost though it is no worse, over all kinds of an evaluation


class Due(NamedTuple):
    """Why, and which kind of task or of drift it is about."""

    why: str
    about: str = ""


def due(plan: TrainingPlan, now: datetime) -> Due | None:
    """The first reason to begin; None where there is none yet."""
    last = plan.rounds.order_by("-pk").first()
    begun = max(last.begun_at, plan.turned_on_at) if last else plan.turned_on_at
    if plan.every_days and now - begun >= timedelta(days=plan.every_days):
        return Due(Why.SCHEDULE)
    if plan.new_verdicts and _came(plan, last):
        return Due(Why.VERDICTS)
    if plan.on_lost_slice and (lost := _changed(plan, begun) or _lost(plan, begun)):
        return Due(Why.LOST_SLICE, lost)
    return None


def _came(plan: TrainingPlan, last: PlanRound | None) -> bool:
    """Whether so many verdicts were found without a model's help since this recipe last looked."""
    assert plan.new_verdicts
    newest = blind_verdicts.newest_key(plan.project)  # before them: what comes meanwhile is looked at next time
    if newest == plan.verdicts_upto:
        return False
    runs = TrainingRun.objects.filter(project=plan.project, recipe=plan.recipe).order_by("-pk")
    cuts = [runs.values_list("snapshot__cut", flat=True).first(), last.snapshot.cut if last else None]
    since = max((one for one in cuts if one is not None), default=None)
    if blind_verdicts.reached(plan.project, since, plan.new_verdicts):
        return True
    TrainingPlan.objects.filter(pk=plan.pk).update(verdicts_upto=newest)
    return False


def _changed(plan: TrainingPlan, since: datetime) -> str:
    """What drift said since; "" where it said nothing."""
    alarms = DriftSeries.objects.filter(project=plan.project, alarmed_at__gt=since).order_by("alarmed_at")
    return alarms.values_list("what", flat=True).first() or ""


def _lost(plan: TrainingPlan, since: datetime) -> str:
    """The kind of task that the model which answers loses most by, as the newest evaluation says; "" where none is lost
    by a margin and more than chance explains. A plan's own evaluations begin none."""
    done = Evaluation.objects.filter(project=plan.project, state=Evaluation.State.DONE)
    if not done.filter(ended_at__gt=since).exists():
        return ""
    found = improve.measured(plan.project)
    if found is None or found.evaluation.ended_at is None or found.evaluation.ended_at <= since:
        return ""
    seen = f"{found.evaluation.pk} {found.side}"
    if seen == plan.scores_seen:
        return ""
    lost = "" if _by_a_plan(found.evaluation) else _weakest(found)
    if not lost:
        TrainingPlan.objects.filter(pk=plan.pk).update(scores_seen=seen)
    return lost


def _by_a_plan(evaluation: Evaluation) -> bool:
    """Whether a plan's round began it: its newest, or one before."""
    rounds = PlanRound.objects.filter(plan__project=evaluation.project_id, run__version=evaluation.candidate_id)
    return rounds.filter(evaluation_id__gte=evaluation.pk).exists()


def _weakest(found: improve.Measured) -> str:
    """The first of the weak slices that is lost, by groups: what shows the same is no evidence of its own."""
    rows = list(found.evaluation.scores.values_list("task", found.side, "slices"))
    groups = _groups([task for task, *_ in rows])
    weak = improve.weak_slices(found)
    for one in weak:
        own = by_group([(task, score) for task, score, slices in rows if one.slice in slices], groups)
        rest = by_group([(task, score) for task, score, slices in rows if one.slice not in slices], groups)
        if worse(own, rest, CHANCE / len(weak)):
            return one.slice
    return ""


def _groups(keys: Sequence[int]) -> Mapping[int, str]:
    """By the tasks' keys; without those that are in an archive."""
    rows = Task.objects.filter(pk__in=keys).only("payload", "public_id")
    return {one.pk: blind_verdicts.group_of(one) for one in rows.iterator(chunk_size=blind_verdicts.CHUNK)}


def by_group(scores: Sequence[tuple[int, float]], groups: Mapping[int, str]) -> list[float]:
    """The mean score of each group; a task that has none stands for itself."""
    found = defaultdict[str, list[float]](list)
    for task, score in scores:
        found[groups.get(task, str(task))].append(score)
    return [float(np.mean(some)) for some in found.values()]


def worse(own: Sequence[float], rest: Sequence[float], chance: float) -> bool:
    """Whether these scores are lower by a margin, and by more than chance explains (Welch's test). One that is whole
    and one that is lost are added to each, so that a few scores that are alike prove nothing."""
    if np.mean(rest) - np.mean(own) < LOST:
        return False
    padded = [np.array([*some, 0.0, 1.0]) for some in (own, rest)]
    spread = [some.var(ddof=1) / len(some) for some in padded]
    freedom = sum(spread) ** 2 / sum(one**2 / (len(some) - 1) for one, some in zip(spread, padded, strict=True))
    apart = (padded[0].mean() - padded[1].mean()) / np.sqrt(sum(spread))
    return bool(scipy.special.stdtr(freedom, apart) < chance)
