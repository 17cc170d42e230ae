"""A declared kind of task gates until somebody withdraws it, with a reason; one that is lost is told."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assist.learning import declared
from assist.learning.blind_verdicts import Decided
from assist.models import DeclaredSlice, Evaluation
from assist.registry import registry
from projects.models import Project, Task
from taskers.errors import StateConflict
from taskers.models import Event
from tests.support import make
from tests.support.assist.running import FAKE
from tests.support.cast import Cast
from tests.support.projects.pipeline import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(cast: Cast) -> Project:
    return make.project(cast.riverside)


def proposes(cast: Cast, project: Project) -> Evaluation:
    """An evaluation that proposed the night's tasks, and what lies near a task whose place was never kept."""
    (task,) = make.tasks(make.batch(project), 1)
    one, other = registry.model_version(FAKE[1]), registry.model_version(FAKE[0])
    told = {"project": project, "candidate": one, "champion": other, "margin": 0.05, "rules": 1, "begun_by": cast.mina}
    found = [[["meta", "shift: night"]], [["like", f"{task.public_id} 0.50"]]]
    terms = {"state": "done", "outcome": "cannot-tell", "ended_at": timezone.now()}
    return Evaluation.objects.create(**told, **terms, proposed=[{"traits": one} for one in found])


def test_one_is_withdrawn_with_a_reason_and_may_be_declared_again(cast: Cast, project: Project) -> None:
    found = proposes(cast, project)
    night, near = (declared.declare(found, number, by=cast.mina) for number in (0, 1))
    mina, emil = Client(), Client()
    mina.force_login(cast.mina)
    emil.force_login(make.person("Emil", cast.riverside, "ml_engineer"))
    improve = reverse("copilot-improve", args=[project.public_id])
    page = emil.get(improve).content.decode()
    assert "metadata shift: night" in page and "Asked for" in page and "Lost" in page and "Withdraw it" not in page
    assert list(declared.unread(project)) == [near.name]
    withdraw = reverse("copilot-slice-withdraw", args=[project.public_id, night.public_id])
    assert emil.post(withdraw, {"reason": "It fails there"}).status_code in (403, 404), "a manager’s to say"
    assert "Say why" in mina.post(withdraw, {"reason": " "}, follow=True).content.decode()
    page = mina.post(withdraw, {"reason": "The shift is over"}, follow=True).content.decode()
    assert "Mina: The shift is over" in page and "Asked for" not in page
    with pytest.raises(StateConflict, match="already"):
        declared.withdraw(project, night.public_id, because="Again", by=cast.mina)
    assert [one.name for one in declared.of(project)] == [near.name]
    assert declared.lookup(project)(at_night(project)) == [], "it gates nothing"
    api = Api(cast.mina, cast.riverside)
    told = api.post("slice", project.public_id, near.public_id, body={"reason": "Nobody knows what lay there"}).json()
    assert (told["withdrawn_by"], told["lost"]) == ("Mina", False)
    assert not declared.unread(project), "it holds nobody back"
    declared.declare(found, 0, by=cast.mina)
    told = api.get("slices", project.public_id).json()["results"]
    assert [one["withdrawn_because"] for one in told] == ["", "Nobody knows what lay there", "The shift is over"]
    events = Event.objects.filter(kind="slice_withdrawn").order_by("pk")
    assert [one.data["reason"] for one in events] == ["The shift is over", "Nobody knows what lay there"]
    assert DeclaredSlice.objects.filter(name=night.name).count() == 2


def at_night(project: Project) -> Decided:
    task = Task.objects.filter(project=project)[0]
    task.payload |= {"meta": {"shift": "night"}}
    entry: Any = SimpleNamespace(task=task, verdict=SimpleNamespace(at=timezone.now()))
    return Decided(entry, {"spans": []}, True)
