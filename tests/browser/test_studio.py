"""The studio in a real Chromium: by keyboard alone, without a network, signed out, in two tabs; and axe looks at it.

All of it is Jun's work on the demo's projects. One tasker's answers alone decide nothing and earn nothing, so the
other stories of the session find their books as they left them.
"""

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from pycocotools import mask as coco

from tests.support.browser.looks import seen
from tests.support.browser.signing_in import by_form
from tests.support.browser.site import Site
from tests.support.browser.studio import JUN, MARKS, kept_here, lose_network, saved, submit, taken
from tests.support.waiting import until

pytestmark = pytest.mark.xdist_group("studio")

DEMO = ["Objects in photographs", "People, organizations, places and dates in reports"]


@pytest.fixture
def jun(site: Site, sign_in: Callable[..., Page]) -> Page:
    return sign_in(JUN)


def studio_of(site: Site, kind: str) -> str:
    ((project,),) = site.query(
        "SELECT public_id FROM projects_project WHERE task_type = %s AND name = ANY(%s)",
        kind,
        DEMO,
    )
    return f"/studio/{project}/"


def open_studio(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("#workbench")).to_be_visible()
    expect(page.locator("#copilot-mark")).to_have_attribute("data-state", "ready", timeout=60_000)


def answers(site: Site, name: str) -> list[dict]:
    """What Jun has handed in for a task of the demo; other projects have photographs of the same names."""
    rows = site.query(
        "SELECT n.answer FROM projects_annotation n JOIN taskers_person p ON p.id = n.tasker_id"
        " JOIN projects_task t ON t.id = n.task_id JOIN projects_project r ON r.id = t.project_id"
        " WHERE p.email = %s AND left(t.public_id::text, 8) = %s AND r.name = ANY(%s)",
        JUN,
        name,
        DEMO,
    )
    return [answer for (answer,) in rows]


def payload_of(site: Site, name: str) -> dict:
    """What a task of the demo shows."""
    ((payload,),) = site.query(
        "SELECT t.payload FROM projects_task t JOIN projects_project r ON r.id = t.project_id"
        " WHERE left(t.public_id::text, 8) = %s AND r.name = ANY(%s)",
        name,
        DEMO,
    )
    return payload


def fate_of(site: Site, suggestion: str) -> str:
    """What became of a suggestion; a reader of the outbox says so a moment after the submit."""

    def settled() -> str | None:
        ((outcome,),) = site.query("SELECT outcome FROM assist_suggestion WHERE public_id = %s", suggestion)
        return outcome if outcome != "offered" else None

    return until(settled)


def test_mask_is_made_and_handed_in_by_keyboard_alone(site: Site, jun: Page) -> None:
    open_studio(jun, studio_of(site, "image_regions"))
    name = jun.locator("#task-name").inner_text()
    jun.keyboard.press("b")
    jun.keyboard.press("ArrowLeft")  # the pointer appears in the middle
    for key in ["ArrowLeft", "ArrowUp"] * 6:
        jun.keyboard.press(key)
    jun.keyboard.press("Enter")
    for key in ["ArrowRight", "ArrowDown"] * 10:
        jun.keyboard.press(key)
    jun.keyboard.press("Enter")
    expect(jun.get_by_role("button", name="Mask 3")).to_be_visible(timeout=180_000)
    jun.keyboard.press("m")
    jun.keyboard.press("2")
    expect(jun.locator(MARKS)).to_have_count(1)
    jun.keyboard.press("Control+z")
    expect(jun.locator(MARKS)).to_have_count(0)
    jun.keyboard.press("Control+Shift+z")
    expect(jun.locator(MARKS)).to_have_count(1)
    jun.keyboard.press("Escape")  # the pointer goes; Enter means submit again
    submit(jun)

    (answer,) = answers(site, name)
    (region,) = answer["regions"]
    assert region["provenance"]["source"] == "suggestion"
    assert fate_of(site, region["provenance"]["suggestion"]) == "accepted"


