"""Classification in a real Chromium: fields, the grid and the reviewer's table, by keyboard, and through every mishap.

All of it is Jun's work on the demo's letters and washers. One tasker's answers alone decide nothing and earn nothing.
"""

from collections.abc import Callable
from contextlib import suppress

import pytest
from playwright.sync_api import Error, Page, expect

from tests.support.browser.classification import LETTERS, MANAGER, WASHERS, fill_in, handed_in, open_studio, tiles
from tests.support.browser.looks import faults, seen
from tests.support.browser.site import Site
from tests.support.browser.studio import JUN, kept_here, lose_network, painted, submit, taken

pytestmark = pytest.mark.xdist_group("browser")

PATH = ".asked__path"


@pytest.fixture
def jun(site: Site, sign_in: Callable[..., Page]) -> Page:
    return sign_in(JUN)


FILLED = {"subject": ["streets", "lamp"], "tone": "plain", "mentions": ["address", "money"], "urgency": 4}


def test_every_kind_of_field_is_filled_in_by_keyboard_alone(site: Site, jun: Page) -> None:
    name = open_studio(jun, site, LETTERS)
    hurts = jun.get_by_label("What hurts most")
    fill_in(jun)
    expect(hurts).to_be_hidden()
    jun.keyboard.press("Escape")
    jun.keyboard.press("a")  # angry: one more field is asked
    expect(hurts).to_be_visible()
    jun.set_viewport_size({"width": 1280, "height": 600})
    jun.keyboard.press("Control+Enter")  # it is open still, so it takes the focus instead
    expect(hurts).to_be_focused()
    expect(jun.locator(".asked__fault:not([hidden])")).to_be_in_viewport(ratio=1)
    jun.keyboard.type("three dark lamps")
    before = jun.locator("#task-name").inner_text()
    jun.keyboard.press("Control+Enter")
    expect(jun.locator("#task-name")).not_to_have_text(before)
    taken(jun)
    assert handed_in(site, LETTERS, name) == [FILLED | {"tone": "angry", "what_hurts_most": "three dark lamps"}]


def test_a_letter_is_read_in_the_size_that_jun_chose(site: Site, jun: Page) -> None:
    open_studio(jun, site, LETTERS)
    size = "one => parseFloat(getComputedStyle(one).fontSize)"
    text = jun.locator(".reading")
    assert text.evaluate(size) == 18
    jun.keyboard.press("+")
    jun.get_by_role("button", name="Larger").click()
    assert text.evaluate(size) == 24
    expect(jun.locator("#said")).to_contain_text("Text at 133 %")
    jun.keyboard.press("?")
    expect(jun.get_by_role("dialog")).to_contain_text("Larger text")
    jun.keyboard.press("Escape")
    jun.reload()
    expect(jun.locator("#workbench")).to_be_visible()
    assert text.evaluate(size) == 24, "kept on this machine"
    assert list(seen(jun, "a letter in large type")) == []
    jun.keyboard.press("-")
    assert text.evaluate(size) == 21


def test_the_tree_is_walked_by_arrows_and_a_hidden_field_is_not_handed_in(site: Site, jun: Page) -> None:
    name = open_studio(jun, site, LETTERS)
    expect(jun.get_by_role("tree")).to_be_focused()
    jun.keyboard.press("y")  # on arrival letters are the studio's keys
    expect(jun.get_by_label("Friendly")).to_be_checked()
    jun.get_by_role("tree").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "Enter"):
        jun.keyboard.press(key)
    expect(jun.locator(PATH)).to_have_text("Waste › Bins not emptied")
    jun.keyboard.press("Tab")
    jun.keyboard.press("a")
    jun.get_by_label("What hurts most").fill("The smell.")
    jun.keyboard.press("Escape")
    jun.keyboard.press("y")  # friendly after all: what hurts is not asked
    jun.get_by_label("Urgency").fill("2")
    jun.keyboard.press("Escape")
    submit(jun)
    assert handed_in(site, LETTERS, name) == [{"subject": ["waste", "bins"], "tone": "friendly", "urgency": 2}]


