"""The text studio in a real Chromium: what is handed in is what was selected, by words and by letters, in every script,
in long texts too. Every test has a project of its own (tests/support/browser/texts.py). Jun does the work.
"""

from collections.abc import Callable, Sequence

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import texts
from tests.support.browser.looks import faults, seen
from tests.support.browser.quiet import settle
from tests.support.browser.site import Site
from tests.support.browser.stage import killed
from tests.support.browser.studio import JUN, MARKS, kept_here, saved

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


class TextStudio:
    """A text on Jun's screen."""

    def __init__(self, page: Page, site: Site, address: str, text: str) -> None:
        self.page, self.site, self.address, self.text = page, site, address, text
        self.open()

    def open(self) -> None:
        self.page.goto(self.address)
        expect(self.page.locator("#workbench")).to_be_visible(timeout=60_000)
        settle(self.page)
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
        frame = self.page.locator(".document-area").bounding_box()
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
def studio_of(site: Site, sign_in: Callable[..., Page], request: pytest.FixtureRequest) -> Callable[..., TextStudio]:
    def make(text: str, title: str = "", labels: list[dict] = texts.LABELS, **options) -> TextStudio:
        name = f"Texts: {request.node.name}"[:120]
        address = texts.make_project(site, name, [text], title=title, labels=labels)
        return TextStudio(sign_in(JUN, **options), site, address, text)

    return make


def test_letters_are_marked_by_keyboard_alone(studio_of: Callable[..., TextStudio]) -> None:
    studio = studio_of("Unhappiness ends.")
    studio.press("t")
    expect(studio.page.locator(SAID)).to_have_text("Letter by letter.")
    studio.press("ArrowRight")
    studio.press("Shift+ArrowRight")
    assert studio.selected() == "Un"
    studio.press("1")
    studio.press("o")  # the end, one letter later
    studio.press("t", "Escape", "ArrowRight", "ArrowRight", "2")
    assert studio.words(studio.hand_in()) == [("Unh", "person"), ("ends", "place")]


def test_spans_within_and_across_each_other_outlive_a_tab_killed_in_mid_stroke(
    studio_of: Callable[..., TextStudio],
) -> None:
    studio = studio_of(STORY)
    studio.press("ArrowRight")
    studio.press("Shift+ArrowRight", times=2)
    assert studio.selected() == "Ada met Bo"
    studio.press("1", "Escape")
    studio.press("ArrowRight", times=3)
    studio.press("2", "Escape")  # within it: the same words of it say both
    studio.press("ArrowRight", times=3)
    studio.press("1", "Escape")
    studio.press("ArrowRight", times=3)
    studio.press("Shift+ArrowRight", times=2)
    assert studio.selected() == "Bo in Boise"
    studio.press("2", "Escape")  # across its end
    studio.press("ArrowRight", "2", "Delete")  # comes and goes
    studio.marked(4)
    for key, count in [("Control+z", 5), ("Control+z", 4), ("Control+z", 3), ("Control+z", 2)]:
        studio.press(key)
        studio.marked(count)
    studio.press("Control+Shift+z", times=4)
    studio.marked(4)
    kept_here(studio.page)
    studio.page.mouse.move(*studio.middle("wrote"))
    studio.page.mouse.down()
    studio.page.mouse.move(*studio.middle("left"), steps=4)
    studio.kill()
    studio.marked(4)
    studio.page.mouse.dblclick(*studio.middle("wrote"))
    studio.press("1", "Control+z", "Control+Shift+z")
    spans = studio.hand_in()
    assert sorted((one["start"], one["end"], one["label"]) for one in spans) == [
        (0, 10, "person"),  # Ada met Bo
        (8, 10, "person"),  # Bo
        (8, 10, "place"),
        (8, 19, "place"),  # Bo in Boise
        (62, 67, "person"),  # wrote
    ]
    assert {one["provenance"]["source"] for one in spans} == {"human"}


def test_every_occurrence_is_marked_in_one_step(studio_of: Callable[..., TextStudio]) -> None:
    studio = studio_of(STORY)
    studio.press("ArrowRight", times=3)
    assert studio.selected() == "Bo"
    studio.press("m")
    expect(studio.page.locator(SAID)).to_have_text("Found 3 times. A label's key marks them all.")
    studio.press("1")
    studio.marked(3)
    expect(studio.page.locator(SAID)).to_contain_text("found 3 times, 3 now marked as Person")
    studio.press("Control+z")
    studio.marked(0)
    studio.press("Control+Shift+z")
    assert studio.words(studio.hand_in()) == [("Bo", "person")] * 3


