"""Boxes, polygons, lines and points in a real Chromium: what is handed in is what was drawn, by mouse, by keyboard
alone, after undo and redo, and after the tab was killed in the middle of it. Jun does the work (stage.py).
"""

import pytest
from playwright.sync_api import expect

from tests.support.browser.stage import FINE, Stage, near, numbers
from tests.support.browser.studio import kept_here

pytestmark = pytest.mark.xdist_group("studio")


def test_box_is_drawn_moved_and_sized_with_the_mouse(stage: Stage) -> None:
    stage.press("n")
    stage.drag((40, 40), (120, 100))
    stage.press("v")
    stage.drag((80, 70), (100, 90))  # the whole box
    stage.drag((140, 120), (180, 160))  # its lower right corner
    stage.press("Control+z", "Control+z", "Control+Shift+z", "Control+Shift+z")
    (region,) = stage.hand_in()
    assert region["shape"]["type"] == "box"
    assert near(region["shape"], 60, 60, 120, 100, by=1.5)
    assert region["provenance"]["source"] == "human"


def test_box_is_drawn_moved_and_sized_by_keyboard_alone(stage: Stage) -> None:
    stage.press("n", "ArrowLeft", "Enter")  # a corner in the middle of the image
    stage.press("ArrowRight", "ArrowDown", times=4)
    stage.press("Enter", "Escape", "v")
    stage.marked(1)
    stage.press("ArrowRight", times=3)
    stage.press("Shift+ArrowDown", times=7)
    stage.press("Control+z", "Control+Shift+z")
    (region,) = stage.hand_in()
    x, y, width, height = numbers(region["shape"])
    assert (x, y) == (163, 120)
    assert width > 20 and height == pytest.approx(width + 7, abs=1)


def test_polygon_is_clicked_closed_and_its_corners_changed(stage: Stage) -> None:
    stage.press("p")
    stage.click((40, 40), (120, 40), (120, 100), (40, 100), (40, 40))
    stage.marked(1)
    stage.press("v")
    stage.drag((120, 100), (160, 140))
    stage.click((80, 40))
    stage.click((80, 40))  # twice on a line: a corner
    stage.press("ArrowUp", times=10)
    (region,) = stage.hand_in()
    assert near(region["shape"], 40, 40, 80, 30, 120, 40, 160, 140, 40, 100)


def test_polygon_survives_a_killed_tab_between_two_corners(stage: Stage) -> None:
    stage.press("p")
    stage.click((40, 40), (120, 40), (120, 100))
    kept_here(stage.page)
    stage.kill()
    stage.press("p")
    stage.click((40, 100))
    stage.press("Control+z", "Control+Shift+z", "Enter")
    stage.marked(1)
    (region,) = stage.hand_in()
    assert near(region["shape"], 40, 40, 120, 40, 120, 100, 40, 100)


def test_polygon_and_its_corners_by_keyboard_alone(stage: Stage) -> None:
    stage.press("p", "ArrowLeft", "Enter")
    stage.press("ArrowRight", times=4)
    stage.press("Enter")
    stage.press("ArrowDown", times=4)
    stage.press("Enter", "Enter")  # the last one twice closes
    stage.marked(1)
    stage.press("Escape", "v", ".", "ArrowLeft", "ArrowLeft")  # the first corner, two pixels
    stage.press("Insert", "Delete")  # a corner comes and goes
    (region,) = stage.hand_in()
    points = region["shape"]["points"]
    assert len(points) == 3
    assert points[0] == [158, 120]
    assert points[1][0] == points[2][0] > 165 and points[1][1] == 120


def test_corner_snaps_to_its_neighbours_unless_told_not_to(stage: Stage) -> None:
    stage.press("n")
    stage.drag((40, 40), (120, 100))
    stage.press("p")
    stage.click((121, 41), (200, 40), (200, 120), (121, 101))
    stage.press("Enter", "z", "y")
    stage.click((121.5, 101.5), (250, 200))
    stage.press("Enter")
    box, polygon, line = (region["shape"] for region in stage.hand_in())
    right, bottom = box["x"] + box["width"], box["y"] + box["height"]
    assert [right, box["y"]] in polygon["points"] and [right, bottom] in polygon["points"]
    assert line["points"][0] != [right, bottom]


