"""The grid in a real Chromium when lines break and tabs die: all 24 answers are those that were given. In a project of
its own, Jun does the work.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser.classification import LETTERS, handed_in, open_studio, tiles
from tests.support.browser.quiet import listen
from tests.support.browser.signing_in import enter
from tests.support.browser.site import Site
from tests.support.browser.stage import killed
from tests.support.browser.studio import JUN, kept_here, lose_network, saved

pytestmark = pytest.mark.xdist_group("browser")

NAME = "Sounds of a day"
PROJECT = """
import json
from django.core.files.base import ContentFile
from projects.workflow import batches
from projects.configuration import configure
from projects.data import importing
from projects.models import Project
of = Project.objects.get(name="Letters to the town hall").organization
made = configure.create(of, None, name="Sounds of a day", task_type="classification", wanted=1, grid=24,
    file_order=True,
    labels=[{"name": "Loud", "hotkey": "l"}, {"name": "Quiet", "hotkey": "q"}, {"name": "Silent", "hotkey": "m"}])
batch = batches.move(batches.create(made, "First", by=None), "live", by=None)
lines = [json.dumps({"external_id": f"sound-{n:02}", "payload": {"text": f"Sound {n}"}}) for n in range(24)]
importing.run(importing.keep(batch, ContentFile("\\n".join(lines).encode()), name="sounds.jsonl", by=None).pk)
"""
ALIKE = """
import json
import numpy as np
from django.core.files.base import ContentFile
from assist.alike import index
from projects.workflow import batches
from projects.configuration import configure
from projects.data import importing
from projects.models import Project, Task
of = Project.objects.get(name="Letters to the town hall").organization
made = configure.create(of, None, name="Sounds by likeness", task_type="classification", wanted=1, grid=12,
    labels=[{"name": "Loud", "hotkey": "l"}, {"name": "Quiet", "hotkey": "q"}])
batch = batches.move(batches.create(made, "First", by=None), "live", by=None)
lines = [json.dumps({"external_id": f"a-{n:02}", "payload": {"text": ("Bang" if n < 7 else "Hush") + f" {n}"}})
    for n in range(12)]