def test_a_label_that_stays_on_marks_each_selection_until_it_is_let_go(studio_of: Callable[..., TextStudio]) -> None:
    studio = studio_of(STORY)
    studio.press("2")
    expect(studio.page.locator(".modes__sticky")).to_have_text("Each selection is marked as Place.")
    for done, word in enumerate(("Boise", "Ada"), start=1):
        studio.page.mouse.dblclick(*studio.middle(word))
        studio.marked(done)
    studio.page.keyboard.press("Escape")
    studio.page.keyboard.press("2")
    expect(studio.page.locator(".modes__sticky")).to_be_hidden()
    assert studio.words(studio.hand_in()) == [("Ada", "place"), ("Boise", "place")]


def test_a_spans_attributes_are_set_and_handed_in(studio_of: Callable[..., TextStudio]) -> None:
    """Nothing is handed in without the role: Enter goes to it, and so does the button."""
    asked = [texts.DECEASED, texts.ROLE | {"required": True}, texts.REMARK]
    studio = studio_of(STORY, labels=[{"name": "Person", "hotkey": "1", "attributes": asked}])
    studio.press("ArrowRight", "1", "Enter")
    expect(studio.page.locator("[data-attribute=role]")).to_be_focused()
    expect(studio.page.locator("#attributes-fault")).to_have_text("Still open: Role")
    expect(studio.page.locator(SAID)).to_have_text("Person can't be handed in without: Role")
    studio.press("Escape", "Shift+E")
    expect(studio.page.locator("[data-attribute=deceased]")).to_be_focused()
    studio.page.locator("#submit").click()
    expect(studio.page.locator("[data-attribute=role]")).to_be_focused()
    studio.page.locator("[data-attribute=role]").select_option("defendant")
    studio.page.locator("[data-attribute=deceased]").check()
    studio.page.locator("[data-attribute=remark]").fill("née Byron")
    studio.page.locator("[data-attribute=remark]").press("Enter")
    expect(studio.page.locator("#attributes-fault")).to_be_hidden()
    (span,) = studio.hand_in()
    assert span["attributes"] == {"deceased": True, "remark": "née Byron", "role": "defendant"}


def test_right_to_left_and_joined_characters_keep_their_offsets(studio_of: Callable[..., TextStudio]) -> None:
    studio = studio_of("ذهب أحمد إلى دبي 🚆\nJose\u0301 👩‍💻 met 李小龍.\nשלום עולם")
    studio.press("ArrowLeft")  # onward, for the first line runs from right to left
    studio.press("ArrowLeft")
    assert studio.selected() == "أحمد"
    studio.press("1")
    studio.press("ArrowLeft", times=5)
    studio.press("Escape")
    studio.page.evaluate("document.getSelection().removeAllRanges()")
    studio.press("ArrowRight")
    studio.press("ArrowLeft", times=5)
    assert studio.selected() == "Jose\u0301"
    studio.press("2")
    blocks = studio.page.locator(".text").evaluate("node => node.textContent")
    assert blocks == studio.text
    assert studio.words(studio.hand_in()) == [("أحمد", "person"), ("Jose\u0301", "place")]


