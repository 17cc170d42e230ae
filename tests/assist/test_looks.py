"""Whoever tries candidates until one passes pays for each that was tried, also on too few tasks for any to pass."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from assist.adapters import RUNTIMES
from assist.learning import evaluation, gate
from assist.models import Evaluation, ModelVersion
from assist.registry import registry
from tests.support import make
from tests.support.assist.running import FAKE
from tests.support.cast import Cast

FEW = 70  # one fewer than a first look has to have


def version(name: str) -> ModelVersion:
    return registry._written(replace(RUNTIMES[FAKE[1]], version=name, artifacts=()))


@pytest.mark.django_db
def test_candidates_that_were_tried_on_few_tasks_count_and_ones_own_few_tasks_do_not(cast: Cast) -> None:
    project, now = make.project(cast.riverside), timezone.now()
    told = {"project": project, "champion": version("1"), "begun_by": cast.mina, "state": "done", "margin": 0.05}

    def tried(name: str, groups: int) -> Evaluation:
        found, when = [{"groups": groups}], now - timedelta(hours=1)
        return Evaluation.objects.create(
            candidate=version(name), findings=found, outcome="cannot-tell", rules=gate.VERSION, ended_at=when, **told
        )

    def looks(name: str, at=now - timedelta(days=1), could=gate.could_pass) -> int:
        tasks = [SimpleNamespace(entry=SimpleNamespace(verdict=SimpleNamespace(at=at)))]
        return evaluation._looks(Evaluation(pk=0, candidate=version(name), **told), tasks, could)

    tried("2", FEW)
    assert (looks("2"), looks("3")) == (0, 1), "it couldn't pass then; who goes on with another has chosen"
    tried("2", FEW)
    assert looks("3") == 1, "the same one still"
    tried("4", FEW)
    assert (looks("2"), looks("3"), looks("3", at=now)) == (1, 2, 0)
    tried("4", 200)
    assert (looks("2"), looks("3"), looks("4")) == (1, 2, 2), "a look that could pass is one, whoever it was of"
    by_bets = [looks(name, could=gate.could_pass_by_bets) for name in "234"]
    assert by_bets == [4, 4, 4], "by bets any of them could have passed, so each look is one"
