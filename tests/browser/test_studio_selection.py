"""Keys act on the selection (docs/studio.md), in every editor: one table of editors, states and keys.

Each row begins on a task of its own, is worked on by its keys and gestures, and handed in with Ctrl+Enter; what the
page sends then is compared.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

from tests.support.browser import shapes
from tests.support.browser.scripted_copilot import ScriptedCopilot, masks, things
from tests.support.browser.site import Site
from tests.support.browser.stage import Stage
from tests.support.browser.studio import JUN, taken
from tests.support.waiting import until

pytestmark = pytest.mark.xdist_group("studio")


@dataclass(frozen=True)
class Row:
    """`steps`: keys, or gestures by their name in the editor's table; `sent`: what is handed in, as the editor's test
    reads it."""

    state: str
    steps: tuple[str, ...]
    sent: Any


LABELS = [{"name": name, "hotkey": key, "shapes": ["mask", "box"]} for name, key in (("Thing", "1"), ("Other", "2"))]
DRAW, SECOND = ("n", "draw"), ("n", "draw second")
# Labels of the regions in order, and how many suggestions were rejected.
IMAGE = (
    Row("drawn", (*DRAW, "2"), (["other"], 0)),
    Row("drawn, then let go", (*DRAW, "Escape", "2", *SECOND), (["thing", "other"], 0)),
    Row("drawn, then accept", (*DRAW, "a", "Control+z", "Control+Shift+z"), (["thing"], 0)),
    Row("drawn, then reject", (*DRAW, "x"), (["thing"], 0)),
    Row("drawn, then deleted", (*DRAW, "Delete"), ([], 0)),
    Row("pasted", (*DRAW, "Control+c", "Control+v", "2"), (["thing", "other"], 0)),
    Row("clicked", (*DRAW, "Escape", *SECOND, "v", "click first", "2"), (["other", "thing"], 0)),
    Row("stepped to the next", (*DRAW, *SECOND, "Escape", "j", "2"), (["thing", "other"], 0)),
    Row("stepped to the next but one", (*DRAW, *SECOND, "Escape", "j", "j", "2"), (["other", "thing"], 0)),
    Row("stepped back", (*DRAW, *SECOND, "k", "2"), (["other", "thing"], 0)),
    Row("locked", (*DRAW, "Shift+L", "2", "x", "Delete"), (["thing"], 0)),
    Row("offered", ("c", "click", "masks", "2"), (["other"], 0)),
    Row("accepted", ("c", "click", "masks", "a", "2"), (["other"], 0)),
    Row("accepted, then rejected", ("c", "click", "masks", "a", "x"), ([], 1)),
    Row("asked, accepted before it came", ("c", "click", "a", "masks"), (["thing"], 0)),
    Row("asked, entered before it came", ("c", "click", "Enter", "masks"), (["thing"], 0)),
    Row("asked, labelled before it came", ("c", "click", "2", "masks", "a"), (["other"], 0)),
    Row("asked in vain", ("c", "click", "a", "regret"), ([], 0)),
    Row("keyboard pointer", ("c", "ArrowLeft", "Enter", "masks", "Enter"), (["thing"], 0)),
    Row(
        "keyboard pointer moved on",
        ("c", "ArrowLeft", "Enter", "masks", "ArrowUp", "Enter", "masks", "Enter"),
        (["thing"], 0),
    ),
    Row("found", ("Shift+W", "things", "a", "a"), (["thing", "thing"], 0)),
    Row("found, stepped to", ("Shift+W", "things", "m", "2"), (["other"], 0)),
    Row("found beside what was drawn: accept", ("Shift+W", "things", *DRAW, "a"), (["thing"], 0)),
    Row("found beside what was drawn: accept twice", ("Shift+W", "things", *DRAW, "a", "a"), (["thing", "thing"], 0)),
    Row("found beside what was drawn: reject", ("Shift+W", "things", *DRAW, "x"), (["thing"], 0)),
    Row("found beside what was drawn: label", ("Shift+W", "things", *DRAW, "2"), (["other"], 0)),
)

TEXT = "Ada met Bo in Boise. {:02} left."
SPANS = [
    {"suggestion": f"6f0c9d1e-2a3b-4c5d-8e9f-00112233445{n}", "start": start, "end": end, "label": label, "score": 0.9}
    for n, (start, end, label) in enumerate(((0, 3, "person"), (8, 10, "person"), (14, 19, "place")))
]
MARK_NUMBER = ("number", "2")
# Start, end and label of the spans in order, and how many suggestions were rejected.
TEXTS = (
    Row("arrived", ("a",), ([(0, 3, "person")], 0)),
    Row("arrived, then rejected", ("x",), ([], 1)),
    Row("trimmed, then accept", ("o", "a"), ([(0, 7, "person")], 0)),
    Row("trimmed, then accept twice", ("o", "a", "a"), ([(0, 7, "person"), (8, 10, "person")], 0)),
    Row("trimmed, then reject", ("o", "x"), ([], 1)),
    Row("relabelled, then accept", ("2", "a"), ([(0, 3, "place")], 0)),
    Row("relabelled, then reject", ("2", "x"), ([], 1)),
    Row("stepped to", ("j", "a"), ([(8, 10, "person")], 0)),
    Row("stepped back", ("k", "2"), ([(14, 19, "place")], 0)),
    Row("drawn, then accept", (*MARK_NUMBER, "a"), ([(21, 23, "place")], 0)),
    Row("drawn, then reject", (*MARK_NUMBER, "x"), ([(21, 23, "place")], 0)),
    Row("drawn, then label", (*MARK_NUMBER, "1"), ([(21, 23, "person")], 0)),
    Row("drawn, then deleted", (*MARK_NUMBER, "Delete"), ([], 0)),
    Row("clicked", ("click first", "2"), ([(0, 3, "place")], 0)),
)

# Field -> value.
FORMS = (
    Row("digits one after another", ("1", "2"), {"mood": "glad", "topic": "roads"}),
    Row("three digits: the last field again", ("1", "2", "1"), {"mood": "glad", "topic": "lamps"}),
    Row("stepped back", ("1", "2", "k", "2"), {"mood": "cross", "topic": "roads"}),
    Row("stepped to", ("j", "2", "1"), {"mood": "glad", "topic": "roads"}),
    Row("emptied", ("1", "k", "Delete"), {}),
)

PAIRS = (
    Row("pressed twice", ("1", "2"), {"preferred": "second"}),
    Row("stepped to nothing else", ("j", "1"), {"preferred": "first"}),
)

ON = "ArrowRight"
# How many images of four got each label.
GRIDS = (
    Row("one image after another", ("2", ON, "1", ON, "1", ON, "1"), {"one": 3, "two": 1}),
    Row("labelled twice", ("2", "1", ON, "1", ON, "1", ON, "1"), {"one": 4}),
    Row("several selected", (f"Shift+{ON}", "2", ON, "1", ON, "1"), {"one": 2, "two": 2}),
    Row("several selected, then let go", (f"Shift+{ON}", "2", "1", ON, "1", ON, "1"), {"one": 3, "two": 1}),
)


def hand_in(page: Page) -> dict[str, Any]:
    """What the page sends when it submits by Ctrl+Enter, which the suggestions that wait hold back once."""
    waiting = page.locator("#notes", has_text="Suggestions are waiting")
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.url.endswith("/submit") else None)
    page.keyboard.press("Control+Enter")
    warned = False

    def is_sent() -> bool:
        nonlocal warned
        page.wait_for_timeout(20)  # what the page sends is heard only while Playwright waits
        if not warned and waiting.is_visible():
            warned = True
            page.keyboard.press("Control+Enter")
        return bool(sent)

    until(is_sent)
    taken(page)
    body: dict[str, Any] | None = sent[0].post_data_json
    assert body
    return body


def regions_sent(body: dict[str, Any]) -> tuple[list[str], int]:
    return [region["label"] for region in body["answer"]["regions"]], len(body["rejected"])


def spans_sent(body: dict[str, Any]) -> tuple[list[tuple[int, int, str]], int]:
    spans = sorted((span["start"], span["end"], span["label"]) for span in body["answer"]["spans"])
    return spans, len(body["rejected"])


def fields_sent(body: dict[str, Any]) -> dict[str, Any]:
    return {part["field"]: part["value"] for part in body["answer"]["fields"]}


def tiles_sent(body: dict[str, Any]) -> Counter[str]:
    values = [part["value"] for answer in body["answers"].values() for part in answer["fields"]]
    return Counter(values)


def differences(
    page: Page, rows: Sequence[Row], gestures: dict[str, Callable[[], None]], read: Callable[[dict[str, Any]], Any]
) -> dict[str, tuple[Any, Any]]:
    """State -> what was sent and what should have been, of the rows where the two differ."""
    found = {}
    for row in rows:
        gestures["begin"]()
        print(row.state)  # shown where a row never ends
        for step in row.steps:
            gestures[step]() if step in gestures else page.keyboard.press(step)
        sent = read(hand_in(page))
        if sent != row.sent:
            found[row.state] = (sent, row.sent)
    return found


def test_in_images(site: Site, sign_in: Callable[..., Page]) -> None:
    page = sign_in(JUN)
    copilot = ScriptedCopilot(page)
    address = shapes.make_project(
        site, "Selection in images", labels=LABELS, pictures=len(IMAGE) + 1, copilot=True, empty_usual=True
    )
    stage = Stage(page, site, address)
    answered = 0

    def answer(*messages: dict[str, Any]) -> None:
        nonlocal answered
        answered += 1
        question = copilot.until_asked(answered)
        for message in messages:
            copilot.say(question["id"], message)
        expect(page.locator(".offer .spinner")).to_have_count(0)

    def begin() -> None:
        expect(page.locator("#copilot-mark")).to_have_attribute("data-state", "ready")
        stage.press("Escape", "1")
        stage.ready()

    def find() -> None:
        answer(things(3))
        expect(page.locator(".offer--text")).to_contain_text("3 suggestions")

    gestures = {
        "begin": begin,
        "draw": lambda: stage.drag((20, 120), (80, 180)),
        "draw second": lambda: stage.drag((200, 120), (260, 180)),
        "click": lambda: stage.click((50, 50)),
        "click first": lambda: stage.click((20, 150)),
        "masks": lambda: answer(masks(0.9)),
        "regret": lambda: answer({"type": "error", "code": "no-answer", "text": "Nothing there."}),
        "things": find,
    }
    assert differences(page, IMAGE, gestures, regions_sent) == {}


def test_in_texts(site: Site, sign_in: Callable[..., Page]) -> None:
    page = sign_in(JUN)
    ScriptedCopilot(page, "spans", text=[{"type": "spans", "spans": SPANS}])
    labels = [{"name": "Person", "hotkey": "1"}, {"name": "Place", "hotkey": "2"}]
    open_project(
        page,
        site,
        name="Selection in texts",
        task_type="text_spans",
        labels=labels,
        copilot=True,
        empty_usual=True,
        rows=[{"text": TEXT.format(n)} for n in range(len(TEXTS) + 1)],
    )

    def begin() -> None:
        expect(page.locator(".offer--text")).to_contain_text("3 suggestions")
        page.locator(".text").focus()

    def number() -> None:
        page.locator(".text").evaluate("host => getSelection().setPosition(host, host.childNodes.length)")
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")

    gestures = {
        "begin": begin,
        "number": number,
        "click first": lambda: page.locator(".text .span").first.click(),
    }
    assert differences(page, TEXTS, gestures, spans_sent) == {}


MAKE = """
import json
from django.core.files.base import ContentFile
from projects.workflow import batches
from projects.configuration import configure
from projects.data.importing import start as loading
from projects.models import Project

