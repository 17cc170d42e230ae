"""What was just submitted is taken back by one key, in every type, while the task at hand waits."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import shapes
from tests.support.browser.looks import faults
from tests.support.browser.site import Site
from tests.support.browser.stage import Stage
from tests.support.browser.studio import JUN, MARKS, taken
from tests.support.waiting import until

pytestmark = pytest.mark.xdist_group("studio")

MAKE = """
import json
from django.core.files.base import ContentFile
from projects.workflow import batches
from projects.configuration import configure
from projects.data.importing import start as loading
from projects.models import Project

terms = json.loads({terms!r})
owner = Project.objects.get(name="Objects in photographs").organization
by = owner.memberships.filter(role="manager").first().person
rows = terms.pop("rows")
project = configure.create(owner, by, wanted=1, rate=0, file_order=True, correction_minutes=1, **terms)
batch = batches.move(batches.create(project, "First", by=by), "live", by=by)
lines = "".join(json.dumps(row) + chr(10) for row in rows)
loading.load_files(project, [ContentFile(lines.encode(), name="rows.jsonl")], loading.Into(batch), by=by)
print(project.public_id)
"""
GRANT = """
from projects.configuration import configure
from projects.models import Project
configure.change(Project.objects.get(public_id={project!r}), None, correction_minutes=1)
"""
CHOICE = [{"key": "mood", "name": "Mood", "kind": "choice"}]
MOODS = [{"key": key, "name": key.title()} for key in ("glad", "cross")]


def open_project(page: Page, site: Site, **terms: Any) -> str:
    """The studio with a new project whose work may be taken back for a minute; the project's id."""
    project = site.script(MAKE.format(terms=json.dumps(terms)))
    page.goto(f"/studio/{project}/")
    expect(page.locator("#workbench")).to_be_visible()
    return project


def answers(site: Site, project: str) -> list[dict]:
    """What counts of the project's work, in the order in which it was begun."""
    rows = site.query(
        "SELECT n.answer FROM projects_annotation n JOIN projects_task t ON t.id = n.task_id"
        " JOIN projects_project p ON p.id = t.project_id WHERE p.public_id = %s AND n.superseded_at IS NULL"
        " ORDER BY n.assignment_id",
        project,
    )
    return [answer for (answer,) in rows]


def values(answer: dict) -> list:
    return [part["value"] for part in answer["fields"]]


def submitted(page: Page, key: str) -> None:
    """The key hands this task in, and the next one is ours."""
    before = page.locator("#task-name").inner_text()
    page.keyboard.press(key)
    expect(page.locator("#task-name")).not_to_have_text(before)
    taken(page)


def test_one_key_that_submits_is_taken_back_by_one_key(site: Site, sign_in: Callable[..., Page]) -> None:
    page = sign_in(JUN)
    rows = [{"text": f"Letter {n}"} for n in range(3)]
    project = open_project(
        page, site, name="Taken back", task_type="classification", fields=CHOICE, labels=MOODS, rows=rows
    )
    page.get_by_label("Submit as soon as I press a choice's key").check()
    undo = page.get_by_role("button", name="Undo Shift T")
    expect(undo).to_be_hidden()
    first = page.locator("#task-name").inner_text()
    submitted(page, "1")
    second = page.locator("#task-name").inner_text()
    expect(undo).to_be_visible()
    expect(page.locator("#said")).to_contain_text("Submitted. Shift T takes it back.")
    assert faults(page) == []
    page.keyboard.press("Shift+T")
    expect(page.locator("#task-name")).to_have_text(first)
    expect(page.get_by_label("Glad")).to_be_checked()
    expect(page.locator("#notes")).to_contain_text("This is what you submitted.")
    submitted(page, "2")
    expect(page.locator("#task-name")).to_have_text(second)
    until(lambda: [values(answer) for answer in answers(site, project)] == [["cross"]])
    submitted(page, "1")
    undo.click()  # the button does what its key does
    expect(page.locator("#task-name")).to_have_text(second)
    page.get_by_label("Submit as soon as I press a choice's key").uncheck()
    page.request.post("/profile/submit-on-choice/", data={"on": False})


def test_work_of_every_type_comes_back_while_the_next_task_waits(site: Site, sign_in: Callable[..., Page]) -> None:
    page = sign_in(JUN)
    address = shapes.make_project(site, "Regions taken back", pictures=2)
    project = address.strip("/").split("/")[-1]
    site.script(GRANT.format(project=project))
    stage = Stage(page, site, address)
    stage.press("n")
    stage.drag((20, 20), (80, 80))
    submitted(page, "Control+Enter")
    stage.ready()
    stage.press("n")
    stage.drag((100, 100), (150, 150))
    stage.drag((200, 100), (250, 150))
    stage.marked(2)
    stage.press("Shift+T")
    stage.marked(1)
    stage.press("v", "Escape", "j", "Delete", "n")
    stage.drag((30, 30), (60, 60))
    stage.drag((100, 30), (160, 60))
    stage.drag((200, 30), (260, 60))
    submitted(page, "Control+Enter")
    stage.marked(2)
    (corrected,) = answers(site, project)
    assert len(corrected["regions"]) == 3

    rows = [{"text": f"Ada met Bo {n}."} for n in range(2)]
    labels = [{"name": "Person", "hotkey": "1"}]
    open_project(page, site, name="Spans taken back", task_type="text_spans", labels=labels, rows=rows)
    page.locator(".text").focus()
    for key in ("ArrowRight", "1"):
        page.keyboard.press(key)
    submitted(page, "Control+Enter")
    page.keyboard.press("Shift+T")
    expect(page.locator(MARKS)).to_have_count(1)

    pairs = [{"first": f"One {n}", "second": f"Two {n}"} for n in range(2)]
    open_project(page, site, name="Pairs taken back", task_type="preference", rows=pairs)
    page.keyboard.press("1")
    submitted(page, "Control+Enter")
    page.keyboard.press("Shift+T")
    expect(page.locator("input:checked")).to_have_count(1)


def test_the_last_task_of_all_can_be_taken_back_and_nothing_where_no_time_is_granted(
    site: Site, sign_in: Callable[..., Page]
) -> None:
    page = sign_in(JUN)
    rows = [{"text": "The only letter"}]
    terms = {"task_type": "classification", "fields": CHOICE, "labels": MOODS}
    open_project(page, site, name="The last one", rows=rows, **terms)
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#rest")).to_be_visible()
    page.keyboard.press("Shift+T")
    expect(page.locator("#workbench")).to_be_visible()
    expect(page.get_by_label("Glad")).to_be_checked()
    page.keyboard.press("s")
    expect(page.locator("#rest")).to_be_visible()
    page.keyboard.press("Shift+T")
    expect(page.locator("#said")).to_contain_text("Nothing was submitted that can still be taken back.")
