"""Many labels and many marks in Jun's studio: found by typing, chosen together, changed in one step."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import shapes, texts
from tests.support.browser.begun import go_on
from tests.support.browser.looks import FEW, seen
from tests.support.browser.quiet import settle
from tests.support.browser.site import Site
from tests.support.browser.stage import Stage
from tests.support.browser.studio import JUN, MARKS, saved

pytestmark = pytest.mark.xdist_group("studio")

KINDS = [{"name": f"Kind {place}", "shapes": ["box", "mask", "point"]} for place in range(1, 31)]
BY_HAND = {"source": "human", "suggestion": None, "model": None}
EDITED = {"source": "edited", "suggestion": "00000000-0000-0000-0000-000000000001", "model": "eyes@1"}
WIDTHS = [30, 20, 40, 10, 50, 25]


def six_boxes() -> list[dict]:
    """Of three kinds, two by two and each of another width, beside each other."""
    return [
        {
            "id": f"r{place + 1}",
            "label": f"kind_{place // 2 + 1}",
            "shape": {"type": "box", "x": 10 + 50 * place, "y": 40, "width": width, "height": 30},
            "attributes": {},
            "provenance": EDITED if place == 4 else BY_HAND,
        }
        for place, width in enumerate(WIDTHS)
    ]


def rows(page: Page) -> list[str]:
    """The ids of the rows in the list, from top to bottom."""
    return page.locator(MARKS).evaluate_all("rows => rows.map((row) => row.dataset.id)")


def lists(page: Page, *ids: str) -> None:
    """The rows are these, at the latest a frame behind the text."""
    told = "ids => [...document.querySelectorAll('#panel .marks__row')].map((row) => row.dataset.id).join() === ids"
    page.wait_for_function(told, arg=",".join(ids))


def chosen(page: Page) -> list[str]:
    """The ids of what is selected."""
    return page.locator(f"{MARKS}[data-selected]").evaluate_all("rows => rows.map((row) => row.dataset.id)")


def hear(page: Page, words: str) -> None:
    expect(page.locator("#said")).to_contain_text(words)


def test_thirty_labels_are_found_by_typing_and_by_two_keys_and_look_different(
    site: Site, sign_in: Callable[..., Page]
) -> None:
    stage = Stage(sign_in(JUN), site, shapes.make_project(site, "Thirty kinds", labels=KINDS))
    page = stage.page
    label = page.locator(".palette__label")
    pressed = page.locator('.palette__label[aria-pressed="true"]')
    scrolls = "node => node.scrollHeight > node.clientHeight + 1"
    assert page.locator(".palette").evaluate(scrolls), "the labels scroll by themselves"
    assert not page.locator("#panel").evaluate(scrolls), "and the panel around them doesn't"
    looks = label.locator("svg").evaluate_all("all => all.map((one) => one.innerHTML)")
    assert len(set(looks)) == 30

    stage.press("/")
    field = page.get_by_role("searchbox", name="Find a label")
    expect(field).to_be_focused()
    page.keyboard.type("kind 2")
    hear(page, "Kind 2, 1 of 12")
    expect(label.and_(page.locator(":visible"))).to_have_count(12)
    stage.press("ArrowDown", "ArrowDown")
    hear(page, "Kind 21, 3 of 12")
    stage.press("Enter")
    expect(page.locator(".canvas")).to_be_focused()
    expect(pressed).to_have_text("Kind 210 C")
    expect(label.and_(page.locator(":visible"))).to_have_count(30)
    stage.press("n")
    stage.drag((20, 20), (60, 60))
    expect(page.locator(MARKS)).to_contain_text(["Kind 21"])

    stage.press("Escape", "0", "b")
    expect(pressed).to_have_text("Kind 200 B")
    stage.press("/", "Escape")
    expect(page.locator(".canvas")).to_be_focused()
    stage.press("?")
    expect(page.locator("#shortcuts")).to_contain_text("0 BKind 20")
    expect(page.locator("#shortcuts")).to_contain_text("/Find a label by its name")
    stage.press("Escape")
    regions = stage.hand_in()
    assert [one["label"] for one in regions] == ["kind_21"]


@pytest.fixture
def six(site: Site, sign_in: Callable[..., Page], request: pytest.FixtureRequest) -> Stage:
    """Jun's work of yesterday: six boxes on a picture, and a second picture after it."""
    address = shapes.make_project(site, f"Six boxes: {request.node.name}"[:120], labels=KINDS[:3], pictures=2)
    stage = Stage(sign_in(JUN), site, address)
    go_on(stage.page, address, {"regions": six_boxes()})
    stage.ready()
    return stage


