"""A manager's many labels: pasted as a list, previewed, found by searching, saved, and offered to a tasker."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import shapes
from tests.support.browser.looks import FEW, seen
from tests.support.browser.site import Site
from tests.support.browser.stage import Stage
from tests.support.browser.studio import JUN

pytestmark = pytest.mark.xdist_group("browser")

MAYA = "maya@riverside.example"
SCREEN = 900  # pixels
PAGE_HEIGHT = "document.documentElement.scrollHeight"
KINDS = "name;color;shapes\n" + "\n".join(f"Kind {place};#1971c2;box mask" for place in range(1, 66))
PARTS = [{"name": "Part", "shapes": ["box"], "hotkey": "1"}]
ROWS = "[data-labels] [data-rows] > [data-row]"


def test_sixty_five_labels_are_pasted_found_saved_and_offered(site: Site, sign_in: Callable[..., Page]) -> None:
    studio = shapes.make_project(site, "Sixty-five kinds", labels=PARTS)
    settings = f"{studio.replace('/studio/', '/projects/')}settings/"
    page = sign_in(MAYA)
    page.goto(settings)
    height = page.evaluate(PAGE_HEIGHT)
    page.get_by_text("Labels as a list", exact=True).click()
    page.get_by_label("Paste a list").fill(f"{KINDS}\nKind 7;;\nPart;;circle\n")
    page.get_by_role("button", name="Preview the list").click()
    preview = page.locator("#label-list-preview")
    expect(preview).to_contain_text("Line 67 “Kind 7”, name: “Kind 7” in line 8 has the same name")
    expect(preview).to_contain_text("Line 68 “Part”, shapes: Use these shapes")
    expect(page.locator(ROWS)).to_have_count(1)
    assert list(seen(page, "a preview", FEW)) == []
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Preview the list").scroll_into_view_if_needed()
    bar, shown = page.locator(".form__actions--foot").bounding_box(), preview.bounding_box()
    assert bar and shown and bar["y"] >= shown["y"] + shown["height"], "the bar covers no preview"
    page.set_viewport_size({"width": 1440, "height": 900})

    changed = b"- name: Part\n  hotkey: '2'\n"
    page.get_by_label("Or load a file").set_input_files(
        {"name": "labels.yaml", "mimeType": "application/yaml", "buffer": KINDS.encode("utf-16")}
    )
    expect(page.get_by_text("The file isn't encoded as UTF-8")).to_be_visible()
    preview.get_by_role("button", name="Put into the table").click()
    expect(page.locator(ROWS)).to_have_count(66)
    expect(page.get_by_label("Search the labels")).to_be_focused()
    page.get_by_label("Or load a file").set_input_files(
        {"name": "labels.yaml", "mimeType": "application/yaml", "buffer": changed}
    )
    expect(page.get_by_label("Paste a list")).to_have_value(changed.decode())
    page.get_by_role("button", name="Preview the list").click()
    expect(preview).to_contain_text("Part (hotkey: 2)")
    preview.get_by_role("button", name="Put into the table").click()
    page.get_by_text("Labels as a list", exact=True).click()

    assert set(page.locator(ROWS).evaluate_all("rows => rows.map((row) => row.offsetHeight < 45)")) == {True}
    assert page.locator("[data-labels-part]").evaluate("part => part.offsetHeight") < SCREEN
    assert page.evaluate(PAGE_HEIGHT) < height + SCREEN
    page.get_by_label("Search the labels").fill("kind 6")
    expect(page.locator(ROWS).and_(page.locator(":visible"))).to_have_count(12)
    expect(page.get_by_text("12 of 66 labels")).to_be_visible()
    page.locator(ROWS).and_(page.locator(":visible")).last.get_by_label("Name").fill("The last kind")
    page.locator(ROWS).last.get_by_label("Name").press("Alt+ArrowUp")
    assert list(seen(page, "the table", FEW)) == []
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messages")).to_contain_text("Saved")
    expect(page.locator(ROWS)).to_have_count(66)
    expect(page.locator("#id_labels-64-name")).to_have_value("The last kind")

    stage = Stage(sign_in(JUN), site, studio)
    labels = stage.page.locator(".palette__label")
    expect(labels).to_have_count(66)
    expect(labels.first).to_contain_text("Part")
    expect(labels.nth(64)).to_contain_text("The last kind")
