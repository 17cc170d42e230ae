"""Text that would be more than text: markup in every name, signs that can't be seen, no end to a line. All is shown as
what it is, and nothing of it acts: the pages' guard fails a test on any word of a console, a refused script's included.
"""

import json
import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.support.browser import shapes, texts
from tests.support.browser.begun import go_on
from tests.support.browser.looks import faults
from tests.support.browser.site import Site
from tests.support.browser.studio import JUN, saved

pytestmark = pytest.mark.xdist_group("studio")

EVIL = '<img src=x onerror="fired=1"><b>bold</b> **not** [x](javascript:alert(1))'  # as long as a label's name may be
SCRIPT = "<script>window.fired = 1</script>{{ 7 * 7 }} & “why?”"
UNSEEN = "bell \u0007 escape \u001b tab \u0009 zero\u200bwidth \u202eturned round\u202c \u2066apart\u2069 \ufeffmark"
WITHOUT_BLANKS = "x" * 100_000
BY_HAND = {"source": "human", "suggestion": None, "model": None}
ACTED = "() => window.fired || document.querySelector('#studio :is(img[src=x], script, b, [onerror])') !== null"
WIDE = "document.documentElement.scrollWidth > window.innerWidth"
FIELDS_SCRIPT = """
import json
import re
from django.core.files.base import ContentFile
from projects.workflow import batches
from projects.configuration import configure
from projects.data.importing import start as loading
from projects.models import Project

evil, texts = json.loads({evil!r}), json.loads({texts!r})
owner = Project.objects.get(name="Objects in photographs").organization
by = owner.memberships.filter(role="manager").first().person
plain = evil.translate({{ord(one): None for one in "()"}})  # which no field's name may hold
fields = [
    {{"key": "kind", "name": plain, "kind": "choice", "required": True}},
    {{"key": "words", "name": plain + " words", "kind": "text", "required": False}},
]
project = configure.create(
    owner, by, name="Bad fields " + evil, task_type="classification", wanted=1, rate=0, file_order=True, fields=fields,
    labels=[{{"key": "one", "name": evil, "field": "kind"}}, {{"key": "two", "name": "Two", "field": "kind"}}],
    instructions=evil,
)
batch = batches.move(batches.create(project, "First", by=by), "live", by=by)
lines = chr(10).join(json.dumps({{"external_id": evil + str(at), "text": one}}) for at, one in enumerate(texts))
loading.load_files(project, [ContentFile(lines.encode(), name="t.jsonl")], loading.Into(batch), by=by)
print(project.public_id)
"""


def harmless(page: Page) -> None:
    assert not page.evaluate(ACTED), "something of a text acted"
    assert not page.evaluate(WIDE), "wider than its window"
    assert faults(page) == []


def write_words(page: Page, words: str) -> None:
    """A model that finds nothing, and has the same words for every attribute."""

    def line(route: WebSocketRoute) -> None:
        def hear(frame: str | bytes) -> None:
            message = json.loads(frame)
            told = {"id": message["id"], "model": "scribe@1"}
            if message["type"] == "open":
                route.send(json.dumps(told | {"type": "ready", "capability": "spans", "words": True}))
            elif "text" in message.get("prompt", ()):
                route.send(json.dumps(told | {"type": "spans", "spans": [], "latency_ms": 1}))
            elif "words" in message.get("prompt", ()):
                offer = {"type": "words", "suggestion": str(uuid4()), "words": words, "latency_ms": 1}
                route.send(json.dumps(told | offer))

        route.on_message(hear)

    page.route_web_socket("**/ws/assist/**", line)


def test_words_names_and_attributes_of_spans_are_text(site: Site, sign_in: Callable[..., Page]) -> None:
    text = f"{EVIL} {SCRIPT} {UNSEEN}"
    labels = [{"key": "evil", "name": EVIL, "hotkey": "1", "attributes": [texts.REMARK]}]
    address = texts.make_project(
        site, f"Bad text {EVIL}", [text], labels=labels, instructions=f"{EVIL} {SCRIPT}", copilot=True
    )
    page = sign_in(JUN)
    write_words(page, EVIL)
    span = {"id": "s1", "start": 0, "end": len(EVIL), "label": "evil", "attributes": {"remark": SCRIPT}}
    go_on(page, address, {"spans": [span | {"provenance": BY_HAND}]})
    expect(page.locator(".text")).to_contain_text("<script>window.fired = 1</script>{{ 7 * 7 }}")
    expect(page.locator("#panel")).to_contain_text('<img src=x onerror="fired=1"><b>bold</b>')
    expect(page.locator("#project-name")).to_contain_text(f"Bad text {EVIL}")
    shown = page.locator(".text").evaluate("one => one.textContent")
    assert all(sign in shown for sign in "\u0007\u001b\u200b\u202e\u2066"), "nothing is left out: offsets count all"
    page.keyboard.press("j")
    harmless(page)
    remark = page.locator("[data-attribute=remark]")
    page.get_by_role("button", name="Suggest words: Remark").click()
    expect(page.locator(".attributes__said")).to_have_text(EVIL)
    expect(remark).to_have_value(SCRIPT)
    harmless(page)
    page.get_by_role("button", name="Take these words: Remark").press("Enter")
    expect(remark).to_have_value(EVIL)
    expect(remark).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    expect(page.locator("#instructions")).to_contain_text("window.fired = 1")
    harmless(page)


