"""Jun at the studio: what a browser test presses, and what it waits for."""

import re

from playwright.sync_api import Page, expect

from tests.support.browser.site import Site

JUN = "jun@riverside.example"
MARKS = "#panel .marks__row"


def submit(page: Page) -> None:
    before = page.locator("#task-name").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator("#task-name")).not_to_have_text(before, timeout=20_000)
    taken(page)


def taken(page: Page) -> None:
    """What was handed in has been taken: the next task, shown ahead of that, is ours."""
    expect(page.locator("#studio")).to_have_attribute("data-phase", re.compile("working|idle"), timeout=15_000)


def saved(page: Page) -> None:
    expect(page.locator("#saved-mark")).to_have_attribute("data-state", "saved", timeout=15_000)


def draw_box(page: Page) -> None:
    """A box by keyboard, which stays selected."""
    page.locator(".canvas").focus()
    for key in ("n", "ArrowLeft", "Enter", "ArrowRight", "ArrowDown", "Enter", "Escape"):
        page.keyboard.press(key)
    expect(page.locator("#panel .marks__row")).to_have_count(1)


def annotations(site: Site, project: str) -> int:
    ((count,),) = site.query(
        "SELECT count(*) FROM projects_annotation n JOIN projects_task t ON t.id = n.task_id"
        " JOIN projects_project p ON p.id = t.project_id WHERE p.name = %s",
        project,
    )
    return count
