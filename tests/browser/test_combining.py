"""Priya settles a quarrel of five people over twelve regions by keyboard, part by part, and sends the next one back."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.looks import FEW, seen
from tests.support.browser.site import Site

pytestmark = pytest.mark.xdist_group("browser")

PRIYA = "priya@riverside.example"
MOST = 25  # keystrokes and clicks, for twelve regions
SCRIPT = """
import io, json
import numpy as np
from PIL import Image
from django.core.files.base import ContentFile
from projects import queue
from projects.configuration import configure
from projects.data.importing import start as loading
from projects.models import Assignment, Project, Task
from projects.workflow import batches, submission
from tests.support import make

owner = Project.objects.get(name="Objects in photographs").organization
by = owner.memberships.filter(role="manager").first().person
people = [make.person(f"quarrel{number}", owner, "tasker") for number in range(5)]
labels = [{"name": name, "shapes": ["box"]} for name in ("Washer", "Nut", "Bolt")]
project = configure.create(owner, by, name="Quarrel", task_type="image_regions", wanted=5, rate=0, copilot=False,
    aggregation="majority_v1", audit_share=0.0, labels=labels)
batch = batches.move(batches.create(project, "First", by=by), "live", by=by)
pictures = []
for grey in (180, 181):
    one = io.BytesIO()
    Image.fromarray(np.full((240, 320, 3), grey, np.uint8)).save(one, "PNG")
    pictures.append(ContentFile(one.getvalue(), name=f"belt-{grey}.png"))
loading.load_files(project, pictures, loading.Into(batch), by=by)
import time
keys = list(project.labels.order_by("pk").values_list("key", flat=True))
right, answers = [], [[] for _ in people]
for place in range(12):
    shape = {"type": "box", "x": 20 + 75 * (place % 4), "y": 15 + 75 * (place // 4), "width": 50, "height": 45}
    label = keys[place % 2]
    exists = place % 6 != 5  # two of the twelve are nothing at all
    if exists:
        right.append([shape["x"], shape["y"], label])
    for who, answer in enumerate(answers):
        told = (who + place) % 5  # who is right of each is another
        if told in ((0, 1) if exists else (0,)):  # two of five have it right; of nothing, one sees something
            answer.append((shape, label))
        elif exists and told in (2, 3):
            answer.append((shape | {"x": shape["x"] + told}, keys[2]))
for who, answer in (pair for pair in zip(people, answers) for _picture in pictures):
    while not isinstance(mine := queue.claim(who, project), Assignment):
        time.sleep(0.2)  # the picture is being loaded
    regions = [{"id": f"r{n}", "label": label, "shape": shape} for n, (shape, label) in enumerate(answer, 1)]
    submission.submit(mine, who, mine.token, {"regions": regions})
tasks = Task.objects.filter(batch=batch, withheld="review").order_by("review_rank", "pk")
task, other = (str(one.public_id) for one in tasks)
print(json.dumps({"project": str(project.public_id), "task": task, "other": other, "right": right}))
"""
COUNT = """() => {
  window.pressed = 0;
  for (const kind of ["keydown", "click"]) addEventListener(kind, (event) => (pressed += event.isTrusted), true);
}"""
ROW = ".difference[aria-current]"


def key_of(page: Page, label: str) -> str:
    """The key of the first answer that says this label of the row in sight."""
    said = page.locator(f"{ROW} .difference__say", has_text=label)
    return str("ABCDE".index(said.locator(".difference__who").first.inner_text()) + 1)


def test_five_people_and_twelve_regions(site: Site, sign_in: Callable[..., Page]) -> None:
    made = json.loads(site.beside.run(SCRIPT).strip().splitlines()[-1])
    page = sign_in(PRIYA)
    page.goto(f"/review/{made['task']}/?project={made['project']}")
    expect(page.locator(".answer")).to_have_count(5)
    page.evaluate(COUNT)

    page.keyboard.press("c")
    expect(page.locator(".difference")).to_have_count(12)
    page.keyboard.press("a")  # what most say: of two things there is nothing
    expect(page.locator(".difference[data-state=open]")).to_have_count(10)
    assert list(seen(page, "combining", FEW)) == []
    while page.locator(".difference[data-state=open]").count():
        row = page.locator(ROW)
        label = "Washer" if row.locator(".difference__say", has_text="Washer").count() else "Nut"
        left = page.locator(".difference[data-state=open]").count()
        page.keyboard.press(key_of(page, label))
        expect(page.locator(".difference[data-state=open]")).to_have_count(left - 1)
    expect(page.get_by_text("All is decided.").first).to_be_visible()
    page.keyboard.press("v")
    expect(page.locator(".side-by-side__pane")).to_have_count(6)
    page.keyboard.press("v")
    assert page.evaluate("pressed") < MOST
    expect(page.locator("#saved-mark[data-state=saved]")).to_be_attached()
    page.reload()  # what was taken so far is kept
    expect(page.locator(".difference")).to_have_count(12)
    expect(page.locator(".difference[data-state=open]")).to_have_count(0)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/review/{made['other']}/**")

    ((answer,),) = site.query(
        "SELECT v.answer FROM projects_verdict v JOIN projects_task t ON t.id = v.task_id"
        " WHERE t.public_id = %s AND v.superseded_at IS NULL",
        made["task"],
    )
    found = [[one["shape"]["x"], one["shape"]["y"], one["label"]] for one in answer["regions"]]
    assert sorted(found) == sorted(made["right"])

    # The next of the same quarrel goes back to two of them.
    expect(page.locator(".answer")).to_have_count(5)
    page.get_by_role("button", name="Send back…").click()  # in sight, not in a menu
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Answer B").check()
    dialog.get_by_label("Answer C").check()
    dialog.get_by_label("A wrong label").check()
    dialog.get_by_label("Note to the tasker").fill("Bolts have threads.")
    assert list(seen(page, "sending back", FEW)) == []
    dialog.get_by_role("button", name="Send back").click()
    page.wait_for_url("**/review/?project=*")
    told = site.query(
        "SELECT m.reason, m.note, m.state FROM projects_mistake m JOIN projects_task t ON t.id = m.task_id"
        " WHERE t.public_id = %s",
        made["other"],
    )
    assert set(told) == {("label", "Bolts have threads.", "returned")} and len(told) >= 2