def test_each_choice_and_each_stretch_of_typing_is_one_step_to_undo(site: Site, jun: Page) -> None:
    open_studio(jun, site, LETTERS)
    jun.keyboard.type("/lam")
    jun.keyboard.press("Enter")
    jun.keyboard.press("Tab")
    jun.keyboard.press("a")
    hurts = jun.get_by_label("What hurts most")
    hurts.press_sequentially("dark")
    jun.keyboard.press("Escape")
    jun.keyboard.press("Control+z")
    expect(hurts).to_have_value("")
    jun.keyboard.press("Control+z")
    expect(hurts).to_be_hidden()
    jun.keyboard.press("Control+z")
    expect(jun.locator(PATH)).to_contain_text("Nothing chosen yet")
    for _ in range(3):
        jun.keyboard.press("Control+Shift+z")
    expect(jun.locator(PATH)).to_have_text("Streets and lights › Lamp")
    expect(hurts).to_have_value("dark")
    jun.get_by_label("Urgency").fill("1")
    jun.keyboard.press("Escape")
    submit(jun)  # so that the next test begins with a fresh letter


def test_offline_reloaded_and_submitted_twice_is_one_annotation(site: Site, jun_on_a_train: Page) -> None:
    page = jun_on_a_train
    name = open_studio(page, site, LETTERS)
    lose_network(page)
    page.locator("[role=tree]").focus()
    fill_in(page)
    expect(page.locator("#saved-mark")).to_have_attribute("data-state", "offline", timeout=10_000)
    kept_here(page)
    page.context.set_offline(False)
    page.reload()
    expect(page.locator("#task-name")).to_have_text(name)
    expect(page.get_by_label("Urgency")).to_have_value("4")
    lose_network(page)
    page.get_by_label("Plain").focus()
    page.keyboard.press("p")
    page.keyboard.press("Enter")
    expect(page.locator("#notes")).to_contain_text("Waiting for the network")
    page.keyboard.press("Enter")
    page.context.set_offline(False)
    expect(page.locator("#task-name")).not_to_have_text(name, timeout=30_000)
    taken(page)
    assert [one["tone"] for one in handed_in(site, LETTERS, name)] == ["plain"]


def test_a_tab_that_is_killed_in_mid_work_loses_nothing(site: Site, jun_on_a_train: Page) -> None:
    page = jun_on_a_train
    name = open_studio(page, site, LETTERS)
    page.locator("[role=tree]").focus()
    fill_in(page)
    kept_here(page)
    with suppress(Error):
        page.goto("chrome://crash")
    again = page.context.new_page()
    assert open_studio(again, site, LETTERS) == name
    expect(again.locator(PATH)).to_have_text("Streets and lights › Lamp")
    expect(again.get_by_label("Urgency")).to_have_value("4")
    again.get_by_label("Plain").focus()
    again.keyboard.press("p")
    submit(again)
    assert [one["subject"] for one in handed_in(site, LETTERS, name)] == [["streets", "lamp"]]


SINGLE = """
from projects.workflow import batches
from projects.configuration import configure
from projects.data import importing
from projects.models import Project
from django.core.files.base import ContentFile
from taskers.models import Organization
of = Project.objects.get(name="Letters to the town hall").organization
made = configure.create(of, None, name="Moods", task_type="classification", wanted=2, file_order=True,
    labels=[{"name": "Glad", "hotkey": "g"}, {"name": "Sad"}])
batch = batches.move(batches.create(made, "First", by=None), "live", by=None)
importing.run(importing.keep(batch, ContentFile(b"Good.\\nBad.\\nSo so.\\n"), name="moods.txt", by=None).pk)
"""