def test_a_paragraph_that_is_cut_runs_as_it_begins(studio_of: Callable[..., TextStudio]) -> None:
    words = "כתב על העיר. Ada"
    studio = studio_of(f"{' '.join([words] * 700)}\nAda wrote.", title="כותרת")
    ways = studio.page.locator(".text__block").evaluate_all(
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
    assert studio.page.locator(".document__title").evaluate("one => getComputedStyle(one).direction") == "rtl"
    studio.press("ArrowLeft", "1")
    row = studio.page.locator(f"{MARKS} .marks__name")
    expect(row).to_have_count(1)
    assert row.evaluate("one => getComputedStyle(one).direction") == "rtl"


# Two words in a row that the end of a line parts, selected.
PARTED = """() => {
  const words = document.querySelector(".text").firstElementChild.firstChild;
  const range = document.createRange();
  for (let at = words.data.indexOf(" ") + 1; ; at += 5) {
    range.setStart(words, at - 5);
    range.setEnd(words, at + 4);
    if (range.getClientRects().length < 2) continue;
    return document.getSelection().setBaseAndExtent(words, at - 5, words, at + 4);
  }
}"""
UNDER = """node => {
  const [first, last] = [...node.getClientRects()];
  const under = (x) => document.elementFromPoint(x, last.bottom + 5)?.closest(".span") === node;
  return [last.right < first.left, under(last.right - 5), under(first.left + 5)];
}"""


def test_the_label_of_a_span_over_two_lines_hangs_where_its_words_end(studio_of: Callable[..., TextStudio]) -> None:
    studio = studio_of(" ".join(["Bois"] * 40))
    studio.page.evaluate(PARTED)
    studio.press("Shift+ArrowRight", "Shift+ArrowLeft", "1")
    studio.marked(1)
    assert studio.page.locator(".span").evaluate(UNDER) == [True, True, False]


def test_a_long_text_is_all_there_and_its_last_word_can_be_marked(studio_of: Callable[..., TextStudio]) -> None:
    lines = [f"Line {number} tells what Ada did in Boise that day, and no more." for number in range(1600)]
    text = "\n".join([*lines, "Here it ends."])
    assert len(text) > 95_000
    studio = studio_of(text)
    assert studio.page.locator(".text").evaluate("node => node.textContent") == text
    blocks = studio.page.locator(".text__block")
    assert blocks.count() > 50
    # What is out of sight is left to the browser: it lays out a block when it comes near.
    ways = blocks.evaluate_all("nodes => nodes.map((node) => getComputedStyle(node).contentVisibility)")
    assert set(ways) == {"auto"}
    studio.press("ArrowRight", "ArrowLeft")
    studio.page.evaluate(
        """() => {
          const last = document.querySelector(".text").lastElementChild.firstChild;
          document.getSelection().setBaseAndExtent(last, last.data.length - 5, last, last.data.length - 1);
        }"""
    )
    studio.press("Shift+ArrowRight", "1")
    studio.press("Escape", "Escape", "j")
    expect(studio.page.locator(".span")).to_be_in_viewport()
    for step, count in [("Control+z", 0), ("Control+Shift+z", 1)]:
        studio.press("Escape", "Escape", "ArrowRight")  # to the first word
        assert not studio.sees("Here it")
        studio.press("Escape", step)
        studio.marked(count)
        assert studio.sees("Here it"), "its place, or that of what is gone"
    assert studio.words(studio.hand_in()) == [("ends.", "person")]


def heard(page: Page) -> str:
    """The text as a screen reader has it, and the rows of the list."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    parts = [one for one in nodes if one.get("role", {}).get("value") in ("StaticText", "button")]
    return "\n".join(one.get("name", {}).get("value", "") for one in parts)


def test_labels_move_no_word_are_read_apart_and_the_text_has_a_size(studio_of: Callable[..., TextStudio]) -> None:
    studio = studio_of(f"{STORY} {STORY} ذهب أحمد إلى دبي مع Bo Diddley اليوم\nذهب أحمد إلى دبي مع Bo Diddley اليوم")
    still = {word: studio.middle(word) for word in ("Boise", "Bobcats", "stayed", "دبي", "اليوم")}
    for word, label in (("Ada", "1"), ("met", "2"), ("Peep", "2"), ("أحمد", "1"), ("Diddley", "2")):
        studio.page.mouse.dblclick(*studio.middle(word))
        studio.press(label)
    studio.marked(5)
    studio.press("j")
    expect(studio.page.locator(".attributes")).to_be_attached()
    for word, (x, y) in still.items():
        assert studio.middle(word) == (pytest.approx(x, abs=0.5), y)
    said = heard(studio.page)
    assert " (Person) " in said and "AdaPerson" not in said and "1, Ada, Person, By hand" in said
    assert list(seen(studio.page, "a span's attributes")) == []
    size = "one => parseFloat(getComputedStyle(one).fontSize)"
    studio.page.locator(".text").focus()
    studio.press("-", "-")
    assert studio.page.locator(".text").evaluate(size) == 14
    studio.press("+", times=5)
    assert studio.page.locator(".text").evaluate(size) == 30
    studio.open()
    assert studio.page.locator(".text").evaluate(size) == 30, "kept on this machine"
    expect(studio.page.locator(SAID)).not_to_have_text("Text at 167 %")
    assert list(seen(studio.page, "a large text")) == []


def test_the_studio_speaks_spanish_where_it_is_translated(studio_of: Callable[..., TextStudio]) -> None:
    studio = studio_of(STORY)
    host = {"url": studio.site.url, "name": "django_language", "value": "es"}
    studio.page.context.add_cookies([host])  # type: ignore[list-item]
    studio.open()
    expect(studio.page.locator("html")).to_have_attribute("lang", "es")
    expect(studio.page.locator("#submit")).to_contain_text("Enviar")
    studio.press("t")
    expect(studio.page.locator(SAID)).to_have_text("Letra por letra.")
    studio.press("t", "ArrowRight", "1")
    expect(studio.page.locator("#saved-mark")).to_have_text("Guardado", timeout=15_000)
    studio.press("?")
    expect(studio.page.locator("#shortcuts")).to_contain_text("Enviar y seguir")
    assert faults(studio.page) == []


def test_a_project_without_instructions_says_so(site: Site, sign_in: Callable[..., Page]) -> None:
    address = texts.make_project(site, "Said nowhere", ["Ada met Bo."])
    studio = TextStudio(sign_in(JUN), site, address, "Ada met Bo.")
    studio.press("i")
    expect(studio.page.locator("#instructions")).to_have_text(
        "This project has no instructions. Ask a manager where something is unclear."
    )
