"""Jun gives actions other keys: refused where they clash, kept with Jun, used by the studio and on its list."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.browser import shapes
from tests.support.browser.looks import faults
from tests.support.browser.site import Site
from tests.support.browser.studio import JUN

pytestmark = pytest.mark.xdist_group("browser")
SKIPPED = """SELECT a.reason FROM projects_assignment a JOIN projects_batch b ON b.id = a.batch_id
    JOIN projects_project p ON p.id = b.project_id WHERE p.name = %s AND a.state = 'skipped'"""


@pytest.fixture
def jun(site: Site, sign_in: Callable[..., Page]) -> Iterator[Page]:
    page = sign_in(JUN)
    yield page
    page.goto("/profile/keys/")
    page.get_by_role("button", name="All back").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()


def change(page: Page, action: str, key: str) -> None:
    page.locator(f"[id='{action}']").press("Enter")
    expect(page.locator("#press")).to_be_visible()
    page.keyboard.press(key)


def test_keys_are_changed_refused_used_and_given_back(site: Site, jun: Page) -> None:
    address = shapes.make_project(
        site, "Keys of one's own", labels=[{"name": "Thing", "hotkey": "d", "shapes": ["box"]}]
    )
    jun.goto("/profile/keys/")
    assert faults(jun) == []
    change(jun, "image.tool:brush", "F3")
    change(jun, "image.tool:rectangle", "v")
    expect(jun.locator("#press-key")).to_contain_text("That is the key for “Select, move and change")
    jun.keyboard.press("5")
    expect(jun.locator("#press-key")).to_contain_text("The digits are for the labels.")
    assert faults(jun) == []
    jun.keyboard.press("d")
    expect(jun.locator("[id='image.tool:rectangle']")).to_have_text("D")
    change(jun, "studio.keys", "F1")
    jun.get_by_role("button", name="Save").click()
    expect(jun.get_by_text("Saved. Open studios")).to_be_visible()
    expect(jun.locator("[id='studio.keys']")).to_have_text("F1")

    jun.goto(address)
    expect(
        jun.get_by_text(
            "D does “Box by hand: drag it, or set two corners” here and stays so: the label “Thing” is on 1."
        )
    ).to_be_visible()
    jun.locator(".canvas").focus()
    for key in ("d", "ArrowLeft", "Enter", "ArrowRight", "ArrowDown", "Enter", "Escape"):
        jun.keyboard.press(key)
    expect(jun.locator("#panel .marks__row")).to_have_count(1)
    jun.keyboard.press("F1")
    expect(jun.locator("#keys-dialog")).to_be_visible()
    row = jun.locator("#shortcuts dl > div", has_text="Box by hand").first
    expect(row.locator("kbd")).to_have_text("D")
    assert faults(jun) == []
    jun.keyboard.press("Escape")
    jun.keyboard.press("?")
    expect(jun.locator("#keys-dialog")).to_be_hidden()

    jun.goto("/profile/keys/")
    jun.get_by_role("button", name="Box by hand: drag it, or set two corners: back to its own key").click()
    expect(jun.locator("[id='image.tool:rectangle']")).to_have_text("N")


def test_an_open_studio_takes_new_keys_with_its_next_task(site: Site, jun: Page) -> None:
    address = shapes.make_project(site, "Keys while at work", pictures=2)
    jun.goto(address)
    expect(jun.locator("#workbench")).to_be_visible()
    second = jun.context.new_page()
    second.goto("/profile/keys/")
    change(second, "studio.skip", "F2")
    second.get_by_role("button", name="Save").click()
    expect(second.get_by_text("Saved. Open studios")).to_be_visible()
    expect(second.locator("[id='studio.skip']")).to_have_text("F2")
    second.close()
    dialog = jun.locator("#skip-dialog")
    jun.keyboard.press("s")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("radio", checked=True)).to_have_count(0)
    jun.keyboard.press("Enter")
    expect(dialog, "no reason is said for anybody").to_be_visible()
    jun.keyboard.press("2")
    expect(dialog.get_by_label("Too hard to decide")).to_be_focused()
    jun.keyboard.press("Enter")
    expect(jun.locator(".studio__skip kbd")).to_have_text("F2")
    assert site.query(SKIPPED, "Keys while at work") == [("too-hard",)]
    jun.keyboard.press("F2")
    expect(dialog).to_be_visible()


def test_keys_do_nothing_while_the_dialog_that_they_are_meant_for_is_fetched(site: Site, jun: Page) -> None:
    address = shapes.make_project(site, "Keys before a dialog")
    fetched: list[Route] = []
    asides = re.compile(r"/asides\.")
    jun.route(asides, lambda one: fetched.append(one))
    with jun.expect_request(asides):
        jun.goto(address)
    expect(jun.locator("#workbench")).to_be_visible()
    for key in "s2":
        jun.keyboard.press(key)
    jun.keyboard.press("Enter")
    expect(jun.locator("#panel [aria-pressed=true]").first, "2 is a label's key").to_contain_text("Thing")
    (held,) = fetched
    held.continue_()
    expect(jun.locator("#skip-dialog")).to_be_visible()
    expect(jun.locator("#empty-dialog"), "Enter would have asked whether to submit nothing").to_be_hidden()
