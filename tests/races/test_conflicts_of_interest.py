"""Two people kept apart who ask at the same moment, from connections of their own, never both get one task."""

import random
import time
from collections import Counter

import pytest

from projects import queue
from projects.models import Assignment
from projects.workflow import submission
from projects.workforce import conflicts_of_interest
from tests.support import make
from tests.support.connections import Connections

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 25


@pytest.fixture
def hands():
    made = Connections(3)
    yield made
    made.close()


def shared(cast, names=("alice", "bob")) -> list[int]:
    """Tasks that more than one of these people holds or has judged."""
    people = [getattr(cast, name) for name in names]
    rows = Assignment.objects.filter(tasker__in=people, kind="judge", state__in=["held", "submitted", "expired"])
    counts = Counter(task for task, _tasker in set(rows.values_list("task", "tasker")))
    return [task for task, number in counts.items() if number > 1]


def test_both_at_once_never_share_a_task(cast, hands) -> None:
    """Alice may meet neither Bob nor Carol; every round all three ask together for the same first task."""
    project = make.project(cast.riverside, wanted=3)
    batch = make.batch(project)
    for other in (cast.bob, cast.carol):
        conflicts_of_interest.keep_apart(cast.riverside, cast.alice, other, relation="household", by=cast.mina)

    def work(who, pause: float) -> bool:
        time.sleep(pause)
        mine = queue.claim(who, project)
        if isinstance(mine, Assignment):
            submission.submit(mine, who, mine.token, make.MARIA)
        return isinstance(mine, Assignment)

    dice = random.Random(11)
    for _ in range(ROUNDS):
        make.task(batch)
        pauses = [dice.random() / 100 for _ in range(3)]
        people = zip((cast.alice, cast.bob, cast.carol), pauses, strict=True)
        hands.at_once([lambda who=who, pause=pause: work(who, pause) for who, pause in people])
    assert shared(cast, ("alice", "bob")) == [] and shared(cast, ("alice", "carol")) == []
    assert shared(cast, ("bob", "carol"))  # they do meet: the test could have failed
    assert queue.audit().breaches == []


def test_a_pair_made_while_both_claim_holds_all_the_same(cast, hands) -> None:
    """Whatever the order, afterwards no task is in both hands."""
    for number in range(ROUNDS):
        project = make.project(cast.riverside, f"Project {number}", wanted=2)
        make.tasks(make.batch(project), 1)

        def part():
            return conflicts_of_interest.keep_apart(
                cast.riverside, cast.alice, cast.bob, relation="relatives", by=cast.mina
            )

        _hers, _his, made = hands.at_once(
            [lambda p=project: queue.claim(cast.alice, p), lambda p=project: queue.claim(cast.bob, p), part]
        )
        assert shared(cast) == []
        conflicts_of_interest.bring_together(made, by=cast.mina)
    assert queue.audit().breaches == []
