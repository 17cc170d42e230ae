"""Decided projects to export: one of texts, one of photographs."""

import io

import numpy as np
import pytest
from PIL import Image
from spacy.tokens import DocBin
from spacy.vocab import Vocab

from projects.configuration import configure
from projects.data import exporting, importing
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
