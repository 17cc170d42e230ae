"""Workers and receivers that are killed outright: nothing is lost, each task's messages come in order, and what comes
again carries the id it had."""

import random

import pytest

from benchmarks.webhooks import kills
from projects.models import Task
from tests.support import cast as people
from tests.support import make
from tests.support.commands import environment

pytestmark = pytest.mark.django_db(transaction=True)


def survived(tmp_path, *, events: int, deaths: int, tasks: int, patience: float) -> kills.Outcome:
    project = make.project(people.assemble().riverside, wanted=1)
    make.tasks(make.batch(project), tasks)
    allowed = {"TANDEM_OUTBOUND": "http://127.0.0.1", "TANDEM_OUTBOUND_PRIVATE": "127.0.0.1"}
    return kills.storm(
        project,
        tasks=[(key, str(public)) for key, public in Task.objects.values_list("pk", "public_id")],
        events=events,
        kills=deaths,
        file=tmp_path / "kept",
        environment=environment() | allowed,
        dice=random.Random(5),
        patience=patience,
    )


@pytest.mark.slow
def test_hundreds_of_events_survive_the_deaths_of_those_who_tell_them(tmp_path) -> None:
    outcome = survived(tmp_path, events=800, deaths=3, tasks=40, patience=300)
    assert outcome.kept and outcome.kills == 3, outcome


@pytest.mark.torture
def test_fifty_thousand_events_survive_forty_deaths(tmp_path) -> None:
    outcome = survived(tmp_path, events=50_000, deaths=40, tasks=500, patience=3600)
    assert outcome.kept and outcome.kills == 40 and outcome.again, outcome
