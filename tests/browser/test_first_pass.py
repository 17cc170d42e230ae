"""A manager brings a detector by its page and lets it answer; the first pass over an image is then taken by key."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.support.assist import brought
from tests.support.browser import shapes
from tests.support.browser.site import Site
from tests.support.browser.stage import Stage
from tests.support.browser.studio import JUN
from tests.support.waiting import until

pytestmark = pytest.mark.xdist_group("studio")

MAYA = "maya@riverside.example"
LABELS = [{"name": "Thing", "hotkey": "1", "shapes": ["box"]}, {"name": "Other", "hotkey": "2", "shapes": ["box"]}]


def zipped(folder: Path) -> FilePayload:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for path in folder.rglob("*"):
            file.write(path, path.relative_to(folder))
    return {"name": "things.zip", "mimeType": "application/zip", "buffer": packed.getvalue()}


def test_a_detector_is_brought_by_page_and_its_first_pass_is_taken_and_refused_by_key(
    site: Site, sign_in: Callable[..., Page], tmp_path: Path
) -> None:
    address = shapes.make_project(site, "A first pass", labels=LABELS, copilot=True)
    maya = sign_in(MAYA)
    maya.goto("/projects/models/")
    form = maya.get_by_role("form", name="Bring a model")
    form.locator("input[type=file]").set_input_files(zipped(brought.detector_folder(tmp_path / "m")))
    form.get_by_role("button", name="Bring it").click()
    row = maya.get_by_role("row").filter(has_text="brought as things")
    name = row.get_by_role("rowheader").inner_text().split()[0]  # with a mark of whose it is
    assert re.fullmatch(r"things\+\w+@1", name)

    def answered() -> bool:
        maya.goto("/projects/models/")
        return "Answered a first question" in row.inner_text()

    until(answered)
    maya.goto(f"/projects/{address.split('/')[2]}/copilot/")
    first = maya.get_by_role("form", name="Deploy a model")
    offered = first.get_by_role("option").filter(has_text=name)  # with the day on which it came
    first.get_by_label("Model").select_option(offered.get_attribute("value"))
    first.get_by_role("button").click()
    expect(maya.get_by_role("row").filter(has_text=name).first).to_be_visible()
    expect(maya.locator("#least-slider")).to_be_visible()

    stage = Stage(sign_in(JUN), site, address)
    expect(stage.page.get_by_text("2 suggestions")).to_be_visible(timeout=60_000)
    stage.press("a")
    stage.marked(1)
    stage.press("x")
    expect(stage.page.get_by_text("1 suggestion")).to_be_hidden()
    (region,) = stage.hand_in()
    assert (region["label"], region["shape"]["type"]) == ("thing", "box")

    def outcomes() -> set[str]:
        rows = site.query("SELECT outcome FROM assist_suggestion WHERE project_key = %s", address.split("/")[2])
        return {outcome for (outcome,) in rows}

    until(lambda: outcomes() == {"accepted", "refused"}, why=outcomes)
