"""Everything in an image is found on one key: on the first task, and on one that was shown before it was held."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import shapes
from tests.support.browser.scripted_copilot import ScriptedCopilot, things
from tests.support.browser.site import Site
from tests.support.browser.stage import Stage
from tests.support.browser.studio import JUN, taken

pytestmark = pytest.mark.xdist_group("studio")

# What comes next was asked for, so that it is shown as soon as this task is handed in.
LOOKED_AHEAD = """() => performance.getEntriesByType("resource").some(({ name }) => name.includes("lookahead"))"""
LABELS = [{"name": "Thing", "hotkey": "1"}]


def test_everything_is_found_with_its_progress_on_each_task(site: Site, sign_in: Callable[..., Page]) -> None:
    page = sign_in(JUN)
    copilot = ScriptedCopilot(page)
    address = shapes.make_project(site, "Find everything", labels=LABELS, pictures=2, copilot=True, empty_usual=True)
    stage = Stage(page, site, address)
    hint, offers = page.locator(".stage__hint"), page.locator(".offer--text")
    for count in (1, 2):
        expect(page.locator("#copilot-mark")).to_have_attribute("data-state", "ready")
        stage.press("Shift+W")
        expect(hint).to_have_text("Looking for everything in the image…")
        question = copilot.until_asked(count)
        assert question["prompt"] == {"everything": True}
        copilot.say(question["id"], {"type": "progress", "found": 12, "done": 30, "of": 64})
        expect(hint).to_have_text("12 found so far: 30 of 64 places looked at…")
        stage.press("d")  # work goes on meanwhile, and what comes late is shown all the same
        stage.drag((200, 150), (260, 200))
        stage.marked(1)
        copilot.say(question["id"], things(5))
        expect(offers).to_contain_text("5 suggestions")
        expect(hint).not_to_contain_text("places looked at")
        stage.press("Shift+A")
        stage.marked(6)
        if count == 1:
            name = page.locator("#task-name").inner_text()
            stage.press("Control+z", "Control+z", "Escape")
            stage.marked(0)
            page.wait_for_function(LOOKED_AHEAD)
            page.locator("#submit").click()  # the suggestions that wait are told of once
            page.locator("#submit").click()
            expect(page.locator("#task-name")).not_to_have_text(name)
            taken(page)
            stage.ready()


def test_everything_asked_of_a_task_that_is_not_held_yet_is_found_once_it_is(
    site: Site, sign_in: Callable[..., Page]
) -> None:
    page = sign_in(JUN)
    copilot = ScriptedCopilot(page, everything=[things(3)])
    address = shapes.make_project(site, "Find early", labels=LABELS, pictures=2, copilot=True, empty_usual=True)
    stage = Stage(page, site, address)
    expect(page.locator("#copilot-mark")).to_have_attribute("data-state", "ready")
    page.wait_for_function(LOOKED_AHEAD)
    held = []
    page.route("**/submit", lambda route: held.append(route))
    stage.press("Enter")
    expect(page.locator("#studio")).to_have_attribute("data-phase", "prefetched")
    stage.press("Shift+W")
    assert copilot.prompts == []
    held[0].continue_()
    expect(page.locator(".offer--text")).to_contain_text("3 suggestions")
