"""What a press picks, what is a step, what a reload leaves: nobody removes or renames what they don't mean."""

import json
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page, WebSocketRoute, expect
from pycocotools import mask as coco

from tests.support.browser import shapes
from tests.support.browser.site import Site
from tests.support.browser.stage import HEIGHT, WIDTH, Stage, iou, pixels, rectangle, square
from tests.support.browser.studio import JUN, MARKS, kept_here

pytestmark = pytest.mark.xdist_group("studio")


def undo_is(page: Page, step: str) -> None:
    expect(page.locator(".studio__submit [data-action=undo]")).to_have_attribute("title", f"Undo: {step}")


def test_a_polygons_line_is_the_polygons_and_delete_removes_what_was_meant(stage: Stage) -> None:
    rows, page = stage.page.locator(MARKS), stage.page
    stage.press("l")
    stage.drag(*square(60, 60, 40), (60, 60))
    stage.press("Escape", "e")
    stage.press("k")
    stage.drag((200, 200), (220, 200))  # where no mask is
    undo_is(page, "Freehand")
    stage.press("Escape", "p")
    stage.click((80, 20), (300, 20), (300, 220), (80, 220), (80, 20))
    stage.press("v", "Escape")
    stage.click((80, 80))  # on the polygon's line, in the midst of the mask, whose box is smaller
    expect(rows.nth(0)).to_have_attribute("data-selected", "")
    expect(rows.nth(0)).to_contain_text("polygon")
    stage.press("Shift+J")  # sent backward, it goes down; brought forward, up
    expect(rows.nth(1)).to_contain_text("polygon")
    rows.nth(1).get_by_role("button", name="Bring forward").click()
    expect(rows.nth(0)).to_contain_text("polygon")
    stage.press("Delete")
    stage.marked(1)
    (mask,) = stage.hand_in()
    assert iou(pixels(mask), rectangle(60, 60, 100, 100)) > 0.95
    assert mask["provenance"]["source"] == "human"


def test_a_reload_leaves_an_unfinished_polygon_its_label_and_its_tool(stage: Stage) -> None:
    pressed = "#panel .palette [aria-pressed=true]"
    stage.press("p", "2")
    stage.click((40, 40), (120, 40), (120, 100))
    expect(stage.page.locator(pressed)).to_contain_text("Other")
    kept_here(stage.page)
    stage.kill()
    expect(stage.page.locator(pressed)).to_contain_text("Other")
    stage.click((40, 100))
    stage.press("Enter")
    (region,) = stage.hand_in()
    assert region["label"] == "other" and len(region["shape"]["points"]) == 4


def answer_with_discs(page: Page) -> None:
    """A copilot that finds a ragged disc wherever somebody clicks, three times, and is as sure of each."""

    def disc(x: float, y: float, radius: int) -> dict:
        down, across = np.mgrid[:HEIGHT, :WIDTH]
        inside = np.hypot(across - x, down - y) < radius + (across * 7 + down * 13) % 5
        code = coco.encode(np.asfortranarray(inside.astype(np.uint8)))
        score = 0.99 - radius / 1000
        return {"size": [HEIGHT, WIDTH], "counts": code["counts"].decode(), "score": score, "handle": f"h{radius}"}

    def line(route: WebSocketRoute) -> None:
        def hear(frame: str | bytes) -> None:
            message = json.loads(frame)
            if message["type"] == "open":
                ready = {
                    "type": "ready",
                    "id": message["id"],
                    "capability": "segment",
                    "model": "discs@1",
                    "waits": False,
                }
                route.send(json.dumps(ready))
            if message["type"] == "prompt":
                (x, y, _adds), *_more = message["prompt"]["points"]
                masks = [disc(x, y, radius) for radius in (20, 24, 28)]
                said = {"type": "masks", "id": message["id"], "suggestion": f"s-{message['id']}", "model": "discs@1"}
                size = {"image_size": [HEIGHT, WIDTH], "latency_ms": 1}
                route.send(json.dumps(said | {"masks": masks, "best": 0} | size))

        route.on_message(hear)

    page.route_web_socket("**/ws/assist/**", line)


def test_the_label_of_what_was_accepted_and_after_escape_of_the_next_object(
    site: Site, sign_in: Callable[..., Page]
) -> None:
    page = sign_in(JUN)
    answer_with_discs(page)
    stage = Stage(page, site, shapes.make_project(site, "The label trap", copilot=True))
    names, foot = page.locator(f"{MARKS} .marks__name"), page.locator("#stage")
    stage.press("c")
    stage.click((150, 110))
    expect(foot).to_contain_text("1, 2: label of this mask")
    expect(page.get_by_role("button", name="Mask 3", exact=True)).to_have_text(
        "3"
    )  # "High" for each would rank nothing
    stage.press("a")
    expect(foot).to_contain_text("1, 2: changes the label of what is selected; Esc first: label of the next one")
    stage.press("Escape", "2")
    expect(names).to_have_text(["Thing"])
    stage.click((60, 60))
    expect(page.get_by_role("button", name="Mask 3")).to_be_visible()
    kept_here(page)
    stage.page.reload()  # what is on offer, and the label for it, outlive the page
    stage.ready()
    expect(page.get_by_role("button", name="Mask 3")).to_be_visible()
    stage.press("a")
    expect(names).to_have_text(["Other", "Thing"])  # the one in front is at the top
    stage.press("1", "Shift+D")
    expect(names).to_have_text(["Thing", "Thing"])
    undo_is(page, "Smooth")
    stage.press("Control+z", "Control+z")
    expect(names).to_have_text(["Other", "Thing"])