def test_brush_hands_in_the_pixels_that_were_painted(site: Site, jun: Page) -> None:
    open_studio(jun, studio_of(site, "image_regions"))
    name = jun.locator("#task-name").inner_text()
    payload = payload_of(site, name)
    width, height = payload["width"], payload["height"]
    stage = jun.locator("#stage canvas").first.bounding_box()
    assert stage is not None
    middle = stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2
    jun.keyboard.press("d")
    jun.mouse.move(middle[0] - 60, middle[1])
    jun.mouse.down()
    jun.mouse.move(middle[0] + 60, middle[1], steps=8)
    jun.mouse.up()
    submit(jun)

    ((region,),) = [answer["regions"] for answer in answers(site, name)]
    assert region["shape"]["size"] == [height, width]
    assert region["provenance"]["source"] == "human"
    painted = coco.decode({"size": [height, width], "counts": region["shape"]["counts"].encode()})
    scale = min((stage["width"] - 48) / width, (stage["height"] - 48) / height, 8)
    radius = 14 * max(width, height) / 1000
    y, x = np.mgrid[:height, :width] + 0.5
    along = np.clip(x, width / 2 - 60 / scale, width / 2 + 60 / scale)
    expected = np.hypot(x - along, y - height / 2) <= radius
    overlap = (expected & (painted == 1)).sum() / (expected | (painted == 1)).sum()
    assert overlap > 0.97, overlap


def test_spans_are_made_by_keyboard_alone(site: Site, jun: Page) -> None:
    open_studio(jun, studio_of(site, "text_spans"))
    name = jun.locator("#task-name").inner_text()
    expect(jun.locator(f"{MARKS}[data-offer]").first).to_be_visible(timeout=60_000)
    while jun.locator(f"{MARKS}[data-offer]").count():
        jun.keyboard.press("x")
    jun.keyboard.press("ArrowRight")
    jun.keyboard.press("ArrowRight")
    jun.keyboard.press("Shift+ArrowRight")
    words = jun.evaluate("document.getSelection().toString()")
    jun.keyboard.press("3")
    expect(jun.locator(MARKS)).to_have_count(1)
    submit(jun)

    (answer,) = answers(site, name)
    payload = payload_of(site, name)
    (span,) = answer["spans"]
    assert payload["text"][span["start"] : span["end"]] == words
    assert span["provenance"]["source"] == "human"


def test_work_done_without_a_network_is_kept_and_handed_in_once(site: Site, jun_on_a_train: Page) -> None:
    page = jun_on_a_train
    open_studio(page, studio_of(site, "text_spans"))
    name = page.locator("#task-name").inner_text()
    expect(page.locator(f"{MARKS}[data-offer]").first).to_be_visible(timeout=60_000)
    lose_network(page)
    page.keyboard.press("Shift+A")
    expect(page.locator("#saved-mark")).to_have_attribute("data-state", "offline", timeout=10_000)
    row = page.locator("#panel [aria-setsize]").first  # the list holds the rows in sight alone, and each says how many
    marked = int(row.get_attribute("aria-setsize") or 0)
    page.context.set_offline(False)
    saved(page)
    lose_network(page)
    page.keyboard.press("k")
    page.keyboard.press("Delete")
    expect(row).to_have_attribute("aria-setsize", str(marked - 1))
    kept_here(page)
    page.context.set_offline(False)
    page.reload()
    expect(page.locator("#task-name")).to_have_text(name)
    expect(row).to_have_attribute("aria-setsize", str(marked - 1))
    lose_network(page)
    page.keyboard.press("Enter")
    expect(page.locator("#notes")).to_contain_text("Waiting for the network")
    expect(page.locator("#saved-mark")).to_have_attribute("data-state", "offline")
    page.keyboard.press("Enter")
    page.context.set_offline(False)
    expect(page.locator("#task-name")).not_to_have_text(name, timeout=60_000)
    taken(page)

    (answer,) = answers(site, name)
    assert len(answer["spans"]) == marked - 1


