"""Jun at the studio: what a browser test presses, and what it waits for."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.support.browser.site import Site

JUN = "jun@riverside.example"
MARKS = "#panel .marks__row"


def submit(page: Page) -> None:
    before = page.locator("#task-name").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator("#task-name")).not_to_have_text(before, timeout=20_000)
    taken(page)


def taken(page: Page) -> None:
    """What was handed in has been taken: the next task, shown ahead of that, is ours."""
    expect(page.locator("#studio")).to_have_attribute("data-phase", re.compile("working|idle"), timeout=15_000)


def saved(page: Page) -> None:
    expect(page.locator("#saved-mark")).to_have_attribute("data-state", "saved", timeout=15_000)


def lose_network(page: Page) -> None:
    """Until the context is online again no request of the page gets through. A page that has just been loaded has let
    some pass for a moment after it was told."""
    page.context.set_offline(True)
    page.wait_for_function("() => fetch('/healthz', { cache: 'no-store' }).then(() => false, () => true)")


def draw_box(page: Page) -> None:
    """A box by keyboard, which stays selected."""
    page.locator(".canvas").focus()
    for key in ("n", "ArrowLeft", "Enter", "ArrowRight", "ArrowDown", "Enter", "Escape"):
        page.keyboard.press(key)
    expect(page.locator("#panel .marks__row")).to_have_count(1)


def annotations(site: Site, project: str) -> int:
    ((count,),) = site.query(
        "SELECT count(*) FROM projects_annotation n JOIN projects_task t ON t.id = n.task_id"
        " JOIN projects_project p ON p.id = t.project_id WHERE p.name = %s",
        project,
    )
    return count


# What was written in this browser's store is there once a later reading of it is done; a change is written in the frame
# that shows it.
WRITTEN = """() => new Promise((done, fail) => requestAnimationFrame(() => requestAnimationFrame(() => {
  const opening = indexedDB.open("tandem-studio", 1);
  opening.onerror = () => fail(opening.error);
  opening.onsuccess = () => {
    const reading = opening.result.transaction("work", "readonly");
    reading.objectStore("work").count();
    reading.oncomplete = () => (opening.result.close(), done());
  };
})))"""
# Pixels of all these canvases, once all have some and half a second of frames has changed none.
STILL = """(canvases) => new Promise((done) => {
  let last = "", since = 0;
  const look = (now) => {
    const inked = canvases.every((one) =>
      one.width && one.getContext("2d").getImageData(0, 0, one.width, one.height).data.some(Boolean));
    const pixels = JSON.stringify(canvases.map((one) => one.toDataURL()));
    if (pixels !== last || !inked) [last, since] = [pixels, now];
    now - since > 500 ? done(JSON.parse(pixels)) : requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})"""


def kept_here(page: Page) -> None:
    """The work as it stands is in the browser's store: what a crash or a reload would leave."""
    page.evaluate(WRITTEN)


def painted(canvases: Locator) -> list[str]:
    """What is to be seen on these canvases, once it is painted and rests."""
    return canvases.evaluate_all(STILL)
