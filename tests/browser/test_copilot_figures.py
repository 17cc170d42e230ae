"""The copilot's page with figures in it: work in both arms, suggestions of every outcome; wide, narrow, light, dark."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support import outbox
from tests.support.browser.looks import seen
from tests.support.browser.site import Site

pytestmark = pytest.mark.xdist_group("browser")

MANAGER = "maya@riverside.example"
TEXT = "Maria Lopez met Jonas Berg in Oslo."
SCRIPT = """
import random, time
from assist.suggestions import record
from assist.suggestions.bindings import bind
from assist.errors import CopilotError
from assist.suggestions.offers import Offer
from django.core.files.base import ContentFile
from projects.workflow import batches, submission
from projects.configuration import configure
from projects.data.importing import start as loading
from projects import queue
from projects.models import Assignment, Project, Task
from taskers.models import Person

dice = random.Random(4)
owner = Project.objects.get(name="Objects in photographs").organization
by = owner.memberships.filter(role="manager").first().person
labels = [{{"key": "person", "name": "Person"}}, {{"key": "place", "name": "Place"}}]
project = configure.create(
    owner, by, name="Names, measured", task_type="text_spans", wanted=3, rate=0, labels=labels, control_share=0.4
)
batch = batches.move(batches.create(project, "First", by=by), "live", by=by)
file = ContentFile(chr(10).join('{{"text": "' + str(n) + ' {text}"}}' for n in range(40)).encode(), name="texts.jsonl")
loading.load_files(project, [file], loading.Into(batch), by=by)
until = time.monotonic() + 100
while Task.objects.filter(project=project).count() < 40 and time.monotonic() < until:
    time.sleep(0.2)  # loading is the worker's work
assert Task.objects.filter(project=project).count() == 40, "the worker hasn't loaded them"
people = [one.person for one in owner.memberships.filter(role="tasker").select_related("person")[:5]]
for person in people:
    for number in range(40):
        held = queue.claim(person, project)
        if not isinstance(held, Assignment):
            break  # what is decided already isn't asked again
        start = held.task.payload["text"].index("Maria")
        parts = []
        if held.copilot:
            binding = bind(person.pk, held.public_id, held.token)
            made = Offer({{"text": True}}, {{"start": start, "end": start + 11, "label": "person"}}, None, 40)
            record.keep(binding, "en-core-web-sm@3.8.0", [made])
            source = dice.choice(["suggestion", "suggestion", "edited", ""])
            if source:
                mine = {{"source": source, "suggestion": str(made.public_id), "model": "en-core-web-sm@3.8.0"}}
                end = start + (11 if source == "suggestion" else 5)
                parts = [{{"start": start, "end": end, "label": "person", "provenance": mine}}]
        if not parts:
            parts = [{{"start": start, "end": start + 11, "label": "person", "provenance": {{"source": "human"}}}}]
        answer = {{"spans": [{{"id": "s1", "attributes": {{}}}} | part for part in parts]}}
        seconds = dice.lognormvariate(3, 0.3) * (0.7 if held.copilot else 1)
        submission.submit(held, person, held.token, answer, active_ms=int(1000 * seconds))
print(project.public_id)
"""


@pytest.fixture(scope="module")
def measured(site: Site) -> str:
    """The page of a project with some hundred pieces of work, two in five of them without the copilot."""
    return f"/projects/{site.script(SCRIPT.format(text=TEXT))}/copilot/"


def test_figures_fit_and_read_aloud(measured: str, sign_in: Callable[..., Page]) -> None:
    page = sign_in(MANAGER)
    page.goto(measured)
    expect(page.get_by_text("pieces of work with the copilot")).to_be_visible(timeout=1000 * outbox.PATIENCE)
    expect(page.get_by_text("What became of suggestions")).to_be_visible()
    assert list(seen(page, "the figures")) == []