def test_choosing_hands_in_at_once_for_whoever_asks_for_it(site: Site, jun: Page) -> None:
    site.script(SINGLE)
    first = open_studio(jun, site, "Moods")
    jun.keyboard.press("g")
    expect(jun.get_by_label("Glad")).to_be_checked()
    jun.wait_for_timeout(300)  # time is what is asked here: whether a choice goes off by itself
    expect(jun.locator("#task-name")).to_have_text(first)  # nobody asked for it yet
    jun.get_by_label("Submit as soon as I press a choice's key").check()
    jun.keyboard.press("2")
    expect(jun.locator("#task-name")).not_to_have_text(first)
    taken(jun)
    second = jun.locator("#task-name").inner_text()
    jun.keyboard.down("g")
    expect(jun.locator("#task-name")).not_to_have_text(second)
    taken(jun)
    third = jun.locator("#task-name").inner_text()
    jun.keyboard.down("g")  # the same press still: held down it answers no second task
    expect(jun.get_by_label("Glad")).not_to_be_checked()
    expect(jun.locator("#task-name")).to_have_text(third)
    jun.keyboard.up("g")
    assert [handed_in(site, "Moods", name) for name in (first, second)] == [[{"label": "sad"}], [{"label": "glad"}]]
    with jun.expect_response(lambda answer: answer.request.method != "GET"):  # Jun's own wish, in every project
        jun.get_by_label("Submit as soon as I press a choice's key").uncheck()


# --- the grid ----------------------------------------------------------------------------------------------------

ORDER = ["good", "chipped", "missing"]


def proposed(site: Site, names: list[str]) -> list[str | None]:
    """What each tile begins with, by key."""
    rows = site.query(
        "SELECT left(t.public_id::text, 8), t.payload->'proposed' FROM projects_task t"
        " JOIN projects_project r ON r.id = t.project_id WHERE r.name = %s",
        WASHERS,
    )
    said = {name: next(iter(value.values())).lower() if value else None for name, value in rows}
    return [said[name] for name in names]


def test_a_grid_of_24_is_decided_by_keyboard_alone(site: Site, jun: Page) -> None:
    open_studio(jun, site, WASHERS)
    names = tiles(jun)
    assert len(names) == 24
    expected = proposed(site, names)
    columns = jun.evaluate(
        "(all => all.filter(one => one.offsetTop === all[0].offsetTop).length)([...document.querySelectorAll('.tile')])"
    )
    for key in ("ArrowRight", "ArrowRight", "Space", "ArrowDown", "c", "ArrowLeft", "Shift+Space", "Control+z"):
        jun.keyboard.press(key)
    jun.keyboard.press("Control+Shift+z")
    flipped = expected[2]
    expected[2] = ORDER[0] if flipped is None else ORDER[(ORDER.index(flipped) + 1) % 3]
    expected[2 + columns] = "chipped"
    back = expected[1 + columns]
    expected[1 + columns] = ORDER[0] if back is None else ORDER[(ORDER.index(back) - 1) % 3]
    commonest = max(ORDER, key=lambda key: (expected.count(key), -ORDER.index(key)))
    jun.keyboard.press("f")
    expected = [one or commonest for one in expected]
    jun.keyboard.press("Enter")
    expect(jun.locator(".tile__press").first).not_to_have_attribute(
        "aria-label", f"1 of 24, {names[0]}", timeout=15_000
    )
    expect(jun.locator("#said")).to_contain_text("Next task")
    jun.wait_for_function("name => !document.querySelector('.tiles')?.textContent.includes(name)", arg=names[0])
    found = [handed_in(site, WASHERS, name) for name in names]
    assert found == [[{"label": value}] for value in expected]


def test_one_of_a_grid_that_was_taken_back_keeps_none_of_the_others(
    site: Site, jun: Page, sign_in: Callable[..., Page]
) -> None:
    open_studio(jun, site, WASHERS)
    lost, *names = tiles(jun)
    ((task,),) = site.query(
        "SELECT t.public_id FROM projects_task t JOIN projects_project r ON r.id = t.project_id"
        " WHERE r.name = %s AND left(t.public_id::text, 8) = %s",
        WASHERS,
        lost,
    )
    maya = sign_in(MANAGER)
    maya.goto(f"/projects/tasks/{task}/")
    maya.get_by_role("button", name="Take back").click()
    jun.keyboard.press("f")
    jun.keyboard.press("Enter")
    expect(jun.locator("#notes")).to_contain_text("One was not taken")
    assert [len(handed_in(site, WASHERS, name)) for name in names] == [1] * len(names)
    assert handed_in(site, WASHERS, lost) == []


# --- looks -------------------------------------------------------------------------------------------------------


