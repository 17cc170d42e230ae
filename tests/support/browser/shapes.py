"""A project of one picture whose label takes every shape: made beside the application, in the demo's organization."""

import json

import numpy as np
from pycocotools import mask as coco

from tests.support.browser.site import Site

NAME = "Shapes of all kinds"
SIZE = (320, 240)

SCRIPT = """
import io, json, sys
import numpy as np
from PIL import Image
from django.core.files.base import ContentFile
from projects.workflow import batches
from projects.configuration import configure
from projects.data import importing
from projects.data.importing import start as loading
from projects.models import Project, Task
from taskers.models import Organization, Person

terms = json.loads({terms!r})
owner = Project.objects.get(name="Objects in photographs").organization
by = owner.memberships.filter(role="manager").first().person
project = configure.create(
    owner, by, name=terms["name"], task_type="image_regions", wanted=1, rate=0, file_order=True,
    copilot=terms["copilot"], labels=terms["labels"],
    empty_usual=terms["empty_usual"],
)
batch = batches.move(batches.create(project, "First", by=by), "live", by=by)
import zipfile
packed = io.BytesIO()
with zipfile.ZipFile(packed, "w") as file:
    for number in range(terms["pictures"]):
        width, height = terms["size"]
        y, x = np.mgrid[:height, :width]
        squares = (x // 16 + y // 16 + number) % 2 * 60 + 90
        pixels = np.stack([x * 255 // width, y * 255 // height, squares], -1).astype(np.uint8)
        one = io.BytesIO()
        Image.fromarray(pixels).save(one, "PNG" if width * height < 5_000_000 else "JPEG")
        file.writestr(f"picture-{{number:02}}.{{'png' if width * height < 5_000_000 else 'jpg'}}", one.getvalue())
packed.seek(0)
loading.load_files(project, [ContentFile(packed.getvalue(), name="pictures.zip")], loading.Into(batch), by=by)
print(project.public_id)
"""

EVERYTHING: list[dict] = [
    {
        "name": "Thing",
        "hotkey": "1",
        "shapes": ["mask", "box", "polygon", "polyline", "point"],
        "attributes": [
            {"name": "Pose", "kind": "choice", "choices": ["standing", "lying"]},
            {"name": "Occluded", "kind": "flag"},
            {"name": "Legs", "kind": "number"},
            {"name": "Remark", "kind": "text"},
        ],
    },
    {"name": "Other", "hotkey": "2", "shapes": ["mask", "polygon"]},
]


def blob(index: int, size: tuple[int, int] = SIZE) -> dict:
    """The mask of a round thing of about 30 pixels, each number's in another place."""
    width, height = size
    y, x = np.mgrid[:height, :width]
    inside = np.hypot(x - (37 * index) % width, y - (53 * index) % height) < 12 + index % 7
    code = coco.encode(np.asfortranarray(inside.astype(np.uint8)))
    return {"type": "mask", "size": [height, width], "counts": code["counts"].decode()}


def make_project(
    site: Site,
    name: str = NAME,
    *,
    labels: list[dict] = EVERYTHING,
    pictures: int = 1,
    size: tuple[int, int] = SIZE,
    copilot: bool = False,
    empty_usual: bool = False,
) -> str:
    """The studio's address of a new project."""
    terms = {"name": name, "labels": labels, "pictures": pictures, "size": size, "copilot": copilot}
    terms["empty_usual"] = empty_usual
    return f"/studio/{site.script(SCRIPT.format(terms=json.dumps(terms)))}/"
