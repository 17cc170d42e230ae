"""What a browser that knows nothing of the studio waits for on a slow line: 100 ms there and back, HTTP/1.1.

The browser keeps every answer back for so long (CDP's Network.emulateNetworkConditions); its cache is empty. Usable is
the studio with the first task's image drawn in it, counted from the address being entered; the second task is there
when its name stands in the first one's place, counted from the button that hands the first one in.
"""

from collections import Counter
from statistics import median
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page

from benchmarks.studio.first_edit import CHAIN, draw
from benchmarks.studio.goals import Goal
from benchmarks.studio.masks import LABELS
from benchmarks.studio.sitting import signed_in
from tests.support.browser import shapes
from tests.support.browser.site import Site
from tests.support.browser.weight import later

ROUND_TRIP = 100  # ms
VISITS = 5
USABLE = """() => {
  const came = ({ name, responseEnd }) => name.includes("/media/") && responseEnd;
  const drawn = performance.getEntriesByType("resource").some(came);
  return drawn && document.querySelector("#studio")?.dataset.phase === "working" && performance.now();
}"""
SECOND = """() => new Promise((resolve) => {
  const [name, from] = [document.querySelector("#task-name"), performance.now()];
  const watch = new MutationObserver(() => requestAnimationFrame(() => resolve(performance.now() - from)));
  watch.observe(name, { childList: true, characterData: true, subtree: true });
  document.querySelector("#submit").click();
})"""


class Asked:
    """Every request of a page, and which other one it had to wait for."""

    def __init__(self, page: Page) -> None:
        self.wished: dict[str, str] = {}  # url → of the file that asked for it
        self.urls: list[str] = []
        self.first: list[str] = []  # those until it was usable
        line = page.context.new_cdp_session(page)
        line.send("Network.enable")
        conditions = {"offline": False, "latency": ROUND_TRIP, "downloadThroughput": -1, "uploadThroughput": -1}
        line.send("Network.emulateNetworkConditions", conditions)
        line.on("Network.requestWillBeSent", self._asked)

    def _asked(self, event: dict) -> None:
        url = event["request"]["url"]
        if not url.startswith("http"):
            return
        initiator = event["initiator"]
        frames = initiator.get("stack", {}).get("callFrames", [])
        self.urls.append(url)
        self.wished.setdefault(url, initiator.get("url") or (frames[0]["url"] if frames else ""))

    def depth(self, url: str) -> int:
        """How many scripts had to come one after another, this one included, since the page's own HTML."""
        links = 1
        while is_script(url := self.wished.get(url, "")) and links < CHAIN:
            links += 1
        return links

    def kinds(self) -> str:
        """How many there were of each kind."""
        counts = Counter(kind(url) for url in self.urls)
        return ", ".join(f"{count} {name}" for name, count in counts.most_common())


def is_script(url: str) -> bool:
    return urlsplit(url).path.endswith(".js")


def kind(url: str) -> str:
    path = urlsplit(url).path
    names = {"js": "scripts", "css": "style sheets", "svg": "icons"}
    return names.get(path.rpartition(".")[2], "images" if path.startswith("/media/") else "pages and data")


def measure(browser: Browser, site: Site) -> list[Goal]:
    """Some first visits, each with a cache and a project of its own; the medians."""
    begun = signed_in(browser, site)
    cookies = begun.context.cookies()
    begun.context.close()
    visits = [_visit(browser, site, cookies, f"Visited {number}") for number in range(VISITS)]
    usable, second = median(visit[0] for visit in visits), median(visit[1] for visit in visits)
    asked = visits[-1][2]
    behind = later(asked.first)
    deepest = max(asked.depth(url) for url in asked.first if is_script(url) and url not in behind)
    whole, first = len(asked.urls), len(asked.first)
    print(f"\nFirst visit at {ROUND_TRIP} ms: {whole} requests ({asked.kinds()}), {first} until usable.")
    for name, at in (("usable", 0), ("second task", 1)):
        print(f"{name} after {', '.join(f'{visit[at]:.0f}' for visit in visits)} ms")
    return [
        Goal("requests of a first visit", 25, len(asked.urls), "asked"),
        Goal("scripts one after another until usable", 1, deepest, "deep"),
        Goal(f"first visit usable at {ROUND_TRIP} ms round trip", 1500, usable),
        Goal(f"second task at {ROUND_TRIP} ms round trip", 250, second),
    ]


def _visit(browser: Browser, site: Site, cookies: list, name: str) -> tuple[float, float, Asked]:
    address = shapes.make_project(site, name, labels=LABELS, pictures=3)
    context = browser.new_context(base_url=site.url, viewport={"width": 1440, "height": 900})
    context.add_cookies(cookies)
    page = context.new_page()
    asked = Asked(page)
    page.goto(address, wait_until="commit")
    usable = page.wait_for_function(USABLE, polling="raf").json_value()
    asked.first = list(asked.urls)
    page.wait_for_load_state("networkidle")
    whole = list(asked.urls)
    draw(page)
    page.wait_for_load_state("networkidle")
    second = page.evaluate(SECOND)
    page.wait_for_load_state("networkidle")
    asked.urls = whole
    context.close()
    return usable, second, asked