def test_rows_are_numbered_filtered_sorted_and_linked_with_the_picture(six: Stage) -> None:
    page = six.page
    assert page.locator(".marks__number").all_inner_texts() == ["6", "5", "4", "3", "2", "1"], "from the front"
    six.press("Shift+F")
    words = page.get_by_role("searchbox", name="Only with these words")
    expect(words).to_be_focused()
    page.keyboard.type("kind 2")
    assert rows(page) == ["r4", "r3"]
    expect(page.locator(".panel-part__head .badge")).to_have_text("2 / 6")
    assert page.locator(".marks__number").all_inner_texts() == ["4", "3"], "a number stays its region's"
    six.press("Enter", "k", "k", "k")
    assert chosen(page) == ["r3"], "the keys go through what the list shows, around its ends"
    page.get_by_role("button", name="Show all").click()
    page.get_by_label("Only from there").select_option("edited")
    assert rows(page) == ["r5"]
    page.get_by_label("Only from there").select_option("")
    page.get_by_label("Only with this label").select_option("kind_3")
    assert rows(page) == ["r6", "r5"]
    page.get_by_label("Only with this label").select_option("")
    page.get_by_label("Order of the list").select_option("size")
    assert rows(page) == ["r5", "r3", "r1", "r6", "r2", "r4"]
    page.get_by_label("Order of the list").select_option("")
    page.keyboard.press("Escape")
    expect(page.locator(".canvas")).to_be_focused()

    page.mouse.move(*six.at(10 + 50 * 3 + 1, 55))
    expect(page.locator(f"{MARKS}[data-glow]")).to_have_attribute("data-id", "r4")
    before = page.locator(".canvas").screenshot()
    page.locator(f"{MARKS}[data-id=r6]").hover()
    expect(page.locator(f"{MARKS}[data-glow]")).to_have_count(0)
    page.wait_for_function(
        "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
    )
    assert page.locator(".canvas").screenshot() != before, "what the pointer is on in the list shows in the picture"
    assert list(seen(page, "a list that is filtered", FEW)) == []


def test_several_regions_are_chosen_and_changed_in_one_step_each(six: Stage) -> None:
    page = six.page
    six.press("v")
    six.click((15, 55))
    page.keyboard.down("Shift")
    six.click((10 + 50 * 2 + 5, 55))
    page.keyboard.up("Shift")
    assert chosen(page) == ["r3", "r1"]
    hear(page, "2 selected")
    page.locator(f"{MARKS}[data-id=r4] .marks__select").click(modifiers=["ControlOrMeta"])
    assert chosen(page) == ["r4", "r3", "r1"]
    six.press("3")
    hear(page, "3 regions labelled Kind 3")
    kinds = ["Kind 3", "Kind 3", "Kind 3", "Kind 3", "Kind 1", "Kind 3"]
    expect(page.locator(".marks__name")).to_have_text(kinds)
    six.press("Control+z")
    expect(page.locator(".marks__name")).to_have_text(["Kind 3", "Kind 3", "Kind 2", "Kind 2", "Kind 1", "Kind 1"])
    six.press("Control+Shift+z")
    expect(page.locator(".marks__name")).to_have_text(kinds)

    page.locator(f"{MARKS}[data-id=r5] .marks__select").focus()
    six.press("Enter", "Shift+ArrowDown", "Shift+ArrowDown")
    assert chosen(page) == ["r5", "r4", "r3"]
    six.press("ArrowDown", "Shift+Enter")
    assert chosen(page) == ["r5", "r4", "r3", "r2"]
    six.press("h")
    expect(page.locator(f"{MARKS}[data-hidden]")).to_have_count(4)
    six.press("h", "Shift+L")
    expect(page.locator(f"{MARKS}[data-locked]")).to_have_count(4)
    six.press("Delete")
    hear(page, "0 regions deleted")
    six.press("Shift+L", "Delete")
    hear(page, "4 regions deleted")
    assert rows(page) == ["r6", "r1"]
    six.press("Control+z")
    assert rows(page) == ["r6", "r5", "r4", "r3", "r2", "r1"]

    page.locator(".canvas").focus()
    six.press("Escape", "k", "Control+k", "Control+k")
    assert chosen(page) == ["r3", "r2", "r1"]
    six.press("Control+j")
    assert chosen(page) == ["r2", "r1"]
    six.press("Control+a")
    assert len(chosen(page)) == 6
    assert list(seen(page, "six selected", FEW)) == []
    six.press("Escape")
    assert chosen(page) == []


