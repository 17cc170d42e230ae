"""A picture in which Jun marked nothing: asked about before it is handed in, where that isn't usual."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import shapes
from tests.support.browser.site import Site
from tests.support.browser.stage import Stage
from tests.support.browser.studio import JUN

pytestmark = pytest.mark.xdist_group("studio")


def test_enter_upon_enter_never_hands_in_an_empty_picture(site: Site, sign_in: Callable[..., Page]) -> None:
    stage = Stage(sign_in(JUN), site, shapes.make_project(site, "Empty pictures", pictures=2))
    page, asked = stage.page, stage.page.locator("#empty-dialog")
    first = page.locator("#task-name").inner_text()
    for _ in range(3):
        stage.press("Enter")
        expect(asked).to_be_visible()
        expect(asked.get_by_role("button", name="Back")).to_be_focused()
        stage.press("Enter")
        expect(asked).to_be_hidden()
    expect(page.locator("#task-name")).to_have_text(first)
    stage.press("Enter", "Shift+Tab", "Enter")  # said on purpose it is handed in
    expect(page.locator("#task-name")).not_to_have_text(first)


def test_a_dialog_opened_again_before_its_closing_was_told_still_hears_the_answer(
    site: Site, sign_in: Callable[..., Page]
) -> None:
    stage = Stage(sign_in(JUN), site, shapes.make_project(site, "Quick upon quick", pictures=2))
    page = stage.page
    first = page.locator("#task-name").inner_text()
    stage.press("Enter")
    page.locator("#empty-dialog").evaluate(
        """dialog => {
            dialog.querySelector("[data-closes]").click();
            const enter = new KeyboardEvent("keydown", {key: "Enter", bubbles: true});
            document.querySelector(".canvas").dispatchEvent(enter);
            if (!dialog.open) throw new Error("Enter asks again");
        }"""
    )
    page.get_by_role("button", name="Nothing to mark: submit").click()
    expect(page.locator("#task-name")).not_to_have_text(first)


def test_nobody_is_asked_where_empty_answers_are_usual(site: Site, sign_in: Callable[..., Page]) -> None:
    address = shapes.make_project(site, "Mostly empty pictures", pictures=2, empty_usual=True)
    stage = Stage(sign_in(JUN), site, address)
    first = stage.page.locator("#task-name").inner_text()
    stage.press("Enter")
    expect(stage.page.locator("#task-name")).not_to_have_text(first)
    expect(stage.page.locator("#empty-dialog")).to_be_hidden()
