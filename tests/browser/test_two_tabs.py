"""A tasker's hour in two tabs: the same task in both, and whatever Jun chooses, nothing that was drawn is lost."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.browser import shapes
from tests.support.browser.looks import FEW, seen
from tests.support.browser.site import Site
from tests.support.browser.stage import Stage, square
from tests.support.browser.studio import JUN, MARKS, annotations, saved, taken
from tests.support.browser.texts import make_project

pytestmark = pytest.mark.xdist_group("studio")

NAME = "An hour in two tabs"


def outlines(stage: Stage, *places: tuple[float, float]) -> None:
    """A mask at each of these places."""
    for place in places:
        stage.press("Escape", "l")
        stage.drag(*square(*place, 30), place)


def box(stage: Stage, x: float, y: float) -> None:
    stage.press("Escape", "n")
    stage.drag((x, y), (x + 40, y + 30))


def copies(page: Page) -> list[str]:
    """What the dialog says of each copy: this one, the other one."""
    expect(page.locator("#conflict-dialog")).to_be_visible(timeout=20_000)
    expect(page.locator("#conflict-dialog canvas")).to_have_count(2)
    return [one.inner_text() for one in page.locator("#copies .copy").all()]


def marked(page: Page, count: int) -> None:
    expect(page.locator(MARKS)).to_have_count(count)


def test_a_taskers_hour_in_two_tabs(site: Site, sign_in) -> None:
    address = shapes.make_project(site, NAME, pictures=2)
    here = Stage(sign_in(JUN), site, address)
    held: list[Route] = []
    beside = here.page.context.new_page()
    beside.route("**/draft", lambda route: held.append(route))  # a slow network: it is told when there are three
    there = Stage(beside, site, address)

    here.page.bring_to_front()
    box(here, 20, 20)
    saved(here.page)
    there.page.bring_to_front()
    outlines(there, (60, 60), (120, 60), (180, 60))
    marked(there.page, 3)
    for request in held:
        request.continue_()
    there.page.unroute("**/draft")
    mine, other = copies(there.page)
    assert "3 marks, changed" in mine and "Thing × 3" in mine and "More in it" in mine
    assert "1 mark, changed" in other and "Thing × 1" in other and "More in it" not in other
    expect(there.page.get_by_role("button", name="What I see here")).to_be_focused()
    assert list(seen(there.page, "two copies", FEW)) == []
    there.press("Enter")  # as if Jun had meant to submit: nothing is lost by it
    marked(there.page, 3)
    saved(there.page)

    there.page.get_by_role("button", name="Bring it back").click()
    marked(there.page, 1)
    there.press("Control+z")
    marked(there.page, 3)
    there.press("Control+Shift+z")
    marked(there.page, 1)
    there.page.get_by_role("button", name="Bring it back").click()
    marked(there.page, 3)
    saved(there.page)
    there.page.reload()
    there.ready()
    marked(there.page, 3)
    there.page.get_by_role("button", name="Bring it back").click()  # kept over a reload
    marked(there.page, 1)
    there.press("Control+z")
    marked(there.page, 3)
    saved(there.page)

    here.page.bring_to_front()
    box(here, 200, 120)
    mine, other = copies(here.page)
    assert "2 marks" in mine and "3 marks" in other and "More in it" in other
    expect(here.page.get_by_role("button", name="The other copy")).to_be_focused()
    here.press("Enter")
    marked(here.page, 3)
    here.press("Control+z")  # what was not chosen is one undo away
    marked(here.page, 2)
    here.press("Control+Shift+z")
    marked(here.page, 3)
    saved(here.page)
    here.press("Escape", "p", "2")
    first = here.page.locator("#task-name").inner_text()
    here.page.locator("#submit").click()
    expect(here.page.locator("#task-name")).not_to_have_text(first, timeout=20_000)
    taken(here.page)
    expect(here.page.get_by_role("button", name="Bring it back")).to_be_hidden()
    for pressed in ("#panel .palette [data-key=other]", "#tools [data-do='tool:polygon']"):
        expect(here.page.locator(pressed)).to_have_attribute("aria-pressed", "true")  # both go along to the next task

    there.page.bring_to_front()
    there.press("Control+Enter")  # the same work again is taken as the same
    expect(there.page.locator("#task-name")).to_have_text(here.page.locator("#task-name").inner_text(), timeout=20_000)
    marked(there.page, 0)
    here.page.bring_to_front()
    box(here, 20, 20)
    saved(here.page)
    here.page.locator("#submit").click()
    expect(here.page.locator("#rest")).to_contain_text("everything there is for you", timeout=20_000)
    assert annotations(site, NAME) == 2


ALLOW_CORRECTIONS = """
from projects.configuration import configure
from projects.models import Project
configure.change(Project.objects.get(public_id={project!r}), None, correction_minutes=10)
"""


def mark_name(page: Page, two_words: bool = False) -> None:
    """The first word as a person by keyboard, or the first two."""
    page.locator("#stage").focus()
    for key in ("Shift+ArrowRight", *(["Shift+ArrowRight"] if two_words else []), "1"):
        page.keyboard.press(key)
    marked(page, 1)


def test_the_second_tab_learns_that_the_task_was_submitted_in_the_first(site: Site, sign_in) -> None:
    """Jun leaves a task open in two tabs with other words in each, submits it in one, and comes back to the other."""
    address = make_project(site, "Submitted in the other tab", ["Maria went to Oslo.", "Paolo stayed in Rome."])
    site.script(ALLOW_CORRECTIONS.format(project=address.strip("/").split("/")[-1]))
    first = sign_in(JUN)
    second = first.context.new_page()
    for page in (first, second):
        page.goto(address)
        expect(page.locator("#workbench")).to_be_visible()
    task = first.locator("#task-name").inner_text()
    expect(second.locator("#task-name")).to_have_text(task)
    second.route("**/draft", lambda route: route.abort())  # what is typed there doesn't get through before the submit
    mark_name(second, two_words=True)
    first.bring_to_front()
    mark_name(first)
    saved(first)
    first.locator("#submit").click()
    expect(first.locator("#task-name")).not_to_have_text(task, timeout=20_000)
    taken(first)

    second.bring_to_front()
    expect(second.locator("#saved-mark")).to_have_text("Submitted")
    expect(second.locator("#notes")).to_contain_text("What you changed only here was not submitted.")
    second.unroute("**/draft")
    marked(second, 1)
    expect(second.locator(MARKS)).to_contain_text("Maria went")
    second.get_by_role("button", name="Correct it with this").click()
    expect(second.locator("#notes")).to_be_empty()
    expect(second.locator(MARKS)).to_contain_text("Maria went")
    saved(second)
    second.locator("#submit").click()
    expect(second.locator("#task-name")).to_have_text(first.locator("#task-name").inner_text(), timeout=20_000)
    assert annotations(site, "Submitted in the other tab") == 2  # the answer, and its correction
