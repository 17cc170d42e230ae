"""Jun sees what he answered beside what was decided, and mends what he just handed in, by keyboard."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.looks import seen
from tests.support.browser.site import Site
from tests.support.browser.texts import make_project

pytestmark = pytest.mark.xdist_group("studio")
JUN = "jun@riverside.example"

HANDED_IN = """
import time
from projects.configuration import configure
from projects import queue
from projects.workflow import submission
from projects.models import Assignment, Project
from taskers.models import Person

project = Project.objects.get(public_id={project!r})
jun = Person.objects.get(email={jun!r})
span = {{"id": "s1", "start": 0, "end": 5, "label": "person", "provenance": {{"source": "human"}}}}
for minutes in (0, 60):
    configure.change(project, None, correction_minutes=minutes)
    while not isinstance(mine := queue.claim(jun, project), Assignment):
        time.sleep(0.2)  # the texts are being loaded
    made = submission.submit(mine, jun, mine.token, {{"spans": [span]}})
print(made.public_id)
"""


def test_jun_corrects_what_he_handed_in(site: Site, sign_in: Callable[..., Page]) -> None:
    project = make_project(site, "Mended", ["Maria went.", "Paolo stayed."]).strip("/").split("/")[-1]
    piece = site.script(HANDED_IN.format(project=project, jun=JUN))
    page = sign_in(JUN)
    page.goto(f"/my-work/?project={project}")
    expect(page.locator("#entries tbody tr")).to_have_count(2)
    page.locator("#entries tbody tr").nth(1).get_by_role("link").click()
    expect(page.locator(".answer__span")).to_have_text(["PersonMaria", "PersonMaria"])  # his and the verdict
    expect(page.get_by_role("link", name="Correct it")).to_have_count(0)
    page.goto(f"/my-work/{piece}/")
    expect(page.locator(".answer__span")).to_have_text(["PersonPaolo"])
    assert list(seen(page, "a piece of work")) == []
    page.get_by_role("link", name="Correct it").press("Enter")
    expect(page.locator("#workbench")).to_be_visible()
    expect(page.locator(".studio__bar")).to_contain_text("Correcting, until")
    expect(page.locator("#panel .marks__row")).to_have_count(1)
    page.keyboard.press("ArrowRight")
    page.locator("#panel .marks__row").first.click()
    page.keyboard.press("Delete")
    expect(page.locator("#saved-mark")).to_have_attribute("data-state", "saved")
    page.reload()
    expect(page.locator("#workbench")).to_be_visible()
    expect(page.locator("#panel .marks__row")).to_have_count(0)
    page.keyboard.press("Enter")
    if page.locator("#empty-dialog").is_visible():
        page.locator("#empty-dialog button[value=go]").click()
    expect(page.locator("#rest")).to_contain_text("Corrected. What you handed in last counts.")
    page.goto(f"/my-work/?project={project}")
    page.locator("#entries tbody tr").first.get_by_role("link").click()
    expect(page.locator(".answer")).to_have_count(1)
    expect(page.locator(".answer__span")).to_have_count(0)
    kept = site.query(
        "SELECT n.superseded_at IS NULL FROM projects_annotation n JOIN projects_task t ON t.id = n.task_id"
        " JOIN projects_project p ON p.id = t.project_id WHERE p.public_id = %s ORDER BY n.id",
        project,
    )
    assert kept == [(True,), (False,), (True,)]
