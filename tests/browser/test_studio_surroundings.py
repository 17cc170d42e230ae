"""What stands around the work: the bar under the picture, outlines looked at closely, instructions on a first visit."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import shapes, texts
from tests.support.browser.looks import faults
from tests.support.browser.scripted_copilot import ScriptedCopilot, masks
from tests.support.browser.site import Site
from tests.support.browser.stage import Stage
from tests.support.browser.studio import JUN, saved, taken

pytestmark = pytest.mark.xdist_group("studio")

LABELS = [{"name": "Thing", "hotkey": "1"}]
# The colour of the marks at a point of the page.
COLOUR = """([x, y]) => {
  const canvas = document.querySelectorAll(".canvas canvas")[1];
  const { left, top, width } = canvas.getBoundingClientRect(), ratio = canvas.width / width;
  const place = [(x - left) * ratio, (y - top) * ratio].map(Math.round);
  return [...canvas.getContext("2d").getImageData(...place, 1, 1).data];
}"""
TAG_GAP = """(span) => Number.parseFloat(getComputedStyle(span, "::after").top) - span.clientHeight"""


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 800)])
def test_the_offer_has_a_strip_of_its_own_under_the_picture(
    site: Site, sign_in: Callable[..., Page], width: int, height: int
) -> None:
    page = sign_in(JUN, width=width, height=height)
    ScriptedCopilot(page, masks=[masks(0.9, 0.6, 0.3)])
    stage = Stage(page, site, shapes.make_project(site, f"Strip {width}", labels=LABELS, copilot=True))
    expect(page.locator("#copilot-mark")).to_have_attribute("data-state", "ready")
    stage.press("c")
    stage.click((50, 50))
    bar = page.locator(".offer").first
    expect(bar).to_contain_text("Accept as Thing")
    frame, box = stage.frame(), bar.bounding_box()
    assert box and box["y"] >= frame["y"] + frame["height"], "it lies over the picture"


def test_a_click_beside_the_picture_asks_nothing(site: Site, sign_in: Callable[..., Page]) -> None:
    page = sign_in(JUN)
    copilot = ScriptedCopilot(page, masks=[masks(0.9)])
    stage = Stage(page, site, shapes.make_project(site, "Beside", labels=LABELS, copilot=True))
    expect(page.locator("#copilot-mark")).to_have_attribute("data-state", "ready")
    for tool in ("c", "b", "g"):
        stage.press(tool)
        stage.click((-6, 100), (100, -6), (shapes.SIZE[0] + 6, 100))
    expect(page.locator(".offer").first).to_be_hidden()
    stage.marked(0)
    stage.press("c")
    stage.click((1, 1))
    copilot.until_asked(1)
    assert len(copilot.prompts) == 1


def test_the_eraser_is_put_down_for_the_next_picture(site: Site, sign_in: Callable[..., Page]) -> None:
    page = sign_in(JUN)
    stage = Stage(page, site, shapes.make_project(site, "Eraser", labels=LABELS, pictures=2, empty_usual=True))
    pressed = page.locator("#tools [aria-pressed=true]")
    stage.press("d", "e")
    expect(pressed).to_have_attribute("aria-label", "Eraser")
    name = page.locator("#task-name").inner_text()
    stage.press("Control+Enter")
    expect(page.locator("#task-name")).not_to_have_text(name)
    taken(page)
    expect(pressed).to_have_attribute("aria-label", "Brush")


def test_an_outline_looked_at_closely_leaves_the_pixels_at_the_edge_in_sight(stage: Stage) -> None:
    stage.press("d")
    stage.drag((40, 60), (120, 60))
    stage.press("Escape")
    saved(stage.page)
    stage.closer((80, 60), 14)
    at_edge, inside = ((80.5, y) for y in (63.5, 60.5))
    stage.page.mouse.move(5, 5)
    drawn = stage.page.evaluate(COLOUR, list(stage.at(*at_edge)))
    assert drawn[3] and drawn == stage.page.evaluate(COLOUR, list(stage.at(*inside)))


def test_a_span_is_named_by_all_its_words_and_its_label_hangs_under_its_line(
    site: Site, sign_in: Callable[..., Page]
) -> None:
    page = sign_in(JUN)
    spans = [
        {"suggestion": "6f0c9d1e-2a3b-4c5d-8e9f-001122334455", "start": 10, "end": 22, "label": "place", "score": 1}
    ]
    ScriptedCopilot(page, "spans", text=[{"type": "spans", "spans": spans}])
    page.goto(texts.make_project(site, "Named", ["It was in Boise, Idaho, that Ada met Bo."], copilot=True))
    name = page.locator("#panel .marks__name")
    expect(name).to_have_text("Boise, Idaho")
    assert name.evaluate("element => element.scrollWidth <= element.clientWidth"), "its words are cut"
    expect(page.locator("#panel .marks__detail")).to_contain_text("Place")
    assert page.locator(".text .span").first.evaluate(TAG_GAP) >= 2.5
    assert faults(page) == []


@pytest.mark.parametrize(("width", "shown"), [(1440, ".beside"), (390, "#instructions-dialog")])
def test_instructions_open_on_a_first_visit_and_once_they_have_changed(
    site: Site, sign_in: Callable[..., Page], width: int, shown: str
) -> None:
    page = sign_in(JUN, width=width)
    name = f"First visit {width}"
    address = texts.make_project(site, name, ["Ada met Bo.", "Bo left."], instructions="Mark **every** name.")
    page.goto(address)
    opened = page.locator(shown)
    expect(opened).to_be_visible()
    expect(opened).to_contain_text("Mark every name.")
    assert faults(page) == []
    opened.get_by_role("button", name="Close").first.click()
    expect(opened).to_be_hidden()
    page.reload()
    expect(page.locator("#workbench")).to_be_visible()
    page.locator(".text").focus()
    page.keyboard.press("?")  # what comes later is there by then
    expect(page.locator("#keys-dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(opened).to_be_hidden()
    project = address.strip("/").split("/")[-1]
    site.script(
        "from projects.configuration import configure\nfrom projects.models import Project\n"
        f"configure.change(Project.objects.get(public_id={project!r}), None, instructions='Mark only persons.')"
    )
    page.locator(".text").focus()
    for key in ("ArrowRight", "1", "Control+Enter"):
        page.keyboard.press(key)
    expect(opened).to_contain_text("Mark only persons.")
