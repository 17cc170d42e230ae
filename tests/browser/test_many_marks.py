"""A task with hundreds of marks: few rows of the list stand in the page at a time, and yet each is there for the keys
and counted to a screen reader. The work is a draft that Jun left on the server before.
"""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.support.browser import shapes, texts
from tests.support.browser.begun import go_on
from tests.support.browser.looks import DRAWN, FEW, faults, seen
from tests.support.browser.site import Site
from tests.support.browser.stage import Stage
from tests.support.browser.studio import JUN, MARKS, saved

pytestmark = pytest.mark.xdist_group("studio")

MANY = 600
BY_HAND = {"source": "human", "suggestion": None, "model": None}
HELD = """() => {
  const row = document.activeElement.closest("li");
  return row && [row.dataset.id, Number(row.getAttribute("aria-posinset")), Number(row.getAttribute("aria-setsize"))];
}"""


def boxes(number: int = MANY) -> list[dict]:
    """Small boxes in rows of thirty over the whole picture."""
    return [
        {
            "id": f"r{index + 1}",
            "label": "thing",
            "shape": {"type": "box", "x": 10 * (index % 30) + 5, "y": 11 * (index // 30) + 5, "width": 8, "height": 8},
            "attributes": {},
            "provenance": BY_HAND,
        }
        for index in range(number)
    ]


@pytest.fixture
def crowded(stage: Stage) -> Stage:
    """A picture with six hundred boxes on it; the list begins with the one in front, the last."""
    go_on(stage.page, stage.address, {"regions": boxes()})
    stage.ready()
    return stage


def in_sight(page: Page, region: str) -> bool:
    """Whether a region's row is wholly within the list's frame."""
    return page.evaluate(
        """id => {
          const row = document.querySelector(`.marks__row[data-id="${id}"]`)?.getBoundingClientRect();
          const frame = document.querySelector(".rows-frame").getBoundingClientRect();
          return Boolean(row) && row.top >= frame.top - 1 && row.bottom <= frame.bottom + 1;
        }""",
        region,
    )


def test_every_row_is_reached_by_keyboard_and_says_which_of_how_many_it_is(crowded: Stage) -> None:
    page = crowded.page
    assert page.locator(MARKS).count() < 100, "only what is near sight stands in the page"
    page.locator(MARKS).first.get_by_role("button").first.focus()
    held = [page.evaluate(HELD)]
    for _ in range(MANY - 1):
        page.keyboard.press("ArrowDown")
        held.append(page.evaluate(HELD))
    assert held == [[f"r{MANY + 1 - place}", place, MANY] for place in range(1, MANY + 1)]
    assert page.locator(MARKS).count() < 100
    page.keyboard.press("ArrowDown")
    assert page.evaluate(HELD) == ["r1", 600, 600]
    page.keyboard.press("PageUp")
    assert page.evaluate(HELD) == ["r11", 590, 600]
    page.keyboard.press("Home")
    assert page.evaluate(HELD) == ["r600", 1, 600] and in_sight(page, "r600")


def test_list_is_one_stop_of_the_tab_key_and_keeps_the_focus_when_scrolled_away(crowded: Stage) -> None:
    page = crowded.page
    page.locator(MARKS).first.get_by_role("button").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    hide = page.locator(f"{MARKS}[data-id=r599]").get_by_role("button", name="Hide")
    expect(hide).to_be_focused()
    page.locator(".rows-frame").evaluate("frame => { frame.scrollTop = frame.scrollHeight; }")
    expect(page.locator(f"{MARKS}[data-id=r1]")).to_be_visible()
    expect(hide).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(f"{MARKS}[data-id=r599]").get_by_role("button", name="Show")).to_be_focused()
    page.keyboard.press("ArrowDown")
    assert page.evaluate(HELD) == ["r598", 3, 600] and in_sight(page, "r598")
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate(HELD) is None, "the next stop lies behind the list, not six hundred rows on"


def test_list_and_picture_select_and_scroll_together(crowded: Stage) -> None:
    page = crowded.page
    crowded.press("j")  # from none to the last
    expect(page.locator(f"{MARKS}[data-selected]")).to_have_attribute("data-id", "r600")
    expect(page.locator("#said")).to_contain_text("600 of 600")
    assert in_sight(page, "r600")
    crowded.press("v")
    crowded.click((10 * 14 + 9, 11 * 9 + 9))  # the tenth line, the fifteenth in it
    expect(page.locator(f"{MARKS}[data-selected]")).to_have_attribute("data-id", "r285")
    assert in_sight(page, "r285")
    page.locator(f"{MARKS}[data-id=r285]").get_by_role("button").first.focus()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.locator(f"{MARKS}[data-selected]")).to_have_attribute("data-id", "r1")
    page.keyboard.press("j")
    assert page.evaluate(HELD) == ["r600", 1, 600], "the focus goes with the selection"
    assert in_sight(page, "r600")