importing.run(importing.keep(batch, ContentFile("\\n".join(lines).encode()), name="sounds.jsonl", by=None).pk)
keys = list(Task.objects.filter(project=made).order_by("pk").values_list("pk", flat=True))
chance = np.random.default_rng(1)
rows = np.repeat(chance.normal(size=(2, 384)), (7, 5), axis=0) + 0.1 * chance.normal(size=(12, 384))
index.vectors_of(made, index.TEXTS).add(keys, rows / np.linalg.norm(rows, axis=1, keepdims=True))
"""
PRESS = ".tile__press"


@pytest.fixture(scope="module", autouse=True)
def sounds(site: Site) -> None:
    """24 short texts to be judged together."""
    site.script(PROJECT)


@pytest.fixture
def jun(site: Site, chromium: Browser) -> Iterator[Page]:
    """Jun where lines break; what the console says of that is expected."""
    context = listen(chromium.new_context(base_url=site.url, viewport={"width": 1440, "height": 900}))
    page = context.new_page()
    enter(page, site, JUN)
    yield page
    context.close()


def stands(page: Page) -> dict[str, str]:
    """Name -> label, as the tiles say."""
    said = page.locator(PRESS).evaluate_all("all => all.map(one => one.getAttribute('aria-label').split(', '))")
    return {name: label for _place, name, label, *_rest in said}


def test_all_of_a_grid_outlives_a_lost_line_a_reload_and_a_tab_killed_in_mid_press(site: Site, jun: Page) -> None:
    page = jun
    open_studio(page, site, NAME)
    names = tiles(page)
    assert len(names) == 24
    wanted = dict.fromkeys(names, "no label yet")

    page.keyboard.press("q")  # the first
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")  # the second
    saved(page)
    page.set_viewport_size({"width": 1440, "height": 420})
    page.locator(PRESS).nth(23).focus()
    expect(page.locator(PRESS).nth(1)).not_to_be_in_viewport()
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+Shift+z")
    expect(page.locator(PRESS).nth(1)).to_be_focused()
    expect(page.locator(PRESS).nth(1)).to_be_in_viewport()
    page.set_viewport_size({"width": 1440, "height": 900})
    lose_network(page)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("m")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("l")
    page.keyboard.press("Control+z")
    expect(page.locator("#saved-mark")).to_have_attribute("data-state", "offline", timeout=10_000)
    wanted |= {names[0]: "Quiet", names[1]: "Loud", names[2]: "Silent"}
    assert stands(page) == wanted
    kept_here(page)
    page.context.set_offline(False)
    page.reload()
    expect(page.locator(PRESS)).to_have_count(24)
    assert stands(page) == wanted

    page.locator(PRESS).nth(0).focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight", "q", "Control+z", "Control+Shift+z"):
        page.keyboard.press(key)
    page.locator(PRESS).nth(23).click()
    wanted |= {names[4]: "Quiet", names[23]: "Loud"}
    assert stands(page) == wanted
    kept_here(page)
    page.locator(PRESS).nth(7).hover()
    page.mouse.down()
    page = killed(page)
    open_studio(page, site, NAME)
    assert tiles(page) == names and stands(page) == wanted

    page.locator(PRESS).nth(23).focus()
    page.keyboard.press("m")
    page.keyboard.press("f")  # the rest: what most have, the first in order of those
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+Shift+z")
    rest = "Quiet"
    wanted = {name: rest if label == "no label yet" else label for name, label in wanted.items()} | {
        names[23]: "Silent"
    }
    assert stands(page) == wanted
    page.keyboard.press("Enter")
    expect(page.locator("#rest")).to_be_visible(timeout=20_000)
    found = {name: handed_in(site, NAME, name) for name in names}
    assert found == {name: [{"label": label.lower()}] for name, label in wanted.items()}


def test_undo_brings_a_field_into_sight(site: Site, jun: Page) -> None:
    page = jun
    page.set_viewport_size({"width": 1440, "height": 420})
    open_studio(page, site, LETTERS)
    urgency = page.get_by_label("Urgency")
    urgency.fill("4")
    page.locator("[role=tree]").focus()
    expect(urgency).not_to_be_in_viewport()
    page.keyboard.press("Control+z")
    expect(urgency).to_have_value("")
    expect(urgency).to_be_in_viewport()


def test_what_is_alike_is_labelled_group_by_group_with_a_key_each_and_handed_in_under_one_lease(
    site: Site, jun: Page
) -> None:
    site.script(ALIKE)
    page = jun
    open_studio(page, site, "Sounds by likeness")
    page.set_viewport_size({"width": 390, "height": 780})
    page.keyboard.press("z")
    expect(page.locator(".closer")).to_be_visible()
    page.keyboard.press(".")
    expect(page.locator(".closer")).to_be_hidden()  # nobody labels what they don't see
    picked = page.locator(".tile[data-picked] .tile__text")
    expect(picked).to_have_count(7)
    assert all(text.startswith("Bang") for text in picked.all_inner_texts())
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.keyboard.press("l")
    expect(picked).to_have_count(5)
    assert all(text.startswith("Hush") for text in picked.all_inner_texts())
    page.keyboard.press("q")
    expect(picked).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(page.locator(".tile[data-open]")).to_have_count(5)
    page.keyboard.press("Control+Shift+z")
    said = {one.split(" ")[0] + label for one, label in _labels(page)}
    assert said == {"BangLoud", "HushQuiet"}
    page.keyboard.press("Enter")
    expect(page.locator("#rest")).to_be_visible(timeout=20_000)
    rows = site.query(
        "SELECT count(DISTINCT a.token), count(*) FROM projects_assignment a JOIN projects_task t ON t.id = a.task_id"
        " JOIN projects_project p ON p.id = t.project_id WHERE p.name = %s AND a.state = 'submitted'",
        "Sounds by likeness",
    )
    assert rows == [(1, 12)]


def _labels(page: Page) -> list[tuple[str, str]]:
    """What each tile holds, and its label."""
    texts = page.locator(".tile__text").all_inner_texts()
    return list(zip(texts, page.locator(".tile__label").all_inner_texts(), strict=True))
