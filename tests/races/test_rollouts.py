"""Workers and people decide at once on a version that is on its way: one of them does, in one transaction."""

from collections.abc import Callable

import numpy as np
import pytest
from django.utils import timezone

from assist.adapters import RUNTIMES
from assist.learning import canary, guardrails
from assist.learning.guardrails import OF_WORK, Piece
from assist.models import Deployment, Evaluation, Rollout
from assist.registry import registry
from taskers.errors import Problem
from tests.support import make
from tests.support.assist import work
from tests.support.assist.running import FAKE
from tests.support.connections import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)


def refused(call: Callable[[], object]) -> bool:
    """Whether it came too late."""
    try:
        call()
    except Problem:
        return True
    return False


def test_workers_at_once_take_one_step_and_what_goes_back_goes_back_once(cast) -> None:
    project, champion = make.project(cast.riverside), registry._written(RUNTIMES[FAKE[1]])
    work.deployed(project, champion, share=80, by=cast.mina)
    passed = Evaluation.objects.create(
        project=project,
        candidate=registry.model_version(work.SPACY),
        champion=champion,
        margin=0.05,
        rules=1,
        begun_by=cast.mina,
        state="done",
        outcome="passed",
    )
    begun = all_at_once([lambda: refused(lambda: canary.begin(passed, by=cast.mina)) for _ in range(2)])
    on = Rollout.objects.get()
    assert sorted(begun) == [False, True] and on.share == 5

    rng, watch = np.random.default_rng(1), guardrails.Watch()
    for mine in rng.random(2_200) < 0.05:
        watch = watch.after(Piece(bool(mine), 0.05, "alice", dict.fromkeys(OF_WORK, float(rng.random() < 0.2))), 0.2)
    Rollout.objects.update(watch=watch.plain())
    all_at_once([lambda: canary.move(on.pk, now=timezone.now()) for _ in range(4)])
    assert list(on.timeline.order_by("number").values_list("number", "kind", "share")) == [
        (1, "begun", 0),
        (2, "stepped", 5),
        (3, "stepped", 25),
    ]
    late = all_at_once(
        [
            lambda who=who: refused(lambda: canary.roll_back(Rollout.objects.get(), by=who))
            for who in (cast.mina, cast.olga)
        ]
    )
    assert sorted(late) == [False, True] and on.timeline.filter(kind="back").count() == 1
    live = Deployment.objects.live().get(project=project)
    assert (live.version, live.share, live.basis) == (champion, 80, "first")