def test_what_the_pointer_is_on_comes_in_sight_in_the_list_and_the_focus_stays(crowded: Stage) -> None:
    page = crowded.page
    glowing = page.locator(f"{MARKS}[data-glow]")
    page.locator(MARKS).first.get_by_role("button").first.focus()
    for place, region in (((10 * 14 + 9, 11 * 9 + 9), "r285"), ((9, 9), "r1"), ((299, 218), "r600")):
        page.mouse.move(*crowded.at(*place))
        expect(glowing).to_have_attribute("data-id", region)
        assert in_sight(page, region)
        assert page.evaluate(HELD) == ["r600", 1, 600]
    assert page.locator(MARKS).count() < 100
    page.mouse.move(*crowded.at(9, 9))
    expect(glowing).to_have_attribute("data-id", "r1")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(HELD) == ["r599", 2, 600] and in_sight(page, "r599"), "the keys go on from the focus"


def test_what_was_deleted_far_away_comes_back_in_its_place_and_all_is_handed_in(crowded: Stage) -> None:
    page = crowded.page
    page.locator(MARKS).first.get_by_role("button").first.focus()
    page.keyboard.press("End")
    page.keyboard.press("PageUp")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # deletes r11
    expect(page.locator(".panel-part__head .badge")).to_have_text("599")
    assert page.evaluate(HELD) == ["r10", 590, 599], "the focus goes to what came in its place"
    page.keyboard.press("Home")
    assert page.evaluate(HELD) == ["r600", 1, 599]
    page.keyboard.press("Control+z")
    expect(page.locator(".panel-part__head .badge")).to_have_text("600")
    assert page.evaluate(HELD) == ["r11", 590, 600], "and back to it when it comes back"
    assert in_sight(page, "r11")
    assert crowded.hand_in() == boxes()


def test_spans_by_the_hundred_are_walked_the_same_way(site: Site, sign_in: Callable[..., Page]) -> None:
    text = " ".join(f"word{place}" for place in range(1, MANY + 1))
    address = texts.make_project(site, "Hundreds of spans", [text])
    page = sign_in(JUN)
    starts = [text.index(f"word{place}") for place in range(1, MANY + 1)]
    spans = [
        {
            "id": f"s{place}",
            "start": start,
            "end": start + 4,
            "label": "person",
            "attributes": {},
            "provenance": BY_HAND,
        }
        for place, start in enumerate(starts, 1)
    ]
    go_on(page, address, {"spans": spans})
    assert page.locator(MARKS).count() < 100
    page.locator(MARKS).first.get_by_role("button").first.focus()
    page.keyboard.press("End")
    assert page.evaluate(HELD) == ["s600", 600, 600]
    page.keyboard.press("Enter")
    expect(page.locator(".span[data-current]")).to_be_in_viewport()
    expect(page.locator(".span[data-current]")).to_have_attribute("data-id", "s600")
    page.keyboard.press("Delete")
    expect(page.locator(".panel-part__head .badge")).to_have_text("599")
    page.keyboard.press("Home")
    page.keyboard.press("Control+z")
    expect(page.locator(".panel-part__head .badge")).to_have_text("600")
    saved(page)


