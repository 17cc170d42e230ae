"""A picture of 320 × 240 in Jun's studio, in a project of its own (shapes.py), worked on by mouse and keys."""

import math
from contextlib import suppress

import numpy as np
import pytest
from playwright.sync_api import Error, Page, expect
from pycocotools import mask as coco

from tests.support.browser import shapes
from tests.support.browser.quiet import settle
from tests.support.browser.site import Site
from tests.support.browser.studio import MARKS, saved

WIDTH, HEIGHT = shapes.SIZE
RADIUS = 14 * WIDTH / 1000  # of the brush, as it is at first
STEP, FINE = 24, 3  # screen pixels by which an arrow key moves the keyboard's pointer
# What the wheel has turned; the page hears of it later than the test goes on.
COUNT_TURNS = """() => {
  window.turned = 0;
  document.querySelector(".canvas").onwheel = (event) => { window.turned += event.deltaY; };
}"""


class Stage:
    """The picture on Jun's screen: points of the image as the mouse and the keys reach them."""

    def __init__(self, page: Page, site: Site, address: str) -> None:
        self.page, self.site, self.address = page, site, address
        self.view: tuple[float, float, float] | None = None  # scale, left, top; None while the whole image is shown
        self.open()

    def open(self) -> None:
        self.page.goto(self.address)
        self.ready()

    def ready(self) -> None:
        expect(self.page.locator("#workbench")).to_be_visible(timeout=60_000)
        settle(self.page)
        self.page.locator(".canvas").focus()
        self.scale = self._fitted()[0]  # screen pixels for one of the image, while all of it is shown

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where an image point is on the screen."""
        scale, left, top = self.view or self._fitted()
        return left + x * scale, top + y * scale

    def _fitted(self) -> tuple[float, float, float]:
        frame = self.frame()
        margin = min(24, frame["width"] / 20)
        scale = min((frame["width"] - 2 * margin) / WIDTH, (frame["height"] - 2 * margin) / HEIGHT, 8)
        left = frame["x"] + (frame["width"] - WIDTH * scale) / 2
        return scale, left, frame["y"] + (frame["height"] - HEIGHT * scale) / 2

    def frame(self) -> dict:
        """Where the image's frame is on the page."""
        frame = self.page.locator(".canvas").bounding_box()
        assert frame is not None
        return dict(frame)

    def step(self, pixels: float = STEP) -> float:
        """So many screen pixels, one step of the keyboard's pointer, in those of the image while all of it is shown."""
        return pixels / self.scale

    def closer(self, point: tuple[float, float], turns: int) -> None:
        """The wheel over a point of the image, which stays where it is."""
        scale, left, top = self.view or self._fitted()
        x, y = (round(part) for part in self.at(*point))  # as a wheel says it
        self.page.mouse.move(x, y)
        self.page.evaluate(COUNT_TURNS)
        for _ in range(turns):
            self.page.mouse.wheel(0, -100)
        self.page.wait_for_function("turns => window.turned === turns * -100", arg=turns)
        factor = math.exp(100 * turns * 0.0018)
        self.view = (scale * factor, x - (x - left) * factor, y - (y - top) * factor)

    def pan(self, dx: float, dy: float) -> None:
        """The view moved by the mouse's middle button."""
        (scale, left, top), frame = self.view or self._fitted(), self.frame()
        x, y = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down(button="middle")
        self.page.mouse.move(x + dx, y + dy, steps=3)
        self.page.mouse.up(button="middle")
        self.view = (scale, left + dx, top + dy)

    def reveal(self, point: tuple[float, float], rest: float = 40) -> None:
        """The view as it is once the studio has brought a point into sight."""
        (scale, left, top), frame, (x, y) = self.view or self._fitted(), self.frame(), self.at(*point)
        across, down = x - frame["x"], y - frame["y"]
        left += max(0, rest - across) - max(0, across - frame["width"] + rest)
        top += max(0, rest - down) - max(0, down - frame["height"] + rest)
        self.view = (scale, left, top)

    def press(self, *keys: str, times: int = 1) -> None:
        for key in keys * times:
            self.page.keyboard.press(key)

    def click(self, *points: tuple[float, float], **options) -> None:
        for point in points:
            self.page.mouse.click(*self.at(*point), **options)

    def drag(self, *path: tuple[float, float], button: str = "left", let_go: bool = True) -> None:
        self.page.mouse.move(*self.at(*path[0]))
        self.page.mouse.down(button=button)
        for point in path[1:]:
            self.page.mouse.move(*self.at(*point), steps=4)
        if let_go:
            self.page.mouse.up(button=button)

    def touch(self, *path: tuple[float, float]) -> None:
        """One finger along a path."""
        hand = self.page.context.new_cdp_session(self.page)
        for kind, point in [("touchStart", path[0]), *(("touchMove", one) for one in path[1:]), ("touchEnd", None)]:
            places = [dict(zip("xy", self.at(*point), strict=True))] if point else []
            hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    def marked(self, count: int) -> None:
        expect(self.page.locator(MARKS)).to_have_count(count)

    def kill(self) -> None:
        """The tab's process is gone from one moment to the next; Jun opens the page again."""
        self.page = killed(self.page)
        self.open()

    def hand_in(self) -> list[dict]:
        """Submit with the button; what the server has then."""
        saved(self.page)
        self.page.locator("#submit").click()
        expect(self.page.locator("#rest")).to_be_visible(timeout=20_000)
        project = self.address.split("/")[2]
        ((answer,),) = self.site.query(
            "SELECT n.answer FROM projects_annotation n JOIN projects_task t ON t.id = n.task_id"
            " JOIN projects_project r ON r.id = t.project_id WHERE r.public_id = %s",
            project,
        )
        return answer["regions"]


def killed(dead: Page) -> Page:
    """Kills a tab's process, as a crash does; a new tab in its place."""
    context = dead.context
    with suppress(Error):
        dead.goto("chrome://crash", timeout=3000)
    page = context.new_page()
    page.set_default_timeout(20_000)
    with suppress(Error):
        dead.close()
    return page


def pixels(region: dict) -> np.ndarray:
    assert region["shape"]["type"] == "mask"
    assert region["shape"]["size"] == [HEIGHT, WIDTH]
    return coco.decode({"size": [HEIGHT, WIDTH], "counts": region["shape"]["counts"].encode()}) == 1


def rectangle(x: float, y: float, right: float, bottom: float) -> np.ndarray:
    found = np.zeros((HEIGHT, WIDTH), dtype=bool)
    found[round(y) : round(bottom), round(x) : round(right)] = True
    return found


def painted(*path: tuple[float, float], radius: float = RADIUS) -> np.ndarray:
    """The pixels whose middle is within a brush's radius of a path."""
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    found = np.zeros((HEIGHT, WIDTH), dtype=bool)
    for (ax, ay), (bx, by) in zip(path, path[1:] or path, strict=False):
        dx, dy = bx - ax, by - ay
        along = np.clip(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy or 1), 0, 1)
        found |= np.hypot(x - ax - along * dx, y - ay - along * dy) <= radius
    return found


def iou(first: np.ndarray, second: np.ndarray) -> float:
    return float((first & second).sum() / (first | second).sum())


def numbers(shape: dict) -> list[float]:
    if "points" in shape:
        return [value for point in shape["points"] for value in point]
    return [shape[key] for key in ("x", "y", "width", "height") if key in shape]


def near(shape: dict, *expected: float, by: float = 1.0) -> bool:
    return numbers(shape) == pytest.approx(expected, abs=by)


def square(x: float, y: float, side: float) -> list[tuple[float, float]]:
    return [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
