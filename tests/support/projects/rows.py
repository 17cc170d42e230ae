"""Rows that nobody wished for, and what became of a task."""

import numpy as np
from pycocotools import mask as coco

from projects.models import Task, Verdict
from taskers.models import Event, Grade
from tests.support import make
from tests.support.projects.judging import PERSON


def outcome(task: Task) -> tuple:
    task.refresh_from_db()
    decided = Verdict.objects.current().filter(task=task).exists()
    return decided, task.withheld, Grade.objects.filter(detail__task=str(task.public_id)).count()


def reason(task: Task) -> str:
    """What reviewers and managers read: why it was withheld."""
    return Event.objects.filter(kind="withheld", subject=f"task:{task.public_id}").latest("pk").data["note"]


TAMPERED = [
    [],
    "text",
    17,
    {"spans": None},
    {"spans": [17]},
    {"spans": [{"start": 0}]},
    {"spans": [{**make.span(0, 11), "label": ["person"]}]},
    {"spans": [make.span(0, 10**9)]},
    {"spans": [make.span(11, 0)]},
    {"spans": [make.span(0, 11, "nobody")]},
    {"regions": []},
    {**PERSON, "extra": 1},
    {"spans": [make.span(0, 11, id=f"s{index}") for index in range(10_000)]},
]


def masks(*grids) -> dict:
    """Regions of one label, from grids of 0 and 1."""
    parts = []
    for index, grid in enumerate(grids):
        counts = coco.encode(np.asfortranarray(grid, dtype=np.uint8))["counts"].decode()
        shape = {"type": "mask", "size": [4, 4], "counts": counts}
        parts.append({"id": f"r{index}", "label": "person", "shape": shape, "attributes": {}})
    return {"regions": parts}


LEFT = [[1, 1, 0, 0]] * 4
RIGHT = [[0, 0, 1, 1]] * 4
BLANK = [[0, 0, 0, 0]] * 4
