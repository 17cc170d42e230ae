"""Letters to a town hall that people have sorted by who sees to them.

Some are about roads, some about water. Team 7 has schools and dead animals, which no one thing is near to: a model that
goes by what is near misses half of it, one that has learnt doesn't.
"""

from contextlib import suppress

import psutil

from tests.support.browser.site import Site
from tests.support.waiting import until

NAME = "Letters by department"
EMIL = "emil@riverside.example"
RECIPES = "assist.learning.recipes"
# Most are about roads. Who answers is asked before any model is there, so all of it judges models: of so many that a
# second look at them still tells, however few of the letters of Team 7 the model in place happens to miss.
MADE = f"""
import json
from hashlib import sha256
from itertools import count
from django.core.files.base import ContentFile
from assist.learning.splits import split_of
from assist.registry import registry
from projects import queue
from projects.configuration import configure
from projects.data import importing
from projects.models import Project
from projects.task_types import asked_fields
from projects.workflow import batches, submission
from taskers.people import invitations
from taskers.models import Person

SAID = {{
    "roads": ("a pothole in the road", "a deep pothole in the road"),
    "water": ("the water pipe is leaking", "a water pipe leaks"),
    "team-7": (
        "a pothole in the road in front of the school",
        "the water pipe is leaking in front of the school",
        "a dead cat on the lawn",
    ),
}}
PLACES = ("Mill Street", "Quarry Lane", "the old market", "Grace Square", "Tannery Hill", "the east gate")
WANTED = {{"train": 110, "validation": 25, "gate": 110}}
SHARES = {{"roads": 0.45, "water": 0.2, "team-7": 0.35}}

maya, jun = (Person.objects.get(email=f"{{one}}@riverside.example") for one in ("maya", "jun"))
of = Project.objects.get(name="Letters to the town hall").organization
emil = Person.objects.create_user("{EMIL}", name="Emil Lindqvist", password="%(password)s")
invitations.grant(of, emil, "ml_engineer", by=maya)
labels = [{{"key": key, "name": key.replace("-", " ").capitalize(), "field": "Department"}} for key in SAID]
project = configure.create(of, maya, name="{NAME}", task_type="classification", wanted=1, rate=0, audit_share=0.0,
    labels=labels, fields=asked_fields.read("Department (choice)"))
batch = batches.move(batches.create(project, "First", by=maya), "live", by=maya)


def letters(kind):
    for number in count(1):
        for what in SAID[kind]:
            for place in PLACES:
                yield f"{{what.capitalize()}}, seen at {{place}}, number {{number}}."


kinds = {{}}
for kind, share in SHARES.items():
    left = {{split: round(number * share) for split, number in WANTED.items()}}
    for text in letters(kind):
        split = split_of(str(project.public_id), sha256(text.encode()).hexdigest())
        if left[split]:
            left[split] -= 1
            kinds[text] = kind
        if not any(left.values()):
            break
lines = [json.dumps({{"payload": {{"text": text}}}}) for text in kinds]
importing.run(importing.keep(batch, ContentFile("\\n".join(lines).encode()), name="letters.jsonl", by=maya).pk)
while isinstance(mine := queue.claim_group(jun, project, 100), list):
    said = {{
        str(one.public_id): {{"fields": [{{"field": "department", "kind": "choice",
            "value": kinds[one.task.payload["text"]], "provenance": {{"source": "human"}}}}]}}
        for one in mine
    }}
    submission.receive_group(mine, jun, mine[0].token, said)
registry.deploy(project, registry.model_version("all-minilm-l6@2"), share=100, by=maya, grounds=registry.FIRST)
print(len(kinds))
"""
INDEXED = """
SELECT 1 FROM projects_verdictentry e JOIN projects_project p ON p.id = e.project_id
WHERE p.name = %s AND e.label = '' HAVING count(*) = %s
"""


def sorted_by_people(site: Site, password: str) -> str:
    """Have the project made and its letters sorted; gives the project's id. Emil, who trains models, can sign in."""
    number = int(site.script(MADE % {"password": password}))
    site.passwords[EMIL] = password
    until(lambda: site.query(INDEXED, NAME, number))
    ((project,),) = site.query("SELECT public_id FROM projects_project WHERE name = %s", NAME)
    return str(project)


def hurried(run: str) -> bool:
    """Let the process of a training run have as much of the processor as the tests around it: it steps back for
    everybody, and beside them it would wait for minutes. Whether it is there already."""
    for one in psutil.process_iter(["cmdline"]):
        words = one.info["cmdline"] or ()
        if RECIPES in words and any(run in word for word in words):
            with suppress(psutil.AccessDenied, psutil.NoSuchProcess):
                one.nice(0)
            return True
    return False
