"""Who works without the copilot, to compare: as much as is asked for, often all who answer a task."""

import pytest
from django.db import connection

from projects.queue.model_draws import GOLD_HELPED, HELPED, MODELS_AUDITED

TASKS = 60_000
JUDGES = "t % 10 >= 7"  # here; in life it is told by a hash of what the task shows (tests/assist/test_splits.py)


def helped(share: float, tasker: int, draw: str = HELPED) -> str:
    drawn = draw.replace("%(tasker)s", str(tasker))
    return drawn.format(copilot="true", task="t", control=str(share), judges=JUDGES)


@pytest.mark.parametrize("share", [0.1, 0.2, 0.5])
def test_the_share_is_kept_and_half_of_it_leaves_whole_tasks_without_help(db, share: float) -> None:
    one, two, three = (f"({helped(share, tasker)})" for tasker in (7, 8, 9))
    audited = MODELS_AUDITED.format(task="t", project="7::bigint", share="0.25")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT avg((NOT {one})::int), avg((NOT {two})::int), avg((NOT ({one} OR {two} OR {three}))::int),"
            f" avg(({one} AND NOT {two} AND NOT {three})::int), avg((NOT {one} AND {audited})::int)"
            f" FROM generate_series(1, {TASKS}) t"
        )
        mine, theirs, all_three, helped_among_others, both = (float(value) for value in cursor.fetchone())
    near = 4 * 0.5 / TASKS**0.5
    assert (mine, theirs) == pytest.approx((share, share), abs=near), "what was asked for, of everybody's work"
    assert all_three == pytest.approx(share / 2 + share / 8, abs=near), "each for itself gave share ** 3"
    assert helped_among_others == pytest.approx(share / 8, abs=near), "what help does to an answer is seen here"
    assert both == pytest.approx(share / 4, abs=near), "independent of what audits models"

    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT avg((NOT {one})::int) FILTER (WHERE {JUDGES}), avg((NOT {one})::int) FILTER (WHERE NOT ({JUDGES}))"
            f" FROM generate_series(1, {TASKS}) t"
        )
        judging, others = (float(value) for value in cursor.fetchone())
    first = (min(share / 2, 0.3) + max(0.0, min(3 * share / 2, 0.3) - share / 2) / 2) / 0.3
    assert judging == pytest.approx(first, abs=2 * near) and others == pytest.approx(
        (share - 0.3 * first) / 0.7, abs=near
    )


def test_a_higher_share_helps_nobody_who_was_not(db) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FILTER (WHERE NOT ({helped(0.1, 7)}) AND ({helped(0.3, 7)}))"
            f" FROM generate_series(1, {TASKS}) t"
        )
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.2, 0.5])
def test_gold_goes_without_as_often_as_other_work_of_its_kind_and_is_drawn_for_each_tasker(db, share: float) -> None:
    """Who works out which tasks judge models knows no more of gold."""
    columns = []
    for where in (JUDGES, f"NOT ({JUDGES})"):
        ours, theirs = (f"NOT ({helped(share, tasker, GOLD_HELPED)})" for tasker in (7, 8))
        columns += [f"avg(({one})::int) FILTER (WHERE {where})" for one in (f"NOT ({helped(share, 7)})", ours)]
        columns.append(f"avg(({ours} AND {theirs})::int) FILTER (WHERE {where})")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)} FROM generate_series(1, {TASKS}) t")
        found = [float(one) for one in cursor.fetchone()]
    for others, gold, both in (found[:3], found[3:]):
        assert gold == pytest.approx(others, abs=0.015) and both == pytest.approx(gold**2, abs=0.015)
