"""No model comes to answer unseen: a manager asks for it on the copilot's page, and a second one has the last word."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.site import Site

pytestmark = pytest.mark.xdist_group("browser")

MAYA, INGRID = "maya@riverside.example", "ingrid@riverside.example"
MODEL = "en-core-web-sm@3.8.0"
WHY = "It is what we have used all along."


def test_a_model_is_evaluated_or_asked_for_by_one_and_confirmed_by_another(
    site: Site, sign_in: Callable[..., Page]
) -> None:
    ((project,),) = site.query("SELECT public_id FROM projects_project WHERE name = %s", "Names in council minutes")
    page, maya, ingrid = f"/projects/{project}/copilot/", sign_in(MAYA), sign_in(INGRID)
    maya.goto(page)
    maya.get_by_role("button", name="Evaluate").click()
    expect(maya.locator("main")).to_contain_text(f"{MODEL} is what answers here now")
    maya.goto(page)
    maya.get_by_text("Deploy one that hasn’t passed").click()
    wish = maya.get_by_role("form", name="Deploy one that hasn’t passed")
    wish.get_by_label("Share of the work, %").fill("30")
    wish.get_by_label("Reason").fill(WHY)
    wish.get_by_role("button", name="Ask a second person").click()
    expect(maya.locator("main")).to_contain_text(f"Maya Okafor asks that {MODEL} answers in 30 %")
    expect(maya.get_by_role("button", name="Confirm")).to_have_count(0)
    ingrid.goto(page)
    ingrid.get_by_role("button", name="Confirm").click()
    row = ingrid.get_by_role("row").filter(has_text=MODEL).filter(has_text="30 %")
    expect(row).to_contain_text("Two people's word")
    expect(row).to_contain_text(f"{WHY} (Maya Okafor and Ingrid Halvorsen)")
    ingrid.get_by_role("button", name=f"Withdraw {MODEL}").click()
    expect(ingrid.locator("main")).to_contain_text(f"{MODEL} has no share of its own here any more")
