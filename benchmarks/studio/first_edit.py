"""What a browser that knows nothing of the studio fetches before the first edit, and before the next task."""

import gzip

from playwright.sync_api import Browser, Page

from benchmarks.studio.goals import Goal
from benchmarks.studio.masks import LABELS
from benchmarks.studio.sitting import signed_in
from tests.support.browser import shapes
from tests.support.browser.site import Site
from tests.support.browser.weight import later

CHAIN = 20  # more links than this are a loop


class Fetched:
    """Static files of ours as they come: their weight, and whose wish each was."""

    def __init__(self, page: Page) -> None:
        self.weights: dict[str, int] = {}  # url → bytes, gzipped
        self.wished: dict[str, str] = {}  # url → of the file that asked for it
        line = page.context.new_cdp_session(page)
        line.send("Network.enable")
        line.on("Network.requestWillBeSent", self._asked)
        page.on("response", self._came)

    def _asked(self, event: dict) -> None:
        initiator = event["initiator"]
        frames = initiator.get("stack", {}).get("callFrames", [])
        self.wished.setdefault(event["request"]["url"], initiator.get("url") or (frames[0]["url"] if frames else ""))

    def _came(self, response) -> None:
        if response.url.endswith((".js", ".css")) and "/static/" in response.url:
            self.weights[response.url] = len(gzip.compress(response.body(), 9))

    @property
    def first(self) -> dict[str, int]:
        """What the first edit needs."""
        behind = later(self.weights)
        return {url: size for url, size in self.weights.items() if url not in behind}

    def depth(self, url: str) -> int:
        """How many files had to come one after another, this one included, since the page's own HTML."""
        links = 1
        while (url := self.wished.get(url, "")) in self.weights and links < CHAIN:
            links += 1
        return links


def measure(browser: Browser, site: Site) -> list[Goal]:
    page = signed_in(browser, site)
    fetched = Fetched(page)
    page.goto(shapes.make_project(site, "Fetched", labels=LABELS, pictures=2))
    page.locator("#workbench").wait_for()
    page.wait_for_load_state("networkidle")
    first = fetched.first
    depth = max(fetched.depth(url) for url in first)
    scripts = sum(size for url, size in first.items() if url.endswith(".js"))
    styles = sum(first.values()) - scripts
    print(
        f"\nTo the first edit: {scripts / 1000:.1f} kB of scripts and {styles / 1000:.1f} kB of styles (gzip) "
        f"in {len(first)} files; {len(fetched.weights) - len(first)} more come behind it."
    )
    before = set(fetched.weights)
    draw_and_submit(page)
    again = len(set(fetched.weights) - before)
    page.context.close()
    return [
        Goal("scripts and styles to the first edit, gzip", 60, (scripts + styles) / 1000, "kB"),
        Goal("files one after another to the first edit", 1, depth, "deep"),
        Goal("static files fetched for the second task", 0, again, "files"),
    ]


def draw(page: Page) -> None:
    """An outline of three points, by keys."""
    page.locator(".canvas").focus()
    page.keyboard.press("l")
    for key in ("ArrowLeft", "Enter", "ArrowRight", "ArrowRight", "Enter", "ArrowDown", "ArrowDown", "Enter", "Enter"):
        page.keyboard.press(key)


def draw_and_submit(page: Page) -> None:
    name = page.locator("#task-name").inner_text()
    draw(page)
    page.locator("#submit").click()
    page.wait_for_function("name => document.querySelector('#task-name').textContent !== name", arg=name)
    page.wait_for_load_state("networkidle")
