"""Jun at the studio in a browser, with work in it from the start, and a watch on what Jun does.

An input is timed from its event to the first task after the frame that it asked for (requestAnimationFrame, then a
message): all drawing of that frame has been issued by then. Without a GPU, Chromium draws on the processor.
"""

from collections.abc import Callable

import numpy as np
from playwright.sync_api import Browser, Page

from tests.support.browser.begun import go_on
from tests.support.browser.signing_in import by_form
from tests.support.browser.site import Site

JUN = "jun@riverside.example"
ROUNDS = 30
BREATH = 50  # ms between two inputs
WATCH = """
for (const kind of ["keydown", "wheel", "pointermove", "pointerdown", "pointerup"]) {
  addEventListener(kind, (event) => {
    if (!globalThis.timing) return;
    const [name, from] = [globalThis.timing, event.timeStamp];
    requestAnimationFrame(() => {
      const line = new MessageChannel();
      line.port1.onmessage = () => performance.measure(name, { start: from, end: performance.now() });
      line.port2.postMessage(0);
    });
  }, { capture: true, passive: true });
}
const send = globalThis.fetch;
globalThis.fetch = (...request) => {
  if (globalThis.submitting && String(request[0]).includes("submit")) {
    performance.measure("submit", { start: globalThis.submitting, end: performance.now() });
  }
  return send(...request);
};
"""
NO_MARK = {"source": "human", "suggestion": None, "model": None}

Figures = dict[str, list[float]]


def signed_in(browser: Browser, site: Site) -> Page:
    """A page of Jun's, in a browser that has fetched nothing of the studio yet."""
    context = browser.new_context(base_url=site.url, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(120_000)
    by_form(page, site, JUN)
    return page


def opened(
    browser: Browser,
    site: Site,
    address: str,
    answer: dict[str, list[dict]],
    stage: str = ".canvas",
    prepare: Callable[[Page], object] = lambda _page: None,
) -> Page:
    """Jun's studio with the one list of this answer in it, from a draft on the server; `stage` has the focus."""
    page = signed_in(browser, site)
    prepare(page)
    page.add_init_script(WATCH)
    go_on(page, address, answer)
    page.wait_for_timeout(1500)
    page.locator(stage).focus()
    return page


def timed(page: Page, name: str) -> None:
    """From now on every input counts under this name; "" ends it."""
    page.evaluate("name => { globalThis.timing = name; }", name)


def times(page: Page, name: str) -> list[float]:
    """Milliseconds of each input under a name."""
    page.wait_for_timeout(300)
    return page.evaluate("name => performance.getEntriesByName(name).map((one) => one.duration)", name)


def each(page: Page, name: str, act: Callable[[int], object], *, rounds: int = ROUNDS, rest: float = BREATH) -> None:
    """Do something some dozen times, timed under a name."""
    timed(page, name)
    for index in range(rounds):
        act(index)
        page.wait_for_timeout(rest)
    timed(page, "")
    page.wait_for_timeout(200)


def submitted(page: Page) -> float:
    """Milliseconds from the button to the request with its whole body."""
    page.evaluate("() => { globalThis.submitting = performance.now(); document.querySelector('#submit').click(); }")
    page.wait_for_timeout(2000)
    return p95(times(page, "submit"))


def p95(values: list[float]) -> float:
    return float(np.percentile(values, 95)) if values else float("nan")


def figure(values: list[float]) -> str:
    """The 95th percentile, and the median in brackets."""
    return f"{p95(values):.0f} ({np.median(values):.0f})" if values else "–"


def compare(title: str, columns: tuple[str, str], few: Figures, many: Figures) -> None:
    """A row for each action, a column for each number of marks."""
    print(f"\n{title}: input to painted frame, p95 (median) in ms\n", flush=True)
    print(f"{'':12}{columns[0]:>14}{columns[1]:>14}")
    for action, values in few.items():
        print(f"{action:12}{figure(values):>14}{figure(many[action]):>14}", flush=True)
