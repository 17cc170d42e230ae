"""The page of settings that no person would type: what a program may say, the page's own form says again."""

import pytest

from projects.configuration import save_settings
from projects.models import Project, limits
from projects.task_types import TASK_TYPES
from tests.support import sending
from tests.support.projects.managing import page, signed_in
from tests.support.projects.pipeline import Office

pytestmark = pytest.mark.django_db

SHARES = {"minimum_score": 0.1 + 0.2, "audit_share": 1e-9, "pay_floor": 2 / 3}
MOST = {
    "instructions": "\n\n" + "Mark cats.\n" * (limits.INSTRUCTIONS // 12),
    "instructions_by_language": {"es": "\n" * limits.INSTRUCTIONS},
    **{"wanted": 49, "most": 50, "budget": 49.000001, "target": 0.912345678},
    **{"rate": "999999.999999", "hourly_rate": "0.000001", "review_rate": "999999.999999"},
    **{"paid_seconds": 4 * 3600, "lease_seconds": limits.WEEK - 1, "correction_minutes": limits.WEEK // 60},
    **{"shows_verdicts": True, "file_order": True, "thresholds": {"agreement": 1e-7}},
    **SHARES,
}
LEAST = {
    **{"wanted": 1, "target": 0.5, "rate": "0", "lease_seconds": 31, "paid_seconds": 1, "correction_minutes": 0},
    **{"thresholds": {"agreement": 0}, **dict.fromkeys(SHARES, 0)},
}
LONG = "ñ" * (limits.LABEL_NAME - 2)
ATTRIBUTES = [
    {"key": f"a {n}", "name": f"{n} " + "x" * 50, "kind": "choice", "choices": [f"{i}" + '"' * 58 for i in range(50)]}
    for n in range(limits.ATTRIBUTES)
]
NAMES = [f"a name that a model has {n}" for n in range(40)]
RANGE = {"min": -(10**12), "max": 10**12, "step": 5e-5, "unit": "step"}
ASKED = [
    {"name": "What is it", "key": "its", "kind": "tree", "required": False, "counts": True, "weight": 0.00005},
    {"name": "Legs", "kind": "number", **RANGE, "when": {"field": "its", "is": "is"}},
    {"name": "Why, or why not", "kind": "text", "longest": 20_000, "required": False},
]
ALSO = [{name: value for name, value in one.items() if name not in ("counts", "weight")} for one in ASKED]
FIELD = {"field": "its"}
CHOICES = [{"name": "Is", "key": "is", **FIELD}, {"name": LONG, **FIELD, "parent": "is"}]
BODIES = {
    "image_regions": {
        "labels": [{"name": LONG, "hotkey": "9", "shapes": ["point", "box"], "attributes": ATTRIBUTES}],
        "empty_usual": True,
        "unit_rate": "0.000001",
        "thresholds": {"iou": 1 / 3},
    },
    "text_spans": {
        "labels": [{"key": "-" * limits.KEY, "name": "a", "colour": "#ABCDEF", "attributes": ATTRIBUTES}],
        "label_mapping": dict.fromkeys(NAMES, "-" * limits.KEY),
        "thresholds": {"span_match": "overlap"},
    },
    "classification": {"labels": CHOICES, "fields_asked": ASKED, "label_mapping": dict.fromkeys(NAMES, "is")},
    "preference": {"labels": CHOICES, "fields_asked": ALSO},
}


@pytest.mark.parametrize("terms", [MOST, LEAST], ids=["most", "least"])
@pytest.mark.parametrize("task_type", sorted(TASK_TYPES))
def test_the_page_saves_what_a_program_made_and_changes_nothing_of_it(cast, task_type, terms) -> None:
    body = {"name": "Odd", "task_type": task_type} | terms | BODIES[task_type]
    made = Office(cast.mina, cast.riverside).post("projects", body=body)
    assert made.status_code == 201, made.content
    project = Project.objects.get(name="Odd")
    before = save_settings.mark(project)
    client, address = signed_in(cast.mina), page("project-settings", project.public_id)
    shown = sending.read(client.get(address).content.decode(), address)
    answer = sending.send(client, next(one for one in shown.forms if one.id == "settings-form"))
    assert answer.status_code == 302, sending.read(answer.content.decode(), address).faults
    assert save_settings.mark(project) == before
