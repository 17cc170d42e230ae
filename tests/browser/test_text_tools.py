"""The text studio in a real Chromium: what is handed in is what was selected, by words and by letters, in every script,
in long texts too. Every test has a project of its own (tests/browser/texts.py). Jun does the work.
"""

from collections.abc import Callable, Sequence

import pytest
from playwright.sync_api import Page, expect

from tests.browser import texts
from tests.browser.looks import faults, seen
from tests.browser.site import Site
from tests.browser.stage import killed
from tests.browser.test_studio import JUN, MARKS, saved

pytestmark = pytest.mark.xdist_group("studio")

SAID = "#said"
STORY = "Ada met Bo in Boise. Bo left. Bobcats and Bo-Peep stayed; Ada wrote to Bo."
MIDDLE = """word => {
  const walker = document.createTreeWalker(document.querySelector(".text"), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const at = node.data.indexOf(word);
    if (at < 0) continue;
    const range = document.createRange();
    range.setStart(node, at);
    range.setEnd(node, at + word.length);
    const { x, y, width, height } = range.getBoundingClientRect();
    return [x + width / 2, y + height / 2];
  }
}"""


class Sheet:
    """A text on Jun's screen."""

    def __init__(self, page: Page, site: Site, address: str, text: str) -> None:
        self.page, self.site, self.address, self.text = page, site, address, text
        self.open()

    def open(self) -> None:
        self.page.goto(self.address)
        expect(self.page.locator("#workbench")).to_be_visible(timeout=60_000)
        self.page.wait_for_load_state("networkidle")
        self.page.locator(".text").focus()

    def press(self, *keys: str, times: int = 1) -> None:
        for key in keys * times:
            self.page.keyboard.press(key)

    def selected(self) -> str:
        return self.page.evaluate("document.getSelection().toString()")

    def marked(self, count: int) -> None:
        expect(self.page.locator(MARKS)).to_have_count(count)

    def middle(self, word: str) -> tuple[float, float]:
        """Where the first place that says so is on the screen; it lies within one mark, or in none."""
        x, y = self.page.evaluate(MIDDLE, word)
        return x, y

    def sees(self, word: str) -> bool:
        """Whether it is within what of the text is in sight."""
        frame = self.page.locator(".desktop").bounding_box()
        assert frame is not None
        return frame["y"] < self.middle(word)[1] < frame["y"] + frame["height"]

    def kill(self) -> None:
        """The tab's process is gone from one moment to the next; Jun opens the page again."""
        self.page = killed(self.page)
        self.open()

    def hand_in(self) -> list[dict]:
        saved(self.page)
        self.page.locator("#submit").click()
        expect(self.page.locator("#rest")).to_be_visible(timeout=20_000)
        ((answer,),) = self.site.query(
            "SELECT n.answer FROM projects_annotation n JOIN projects_task t ON t.id = n.task_id"
            " JOIN projects_project r ON r.id = t.project_id WHERE r.public_id = %s",
            self.address.split("/")[2],
        )
        return answer["spans"]

    def words(self, spans: Sequence[dict]) -> list[tuple[str, str]]:
        """What is marked, and as what."""
        return [(self.text[span["start"] : span["end"]], span["label"]) for span in spans]


@pytest.fixture
def sheet_of(site: Site, sign_in: Callable[..., Page], request: pytest.FixtureRequest) -> Callable[..., Sheet]:
    def make(text: str, title: str = "", **options) -> Sheet:
        address = texts.make_project(site, f"Texts: {request.node.name}"[:120], [text], title=title)
        return Sheet(sign_in(JUN, **options), site, address, text)

    return make


