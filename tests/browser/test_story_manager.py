"""A manager's first day: she makes a project, renames a label, loads an Excel table, publishes, reads on the overview
that a review waits, withdraws a label that is in use, and exports twice what is decided and what isn't."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.programs import program
from tests.support.browser.site import Site
from tests.support.waiting import until

pytestmark = pytest.mark.xdist_group("browser")

MAYA, LEO = "maya@riverside.example", "leo@riverside.example"
NAME = "First day of a manager"
PAY = "$0.05 + $0.01 per word"
TEXTS = {"007": "Ada met Bo in Oslo.", "008": "Bo left Rome."}


def workbook() -> bytes:
    """Two rows whose ids begin with zeros."""
    book, packed = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    sheet.append(["id", "text"])
    for row in TEXTS.items():
        sheet.append(row)
    book.save(packed)
    return packed.getvalue()


def test_a_managers_first_day(site: Site, sign_in: Callable[..., Page], tmp_path: Path) -> None:
    maya, leo = sign_in(MAYA), sign_in(LEO)
    project = make(maya)
    rename_a_label(maya, project)
    load_a_workbook(maya, project)
    publish(maya, leo, project)
    disagree(site, project.split("/")[2])
    see_the_review(maya)
    withdraw_a_label(maya, project)
    export(maya, project, tmp_path)


def make(page: Page) -> str:
    page.goto("/projects/new/")
    page.get_by_label("Name", exact=True).first.fill(NAME)
    page.get_by_label("Spans in texts").check()
    for number, label in enumerate(("Person", "Car")):
        page.fill(f"input[name=labels-{number}-name]", label)
        page.fill(f"input[name=labels-{number}-hotkey]", str(number + 1))
    page.fill("textarea[name=instructions]", "Mark names.")
    page.fill("input[name=wanted]", "2")
    page.fill("input[name=most]", "2")
    page.fill("input[name=rate]", "0.05")
    page.fill("input[name=unit_rate]", "0.01")
    page.get_by_role("button", name="Make the project").click()
    page.wait_for_url(re.compile(r"/projects/[0-9a-f-]{36}/"))
    project = "/projects/" + page.url.split("/projects/")[1].split("/")[0] + "/"
    page.goto(project)
    expect(page.locator("main")).to_contain_text(PAY)
    return project


def rename_a_label(page: Page, project: str) -> None:
    """Before there are data, the key follows the name."""
    page.goto(f"{project}settings/")
    page.locator("#id_labels-1-name").fill("City")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messages")).to_contain_text("Saved")
    expect(page.locator("#id_labels-1-key")).to_have_value("city")


def load_a_workbook(page: Page, project: str) -> None:
    """Twice: the second time nothing of it is new."""
    content = workbook()
    for loaded in ("Loaded: 2 new tasks", "Nothing new: its 2 rows were here already."):
        page.goto(f"{project}load/")
        page.set_input_files(
            "input[type=file]",
            {"name": "texts.xlsx", "mimeType": "application/octet-stream", "buffer": content},
        )
        page.get_by_role("button", name="Load").click()
        expect(page.get_by_role("status").first).to_contain_text(loaded, timeout=60_000)


def publish(page: Page, leo: Page, project: str) -> None:
    leo.goto("/")
    expect(leo.locator("main")).not_to_contain_text(NAME)
    page.goto(project)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("status").filter(has_text="Published")).to_be_visible()
    leo.goto("/")
    expect(leo.locator("main")).to_contain_text(NAME)
    expect(leo.locator("main")).to_contain_text(PAY)


def disagree(site: Site, project: str) -> None:
    """Leo and Amina agree about one text; about the other they don't, and no third answer may be asked for."""
    for name in ("leo", "amina"):
        with program(site, name, "label") as tasker:
            claim = tasker.ask("POST", f"projects/{project}/claim/")
            while claim["assignment"]:
                assignment = claim["assignment"]
                text = assignment["task"]["payload"]["text"]
                place = "Rome" if "Rome" in text else "Oslo"
                label = "person" if place == "Rome" and name == "amina" else "city"
                start = text.index(place)
                span = {"id": "s", "start": start, "end": start + 4, "label": label, "provenance": {"source": "human"}}
                body = {"token": assignment["token"], "answer": {"spans": [span]}}
                claim = tasker.ask("POST", f"assignments/{assignment['id']}/submit/", json=body)


def see_the_review(page: Page) -> None:
    """The overview of all projects says what there is to do."""

    row = page.get_by_role("row").filter(has_text=NAME)

    def listed() -> str:  # once a worker has considered the answers
        page.goto("/projects/overview/")
        return row.first.inner_text() if row.count() else ""

    until(lambda: "review" in listed(), why=listed)
    assert "Nothing to do" not in row.first.inner_text()


def withdraw_a_label(page: Page, project: str) -> None:
    """Two answers depend on it, so it isn't taken away before she says what becomes of them."""
    page.goto(f"{project}settings/")
    city = page.locator("[data-labels] [data-rows] > [data-row]").nth(1)
    expect(city.get_by_label("Name")).to_have_value("City")
    city.get_by_role("button", name="Take away").last.click()
    page.get_by_role("button", name="Save", exact=True).click()
    question = page.get_by_label("What becomes of “City”?")
    expect(page.locator("#removed-title")).to_be_visible()
    question.select_option("retire")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messages")).to_contain_text("Saved")


def export(page: Page, project: str, folder: Path) -> None:
    """The decided row names its label although it is retired; the undecided answers come along marked as such."""
    for attempt in ("first", "second"):
        rows = download(page, project, folder / f"{attempt}.jsonl", undecided=False)
        assert [row["external_id"] for row in rows] == ["007"]
        assert [span["label"] for span in rows[0]["answer"]["spans"]] == ["city"]
        assert rows[0]["labels"]["city"] == "City", "the key is for programs, the name goes with it"
        rows = download(page, project, folder / f"{attempt}-all.jsonl", undecided=True)
        assert sorted({row["external_id"] for row in rows}) == ["007", "008"]


def download(page: Page, project: str, path: Path, *, undecided: bool) -> list[dict]:
    page.goto(f"{project}export/")
    form = page.locator("form[action$='/export/jsonl/']")
    form.get_by_role("checkbox").first.set_checked(undecided)
    with page.expect_download() as waiting:
        form.get_by_role("button").click()
    waiting.value.save_as(path)
    return [json.loads(line) for line in path.read_text().splitlines()]
