"""The map of a project, its groups, and an evaluation's worst tasks side by side: by keyboard, narrow and dark."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.looks import FEW, seen
from tests.support.browser.site import Site
from tests.support.waiting import until

pytestmark = pytest.mark.xdist_group("browser")

NAME = "Letters on a map"
# The map reads what is decided from the index of verdicts, which a worker brings up to date.
INDEXED = """
SELECT 1 FROM projects_verdictentry e JOIN projects_project p ON p.id = e.project_id
WHERE p.name = %s AND e.label = '' HAVING count(*) = 2
"""
# A first map that waits for a worker, which has better to do in this story.
MADE = """
import json
from django.core.files.base import ContentFile
from procrastinate.contrib.django import app
from assist.alike import atlas
from assist.models import Evaluation, EvaluationAnswer, EvaluationScore, TaskMap
from assist.registry import registry
from projects import queue
from projects.configuration import configure
from projects.data import importing
from projects.models import Project, Verdict
from projects.task_types import asked_fields
from projects.workflow import batches, submission
from taskers.models import Person
maya, jun = (Person.objects.get(email=f"{one}@riverside.example") for one in ("maya", "jun"))
of = Project.objects.get(name="Letters to the town hall").organization
labels = [{"key": key, "name": key.title(), "field": "Tone"} for key in ("praise", "defect")]
project = configure.create(of, maya, name="Letters on a map", task_type="classification", wanted=1, rate=0,
    audit_share=0.0, file_order=True, labels=labels, fields=asked_fields.read("Tone (choice)"))
batch = batches.move(batches.create(project, "First", by=maya), "live", by=maya)
lines = [json.dumps({"external_id": f"letter-{n:02}", "payload": {"text": f"Letter {n}."}}) for n in range(12)]
importing.run(importing.keep(batch, ContentFile("\\n".join(lines).encode()), name="letters.jsonl", by=maya).pk)
drawn = TaskMap.objects.create(project=project, begun_by=maya)
app.configure_task(atlas.JOB, queue="copilot", schedule_in={"hours": 1}).defer(map_key=drawn.pk)
answer = {"fields": [{"field": "tone", "kind": "choice", "value": "praise", "provenance": {"source": "human"}}]}
for _ in range(2):
    mine = queue.claim(jun, project)
    submission.submit(mine, jun, mine.token, answer)
found = Evaluation.objects.create(
    project=project, candidate=registry.model_version("fake-classes@1"), margin=0.05, state="done", outcome="refused",
    champion=registry.model_version("all-minilm-l6@2"), rules=1, begun_by=maya)
for verdict in Verdict.objects.current().filter(task__project=project).order_by("pk"):
    score = EvaluationScore.objects.create(
        evaluation=found, task=verdict.task_id, verdict=verdict.pk, candidate=0.0, champion=1.0, slices=["label x"])
    EvaluationAnswer.objects.create(score=score, candidate={"fault": "no-answer"}, champion=verdict.answer)
"""
DRAWN = """
from assist.alike import atlas
from assist.models import TaskGroup, TaskMap
from django.db.models.functions import Now
from projects.models import Task
drawn = TaskMap.objects.get(project__name="Letters on a map")
keys = list(Task.objects.filter(project=drawn.project_id).order_by("pk").values_list("pk", flat=True))
left = atlas.still_undecided(keys)
keys.sort(key=lambda key: key in left)  # a letter that somebody was at is passed over: any two were answered
TaskGroup.objects.create(map=drawn, number=1, tasks=left, size=len(left))
points = [[key, 80.0 * at, 500.0 + 30.0 * (at % 3)] for at, key in enumerate(keys)]
TaskMap.objects.filter(pk=drawn.pk).update(state="done", method="axes", model="all-minilm-l6@2", tasks=len(keys),
    undecided=len(left), points=points, ended_at=Now())
"""


def test_maya_goes_over_the_map_and_the_worst_tasks_by_keyboard(site: Site, sign_in: Callable[..., Page]) -> None:
    site.script(MADE)
    ((project, evaluation),) = site.query(
        "SELECT p.public_id, e.public_id FROM projects_project p JOIN assist_evaluation e ON e.project_id = p.id"
        " WHERE p.name = %s",
        NAME,
    )
    maya, here = sign_in("maya@riverside.example"), f"/projects/{project}/copilot"
    maya.goto(f"{here}/improve/")
    maya.get_by_role("link", name="Map", exact=True).click()
    expect(maya.get_by_text("are being made")).to_be_visible()
    until(lambda: site.query(INDEXED, NAME))
    site.script(DRAWN)
    points = maya.locator("[data-map] a")
    expect(points).to_have_count(12)
    expect(maya.locator("#map[hx-get]")).to_have_count(0)
    found = list(seen(maya, "the map", FEW))
    points.and_(maya.locator('[data-x="0.0"]')).focus()
    maya.keyboard.press("ArrowRight")
    expect(points.and_(maya.locator('[data-x="80.0"]'))).to_be_focused()
    expect(maya.locator("[data-map-said]")).to_contain_text(": Praise")
    maya.keyboard.press("Enter")
    expect(maya).to_have_url(re.compile("/projects/tasks/"))
    maya.goto(f"{here}/groups/")
    found += seen(maya, "the groups", FEW)
    maya.get_by_role("link", name="Group 1").click()
    expect(maya.get_by_role("heading", name="Group 1")).to_be_visible()
    found += seen(maya, "a group", FEW)
    maya.goto(f"{here}/evaluations/{evaluation}/side-by-side/")
    expect(maya.get_by_text("It gave no answer to this task.")).to_be_visible()
    expect(maya.locator('[data-answer="verdict"] .answer__fields')).to_be_visible()
    found += seen(maya, "side by side", FEW)
    maya.keyboard.press("ArrowRight")
    expect(maya.get_by_text("2 of 2")).to_be_visible()
    assert found == []
