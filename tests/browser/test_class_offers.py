"""Suggestions for a classification in the studio, by the real model: asked for, taken, refused, and where none come."""

import json
from collections.abc import Callable
from contextlib import suppress
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, Route, WebSocketRoute, expect

from tests.support.browser.looks import seen
from tests.support.browser.site import Site
from tests.support.browser.studio import JUN, submit, taken
from tests.support.waiting import until

pytestmark = pytest.mark.xdist_group("browser")

LETTERS = 3
LETTER = "The street lamp in front of our house has been dark for weeks, and I am furious that nobody cares."
SCRIPT = """
import json
from projects.workflow import batches
from projects.configuration import configure
from projects.data.importing import start as loading
from projects.models import Project
from projects.task_types import asked_fields
from django.core.files.base import ContentFile

terms = json.loads({terms!r})
owner = Project.objects.get(name="Objects in photographs").organization
by = owner.memberships.filter(role="manager").first().person
labels = [
    {{"key": "streets", "name": "Streets", "field": "Subject"}},
    {{"key": "lamp", "name": "Street lamps", "parent": "streets"}},
    {{"key": "library", "name": "Library", "field": "Subject"}},
    {{"key": "cross", "name": "Anger and complaint", "field": "Tone", "hotkey": "a"}},
    {{"key": "glad", "name": "Thanks and praise", "field": "Tone"}},
]
project = configure.create(owner, by, task_type="classification", wanted=1, rate=0, labels=labels,
    file_order=True, fields=asked_fields.read("Subject (tree)" + chr(10) + "Tone (choice)"), **terms)
batch = batches.move(batches.create(project, "First", by=by), "live", by=by)
rows = "".join(json.dumps({{"text": str(n) + ": " + {letter!r}}}) + chr(10) for n in range({letters}))
loading.load_files(project, [ContentFile(rows.encode(), name="letters.jsonl")], loading.Into(batch), by=by)
print(project.public_id)
"""


def letters(site: Site, name: str, **terms: str) -> str:
    """The studio's address of a new project of letters, once the worker has loaded them."""
    terms = {"name": name, **terms}
    project = site.script(SCRIPT.format(terms=json.dumps(terms), letter=LETTER, letters=LETTERS))
    there = "SELECT t.id FROM projects_task t JOIN projects_project p ON p.id = t.project_id WHERE p.public_id = %s"
    until(lambda: len(site.query(there, project)) == LETTERS)
    return f"/studio/{project}/"


def outcomes(site: Site, project: str) -> list[tuple[str, str]]:
    """Field and outcome of what was suggested there, once all of it is settled."""

    def settled() -> list[tuple[str, str]] | None:
        rows = site.query(
            "SELECT s.output->>'field', s.outcome FROM assist_suggestion s JOIN projects_project r"
            " ON r.public_id = s.project_key WHERE r.name = %s ORDER BY s.id",
            project,
        )
        return (
            None if any(outcome == "offered" for _, outcome in rows) else [(field, outcome) for field, outcome in rows]
        )

    return until(settled)


def ask_until_it_answers(page: Page) -> Locator:
    """The offers for a letter's two fields. A cold model on a busy machine may take longer than the page waits: then a
    person asks again."""
    offers = page.locator(".asked__offer")
    for _attempt in range(3):
        page.keyboard.press("q")  # on arrival letters are the studio's keys, in a tree too
        with suppress(AssertionError):
            expect(offers).to_have_count(2, timeout=70_000)
            break
    expect(offers).to_have_count(2)
    return offers


def test_suggestions_wait_and_are_taken_and_refused_by_key(site: Site, sign_in: Callable[..., Page]) -> None:
    jun = sign_in(JUN)
    name = "Letters by key"
    jun.goto(letters(site, name))
    show = jun.get_by_role("button", name="Show suggestions")
    expect(show).to_be_visible(timeout=120_000)
    expect(jun.locator(".asked__offer")).to_have_count(0)
    offers = ask_until_it_answers(jun)
    expect(offers.first).to_contain_text("Streets › Street lamps")
    expect(offers.nth(1)).to_contain_text("Anger and complaint")
    expect(offers.nth(1)).to_contain_text("unsure")
    expect(jun.locator(".asked__option:has(.badge)")).to_contain_text("Suggested")
    expect(jun.locator("#said")).to_contain_text("The copilot suggests Subject: Streets › Street lamps; Tone:")
    assert list(seen(jun, "suggestions")) == []
    jun.keyboard.press("Shift+A")  # a label of this project has A for itself
    expect(jun.locator(".asked__path")).to_have_text("Streets › Street lamps")
    expect(offers).to_have_count(1)
    jun.keyboard.press("Shift+X")
    expect(offers).to_have_count(0)
    jun.keyboard.press("Control+z")
    expect(offers).to_have_count(1)
    jun.keyboard.press("Control+Shift+z")
    jun.get_by_label("Thanks and praise").check()
    jun.keyboard.press("Escape")
    submit(jun)
    assert outcomes(site, name) == [("subject", "accepted"), ("tone", "refused")]


