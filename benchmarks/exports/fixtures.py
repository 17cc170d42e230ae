"""Decided tasks by the million, written by SQL as the verbs would have: pictures of one file, texts, classes."""

import io
import json
from typing import Any

import numpy as np
from django.db import connection, transaction
from PIL import Image

from benchmarks import database
from projects.configuration import configure
from projects.data.media import assets
from projects.data.media.pictures import read_picture
from projects.inference import geometry
from projects.models import Project
from projects.workflow import batches
from taskers.models import Organization

TEXT = "Maria Lopez of the Harbor Board visited Oslo on 3 May 2024 and met the people who run its ferries."
SIDES = (96, 128)
CHUNK = 50_000
TASKS = """
WITH made AS (
  INSERT INTO projects_task (project_id, batch_id, asset_id, external_id, payload, payload_hash, wanted)
  SELECT %(project)s, %(batch)s, %(asset)s, 'folder/' || n || '.png',
    %(payload)s::jsonb || CASE WHEN %(named)s THEN jsonb_build_object('name', 'folder/' || n || '.png') ELSE '{}' END,
    md5(n::text) || md5(n::text), 1
  FROM generate_series(%(first)s::int, %(last)s::int) n RETURNING id)
INSERT INTO projects_verdict
  (public_id, task_id, answer, confidence, method, rests_on, agreements, settings_version, note)
SELECT gen_random_uuid(), id, %(answer)s::jsonb, 0.9, 'majority_v1', '{}', '{}', 1, '' FROM made ORDER BY id
"""


def decided(kind: str, number: int, name: str = "All") -> Project:
    """A project of a type with so many decided tasks, for an organization of its own."""
    owner = Organization.objects.create(name=f"{name} of {kind}")
    labels = [{"name": "Cat", "key": "cat"}, {"name": "Dog", "key": "dog"}]
    project = configure.create(owner, None, name=f"{name} of {kind}", task_type=kind, labels=labels, wanted=1)
    batch = batches.move(batches.create(project, "All", by=None), "live", by=None)
    payload, asset = {"text": TEXT}, None
    if kind == "image_regions":
        payload, asset = _picture(owner)
    terms: dict[str, Any] = {"project": project.pk, "batch": batch.pk, "asset": asset, "named": asset is not None}
    terms |= {"payload": json.dumps(payload), "answer": json.dumps(ANSWERS[kind])}
    for first in range(0, number, CHUNK):
        with connection.cursor() as cursor:
            cursor.execute(TASKS, terms | {"first": first, "last": min(first + CHUNK, number) - 1})
    database.as_owner("ANALYZE projects_task, projects_verdict")
    return project


@transaction.atomic
def _picture(owner: Organization) -> tuple[dict[str, Any], int]:
    out = io.BytesIO()
    Image.fromarray(np.zeros((*SIDES, 3), dtype=np.uint8)).save(out, "PNG")
    made = read_picture(out.getvalue())
    stored = assets.store(owner, [made])[made.sha256]
    return {"asset": made.sha256, "width": SIDES[1], "height": SIDES[0], "name": ""}, stored.pk


def _part(**more: Any) -> dict[str, Any]:
    return {"id": "p1", "attributes": {}, "provenance": {"source": "human"}} | more


def _disc() -> dict[str, Any]:
    y, x = np.ogrid[: SIDES[0], : SIDES[1]]
    return geometry.mask_from_bitmap((y - 40) ** 2 + (x - 60) ** 2 < 900)


ANSWERS: dict[str, dict[str, Any]] = {
    "image_regions": {
        "regions": [
            _part(label="cat", shape={"type": "box", "x": 3, "y": 4, "width": 30, "height": 20}),
            _part(id="p2", label="dog", shape=_disc()),
        ]
    },
    "text_spans": {"spans": [_part(start=0, end=11, label="cat"), _part(id="p2", start=39, end=43, label="dog")]},
    "classification": {
        "fields": [{"field": "label", "kind": "choice", "value": "cat", "provenance": {"source": "human"}}]
    },
}
