"""Makes the README's pictures again: `python -m docs.screenshots`. Starts a Tandem of its own and works in it."""

import os
import re
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from config import database_owner, postgres
from tests.support.browser.signing_in import by_form
from tests.support.browser.site import CHROMIUM, Site, chromium_path, running

FOLDER = Path(__file__).resolve().parent / "pictures"
LIVED_IN = "Calls to the town line"  # the demo's project with three weeks of work
ASTRONAUT_FIRST = """
from projects.models import Task
from projects.workflow import task_actions
from taskers.models import Person
task = Task.objects.get(project__name="Objects in photographs", payload__name="astronaut.png")
task_actions.put_first(task, by=Person.objects.get(email="maya@riverside.example"))
"""


def main() -> None:
    """Write docs/pictures/*.png."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "postgres"
        try:
            with postgres.running(database, postgres.FAST) as url:
                owner = {database_owner.VARIABLE: postgres.owner_url(database)}
                os.environ |= {"DATABASE_URL": url, "TANDEM_DATA": folder, **owner}
                photograph(Path(folder) / "site")
        finally:
            postgres.destroy(database)


def photograph(folder: Path) -> None:
    """Start Tandem with its state below `folder`, and take every picture."""
    with running(folder) as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM)
        studio_with_masks(browser, site)
        studio_with_spans(browser, site)
        manager(browser, site)
        a_managers_hour(browser, site)
        a_reviewers_hour(browser, site)
        pay_day(browser, site)
        browser.close()


def studio_with_masks(browser: Browser, site: Site) -> None:
    """The astronaut's hair under a mask, the rocket with the copilot's offer."""
    site.script(ASTRONAUT_FIRST)
    page = signed_in(browser, site, "leo@riverside.example", "light")
    page.get_by_role("link", name=re.compile("Objects in photographs")).click()
    expect(page.locator("#copilot-mark")).to_have_attribute("data-state", "ready", timeout=60_000)
    for label, box in (("1", (0.28, 0.02, 0.62, 0.42)), ("3", (0.69, 0.0, 0.92, 0.5))):
        page.keyboard.press(label)
        drag(page, box)
        expect(page.get_by_role("button", name="Mask 3")).to_be_visible(timeout=30_000)
        if label == "1":
            page.keyboard.press("a")
            page.keyboard.press("Escape")
    page.mouse.move(5, 5)
    page.screenshot(path=FOLDER / "studio-masks.png")


def studio_with_spans(browser: Browser, site: Site) -> None:
    """A report with some suggestions accepted, in the dark."""
    page = signed_in(browser, site, "amina@riverside.example", "dark")
    page.get_by_role("link", name=re.compile("People, organizations")).click()
    expect(page.locator("#panel .marks__row[data-offer]").first).to_be_visible(timeout=60_000)
    for key in "aax":
        page.keyboard.press(key)
    page.screenshot(path=FOLDER / "studio-spans.png")


def manager(browser: Browser, site: Site) -> None:
    """A project as its manager sees it."""
    page = signed_in(browser, site, "maya@riverside.example", "light")
    page.get_by_role("link", name=re.compile(LIVED_IN)).click()
    page.get_by_role("link", name="Tasks", exact=True).first.click()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / "tasks.png")


def a_managers_hour(browser: Browser, site: Site) -> None:
    """How a project goes: what needs somebody, how fast it goes, when it will be done."""
    page = signed_in(browser, site, "maya@riverside.example", "light")
    page.set_viewport_size({"width": 1280, "height": 1400})
    page.get_by_role("link", name=re.compile(LIVED_IN)).click()
    page.get_by_role("link", name="Dashboard", exact=True).first.click()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / "dashboard.png")


def a_reviewers_hour(browser: Browser, site: Site) -> None:
    """The first of those that people didn't agree on."""
    page = signed_in(browser, site, "priya@riverside.example", "dark")
    page.goto("/review/")
    page.locator("main tbody a").first.click()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / "review.png")


def pay_day(browser: Browser, site: Site) -> None:
    """The newest payout, before somebody else approves it."""
    page = signed_in(browser, site, "ingrid@riverside.example", "light")
    page.goto("/money/payouts/")
    page.locator("main tbody a").first.click()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / "payout.png")


def signed_in(browser: Browser, site: Site, email: str, scheme: str) -> Page:
    context = browser.new_context(
        base_url=site.url,
        viewport={"width": 1280, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    by_form(page, site, email)
    return page


def drag(page: Page, box: tuple[float, float, float, float]) -> None:
    """Drag a box over the square picture in the middle of the stage."""
    stage = page.locator("#stage canvas").first.bounding_box()
    assert stage is not None
    side = min(stage["width"], stage["height"]) - 2 * min(24.0, stage["width"] / 20)
    x = stage["x"] + (stage["width"] - side) / 2
    y = stage["y"] + (stage["height"] - side) / 2
    left, top, right, bottom = box
    page.mouse.move(x + left * side, y + top * side)
    page.mouse.down()
    page.mouse.move(x + (left + right) / 2 * side, y + (top + bottom) / 2 * side)
    page.mouse.move(x + right * side, y + bottom * side)
    page.mouse.up()


if __name__ == "__main__":
    main()
