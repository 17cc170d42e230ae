"""Decided projects to export: one of texts, one of photographs."""

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from spacy.tokens import DocBin
from spacy.vocab import Vocab

from projects.configuration import configure
from projects.data import exporting, importing
from projects.data.exporting import source, terms
from projects.data.media.pictures import read_picture
from projects.inference import geometry
from projects.models import Task
from tests.support import make

TEXT = "Dr. Zoë O'Neil 👩‍⚖️ paid $1,250.75  on\n3 May 2024; X _ root NUM.\n"


def span(word: str, label: str, text: str = TEXT) -> dict:
    start = text.index(word)
    return make.span(start, start + len(word), label, id=f"s{start}-{label}")


SPANS = [span("Zoë O'Neil", "person"), span("O'Neil", "person"), span("May", "place"), span("3 May 2024", "place")]


def first_task() -> Task:
    return Task.objects.order_by("pk")[0]


def exported(project, key: str, **terms) -> bytes:
    return b"".join(exporting.export(project, key, **terms))


def region(id: str, label: str, left: int, right: int) -> dict:
    return {"id": id, "label": label, "shape": geometry.mask_from_bitmap(bitmap(left, right))}


def bitmap(left: int, right: int) -> np.ndarray:
    found = np.zeros((20, 30), dtype=bool)
    found[3:10, left:right] = True
    found[5, left] = False
    return found


def docs(data: bytes) -> list:
    return list(DocBin().from_bytes(data).get_docs(Vocab()))


@pytest.fixture
def reports(cast):
    """A text project with one decided and one undecided task, one judgement wanted."""
    project = make.project(cast.riverside, wanted=1)
    batch = make.batch(project)
    make.task(batch, text=TEXT)
    make.judged(cast.alice, project, {"spans": SPANS})
    make.task(batch, text="Nobody has looked at this.")
    return project


@pytest.fixture
def photos(cast, tmp_path, settings):
    """An image project: a decided photograph with two objects, one with none, one undecided."""
    settings.MEDIA_ROOT = tmp_path
    labels = [{"name": "Big cat", "key": "cat"}, {"name": "Dog", "key": "dog"}]
    project = make.project(cast.riverside, "Pets", "image_regions", labels=labels, wanted=1)
    rows: list[importing.Row] = []
    for name in ("one.png", "two.png", "three.png"):
        out = io.BytesIO()
        Image.fromarray(np.full((20, 30, 3), len(rows), dtype=np.uint8)).save(out, "PNG")
        picture = read_picture(out.getvalue())
        fields = {"asset": picture.sha256, "width": 30, "height": 20, "name": name}
        rows.append(importing.Row(name, f"set/{name}", fields, picture))
    importing.load_all(make.batch(project), rows, by=None)
    make.in_order(Task.objects.filter(project=project))
    make.judged(cast.alice, project, {"regions": [region("r1", "dog", 0, 5), region("r2", "cat", 7, 9)]})
    make.judged(cast.alice, project, {"regions": []})
    configure.set_labels(project, [labels[0]], by=None)
    return project


def unpacked(project, key: str, folder: Path, **said: Any) -> Path:
    """The files of an export on these terms, below a folder."""
    found = terms.read(project, said)
    chosen = exporting.fitting(project, key, found)
    path = folder / f"{key}.zip"
    with path.open("wb") as file:
        file.writelines(exporting.packed(chosen, source.standing(project, found)))
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        archive.extractall(folder / key)
    return folder / key


def picture(number: int, width: int = 30, height: int = 20, kind: str = "PNG") -> bytes:
    """A picture like no other."""
    out = io.BytesIO()
    pixels = np.random.default_rng(number).integers(0, 255, (height, width, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(out, kind)
    return out.getvalue()


GALLERY_LABELS: list[dict[str, Any]] = [
    {
        "name": "Big cat",
        "key": "cat",
        "shapes": ["mask", "box", "polygon", "polyline"],
        "attributes": [
            {"key": "difficult", "name": "Difficult", "kind": "flag"},
            {"key": "pose", "name": "Pose", "kind": "choice", "choices": ["standing", "lying"]},
        ],
    },
    {"name": "Dog", "key": "dog", "shapes": ["mask", "box", "polygon"], "colour": "#e03131"},
    {"name": "Nose", "key": "nose", "shapes": ["point"], "colour": "#2f9e44"},
    {"name": "Tail", "key": "tail", "shapes": ["point", "polyline"], "colour": "#f08c00"},
]
BOX = {"type": "box", "x": 2, "y": 3, "width": 10, "height": 8}
POLYGON = {"type": "polygon", "points": [[14, 2], [28, 2], [28, 12.5], [14, 12.5]]}
LINE = {"type": "polyline", "points": [[1, 18], [12, 16], [20, 19]]}
NOSE = {"type": "point", "x": 5, "y": 6, "visible": True}
TAIL = {"type": "point", "x": 10, "y": 9, "visible": False}


def shaped(*shapes: tuple[str, dict]) -> dict:
    """An answer of these labels with their shapes."""
    regions = [{"id": f"r{at}", "label": label, "shape": shape} for at, (label, shape) in enumerate(shapes)]
    return {"regions": regions}


@pytest.fixture
def gallery(cast, tmp_path, settings):
    """An image project with every shape in it: five decided pictures of three groups, two of which are called alike."""
    settings.MEDIA_ROOT = tmp_path / "media"
    terms = {"labels": GALLERY_LABELS, "wanted": 1}
    project = make.project(cast.riverside, "Zoo", "image_regions", **terms)
    names = ("one.png", "two.jpg", "one.jpg", "set/four.png", "Zoë & <co>.png")
    rows: list[importing.Row] = []
    for number, name in enumerate(names):
        made = read_picture(picture(number, kind="PNG" if name.endswith("png") else "JPEG"))
        fields = {"asset": made.sha256, "width": 30, "height": 20, "name": name, "meta": {"herd": f"h{number % 3}"}}
        rows.append(importing.Row(name, f"zoo/{name}", fields, made))
    importing.load_all(make.batch(project), rows, by=None)
    make.in_order(Task.objects.filter(project=project))
    mask = region("r", "dog", 16, 25)["shape"]
    marked = shaped(("cat", BOX), ("dog", mask), ("dog", POLYGON), ("tail", LINE), ("nose", NOSE), ("tail", TAIL))
    marked["regions"][0]["attributes"] = {"difficult": True, "pose": "lying"}
    for answer in (
        marked,
        shaped(("dog", mask)),
        shaped(),
        shaped(("cat", BOX)),
        shaped(("cat", POLYGON), ("nose", NOSE)),
    ):
        make.judged(cast.alice, project, answer)
    return project