def test_to_choose_what_is_suggested_is_to_take_it_and_a_reload_remembers(
    site: Site, sign_in: Callable[..., Page]
) -> None:
    jun = sign_in(JUN)
    jun.goto(letters(site, "Letters by mouse", confidence="hidden"))
    jun.get_by_role("button", name="Show suggestions").click()
    offers = jun.locator(".asked__offer")
    expect(offers).to_have_count(2, timeout=120_000)
    expect(offers.first).not_to_contain_text("unsure")
    jun.get_by_label("Anger and complaint").check()
    expect(offers).to_have_count(1)
    offers.first.get_by_role("button", name="Reject").click()
    expect(offers).to_have_count(0)
    expect(jun.locator("#saved-mark")).to_have_attribute("data-state", "saved")
    jun.reload()
    jun.get_by_role("button", name="Show suggestions").click()
    expect(jun.locator(".asked__option:has(.badge)")).to_contain_text("Anger and complaint")
    expect(offers).to_have_count(0)
    jun.get_by_role("tree").focus()
    jun.keyboard.type("/lib")
    jun.keyboard.press("Enter")
    jun.keyboard.press("Escape")
    submit(jun)
    assert outcomes(site, "Letters by mouse") == [("subject", "refused"), ("tone", "accepted")]


def answer_by_turns(page: Page, asked: list[str]) -> None:
    """A model that is sure: the first letter is about lamps, the next one about the library, and so on."""

    def line(route: WebSocketRoute) -> None:
        def hear(frame: str | bytes) -> None:
            message = json.loads(frame)
            if message["type"] == "open":
                said = {"type": "ready", "id": message["id"], "capability": "classify", "model": "sure@1"}
            elif message["type"] == "prompt":
                asked.append(message["id"])
                label = ("lamp", "library")[(len(asked) - 1) % 2]
                one = {"suggestion": str(uuid4()), "field": "subject", "label": label, "score": 0.9}
                said = {"type": "classes", "id": message["id"], "model": "sure@1", "classes": [one], "latency_ms": 3}
            else:
                return
            route.send(json.dumps(said))

        route.on_message(hear)

    page.route_web_socket("**/ws/assist/**", line)


def test_suggestions_of_the_next_letter_are_there_when_it_comes(site: Site, sign_in: Callable[..., Page]) -> None:
    """It is shown before it is Jun's; as soon as it is, its own suggestions stand there, and nobody asked for them."""
    jun = sign_in(JUN)
    asked: list[str] = []
    answer_by_turns(jun, asked)
    held: list[Route] = []
    jun.route("**/submit", lambda route: held.append(route))
    with jun.expect_response("**/lookahead") as looked:
        jun.goto(letters(site, "Letters foreseen", suggest="open"))
    coming = looked.value.json()["lookahead"]["task"]
    offer = jun.locator(".asked__offer")
    expect(offer).to_contain_text("Street lamps")
    jun.keyboard.press("Shift+A")
    jun.get_by_label("Thanks and praise").check()
    jun.keyboard.press("Escape")
    jun.keyboard.press("Control+Enter")
    expect(jun.locator("#task-name")).to_have_text(coming["name"])
    expect(offer).to_have_count(0)
    assert len(asked) == 1
    held[0].continue_()
    expect(offer).to_have_count(1)
    expect(offer).to_contain_text("Library")
    taken(jun)
    assert len(asked) == 2


def test_images_are_classified_without_a_word_of_the_copilot(site: Site, sign_in: Callable[..., Page]) -> None:
    jun = sign_in(JUN)
    ((project,),) = site.query("SELECT public_id FROM projects_project WHERE name = %s", "Washers on the belt")
    jun.goto(f"/studio/{project}/")
    expect(jun.locator(".tile__press").first).to_be_visible()
    expect(jun.locator("#copilot-mark")).to_be_hidden()
