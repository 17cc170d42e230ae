"""Preferences in a real Chromium: pairs judged by keyboard in either order, through mishaps, and compared in review."""

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Browser, Error, Locator, Page, Response, expect

from tests.support.browser.classification import open_studio
from tests.support.browser.looks import FEW, faults, seen
from tests.support.browser.quiet import listen, settle
from tests.support.browser.signing_in import enter
from tests.support.browser.site import Site
from tests.support.browser.studio import JUN, kept_here, lose_network, painted, saved, submit, taken
from tests.support.browser.weight import MOST, later
from tests.support.waiting import until

pytestmark = pytest.mark.xdist_group("browser")

LEO, PRIYA, MAYA = "leo@riverside.example", "priya@riverside.example", "maya@riverside.example"
A, B, EQUAL = 0, 1, 2
ANSWERS, PICTURES = "Answers to residents", "Better scans"
LONG = "The lamps on Harbor Street are checked twice a year. " * 60
MARKUP = "<b onclick=alert(1)>Rayleigh</b> scattering & more"

MAKE = """
import json
from django.core.files.base import ContentFile
from projects.workflow import batches
from projects.configuration import configure
from projects.data import importing
from projects.models import Asset, Project
of = Project.objects.get(name="Letters to the town hall").organization
def pairs(name, rows, **terms):
    made = configure.create(of, None, name=name, task_type="preference", file_order=True, **terms)
    batch = batches.move(batches.create(made, "First", by=None), "live", by=None)
    lines = "\\n".join(json.dumps(one) for one in rows).encode()
    done = importing.run(importing.keep(batch, ContentFile(lines), name="pairs.jsonl", by=None).pk)
    assert done.refused == 0, done.errors
pairs("Answers to residents", %(texts)s, wanted=2, fields=[{"name": "Reason", "kind": "text", "required": False}])
one, two = Asset.objects.filter(organization=of).order_by("pk")[:2]
scan = lambda asset, item: {"asset": asset.sha256, "name": f"{item}.png", "item": item}
pairs("Better scans", [{"first": scan(one, "old"), "second": scan(two, "new")} | asked
      for asked in ({}, {"prompt": "Sharper?"}, {"prompt": "Brighter?"})], wanted=2)
"""


@pytest.fixture(scope="module")
def pairs(site: Site) -> Site:
    """A project of texts with markup in them, and one of images."""
    texts = [
        {"external_id": f"q-{number}", "prompt": f"Question {number}: why is the sky blue?", "second": LONG}
        | {"first": MARKUP, "first_item": "model-a", "second_item": "model-b"}
        for number in range(20)
    ]
    site.script(MAKE % {"texts": json.dumps(texts)})
    return site


@pytest.fixture
def jun(pairs: Site, sign_in: Callable[..., Page]) -> Page:
    return sign_in(JUN)


@pytest.fixture
def jun_on_a_train(pairs: Site, chromium: Browser) -> Iterator[Page]:
    """Jun where lines break and tabs crash; what the console says of that is expected."""
    context = listen(chromium.new_context(base_url=pairs.url, viewport={"width": 1440, "height": 900}))
    page = context.new_page()
    enter(page, pairs, JUN)
    yield page
    context.close()


def handed_in(site: Site, project: str, name: str, who: str = JUN) -> list[dict]:
    """What somebody has handed in for a task."""
    rows = site.query(
        "SELECT n.answer FROM projects_annotation n JOIN taskers_person p ON p.id = n.tasker_id"
        " JOIN projects_task t ON t.id = n.task_id JOIN projects_project r ON r.id = t.project_id"
        " WHERE p.email = %s AND left(t.public_id::text, 8) = %s AND r.name = %s",
        who,
        name,
        project,
    )
    return [answer for (answer,) in rows]


def chosen(answer: dict) -> dict:
    return {part["field"]: part["value"] for part in answer["fields"]}


def choice(page: Page, place: int) -> Locator:
    """The radio button for A, B or about equal."""
    return page.get_by_role("group", name="Which is better").get_by_role("radio").nth(place)


def on_the_left(page: Page) -> str:
    """Which candidate the page shows on the left."""
    return "first" if "Rayleigh" in page.locator(".pair__side").first.inner_text() else "second"


def test_either_side_is_chosen_by_keyboard_in_both_orders(pairs: Site, jun: Page) -> None:
    open_studio(jun, pairs, ANSWERS)
    seen: set[tuple[str, str]] = set()
    for number in range(16):
        if len(seen) == 4:
            break
        name, left = jun.locator("#task-name").inner_text(), on_the_left(jun)
        key = "1" if (left, "1") not in seen else "2"
        jun.keyboard.press(key)
        side = jun.locator(".pair__side").nth(int(key) - 1)
        expect(side.locator(".pair__sign")).to_have_text("Better")
        if number == 0:
            jun.get_by_label("Reason").fill("Says why.")
            jun.get_by_label("Reason").press("Control+Enter")
            expect(jun.locator("#task-name")).not_to_have_text(name)
            taken(jun)
        else:
            submit(jun)
        seen.add((left, key))
        right = "second" if left == "first" else "first"
        (answer,) = handed_in(pairs, ANSWERS, name)
        assert (chosen(answer)["preferred"], answer["left"]) == (left if key == "1" else right, left)
        assert number or chosen(answer)["reason"] == "Says why."
    assert {left for left, _key in seen} == {"first", "second"}, "both orders were drawn"


