"""What Jun's browser has to fetch before the first edit, and before the next task."""

import gzip
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Response, expect

from tests.support.browser import shapes
from tests.support.browser.quiet import settle
from tests.support.browser.site import Site
from tests.support.browser.studio import JUN
from tests.support.browser.weight import MOST, later

pytestmark = pytest.mark.xdist_group("studio")


def test_the_image_studio_is_light_flat_and_asks_for_nothing_twice(site: Site, sign_in: Callable[..., Page]) -> None:
    address = shapes.make_project(site, "Weighed", pictures=2)
    page = sign_in(JUN)
    fetched: dict[str, int] = {}

    def note(response: Response) -> None:
        if "/static/" in response.url and response.url.endswith((".js", ".css")):
            fetched[response.url] = len(gzip.compress(response.body(), 9))

    asked: list[str] = []
    page.on("response", note)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    expect(page.locator("#workbench")).to_be_visible(timeout=60_000)
    settle(page)
    assert len(asked) <= 25, f"each waits for a place among the six that a browser gives a server: {asked}"
    weights = {url: size for url, size in fetched.items() if url not in later(fetched)}
    assert sum(weights.values()) <= MOST, sorted(weights.items(), key=lambda one: -one[1])
    announced = "[...document.querySelectorAll('link[href], script[src]')].map((one) => one.href || one.src)"
    assert set(fetched) <= set(page.evaluate(announced)) | later(fetched)

    before = set(fetched)
    page.locator(".canvas").focus()
    for key in ("n", "ArrowLeft", "Enter", "ArrowRight", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    first = page.locator("#task-name").inner_text()
    page.locator("#submit").click()
    expect(page.locator("#task-name")).not_to_have_text(first)
    settle(page)
    assert set(fetched) - later(fetched) == before - later(fetched)


def test_the_studio_of_any_project_fetches_one_room_before_the_first_edit(
    site: Site, sign_in: Callable[..., Page]
) -> None:
    page = sign_in(JUN)
    fetched: dict[str, int] = {}

    def note(response: Response) -> None:
        if "/static/" in response.url and response.url.endswith((".js", ".css")):
            fetched[response.url] = len(gzip.compress(response.body(), 9))

    page.on("response", note)
    page.route(
        "**/lookahead", lambda route: route.fulfill(json={"lookahead": None})
    )  # its editor comes after the first edit
    page.goto("/studio/any/")
    expect(page.locator("#workbench")).to_be_visible(timeout=60_000)
    expect(page.locator("#studio")).to_have_attribute("data-phase", "working")
    settle(page)
    weights = {url: size for url, size in fetched.items() if url not in later(fetched)}
    assert sum(weights.values()) <= MOST, sorted(weights.items(), key=lambda one: -one[1])
    types = ("image", "text", "classification")
    editors = [name for name in types if any(f"/js/packs/{name}." in url for url in fetched)]
    assert len(editors) == 1, editors
    announced = "[...document.querySelectorAll('link[href], script[src]')].map((one) => one.href || one.src)"
    assert set(fetched) <= set(page.evaluate(announced)) | later(fetched)
