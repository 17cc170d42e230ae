"""The demo's letters and washers in the studio, and what becomes of them."""

from playwright.sync_api import Page, expect

from tests.support.browser.site import Site
from tests.support.browser.studio import JUN

LETTERS, WASHERS = "Letters to the town hall", "Washers on the belt"
MANAGER = "maya@riverside.example"


def open_studio(page: Page, site: Site, name: str) -> str:
    """The task that is shown, or "" for a grid."""
    ((project,),) = site.query("SELECT public_id FROM projects_project WHERE name = %s", name)
    page.goto(f"/studio/{project}/")
    expect(page.locator("#workbench")).to_be_visible()
    return page.locator("#task-name").inner_text()


def handed_in(site: Site, project: str, name: str) -> list[dict]:
    """Field -> value of each answer that Jun has handed in for a task."""
    rows = site.query(
        "SELECT n.answer FROM projects_annotation n JOIN taskers_person p ON p.id = n.tasker_id"
        " JOIN projects_task t ON t.id = n.task_id JOIN projects_project r ON r.id = t.project_id"
        " WHERE p.email = %s AND left(t.public_id::text, 8) = %s AND r.name = %s",
        JUN,
        name,
        project,
    )
    return [{part["field"]: part["value"] for part in answer["fields"]} for (answer,) in rows]


def fill_in(page: Page) -> None:
    """A letter about lamps, from the tree to the number, without the mouse."""
    page.keyboard.type("/lam")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("p")
    page.keyboard.press("j")
    page.keyboard.press("3")
    page.keyboard.press("1")
    page.keyboard.press("j")
    page.keyboard.type("4")


def tiles(page: Page) -> list[str]:
    """The names on the screen, in order."""
    expect(page.locator(".tile__press").first).to_be_visible()
    labels = page.locator(".tile__press").evaluate_all("all => all.map(one => one.getAttribute('aria-label'))")
    return [label.split(", ")[1] for label in labels]
