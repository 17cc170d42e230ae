"""A picture with 10 masks and with 500: pan, zoom, select, accept, submit."""

import numpy as np
from playwright.sync_api import Browser, Page
from pycocotools import mask as coco

from benchmarks.studio.goals import Goal
from benchmarks.studio.sitting import BREATH, NO_MARK, Figures, compare, each, opened, p95, submitted, timed, times
from tests.support.browser import shapes
from tests.support.browser.site import Site

SIZE = (1024, 683)
FEW, MANY = 10, 500
ACCEPTS = 12
LABELS = [{"name": "Thing", "hotkey": "1"}, {"name": "Other", "hotkey": "2"}]


def ellipses(number: int, size: tuple[int, int]) -> list[dict]:
    """Regions of masks as objects have them: blobs of 1 to 4 % of the picture, anywhere, the same each time."""
    width, height = size
    random = np.random.default_rng(7)
    y, x = np.mgrid[:height, :width]
    found = []
    for index in range(number):
        across, down = random.uniform(0.05, 0.12, 2) * width
        turn = random.uniform(0, np.pi)
        dx, dy = x - random.uniform(0, width), y - random.uniform(0, height)
        along, off = dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn)
        inside = (along / across) ** 2 + (off / down) ** 2 < 1 + 0.1 * np.sin(6 * np.arctan2(off, along))
        code = coco.encode(np.asfortranarray(inside.astype(np.uint8)))
        shape = {"type": "mask", "size": [height, width], "counts": code["counts"].decode()}
        label = ("thing", "other")[index % 2]
        region = {"id": f"r{index + 1}", "label": label, "shape": shape, "attributes": {}, "provenance": NO_MARK}
        found.append(region)
    return found


def middle(page: Page) -> tuple[float, float]:
    frame = page.locator(".canvas").bounding_box()
    assert frame is not None
    return frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2


def look_about(page: Page, *, rest: float = BREATH) -> None:
    """Drag the picture, zoom in and out."""
    x, y = middle(page)
    page.keyboard.press("v")
    page.mouse.move(x, y)
    page.mouse.down()
    each(page, "pan", lambda step: page.mouse.move(x + 6 * (step % 10), y + 4 * (step % 7)), rest=rest)
    page.mouse.up()
    page.keyboard.press("f")
    each(page, "zoom in", lambda _: page.mouse.wheel(0, -120), rest=rest)
    each(page, "zoom out", lambda _: page.mouse.wheel(0, 120), rest=rest)
    page.keyboard.press("f")


def hands(page: Page) -> Figures:
    """Each action some dozen times; milliseconds of each."""
    look_about(page)
    each(page, "select", lambda _: page.keyboard.press("k"))
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    x, y = middle(page)
    for index in range(ACCEPTS):
        page.mouse.move(x - 200 + 30 * index, y - 100)
        page.mouse.down()
        page.mouse.move(x - 60 + 30 * index, y + 80, steps=3)
        page.mouse.up()
        page.get_by_role("button", name="Mask 3").wait_for()
        timed(page, "accept")
        page.keyboard.press("a")
        page.wait_for_timeout(150)
        timed(page, "")
    return {name: times(page, name) for name in ("pan", "zoom in", "zoom out", "select", "accept")}


def measure(browser: Browser, site: Site) -> list[Goal]:
    found: dict[int, Figures] = {}
    for number in (FEW, MANY):
        address = shapes.make_project(site, f"{number} masks", labels=LABELS, size=SIZE, copilot=True)
        page = opened(browser, site, address, {"regions": ellipses(number, SIZE)})
        found[number] = hands(page) | {"submit": [submitted(page)]}
        page.context.close()
    compare(f"Picture of {SIZE[0]} × {SIZE[1]}", (f"{FEW} masks", f"{MANY} masks"), found[FEW], found[MANY])
    goals = []
    for action in ("pan", "zoom in", "zoom out", "select", "accept"):
        few, many = p95(found[FEW][action]), p95(found[MANY][action])
        goals.append(Goal(f"{action}, {MANY} masks, p95", 50, many))
        goals.append(Goal(f"{action}, {MANY} masks against {FEW}", 2, many / few, "×"))
    return [*goals, Goal(f"submit builds its body, {MANY} masks", 300, found[MANY]["submit"][0])]