def test_regions_are_copied_within_a_picture_and_to_the_next_one(six: Stage) -> None:
    page = six.page
    six.press("k", "Control+k", "Control+c", "Control+d")
    hear(page, "2 regions pasted")
    assert rows(page) == ["r8", "r7", "r6", "r5", "r4", "r3", "r2", "r1"]
    assert chosen(page) == ["r8", "r7"]
    six.press("Control+z")
    assert len(rows(page)) == 6, "in one step"
    saved(page)
    first = page.locator("#task-name").inner_text()
    page.locator("#submit").click()
    expect(page.locator("#task-name")).not_to_have_text(first)
    settle(page)
    expect(page.get_by_text("Nothing is marked yet.")).to_be_visible()
    page.locator(".canvas").focus()
    six.press("Control+v")
    assert rows(page) == ["r2", "r1"], "what was copied two steps ago, under ids of its own"
    six.press("Control+z", "Control+Shift+v")
    hear(page, "6 regions pasted")
    six.press("Escape")
    saved(page)
    page.locator("#submit").click()
    expect(page.locator("#rest")).to_be_visible(timeout=20_000)
    project = six.address.split("/")[2]
    handed_in = six.site.query(
        "SELECT n.answer FROM projects_annotation n JOIN projects_task t ON t.id = n.task_id"
        " JOIN projects_project r ON r.id = t.project_id WHERE r.public_id = %s ORDER BY n.id",
        project,
    )
    (before,), (after,) = handed_in
    assert [one["shape"] for one in before["regions"]] == [one["shape"] for one in six_boxes()]
    assert [one["shape"] for one in after["regions"]] == [one["shape"] for one in before["regions"]]
    assert [one["label"] for one in after["regions"]] == [one["label"] for one in before["regions"]]
    assert all(one["provenance"] == BY_HAND for one in after["regions"]), "a copy is a person's own work"


TEXT = "Maria met Jun in Lima, Jun met Aiko in Oslo, and Aiko met Maria in Rome."


def test_spans_are_filtered_chosen_together_and_labelled_by_searching(site: Site, sign_in: Callable[..., Page]) -> None:
    address = texts.make_project(site, "Many spans", [TEXT], labels=[{"name": f"Role {n}"} for n in range(1, 13)])
    page = sign_in(JUN)
    words = ["Maria", "Jun", "Lima", "Aiko", "Oslo", "Rome"]
    spans = [
        {
            "id": f"s{place}",
            "start": TEXT.index(word),
            "end": TEXT.index(word) + len(word),
            "label": "role_1" if place % 2 else "role_2",
            "attributes": {},
            "provenance": BY_HAND,
        }
        for place, word in enumerate(words, 1)
    ]
    go_on(page, address, {"spans": spans})
    settle(page)
    page.locator(".text").focus()
    assert page.locator(".marks__number").all_inner_texts() == ["1", "2", "3", "4", "5", "6"]

    page.locator(".span", has_text="Lima").hover()
    expect(page.locator(f"{MARKS}[data-glow]")).to_have_attribute("data-id", "s3")
    page.locator(f"{MARKS}[data-id=s6]").hover()
    expect(page.locator(".span[data-glow]")).to_contain_text("Rome")

    page.keyboard.press("Shift+F")
    page.keyboard.type("o")
    page.get_by_label("Only with this label").select_option("role_1")
    lists(page, "s1", "s3", "s5")
    page.get_by_label("Only with these words").fill("oslo")
    lists(page, "s5")
    page.get_by_label("Only with this label").select_option("")
    page.get_by_label("Only with these words").fill("")
    page.get_by_label("Order of the list").select_option("label")
    lists(page, "s1", "s3", "s5", "s2", "s4", "s6")
    page.keyboard.press("Escape")

    for key in ("j", "Control+j", "Control+j"):
        page.keyboard.press(key)
    hear(page, "3 selected")
    expect(page.locator(".span[data-group]")).to_have_count(3)
    page.locator(".span", has_text="Rome").click(modifiers=["ControlOrMeta"])
    expect(page.locator(".span[data-group]")).to_have_count(4)
    page.locator(".span", has_text="Rome").click(modifiers=["ControlOrMeta"])
    expect(page.locator(".span[data-group]")).to_have_count(3)
    page.keyboard.press("0")
    page.keyboard.press("2")
    hear(page, "3 spans labelled Role 11")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+Shift+z")
    page.keyboard.press("Control+a")
    page.locator(f"{MARKS}[data-id=s1] .marks__select").click(modifiers=["ControlOrMeta"])
    page.get_by_role("group", name="What is selected").get_by_role("button", name="Delete").click()
    hear(page, "5 spans deleted")
    page.keyboard.press("Control+z")
    expect(page.locator(MARKS)).to_have_count(6)

    page.locator(".text").focus()
    page.keyboard.press("Escape")
    page.locator(".text").evaluate("text => getSelection().collapse(text, 0)")
    page.keyboard.press("ArrowRight")  # “met”, behind the first word
    page.keyboard.press("/")
    page.keyboard.type("role 12")
    page.keyboard.press("Enter")
    hear(page, "met: Role 12")
    assert list(seen(page, "spans of many labels", FEW)) == []
    saved(page)
    page.locator("#submit").click()
    expect(page.locator("#rest")).to_be_visible(timeout=20_000)
    ((answer,),) = site.query(
        "SELECT n.answer FROM projects_annotation n JOIN projects_task t ON t.id = n.task_id"
        " JOIN projects_project r ON r.id = t.project_id WHERE r.public_id = %s",
        address.split("/")[2],
    )
    said = {TEXT[one["start"] : one["end"]]: one["label"] for one in answer["spans"]}
    assert said == dict.fromkeys(["Maria", "Lima", "Oslo"], "role_11") | dict.fromkeys(
        ["Jun", "Aiko", "Rome"], "role_2"
    ) | {"met": "role_12"}


