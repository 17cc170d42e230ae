"""What a detector found, in a real Chromium: suggestions in the image that are taken, changed and refused by key.

The copilot's line is played by the test, so that every box is known; the model behind it is test_brought_at_work.py's.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.support.browser import shapes
from tests.support.browser.site import Site
from tests.support.browser.stage import Stage
from tests.support.browser.studio import JUN, MARKS

pytestmark = pytest.mark.xdist_group("studio")

LABELS = [{"name": "Cat", "hotkey": "1", "shapes": ["box"]}, {"name": "Dog", "hotkey": "2", "shapes": ["box", "mask"]}]
NOTE = "Of what the model found, this can’t be used: 3 without numbers."


def box(n: int, label: str, score: float, mask: dict[str, Any] | None = None) -> dict[str, Any]:
    name = f"9d5b3a70-1111-4222-8333-44445555666{n}"
    return {"suggestion": name, "box": [10 + 60 * n, 20, 50, 40], "label": label, "score": score, "mask": mask}


SEEN = [box(0, "cat", 0.9), box(1, "dog", 0.8, shapes.blob(3)), box(2, "cat", 0.7), box(3, "dog", 0.3)]


def copilot(line: WebSocketRoute) -> None:
    """It is there, and its detector has seen four things."""

    def heard(frame: str | bytes) -> None:
        said = json.loads(frame)
        if said["type"] == "open":
            ready = {"capability": "segment", "model": "sam@1", "waits": False, "boxes": True}
            line.send(json.dumps({"type": "ready", "id": said["id"], **ready}))
        elif said["type"] == "prompt" and said["prompt"].get("boxes"):
            found = {"model": "things@1", "boxes": SEEN, "note": NOTE, "latency_ms": 9}
            line.send(json.dumps({"type": "boxes", "id": said["id"], **found}))

    line.on_message(heard)


@pytest.fixture
def stage(site: Site, sign_in: Callable[..., Page]) -> Stage:
    page = sign_in(JUN)
    page.route_web_socket(re.compile("/ws/assist/"), copilot)
    return Stage(page, site, shapes.make_project(site, "What a detector found", labels=LABELS, copilot=True))


def test_boxes_are_taken_changed_and_refused_by_key(stage: Stage) -> None:
    page, bar = stage.page, stage.page.locator(".offer--text")
    expect(bar).to_contain_text("4 suggestions")
    expect(page.locator(".stage__hint")).to_contain_text("3 without numbers")
    stage.press("a")
    expect(bar).to_contain_text("3 suggestions")
    expect(page.locator(MARKS)).to_contain_text(["Cat"])
    stage.press("2")  # what was just taken is another thing
    expect(page.locator(MARKS)).to_contain_text(["Dog"])
    stage.press("a")
    stage.press("x")
    expect(bar).to_contain_text("1 suggestion")
    expect(page.locator(MARKS)).to_have_count(2)
    stage.press("Shift+a")
    expect(bar).to_be_hidden()
    expect(page.locator(MARKS)).to_have_count(3)
    stage.press("Control+z")
    expect(bar).to_contain_text("1 suggestion")
