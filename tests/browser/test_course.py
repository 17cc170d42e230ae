"""A course in a real Chromium: taken by a newcomer with the keyboard alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.looks import seen
from tests.support.browser.site import Site

pytestmark = pytest.mark.xdist_group("browser")

TASKER = "jun@riverside.example"
TEXT = "Maria Lopez of the Harbor Board visited Oslo."

MAKE = """
from projects.workflow import batches
from projects.configuration import configure
from projects.data.importing.storing import load_all
from projects.models import Project, Task
from projects.quality.qualification import qualification_tests as courses
from taskers.models import Person
maya = Person.objects.get(email="maya@riverside.example")
river = Project.objects.first().organization
labels = [{"key": "person", "name": "Person", "hotkey": "p"}]
"""


def made(site: Site, what: str) -> str:
    """A project with a course, made through the verbs; its public id."""
    return site.script(MAKE + what)


TEXTS = f"""
terms = {{"labels": labels, "wanted": 1, "rate": 50000, "copilot": False}}
project = configure.create(river, maya, name="Names in a course", task_type="text_spans", **terms)
batch = batches.move(batches.create(project, "First", by=maya), "live", by=maya)
span = {{"id": "s1", "start": 0, "end": 11, "label": "person", "attributes": {{}}, "provenance": {{"source": "human"}}}}
rows = [{{"external_id": f"item-{{n}}", "text": {TEXT!r} + f" {{n}}", "gold": {{"spans": [span]}}, "course": True,
  "explanation": "The *full name*, without the board."}} for n in range(3)]