def test_axe_finds_nothing_in_any_state(site: Site, sign_in: Callable[..., Page]) -> None:
    page = sign_in(JUN)
    open_studio(page, site, LETTERS)
    found = list(seen(page, "nothing chosen"))
    page.locator("[role=tree]").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("a")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".asked__fault:not([hidden])").first).to_be_visible()
    found += seen(page, "fields with faults")
    open_studio(page, site, WASHERS)
    tiles(page)
    page.keyboard.press("Space")
    found += seen(page, "a grid")
    page.keyboard.press("z")
    expect(page.locator(".closer__subject canvas").first).to_be_visible()
    found += seen(page, "a tile closer")
    assert found == []


def test_two_fingers_bring_an_image_closer(site: Site, sign_in: Callable[..., Page]) -> None:
    page = sign_in(JUN, has_touch=True)
    open_studio(page, site, WASHERS)
    tiles(page)
    page.keyboard.press("z")
    stage = page.locator(".closer__subject .stage__view")
    canvas = stage.locator("canvas:first-child")
    before = painted(canvas)
    box = stage.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    hand = page.context.new_cdp_session(page)

    def fingers(kind: str, apart: float) -> None:
        points = [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}]
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points if apart else []})

    fingers("touchStart", 40)
    for apart in (60, 80, 120):
        fingers("touchMove", apart)
    fingers("touchEnd", 0)
    assert painted(canvas) != before


def test_fields_are_made_in_rows_by_keyboard(site: Site, sign_in: Callable[..., Page]) -> None:
    page = sign_in(MANAGER)
    page.goto("/projects/new/")
    page.get_by_label("Name", exact=True).first.fill("Pastures")
    page.check("input[value=classification]")
    labels = page.locator("[data-labels] [data-rows] > li")
    labels.nth(0).locator("[name$=-name]").fill("Animal")
    labels.nth(1).locator("[name$=-name]").fill("Thing")
    rows = page.locator("[data-asked] [data-row]")
    rows.nth(0).locator("[data-part=name]").fill("Subject")
    page.keyboard.press("Enter")
    page.keyboard.type("Legs")
    page.keyboard.press("Tab")
    page.keyboard.type("a num")
    rows.nth(1).locator("[data-part=min]").fill("8")
    rows.nth(1).locator("[data-part=max]").fill("0")
    rows.nth(1).locator("[data-part=field]").select_option("Subject")
    rows.nth(1).locator("[data-part=is]").select_option("animal")
    rows.nth(1).locator("[data-part=name]").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("Remark")
    rows.nth(2).locator("[data-part=kind]").select_option("text")
    rows.nth(2).locator("[data-part=required]").uncheck()
    page.keyboard.press("Alt+ArrowUp")
    expect(rows.nth(1).locator("[data-part=name]")).to_have_value("Remark")
    page.get_by_role("button", name="Make the project").click()
    expect(rows.nth(2).locator("[data-row-fault]")).to_contain_text("from less to more")  # at its row
    assert faults(page) == []
    rows.nth(2).locator("[data-part=min]").fill("0")
    rows.nth(2).locator("[data-part=max]").fill("8")
    labels.nth(1).locator("[name$=-field]").fill("subject")
    rows.nth(0).locator("[data-part=name]").fill("Topic")  # what hangs on it goes with it
    expect(labels.nth(1).locator("[name$=-field]")).to_have_value("Topic")
    assert page.locator("#fields-of-choices option").evaluate_all("all => all.map((one) => one.value)") == ["Topic"]
    page.get_by_role("button", name="Make the project").click()
    page.wait_for_url("**/load/")
    ((fields,),) = site.query(
        "SELECT s.fields FROM projects_projectsettings s JOIN projects_project r ON r.id = s.project_id"
        " WHERE r.name = 'Pastures'"
    )
    assert [(one["key"], one["kind"], one["required"]) for one in fields] == [
        ("topic", "choice", True),
        ("remark", "text", False),
        ("legs", "number", True),
    ]
    assert (fields[2]["when"], fields[2]["min"], fields[2]["max"]) == ({"field": "topic", "is": "animal"}, 0, 8)