def test_letters_are_marked_by_keyboard_alone(sheet_of: Callable[..., Sheet]) -> None:
    sheet = sheet_of("Unhappiness ends.")
    sheet.press("t")
    expect(sheet.page.locator(SAID)).to_have_text("Letter by letter.")
    sheet.press("ArrowRight")
    sheet.press("Shift+ArrowRight")
    assert sheet.selected() == "Un"
    sheet.press("1")
    sheet.press("o")  # the end, one letter later
    sheet.press("t", "Escape", "ArrowRight", "ArrowRight", "2")
    assert sheet.words(sheet.hand_in()) == [("Unh", "person"), ("ends", "place")]


def test_spans_within_and_across_each_other_outlive_a_tab_killed_in_mid_stroke(sheet_of: Callable[..., Sheet]) -> None:
    sheet = sheet_of(STORY)
    sheet.press("ArrowRight")
    sheet.press("Shift+ArrowRight", times=2)
    assert sheet.selected() == "Ada met Bo"
    sheet.press("1", "Escape")
    sheet.press("ArrowRight", times=3)
    sheet.press("2", "Escape")  # within it: the same words of it say both
    sheet.press("ArrowRight", times=3)
    sheet.press("1", "Escape")
    sheet.press("ArrowRight", times=3)
    sheet.press("Shift+ArrowRight", times=2)
    assert sheet.selected() == "Bo in Boise"
    sheet.press("2", "Escape")  # across its end
    sheet.press("ArrowRight", "2", "Delete")  # comes and goes
    sheet.marked(4)
    for key, count in [("Control+z", 5), ("Control+z", 4), ("Control+z", 3), ("Control+z", 2)]:
        sheet.press(key)
        sheet.marked(count)
    sheet.press("Control+Shift+z", times=4)
    sheet.marked(4)
    sheet.page.wait_for_timeout(300)  # the time that a machine takes to write a few bytes to its disk
    sheet.page.mouse.move(*sheet.middle("wrote"))
    sheet.page.mouse.down()
    sheet.page.mouse.move(*sheet.middle("left"), steps=4)
    sheet.kill()
    sheet.marked(4)
    sheet.page.mouse.dblclick(*sheet.middle("wrote"))
    sheet.press("1", "Control+z", "Control+Shift+z")
    spans = sheet.hand_in()
    assert sorted((one["start"], one["end"], one["label"]) for one in spans) == [
        (0, 10, "person"),  # Ada met Bo
        (8, 10, "person"),  # Bo
        (8, 10, "place"),
        (8, 19, "place"),  # Bo in Boise
        (62, 67, "person"),  # wrote
    ]
    assert {one["provenance"]["source"] for one in spans} == {"human"}


def test_every_occurrence_is_marked_in_one_step(sheet_of: Callable[..., Sheet]) -> None:
    sheet = sheet_of(STORY)
    sheet.press("ArrowRight", times=3)
    assert sheet.selected() == "Bo"
    sheet.press("m")
    expect(sheet.page.locator(SAID)).to_have_text("Found 3 times. A label's key marks them all.")
    sheet.press("1")
    sheet.marked(3)
    expect(sheet.page.locator(SAID)).to_contain_text("found 3 times, 3 now marked as Person")
    sheet.press("Control+z")
    sheet.marked(0)
    sheet.press("Control+Shift+z")
    assert sheet.words(sheet.hand_in()) == [("Bo", "person")] * 3


def test_a_label_that_stays_on_marks_each_selection_until_it_is_let_go(sheet_of: Callable[..., Sheet]) -> None:
    sheet = sheet_of(STORY)
    sheet.press("2")
    expect(sheet.page.locator(".modes__sticky")).to_have_text("Each selection is marked as Place.")
    for done, word in enumerate(("Boise", "Ada"), start=1):
        sheet.page.mouse.dblclick(*sheet.middle(word))
        sheet.marked(done)
    sheet.page.keyboard.press("Escape")
    sheet.page.keyboard.press("2")
    expect(sheet.page.locator(".modes__sticky")).to_be_hidden()
    assert sheet.words(sheet.hand_in()) == [("Ada", "place"), ("Boise", "place")]


