"""The copilot's mask tools in a real Chromium with the real model: what is handed in is, pixel for pixel, what the
bare pipeline makes of the same prompts; after undo and redo, by keyboard alone, and after the tab was killed.
"""

import json
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from playwright.sync_api import Page, Response, WebSocket, expect
from scipy import ndimage

from assist.adapters import RUNTIMES, Embedding, MaskPrompt, Masks
from assist.adapters.mobile_sam import MobileSam
from assist.runtime.decoding import pixels_of
from taskers.files.folders import models_folder
from tests.support.browser import shapes
from tests.support.browser.site import Site
from tests.support.browser.stage import Stage, pixels
from tests.support.browser.studio import JUN, kept_here
from tests.support.waiting import until

pytestmark = pytest.mark.xdist_group("studio")

SAM = "mobile-sam@0.2.0"
ISLAND = 0.1  # the same as in static/js/studio/image/mask_parts.js


@cache
def embedded(model: MobileSam, picture: bytes) -> Embedding:
    """What the bare model keeps of a picture: of each test's the same, and the longest part of an answer."""
    return model.embed(*pixels_of(picture))


class Line:
    """The picture and the prompts that went over Jun's lines, and what the bare model says to them."""

    def __init__(self, page: Page, model: MobileSam) -> None:
        self.model = model
        self.picture = b""
        self.prompts: dict[str, dict] = {}
        self.handles: dict[str, tuple[str, int]] = {}  # of a mask: the prompt that it answered, and its place there
        page.on("response", self._take_picture)
        page.on("websocket", self._listen)

    def _take_picture(self, response: Response) -> None:
        if response.headers.get("content-type", "") == "image/png" and response.ok:
            self.picture = response.body()

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def _sent(self, frame: str | bytes) -> None:
        message = json.loads(frame)
        if message["type"] == "prompt":
            self.prompts[message["id"]] = message["prompt"]

    def _received(self, frame: str | bytes) -> None:
        message = json.loads(frame)
        if message["type"] == "masks":
            for place, mask in enumerate(message["masks"]):
                self.handles[mask["handle"]] = (message["id"], place)

    def bare(self) -> list[Masks]:
        """The bare pipeline's answers to the same prompts, each refinement led by the bare mask that it names."""
        embedding = embedded(self.model, self.picture)
        said: dict[str, Masks] = {}
        for name, prompt in self.prompts.items():
            earlier, place = self.handles[prompt["previous"]] if prompt["previous"] else ("", 0)
            led_by = said[earlier].logits[place] if earlier else None
            points = tuple((x, y, bool(adds)) for x, y, adds in prompt["points"])
            said[name] = self.model.decode(embedding, MaskPrompt(points, prompt["box"], led_by))
        return list(said.values())


@pytest.fixture(scope="module")
def model() -> MobileSam:
    """The default mask model, loaded here beside the application's own."""
    loaded = RUNTIMES[SAM].load(models_folder())
    assert isinstance(loaded, MobileSam)
    return loaded


@pytest.fixture
def page(site: Site, sign_in: Callable[..., Page]) -> Page:
    return sign_in(JUN)


@pytest.fixture
def line(page: Page, model: MobileSam) -> Line:
    return Line(page, model)


@pytest.fixture
def stage(page: Page, line: Line, site: Site, request: pytest.FixtureRequest) -> Stage:
    name, labels = f"Prompts: {request.node.name}"[:120], [{"name": "Thing", "hotkey": "1"}]
    opened = Stage(page, site, shapes.make_project(site, name, labels=labels, copilot=True))
    ready(opened)
    return opened


def ready(stage: Stage) -> None:
    expect(stage.page.locator("#copilot-mark")).to_have_attribute("data-state", "ready", timeout=60_000)


def offered(stage: Stage, line: Line, prompts: int) -> None:
    """All of so many prompts are answered, and the masks are on offer."""
    expect(stage.page.get_by_role("button", name="Mask 3")).to_be_visible(timeout=180_000)

    def answered() -> bool:
        stage.page.wait_for_timeout(20)  # what comes over the line is heard only while Playwright waits
        return len({prompt for prompt, _place in line.handles.values()}) == prompts

    until(answered)
    assert len(line.prompts) == prompts


