"""The server dies, the lease runs out, the copilot is gone: Jun works on, and each task is handed in once."""

import json
import os
import signal
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import shapes
from tests.support.browser.quiet import listen
from tests.support.browser.signing_in import enter
from tests.support.browser.site import Site, are_loaded
from tests.support.browser.studio import JUN, annotations, draw_box, saved, taken
from tests.support.waiting import until

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def jun(site: Site, chromium: Browser):
    """Jun where servers die; what the console says of that is expected."""
    context = listen(chromium.new_context(base_url=site.url, viewport={"width": 1440, "height": 900}))
    page = context.new_page()
    enter(page, site, JUN)
    yield page
    context.close()


def kill(site: Site, name: str) -> None:
    """A child of the site's own supervisor dies at once, and is started again in a while."""
    children = json.loads((site.data / "run" / "children.json").read_text())
    doomed = [one["pid"] for one in children if one["name"].startswith(name)]
    assert doomed, children
    for pid in doomed:
        os.kill(pid, signal.SIGKILL)


def begun(site: Site, jun: Page, name: str, **terms: object) -> str:
    """A box in the first of two tasks; its name."""
    address = shapes.make_project(site, name, pictures=2, **terms)  # type: ignore[arg-type]
    jun.goto(address)
    draw_box(jun)
    saved(jun)
    return jun.locator("#task-name").inner_text()


def test_the_server_is_restarted_in_mid_work_and_the_submit_is_recorded_once(site: Site, jun: Page) -> None:
    first = begun(site, jun, "Through a restart")
    kill(site, "web")
    jun.keyboard.press("Control+Enter")
    expect(jun.locator("#task-name")).not_to_have_text(first, timeout=60_000)
    expect(jun.locator("#studio")).to_have_attribute("data-phase", "working", timeout=60_000)
    assert annotations(site, "Through a restart") == 1
    draw_box(jun)
    saved(jun)
    jun.keyboard.press("Control+Enter")
    expect(jun.locator("#rest")).to_contain_text("everything there is for you", timeout=15_000)
    assert annotations(site, "Through a restart") == 2


def test_a_lease_that_ran_out_is_said_and_the_submit_is_still_in_time(site: Site, jun: Page) -> None:
    name = "Through the end of a lease"
    begun(site, jun, name)
    run_out(site, name)
    jun.evaluate("dispatchEvent(new Event('online'))")  # beats at once
    expect(jun.get_by_text("Your time for this task ran out.")).to_be_visible(timeout=15_000)
    draw_more(jun)
    jun.keyboard.press("Control+Enter")
    taken(jun)
    expect(jun.get_by_text("Your time for this task ran out.")).to_be_hidden(timeout=15_000)
    assert annotations(site, name) == 1


def test_a_lease_that_somebody_else_has_is_lost_in_words_and_counts_once(
    site: Site, jun: Page, sign_in: Callable[..., Page]
) -> None:
    name = "Lost to somebody else"
    address = shapes.make_project(site, name)
    jun.goto(address)
    draw_box(jun)
    saved(jun)
    run_out(site, name)
    leo = sign_in("leo@riverside.example")
    leo.goto(address)
    draw_box(leo)
    saved(leo)
    jun.keyboard.press("Control+Enter")
    expect(jun.locator("#lost-dialog")).to_be_visible(timeout=15_000)
    leo.keyboard.press("Control+Enter")
    expect(leo.locator("#rest")).to_contain_text("everything there is for you", timeout=15_000)
    assert annotations(site, name) == 1


def test_the_copilot_dies_and_nothing_else_changes(site: Site, jun: Page) -> None:
    name = "Without the copilot"
    begun(site, jun, name, copilot=True)
    kill(site, "runtime")
    draw_more(jun)
    jun.keyboard.press("Control+Enter")
    expect(jun.locator("#studio")).to_have_attribute("data-phase", "working", timeout=15_000)
    taken(jun)
    assert annotations(site, name) == 1
    until(lambda: are_loaded(site), 120, site.log)  # whoever comes next may count on it


def draw_more(page: Page) -> None:
    """Another box, so that there is something new to keep."""
    for key in ("n", "ArrowLeft", "ArrowLeft", "Enter", "ArrowRight", "ArrowDown", "Enter", "Escape"):
        page.keyboard.press(key)
    expect(page.locator("#panel .marks__row")).to_have_count(2)
    saved(page)


def run_out(site: Site, name: str) -> None:
    """The lease of what is held in a project ends now, and the reaper notices."""
    site.query(
        "UPDATE projects_assignment a SET deadline = now() - interval '1 minute'"
        " FROM projects_task t JOIN projects_project p ON p.id = t.project_id"
        " WHERE a.task_id = t.id AND p.name = %s AND a.state = 'held' RETURNING a.id",
        name,
    )
    done = site.manage("expire_assignments")
    assert done.returncode == 0, done.stderr