def test_choosing_is_one_step_to_undo_and_markup_is_text(pairs: Site, jun: Page) -> None:
    name = open_studio(jun, pairs, ANSWERS)
    expect(jun.get_by_role("region", name="What was asked")).to_contain_text("why is the sky blue?")
    expect(jun.get_by_text(MARKUP)).to_be_visible()
    assert "model-" not in jun.content()
    jun.keyboard.press("-")  # what was asked and both answers in one size
    sizes = "all => all.map((one) => parseFloat(getComputedStyle(one).fontSize))"
    assert jun.locator(".reading").evaluate_all(sizes) == [16, 16, 16]
    group = jun.get_by_role("group", name="Which is better")
    expect(group.get_by_role("radio")).to_have_count(3)
    jun.keyboard.press("Enter")  # nothing is chosen yet
    expect(group.get_by_text("Choose here first.")).to_be_visible()
    jun.keyboard.press("3")
    expect(jun.locator(".pair__sign")).to_have_text(["About equal", "About equal"])
    jun.keyboard.press("2")
    expect(choice(jun, B)).to_be_checked()
    expect(jun.locator("#said")).to_contain_text("Which is better: B")
    jun.keyboard.press("Control+z")
    expect(choice(jun, EQUAL)).to_be_checked()
    jun.keyboard.press("Control+z")
    expect(jun.locator(".pair__sign:visible")).to_have_count(0)
    jun.keyboard.press("Control+Shift+z")
    jun.locator(".pair__head").first.click()
    expect(choice(jun, A)).to_be_checked()
    jun.keyboard.press("?")
    expect(jun.get_by_role("dialog")).to_contain_text("B is better")
    jun.keyboard.press("Escape")
    left = on_the_left(jun)
    submit(jun)
    assert [chosen(one) for one in handed_in(pairs, ANSWERS, name)] == [{"preferred": left}]


def test_offline_reloaded_and_killed_in_mid_work_loses_nothing(pairs: Site, jun_on_a_train: Page) -> None:
    page = jun_on_a_train
    name = open_studio(page, pairs, ANSWERS)
    left = on_the_left(page)
    lose_network(page)
    page.keyboard.press("2")
    page.get_by_label("Reason").fill("Shorter.")
    expect(page.locator("#saved-mark")).to_have_attribute("data-state", "offline", timeout=10_000)
    kept_here(page)
    page.context.set_offline(False)
    page.reload()
    expect(page.locator("#task-name")).to_have_text(name)
    expect(choice(page, B)).to_be_checked()
    expect(page.get_by_label("Reason")).to_have_value("Shorter.")
    assert on_the_left(page) == left, "the order stays"
    saved(page)
    with suppress(Error):
        page.goto("chrome://crash")
    again = page.context.new_page()
    assert open_studio(again, pairs, ANSWERS) == name
    expect(choice(again, B)).to_be_checked()
    choice(again, B).focus()
    submit(again)
    (answer,) = handed_in(pairs, ANSWERS, name)
    assert answer["left"] == left
    assert chosen(answer) == {"preferred": "second" if left == "first" else "first", "reason": "Shorter."}


def test_images_are_looked_at_closely_together(pairs: Site, jun: Page) -> None:
    name = open_studio(jun, pairs, PICTURES)
    views = jun.locator(".pair__side canvas:first-child")
    expect(views).to_have_count(2)
    before = painted(views)
    assert before[0] != before[1]
    jun.keyboard.press("+")
    after = painted(views)
    assert after[0] != before[0] and after[1] != before[1]
    jun.keyboard.press("1")
    expect(choice(jun, A)).to_be_checked()
    submit(jun)
    (answer,) = handed_in(pairs, PICTURES, name)
    assert chosen(answer)["preferred"] == answer["left"]


def test_priya_compares_who_preferred_which_and_decides(pairs: Site, jun: Page, sign_in: Callable[..., Page]) -> None:
    name = open_studio(jun, pairs, ANSWERS)
    mine = on_the_left(jun)
    jun.keyboard.press("1")
    submit(jun)
    leo = sign_in(LEO)
    shown = open_studio(leo, pairs, ANSWERS)
    for _ in range(20):
        if shown == name:
            break
        leo.keyboard.press("3")
        submit(leo)
        shown = leo.locator("#task-name").inner_text()
    theirs = "second" if mine == "first" else "first"
    leo.keyboard.press("1" if on_the_left(leo) == theirs else "2")
    with leo.expect_response("**/submit"):
        leo.keyboard.press("Enter")
    taken(leo)
    ((task,),) = pairs.query(
        "SELECT t.public_id FROM projects_task t JOIN projects_project r ON r.id = t.project_id"
        " WHERE left(t.public_id::text, 8) = %s AND r.name = %s",
        name,
        ANSWERS,
    )
    priya = sign_in(PRIYA)
    priya.goto(f"/review/{task}/")
    table = priya.locator(".compared__table")
    row = table.get_by_role("row", name="Preferred")
    expect(row).to_contain_text("differ")
    expect(row).to_contain_text("First")
    expect(row).to_contain_text("Second")
    expect(table).to_contain_text("Seen on the left")
    assert faults(priya) == []
    priya.keyboard.press("n")  # a fresh answer, in the order of the task
    expect(priya.locator(".pair__side").first).to_contain_text("Rayleigh")
    priya.keyboard.press("3")
    assert faults(priya) == []
    priya.keyboard.press("Enter")
    priya.wait_for_url(lambda url: str(task) not in url)
    ((answer,),) = pairs.query(
        "SELECT v.answer FROM projects_verdict v JOIN projects_task t ON t.id = v.task_id WHERE t.public_id = %s", task
    )
    assert chosen(answer)["preferred"] == "tie"