rows += [{{"external_id": "work", "text": "Work"}}]
from projects.api.rows import items_of
done = load_all(batch, items_of(rows), by=maya)
assert done.loaded == 4, done
courses.set_terms(project, maya, skill_name="Names", training_tasks=3, training_pass=0.6)
print(project.public_id)
"""

GRID = """
from projects.task_types import asked_fields
labels = [{"name": "Loud", "hotkey": "l"}, {"name": "Quiet", "hotkey": "q"}]
terms = {"labels": labels, "wanted": 1, "rate": 50000, "grid": 4}
project = configure.create(river, maya, name="A grid behind a course", task_type="classification", **terms)
batch = batches.move(batches.create(project, "First", by=maya), "live", by=maya)
said = {"source": "human", "suggestion": None, "model": None}
field = project.settings_now().fields[0]
key = project.labels.get(name="Loud").key
known = {"fields": [{"field": field["key"], "kind": field["kind"], "value": key, "provenance": said}]}
rows = [{"external_id": "item", "text": "A drum", "gold": known, "course": True}]
rows += [{"external_id": f"sound-{n}", "text": f"Sound {n}"} for n in range(4)]
from projects.api.rows import items_of
done = load_all(batch, items_of(rows), by=maya)
assert done.loaded == 5, done
courses.set_terms(project, maya, skill_name="Sounds", training_tasks=1, training_pass=0)
print(project.public_id)
"""

IMAGE = """
image = Task.objects.filter(asset__isnull=False).select_related("asset__organization").first().asset
labels = [{"key": "thing", "name": "Thing", "hotkey": "y", "shapes": ["box"]}]
terms = {"labels": labels, "wanted": 1, "rate": 50000, "copilot": False}
project = configure.create(river, maya, name="Boxes in a course", task_type="image_regions", **terms)
batch = batches.move(batches.create(project, "First", by=maya), "live", by=maya)
shape = {"type": "box", "x": 0, "y": 0, "width": image.width // 2, "height": image.height // 2}
region = {"id": "r1", "label": "thing", "shape": shape, "attributes": {}, "provenance": {"source": "human"}}
from projects.api.rows import items_of
rows = [{"external_id": "item", "asset": image.sha256, "gold": {"regions": [region]}, "course": True}]
rows += [{"external_id": "work", "asset": image.sha256}]  # a course comes before work that waits
done = load_all(batch, items_of(rows), by=maya)
assert done.loaded == 2, done
courses.set_terms(project, maya, skill_name="Boxes", training_tasks=1, training_pass=0)
print(project.public_id)
"""


def test_a_course_of_texts_is_taken_by_keyboard_to_the_pass(site: Site, sign_in: Callable[..., Page]) -> None:
    project = made(site, TEXTS)
    page = sign_in(TASKER)
    page.goto(f"/studio/{project}/")
    found: list[str] = []
    for number in range(1, 4):
        expect(page.locator("#course-mark")).to_have_text(f"Course: item {number} of 3")
        expect(page.locator("#workbench")).to_be_visible()
        if number == 1:  # nothing marked: wrong
            page.keyboard.press("Control+Enter")
            expect(page.get_by_role("dialog")).to_be_visible()
            page.keyboard.press("Shift+Tab")  # from going on, under Enter, to the button that submits
            page.keyboard.press("Enter")
        else:
            mark_two_words(page)
            page.keyboard.press("Control+Enter")
        heading = page.locator(".lesson h2")
        expect(heading).to_be_focused()
        expect(page.locator(".lesson__why em").first).to_have_text("full name")
        if number == 1:
            expect(heading).to_have_text("Not right")
            expect(page.locator(".lesson__differences")).to_contain_text("Missed: Person, “Maria Lopez”")
            found += seen(page, "lesson")
            page.reload()  # a lesson isn't lost
            expect(page.locator(".lesson h2")).to_have_text("Not right")
            expect(page.locator(".lesson__sides")).to_contain_text("Person")
        if number == 3:
            expect(heading).to_have_text("Course passed")
            found += seen(page, "result")
        press_next(page)
    expect(page.locator("#stage")).to_contain_text("Work")
    page.keyboard.press("i")  # what was learnt lies one key away from then on
    expect(page.locator("#examples .lesson__item")).to_have_count(3)
    expect(page.locator("#examples .lesson__why em").first).to_have_text("full name")
    expect(page.locator("#examples")).not_to_contain_text("Your answer")
    found += seen(page, "examples")
    width = page.locator("#stage").evaluate("one => one.offsetWidth")
    page.get_by_role("button", name="Keep open beside the work").click()
    expect(page.locator(".beside #examples .lesson__item")).to_have_count(3)
    assert page.locator("#stage").evaluate("one => one.offsetWidth") < width - 200, "beside the work, not over it"
    expect(page.locator(".text")).to_be_focused()
    page.reload()
    expect(page.locator(".beside #examples .lesson__item")).to_have_count(3)
    found += seen(page, "instructions beside the work")
    page.keyboard.press("i")
    expect(page.locator(".beside")).to_be_hidden()
    page.keyboard.press("i")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert found == []


def test_a_course_of_an_image_shows_both_answers(site: Site, sign_in: Callable[..., Page]) -> None:
    project = made(site, IMAGE)
    page = sign_in(TASKER)
    page.goto(f"/studio/{project}/")
    expect(page.locator("#course-mark")).to_have_text("Course: item 1 of 1")
    box_by_keys(page, until=20)
    page.locator("#submit").click()
    expect(page.locator(".lesson h2")).to_have_text("Course passed")
    expect(page.locator(".lesson h3")).to_contain_text("Good enough, it counts in full")
    expect(page.locator(".lesson")).not_to_contain_text("Your answer is the right one")
    expect(page.locator(".lesson__close")).to_contain_text("% in common; from 50 % on it counts as right.")
    drawn = "() => [...document.querySelectorAll('.lesson canvas')].every((one) => one.width > 300)"
    page.wait_for_function(drawn)
    assert list(seen(page, "image lesson")) == []


def test_behind_a_course_the_grid_comes_by_itself(site: Site, sign_in: Callable[..., Page]) -> None:
    project = made(site, GRID)
    page = sign_in(TASKER)
    page.goto(f"/studio/{project}/")
    expect(page.locator("#course-mark")).to_have_text("Course: item 1 of 1")
    page.keyboard.press("l")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".lesson h2")).to_have_text("Course passed")
    press_next(page)
    expect(page.locator(".tile__press")).to_have_count(4)
    ((held,),) = site.query(
        "SELECT count(*) FROM projects_assignment a JOIN projects_task t ON t.id = a.task_id"
        " JOIN projects_project p ON p.id = t.project_id WHERE p.public_id = %s AND a.state = 'held'",
        project,
    )
    assert held == 4


def press_next(page: Page) -> None:
    """From the heading, where the focus is after an answer, on to the button and through it."""
    page.locator(".lesson h2").focus()
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('.lesson__foot') !== null"):
            break
    page.keyboard.press("Enter")


def box_by_keys(page: Page, until: int) -> None:
    """A box from the middle of the image to its left edge, and up until so many per cent from above."""
    page.locator(".canvas").focus()
    for key in ("ArrowUp", "Enter", *["ArrowLeft"] * 60):
        page.keyboard.press(key)
    said = page.locator("#said")
    while int(said.inner_text().split(", ")[1].split(" %")[0]) > until:
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")


def mark_two_words(page: Page) -> None:
    """The first two words, as a person."""
    expect(page.locator("[data-type=text_spans] #stage")).to_be_visible()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("p")
    expect(page.locator("#panel")).to_contain_text("Maria Lopez")
