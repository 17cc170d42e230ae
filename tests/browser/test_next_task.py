"""The next task is on screen before the server has answered for the last one, and everything still counts once."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import shapes, texts
from tests.support.browser.quiet import settle
from tests.support.browser.site import Site
from tests.support.browser.studio import JUN, MARKS, annotations, draw_box, saved, taken
from tests.support.waiting import until

pytestmark = pytest.mark.xdist_group("browser")

HELD_BACK = 2500  # milliseconds more that the answer to a submit takes
# In the page, because whoever routes requests through a test has no cache.
HOLD_BACK = """(wait) => {
  const through = window.fetch;
  window.from = performance.now();
  window.fetch = async (path, ...rest) => {
    const reply = await through(path, ...rest);
    if (!String(path).endsWith("/submit") || window.answered) return reply;
    await new Promise((resolve) => setTimeout(resolve, wait));
    window.answered = true;
    return reply;
  };
}"""
# What came over the network since then: scripts, styles, pictures.
FETCHED = """() => performance.getEntriesByType("resource")
  .filter((one) => one.startTime > window.from && one.transferSize > 0 && /[/](static|media)[/]/.test(one.name))
  .map((one) => one.name)"""
# Milliseconds from the key to a frame that shows the next task's name and picture.
WATCH = """() => {
  const name = document.querySelector("#task-name"), before = name.textContent;
  window.painted = new Promise((resolve) => {
    addEventListener("keydown", () => {
      const start = performance.now();
      const look = () => {
        const canvas = document.querySelector("#stage canvas");
        const shown = name.textContent !== before && canvas?.width && inked(canvas);
        shown ? requestAnimationFrame(() => resolve(performance.now() - start)) : requestAnimationFrame(look);
      };
      look();
    }, { once: true, capture: true });
  });
  const inked = (canvas) => {
    const context = canvas.getContext("2d");
    return context.getImageData(canvas.width >> 1, canvas.height >> 1, 1, 1).data[3] > 0;
  };
}"""


def test_the_next_task_is_painted_while_the_submit_is_on_its_way(site: Site, sign_in: Callable[..., Page]) -> None:
    name = "One after the other"
    address = shapes.make_project(site, name, pictures=3, size=(1200, 900))
    jun = sign_in(JUN)
    with jun.expect_response("**/lookahead"):
        jun.goto(address)
    draw_box(jun)
    saved(jun)
    settle(jun)
    first = jun.locator("#task-name").inner_text()
    jun.evaluate(HOLD_BACK, HELD_BACK)
    jun.evaluate(WATCH)
    jun.keyboard.press("Control+Enter")
    painted = jun.evaluate("() => window.painted")
    print(f"\nfrom the key to the next task painted: {painted:.0f} ms, the submit held back by {HELD_BACK} ms")
    assert not jun.evaluate("() => window.answered"), "painted before the server's answer came"
    second = jun.locator("#task-name").inner_text()
    assert second != first
    assert jun.evaluate(FETCHED) == [], "everything was there already"

    # Work begun meanwhile is ours once the claim has confirmed it; even handing it in may be said already.
    draw_box(jun)
    expect(jun.locator("#studio")).to_have_attribute("data-phase", "prefetched")
    jun.keyboard.press("Control+Enter")
    expect(jun.locator("#task-name")).not_to_have_text(second, timeout=15_000)
    taken(jun)
    assert annotations(site, name) == 2
    assert jun.locator("#task-name").inner_text() not in (first, second)


def test_handing_in_at_once_to_a_slow_server_says_nothing_of_a_lost_task(
    site: Site, sign_in: Callable[..., Page]
) -> None:
    name = "Handed in at once"
    address = shapes.make_project(site, name, pictures=3)
    jun = sign_in(JUN)
    with jun.expect_response("**/lookahead"):
        jun.goto(address)
    jun.evaluate(HOLD_BACK, HELD_BACK)
    late: list[str] = []
    jun.on("response", lambda reply: late.append(reply.url) if reply.status >= 400 else None)
    first = jun.locator("#task-name").inner_text()
    draw_box(jun)
    jun.keyboard.press("Control+Enter")  # before the draft of the box was due
    expect(jun.locator("#task-name")).not_to_have_text(first)
    expect(jun.locator("#studio")).to_have_attribute("data-phase", "prefetched")
    said(jun, "s", "Shift+C", "r")
    taken(jun)
    expect(jun.locator("#notes")).to_be_empty()
    saved(jun)
    assert late == []
    assert annotations(site, name) == 1


def said(page: Page, *keys: str) -> None:
    """What can't be done with a task that nobody holds yet is said, and opens nothing."""
    for key in keys:
        page.keyboard.press(key)
        expect(page.get_by_text("What you handed in has had no answer yet.")).to_be_visible()
        expect(page.locator("dialog[open]")).to_have_count(0)
        page.get_by_role("button", name="Dismiss").click()


