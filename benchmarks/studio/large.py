"""A picture of 40 megapixels: until it is seen, views of it, strokes on it."""

from playwright.sync_api import Browser, Page

from benchmarks.studio.goals import Goal
from benchmarks.studio.masks import LABELS, look_about, middle
from benchmarks.studio.sitting import figure, opened, p95, timed, times
from tests.support.browser import shapes
from tests.support.browser.site import Site

SIZE = (8000, 5000)
STROKES = 10
USABLE = 100  # ms: an answer that still feels immediate
ACTIONS = ("pan", "zoom in", "zoom out", "stroke")
WATCH = """
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) globalThis.stopped = Math.max(globalThis.stopped ?? 0, duration);
}).observe({ type: "longtask", buffered: true });
"""
DRAWN = """() => {
  const canvas = document.querySelector(".canvas canvas");
  if (!canvas || !canvas.width) return false;
  const [x, y] = [canvas.width / 2, canvas.height / 2];
  return canvas.getContext("2d").getImageData(x, y, 1, 1).data[3] > 0 && performance.now();
}"""


def strokes(page: Page) -> None:
    """Broad strokes across the whole picture, each a region of its own or more of the last one."""
    x, y = middle(page)
    page.keyboard.press("d")
    for index in range(STROKES):
        page.mouse.move(x - 200, y - 150 + 30 * index)
        page.mouse.down()
        page.mouse.move(x + 200, y - 150 + 30 * index, steps=5)
        timed(page, "stroke")
        page.mouse.up()
        page.wait_for_timeout(400)
        timed(page, "")


def measure(browser: Browser, site: Site) -> list[Goal]:
    address = shapes.make_project(site, "Forty megapixels", labels=LABELS, size=SIZE)
    page = opened(browser, site, address, {"regions": []}, prepare=lambda page: page.add_init_script(WATCH))
    page.reload()  # the draft's own opening is not what is timed
    seen = page.wait_for_function(DRAWN, timeout=120_000).json_value()
    page.wait_for_timeout(4000)
    stopped = page.evaluate("globalThis.stopped ?? 0")
    page.locator(".canvas").focus()
    look_about(page)
    strokes(page)
    found = {name: times(page, name) for name in ACTIONS}
    page.context.close()
    print(f"\nPicture of {SIZE[0]} × {SIZE[1]}: seen after {seen:.0f} ms; the longest standstill {stopped:.0f} ms.")
    print("p95 (median) in ms: " + ", ".join(f"{name} {figure(values)}" for name, values in found.items()))
    return [Goal(f"{name}, 40 megapixels, p95", USABLE, p95(values)) for name, values in found.items()]