terms = json.loads({terms!r})
owner = Project.objects.get(name="Objects in photographs").organization
by = owner.memberships.filter(role="manager").first().person
rows = terms.pop("rows")
project = configure.create(owner, by, wanted=1, rate=0, file_order=True, **terms)
batch = batches.move(batches.create(project, "First", by=by), "live", by=by)
lines = "".join(json.dumps(row) + chr(10) for row in rows)
loading.load_files(project, [ContentFile(lines.encode(), name="rows.jsonl")], loading.Into(batch), by=by)
print(project.public_id)
"""


def open_project(page: Page, site: Site, **terms: Any) -> None:
    """The studio with a new project of these rows."""
    page.goto(f"/studio/{site.script(MAKE.format(terms=json.dumps(terms)))}/")
    expect(page.locator("#workbench")).to_be_visible()


def test_in_forms(site: Site, sign_in: Callable[..., Page]) -> None:
    page = sign_in(JUN)
    fields = [
        {"key": "mood", "name": "Mood", "kind": "choice", "required": False},
        {"key": "topic", "name": "Topic", "kind": "choice", "required": False},
        {"key": "remark", "name": "Remark", "kind": "text", "required": False},
    ]
    labels = [
        {"key": key, "name": key.title(), "field": field}
        for field, keys in (("Mood", ("glad", "cross")), ("Topic", ("lamps", "roads")))
        for key in keys
    ]
    rows = [{"text": f"Letter {n}"} for n in range(len(FORMS) + 1)]
    open_project(
        page,
        site,
        name="Selection in forms",
        task_type="classification",
        fields=fields,
        labels=labels,
        rows=rows,
        empty_usual=True,
    )
    gestures = {"begin": lambda: expect(page.locator(".asked")).to_be_visible()}
    assert differences(page, FORMS, gestures, fields_sent) == {}


def test_in_pairs(site: Site, sign_in: Callable[..., Page]) -> None:
    page = sign_in(JUN)
    rows = [{"first": f"One {n}", "second": f"Two {n}"} for n in range(len(PAIRS) + 1)]
    open_project(page, site, name="Selection in pairs", task_type="preference", rows=rows)
    gestures = {"begin": lambda: expect(page.locator(".asked")).to_be_visible()}

    def as_shown(body: dict[str, Any]) -> dict[str, Any]:
        """The preference as if the first candidate stood on the left."""
        swapped = {"first": "second", "second": "first"} if body["answer"]["left"] == "second" else {}
        return {field: swapped.get(value, value) for field, value in fields_sent(body).items()}

    assert differences(page, PAIRS, gestures, as_shown) == {}


def test_in_grids(site: Site, sign_in: Callable[..., Page]) -> None:
    page = sign_in(JUN)
    rows = [{"text": f"Sound {n}"} for n in range(4 * len(GRIDS) + 4)]
    labels = [{"key": key, "name": key.title()} for key in ("one", "two")]
    open_project(page, site, name="Selection in grids", task_type="classification", grid=4, labels=labels, rows=rows)
    gestures = {"begin": lambda: expect(page.locator(".tile__press")).to_have_count(4)}
    assert differences(page, GRIDS, gestures, tiles_sent) == {}
