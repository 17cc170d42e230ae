"""Strokes drawn without a mouse, and what every tool did before the tab was killed in the middle of the next stroke."""

import pytest

from tests.support.browser.stage import Stage, iou, near, painted, pixels, rectangle, square
from tests.support.browser.studio import MARKS, kept_here

pytestmark = pytest.mark.xdist_group("studio")


def test_brush_and_eraser_draw_strokes_by_keyboard_alone(stage: Stage) -> None:
    stage.press("d", "ArrowLeft", "Space")
    stage.press("ArrowRight", times=4)
    stage.press("Escape")  # lifted without a trace
    stage.marked(0)
    stage.press("ArrowUp", "Space")
    stage.press("ArrowRight", times=4)
    stage.press("Space", "Control+z", "Control+Shift+z")
    stage.marked(1)
    stage.press("k", "e", "Space", "ArrowLeft", "Enter", "Control+z", "Control+Shift+z")
    (region,) = stage.hand_in()
    s = stage.step()
    stroke = painted((160 + 4 * s, 120 - s), (160 + 8 * s, 120 - s))
    erased = painted((160 + 8 * s, 120 - s), (160 + 7 * s, 120 - s))
    assert (pixels(region) == stroke & ~erased).all()


def work(stage: Stage, name: str) -> None:
    """One piece of work by the tool that gives it its name."""
    match name:
        case "erased":
            stage.press("k", "e")
            stage.drag((40, 80), (120, 80))
        case "underneath":
            stage.press("Escape", "l")
            stage.drag(*square(80, 30, 100), (80, 30))
            stage.press("u")
        case "line":
            stage.press("Escape", "y")
            stage.click((20, 220), (120, 200))
            stage.press("Enter")
        case "point":
            stage.press("Escape", "o")
            stage.click((300, 20))
        case "filled":
            stage.press("Escape", "g")
            stage.click((250, 220))
        case "converted":
            stage.press("Escape", "l")
            stage.drag(*square(200, 150, 40), (200, 150))
            stage.press("q")


def test_everything_done_before_a_kill_in_mid_stroke_is_handed_in_by_every_tool(stage: Stage) -> None:
    """Fill, point, line, eraser, convert and clear underneath: each followed by a stroke that the kill cuts off."""
    stage.press("l")
    stage.drag(*square(40, 40, 80), (40, 40))
    for name in ("erased", "underneath", "line", "point", "filled", "converted"):
        work(stage, name)
        stage.press("Control+z", "Control+Shift+z")
        count = stage.page.locator(MARKS).count()
        kept_here(stage.page)
        stage.press("Escape", "e" if name == "erased" else "l")
        stage.drag((150, 150), (200, 200), (150, 200), let_go=False)
        stage.kill()
        stage.marked(count)
    erased, over, line, point, ground, polygon = stage.hand_in()
    left = pixels(erased)
    assert left[50, 60] and left[110, 60] and not left[80, 60], "rubbed out across the middle"
    assert not (left & pixels(over)).any() and iou(pixels(over), rectangle(80, 30, 180, 130)) > 0.95
    assert near(line["shape"], 20, 220, 120, 200)
    assert near(point["shape"], 300, 20)
    assert pixels(ground)[220, 250] and not pixels(ground)[60, 100]
    assert polygon["shape"]["type"] == "polygon" and near({"points": [polygon["shape"]["points"][0]]}, 200, 150, by=2)


def test_only_the_first_button_paints(stage: Stage) -> None:
    """The right one does nothing with brush and eraser, the middle one moves the view."""
    for tool in ("d", "e"):
        stage.press(tool)
        stage.drag((60, 60), (120, 60), (120, 110), (60, 110), button="right")
        stage.marked(0)
    stage.press("d")
    stage.pan(40, 30)
    stage.marked(0)
    stage.drag((60, 60), (120, 60))
    stage.press("e")
    stage.drag((60, 60), (120, 60), button="right")
    (stroke,) = stage.hand_in()
    assert iou(pixels(stroke), painted((60, 60), (120, 60))) > 0.99
