"""What the demo's projects ask for: four that wait for work, and two that were worked on for weeks (history.py)."""

from typing import Any

from projects.task_types import asked_fields

Terms = dict[str, Any]


def _labels(*rows: tuple[str, str, str, str]) -> list[dict[str, str]]:
    """Labels of (key, name, colour, hotkey)."""
    return [dict(zip(("key", "name", "colour", "hotkey"), row, strict=True)) for row in rows]


def _choices(field: str, **names: str) -> list[dict[str, str]]:
    """Labels that answer a field, by key."""
    return [{"key": key, "name": name, "field": field} for key, name in names.items()]


def _branch(key: str, name: str, **ends: str) -> list[dict[str, str]]:
    """A label of a tree with what lies under it."""
    return [{"key": key, "name": name}, *({"key": end, "name": said, "parent": key} for end, said in ends.items())]


NAMES_IN_TEXTS = _labels(
    ("person", "Person", "#1971c2", "1"),
    ("organization", "Organization", "#9c36b5", "2"),
    ("place", "Place", "#2f9e44", "3"),
    ("date", "Date", "#e8590c", "4"),
)
BY_MODEL = {
    "PERSON": "person",
    "ORG": "organization",
    "GPE": "place",
    "LOC": "place",
    "FAC": "place",
    "DATE": "date",
}
TWENTY_MINUTES = 1200

OBJECTS: Terms = {
    "name": "Objects in photographs",
    "task_type": "image_regions",
    "labels": _labels(
        ("person", "Person", "#1971c2", "1"),
        ("animal", "Animal", "#e8590c", "2"),
        ("vehicle", "Vehicle", "#2f9e44", "3"),
        ("food", "Food or drink", "#9c36b5", "4"),
        ("coin", "Coin", "#b08900", "5"),
        ("star", "Star or galaxy", "#0c8599", "6"),
        ("cell", "Cell or tissue", "#c2255c", "7"),
        ("other", "Other thing", "#5c6773", "8"),
    ),
    "wanted": 2,
    "rate": 250_000,
    "lease_seconds": TWENTY_MINUTES,
    "copilot": True,
    "thresholds": {"iou": 0.6, "agreement": 0.75},
}
REPORTS: Terms = {
    "name": "People, organizations, places and dates in reports",
    "task_type": "text_spans",
    "labels": NAMES_IN_TEXTS,
    "wanted": 3,
    "rate": 180_000,
    "lease_seconds": TWENTY_MINUTES,
    "copilot": True,
    "label_mapping": BY_MODEL,
    "thresholds": {"span_match": "overlap", "agreement": 0.75},
}
LETTERS: Terms = {
    "name": "Letters to the town hall",
    "task_type": "classification",
    "fields": asked_fields.read(
        "Subject (tree)\nTone (choice)\nMentions (multiple, optional)\nUrgency (number 1 to 5 step 1)\n"
        "What hurts most (text 200) when Tone is angry"
    ),
    "labels": [
        *_branch("streets", "Streets and lights", lamp="Lamp", pavement="Pavement"),
        *_branch("waste", "Waste", bins="Bins not emptied"),
        *_branch("office", "Offices and papers", permit="Permit", bill="Bill"),
        *_branch("elsewhere", "Something else"),
        {"key": "friendly", "name": "Friendly", "field": "Tone", "hotkey": "y"},
        {"key": "plain", "name": "Plain", "field": "Tone", "hotkey": "p"},
        {"key": "angry", "name": "Angry", "field": "Tone", "hotkey": "a"},
        *_choices("Mentions", address="An address", person="A person", money="Money"),
    ],
    "wanted": 2,
    "rate": 120_000,
    "lease_seconds": TWENTY_MINUTES,
    "copilot": True,
    "thresholds": {"agreement": 0.75},
}
PARTS: Terms = {
    "name": "Washers on the belt",
    "task_type": "classification",
    "grid": 24,
    "labels": _labels(
        ("good", "Good", "#2f9e44", "g"),
        ("chipped", "Chipped", "#e8590c", "c"),
        ("missing", "Missing", "#1971c2", "m"),
    ),
    "wanted": 2,
    "rate": 10_000,
    "lease_seconds": TWENTY_MINUTES,
    "copilot": False,
}

CALLS: Terms = {
    "name": "Calls to the town line",
    "task_type": "classification",
    "labels": _labels(
        ("streets", "Streets and lights", "#1971c2", "1"),
        ("water", "Water and drains", "#0c8599", "2"),
        ("waste", "Waste", "#b08900", "3"),
        ("noise", "Noise", "#c2255c", "4"),
        ("permits", "Permits and papers", "#9c36b5", "5"),
        ("parks", "Parks and playgrounds", "#2f9e44", "6"),
    ),
    "wanted": 2,
    "rate": 60_000,
    "lease_seconds": TWENTY_MINUTES,
    "copilot": True,
    "control_share": 0.3,
    "planted_share": 0.3,
    "audit_share": 0.06,
    "thresholds": {"agreement": 0.75},
}
MINUTES: Terms = {
    "name": "Names in council minutes",
    "task_type": "text_spans",
    "labels": NAMES_IN_TEXTS,
    "wanted": 2,
    "most": 3,
    "rate": 150_000,
    "lease_seconds": TWENTY_MINUTES,
    "copilot": True,
    "control_share": 0.3,
    "audit_share": 0.06,
    "label_mapping": BY_MODEL,
    "thresholds": {"span_match": "overlap", "agreement": 0.75},
}
