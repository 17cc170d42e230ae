"""The tools that make masks, in a real Chromium: what is handed in is what was drawn, by mouse, by keyboard alone,
after undo and redo, and after the tab was killed in the middle of it. Jun does the work (stage.py).
"""

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.support.browser.stage import FINE, HEIGHT, WIDTH, Stage, iou, near, painted, pixels, rectangle, square
from tests.support.browser.studio import kept_here, saved

pytestmark = pytest.mark.xdist_group("studio")


def test_outline_adds_and_takes_away_and_holes_are_filled(stage: Stage) -> None:
    stage.press("l")
    stage.drag(*square(40, 40, 120), (40, 40))
    stage.drag(*square(80, 80, 40), (80, 80), button="right")
    stage.press("Control+z", "Control+Shift+z")
    saved(stage.page)
    stage.press("Shift+G", "Control+z")
    (region,) = stage.hand_in()
    expected = rectangle(40, 40, 160, 160) & ~rectangle(80, 80, 120, 120)
    assert iou(pixels(region), expected) > 0.97


def test_fill_takes_the_ground_that_masks_close_in(stage: Stage) -> None:
    stage.press("l")
    stage.drag(*square(40, 40, 120), (40, 40))
    stage.drag(*square(80, 80, 40), (80, 80), button="right")
    stage.press("Escape", "g")
    stage.click((100, 100))  # a region of its own
    stage.press("Escape", "ArrowLeft")
    stage.press("ArrowRight", times=4)
    stage.press("Enter")  # by keyboard: all around
    inside, around = [pixels(region) for region in stage.hand_in()[1:]]
    assert iou(inside, rectangle(80, 80, 120, 120)) > 0.93
    assert iou(around, ~rectangle(40, 40, 160, 160)) > 0.97


def test_outline_of_a_mask_by_keyboard_alone(stage: Stage) -> None:
    stage.press("l", "ArrowLeft", "Enter")
    stage.press("ArrowRight", times=6)
    stage.press("Enter")
    stage.press("ArrowDown", times=6)
    stage.press("Enter", "Enter")
    (region,) = stage.hand_in()
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    side = 6 * stage.step()
    triangle = (x >= 160 + (y - 120)) & (x < 160 + side) & (y > 120)
    slope = x - 160 == y - 120  # a pixel whose middle lies on it is of either side, as the screen's scale rounds
    assert (pixels(region) == triangle)[~slope].all(), "a triangle"


def framed(x: float, y: float, right: float, bottom: float) -> np.ndarray:
    """The pixels whose middle lies within a rectangle."""
    down, across = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    return (across > x) & (across < right) & (down > y) & (down < bottom)


def walk_around(stage: Stage, across: int, down: int, close: str) -> None:
    """Corners of a rectangle from the keyboard's pointer on; it ends at the lower left one, where `close` closes."""
    stage.press("Enter")
    for key, times in (("ArrowRight", across), ("ArrowDown", down), ("ArrowLeft", across)):
        stage.press(key, times=times)
        stage.press("Enter")
    stage.press(close)


def test_outline_of_a_mask_takes_away_by_keyboard_alone(stage: Stage) -> None:
    stage.press("l", "ArrowLeft")
    walk_around(stage, 6, 4, "Enter")
    stage.press("ArrowRight", "ArrowUp", "ArrowUp", "ArrowUp")
    walk_around(stage, 1, 1, "Alt+Enter")
    stage.press("Control+z", "Control+Shift+z")
    stage.press("t")  # from now on without Alt
    less = stage.page.get_by_role("button", name="Clicks take away")
    expect(less).to_have_attribute("aria-pressed", "true")
    stage.press("ArrowRight", "ArrowRight", "ArrowUp")
    walk_around(stage, 1, 2, "Enter")
    stage.press("t")
    expect(less).to_have_attribute("aria-pressed", "false")
    stage.press("d")
    expect(less).to_be_hidden()
    (region,) = stage.hand_in()
    s = stage.step()
    whole = framed(160, 120, 160 + 6 * s, 120 + 4 * s)
    first = framed(160 + s, 120 + s, 160 + 2 * s, 120 + 2 * s)
    second = framed(160 + 3 * s, 120 + s, 160 + 4 * s, 120 + 3 * s)
    assert (pixels(region) == whole & ~first & ~second).all()


def test_brush_and_eraser_by_keyboard_alone(stage: Stage) -> None:
    stage.press("d", "ArrowLeft", "Enter", "e")
    stage.press("Shift+ArrowRight", times=5)
    stage.press("Enter")
    stage.press("d")
    stage.press("Shift+ArrowLeft", times=10)
    stage.press("Alt+Enter")  # the brush takes away, too
    (region,) = stage.hand_in()
    by = 5 * stage.step(FINE)
    left = painted((160, 120)) & ~painted((160 + by, 120)) & ~painted((160 - by, 120))
    assert 0 < left.sum() < painted((160, 120)).sum() / 2
    assert (pixels(region) == left).all()


def test_brush_and_box_by_finger(touching: Stage) -> None:
    stage = touching
    stage.press("d")
    stage.touch((60, 60), (200, 80), (220, 200))
    stage.press("Escape", "n")
    stage.touch((20, 100), (60, 140), (100, 160))
    stroke, box = stage.hand_in()
    assert iou(pixels(stroke), painted((60, 60), (200, 80), (220, 200))) > 0.97
    assert near(box["shape"], 20, 100, 80, 60)


def test_pixels_underneath_are_taken_from_all_but_the_locked(stage: Stage) -> None:
    stage.press("l")
    stage.drag(*square(20, 20, 80), (20, 20))
    stage.press("Escape")
    stage.drag(*square(140, 20, 80), (140, 20))
    stage.press("Shift+L", "Escape")
    stage.drag(*square(60, 20, 120), (60, 20))
    stage.press("u", "Control+z", "Control+Shift+z")
    first, second, third = [pixels(region) for region in stage.hand_in()]
    assert iou(first, rectangle(20, 20, 60, 100)) > 0.95
    assert iou(second, rectangle(140, 20, 220, 100)) > 0.95
    assert not (first & third).any() and (second & third).any()


def test_mask_becomes_a_polygon_and_a_mask_again(stage: Stage) -> None:
    stage.press("l")
    stage.drag(*square(40, 40, 120), (40, 40))
    stage.press("q", "q", "Escape")
    stage.drag((200, 40), (300, 40), (300, 140), (200, 40))
    stage.press("q")
    mask, polygon = stage.hand_in()
    assert iou(pixels(mask), rectangle(40, 40, 160, 160)) > 0.97
    assert 3 <= len(polygon["shape"]["points"]) <= 12


def test_stroke_that_a_killed_tab_cut_off_is_gone_and_all_before_it_is_there(stage: Stage) -> None:
    stage.press("l")
    stage.drag(*square(40, 40, 120), (40, 40))
    stage.press("n", "Escape")
    stage.drag((200, 40), (300, 140))
    kept_here(stage.page)
    for key, path in [("d", [(60, 200), (200, 200)]), ("n", [(20, 180), (60, 220)]), ("l", square(180, 160, 40))]:
        stage.press("Escape", key)
        stage.drag(*path, let_go=False)
        stage.kill()
        stage.marked(2)
    stage.press("d")
    stage.drag((60, 200), (200, 200))
    mask, box, stroke = stage.hand_in()
    assert iou(pixels(mask), rectangle(40, 40, 160, 160)) > 0.97
    assert near(box["shape"], 200, 40, 100, 100)
    assert pixels(stroke)[200, 130]