def test_a_spans_attributes_are_set_and_handed_in(sheet_of: Callable[..., Sheet]) -> None:
    sheet = sheet_of(STORY)
    sheet.press("ArrowRight", "1")
    sheet.press("Shift+E")
    expect(sheet.page.locator("[data-attribute=role]")).to_be_focused()
    sheet.page.locator("[data-attribute=role]").select_option("defendant")
    sheet.page.locator("[data-attribute=deceased]").check()
    sheet.page.locator("[data-attribute=remark]").fill("née Byron")
    sheet.page.locator("[data-attribute=remark]").press("Enter")
    (span,) = sheet.hand_in()
    assert span["attributes"] == {"deceased": True, "remark": "née Byron", "role": "defendant"}


def test_right_to_left_and_joined_characters_keep_their_offsets(sheet_of: Callable[..., Sheet]) -> None:
    sheet = sheet_of("ذهب أحمد إلى دبي 🚆\nJose\u0301 👩‍💻 met 李小龍.\nשלום עולם")
    sheet.press("ArrowLeft")  # onward, for the first line runs from right to left
    sheet.press("ArrowLeft")
    assert sheet.selected() == "أحمد"
    sheet.press("1")
    sheet.press("ArrowLeft", times=5)
    sheet.press("Escape")
    sheet.page.evaluate("document.getSelection().removeAllRanges()")
    sheet.press("ArrowRight")
    sheet.press("ArrowLeft", times=5)
    assert sheet.selected() == "Jose\u0301"
    sheet.press("2")
    blocks = sheet.page.locator(".text").evaluate("node => node.textContent")
    assert blocks == sheet.text
    assert sheet.words(sheet.hand_in()) == [("أحمد", "person"), ("Jose\u0301", "place")]


def test_a_paragraph_that_is_cut_runs_as_it_begins(sheet_of: Callable[..., Sheet]) -> None:
    words = "כתב על העיר. Ada"
    sheet = sheet_of(f"{' '.join([words] * 700)}\nAda wrote.", title="כותרת")
    ways = sheet.page.locator(".text__block").evaluate_all(
        """nodes => nodes.map((node) => {
          const range = document.createRange();
          range.setStart(node.firstChild, 0);
          range.setEnd(node.firstChild, 1);
          const { left, right } = node.getBoundingClientRect();
          const first = range.getBoundingClientRect();
          return first.left - left > right - first.right ? "rtl" : "ltr";
        })"""
    )
    assert ways == ["rtl", "rtl", "rtl", "ltr"]
    assert sheet.page.locator(".sheet__title").evaluate("one => getComputedStyle(one).direction") == "rtl"
    sheet.press("ArrowLeft", "1")
    row = sheet.page.locator(f"{MARKS} .marks__name")
    expect(row).to_have_count(1)
    assert row.evaluate("one => getComputedStyle(one).direction") == "rtl"


def test_a_long_text_is_all_there_and_its_last_word_can_be_marked(sheet_of: Callable[..., Sheet]) -> None:
    lines = [f"Line {number} tells what Ada did in Boise that day, and no more." for number in range(1600)]
    text = "\n".join([*lines, "Here it ends."])
    assert len(text) > 95_000
    sheet = sheet_of(text)
    assert sheet.page.locator(".text").evaluate("node => node.textContent") == text
    blocks = sheet.page.locator(".text__block")
    assert blocks.count() > 50
    # What is out of sight is left to the browser: it lays out a block when it comes near.
    ways = blocks.evaluate_all("nodes => nodes.map((node) => getComputedStyle(node).contentVisibility)")
    assert set(ways) == {"auto"}
    sheet.press("ArrowRight", "ArrowLeft")
    sheet.page.evaluate(
        """() => {
          const last = document.querySelector(".text").lastElementChild.firstChild;
          document.getSelection().setBaseAndExtent(last, last.data.length - 5, last, last.data.length - 1);
        }"""
    )
    sheet.press("Shift+ArrowRight", "1")
    sheet.press("Escape", "Escape", "k")
    expect(sheet.page.locator(".span")).to_be_in_viewport()
    for step, count in [("Control+z", 0), ("Control+Shift+z", 1)]:
        sheet.press("Escape", "Escape", "ArrowRight")  # to the first word
        assert not sheet.sees("Here it")
        sheet.press("Escape", step)
        sheet.marked(count)
        assert sheet.sees("Here it"), "its place, or that of what is gone"
    assert sheet.words(sheet.hand_in()) == [("ends.", "person")]


