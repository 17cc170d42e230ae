"""Gold that was handed in, and what its page shows."""

import json
import random
import re

from projects import queue
from projects.models import Annotation, Task
from projects.quality.gold import grading
from projects.workflow import submission
from tests.support import make
from tests.support.projects.judging import given


def gold(batch, answer=make.MARIA) -> Task:
    task = make.task(batch)
    queue.set_aside(task, by=None)
    grading.stock(task, answer, by=None, dice=random.Random(7))
    return task


def gold_of(tasker, task, answer) -> Annotation:
    mine = given(tasker, task, "gold")
    return submission.submit(mine, tasker, mine.token, answer)


def drawn(client, annotation: Annotation) -> dict:
    page = client.get(f"/my-work/{annotation.public_id}/").content.decode()
    found = re.search(r'<script id="task-view" type="application/json">(.*?)</script>', page, re.DOTALL)
    return json.loads(found[1]) if found else {}


def plain(answer: dict) -> dict:
    """Without what says how each part of it was made."""
    made = {"id", "provenance", "attributes"}
    lists = {name: parts for name, parts in answer.items() if isinstance(parts, list)}
    return {name: [{k: v for k, v in one.items() if k not in made} for one in parts] for name, parts in lists.items()}
