"""Every state of the studio, with work in it: axe reads it, and nothing is wider than its window.

Each editor is opened once and looked at in every look (looks.py). The dialogs and notes of mishaps are opened by the
page's own modules, with the words that they have in life.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.browser import shapes, texts
from tests.support.browser.begun import go_on
from tests.support.browser.classification import LETTERS, MANAGER, WASHERS, fill_in, open_studio, tiles
from tests.support.browser.looks import FEW, seen
from tests.support.browser.quiet import settle
from tests.support.browser.site import Site
from tests.support.browser.stage import Stage
from tests.support.browser.studio import JUN, submit
from tests.support.waiting import until

pytestmark = pytest.mark.xdist_group("browser")

PRIYA = "priya@riverside.example"
BY_HAND = {"source": "human", "suggestion": None, "model": None}
STORY = "Maria Lopez of the Harbor Board visited Oslo. " * 12
WAITING = "Waiting for the network. Your work is kept on this machine and will be sent."
OVER = "Your time for this task ran out. You can still submit it, unless somebody else has begun it."
SOON = "This task is kept for you for two more minutes: the server has not heard from this page."
LOST = "The image could not be loaded. Look again, or report the task."
NOTES = {
    "problem": {"kind": "bad", "text": f"This project has no label “{'x' * 60}”.", "verb": "Try again"},
    "lease": {"kind": "warn", "text": SOON},
    "expired": {"kind": "warn", "text": OVER, "verb": "Next task"},
    "image": {"kind": "bad", "text": LOST, "verb": "Report"},
    "waiting": {"kind": "warn", "text": WAITING},
}
NOTE = """async ([key, note]) => {
  const { href } = document.querySelector("link[rel=modulepreload][href*='/packs/studio.']");
  const { $studio$shell$notes: { createNotes } } = await import(href);
  (window.notesOfTest ??= createNotes(document.getElementById("notes"))).show(key, note);
}"""
DIALOGS = ["conflict-dialog", "sign-in-dialog", "lost-dialog", "empty-dialog", "skip-dialog", "report-dialog"]
BY_KEY = {"?": "the keys", "i": "the instructions"}


def an_image(site: Site, sign_in: Callable[..., Page], name: str) -> Page:
    address = shapes.make_project(site, name)
    page = sign_in(JUN)
    box = {"type": "box", "x": 20, "y": 20, "width": 90, "height": 60}
    forms = [box, *(shapes.blob(number) for number in range(1, 5))]
    regions = [
        {"id": f"r{number}", "label": "thing", "shape": shape, "attributes": {}, "provenance": BY_HAND}
        for number, shape in enumerate(forms)
    ]
    go_on(page, address, {"regions": regions})
    page.keyboard.press("k")
    return page


def a_text(site: Site, sign_in: Callable[..., Page], name: str) -> Page:
    address = texts.make_project(site, name, [STORY])
    page = sign_in(JUN)
    places = [(0, 11), (6, 30), (39, 43)]
    spans = [
        {"id": f"s{start}", "start": start, "end": end, "label": "person", "attributes": {}, "provenance": BY_HAND}
        for start, end in places
    ]
    go_on(page, address, {"spans": spans})
    page.keyboard.press("j")
    return page


def a_letter(site: Site, sign_in: Callable[..., Page], _name: str) -> Page:
    """As a manager tries it: nothing is kept, and the answer may be made the known one."""
    page = sign_in(MANAGER)
    ((project,),) = site.query("SELECT public_id FROM projects_project WHERE name = %s", LETTERS)
    page.goto(f"/studio/{project}/?try=1")
    expect(page.locator("#workbench")).to_be_visible()
    fill_in(page)
    page.keyboard.press("Escape")
    return page


def a_grid(site: Site, sign_in: Callable[..., Page], _name: str) -> Page:
    page = sign_in(JUN)
    open_studio(page, site, WASHERS)
    tiles(page)
    page.keyboard.press("Space")
    return page


EDITORS = {"image": an_image, "text": a_text, "letter": a_letter, "grid": a_grid}


@pytest.mark.parametrize("editor", EDITORS)
def test_axe_and_every_width_bear_every_dialog_and_note(editor: str, site: Site, sign_in: Callable[..., Page]) -> None:
    page = EDITORS[editor](site, sign_in, f"Reach of {editor}")
    settle(page)
    if page.locator(".beside").is_visible():  # where there are instructions, on a first visit
        assert list(seen(page, "on a first visit", FEW)) == []
        page.keyboard.press("i")
        expect(page.locator(".beside")).to_be_hidden()
        page.keyboard.press("Escape")  # out of the field that has the focus then
    found = list(seen(page, "at work"))
    page.set_viewport_size({"width": 720, "height": 450})  # 1440 × 900 at 200 %
    expect(page.locator("#submit")).to_be_in_viewport(ratio=1)
    stage = page.locator("#stage").bounding_box()
    assert stage is not None and stage["height"] > 0.75 * 450 and stage["width"] > 0.5 * 720
    page.set_viewport_size({"width": 1440, "height": 900})
    for key, name in BY_KEY.items():
        page.keyboard.press(key)
        expect(page.locator("dialog[open]")).to_be_visible()
        found += seen(page, name)
        page.keyboard.press("Escape")
    trying = page.locator("#keep-dialog").count() > 0
    if not trying:
        page.keyboard.press("Shift+C")
        expect(page.locator("#comments-dialog")).to_be_visible()
        found += seen(page, "thread")
        page.keyboard.press("Escape")
    for name in [*DIALOGS, "keep-dialog"] if trying else DIALOGS:
        page.evaluate("name => document.getElementById(name).showModal()", name)
        if name == "lost-dialog":
            page.evaluate("document.getElementById('lost-text').textContent = 'Somebody else has this task now.'")
        found += seen(page, name)
        page.evaluate("name => document.getElementById(name).close()", name)
    there = page.locator(".note").count()  # what Jun asked in another story may have been answered
    for name, note in NOTES.items():
        page.evaluate(NOTE, [name, note])
    expect(page.locator(".note")).to_have_count(there + len(NOTES))
    found += seen(page, "with notes")
    if editor == "grid":  # the next to come here finds it as it was
        page.keyboard.press("Control+z")
        expect(page.locator("#saved-mark")).to_have_attribute("data-state", "saved", timeout=15_000)
    assert not found, "\n".join(found)


def test_the_page_without_a_task_is_read_as_well(site: Site, sign_in: Callable[..., Page]) -> None:
    """While the first task is on its way, while there is none, while none can be had, and while one is being sent."""
    address = texts.make_project(site, "Reach of a rest", [STORY])
    page = sign_in(JUN)
    held: list[Route] = []
    page.route("**/claim", lambda route: held.append(route))
    page.route("**/submit", lambda route: route.fulfill(status=429, json={"code": "slow-down", "detail": "Later."}))
    page.goto(address)

    def asked() -> bool:
        """Whether the page has asked for a task."""
        page.wait_for_timeout(20)  # what a page asks is seen only while Playwright waits
        return bool(held)

    expect(page.locator("#rest-text")).to_be_visible()
    found = list(seen(page, "loading"))
    nothing = {"code": "all-done", "text": "You have done everything there is for you here. Thank you!"}
    page.wait_for_function("() => document.readyState === 'complete'")
    until(asked)
    held.pop().fulfill(json={"nothing": nothing | {"retry_seconds": 600}})
    expect(page.locator("#rest")).to_contain_text("looks again by itself")
    found += seen(page, "rest")
    page.get_by_role("button", name="Look again").click()
    until(asked)
    held.pop().fulfill(status=422, json={"code": "refused", "detail": "What was sent can't be taken as it is."})
    expect(page.locator("#rest")).to_contain_text("No task could be fetched")
    found += seen(page, "no task")
    page.unroute("**/claim")
    page.get_by_role("button", name="Look again").click()
    expect(page.locator("#workbench")).to_be_visible()
    for key in ("ArrowRight", "1", "Escape", "Control+Enter"):
        page.keyboard.press(key)
    expect(page.locator("#studio")).to_have_attribute("data-phase", "waiting")
    found += seen(page, "waiting")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("editor", ["image", "text", "letter"])
def test_the_reviewers_page_is_read_with_answers_to_compare(
    editor: str, site: Site, sign_in: Callable[..., Page]
) -> None:
    project = LETTERS if editor == "letter" else f"{editor} to review"
    page = sign_in(JUN) if editor == "letter" else EDITORS[editor](site, sign_in, project)
    name = open_studio(page, site, LETTERS) if editor == "letter" else page.locator("#task-name").inner_text()
    if editor == "letter":
        fill_in(page)
        submit(page)
    else:
        page.locator("#submit").click()
        expect(page.locator("#rest")).to_be_visible(timeout=20_000)
    ((task,),) = site.query(
        "SELECT t.public_id FROM projects_task t JOIN projects_project p ON p.id = t.project_id"
        " WHERE p.name = %s AND left(t.public_id::text, 8) = %s",
        project,
        name,
    )
    priya = sign_in(PRIYA)
    priya.goto(f"/review/{task}/")
    expect(priya.locator("#answers")).to_contain_text("Answer A")
    settle(priya)
    found = list(seen(priya, "comparing"))
    priya.keyboard.press("?")
    expect(priya.locator("dialog[open]")).to_be_visible()
    found += seen(priya, "the keys")
    assert not found, "\n".join(found)


def test_what_is_done_is_told_to_who_cannot_see_it(stage: Stage) -> None:
    said = stage.page.locator("#said")
    stage.press("n")
    expect(said).to_have_text("Box by hand")
    stage.drag((40, 40), (120, 100))
    undo = stage.page.locator(".studio__submit [data-action=undo]")
    expect(undo).to_be_enabled()
    step = (undo.get_attribute("title") or "").removeprefix("Undo: ")
    expect(said).to_have_text(step)
    expect(said).to_have_text("Saved", timeout=20_000)
    stage.press("Control+z")
    expect(said).to_have_text(f"Undone: {step}")
    stage.press("Control+Shift+z")
    expect(said).to_have_text(f"Redone: {step}")
    for key, words in (("k", "Thing"), ("h", "Hidden"), ("h", "Shown"), ("Shift+L", "Locked"), ("Shift+L", "Unlocked")):
        stage.press(key)
        expect(said).to_contain_text(words)


def test_what_is_current_has_a_frame_in_forced_colours(site: Site, sign_in: Callable[..., Page]) -> None:
    """Grounds and shadows are taken away there; a frame in the system's own colour stays."""
    framed = "one => [getComputedStyle(one).outlineStyle, getComputedStyle(one).outlineWidth]"
    page = a_text(site, sign_in, "Framed")
    page.emulate_media(forced_colors="active")
    assert page.locator(".span[data-current]").first.evaluate(framed) == ["solid", "2px"]
    page.emulate_media(forced_colors="none")
    page = a_letter(site, sign_in, "")
    page.locator("[role=tree]").focus()
    page.emulate_media(forced_colors="active")
    assert page.locator(".tree__item[data-active] > .tree__line").first.evaluate(framed) == ["solid", "2px"]


def test_the_instructions_and_the_keys_are_there_when_nothing_is_to_do(
    site: Site, sign_in: Callable[..., Page]
) -> None:
    address = texts.make_project(site, "Nothing left", ["One line."], instructions="Mark **names**.")
    page = sign_in(JUN)
    page.goto(address)
    expect(page.locator("#workbench")).to_be_visible()
    page.locator("#submit").click()
    page.locator("#empty-dialog button[value=go]").click()
    expect(page.locator("#rest")).to_contain_text("You have done everything there is for you here.")
    page.reload()
    expect(page.locator("#rest")).to_contain_text("You have done everything there is for you here.")
    page.keyboard.press("?")
    expect(page.locator("#keys-dialog")).to_contain_text("Instructions")
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    expect(page.locator("#instructions-dialog")).to_contain_text("Mark names.")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Instructions").click()
    expect(page.locator("#instructions-dialog")).to_contain_text("Mark names.")
