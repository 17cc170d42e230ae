"""A plan that came round: snapshot, search where that is wished, training, evaluation, and what the gate said. The only
writer of PlanRound and RoundStep.

Each look takes a round one step on, under a lock on the plan's row: of two workers one does, and the other finds it
done. It begins what a person could begin, in the name of whoever arranged the plan, and opens no gate: what wasn't
passed comes to answer nowhere by it.
"""

import contextlib
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from assist.learning import blind_verdicts, canary, evaluation, snapshots, training, waiting_candidates
from assist.learning.drift import audits
from assist.learning.plans.due import Due, due
from assist.learning.reasons import REASONS
from assist.learning.search import searches
from assist.models import (
    Evaluation,
    ModelVersion,
    PlanRound,
    RoundStep,
    Search,
    Snapshot,
    TrainingPlan,
    TrainingRun,
    rivals,
)
from assist.registry import resolution
from projects import access
from projects.configuration.project_events import tell
from projects.models import Project
from taskers import access as roles
from taskers.errors import Problem, StateConflict
from taskers.models import Person
from taskers.models.people import Role

MOVED, STOPPED_EVENT = "training_plan_moved", "training_plan_stopped"
PATIENCE = timedelta(hours=24)  # with what can't begin: something else is under way, the copilot is away
State = PlanRound.State

log = logging.getLogger(__name__)


def move_all() -> int:
    """Take every round that is under way one step on; returns how many there are."""
    return _each(_plans().filter(UNDER_WAY))


def begin_all() -> int:
    """Look at every plan that is on whether it is due; returns how many there are."""
    return _each(_plans().exclude(UNDER_WAY))


UNDER_WAY = Exists(PlanRound.objects.filter(plan=OuterRef("pk"), ended_at=None))


def _plans() -> QuerySet[TrainingPlan]:
    return TrainingPlan.objects.filter(state=TrainingPlan.State.ON)


def _each(rows: QuerySet[TrainingPlan]) -> int:
    """Move them; one that fails doesn't keep the others."""
    keys = list(rows.values_list("pk", flat=True))
    for key in keys:
        try:
            move(key, now=timezone.now())
        except Exception:
            log.exception("The plan %s couldn't be looked at.", key)
    return len(keys)


@transaction.atomic
def move(key: int, *, now: datetime) -> str:
    """Begin what is due, or take what is under way one step on; returns the state of the round that is under way or
    ended just now, "" where there is none or another worker is at it. Nothing moves while a project is paused, and what
    is under way in an archived one is over."""
    rows = _plans().select_for_update(of=("self",), skip_locked=True).filter(pk=key)
    plan = rows.select_related("project__organization", "arranged_by").first()
    if plan is None:
        return ""
    kept = plan.rounds.select_related("snapshot__project", "search__snapshot", "run__version", "evaluation__candidate")
    last = kept.filter(ended_at=None).first()
    if plan.project.state == Project.State.ARCHIVED:
        end_open(plan, REASONS["plan-archived"])
    elif not _looks_after(plan.arranged_by, plan.project):
        end_open(plan, REASONS["plan-person"])
        _stop(plan, REASONS["plan-person"])
    elif plan.project.state != Project.State.LIVE:
        pass
    elif last is not None:
        MOVES[State(last.state)](plan, last, now)
    elif found := due(plan, now):
        last = _begun(plan, found)
    if last is None:
        return ""
    last.refresh_from_db()
    return last.state


def end_open(plan: TrainingPlan, reason: str) -> None:
    """A round that is under way is over, and what searches or trains for it ends."""
    last = plan.rounds.select_related("search", "run").filter(ended_at=None).first()
    if last is None:
        return
    with contextlib.suppress(StateConflict):  # it came to its end meanwhile
        if last.run is not None and last.run.state in training.OPEN:
            training.stop(last.run)
        elif last.search is not None and last.run is None:
            searches.stop(last.search)
    _end(plan, last, State.STOPPED, reason)


def _begun(plan: TrainingPlan, found: Due) -> PlanRound | None:
    """A round; None where that has to wait."""
    try:
        taken = snapshots.take(plan.project, by=plan.arranged_by)
    except StateConflict:
        return None  # one is being made: the next look may begin
    made = PlanRound.objects.create(plan=plan, why=found.why, about=found.about[:80], snapshot=taken)
    _note(plan, made, State.SNAPSHOT)
    return made


def _looks_after(person: Person, project: Project) -> bool:
    allowed = (*access.MANAGE, Role.ML_ENGINEER)
    return roles.may(person, project.organization, *allowed, project_key=project.public_id)


