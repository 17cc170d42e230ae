"""A tasker who measures: every request of the studio with its time, its size, and what it asks of the database."""

import json
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.db import connection
from django.test import RequestFactory

from projects.models import Assignment, Gold, PooledGold, Project
from projects.queue.answer_check import check_for
from projects.web.annotator import studio
from projects.workforce import rules
from taskers.models import Person
from taskers.models.people import Role
from tests.support import make

EXTRA_GOLD = 50  # more than is dealt on the average

# A neighbour has handed in the second judgement of these tasks: the attacker's decides them.
JUDGED = """
UPDATE projects_assignment SET state = 'submitted', tasker_id = %s, token = gen_random_uuid(), held_at = now(),
  deadline = now() + interval '1 hour', ended_at = now(), settings_version = 1, rate = 50000, copilot = false
WHERE task_id = ANY(%s) AND slot = 1
"""
ANNOTATED = """
INSERT INTO projects_annotation
  (public_id, assignment_id, task_id, tasker_id, answer, settings_version, active_ms, refused)
SELECT gen_random_uuid(), id, task_id, tasker_id, %s::jsonb, 1, 0, '[]' FROM projects_assignment
WHERE task_id = ANY(%s) AND slot = 1
"""
SET_ASIDE = """
WITH closed AS (
  UPDATE projects_assignment SET state = 'withdrawn', ended_at = now() WHERE task_id = ANY(%s) AND state = 'open'
)
UPDATE projects_task SET wanted = 0 WHERE id = ANY(%s)
"""
VERDICTS = """
WITH closed AS (
  UPDATE projects_assignment SET state = 'withdrawn', ended_at = now() WHERE task_id = ANY(%s) AND state = 'open'
)
INSERT INTO projects_verdict
  (public_id, task_id, answer, confidence, method, rests_on, agreements, settings_version, note, at)
SELECT gen_random_uuid(), id, %s::jsonb, 1, 'majority_v1', '{}', '{}', 1, '', now()
FROM unnest(%s::bigint[]) AS task(id)
"""


@dataclass
class Site:
    """A project with work, gold and decided tasks, and who works there."""

    project: Project
    attacker: Person
    deciding: set[int]  # tasks that the attacker's answer decides
    rng: random.Random


@dataclass
class Exchange:
    """A request as its sender measures it."""

    body: dict[str, Any]
    seconds: float
    size: int
    kinds: list[str] = field(default_factory=list)  # of the statements, where they were listened to


def site(cast, number: int, rng: random.Random, *, left_out: bool = False, gold_share: float = 0.1) -> Site:
    """Work for so many submissions. Of half of it the attacker's answer is the last that is wanted. Where work is left
    out of consensus, as much as gold, there are decided tasks for it."""
    project = make.project(
        cast.riverside, f"Log {uuid4()}", wanted=2, copilot=left_out, planted_share=0.5 if left_out else 0.0
    )
    rules.change(project, cast.mina, gold_share=gold_share)
    batch = make.batch(project)
    work, gold = make.tasks(batch, number), make.tasks(batch, number // 2 + EXTRA_GOLD)
    neighbour, attacker = (make.person(f"{who}{uuid4().hex[:8]}", cast.riverside, Role.TASKER) for who in "na")
    deciding = [task.pk for task in work if rng.random() < 0.5]
    _run(JUDGED, neighbour.pk, deciding)
    _run(ANNOTATED, json.dumps(check_for(work[0], make.MARIA)), deciding)
    keys = [task.pk for task in gold]
    _run(SET_ASIDE, keys, keys)
    Gold.objects.bulk_create(Gold(task=task, answer=make.MARIA) for task in gold)
    stock = Gold.objects.filter(task__in=gold)
    PooledGold.objects.bulk_create(PooledGold(gold=one, project=project, shuffle=rng.random()) for one in stock)
    if left_out:
        decided = [task.pk for task in make.tasks(batch, number)]
        _run(VERDICTS, decided, json.dumps(make.MARIA), decided)
    _run("ANALYZE projects_assignment, projects_task, projects_pooledgold, projects_gold")
    return Site(project, attacker, set(deciding), rng)


class Work(NamedTuple):
    """A piece of work, as far as its tasker knows it."""

    public_id: UUID
    token: UUID


class Tab:
    """The studio's requests, one after the other."""

    def __init__(self, at: Site) -> None:
        self.site = at
        self.listens = False

    def claim(self) -> Assignment:
        return held(self._send(studio.claim, {}, project_id=self.site.project.public_id))

    def look_ahead(self, mine: Assignment | Work) -> Exchange:
        return self._send(studio.lookahead, {}, assignment_id=mine.public_id)

    def submit(self, mine: Assignment | Work, ahead: Exchange | None = None) -> Exchange:
        body = self._of(mine, ahead) | {"answer": make.MARIA, "active_ms": 900}
        return self._send(studio.submit, body, assignment_id=mine.public_id)

    def skip(self, mine: Assignment) -> Exchange:
        return self._send(studio.skip, self._of(mine) | {"reason": "unclear"}, assignment_id=mine.public_id)

    def keep(self, mine: Assignment) -> list[Exchange]:
        """A heartbeat and a draft."""
        draft = self._of(mine) | {"version": 0, "answer": make.MARIA}
        return [
            self._send(studio.heartbeat, self._of(mine), assignment_id=mine.public_id),
            self._send(studio.draft, draft, "put", assignment_id=mine.public_id),
        ]

    def _of(self, mine: Assignment | Work, ahead: Exchange | None = None) -> dict[str, Any]:
        body: dict[str, Any] = {"token": str(mine.token)}
        if ahead and (found := ahead.body["lookahead"]):
            body["requested"] = {"task": found["task"]["id"], "signature": found["signature"]}
        return body

    def _send(self, view: Callable, body: dict[str, Any], method: str = "post", **path: UUID) -> Exchange:
        sent = getattr(RequestFactory(), method)("/", json.dumps(body), content_type="application/json")
        sent.user, sent.organization = self.site.attacker, self.site.project.organization
        with _listening(self.listens) as kinds:
            begin = time.perf_counter()
            answer = view(sent, **path)
            seconds = time.perf_counter() - begin
        assert answer.status_code == 200, answer.content
        return Exchange(json.loads(answer.content), seconds, len(answer.content), kinds)


def held(exchange: Exchange) -> Assignment:
    """The work that a request was answered with."""
    rows = Assignment.objects.select_related("task__project__organization")
    return rows.get(public_id=exchange.body["assignment"]["id"])


def work_of(exchange: Exchange) -> Work:
    """The same as its tasker knows it: nothing is asked of the database."""
    return Work(UUID(exchange.body["assignment"]["id"]), UUID(exchange.body["assignment"]["token"]))


@contextmanager
def _listening(listens: bool) -> Iterator[list[str]]:
    """The kinds of the statements that are sent: their texts without what differs from row to row. The same twice in
    a row is one: a decided task is looked for again, from the first, where none lies behind the place that was drawn.
    """
    kinds: list[str] = []

    def listen(execute: Callable, statement: Any, *rest: Any) -> Any:
        kind = re.sub(r"'[^']*'|\b\d+\b|\bs\d+_x\d+\b", "?", " ".join(str(statement).split()))
        if kinds[-1:] != [kind]:
            kinds.append(kind)
        return execute(statement, *rest)

    with connection.execute_wrapper(listen) if listens else nullcontext():
        yield kinds


def _run(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
