"""A hundred thousand tasks handed out again by a filter, as a job, while people claim: it ends though its worker is
killed, breaks no promise, and nobody waits for it.

Run with an action's key, this process is the worker.
"""

import itertools
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.queue.measure import Row, at_least, at_most, ms, p95, seconds, told

ROOT = Path(__file__).resolve().parent.parent.parent
POOLED = 20_000  # tasks of the project in which people claim meanwhile
CLAIMS, PEOPLE = 200, 20  # of one round
LEAST_ROUNDS = 5
HOLD = """
WITH held AS (UPDATE projects_task SET withheld = 'manager' WHERE batch_id = %(batch)s)
UPDATE projects_assignment SET state = 'withdrawn', ended_at = now() WHERE batch_id = %(batch)s AND state = 'open'
"""


def measure(tasks: int) -> list[Row]:
    """Claims before it in rounds, and in rounds while it goes on."""
    from django.db import connection

    from benchmarks.queue import fixtures
    from projects import queue
    from projects.models import BulkAction
    from projects.reports import task_search
    from projects.workflow import bulk_actions

    owner = fixtures.organization("Requeue")
    taskers = fixtures.people(owner, PEOPLE, "Claims")
    large, pool = fixtures.project(owner, "Withheld", wanted=1), fixtures.project(owner, "Pooled", wanted=1)
    batch = fixtures.batch(large, "Withheld", tasks, wanted=1)
    fixtures.batch(pool, "Pooled", POOLED, wanted=1)
    with connection.cursor() as cursor:
        cursor.execute(HOLD, {"batch": batch.pk})
    fixtures.analyze()

    def claims() -> list[float]:
        taken = []
        for tasker in itertools.islice(itertools.cycle(taskers), CLAIMS):
            taken += seconds([lambda who=tasker: queue.claim(who, pool)])  # type: ignore[misc]
            fixtures.finish(tasker)
        return taken

    claims()
    alone = [one for _round in range(LEAST_ROUNDS) for one in claims()]
    found = task_search.all_keys(large, task_search.Filters(state="withheld-manager"), bulk_actions.MOST)
    action = bulk_actions.start(large, "requeue", found, by=taskers[0])
    begun, beside = time.monotonic(), claims_beside(action.pk, claims)
    lasted = time.monotonic() - begun
    ended = BulkAction.objects.defer("tasks").get(pk=action.pk)
    low, high, breaches = p95(alone), p95(beside), len(queue.audit().breaches)
    return [
        at_least(f"share of {tasks:,} done", f"{ended.done:,} in {lasted:.0f} s", ended.done / max(1, tasks), 1),
        told("claims measured alone, beside it", f"{len(alone):,}, {len(beside):,}", len(beside) / len(alone)),
        at_most("claim meanwhile, p95 beside it / alone", f"{ms(high)} / {ms(low)}", high / low, 1.3),
        at_most("breaches of conservation afterwards", str(breaches), breaches, 0),
    ]


def claims_beside(action_key: int, claims: Callable[[], list[float]]) -> list[float]:
    """How long claims take while a worker goes through the action, which is killed after a round and begun anew."""
    with _at_it(action_key) as killed:
        taken = claims()
        killed.kill()
    with _at_it(action_key) as worker:
        while worker.poll() is None and len(taken) < LEAST_ROUNDS * CLAIMS:
            taken += claims()
        worker.wait()
    return taken


def _at_it(action_key: int) -> subprocess.Popen:
    """A worker that has begun, or gone on: that starts for seconds before."""
    from projects.models import BulkAction

    action = BulkAction.objects.filter(pk=action_key)
    before = action.values_list("position", flat=True).get()
    worker = subprocess.Popen([sys.executable, "-m", "benchmarks.office.requeue", str(action_key)], cwd=ROOT)
    while worker.poll() is None and not action.filter(position__gt=before).exists():
        time.sleep(0.02)
    return worker


def work(action_key: int) -> None:
    """What a worker does: piece by piece to the end."""
    from projects.workflow import bulk_actions

    while bulk_actions.go_on(action_key) == bulk_actions.PIECE:
        pass


if __name__ == "__main__":
    import django

    django.setup()
    work(int(sys.argv[1]))
