"""The office's pages with a million tasks beside a thousand: as fast, and in few queries."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from benchmarks import database
from benchmarks.queue import fixtures
from benchmarks.queue.measure import Row, at_most, ms, p95, seconds
from projects.models import Batch, BatchHour, BatchProgress, LabelTally, Project
from projects.reports.task_search import PAGE
from taskers.models import Membership, Person

SMALL = 1000
TIMES = 40
DAYS = 60
# One task in so many holds a rare word; of the small project as many as fill a page, so that pages are of one length.
RARE = 200
# What is asked of the task browser: a page of everything, of a word that all hold, of one that ten tasks hold, of the
# rare one, of what waits, of what is least sure.
ASKED = {
    "everything": "",
    "a word of all": "words=harbor",
    "a seldom word": "words=seldom",
    "a rare word": "words=rare",
    "open": "state=open",
    "least sure first": "sort=confidence&high=95",
    "a state within a batch": "state=decided",
}
DECIDED = """
WITH made AS (
  INSERT INTO projects_verdict
    (public_id, task_id, answer, confidence, method, rests_on, agreements, settings_version, note)
  SELECT gen_random_uuid(), id, %(answer)s::jsonb, 0.5 + (id %% 500) / 1000.0, 'majority_v1', '{}', '{}', 1, ''
  FROM projects_task WHERE batch_id = %(batch)s AND id %% 2 = 0 ORDER BY id
  RETURNING id, task_id, confidence)
INSERT INTO projects_verdictentry (project_id, task_id, verdict_id, label, confidence)
SELECT %(project)s, task_id, id, l.label, confidence FROM made CROSS JOIN unnest(ARRAY['', 'person', 'place']) l(label)
"""
WORDS = """
INSERT INTO projects_taskwords (task_id, project_id, words)
SELECT id, %(project)s, array_to_tsvector(ARRAY[
  %(mark)s || 'maria', %(mark)s || 'lopez', %(mark)s || 'harbor', %(mark)s || 'board', %(mark)s || 'oslo',
  %(mark)s || 'ferries', %(mark)s || n, %(mark)s || 'w' || n %% 5000,
  %(mark)s || CASE WHEN n %% %(rare)s = 7 THEN 'rare' ELSE 'plain' END,
  %(mark)s || CASE WHEN n > %(last)s - 10 THEN 'seldom' ELSE 'often' END])
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM projects_task WHERE batch_id = %(batch)s) t
"""


@dataclass(frozen=True)
class Twin:
    """Whoever looks at pages, and their addresses by name."""

    client: Client
    pages: dict[str, str]


def measure(tasks: int) -> list[Row]:
    """Each page in turns with its small twin, both of an organization of their own; queries are counted on the large
    one."""
    twins = [_twin("Small", SMALL), _twin("Large", tasks)]
    fixtures.analyze()
    return [row for name in twins[1].pages for row in _compared(name, twins)]


def _twin(name: str, tasks: int) -> Twin:
    """An organization with one project of so many tasks, and its manager."""
    owner = fixtures.organization(name)
    (tasker,) = fixtures.people(owner, 1, name)
    project = _project(fixtures.project(owner, name, wanted=1), tasks, tasker)
    manager = Person.objects.create(email=f"manager@{name}.example.org".lower(), name="Manager", password="!")
    Membership.objects.create(person=manager, organization=owner, role="owner")
    client = Client()
    client.force_login(manager)
    browser = reverse("tasks", args=[project.public_id])
    pages = {
        "overview of the organization": reverse("overview"),
        "dashboard": reverse("project-dashboard", args=[project.public_id]),
        "a person's page": reverse("person-work", args=[tasker.public_id]),
    }
    return Twin(client, pages | {f"tasks, {said}": f"{browser}?{query}" for said, query in ASKED.items()})


def _compared(name: str, twins: list[Twin]) -> list[Row]:
    taken: tuple[list[float], list[float]] = ([], [])
    for twin in twins:
        assert twin.client.get(twin.pages[name]).status_code == 200, twin.pages[name]
    for _ in range(TIMES):
        for which, twin in enumerate(twins):
            taken[which].extend(seconds([lambda of=twin: of.client.get(of.pages[name])]))  # type: ignore[misc]
    with CaptureQueriesContext(connection) as queries:
        twins[1].client.get(twins[1].pages[name])
    low, high = p95(taken[0]), p95(taken[1])
    return [
        at_most(f"{name}, p95 large / small", f"{ms(high)} / {ms(low)}", high / low, 1.5),
        at_most(f"{name}, queries", str(len(queries)), len(queries), 10),
    ]


def _project(project: Project, number: int, tasker: Person) -> Project:
    """Tasks of which half are decided and a tenth done by one tasker, their words, and weeks of figures."""
    batch = fixtures.batch(project, f"{project.name} batch", number, wanted=1)
    fixtures.has_done(tasker, batch, number // 10)
    terms: dict[str, Any] = {"project": project.pk, "batch": batch.pk, "mark": f"{project.pk}:", "last": number}
    terms["rare"] = max(8, min(RARE, number // PAGE))
    database.as_owner("DROP INDEX IF EXISTS task_words")
    with connection.cursor() as cursor:
        cursor.execute(DECIDED, terms | {"answer": json.dumps(fixtures.ANSWER)})
        cursor.execute(WORDS, terms)
    database.as_owner("CREATE INDEX task_words ON projects_taskwords USING gin (words)")
    _figures(project, batch, number)
    return project


def _figures(project: Project, batch: Batch, number: int) -> None:
    done = {"tasks": number, "wanted": number, "submitted": number // 10, "decided": number // 2, "spent": number // 2}
    BatchProgress.objects.update_or_create(batch=batch, defaults=done)
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    share = max(1, number // (DAYS * 24))
    BatchHour.objects.bulk_create(
        BatchHour(batch=batch, hour=now - timedelta(hours=hour), people=share, by_answers=share, timed=share)
        for hour in range(DAYS * 24)
    )
    LabelTally.objects.bulk_create(
        LabelTally(project=project, label=one, tasks=number // 2) for one in ("person", "place")
    )
