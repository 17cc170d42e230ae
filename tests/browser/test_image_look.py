"""What regions say, how they lie, how the picture is looked at; and axe looks at every tool with work in it."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.looks import DRAWN, FEW, faults, seen
from tests.support.browser.stage import Stage, iou, near, numbers, painted, pixels, square
from tests.support.browser.studio import MARKS

pytestmark = pytest.mark.xdist_group("studio")


def test_attributes_order_and_labels_by_keyboard(stage: Stage) -> None:
    stage.press("n")
    stage.drag((40, 40), (120, 100))
    stage.press("Shift+E")
    stage.page.keyboard.press("ArrowDown")  # the first choice
    stage.page.keyboard.press("Tab")
    stage.page.keyboard.press("Space")
    stage.page.keyboard.press("Tab")
    stage.page.keyboard.type("4")
    stage.page.keyboard.press("Tab")
    stage.page.keyboard.type("left <b>")
    stage.page.keyboard.press("Enter")
    stage.press("n")
    stage.drag((150, 40), (220, 100))
    stage.press("Shift+J")
    second, first = stage.hand_in()
    assert first["attributes"] == {"legs": 4, "occluded": True, "pose": "standing", "remark": "left <b>"}
    assert second["attributes"] == {} and second["id"] == "r2"


def test_what_is_no_number_is_said_and_what_was_there_stays(stage: Stage) -> None:
    stage.press("n")
    stage.drag((40, 40), (120, 100))
    legs = stage.page.locator("[data-attribute=legs]")
    fault = stage.page.get_by_role("alert").filter(has_text="A number is asked here.")
    legs.fill("4")
    legs.press("e")
    expect(fault).to_be_visible()
    expect(legs).to_have_attribute("aria-invalid", "true")
    assert faults(stage.page) == []
    legs.press("Enter")
    stage.press("Shift+E")
    legs.focus()
    legs.press("End")
    legs.press("Backspace")
    expect(fault).to_have_count(0)
    expect(legs).to_have_attribute("aria-invalid", "false")
    (region,) = stage.hand_in()
    assert region["attributes"] == {"legs": 4}


def test_the_same_words_twice_are_news_to_a_screen_reader(stage: Stage) -> None:
    said = "document.querySelector('#said').textContent"
    stage.press("e")
    stage.click((50, 50))
    once = stage.page.evaluate(said)
    stage.click((50, 50))
    twice = stage.page.evaluate(said)
    assert once.strip() == twice.strip() == "Select a mask first: this works on one."
    assert once != twice


def test_hidden_and_locked_regions_stand_by(stage: Stage) -> None:
    stage.press("n")
    stage.drag((40, 40), (120, 100))
    stage.press("Shift+L", "v", "ArrowRight", "Delete", "h")
    stage.marked(1)
    row = stage.page.locator(MARKS)
    expect(row.get_by_role("button", name="Unlock")).to_be_visible()
    expect(row.get_by_role("button", name="Show")).to_be_visible()
    expect(row.get_by_text("By hand")).to_have_count(1)
    (region,) = stage.hand_in()
    assert near(region["shape"], 40, 40, 80, 60)


def test_brightness_changes_the_picture_and_not_the_marks(stage: Stage) -> None:
    stage.press("n")
    stage.drag((40, 40), (120, 100))
    canvases = stage.page.locator(".canvas canvas")
    stage.press("w")
    stage.page.keyboard.press("End")
    assert "brightness(3)" in canvases.nth(0).evaluate("one => one.style.filter")
    assert canvases.nth(1).evaluate("one => one.style.filter") == ""
    stage.page.keyboard.press("Escape")
    expect(stage.page.locator(".canvas")).to_be_focused()


LIT = """at => {
  const canvas = document.querySelectorAll(".canvas canvas")[at];
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.reduce((sum, value, i) => (i % 4 === 3 ? sum + value : sum), 0);
}"""


def lit(page: Page, canvas: int) -> int:
    """How much there is to be seen on one of the canvases (1: the marks, 2: what moves with the pointer)."""
    page.evaluate(DRAWN)
    return page.evaluate(LIT, canvas)


def test_each_way_of_looking_changes_the_view_and_nothing_that_is_handed_in(stage: Stage) -> None:
    page = stage.page
    stage.press("n")
    stage.drag((40, 40), (120, 100))
    page.mouse.move(*stage.at(200, 200))
    crossed, marks = lit(page, 2), lit(page, 1)
    stage.press("w", "Home", "Tab", "End", "Tab", "Home")
    style = page.locator(".canvas canvas").nth(0).evaluate("one => one.style.filter")
    assert style == "brightness(0.25) contrast(3)"
    assert 0 < lit(page, 1) < marks / 5, "marks at a tenth of their strength"
    page.get_by_label("Crosshair").uncheck()
    page.mouse.move(*stage.at(201, 200))
    assert lit(page, 2) < crossed / 5
    page.locator(".canvas").focus()
    stage.closer((250, 200), 4)
    stage.drag((240.5, 190.5), (259.5, 209.5))
    stage.press("f")
    stage.view = None
    stage.drag((150, 40), (220, 100))
    first, second, third = stage.hand_in()
    assert near(first["shape"], 40, 40, 80, 60)
    assert numbers(second["shape"]) == [240, 190, 20, 20]
    assert near(third["shape"], 150, 40, 70, 60)


def test_what_is_drawn_closer_and_beside_is_handed_in_where_it_was_drawn(stage: Stage) -> None:
    stage.closer((100, 80), 6)
    stage.pan(-180, 90)
    stage.press("n")
    stage.drag((90.5, 60.5), (120.5, 82.5))
    stage.press("Escape", "d")
    stage.drag((95, 70), (130, 90), (110, 95))
    stage.press("e")
    stage.drag((100, 80), (112, 80))
    box, stroke = stage.hand_in()
    assert numbers(box["shape"]) == [90, 60, 31, 23]
    assert iou(pixels(stroke), painted((95, 70), (130, 90), (110, 95)) & ~painted((100, 80), (112, 80))) > 0.99


def test_undo_looks_at_the_place_of_what_is_gone(stage: Stage) -> None:
    """Seen in where the next box lands: the view has moved just so far that the middle of the first is in sight."""
    stage.press("n")
    stage.drag((20, 20), (60, 50))
    stage.closer((300, 220), 8)
    stage.press("Control+z")
    stage.marked(0)
    stage.reveal((40, 35))
    stage.drag((40, 36), (60, 50))
    (box,) = stage.hand_in()
    assert near(box["shape"], 40, 36, 20, 14)


def test_undo_and_redo_look_at_a_place_of_an_outline_that_is_not_closed_yet(stage: Stage) -> None:
    stage.press("p")
    stage.click((140, 60), (100, 20), (40, 60))
    stage.closer((300, 220), 8)
    stage.press("Control+z")
    stage.reveal((40, 60))
    stage.press("Control+Shift+z")  # in sight already
    stage.click((60, 90))
    stage.press("Enter")
    (polygon,) = stage.hand_in()
    assert near(polygon["shape"], 40, 60, 100, 20, 140, 60, 60, 90)


def test_axe_finds_nothing_with_every_shape_at_work(stage: Stage) -> None:
    page = stage.page
    found: list[str] = []
    for key in ("n", "p", "y", "o", "l", "g", "d", "e", "v", "w"):
        stage.press("Escape", key)
        if key == "n":
            stage.drag((40, 40), (120, 100))
        if key == "p":
            stage.click((150, 40), (220, 40), (200, 100))
        if key == "l":
            stage.drag(*square(20, 140, 60), (20, 140))
        found += seen(page, key, FEW)
    page.keyboard.press("Escape")
    stage.press("k")
    found += seen(page, "a shape selected")
    assert found == []


def test_a_region_at_the_edge_moves_nothing_while_all_is_in_sight(stage: Stage) -> None:
    """So that the picture fits again by itself when the window changes."""
    stage.press("n")
    stage.drag((1, 1), (9, 7))
    stage.press("Escape", "k")
    stage.page.set_viewport_size({"width": 900, "height": 700})
    expect(stage.page.locator(".canvas canvas").first).to_have_js_property("clientWidth", stage.frame()["width"])
    stage.press("n")
    stage.drag((40, 40), (80, 60))
    _small, box = stage.hand_in()
    assert near(box["shape"], 40, 40, 40, 20)