def test_what_the_copilot_is_asked_ahead_is_answered_once_the_task_is_ours(
    site: Site, sign_in: Callable[..., Page]
) -> None:
    address = shapes.make_project(site, "Asked ahead", pictures=3, copilot=True)
    jun = sign_in(JUN)
    with jun.expect_response("**/lookahead"):
        jun.goto(address)
    expect(jun.locator("#copilot-mark")).to_have_attribute("data-state", "ready", timeout=60_000)
    jun.evaluate(HOLD_BACK, HELD_BACK)
    first = jun.locator("#task-name").inner_text()
    jun.locator("#submit").click()
    jun.get_by_role("button", name="Nothing to mark: submit").click()
    expect(jun.locator("#task-name")).not_to_have_text(first)
    frame = jun.locator(".canvas").bounding_box()
    assert frame is not None
    x, y = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
    jun.mouse.move(x - 60, y - 60)
    jun.mouse.down()
    jun.mouse.move(x + 60, y + 60, steps=4)
    jun.mouse.up()
    expect(jun.locator("#studio")).to_have_attribute("data-phase", "prefetched")
    expect(jun.get_by_text("Looking…")).to_be_visible()
    expect(jun.get_by_role("button", name="Mask 3")).to_be_visible(timeout=180_000)
    expect(jun.locator("#panel .marks__row")).to_have_count(0)


def test_suggestions_of_the_next_text_are_those_that_were_read_before_it_was_claimed(
    site: Site, sign_in: Callable[..., Page]
) -> None:
    lines = [f"Report {number}: Walter Brennan met Maria Lopez in Denver." for number in range(3)]
    address = texts.make_project(site, "Read ahead", lines, copilot=True)
    jun = sign_in(JUN)
    with jun.expect_response("**/lookahead") as looked:
        jun.goto(address)
    coming = looked.value.json()["lookahead"]["task"]
    expect(jun.locator(f"{MARKS}[data-offer]").first).to_be_visible(timeout=60_000)
    # What was read is put into other words: if they are shown, nobody asked the model again.
    start = lines[0].index("Maria Lopez")
    doctored = json.dumps([[start, start + len("Maria Lopez"), "PERSON", None]])
    doctor = (
        "UPDATE assist_precomputed p SET output = %s FROM projects_task t"
        " WHERE t.id = p.task_key AND t.public_id = %s RETURNING p.id"
    )
    read = until(lambda: site.query(doctor, doctored, coming["id"]))
    assert len(read) == 1, "what was foreseen is read while its tasker works"
    jun.keyboard.press("Shift+A")
    jun.keyboard.press("Control+Enter")
    expect(jun.locator("#task-name")).to_have_text(coming["name"])
    offers = jun.locator(f"{MARKS}[data-offer]")
    expect(offers).to_have_count(1, timeout=90_000)
    expect(offers).to_contain_text("Maria Lopez")


def test_a_refused_submit_brings_the_work_back(site: Site, sign_in: Callable[..., Page]) -> None:
    name = "Refused on the way"
    address = shapes.make_project(site, name, pictures=2)
    jun = sign_in(JUN)
    refusal = '{"code": "bad-answer", "detail": "Not like that.", "place": "regions[0]"}'
    # A page that is open has lines of its own, which may pass over what is to be answered from then on.
    jun.route("**/submit", lambda route: route.fulfill(status=422, content_type="application/json", body=refusal))
    with jun.expect_response("**/lookahead"):
        jun.goto(address)
    draw_box(jun)
    saved(jun)
    first = jun.locator("#task-name").inner_text()
    jun.keyboard.press("Control+Enter")
    expect(jun.get_by_text("Not like that. (at regions[0])")).to_be_visible()
    expect(jun.locator("#task-name")).to_have_text(first)
    expect(jun.locator("#panel .marks__row")).to_have_count(1)
    jun.unroute("**/submit")
    jun.keyboard.press("Control+Enter")
    expect(jun.locator("#task-name")).not_to_have_text(first)
    taken(jun)
    assert annotations(site, name) == 1
