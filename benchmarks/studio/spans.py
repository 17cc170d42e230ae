"""A text of 100,000 characters with 10 spans and with 2,000: scroll, select, accept, mark, undo, submit and more."""

import json
import random

from playwright.sync_api import Browser, Page, WebSocketRoute

from benchmarks.studio.goals import Goal
from benchmarks.studio.sitting import NO_MARK, ROUNDS, Figures, compare, each, opened, p95, submitted, times
from tests.support.browser import texts
from tests.support.browser.site import Site

CHARACTERS = 100_000
FEW, MANY = 10, 2000
WORDS = ["the", "report", "says", "that", "on", "a", "day", "somebody", "from", "Boise", "met", "Ada", "near", "court"]
ASKED = ("scroll", "select", "accept")  # the actions; the others are told beside them


def a_text() -> str:
    """Paragraphs of a few sentences, the same each time."""
    chance = random.Random(7)
    parts: list[str] = []
    size = 0
    while size < CHARACTERS:
        sentences = [
            " ".join(chance.choices(WORDS, k=chance.randint(6, 20))) + "." for _ in range(chance.randint(2, 6))
        ]
        parts.append(" ".join(sentences))
        size += len(parts[-1]) + 1
    return "\n".join(parts)[:CHARACTERS]


def spans_of(text: str, number: int) -> list[dict]:
    """Spans all over the text, every fourth inside a longer one."""
    found = []
    step = len(text) // number
    for index in range(number):
        start = index * step
        end = min(len(text), start + min(step, 12 if index % 4 else 40))
        if not text[start:end].strip():
            start, end = start + 1, end + 2
        label = ("person", "place")[index % 2]
        span = {"id": f"s{index + 1}", "start": start, "end": end, "label": label, "attributes": {}}
        found.append(span | {"provenance": NO_MARK})
    return found


def offers_of(text: str) -> list[dict]:
    """As many suggestions as are accepted, from the text's beginning to its end."""
    step = len(text) // (ROUNDS + 1)
    places = [text.index(" ", step * (index + 1)) + 1 for index in range(ROUNDS)]
    return [
        {"suggestion": f"offer-{start}", "start": start, "end": start + 2, "label": "person", "score": 0.9}
        for start in places
    ]


def answer_with(offers: list[dict], line: WebSocketRoute) -> None:
    """Stands in for the copilot on the page's line, so that either text has the same suggestions."""

    def hear(frame: str | bytes) -> None:
        message = json.loads(frame)
        reply: dict = {"type": "ready", "id": message["id"], "capability": "spans", "model": "bench@1"}
        if message["type"] == "prompt":
            reply = {"type": "spans", "id": message["id"], "model": "bench@1", "spans": offers, "latency_ms": 1}
        if message["type"] != "cancel":
            line.send(json.dumps(reply))

    line.on_message(hear)


def hands(page: Page) -> Figures:
    """Each action some dozen times; milliseconds of each."""
    press = page.keyboard.press
    each(page, "accept", lambda _: press("a"))
    frame = page.locator(".document-area").bounding_box()
    assert frame is not None
    page.mouse.move(frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2)
    each(page, "scroll", lambda _: page.mouse.wheel(0, 600))
    each(page, "select", lambda _: press("k"))
    press("Escape")
    page.locator(".text").focus()
    each(page, "cursor", lambda _: press("ArrowRight"))
    press("Escape")
    press("k")
    each(page, "relabel", lambda index: press("21"[index % 2]))
    each(page, "mark", lambda index: press("ArrowRight" if index % 2 else "1"))
    each(page, "undo", lambda _: press("Control+z"))
    return {name: times(page, name) for name in ("scroll", "select", "accept", "cursor", "relabel", "mark", "undo")}


def measure(browser: Browser, site: Site) -> list[Goal]:
    text = a_text()
    offers = offers_of(text)
    found: dict[int, Figures] = {}

    def prepare(page: Page) -> None:
        page.route_web_socket("**/ws/assist/**", lambda line: answer_with(offers, line))

    for number in (FEW, MANY):
        address = texts.make_project(site, f"{number} spans", [text], copilot=True)
        page = opened(browser, site, address, {"spans": spans_of(text, number)}, ".text", prepare)
        found[number] = hands(page) | {"submit": [submitted(page)]}
        page.context.close()
    compare(f"Text of {len(text):,} characters", (f"{FEW} spans", f"{MANY:,} spans"), found[FEW], found[MANY])
    goals = []
    for action in ASKED:
        few, many = p95(found[FEW][action]), p95(found[MANY][action])
        goals.append(Goal(f"{action}, {MANY:,} spans, p95", 50, many))
        goals.append(Goal(f"{action}, {MANY:,} spans against {FEW}", 2, many / few, "×"))
    return [*goals, Goal(f"submit builds its body, {MANY:,} spans", 300, found[MANY]["submit"][0])]
