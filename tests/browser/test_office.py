"""The people's pages and the admin in a real Chromium: quiet consoles, no outside request, axe.

The newcomer of this story is shown out again at its end.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.looks import FEW, seen
from tests.support.browser.quiet import settle
from tests.support.browser.site import Site

pytestmark = pytest.mark.xdist_group("browser")

OWNER, FINANCE, REVIEWER, TASKER = (f"{name}@riverside.example" for name in ("ingrid", "tomas", "priya", "jun"))
PAGES = {
    OWNER: [
        "/people/invite/list/",
        "/accounts/2fa/",
        "/accounts/password/change/",
        "/admin/",
        "/admin/taskers/event/",
        "/admin/projects/annotation/",
        "/admin/projects/assignment/",
    ],
    FINANCE: ["/admin/taskers/payout/owed/", "/admin/taskers/payout/", "/admin/taskers/transfer/"],
    REVIEWER: ["/admin/projects/task/", "/admin/taskers/dispute/"],
}


@pytest.mark.parametrize("who", PAGES)
def test_every_page_is_quiet_fits_and_passes_axe(who: str, site: Site, sign_in: Callable[..., Page]) -> None:
    page = sign_in(who)
    found: list[str] = []
    for path in PAGES[who]:
        answer = page.goto(path)
        assert answer and answer.status == 200, path
        settle(page)
        found += seen(page, path, FEW)
    assert found == []


def test_the_admin_is_one_with_the_application(site: Site, sign_in: Callable[..., Page]) -> None:
    """One product: the application's bar and menu, a row opened, sorted and filtered; the console says no word."""
    page = sign_in(REVIEWER)
    page.goto("/admin/projects/task/")
    page.get_by_role("navigation", name="State").get_by_role("link", name="Waiting for review").click()
    page.get_by_role("columnheader", name="Loaded").get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"withheld__exact=review"))
    page.locator("tbody th a").first.click()
    expect(page.get_by_role("term").filter(has_text="What it holds")).to_be_visible()
    assert list(seen(page, "a task of the admin", FEW)) == []

    page = sign_in(FINANCE)
    page.goto("/admin/taskers/payout/")
    page.locator("details.menu summary").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="What is owed").click()
    expect(page).to_have_url(re.compile(r"/admin/taskers/payout/owed/$"))


def test_a_newcomer_is_invited_comes_in_and_is_shown_out(
    site: Site, sign_in: Callable[..., Page], visitor: Callable[..., Page]
) -> None:
    ingrid = sign_in(OWNER)
    ingrid.goto("/people/")
    ingrid.get_by_label("Email", exact=True).fill("not@whole")
    ingrid.get_by_role("button", name="Make a link").click()
    expect(ingrid.locator("#invite .field__error")).to_have_text("Enter a valid email address.")
    ingrid.get_by_label("Email", exact=True).fill("wren@riverside.example")
    ingrid.get_by_role("button", name="Make a link").click()
    link = ingrid.get_by_label("Invitation link").input_value()
    expect(ingrid.locator("#invitations")).to_contain_text("wren@riverside.example")

    wren = visitor()
    wren.goto(link)
    wren.get_by_label("Your name").fill("Wren Adeyemi")
    wren.get_by_label("Password").fill("a long walk by the sea")
    wren.get_by_role("button", name="Come in").click()
    expect(wren.get_by_role("heading", name="Hello, Wren")).to_be_visible()

    ingrid.goto("/people/")
    ingrid.get_by_label("Name or email").fill("wren")
    expect(ingrid.locator("#members tbody tr")).to_have_count(1)  # by htmx, without leaving the page
    ingrid.get_by_role("link", name="Open Wren Adeyemi").click()
    ingrid.get_by_role("button", name="Deactivate").click()
    ingrid.get_by_role("dialog").get_by_role("button", name="Keep").click()
    expect(ingrid.get_by_role("dialog")).to_have_count(0)
    ingrid.get_by_role("button", name="Deactivate").click()
    ingrid.get_by_role("dialog").get_by_role("button", name="Deactivate").click()
    expect(ingrid.get_by_text("can't enter any more")).to_be_visible()
    wren.reload()
    expect(wren.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_second_step_guards_the_sign_in(site: Site, sign_in: Callable[..., Page]) -> None:
    """As far as an authenticator app is needed: the code is drawn here, by no outside host."""
    page = sign_in(TASKER)
    page.goto("/accounts/2fa/totp/activate/")
    page.get_by_label("Password").fill(site.passwords[TASKER])
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator("img.code-image")).to_have_attribute("src", re.compile(r"^data:image/svg\+xml"))
    drawn = page.locator("img.code-image").evaluate("image => image.complete && image.naturalWidth > 0")
    assert drawn


def test_a_part_that_is_fetched_again_leaves_the_focus_where_it_is(site: Site, sign_in: Callable[..., Page]) -> None:
    """Figures come every four seconds; Maya is on a link among them, without an id, which comes anew with them."""
    page = sign_in("maya@riverside.example")
    page.clock.install()
    page.goto("/projects/")
    page.get_by_role("link", name="Objects in photographs").first.click()
    told = page.locator("#progress")
    link = told.locator("tbody th a").first
    link.focus()
    with page.expect_response("**/progress/") as first:
        page.clock.run_for(4100)
    body = first.value.text()
    page.route(
        "**/progress/", lambda route: route.fulfill(body=f"<p>Something new</p>{body}", content_type="text/html")
    )
    page.clock.run_for(4100)
    expect(told).to_contain_text("Something new")
    expect(link).to_be_focused()