def heard(page: Page) -> str:
    """The text as a screen reader has it, and the rows of the list."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    parts = [one for one in nodes if one.get("role", {}).get("value") in ("StaticText", "button")]
    return "\n".join(one.get("name", {}).get("value", "") for one in parts)


def test_labels_move_no_word_are_read_apart_and_the_text_has_a_size(sheet_of: Callable[..., Sheet]) -> None:
    sheet = sheet_of(f"{STORY} {STORY} ذهب أحمد إلى دبي مع Bo Diddley اليوم\nذهب أحمد إلى دبي مع Bo Diddley اليوم")
    still = {word: sheet.middle(word) for word in ("Boise", "Bobcats", "stayed", "دبي", "اليوم")}
    for word, label in (("Ada", "1"), ("met", "2"), ("Peep", "2"), ("أحمد", "1"), ("Diddley", "2")):
        sheet.page.mouse.dblclick(*sheet.middle(word))
        sheet.press(label)
    sheet.marked(5)
    sheet.press("k")
    expect(sheet.page.locator(".attributes")).to_be_attached()
    for word, (x, y) in still.items():
        assert sheet.middle(word) == (pytest.approx(x, abs=0.5), y)
    said = heard(sheet.page)
    assert " (Person) " in said and "AdaPerson" not in said and "1, Ada, Person, By hand" in said
    assert list(seen(sheet.page, "a span's attributes")) == []
    size = "one => parseFloat(getComputedStyle(one).fontSize)"
    sheet.page.locator(".text").focus()
    sheet.press("-", "-")
    assert sheet.page.locator(".text").evaluate(size) == 14
    sheet.press("+", times=5)
    assert sheet.page.locator(".text").evaluate(size) == 30
    sheet.open()
    assert sheet.page.locator(".text").evaluate(size) == 30, "kept on this machine"
    expect(sheet.page.locator(SAID)).not_to_have_text("Text at 167 %")
    assert list(seen(sheet.page, "a large text")) == []


def test_the_studio_speaks_spanish_where_it_is_translated(sheet_of: Callable[..., Sheet]) -> None:
    sheet = sheet_of(STORY)
    host = {"url": sheet.site.url, "name": "django_language", "value": "es"}
    sheet.page.context.add_cookies([host])  # type: ignore[list-item]
    sheet.open()
    expect(sheet.page.locator("html")).to_have_attribute("lang", "es")
    expect(sheet.page.locator("#submit")).to_contain_text("Enviar")
    sheet.press("t")
    expect(sheet.page.locator(SAID)).to_have_text("Letra por letra.")
    sheet.press("t", "ArrowRight", "1")
    expect(sheet.page.locator("#saved-mark")).to_have_text("Guardado", timeout=15_000)
    sheet.press("?")
    expect(sheet.page.locator("#cheat-sheet")).to_contain_text("Enviar y seguir")
    assert faults(sheet.page) == []


def test_a_project_without_instructions_says_so(site: Site, sign_in: Callable[..., Page]) -> None:
    address = texts.make_project(site, "Said nowhere", ["Ada met Bo."])
    sheet = Sheet(sign_in(JUN), site, address, "Ada met Bo.")
    sheet.press("i")
    expect(sheet.page.locator("#instructions")).to_have_text(
        "This project has no instructions. Ask a manager where something is unclear."
    )