def test_line_by_mouse_and_by_keyboard(stage: Stage) -> None:
    stage.press("y")
    stage.click((20, 20), (60, 80), (100, 20))
    stage.press("Enter", "Escape")
    stage.press("ArrowLeft", "Enter")
    stage.press("ArrowDown", times=3)
    stage.press("Enter", "Enter")
    first, second = (region["shape"] for region in stage.hand_in())
    assert near(first, 20, 20, 60, 80, 100, 20)
    assert second["type"] == "polyline"
    assert near(second, 160, 120, 160, 120 + 3 * stage.step(), by=0.01)


def test_line_ends_on_a_neighbours_corner_by_mouse_and_by_keyboard(stage: Stage) -> None:
    stage.press("n", "ArrowLeft", "Enter")  # a box whose lower right corner is the middle of the image
    stage.press("ArrowLeft", "ArrowUp", times=3)
    stage.press("Enter", "y")
    stage.press("ArrowDown", times=4)
    stage.press("Enter")  # on its left side
    stage.press("ArrowRight", times=3)
    stage.press("ArrowUp")
    stage.press("Shift+ArrowRight", "Shift+ArrowDown", times=2)  # further from the corner than a hand trembles
    stage.press("Enter", "Enter")
    stage.marked(2)
    off = stage.step(5)
    stage.click((40, 200))
    x, y = stage.at(160 + off, 120 + off)
    stage.page.mouse.dblclick(x, y)
    stage.marked(3)
    box, by_key, by_mouse = (region["shape"] for region in stage.hand_in())
    assert (box["x"] + box["width"], box["y"] + box["height"]) == (160, 120)
    assert len(by_key["points"]) == len(by_mouse["points"]) == 2
    assert by_key["points"][0] == pytest.approx([160 - 3 * stage.step(), 120 + stage.step()], abs=0.01)
    assert by_key["points"][1] == by_mouse["points"][1] == [160, 120]


def test_boxes_snap_and_points_lie_where_they_are_put_by_either_hand(stage: Stage) -> None:
    stage.press("n", "ArrowLeft", "Enter")
    stage.press("ArrowRight", "ArrowDown", times=3)
    stage.press("Enter")
    stage.press("ArrowUp", times=3)
    stage.press("Shift+ArrowRight")  # three screen pixels beside its upper right corner
    stage.press("Enter")
    stage.press("ArrowRight", "ArrowUp", times=2)
    stage.press("Enter", "o", "Enter", "Shift+ArrowRight", "Enter")
    where = 160 + 5 * stage.step() + stage.step(FINE)
    stage.click((200, 20), (200 + stage.step(FINE), 20))
    first, second, *points = (region["shape"] for region in stage.hand_in())
    assert second["x"] == first["x"] + first["width"] and second["y"] + second["height"] == first["y"]
    assert [one["x"] for one in points[:2]] == pytest.approx([where, where + stage.step(FINE)], abs=0.01)
    assert [one["x"] for one in points[2:]] == pytest.approx([200, 200 + stage.step(FINE)], abs=0.5)
    assert points[2]["x"] != points[3]["x"]


def test_enter_passes_over_what_is_hidden_or_locked(stage: Stage) -> None:
    chosen = stage.page.locator("#panel .marks__row[data-selected]")
    stage.press("n", "ArrowLeft", "Enter")
    stage.press("ArrowRight", "ArrowDown", times=4)
    stage.press("Enter")
    for turn in ("Shift+L", "h"):
        stage.press(turn, "Escape", "Escape", "v", "ArrowRight", "Enter")
        expect(chosen).to_have_count(0)
        stage.press("k", turn)
    stage.press("Escape", "Escape", "ArrowRight", "Enter")
    expect(chosen).to_have_count(1)


def test_points_are_placed_moved_and_hidden(stage: Stage) -> None:
    stage.press("o")
    stage.click((50, 60))
    stage.press("v", "ArrowRight", "ArrowRight", "Shift+O")
    stage.press("Escape", "o", "ArrowLeft", "Enter")  # by keyboard, in the middle
    stage.press("Control+z", "Control+Shift+z")
    first, second = (region["shape"] for region in stage.hand_in())
    assert near(first, 52, 60) and first["visible"] is False
    assert (second["x"], second["y"], second["visible"]) == (160, 120, True)