def _after_snapshot(plan: TrainingPlan, last: PlanRound, now: datetime) -> None:
    taken = last.snapshot
    if taken.state == Snapshot.State.FAILED:
        _fail(plan, last, taken.reason)
    elif taken.state == Snapshot.State.READY:
        _try(plan, last, now, _search if plan.trials else _train)


def _search(plan: TrainingPlan, last: PlanRound) -> None:
    """For better settings than those of what answers now, which the first trial has."""
    assert plan.trials
    terms = {"most": plan.trials, "minutes": plan.search_minutes}
    begun = searches.begin(last.snapshot, plan.recipe, by=plan.arranged_by, **terms)
    _on(plan, last, State.SEARCHING, search=begun)


def _after_search(plan: TrainingPlan, last: PlanRound, now: datetime) -> None:
    """A search ends with its trials or its time, and never without one trial that came to its end unless it failed."""
    found = last.search
    assert found is not None
    if found.state == Search.State.FAILED:
        _fail(plan, last, found.reason)
    elif found.state == Search.State.STOPPED:
        _end(plan, last, State.STOPPED)
    elif found.state == Search.State.DONE:
        _try(plan, last, now, _train_winner)


def _train_winner(plan: TrainingPlan, last: PlanRound) -> None:
    """The very model that did best on the validation split; the gate hasn't seen it yet."""
    assert last.search is not None
    _on(plan, last, State.TRAINING, run=searches.train_winner(last.search, by=plan.arranged_by))


def _train(plan: TrainingPlan, last: PlanRound) -> None:
    """With the settings of what answers now, where this recipe made it."""
    parameters = searches.todays(plan.project, plan.recipe)
    run = training.begin(last.snapshot, plan.recipe, by=plan.arranged_by, parameters=parameters)
    _on(plan, last, State.TRAINING, run=run)


def _after_training(plan: TrainingPlan, last: PlanRound, now: datetime) -> None:
    run, most = last.run, timedelta(minutes=plan.minutes)
    assert run is not None
    took = (run.ended_at or now) - run.began_at if run.began_at else timedelta()
    if run.state == TrainingRun.State.DONE and run.version is not None:
        _measure(plan, last, run.version, now)
    elif run.state == TrainingRun.State.FAILED:
        _fail(plan, last, run.reason)
    elif run.state == TrainingRun.State.STOPPED and took >= most:
        _fail(plan, last, REASONS["plan-time"] % {"minutes": plan.minutes})
    elif run.state == TrainingRun.State.STOPPED:
        _end(plan, last, State.STOPPED)
    elif run.state == TrainingRun.State.RUNNING and took >= most and not run.stop_asked:
        training.stop(run)


def _measure(plan: TrainingPlan, last: PlanRound, made: ModelVersion, now: datetime) -> None:
    """Against what answers now. A first model, with nothing to compare it with, is a person's to deploy."""
    if resolution.champion(plan.project, made.capability) is None and not rivals.comes_along(made.capability):
        _end(plan, last, State.ASKED, REASONS["plan-first"])
        return
    _try(plan, last, now, lambda plan, last: _evaluate(plan, last, made))


def _evaluate(plan: TrainingPlan, last: PlanRound, candidate: ModelVersion) -> None:
    begun = evaluation.begin(plan.project, candidate, by=plan.arranged_by)
    _on(plan, last, State.EVALUATING, evaluation=begun)


def _after_evaluation(plan: TrainingPlan, last: PlanRound, now: datetime) -> None:
    judged = last.evaluation
    assert judged is not None
    if judged.state == Evaluation.State.FAILED:
        _fail(plan, last, judged.reason)
    elif judged.state == Evaluation.State.DONE:
        TrainingPlan.objects.filter(pk=plan.pk).update(failures=0)
        ANSWERS[judged.outcome](plan, last, judged)


def _passed(plan: TrainingPlan, last: PlanRound, judged: Evaluation) -> None:
    """To a person, or on its way by steps. Where another is on its way there, it is a person's to choose."""
    if plan.when_passed != TrainingPlan.Passed.CANARY:
        _end(plan, last, State.ASKED)
        return
    try:
        begun = canary.begin(judged, by=plan.arranged_by)
    except StateConflict as problem:
        _end(plan, last, State.ASKED, problem.text)
    else:
        PlanRound.objects.filter(pk=last.pk).update(rollout=begun)
        _end(plan, last, State.ROLLOUT)


