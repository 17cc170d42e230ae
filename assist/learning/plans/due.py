"""Why a plan should begin now: it is time, enough was found without a model's help, or a kind of task got lost."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
from scipy import stats

from assist.learning import blind_verdicts, improve
from assist.models import DriftSeries, PlanRound, TrainingPlan, TrainingRun

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
    runs = TrainingRun.objects.filter(project=plan.project, recipe=plan.recipe).order_by("-pk")
    cuts = [runs.values_list("snapshot__cut", flat=True).first(), last.snapshot.cut if last else None]
    since = max((one for one in cuts if one is not None), default=None)
    return blind_verdicts.reached(plan.project, since, plan.new_verdicts)


def _changed(plan: TrainingPlan, since: datetime) -> str:
    """What drift said since; "" where it said nothing."""
    alarms = DriftSeries.objects.filter(project=plan.project, alarmed_at__gt=since).order_by("alarmed_at")
    return alarms.values_list("what", flat=True).first() or ""


def _lost(plan: TrainingPlan, since: datetime) -> str:
    """The kind of task that the model which answers loses most by, as the newest evaluation says; "" where none is lost
    by a margin and more than chance explains. A plan's own evaluations begin none."""
    found = improve.measured(plan.project)
    if found is None or found.evaluation.ended_at is None or found.evaluation.ended_at <= since:
        return ""
    if found.evaluation.rounds.exists():
        return ""
    rows = list(found.evaluation.scores.values_list(found.side, "slices"))
    weak = improve.weak_slices(found)
    for one in weak:
        own = [score for score, slices in rows if one.slice in slices]
        rest = [score for score, slices in rows if one.slice not in slices]
        if worse(own, rest, CHANCE / len(weak)):
            return one.slice
    return ""


def worse(own: Sequence[float], rest: Sequence[float], chance: float) -> bool:
    """Whether these scores are lower by a margin, and by more than chance explains (Welch's test). One that is whole
    and one that is lost are added to each, so that a few scores that are alike prove nothing."""
    if np.mean(rest) - np.mean(own) < LOST:
        return False
    padded = [[*some, 0.0, 1.0] for some in (own, rest)]
    return bool(stats.ttest_ind(*padded, equal_var=False, alternative="less").pvalue < chance)
