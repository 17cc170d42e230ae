"""The copilot's work in the background. Each job is one call into a verb and may safely run twice."""

import contextlib

from procrastinate.contrib.django import app

from assist.alike import atlas, duplicates, index
from assist.annotators import work as model_work
from assist.errors import CopilotError
from assist.learning import (
    abandoned,
    canary,
    erasure,
    evaluation,
    follow,
    likely_wrong,
    snapshots,
    training,
    waiting_candidates,
)
from assist.learning import shadow as shadowing
from assist.learning.drift import watch
from assist.learning.plans import rounds
from assist.learning.search import trials
from assist.learning.selection import rounds as selecting
from assist.registry import trial
from assist.suggestions import pins, precompute, record
from assist.web import copilot_harm
from projects.data import crashed_jobs
from projects.data.crashed_jobs import Ending
from projects.models import Project

crashed_jobs.ENDINGS |= {kind.job: Ending(kind.argument, abandoned.end_crashed(kind)) for kind in abandoned.KINDS}
crashed_jobs.ENDINGS[erasure.JOB] = Ending("erasure_key", erasure.go_on_later)
crashed_jobs.ENDINGS[trial.JOB] = Ending("version_key", trial.end_crashed)


@app.task(queue="copilot")
def prepare(preparation_key: int) -> int:
    """Let a model go through a batch ahead of the people; returns how many tasks it made ready."""
    return precompute.run(preparation_key)


@app.task(queue="copilot")
def try_model(version_key: int) -> bool:
    """Ask a model that was brought its first question; whether it answered."""
    return trial.run(version_key)


@app.task(queue="copilot")
def work(annotator_version_key: int) -> int:
    """Let a model that is an annotator answer what there is for it; returns how many tasks it answered."""
    return model_work.run(annotator_version_key)


@app.periodic(cron="* * * * *")
@app.task(queue="jobs", queueing_lock="work_all")
def work_all(timestamp: int) -> int:
    """Set every model that is an annotator to work; returns how many."""
    return model_work.start_due()


@app.periodic(cron="*/2 * * * *")
@app.task(queue="copilot", lock="find_alike", queueing_lock="find_alike")
def find_alike(timestamp: int) -> int:
    """Keep where tasks lie that were loaded lately, so that what is alike can be found, and tell which are nearly the
    same as an earlier one; returns how many were kept."""
    added = index.go_on()
    duplicates.go_on()
    return added


@app.task(queue="copilot")
def draw_map(map_key: int) -> int:
    """Lay a project's tasks on a plane and part the undecided ones into groups; returns how many points there are."""
    return atlas.run(map_key)


@app.periodic(cron="40 3 * * *")
@app.task(queue="jobs", queueing_lock="forget_prepared")
def forget_prepared(timestamp: int) -> int:
    """Let go of what was prepared for work that is over; returns how many rows."""
    index.forget()
    return precompute.forget()


@app.periodic(cron="*/5 * * * *")
@app.task(queue="jobs", queueing_lock="pin_embeddings")
def pin_embeddings(timestamp: int) -> int:
    """Tell the runtime which images live batches still need; returns how many. While it is away it hears of none."""
    with contextlib.suppress(CopilotError):
        return pins.pin_all()
    return 0


@app.periodic(cron="*/10 * * * *")
@app.task(queue="jobs", queueing_lock="sweep_outcomes")
def sweep_outcomes(timestamp: int) -> int:
    """Settle the suggestions whose work ended before they were written down; returns how many."""
    return record.sweep()


@app.task(queue="copilot")
def learn(project_key: int) -> int:
    """Let verdicts teach the copilot what a project's labels mean, or its names and how sure spans and boxes are;
    returns how many there were.

    Where the runtime is away nothing is learnt now; the next decision asks again.
    """
    project = Project.objects.get(pk=project_key)
    try:
        return max(one.learn(project) if one.due(project) else 0 for one in follow.TAUGHT[project.task_type])
    except CopilotError:
        return 0


