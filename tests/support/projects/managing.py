"""What a manager sends from the pages of a project."""

import json

from django.test import Client
from django.urls import reverse

from projects.configuration import save_settings
from projects.models import Project

FORM = {
    "name": "Ships",
    "task_type": "text_spans",
    "instructions": "# Ships\n\nMark **ships**.",
    "wanted": "3",
    "rate": "0.035",
    "lease_minutes": "20",
    "copilot": "on",
    "agreement": "80",
    "iou": "50",
    "span_match": "overlap",
    "pay_floor": "60",
    "minimum_score": "0",
    "labels-TOTAL_FORMS": "3",
    "labels-INITIAL_FORMS": "0",
    "labels-0-name": "Port",
    "labels-0-colour": "#1971c2",
    "labels-0-hotkey": "p",
    "labels-0-model_names": "GPE, LOC",
    "labels-0-ORDER": "2",
    "labels-1-name": "Ship",
    "labels-1-colour": "#e8590c",
    "labels-1-hotkey": "h",
    "labels-1-ORDER": "1",
    "labels-2-name": "",
    "labels-2-colour": "#2f9e44",
    "labels-2-ORDER": "3",
}


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page(name: str, *keys: object) -> str:
    return reverse(name, args=keys)


def changed(project: Project, **fields: str) -> dict[str, str]:
    """The settings form as a browser would send it back, with some fields changed."""
    rows = save_settings.labels_of(project)
    labels = {"labels-TOTAL_FORMS": str(len(rows)), "labels-INITIAL_FORMS": str(len(rows))}
    for index, row in enumerate(rows):
        row |= {"attributes": json.dumps(row["attributes"]), "present_key": row["key"]}
        labels |= {f"labels-{index}-{name}": value for name, value in row.items()} | {
            f"labels-{index}-ORDER": str(index)
        }
    kept = {name: value for name, value in FORM.items() if not name.startswith(("labels", "name", "task_type"))}
    return kept | labels | {"seen": save_settings.mark(project)} | fields
