"""A manager's forms in a real browser: her first day with a text project, and every type's main forms as they stand.
tests/test_forms.py sends all the others without a browser."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.support.browser.looks import FEW, seen
from tests.support.browser.site import Site

pytestmark = pytest.mark.xdist_group("browser")

MAYA, LEO = "maya@riverside.example", "leo@riverside.example"
NAME = "Letters of the first day"
FAULTS = "[data-faults]"
ASKED = """SELECT attributes FROM projects_label l JOIN projects_project p ON p.id = l.project_id
    WHERE p.public_id = %s ORDER BY l.position"""


def told(page: Page, words: str, box: str) -> None:
    """The page says so at its top, where the focus is; the link leads to the field."""
    faults = page.locator(FAULTS).first
    expect(faults).to_be_focused()
    faults.get_by_role("link", name=words).click()
    expect(page.locator(box)).to_be_focused()
    expect(page.locator(box)).to_be_in_viewport()


def save(page: Page, name: str = "Save") -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_a_managers_first_day_with_a_text_project(site: Site, sign_in: Callable[..., Page]) -> None:
    maya = sign_in(MAYA)
    address = makes_it(maya)
    (role, deceased), nothing = (asked for (asked,) in site.query(ASKED, address.split("/")[2]))
    assert (role["choices"], deceased["required"], nothing) == (["judge", "witness"], True, [])
    assert (role["default"], deceased["default"]) == ("witness", False)
    loads_it(maya, address)
    changes_it_in_two_tabs(maya, address)
    maya.goto(address)
    assert list(seen(maya, "the checklist")) == []
    maya.get_by_role("button", name="Publish").click()
    expect(maya.get_by_role("status").filter(has_text="Published")).to_be_visible()
    presses_something_else_meanwhile(maya, address)
    sets_its_terms(maya, address)
    leo = sign_in(LEO)
    leo.goto(address.replace("/projects/", "/studio/"))
    expect(leo.locator("#workbench")).to_be_visible()
    expect(leo.locator("main, #workbench").first).to_contain_text("Human being")


def makes_it(page: Page) -> str:
    """She forgets one thing after the other, and is told each at the top."""
    page.goto("/projects/new/")
    page.get_by_label("Spans in texts").check()
    save(page, "Make the project")
    told(page, "Name: This field is required.", "#id_name")
    page.keyboard.type(NAME)
    page.locator("#id_rate").fill("much")
    save(page, "Make the project")
    told(page, "Pay per accepted judgement, in USD: Enter a number.", "#id_rate")
    page.locator("#id_rate").fill("0.02")
    save(page, "Make the project")
    told(page, "Without a label nothing can be marked: add one.", "#id_labels-0-name")
    page.keyboard.type("Person")
    page.locator("#id_labels-0-hotkey").fill("s")
    page.locator("#id_labels-1-name").fill("Place")
    save(page, "Make the project")
    said = page.locator(".labels__fault")
    expect(said).to_contain_text("S is the studio's own key")
    height = said.evaluate(
        "fault => fault.getBoundingClientRect().height / parseFloat(getComputedStyle(fault).lineHeight)"
    )
    assert height < 2.5, "a hotkey's fault wrapped one word a line"
    told(page, "S is the studio's own key", "#id_labels-0-hotkey")
    page.locator("#id_labels-0-hotkey").fill("1")
    asks_of_marks(page)
    save(page, "Make the project")
    page.wait_for_url(re.compile(r"/projects/[0-9a-f-]{36}/load/"))
    return "/projects/" + page.url.split("/projects/")[1].split("/")[0] + "/"


def asks_of_marks(page: Page) -> None:
    """Attributes by keyboard alone; a choice that has but one is said at its box."""
    label = page.locator("[data-labels] [data-row]").first
    label.locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.type("Role")
    page.keyboard.press("Enter")
    page.keyboard.type("witness")
    save(page, "Make the project")
    told(page, "A choice is between two to fifty different words.", "#id_labels-0-attributes-at-fault")
    page.keyboard.press("Enter")
    page.keyboard.type("judge")
    page.keyboard.press("Alt+ArrowUp")
    expect(label.locator("[data-option] input").first).to_have_value("judge")
    expect(label.locator("[data-attribute-fault]")).to_have_count(0)
    for _empty_last in range(3):
        page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.type("Deceased")
    page.keyboard.press("Tab")
    page.keyboard.type("yes")
    label.get_by_label("Required").last.check()
    label.locator("[data-part=chosen]").first.select_option("witness")
    label.locator("[data-part=chosen]").last.select_option("no")
    expect(label.locator("summary")).to_contain_text("Role, Deceased")
    assert list(seen(page, "attributes", FEW)) == []


def loads_it(page: Page, address: str) -> None:
    page.locator("#id_batch_name").fill("")
    lines = "\n".join(json.dumps({"external_id": f"letter-{n}", "text": f"Dear Ada, letter {n}."}) for n in range(3))
    page.set_input_files("input[type=file]", {"name": "a.jsonl", "mimeType": "text/plain", "buffer": lines.encode()})
    save(page, "Load")
    told(page, "Name of the new batch", "#id_batch_name")  # the answer came by htmx, into the page
    page.keyboard.type("First letters")
    page.set_input_files("input[type=file]", {"name": "a.jsonl", "mimeType": "text/plain", "buffer": lines.encode()})
    save(page, "Load")
    expect(page.get_by_role("status").first).to_contain_text("Loaded: 3 new tasks", timeout=60_000)


def changes_it_in_two_tabs(page: Page, address: str) -> None:
    """As it stands it is saved; then another tab with old labels is told everything before it may put them back."""
    page.goto(f"{address}settings/")
    save(page)
    expect(page.get_by_role("status").first).to_have_text("Saved.")
    stale = page.context.new_page()
    stale.goto(f"{address}settings/")
    page.locator("#id_labels-0-name").fill("Human being")
    page.locator("#id_wanted").fill("1")
    page.locator("#id_agreement").fill("75.5")
    save(page)
    expect(page.get_by_role("status").first).to_have_text("Saved as version 2.")
    stale.locator("#id_rate").fill("0.03")
    save(stale)
    notice = stale.locator(FAULTS)
    expect(notice).to_be_focused()
    for words in ("in another tab", "Judgements per task", "Agreement that decides", "Changed labels: Human being"):
        expect(notice).to_contain_text(words)
    stale.close()


def presses_something_else_meanwhile(page: Page, address: str) -> None:
    """Nothing below the form is done over changes that aren't saved, unless she says so; unchanged, nobody asks."""
    asked: list[str] = []

    def stays(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stays)
    page.goto(f"{address}settings/")
    page.locator("#id_rate").fill("0.04")
    with page.expect_event("dialog"):
        page.get_by_role("button", name="Pause the project").click()
    expect(page.locator("#id_rate")).to_have_value("0.04")
    page.locator("#id_rate").fill("-1")
    save(page)
    expect(page.locator(FAULTS)).to_be_focused()
    with page.expect_event("dialog"):  # what came back to be mended isn't saved either
        page.get_by_role("link", name="Projects", exact=True).first.click()
    page.locator("#id_rate").fill("0.02")
    save(page)
    expect(page.get_by_role("status").first).to_contain_text("Saved")
    page.locator("#id_rate").fill("0.04")
    page.locator("#id_rate").fill("0.02")
    page.get_by_role("link", name="Projects", exact=True).first.click()
    page.wait_for_url("**/projects/")
    assert asked == ["beforeunload"] * 2
    page.remove_listener("dialog", stays)


