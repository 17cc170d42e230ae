"""Workers that are killed in the middle of a trial: none is lost, and nothing is left running."""

import os
import random
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F

from assist.learning import snapshots
from assist.learning.recipes import RECIPES
from assist.learning.search import searches, study, trials
from assist.models import Trial
from tests.support import make
from tests.support.assist.scripts import BEGIN
from tests.support.cast import Cast
from tests.support.projects.judging import said
from tests.support.walls import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.torture]
KILLS, TRIALS = 20, 8
WORKER = """
import os, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()
from django.conf import settings
from django.db import connection
from assist.learning import recipe_process
from assist.learning.search import trials
connection.settings_dict["NAME"] = sys.argv[1]
settings.MEDIA_ROOT = sys.argv[2]
settings.DATA_DIR = sys.argv[2]
recipe_process.COMMAND = (sys.executable, sys.argv[3])
print("begins", flush=True)
trials.run(int(sys.argv[4]))
"""
SCRIPT = BEGIN + "report(1, 2, 0.5)\ntime.sleep(0.3)\nmade(f1=0.5 + parameters['dropout'] / 10)\n"


def test_twenty_kills_lose_no_trial(cast: Cast, settings, tmp_path) -> None:
    settings.MEDIA_ROOT = settings.DATA_DIR = tmp_path
    project = make.project(cast.riverside, wanted=1)
    for task in make.tasks(make.batch(project), 4):
        said(cast.alice, task, make.MARIA)
    made = snapshots.take(project, by=cast.mina)
    snapshots.run(made.pk)
    made.refresh_from_db()
    search = searches.begin(made, "spacy-entities", by=cast.mina, most=TRIALS)
    (tmp_path / "recipe.py").write_text(SCRIPT)
    rng, kills = random.Random(8), 0
    while (waiting := search.trials.filter(state="waiting").first()) is not None:
        words = [str(connection.settings_dict["NAME"]), str(tmp_path), str(tmp_path / "recipe.py"), str(waiting.pk)]
        worker = subprocess.Popen([sys.executable, "-c", WORKER, *words], cwd=ROOT, stdout=subprocess.PIPE)
        assert worker.stdout is not None and worker.stdout.readline() == b"begins\n"
        if kills < KILLS:
            kills += 1
            try:
                worker.wait(rng.uniform(0.05, 3.0))
            except subprocess.TimeoutExpired:
                os.kill(worker.pid, signal.SIGKILL)
        worker.communicate()
        Trial.objects.filter(search=search, state="running").update(
            beat_at=F("beat_at") - timedelta(minutes=5), attempts=1
        )  # a minute passes; how often it may be killed is told elsewhere
        trials.sweep()
    search.refresh_from_db()
    states = list(search.trials.order_by("number").values_list("state", flat=True))
    assert search.state == "done" and len(states) == TRIALS and states.count("done") + states.count("pruned") == TRIALS
    with study.opened(str(search.public_id), RECIPES[search.recipe].parameters) as found:
        assert not found.running()
