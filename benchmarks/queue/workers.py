"""What the processes of the soak do: each is forked for one of these, and made to be killed."""

import random
import sys
import time
from pathlib import Path
from typing import Never

from benchmarks.queue.client import FORESEEN, WISHES, answer_of

PATIENCE = 60.0  # seconds without a database before it gives up


def work(project_key: int, person_key: int, log: Path, seed: str) -> None:
    """Claim and submit until there is nothing left, noting each annotation once it is acknowledged."""
    from django.db import InterfaceError, OperationalError, connection

    from projects import queue
    from projects.models import Assignment, Project
    from projects.queue import Nothing
    from projects.workflow import submission
    from taskers.errors import Problem
    from taskers.models import Person

    dice, silent = random.Random(seed), 0.0
    project = person = None
    wish: queue.RequestedTask | None = None
    with log.open("a", buffering=1) as acknowledged, log.with_name(FORESEEN).open("a", buffering=1) as wished:
        while silent < PATIENCE:
            try:
                project = project or Project.objects.get(pk=project_key)
                person = person or Person.objects.get(pk=person_key)
                asked, wish = wish, None
                mine = queue.claim(person, project, requested=asked)
                if isinstance(mine, Nothing):
                    if mine.code == "all-done":
                        return
                    time.sleep(0.2)
                    continue
                assert isinstance(mine, Assignment) and mine.token
                if asked and mine.task.public_id == asked.task:
                    wished.write("got\n")
                if dice.random() < 0.03:
                    queue.release(mine, person, mine.token)
                    continue
                if dice.random() < WISHES and (found := queue.look_ahead(mine, person, [project])):
                    wish = queue.RequestedTask(found.task.public_id, found.signature)
                    wished.write("asked\n")
                stamp = dice.randrange(10**12)
                submission.submit(mine, person, mine.token, answer_of(stamp))
                acknowledged.write(f"{mine.public_id} a{stamp}\n")
                silent = 0.0
            except (OperationalError, InterfaceError):  # the server was killed: asking again settles what was in flight
                connection.close()
                time.sleep(0.2)
                silent += 0.2
            except Problem:
                continue
    sys.exit(1)


def mind(pause: float) -> Never:
    """What a worker does for the queue: end leases, add up progress."""
    from django.db import InterfaceError, OperationalError, connection

    from projects import queue
    from projects.reports import progress

    while True:
        try:
            queue.expire_due()
            progress.catch_up()
        except (OperationalError, InterfaceError):
            connection.close()
        time.sleep(pause)


def load(rows: int, pause: float, mark: Path) -> None:
    """What a worker does for an import: load every kept file, in chunks small enough to die between and within.

    `mark` is there once this process is in the middle.
    """
    from django.db import InterfaceError, OperationalError, connection

    from projects.data import importing
    from projects.data.importing import storing
    from projects.models import Import

    def told(_: Import) -> None:
        mark.touch()
        time.sleep(pause)

    storing.CHUNK_ROWS = rows
    while True:
        try:
            if (kept := Import.objects.exclude(state="done").order_by("pk").first()) is None:
                return
            importing.run(kept.pk, told=told)
        except (OperationalError, InterfaceError):
            connection.close()
            time.sleep(0.2)