@app.task(queue="copilot")
def evaluate(evaluation_key: int) -> str:
    """Measure a candidate against the champion; returns the outcome, "" where there is none."""
    return evaluation.run(evaluation_key)


@app.task(queue="copilot")
def take_snapshot(snapshot_key: int) -> str:
    """Write a snapshot's file; returns its state, "" where that is done already."""
    return snapshots.run(snapshot_key)


@app.task(queue="copilot")
def erase(erasure_key: int) -> str:
    """Take tasks out of all that models learn from; returns the state, "" where that is done already."""
    return erasure.run(erasure_key)


@app.task(queue="copilot")
def train(run_key: int) -> str:
    """Let a recipe learn from a snapshot; returns how it ended, "" where it is over already."""
    return training.run(run_key)


@app.periodic(cron="* * * * *")
@app.task(queue="jobs", queueing_lock="move_rollouts")
def move_rollouts(timestamp: int) -> int:
    """Look at every version on its way, and let it on, hold it or take it back; returns how many there are."""
    return canary.move_all()


@app.task(queue="copilot")
def shadow(rollout_key: int) -> int:
    """Compare a version on its way with the champion on what was decided since; returns on how many tasks."""
    return shadowing.run(rollout_key)


@app.task(queue="copilot")
def try_settings(trial_key: int) -> str:
    """Try a recipe with settings that a search chose; returns how it ended, "" where somebody else is at it."""
    return trials.run(trial_key)


@app.periodic(cron="*/2 * * * *")
@app.task(queue="jobs", queueing_lock="sweep_trials")
def sweep_trials(timestamp: int) -> int:
    """See to the trials of workers that died; returns how many."""
    return trials.sweep()


@app.periodic(cron="*/2 * * * *")
@app.task(queue="jobs", queueing_lock="resume_learning")
def resume_learning(timestamp: int) -> int:
    """See to snapshots, training and evaluations whose jobs ended with an error, and to what killed workers left on
    this machine; returns how many."""
    return abandoned.sweep()


@app.periodic(cron="* * * * *")
@app.task(queue="jobs", queueing_lock="move_plans")
def move_plans(timestamp: int) -> int:
    """Take what learns by itself one step on; returns how many rounds are under way."""
    return rounds.move_all()


@app.periodic(cron="*/10 * * * *")
@app.task(queue="jobs", queueing_lock="begin_plans")
def begin_plans(timestamp: int) -> int:
    """Let more be done without help while a candidate waits, and begin what is due of what learns by itself; returns
    how many plans were looked at."""
    waiting_candidates.settle()
    return rounds.begin_all()


@app.periodic(cron="*/10 * * * *")
@app.task(queue="jobs", queueing_lock="begin_selecting")
def begin_selecting(timestamp: int) -> int:
    """Let models look at open tasks wherever little is left of what they put first; returns how many are to choose."""
    return selecting.begin_due()


@app.task(queue="copilot")
def select(round_key: int) -> str:
    """Look at open tasks and put some first; returns how it ended, "" where it is over already."""
    return selecting.run(round_key)


@app.task(queue="copilot")
def check_labels(check_key: int) -> int:
    """Look for verdicts that are likely wrong; returns how many were checked."""
    return likely_wrong.run(check_key)


@app.periodic(cron="20 * * * *")
@app.task(queue="copilot", lock="watch_drift", queueing_lock="watch_drift")
def watch_drift(timestamp: int) -> int:
    """Look whether what comes in, is offered and is decided is still as it was; returns how many alarms there were."""
    return watch.watch_all()


@app.periodic(cron="35 * * * *")
@app.task(queue="copilot", lock="watch_harm", queueing_lock="watch_harm")
def watch_harm(timestamp: int) -> int:
    """Measure whether the copilot costs time or quality anywhere, and tell it; returns how many alerts were raised."""
    return copilot_harm.watch_all()
