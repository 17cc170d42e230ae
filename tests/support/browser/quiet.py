"""When a page has all that it asked for. Playwright's own word for it comes half a second after that."""

import time
from weakref import WeakKeyDictionary

from playwright.sync_api import BrowserContext, Frame, Page, Request

QUIET = 0.1  # seconds in which nothing is asked and nothing is on its way
STEP = 20  # milliseconds
PATIENCE = 60.0


class Line:
    """What a page has asked and not got yet, and when that last changed."""

    def __init__(self, page: Page) -> None:
        self.waiting: set[Request] = set()
        self.changed = time.monotonic()
        page.on("request", self._asked)
        page.on("requestfinished", self._answered)
        page.on("requestfailed", self._answered)
        page.on("framenavigated", self._left)

    def quiet(self) -> bool:
        """Whether nothing is on its way, and was not for a moment."""
        return not self.waiting and time.monotonic() - self.changed >= QUIET

    def _asked(self, request: Request) -> None:
        self.waiting.add(request)
        self.changed = time.monotonic()

    def _left(self, frame: Frame) -> None:
        """With a new page nobody waits any more for what the one before had asked."""
        if frame.parent_frame is None:
            self.waiting.clear()

    def _answered(self, request: Request) -> None:
        self.waiting.discard(request)
        self.changed = time.monotonic()


_lines: WeakKeyDictionary[Page, Line] = WeakKeyDictionary()


def listen(context: BrowserContext) -> BrowserContext:
    """Follow what each page of a new context asks, so that `settle` knows of it."""

    def opened(page: Page) -> None:
        _lines[page] = Line(page)

    context.on("page", opened)
    return context


def settle(page: Page) -> None:
    """Wait until the page is loaded and has everything that it asked for."""
    page.wait_for_load_state("load")
    line, end = _lines[page], time.monotonic() + PATIENCE
    while not line.quiet():
        assert time.monotonic() < end, f"still on their way: {[one.url for one in line.waiting]}"
        page.wait_for_timeout(STEP)  # what comes over the line is heard only while Playwright waits
