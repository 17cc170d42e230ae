"""One process of the soak, made to be killed: `python -m benchmarks.queue.hands work|mind ...`."""

import random
import sys
import time
from pathlib import Path

import django

PATIENCE = 60.0  # seconds without a database before it gives up


def work(project_key: str, person_key: str, log: str, seed: str) -> None:
    """Claim and submit until there is nothing left, noting each annotation once it is acknowledged."""
    from django.db import InterfaceError, OperationalError, connection

    from benchmarks.queue import ground
    from projects import queue, submission
    from projects.models import Assignment, Project
    from projects.queue import Nothing
    from taskers.errors import Problem
    from taskers.models import Person

    dice, silent = random.Random(seed), 0.0
    project = person = None
    with Path(log).open("a", buffering=1) as acknowledged:
        while silent < PATIENCE:
            try:
                project = project or Project.objects.get(pk=project_key)
                person = person or Person.objects.get(pk=person_key)
                mine = queue.claim(person, project)
                if isinstance(mine, Nothing):
                    if mine.code == "all-done":
                        return
                    time.sleep(0.2)
                    continue
                assert isinstance(mine, Assignment) and mine.token
                if dice.random() < 0.03:
                    queue.release(mine, person, mine.token)
                    continue
                annotation = submission.submit(mine, person, mine.token, ground.ANSWER)
                acknowledged.write(f"{annotation.pk}\n")
                silent = 0.0
            except (OperationalError, InterfaceError):  # the server was killed: asking again settles what was in flight
                connection.close()
                time.sleep(0.2)
                silent += 0.2
            except Problem:
                continue
    sys.exit(1)


def mind(pause: str) -> None:
    """What a worker does for the queue: end leases, add up progress."""
    from django.db import InterfaceError, OperationalError, connection

    from projects import queue, rollups

    while True:
        try:
            queue.expire_due()
            rollups.catch_up()
        except (OperationalError, InterfaceError):
            connection.close()
        time.sleep(float(pause))


if __name__ == "__main__":
    django.setup()
    if sys.argv[1] == "work":
        work(*sys.argv[2:])
    else:
        mind(*sys.argv[2:])
