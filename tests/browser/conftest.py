"""One whole Tandem and one Chromium for many browser tests.

Two groups of them run beside each other, each in one process with a Tandem of its own: `xdist_group("studio")` works at
images and texts, `xdist_group("browser")` has the rest. Whatever page a test opens, a request to any other host fails
it, and so does an error on the page's console.
"""

import shutil
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect, sync_playwright

from tests.support.browser import shapes
from tests.support.browser.quiet import listen
from tests.support.browser.signing_in import enter
from tests.support.browser.site import CHROMIUM, Site, chromium_path, running
from tests.support.browser.stage import Stage
from tests.support.browser.studio import JUN

FAILED = pytest.StashKey[bool]()
PATIENCE = 20_000  # milliseconds: a page that is slow on a busy machine is slow, and not wrong
# What a page of the studio says of its state, or else all its words.
STATE = """() => {
  const studio = document.querySelector("#studio");
  const shown = (id) => document.querySelector(id)?.innerText;
  if (!studio) return document.body.innerText.slice(0, 1500);
  const { phase } = studio.dataset, saved = document.querySelector("#saved-mark")?.dataset.state;
  const held = document.activeElement?.outerHTML.slice(0, 200);
  const words = [shown("#notes"), shown("#said"), shown("dialog[open]")];
  return JSON.stringify({ phase, saved, words, held });
}"""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember that a test failed, for the fixtures that come down after it."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


# Of the package, not of the session: Playwright keeps an event loop running in this thread until it is closed.
@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Tandem with its demo."""
    data = tmp_path_factory.mktemp("site")
    with running(data) as found:
        yield found
    shutil.rmtree(data, ignore_errors=True)


expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """A Chromium, for all tests of a process."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def visitor(site: Site, chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Opens pages in browsers of their own: `visitor()`, wide by default. Guards what they ask and say; of a test that
    failed it prints what the pages showed and what they had asked."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []
    talk: deque[str] = deque(maxlen=40)

    def open_page(width: int = 1440, height: int = 900, **options: Any) -> Page:
        context = listen(
            chromium.new_context(
                base_url=site.url, viewport={"width": width, "height": height}, accept_downloads=True, **options
            )
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        host = urlsplit(site.url).netloc

        def asked(url: str) -> None:
            parts = urlsplit(url)
            if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != host:
                faults.append(f"a request left for {url}")

        page.on("request", lambda request: asked(request.url))
        page.on("websocket", lambda opened: asked(opened.url))
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        page.on("console", lambda said: _listen(said, faults))
        page.on("request", lambda asks: talk.append(_now(asks.method, asks.url, "…")))
        page.on("response", lambda says: talk.append(_now(says.request.method, says.url, says.status)))
        return page

    yield open_page
    if request.node.stash.get(FAILED, False):
        for page in (page for context in contexts for page in context.pages):
            with suppress(Error):  # a page that has crashed tells nothing
                print(f"{page.url}\n{page.evaluate(STATE)}")
        print("What was asked and answered:", *talk, "The end of the log:", site.log()[-3000:], sep="\n")
    for context in contexts:
        context.close()
    assert not faults, "\n".join(faults)


@pytest.fixture
def sign_in(site: Site, visitor: Callable[..., Page]) -> Callable[..., Page]:
    """Opens a page of somebody who is signed in."""

    def open_as(email: str, **options: Any) -> Page:
        page = visitor(**options)
        enter(page, site, email)
        return page

    return open_as


@pytest.fixture
def jun_on_a_train(site: Site, chromium: Browser) -> Iterator[Page]:
    """Jun where lines break and tabs crash; what the console says of that is expected."""
    context = listen(chromium.new_context(base_url=site.url, viewport={"width": 1440, "height": 900}))
    page = context.new_page()
    enter(page, site, JUN)
    yield page
    context.close()


@pytest.fixture
def stage(site: Site, sign_in: Callable[..., Page], request: pytest.FixtureRequest) -> Stage:
    """Jun's studio with a project of the test's own."""
    address = shapes.make_project(site, f"Shapes: {request.node.name}"[:120])
    page = sign_in(JUN)
    return Stage(page, site, address)


@pytest.fixture
def touching(site: Site, sign_in: Callable[..., Page], request: pytest.FixtureRequest) -> Stage:
    """The same on a screen that is worked on by finger."""
    address = shapes.make_project(site, f"Shapes: {request.node.name}"[:120])
    return Stage(sign_in(JUN, has_touch=True), site, address)


def _now(method: str, url: str, what: object) -> str:
    return f"{datetime.now():%M:%S.%f} {method} {urlsplit(url).path} {what}"


def _listen(said, faults: list[str]) -> None:
    # Answers with a 4xx are part of several stories; what they mean is asserted where they happen.
    # A page that is left while it asks for something says so too.
    left = said.text.startswith(("htmx:sendAbort", "htmx:afterRequest"))
    if said.type == "error" and not left and "the server responded with a status of 4" not in said.text:
        faults.append(f"{said.page.url if said.page else '?'} said: {said.text}")
