"""Files to be loaded, and what became of them."""

import io
import json
import zipfile

import numpy as np
import pytest
from django.core.files.base import ContentFile
from PIL import Image

from projects.data import importing
from projects.data.connectors import upload
from projects.data.reading.format import Reading


@pytest.fixture
def media(tmp_path, settings):
    """A media folder of the test's own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


def kept(batch, data: str | bytes, name: str = "tasks.jsonl"):
    raw = data.encode() if isinstance(data, str) else data
    return importing.keep(batch, ContentFile(raw), name=name, by=None)


def loaded(batch, data: str | bytes, name: str = "tasks.jsonl"):
    return importing.run(kept(batch, data, name).pk)


def read(key: str, data: bytes, name: str, skip: int = 0) -> list:
    """The rows and faults of what was sent under a name, in a format, as an import reads them."""
    task_type = importing.FORMATS[key].task_types[0]
    with upload.opened(io.BytesIO(data), name) as files:
        return list(importing.FORMATS[key].read(files, Reading(task_type, skip)))


def lines(*rows: object) -> str:
    return "\n".join(json.dumps(row) for row in rows)


def picture(shade: int = 90, size: tuple[int, int] = (30, 20), **options) -> bytes:
    out = io.BytesIO()
    image = Image.fromarray(np.full((size[1], size[0], 3), shade, dtype=np.uint8))
    image.save(out, options.pop("kind", "PNG"), **options)
    return out.getvalue()


def zipped(**entries: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in entries.items():
            archive.writestr(f"{name}.png", data)
    return out.getvalue()


def counts(done) -> tuple[str, int, int, int]:
    return done.state, done.loaded, done.known, done.refused