def _refused(plan: TrainingPlan, last: PlanRound, judged: Evaluation) -> None:
    _end(plan, last, State.REFUSED, judged.reason)


def _wait(plan: TrainingPlan, last: PlanRound, judged: Evaluation) -> None:
    _on(plan, last, State.EVIDENCE, judged.reason)


def _with_evidence(plan: TrainingPlan, last: PlanRound, now: datetime) -> None:
    """Once as much is there as was missing, it is measured anew; what nobody brings within some weeks isn't waited
    for any longer."""
    judged, newest = last.evaluation, blind_verdicts.newest_key(plan.project)
    assert judged is not None
    if judged.candidate.removed_at is not None:
        _end(plan, last, State.STOPPED, REASONS["plan-gone"])
    elif audits.given_up(judged):
        _end(plan, last, State.STOPPED)
    elif now - waiting_candidates.since(judged) > waiting_candidates.WAITS:
        _end(plan, last, State.CANNOT_TELL, REASONS["plan-evidence"] % {"days": waiting_candidates.WAITS.days})
    elif newest == last.verdicts_upto:
        return  # nothing was decided since it was last looked at
    elif waiting_candidates.came(judged):
        _try(plan, last, now, lambda plan, last: _evaluate(plan, last, judged.candidate))
    else:
        PlanRound.objects.filter(pk=last.pk).update(verdicts_upto=newest)


MOVES: dict[State, Callable[[TrainingPlan, PlanRound, datetime], None]] = {
    State.SNAPSHOT: _after_snapshot,
    State.SEARCHING: _after_search,
    State.TRAINING: _after_training,
    State.EVALUATING: _after_evaluation,
    State.EVIDENCE: _with_evidence,
}
ANSWERS: dict[str, Callable[[TrainingPlan, PlanRound, Evaluation], None]] = {
    Evaluation.Outcome.PASSED: _passed,
    Evaluation.Outcome.REFUSED: _refused,
    Evaluation.Outcome.CANNOT_TELL: _wait,
}


def _try(plan: TrainingPlan, last: PlanRound, now: datetime, begin: Callable[[TrainingPlan, PlanRound], None]) -> None:
    """Begin the next step; what can't begin just now is tried again for a day, from when it first couldn't."""
    try:
        with transaction.atomic():
            begin(plan, last)
    except snapshots.Emptied as problem:
        _end(plan, last, State.STOPPED, problem.text)  # for ever, and no failure of the recipe
    except StateConflict as problem:
        if last.held_up_at is None:
            PlanRound.objects.filter(pk=last.pk).update(held_up_at=now)
        elif now - last.held_up_at > PATIENCE:
            _fail(plan, last, problem.text)
    except Problem as problem:
        _fail(plan, last, problem.text)


def _on(plan: TrainingPlan, last: PlanRound, state: State, reason: str = "", **told: object) -> None:
    fresh = {"held_up_at": None, "verdicts_upto": 0}
    PlanRound.objects.filter(pk=last.pk).update(state=state, reason=reason[:300], **fresh, **told)
    _note(plan, last, state, reason)


def _end(plan: TrainingPlan, last: PlanRound, state: State, reason: str = "") -> None:
    PlanRound.objects.filter(pk=last.pk, ended_at=None).update(state=state, reason=reason[:300], ended_at=Now())
    _note(plan, last, state, reason)


def _fail(plan: TrainingPlan, last: PlanRound, reason: str) -> None:
    """The round came to nothing; after so many in a row the plan stops, and says why."""
    _end(plan, last, State.FAILED, reason)
    if plan.failures + 1 >= plan.most_failures:
        _stop(plan, reason)
    else:
        TrainingPlan.objects.filter(pk=plan.pk).update(failures=plan.failures + 1)


def _stop(plan: TrainingPlan, reason: str) -> None:
    stopped = {"state": TrainingPlan.State.STOPPED, "reason": reason[:300], "failures": 0}
    TrainingPlan.objects.filter(pk=plan.pk).update(**stopped)
    tell(STOPPED_EVENT, plan.project, None, recipe=plan.recipe, reason=reason[:300])


def _note(plan: TrainingPlan, last: PlanRound, state: State, reason: str = "") -> None:
    """Its line on the timeline, and the event."""
    number = last.steps.count() + 1
    RoundStep.objects.create(round=last, number=number, state=state, reason=reason[:300])
    tell(MOVED, plan.project, None, recipe=plan.recipe, round=last.pk, why=last.why, state=state, reason=reason[:300])