def sets_its_terms(page: Page, address: str) -> None:
    page.goto(f"{address}rules/")
    page.locator("#id_daily_tasks").fill("0")
    save(page)
    told(page, "Tasks per person and day", "#id_daily_tasks")
    page.locator("#id_daily_tasks").fill("40")
    save(page)
    expect(page.get_by_role("status").first).to_contain_text("Saved")
    page.goto(f"{address}copilot/")
    page.locator("#id_control_share").fill("60")
    save(page)
    told(page, "Without the copilot, %", "#id_control_share")
    page.locator("#id_control_share").fill("12.5")
    save(page)
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    page.goto(f"{address}course/")
    page.locator("#id_training_tasks").fill("2")
    save(page)
    told(page, "Name the skill that passing gives.", "#id_skill_name")


def test_the_main_forms_of_every_task_type_are_saved_as_they_stand(site: Site, sign_in: Callable[..., Page]) -> None:
    page = sign_in(MAYA)
    page.goto("/projects/new/")
    page.locator("#id_name").fill("Pairs and whether they are safe")
    page.get_by_label("Which of two answers or images is better").check()
    asked = page.locator("[data-asked][data-collected]")
    asked.get_by_role("button", name="Add a field").click()
    page.keyboard.type("Safe")
    save(page, "Make the project")
    told(page, "“Safe” takes a choice, and there is no label to choose", "#field-at-fault")
    expect(asked.locator("[data-row-fault]")).to_be_visible()
    expect(asked.get_by_label("Counts in the decision")).to_be_hidden()
    for index, name in enumerate(("Yes", "No")):
        page.locator(f"#id_labels-{index}-name").fill(name)
        page.locator(f"#id_labels-{index}-field").fill("Safe")
    save(page, "Make the project")
    page.wait_for_url(re.compile(r"/projects/[0-9a-f-]{36}/load/"))
    rows = site.query(
        "SELECT DISTINCT ON (task_type) task_type, public_id FROM projects_project ORDER BY task_type, id"
    )
    assert {task_type for task_type, _key in rows} == {"image_regions", "text_spans", "classification", "preference"}
    for task_type, key in rows:
        for part in ("settings", "rules", "course", "copilot"):
            page.goto(f"/projects/{key}/{part}/")
            if part == "copilot" and task_type == "preference":
                continue  # it has no copilot: the page says so, and has no form
            save(page)
            expect(page.locator(".messages"), f"{part} of {task_type}").to_contain_text("Saved.")
            expect(page.locator(FAULTS)).to_have_count(0)
    page.goto("/profile/")
    save(page)
    expect(page.locator(".messages")).to_contain_text("Saved")