def test_signing_in_again_in_another_tab_goes_on_where_one_was(site: Site, jun: Page) -> None:
    open_studio(jun, studio_of(site, "text_spans"))
    name = jun.locator("#task-name").inner_text()
    expect(jun.locator(f"{MARKS}[data-offer]").first).to_be_visible(timeout=60_000)
    jun.context.clear_cookies()
    jun.keyboard.press("Shift+A")
    expect(jun.locator("#sign-in-dialog")).to_be_visible(timeout=15_000)
    with jun.context.expect_page() as opened:
        jun.get_by_role("link", name="Sign in (new tab)").click()
    by_form(opened.value, site, JUN)
    expect(jun.locator("#sign-in-dialog")).to_be_hidden(timeout=15_000)  # by itself
    opened.value.close()
    saved(jun)
    submit(jun)
    assert len(answers(site, name)) == 1


def test_skipping_says_why_and_shows_the_next_task(site: Site, jun: Page) -> None:
    open_studio(jun, studio_of(site, "text_spans"))
    name = jun.locator("#task-name").inner_text()
    jun.keyboard.press("s")
    jun.get_by_label("Too hard to decide").check()
    jun.get_by_label("Note (if you like)").fill("Half of it is in code.")
    jun.keyboard.press("Enter")
    expect(jun.locator("#task-name")).not_to_have_text(name)
    rows = site.query(
        "SELECT a.reason, a.note FROM projects_assignment a JOIN projects_task t ON t.id = a.task_id"
        " JOIN taskers_person p ON p.id = a.tasker_id JOIN projects_project r ON r.id = t.project_id"
        " WHERE p.email = %s AND left(t.public_id::text, 8) = %s AND r.name = ANY(%s)",
        JUN,
        name,
        DEMO,
    )
    assert rows == [("too-hard", "Half of it is in code.")]


def test_second_tab_asks_which_copy_counts(site: Site, jun: Page) -> None:
    open_studio(jun, studio_of(site, "text_spans"))
    other = jun.context.new_page()
    open_studio(other, studio_of(site, "text_spans"))
    expect(other.locator("#task-name")).to_have_text(jun.locator("#task-name").inner_text())
    for page in (jun, other):
        expect(page.locator(f"{MARKS}[data-offer]").first).to_be_visible(timeout=60_000)
    jun.keyboard.press("Shift+A")
    saved(jun)
    marked = jun.locator(MARKS).count()
    other.keyboard.press("x")
    dialog = other.locator("#conflict-dialog")
    expect(dialog).to_be_visible(timeout=15_000)
    other.keyboard.press("Escape")  # is no choice
    expect(dialog).to_be_hidden()
    expect(other.get_by_text("There are two copies of your work.")).to_be_visible()
    other.keyboard.press("x")
    expect(other.locator("#saved-mark")).to_have_attribute("data-state", "conflict")
    other.keyboard.press("Control+Enter")  # nor is handing in
    expect(dialog).to_be_visible()
    other.keyboard.press("Escape")
    other.get_by_role("button", name="Choose").click()
    other.get_by_role("button", name="The other copy").click()
    expect(other.get_by_text("There are two copies of your work.")).to_be_hidden()
    expect(other.locator(f"{MARKS}:not([data-offer])")).to_have_count(marked)


def test_axe_finds_nothing_in_the_studio_with_suggestions_in_it(site: Site, jun: Page) -> None:
    open_studio(jun, studio_of(site, "text_spans"))
    expect(jun.locator(MARKS).first).to_be_visible(timeout=60_000)
    jun.keyboard.press("a")
    found = list(seen(jun, "spans"))
    open_studio(jun, studio_of(site, "image_regions"))
    stage = jun.locator("#stage canvas").first.bounding_box()
    assert stage is not None
    jun.mouse.click(stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2)
    expect(jun.get_by_role("button", name="Mask 3")).to_be_visible(timeout=180_000)
    found += seen(jun, "three masks to choose from")
    assert found == []
