"""Jun says something from the studio, Maya answers, Jun finds the answer; the reviewer sees it at the region."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import shapes
from tests.support.browser.looks import FEW, faults, seen
from tests.support.browser.quiet import settle
from tests.support.browser.site import Site
from tests.support.browser.studio import JUN, MARKS, draw_box, saved

pytestmark = pytest.mark.xdist_group("browser")

MAYA = "maya@riverside.example"
PRIYA = "priya@riverside.example"
EVIL = "<img src=x onerror=alert(1)> & “why?”"


def test_a_comment_on_a_region_and_a_question_are_answered(site: Site, sign_in: Callable[..., Page]) -> None:
    address = shapes.make_project(site, "Talked about")
    jun = sign_in(JUN)
    jun.goto(address)
    expect(jun.locator("#workbench")).to_be_visible()
    draw_box(jun)
    jun.locator("#panel .marks__select").first.press("Shift+C")
    expect(jun.locator("#comments-dialog")).to_be_visible()
    expect(jun.get_by_text("Nothing was said yet.")).to_be_visible()
    expect(jun.get_by_label("About the selected one: Thing, 1 of 1")).to_be_checked()
    jun.keyboard.type(EVIL)
    assert list(seen(jun, "a comment being written", FEW)) == []
    jun.get_by_role("button", name="Send", exact=True).press("Enter")
    expect(jun.locator("#threads .thread__words")).to_have_text(EVIL)
    expect(jun.locator("#threads .muted").first).to_contain_text("Thing, 1 of 1")
    jun.keyboard.press("Escape")
    expect(jun.locator("#comments-count")).to_have_text("1")

    jun.locator(".canvas").focus()
    jun.keyboard.press("Shift+S")
    expect(jun.locator("#comments-dialog")).to_be_visible()
    expect(jun.get_by_label("Ask a manager")).to_be_checked()
    jun.keyboard.type("Is a shadow part of a thing?")
    jun.get_by_role("button", name="Send", exact=True).press("Enter")
    expect(jun.locator("#threads .thread")).to_have_count(2)
    jun.keyboard.press("Escape")
    saved(jun)

    maya = sign_in(MAYA)
    maya.goto(re.sub("/studio/", "/projects/", address) + "questions/")
    assert list(seen(maya, "a question")) == []
    maya.get_by_label("Answer").fill("No, it isn't.")
    maya.get_by_role("button", name=re.compile("^Send")).click()
    expect(maya.get_by_text("No question waits")).to_be_visible()

    jun.reload()
    expect(jun.get_by_text("What you asked was answered.")).to_be_visible()
    expect(jun.locator("#comments-count")).to_have_text("2")
    jun.locator(".canvas").focus()
    jun.keyboard.press("Shift+I")
    expect(jun.get_by_text("No, it isn't.")).to_be_visible()
    assert list(seen(jun, "an answer", FEW)) == []
    jun.keyboard.press("Escape")
    jun.goto("/my-work/questions/")
    expect(jun.get_by_text("No, it isn't.").first).to_be_visible()
    assert list(seen(jun, "what was asked", FEW)) == []


def test_words_that_the_server_did_not_get_stay_in_the_dialog_and_arrive_once(
    site: Site,
    jun_on_a_train: Page,
) -> None:
    address = shapes.make_project(site, "Talked about on a train")
    jun = jun_on_a_train
    lost: list[object] = []

    def lose(route) -> None:
        """The server gets it, the answer is lost on the way."""
        if not lost:
            lost.append(route.fetch())
            route.abort()
        else:
            route.continue_()

    jun.route("**/comments/say", lose)
    jun.goto(address)
    expect(jun.locator("#workbench")).to_be_visible()
    settle(jun)
    jun.keyboard.press("Shift+S")
    expect(jun.locator("#comments-dialog")).to_be_visible()
    jun.keyboard.type("Did this arrive?")
    with jun.expect_event("requestfailed"):
        jun.get_by_role("button", name="Send", exact=True).click()
    expect(jun.locator("#comments-fault")).to_contain_text("still here")
    jun.get_by_role("button", name="Send", exact=True).click()
    expect(jun.locator("#threads .thread")).to_have_count(1)
    ((count,),) = site.query("SELECT count(*) FROM projects_comment WHERE words = 'Did this arrive?'")
    assert count == 1


def test_the_reviewer_finds_the_comment_at_its_region_and_keeps_a_note(
    site: Site, sign_in: Callable[..., Page]
) -> None:
    name = "Commented for review"
    address = shapes.make_project(site, name)
    jun = sign_in(JUN)
    jun.goto(address)
    draw_box(jun)
    jun.locator("#panel .marks__select").first.press("Shift+C")
    expect(jun.locator("#comments-dialog")).to_be_visible()
    jun.keyboard.type(EVIL)
    jun.get_by_role("button", name="Send", exact=True).press("Enter")
    expect(jun.locator("#threads .thread__words")).to_have_text(EVIL)
    jun.keyboard.press("Escape")
    jun.locator("#submit").click()
    expect(jun.locator("#rest")).to_contain_text("everything there is for you")
    ((task,),) = site.query(
        "SELECT t.public_id FROM projects_task t JOIN projects_project p ON p.id = t.project_id WHERE p.name = %s", name
    )

    priya = sign_in(PRIYA)
    priya.goto(f"/review/{task}/")
    expect(priya.locator(".comment .thread__words")).to_have_text(EVIL)
    expect(priya.locator(".comment")).to_contain_text("Answer A · Thing, 1 of 1")
    assert "Jun" not in priya.content(), "names stay hidden"
    priya.keyboard.press("i")
    expect(priya.locator("#instructions-dialog")).to_be_visible()
    expect(priya.locator("#instructions")).not_to_be_empty()
    priya.locator("#pin-instructions").click()
    expect(priya.locator("#instructions-dialog")).to_be_hidden()
    expect(priya.locator(".beside")).to_be_visible()
    priya.keyboard.press("i")
    expect(priya.locator(".beside")).to_be_hidden()
    priya.get_by_role("button", name="Show it").click()
    priya.locator(".comment summary").click()
    priya.get_by_label("Answer to the tasker").fill("It is.")
    priya.locator(".comment details button").click()
    expect(priya.locator(".thread__answer")).to_contain_text("It is.")
    assert faults(priya) == []
    priya.get_by_label("Note to the taskers").fill("Mind the edges.")
    saved(priya)
    priya.reload()
    expect(priya.get_by_label("Note to the taskers")).to_have_value("Mind the edges.")
    expect(priya.locator(".thread__answer")).to_contain_text("It is.")

    # A fresh answer that she leaves for another look at Jun's is as she left it, over a reload too.
    priya.keyboard.press("n")
    draw_box(priya)
    priya.get_by_role("button", name="Back to the answers").click()
    expect(priya.locator(MARKS)).to_have_count(0)
    saved(priya)
    priya.reload()
    expect(priya.locator("#decide")).to_be_enabled()
    priya.keyboard.press("n")
    expect(priya.locator(MARKS)).to_have_count(1)
    priya.get_by_role("button", name="Begin anew").click()
    expect(priya.locator(MARKS)).to_have_count(0)


def test_the_reviewer_signs_in_in_another_tab_and_the_decision_is_made(
    site: Site, sign_in: Callable[..., Page]
) -> None:
    name = "Decided after a night"
    address = shapes.make_project(site, name)
    jun = sign_in(JUN)
    jun.goto(address)
    draw_box(jun)
    jun.locator("#submit").click()
    expect(jun.locator("#rest")).to_contain_text("everything there is for you")
    ((task,),) = site.query(
        "SELECT t.public_id FROM projects_task t JOIN projects_project p ON p.id = t.project_id WHERE p.name = %s", name
    )
    priya = sign_in(PRIYA)
    priya.goto(f"/review/{task}/")
    expect(priya.locator("#decide")).to_be_enabled()
    settle(priya)
    priya.context.clear_cookies()
    priya.locator("#decide").click()
    expect(priya.locator("#sign-in-dialog")).to_be_visible(timeout=15_000)
    with priya.context.expect_page() as opened:
        priya.get_by_role("link", name="Sign in (new tab)").click()
    tab = opened.value
    tab.fill("input[name=login]", PRIYA)
    tab.fill("input[name=password]", site.passwords[PRIYA])
    tab.click("main button[type=submit]")
    tab.wait_for_url(lambda url: "login" not in url)
    expect(priya.locator("#sign-in-dialog")).to_be_hidden(timeout=15_000)  # by itself
    tab.close()
    priya.wait_for_url(lambda url: str(task) not in url)
    ((verdicts,),) = site.query(
        "SELECT count(*) FROM projects_verdict v JOIN projects_task t ON t.id = v.task_id WHERE t.public_id = %s", task
    )
    assert verdicts == 2, "the one that Jun's answer made, and Priya's in its place"