def same(region: dict, mask: np.ndarray, prompt: dict) -> bool:
    """Equal to the offer without its islands, but for rounding at an edge, which the number of threads decides."""
    parts, _count = ndimage.label(mask)
    kept = np.bincount(parts.ravel()) >= ISLAND * np.bincount(parts.ravel())[1:].max()
    kept[[parts[int(y), int(x)] for x, y, adds in prompt["points"] if adds]] = True
    kept[0] = False
    return int((pixels(region) ^ kept[parts]).sum()) <= 5


def rated_best(masks: Masks) -> int:
    """The mask that is shown first: the one that is rated best, of equal ones the model's own."""
    ratings = [round(score, 4) for score in masks.scores]
    return max(range(len(ratings)), key=lambda n: (ratings[n], n == masks.best))


def test_a_click_and_its_refinements_by_mouse(stage: Stage, line: Line) -> None:
    stage.press("c")
    stage.click((150, 110))
    offered(stage, line, 1)
    stage.click((60, 60), button="right")
    offered(stage, line, 2)
    stage.click((170, 130))
    offered(stage, line, 3)
    stage.press("a")
    stage.marked(1)
    stage.press("Control+z")
    stage.marked(0)
    stage.press("Control+Shift+z")
    stage.marked(1)
    (region,) = stage.hand_in()
    clicked = list(line.prompts.values())[-1]
    assert [adds for _x, _y, adds in clicked["points"]] == [1, 0, 1]
    assert [(x, y) for x, y, _adds in clicked["points"]] == [
        pytest.approx(point, abs=1) for point in ((150, 110), (60, 60), (170, 130))
    ]
    assert clicked["previous"] is not None, "each further click refines the mask before it"
    last = line.bare()[-1]
    assert same(region, last.pixels[rated_best(last)], clicked)


def test_a_box_by_mouse_and_the_third_of_its_masks_by_one_key(stage: Stage, line: Line) -> None:
    stage.press("b")
    stage.drag((80, 60), (220, 180))
    offered(stage, line, 1)
    (prompt,) = line.prompts.values()
    assert prompt["box"] == pytest.approx([80, 60, 140, 120], abs=2)
    (said,) = line.bare()
    stage.press("m", times=(2 - rated_best(said)) % 3)
    stage.press("a")
    (region,) = stage.hand_in()
    assert same(region, said.pixels[2], prompt)


def test_a_point_and_one_to_leave_out_by_keyboard_alone(stage: Stage, line: Line) -> None:
    stage.press("c")
    stage.press("ArrowLeft", times=4)  # the pointer begins in the middle
    stage.press("Enter")
    offered(stage, line, 1)
    stage.press("ArrowUp", times=8)
    stage.press("Alt+Enter")
    offered(stage, line, 2)
    stage.press("a")
    stage.marked(1)
    (region,) = stage.hand_in()
    clicked = list(line.prompts.values())[-1]
    (x, y, adds), (also_x, above, leaves_out) = clicked["points"]
    assert (adds, leaves_out) == (1, 0)
    assert x < shapes.SIZE[0] / 2 and also_x == x and above < y
    last = line.bare()[-1]
    assert same(region, last.pixels[rated_best(last)], clicked)


def test_a_tab_killed_between_two_clicks_keeps_what_was_accepted_and_what_is_on_offer(stage: Stage, line: Line) -> None:
    stage.press("b")
    stage.drag((20, 20), (120, 120))
    offered(stage, line, 1)
    stage.press("a")
    stage.marked(1)
    stage.press("Escape")
    stage.press("c")
    stage.click((240, 180))
    offered(stage, line, 2)
    first, second = line.bare()
    kept_here(stage.page)
    stage.kill()
    stage.marked(1)
    expect(stage.page.get_by_role("button", name="Mask 3")).to_be_visible()
    stage.press("a")
    stage.marked(2)
    regions = stage.hand_in()
    asked = list(line.prompts.values())
    assert same(regions[0], first.pixels[rated_best(first)], asked[0])
    assert same(regions[1], second.pixels[rated_best(second)], asked[1])