GRID = """
import json
from django.core.files.base import ContentFile
from projects.workflow import batches
from projects.configuration import configure
from projects.data import importing
from projects.models import Project
of = Project.objects.get(name="Letters to the town hall").organization
made = configure.create(of, None, name="Twelve kinds of sound", task_type="classification", wanted=1, grid=12,
    labels=[{"name": f"Sound {n}"} for n in range(1, 13)])
batch = batches.move(batches.create(made, "First", by=None), "live", by=None)
lines = [json.dumps({"external_id": f"sound-{n:02}", "payload": {"text": f"Noise {n}"}}) for n in range(12)]
importing.run(importing.keep(batch, ContentFile("\\n".join(lines).encode()), name="sounds.jsonl", by=None).pk)
print(made.public_id)
"""


def test_several_tiles_of_a_grid_get_one_class_in_one_step(site: Site, sign_in: Callable[..., Page]) -> None:
    page = sign_in(JUN)
    page.goto(f"/studio/{site.script(GRID)}/")
    expect(page.locator("#workbench")).to_be_visible()
    settle(page)
    tile, picked = page.locator(".tile__press"), page.locator(".tile[data-picked]")

    def labels() -> list[str]:
        return page.locator(".tile__label").all_inner_texts()

    tile.nth(0).focus()
    for key in ("Shift+ArrowRight", "Shift+ArrowRight", "ArrowRight", "ArrowRight", "Control+Space"):
        page.keyboard.press(key)
    expect(picked).to_have_count(4)
    hear(page, "4 selected")
    expect(tile.nth(4)).to_have_attribute("aria-label", re.compile("selected$"))
    assert labels() == ["No label"] * 12, "choosing flips nothing"
    page.keyboard.press("0")
    page.keyboard.press("3")
    hear(page, "4 images labelled Sound 12")
    expect(picked).to_have_count(0)
    assert labels() == ["Sound 12"] * 3 + ["No label", "Sound 12"] + ["No label"] * 7
    page.keyboard.press("Control+z")
    assert labels() == ["No label"] * 12, "in one step"
    tile.nth(6).click(modifiers=["ControlOrMeta"])
    tile.nth(8).click(modifiers=["Shift"])
    expect(picked).to_have_count(3)
    page.keyboard.press("/")
    page.keyboard.type("sound 7")
    page.keyboard.press("Enter")
    assert labels()[5:10] == ["No label", "Sound 7", "Sound 7", "Sound 7", "No label"]
    page.keyboard.press("Control+a")
    assert list(seen(page, "a grid that is all selected", FEW)) == []
    page.keyboard.press("Escape")
    expect(picked).to_have_count(0)