def test_a_hundred_thousand_characters_without_a_blank_are_marked(site: Site, sign_in: Callable[..., Page]) -> None:
    address = texts.make_project(site, "No blank", [WITHOUT_BLANKS])
    page = sign_in(JUN, width=390, height=844)
    spans: list[dict] = [
        {"id": f"s{start}", "start": start, "end": start + 5, "label": "person", "attributes": {}}
        for start in (0, 50_000, 99_995)
    ]
    go_on(page, address, {"spans": [one | {"provenance": BY_HAND} for one in spans]})
    expect(page.locator(".text")).to_contain_text("xxxxx")
    page.keyboard.press("j")
    harmless(page)


def test_names_and_attributes_of_regions_are_text(site: Site, sign_in: Callable[..., Page]) -> None:
    labels = [{"key": "evil", "name": EVIL, "hotkey": "1", "shapes": ["box"], "attributes": [texts.REMARK]}]
    address = shapes.make_project(site, f"Bad regions {EVIL}", labels=labels)
    page = sign_in(JUN)
    box = {"type": "box", "x": 20, "y": 20, "width": 90, "height": 60}
    region = {"id": "r1", "label": "evil", "shape": box, "attributes": {"remark": SCRIPT}, "provenance": BY_HAND}
    go_on(page, address, {"regions": [region]})
    page.locator(".canvas").focus()
    page.keyboard.press("k")
    expect(page.get_by_role("textbox", name="Remark")).to_have_value(SCRIPT)
    expect(page.locator("#panel")).to_contain_text('<img src=x onerror="fired=1"><b>bold</b>')
    expect(page.locator("#said")).to_contain_text("<b>bold</b>")
    harmless(page)


def test_fields_choices_and_free_text_of_a_classification_are_text(site: Site, sign_in: Callable[..., Page]) -> None:
    text = f"{EVIL} {SCRIPT} {UNSEEN} {WITHOUT_BLANKS[:5000]}"
    project = site.script(FIELDS_SCRIPT.format(evil=json.dumps(EVIL), texts=json.dumps([text])))
    page = sign_in(JUN)
    page.goto(f"/studio/{project}/")
    expect(page.locator("#workbench")).to_be_visible()
    expect(page.locator("#stage")).to_contain_text("<script>window.fired = 1</script>{{ 7 * 7 }}")
    expect(page.locator("#task-name")).to_have_text(re.compile("^[0-9a-f]{8}$"))  # never what it was loaded under
    expect(page.locator("#panel")).to_contain_text("<b>bold</b>")
    page.locator("#panel textarea").fill(f"{SCRIPT} {UNSEEN}")
    page.locator("#panel [role=radio], #panel input[type=radio]").first.click()
    saved(page)
    page.reload()
    expect(page.locator("#panel textarea")).to_have_value(f"{SCRIPT} {UNSEEN}")
    harmless(page)


def test_an_image_that_cannot_be_had_is_said_with_the_way_on(site: Site, sign_in: Callable[..., Page]) -> None:
    address = shapes.make_project(site, "Lost picture")
    page = sign_in(JUN)
    page.route("**/media/**", lambda route: route.fulfill(status=404, body=""))
    page.goto(address)
    note = page.locator("#notes .notice--bad")
    expect(note).to_contain_text("The image could not be loaded. Look again, or report the task.")
    harmless(page)
    note.get_by_role("button", name="Report").click()
    page.get_by_label("What is wrong?").fill("The picture doesn't come.")
    page.locator("#report-dialog button[value=go]").click()
    expect(page.locator("#rest")).to_be_visible()
    assert site.query(
        "SELECT r.note FROM projects_brokenreport r JOIN projects_project p ON p.id = r.project_id WHERE p.name = %s",
        "Lost picture",
    ) == [("The picture doesn't come.",)]
