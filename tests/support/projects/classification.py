"""What a classification asks in the tests, and answers to it."""

from projects.task_types import TASK_TYPES, asked_fields
from projects.task_types.classification import AskedLabels

ROOM = TASK_TYPES["classification"]
TEXT = {"text": "A horse by the river."}
FIELDS = asked_fields.read(
    "Subject (choice)\n"
    "Seen (multiple, optional)\n"
    "Kind (tree) when Subject is animal\n"
    "Legs (number 0 to 8 step 1 legs, optional)\n"
    "Remark (text 40, optional)"
)
LABELS = AskedLabels(
    {
        "animal": {"field": ""},
        "thing": {"field": "subject"},
        "water": {"field": "seen"},
        "grass": {"field": "seen"},
        "sky": {"field": "seen"},
        "mammal": {"field": "kind"},
        "horse": {"field": "kind", "parent": "mammal"},
        "cow": {"field": "kind", "parent": "mammal"},
        "bird": {"field": "kind"},
    },
    FIELDS,
)
NUMBERS = {"numbers": asked_fields.numbers(FIELDS)}


def answer(**values) -> dict:
    return {"fields": [{"field": key, "value": value} for key, value in values.items()]}


def taken(**values) -> dict:
    return ROOM.check_answer(answer(**values), TEXT, LABELS)


def values_of(checked: dict) -> dict:
    return {part["field"]: part["value"] for part in checked["fields"]}


PROJECT_LABELS = [
    {"name": "Animal", "field": "Subject", "hotkey": "a"},
    {"name": "Thing", "field": "Subject"},
    {"name": "Grass", "field": "Seen"},
    {"name": "Water", "field": "Seen"},
    {"name": "Mammal", "field": "Kind"},
    {"name": "Horse", "parent": "Mammal"},
    {"name": "Cow", "parent": "mammal"},
]


ASKED = "Animal (choice)\nLegs (number 0 to 8 step 1)\nSeen (choice)\nRemark (text 40)"
OPTIONS = [{"name": one, "field": field} for one, field in (("Cat", "Animal"), ("Dog", "Animal"), ("Day", "Seen"))]


def filled(animal: str, legs: int = 4, remark: str = "sleeps on a chair") -> dict:
    values = {"animal": animal, "legs": legs, "seen": "day", "remark": remark}
    return {"fields": [{"field": key, "value": value} for key, value in values.items()]}
