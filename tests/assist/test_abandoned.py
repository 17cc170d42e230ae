"""Work of the loop that ended with an error, as when the database goes away under it: taken up anew, and at last given
up by name. What learns in a process of its own ends with whoever started it."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import psutil
import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from assist.learning import abandoned, erasure, likely_wrong, snapshots, training
from assist.models import ModelVersion, Precompute, Snapshot, TrainingRun
from assist.registry import trial
from assist.suggestions import precompute
from projects.data import crashed_jobs
from projects.errors import WorkerCrashed
from projects.models import Project
from taskers.errors import StateConflict
from taskers.models import Event
from tests.support import make
from tests.support.cast import Cast
from tests.support.projects.judging import said
from tests.support.waiting import gone
from tests.support.walls import ROOT

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast: Cast, settings, tmp_path) -> Project:
    settings.MEDIA_ROOT, settings.MODELS_DIR = tmp_path / "media", tmp_path / "models"
    made = make.project(cast.riverside, wanted=1)
    said(cast.alice, make.task(make.batch(made)), make.MARIA)
    return made


@pytest.fixture
def run(cast: Cast, project: Project) -> TrainingRun:
    taken = snapshots.take(project, by=cast.mina)
    snapshots.run(taken.pk)
    taken.refresh_from_db()
    job_of(snapshots.JOB).delete()  # it went well
    return training.begin(taken, "spacy-entities", by=cast.mina)


def job_of(name: str):
    return ProcrastinateJob.objects.filter(task_name=name)


def fails(name: str) -> None:
    """A worker takes its job up, and loses the database in the middle."""
    job_of(name).filter(status="todo").update(status="doing")
    job_of(name).filter(status="doing").update(status="failed")


def test_a_run_whose_job_failed_is_given_to_a_worker_anew_and_given_up_the_third_time(cast, run) -> None:
    assert abandoned.sweep() == 0, "its job waits"
    for _attempt in (1, 2):
        TrainingRun.objects.filter(pk=run.pk).update(state="running")
        fails(training.JOB)
        assert abandoned.sweep() == 1 and abandoned.sweep() == 0
        assert job_of(training.JOB).get(status="todo").args["run_key"] == run.pk
    fails(training.JOB)
    assert abandoned.sweep() == 1
    run.refresh_from_db()
    assert run.state == "failed" and "three times" in run.reason and run.version is None
    assert Event.objects.filter(kind=training.FAILED_EVENT).count() == 1
    assert abandoned.sweep() == 0
    training.begin(run.snapshot, "spacy-entities", by=cast.mina)  # nothing is in its way


def test_a_snapshot_whose_job_failed_is_made_all_the_same(cast, project) -> None:
    made = snapshots.take(project, by=cast.mina)
    fails(snapshots.JOB)
    with pytest.raises(StateConflict):
        snapshots.take(project, by=cast.mina)
    assert abandoned.sweep() == 1
    assert snapshots.run(job_of(snapshots.JOB).get(status="todo").args["snapshot_key"]) == "ready"
    assert Snapshot.objects.get(pk=made.pk).rows == 1


def test_a_check_and_what_is_made_ready_end_by_name_too(cast, project) -> None:
    check = likely_wrong.begin(project, by=cast.mina)
    version = ModelVersion.objects.create(name="fake-spans", version="1", capability="spans", runtime="fake")
    ahead = precompute._begun(project.batches.get(), version, Precompute.What.USUAL, cast.mina)
    for _attempt in (1, 2):
        fails(likely_wrong.JOB)
        fails(precompute.JOB)
        assert abandoned.sweep() == 2 and abandoned.sweep() == 0
    assert job_of(precompute.JOB).get(status="todo").args["preparation_key"] == ahead.pk
    fails(likely_wrong.JOB)
    fails(precompute.JOB)
    assert abandoned.sweep() == 2 and abandoned.sweep() == 0
    for one in (check, ahead):
        one.refresh_from_db()
        assert one.state == "failed"
    assert "three times" in check.reason and "three times" in ahead.note
    likely_wrong.begin(project, by=cast.mina)  # nothing is in its way


def test_work_whose_job_killed_its_workers_ends_by_its_name(cast, project, run) -> None:
    problem = WorkerCrashed(job="train[5]", number=3)
    crashed_jobs.ENDINGS[training.JOB].end(run.pk, problem)
    run.refresh_from_db()
    assert run.state == "failed" and "train[5]" in run.reason
    for kind in abandoned.KINDS:
        assert crashed_jobs.ENDINGS[kind.job].argument == kind.argument


def test_an_erasure_whose_job_killed_its_workers_is_still_owed_but_waits(cast, project) -> None:
    task = project.tasks.get()
    owed = erasure.begin(project, [task.public_id], reason="They asked for it.", by=cast.mina)
    job_of(erasure.JOB).delete()
    crashed_jobs.ENDINGS[erasure.JOB].end(owed.pk, WorkerCrashed(job="erase[6]", number=3))
    assert job_of(erasure.JOB).get().scheduled_at > timezone.now() + timedelta(minutes=30)
    assert abandoned.sweep() == 0, "it isn't begun sooner"


def test_a_model_that_killed_the_workers_which_asked_it_is_no_model_to_choose(cast) -> None:
    version = ModelVersion.objects.create(
        name="brought", version="1", capability="spans", runtime="fake", smoke=ModelVersion.Smoke.WAITING
    )
    crashed_jobs.ENDINGS[trial.JOB].end(version.pk, WorkerCrashed(job="try_model[7]", number=3))
    version.refresh_from_db()
    assert version.smoke == "failed" and "try_model[7]" in version.smoke_said


WORKER = """
import pathlib, sys
from assist.learning import recipe_process
recipe_process.PROGRAM = (sys.argv[2],)
recipe_process.LocalProcess().run(pathlib.Path(sys.argv[1]), lambda said: print("heard", flush=True) or True)
"""
LEARNER = """
import time
from assist.learning.recipes import __main__ as recipes
recipes.end_with_parent()
print("{}", flush=True)
time.sleep(600)
"""


def test_what_learns_ends_with_the_worker_that_started_it(tmp_path) -> None:
    learner_script = tmp_path / "learner.py"
    learner_script.write_text(LEARNER)
    (tmp_path / "run.json").write_text(json.dumps({"snapshot": str(tmp_path)}))
    command = [sys.executable, "-c", WORKER, str(tmp_path), str(learner_script)]
    worker = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert worker.stdout is not None and worker.stdout.readline() == b"heard\n"
    (learner,) = children(worker.pid)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    deadline = time.monotonic() + 20
    while not gone(learner):
        assert time.monotonic() < deadline, "it goes on though nobody wants it"
        time.sleep(0.05)


def children(of: int) -> list[int]:
    return [one.pid for one in psutil.Process(of).children()]