# What a step does to the page: elements that come, and blocks of text that are written anew.
COUNT_WORK = """() => {
  window.work = { made: 0, blocks: 0 };
  new MutationObserver((all) => {
    for (const { target, addedNodes } of all) {
      if (target.matches?.(".text__block") && addedNodes.length) window.work.blocks += 1;
      for (const node of addedNodes) window.work.made += node.matches ? 1 + node.querySelectorAll("*").length : 0;
    }
  }).observe(document.querySelector(".studio__body"), { childList: true, subtree: true });
}"""


def answer_with(page: Page, offers: list[dict]) -> None:
    """A copilot that suggests just these."""

    def line(route: WebSocketRoute) -> None:
        def hear(frame: str | bytes) -> None:
            message = json.loads(frame)
            if message["type"] == "open":
                route.send(
                    json.dumps({"type": "ready", "id": message["id"], "capability": "spans", "model": "words@1"})
                )
            if message["type"] == "prompt":
                said = {"type": "spans", "id": message["id"], "model": "words@1", "spans": offers, "latency_ms": 1}
                route.send(json.dumps(said))

        route.on_message(hear)

    page.route_web_socket("**/ws/assist/**", line)


def work_of(page: Page, key: str) -> tuple[int, int]:
    """Elements made and blocks of text written anew by a key."""
    page.evaluate("window.work = { made: 0, blocks: 0 }")
    page.keyboard.press(key)
    page.evaluate(DRAWN)
    page.evaluate(DRAWN)  # the list comes a frame behind the text
    work = page.evaluate("window.work")
    return work["made"], work["blocks"]


def test_a_step_among_two_thousand_spans_makes_no_more_than_among_sixty(
    site: Site, sign_in: Callable[..., Page]
) -> None:
    """The suggestions lie far apart, so that list and text jump from each to the next."""
    words = 2400
    text = " ".join(f"word{place:04}" for place in range(words))
    found = {}
    for number in (60, 2000):
        spans = [
            {"id": f"s{n}", "start": 9 * n, "end": 9 * n + 8, "label": "place", "attributes": {}, "provenance": BY_HAND}
            for n in range(0, words, words // number)
        ][:number]
        offers = [
            {"suggestion": f"o{n}", "start": 9 * n, "end": 9 * n + 8, "label": "person", "score": 0.9}
            for n in range(100, words, 300)
        ]
        address = texts.make_project(site, f"Steps among {number} spans", [text], copilot=True)
        page = sign_in(JUN)
        answer_with(page, offers)
        go_on(page, address, {"spans": spans})
        page.locator(".text").focus()
        expect(page.locator(".offer--text")).to_be_visible()
        page.evaluate(COUNT_WORK)
        page.keyboard.press("a")  # the first jump may find rows of another kind
        found[number] = [
            work_of(page, key) for key in ("a", "a", "j", "j", "Control+z", "a", "x")
        ]  # from a span to an offer
        page.keyboard.press("Escape")
        saved(page)
    *steps, refused = found[2000]
    assert [blocks for _made, blocks in steps] == [0] * len(steps), found
    assert all(made <= few + 40 for (made, _), (few, _) in zip(steps, found[60], strict=False)), found
    assert refused[1] == 1, "what is refused leaves its block of the text, and no other is written anew"


def test_axe_finds_nothing_with_five_hundred_masks(site: Site, sign_in: Callable[..., Page]) -> None:
    address = shapes.make_project(site, "Five hundred masks")
    page = sign_in(JUN)
    masks = [region | {"shape": shapes.blob(index)} for index, region in enumerate(boxes(500))]
    go_on(page, address, {"regions": masks})
    assert faults(page) == []
    page.locator(MARKS).first.get_by_role("button").first.focus()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.locator(f"{MARKS}[data-selected]")).to_have_attribute("data-id", "r1")
    assert list(seen(page, "the last one selected", FEW)) == []