def test_axe_finds_nothing_in_any_state(pairs: Site, sign_in: Callable[..., Page]) -> None:
    page = sign_in(JUN)
    found: list[str] = []
    for project in (ANSWERS, PICTURES):
        open_studio(page, pairs, project)
        page.keyboard.press("Enter")
        expect(page.locator(".asked__fault:not([hidden])")).to_be_visible()
        found += seen(page, f"{project}, nothing chosen")
        page.keyboard.press("1")
        found += seen(page, f"{project}, one chosen", FEW)
        page.set_viewport_size({"width": 320, "height": 844})
        page.locator("#submit").scroll_into_view_if_needed()
        expect(page.locator("#submit")).to_be_in_viewport()
        page.set_viewport_size({"width": 1440, "height": 900})
    maya = sign_in(MAYA)
    ((project,),) = pairs.query("SELECT public_id FROM projects_project WHERE name = %s", ANSWERS)
    for part in ("ranking", "settings", "load", "export"):
        maya.goto(f"/projects/{project}/{part}/")
        found += seen(maya, part, FEW)
    assert found == []


def test_maya_makes_a_project_of_pairs_and_reads_the_ranking(
    pairs: Site, jun: Page, sign_in: Callable[..., Page]
) -> None:
    open_studio(jun, pairs, ANSWERS)
    jun.keyboard.press("1")
    submit(jun)
    page = sign_in(MAYA)
    page.goto("/projects/new/")
    page.get_by_label("Name", exact=True).first.fill("Polite answers")
    page.check("input[value=preference]")
    expect(page.locator("[name=copilot]")).to_be_hidden()
    page.get_by_label("“About equal” is an answer").uncheck()
    asked = page.locator("[data-asked][data-collected]")
    asked.get_by_role("button", name="Add a field").click()
    asked.get_by_label("Name").fill("Reason")
    asked.get_by_label("Takes").select_option("text")
    asked.get_by_label("Characters at most").fill("200")
    asked.get_by_label("Required").uncheck()
    page.get_by_role("button", name="Make the project").click()
    page.wait_for_url("**/load/")
    rows = pairs.query(
        "SELECT l.key FROM projects_label l JOIN projects_project r ON r.id = l.project_id"
        " WHERE r.name = 'Polite answers' AND l.retired_at IS NULL ORDER BY l.key"
    )
    assert rows == [("first",), ("second",)]
    page.get_by_role("link", name="Settings").click()
    expect(page.get_by_label("“About equal” is an answer")).not_to_be_checked()
    page.get_by_label("“About equal” is an answer").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("“About equal” is an answer")).to_be_checked()
    expect(asked.get_by_label("Name")).to_have_value("Reason")
    expect(asked.get_by_label("Characters at most")).to_have_value("200")
    expect(asked.get_by_label("Required")).not_to_be_checked()
    ((project,),) = pairs.query("SELECT public_id FROM projects_project WHERE name = %s", ANSWERS)
    page.goto(f"/projects/{project}/ranking/")
    page.get_by_role("button", name="Estimate now").click()

    def estimated() -> bool:
        page.goto(f"/projects/{project}/ranking/")
        return page.get_by_role("heading", name="How people compare").count() > 0

    until(estimated)
    expect(page.get_by_role("row", name="model-a")).to_contain_text("%")
    expect(page.get_by_role("row", name="model-b")).to_contain_text("%")
    assert faults(page) == []


def test_the_room_is_light_and_the_second_pair_asks_for_nothing(pairs: Site, sign_in: Callable[..., Page]) -> None:
    page = sign_in(JUN)
    fetched: dict[str, int] = {}

    def note(response: Response) -> None:
        if "/static/" in response.url and response.url.endswith((".js", ".css")):
            fetched[response.url] = len(gzip.compress(response.body(), 9))

    page.on("response", note)
    open_studio(page, pairs, ANSWERS)
    settle(page)
    assert any("/pair." in url for url in fetched)
    weights = {url: size for url, size in fetched.items() if url not in later(fetched)}
    assert sum(weights.values()) <= MOST, sorted(weights.items(), key=lambda one: -one[1])
    before = set(fetched)
    page.keyboard.press("3")
    submit(page)
    settle(page)
    assert set(fetched) == before
