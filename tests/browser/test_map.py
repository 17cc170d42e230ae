"""The map of a project, its groups, and an evaluation's worst tasks side by side: by keyboard, narrow and dark."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.looks import FEW, seen
from tests.support.browser.site import Site

pytestmark = pytest.mark.xdist_group("browser")

MADE = """
from assist.alike import atlas
from assist.models import Evaluation, EvaluationAnswer, EvaluationScore, TaskGroup, TaskMap
from assist.registry import registry
from projects.models import Project, Task, Verdict
from taskers.models import Person
project = Project.objects.get(name="Letters to the town hall")
maya = Person.objects.get(email="maya@riverside.example")
tasks = list(Task.objects.filter(project=project).order_by("pk")[:12])
TaskMap.objects.filter(project=project).delete()
drawn = TaskMap.objects.create(
    project=project, state="done", method="axes", model="all-minilm-l6@2", tasks=12, begun_by=maya, undecided=2,
    points=[[task.pk, 80.0 * at, 500.0 + 30.0 * (at % 3)] for at, task in enumerate(tasks)])
left = atlas.still_undecided(Task.objects.filter(project=project).order_by("pk").values_list("pk", flat=True))[:5]
TaskGroup.objects.create(map=drawn, number=1, tasks=left, size=len(left))
found = Evaluation.objects.create(
    project=project, candidate=registry.model_version("fake-classes@1"), margin=0.05, state="done", outcome="refused",
    champion=registry.model_version("all-minilm-l6@2"), rules=1, begun_by=maya)
for verdict in Verdict.objects.current().filter(task__project=project).order_by("pk")[:2]:
    score = EvaluationScore.objects.create(
        evaluation=found, task=verdict.task_id, verdict=verdict.pk, candidate=0.0, champion=1.0, slices=["label x"])
    EvaluationAnswer.objects.create(score=score, candidate={"fault": "no-answer"}, champion=verdict.answer)
"""


def test_maya_goes_over_the_map_and_the_worst_tasks_by_keyboard(site: Site, sign_in: Callable[..., Page]) -> None:
    site.script(MADE)
    ((project,),) = site.query("SELECT public_id FROM projects_project WHERE name = 'Letters to the town hall'")
    ((evaluation,),) = site.query("SELECT public_id FROM assist_evaluation ORDER BY id DESC LIMIT 1")
    maya, here = sign_in("maya@riverside.example"), f"/projects/{project}/copilot"
    maya.goto(f"{here}/improve/")
    maya.get_by_role("link", name="Map", exact=True).click()
    points = maya.locator("[data-map] a")
    expect(points).to_have_count(12)
    found = list(seen(maya, "the map", FEW))
    points.first.focus()
    maya.keyboard.press("ArrowRight")
    expect(points.nth(1)).to_be_focused()
    expect(maya.locator("[data-map-said]")).to_contain_text(":")
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
