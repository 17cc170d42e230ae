"""The copilot's terms as a project set them, in the studio: asked for or not, scores in words, figures or hidden."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.support.browser import shapes
from tests.support.browser.looks import faults
from tests.support.browser.site import Site
from tests.support.browser.studio import JUN

pytestmark = pytest.mark.xdist_group("browser")

TEXT = "Maria Lopez met Jonas Berg in Oslo."
OFFERED = [(0, 11, "person", 0.95, "high"), (16, 26, "person", 0.62, "medium"), (30, 34, "place", 0.98, "low")]
UNKNOWN = [(*offer[:4], None) for offer in OFFERED]  # by too few verdicts to tell
NAMES = ("suggestion", "start", "end", "label", "score", "band")
SCRIPT = """
import json
from projects.workflow import batches
from projects.configuration import configure
from projects.data.importing import start as loading
from projects.models import Project
from django.core.files.base import ContentFile

terms = json.loads({terms!r})
owner = Project.objects.get(name="Objects in photographs").organization
by = owner.memberships.filter(role="manager").first().person
labels = [{{"key": "person", "name": "Person"}}, {{"key": "place", "name": "Place"}}]
project = configure.create(owner, by, task_type="text_spans", wanted=1, rate=0, labels=labels, **terms)
batch = batches.move(batches.create(project, "First", by=by), "live", by=by)
file = ContentFile(json.dumps({{"text": {text!r}}}).encode(), name="texts.jsonl")
loading.load_files(project, [file], loading.Into(batch), by=by)
print(project.public_id)
"""


def texts(site: Site, name: str, **terms: str) -> str:
    """The studio's address of a new project of one text."""
    terms = {"name": name, **terms}
    return f"/studio/{site.script(SCRIPT.format(terms=json.dumps(terms), text=TEXT))}/"


def answer_with_scores(page: Page, asked: list[str], offered: list[tuple[Any, ...]] = OFFERED) -> None:
    """A model of texts that gives scores, which the one that comes along doesn't."""

    def line(route: WebSocketRoute) -> None:
        def hear(frame: str | bytes) -> None:
            message = json.loads(frame)
            if message["type"] == "open":
                said = {"type": "ready", "id": message["id"], "capability": "spans", "model": "sure@1"}
            elif message["type"] == "prompt":
                asked.append(message["id"])
                spans = [dict(zip(NAMES, (str(uuid4()), *offer), strict=True)) for offer in offered]
                said = {"type": "spans", "id": message["id"], "model": "sure@1", "spans": spans, "latency_ms": 3}
            else:
                return
            route.send(json.dumps(said))

        route.on_message(hear)

    page.route_web_socket("**/ws/assist/**", line)


@pytest.fixture
def jun(site: Site, sign_in: Callable[..., Page]) -> Iterator[Page]:
    yield sign_in(JUN)


def test_suggestions_wait_until_they_are_asked_for_and_the_sure_ones_are_taken_by_one_key(
    site: Site, jun: Page
) -> None:
    asked: list[str] = []
    answer_with_scores(jun, asked)
    jun.goto(texts(site, "Asked for, in percent", suggest="asked", confidence="number"))
    show = jun.get_by_role("button", name="Show suggestions")
    expect(show).to_be_visible()
    expect(jun.locator(".span[data-offer]")).to_have_count(0)
    assert asked == [], "nothing was asked before the tasker did"
    jun.keyboard.press("q")
    expect(jun.locator(".span[data-offer]")).to_have_count(3)
    expect(show).to_be_hidden()
    expect(jun.locator("#panel .marks__row").first).to_contain_text("Person · 95 %")
    jun.get_by_label("How sure the copilot must be").select_option("medium")
    assert faults(jun) == []
    jun.get_by_role("button", name="Accept the sure ones").click()
    expect(jun.locator(".span[data-offer]")).to_have_count(1)
    expect(jun.locator("#panel .marks__row")).to_have_count(3)


def test_suggestions_come_by_themselves_with_words_for_how_sure_they_are(site: Site, jun: Page) -> None:
    answer_with_scores(jun, [])
    jun.goto(texts(site, "By themselves, in words", confidence="band"))
    rows = jun.locator("#panel .marks__row")
    expect(rows).to_have_count(3)
    for row, words in enumerate(("High", "Medium", "Low")):
        expect(rows.nth(row)).to_contain_text(words)
    jun.keyboard.press("Shift+Q")
    expect(jun.locator(".span[data-offer]")).to_have_count(2)


def test_without_measured_bands_no_word_is_shown_and_none_is_accepted_unseen(site: Site, jun: Page) -> None:
    answer_with_scores(jun, [], UNKNOWN)
    jun.goto(texts(site, "Too little decided", confidence="band"))
    expect(jun.locator("#panel .marks__row")).to_have_count(3)
    expect(jun.get_by_role("button", name="Accept the sure ones")).to_have_count(0)
    expect(jun.locator("#panel")).not_to_contain_text(re.compile("High|Medium|Low"))
    jun.keyboard.press("Shift+Q")
    expect(jun.get_by_text("No suggestion here is known to be sure: look at each.")).to_have_count(1)
    expect(jun.locator(".span[data-offer]")).to_have_count(3)


def test_where_the_project_hides_scores_none_is_told(site: Site, jun: Page) -> None:
    answer_with_scores(jun, [])
    jun.goto(texts(site, "Not told", confidence="hidden"))
    expect(jun.locator("#panel .marks__row")).to_have_count(3)
    expect(jun.get_by_role("button", name="Accept the sure ones")).to_have_count(0)
    expect(jun.locator("#panel")).not_to_contain_text("%")
    expect(jun.locator("#panel")).not_to_contain_text("High")


def test_no_word_is_made_of_how_a_model_rates_its_masks(site: Site, jun: Page) -> None:
    jun.goto(shapes.make_project(site, "Masks in words", labels=[{"name": "Thing"}], copilot=True))
    canvas = jun.locator(".canvas")
    frame = canvas.bounding_box()
    assert frame is not None
    canvas.focus()
    jun.keyboard.press("b")
    x, y = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
    jun.mouse.move(x - 80, y - 80)
    jun.mouse.down()
    jun.mouse.move(x + 60, y + 60, steps=3)
    jun.mouse.up()
    mask = jun.get_by_role("button", name="Mask 1")
    expect(mask).to_be_visible(timeout=60_000)
    expect(jun.locator(".offer__score")).to_have_count(0)
