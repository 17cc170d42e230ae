"""Riverside's reports, in which one person marked the ships, and a snapshot of what was decided."""

import random
from dataclasses import dataclass

from assist.learning import snapshots
from assist.models import Snapshot
from projects.models import Batch
from taskers.models import Person
from tests.support import make
from tests.support.assist import reports
from tests.support.projects.judging import said


@dataclass(frozen=True)
class Marked:
    """The batch of what Alice marked, and what Mina took of it."""

    batch: Batch
    alice: Person
    mina: Person
    snapshot: Snapshot


def marked(texts: int, seed: int) -> Marked:
    """So many of them."""
    owner = make.organization("Riverside")
    mina, alice = make.person("Mina", owner, "manager"), make.person("Alice", owner, "tasker")
    project = make.project(owner, "Ships", wanted=1, labels=[{"name": "Vessel", "key": "vessel"}])
    batch, rng = make.batch(project), random.Random(seed)
    for at in range(texts):
        text, found = reports.report(rng)
        (task,) = make.tasks(batch, text=f"{text} ({at})")
        said(alice, task, make.spans(*((a, b, "vessel") for a, b in found)))
    taken = snapshots.take(project, by=mina)
    snapshots.run(taken.pk)
    taken.refresh_from_db()
    return Marked(batch, alice, mina, taken)
