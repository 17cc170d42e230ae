"""A project of texts: made beside the application, in the demo's organization."""

import json
from collections.abc import Sequence

from tests.support.browser.site import Site

SCRIPT = """
import io, json
from django.core.files.base import ContentFile
from projects.workflow import batches
from projects.configuration import configure
from projects.data.importing import start as loading
from projects.models import Project

terms = json.loads(open({path!r}).read())
owner = Project.objects.get(name="Objects in photographs").organization
by = owner.memberships.filter(role="manager").first().person
project = configure.create(
    owner, by, name=terms["name"], task_type="text_spans", wanted=1, rate=0, file_order=True,
    copilot=terms["copilot"], labels=terms["labels"],
    instructions=terms["instructions"],
)
batch = batches.move(batches.create(project, "First", by=by), "live", by=by)
lines = "\\n".join(
    json.dumps({{"external_id": f"text-{{number:02}}", "payload": {{"text": text}} | terms["beside"]}})
    for number, text in enumerate(terms["texts"])
)
loading.load_files(project, [ContentFile(lines.encode(), name="texts.jsonl")], loading.Into(batch), by=by)
print(project.public_id)
"""

ROLE = {"name": "Role", "kind": "choice", "choices": ["plaintiff", "defendant"]}
DECEASED = {"name": "Deceased", "kind": "flag"}
REMARK = {"name": "Remark", "kind": "text"}
LABELS: list[dict] = [
    {"name": "Person", "hotkey": "1", "attributes": [ROLE, DECEASED, REMARK]},
    {"name": "Place", "hotkey": "2"},
]


def make_project(
    site: Site,
    name: str,
    texts: Sequence[str],
    *,
    labels: list[dict] = LABELS,
    instructions: str = "",
    copilot: bool = False,
    title: str = "",
) -> str:
    """The studio's address of a new project of these texts, each under the same title if there is one."""
    beside = {"title": title} if title else {}
    terms = {"name": name, "labels": labels, "texts": list(texts), "beside": beside, "copilot": copilot}
    terms |= {"instructions": instructions}
    path = site.data / "texts.json"
    path.write_text(json.dumps(terms), encoding="utf-8")
    return f"/studio/{site.script(SCRIPT.format(path=str(path)))}/"
