"""What is merged of several answers could have been handed in, whatever the task type: else nothing is decided."""

from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.configuration import methods
from projects.inference import AGGREGATIONS, BY_PART
from projects.inference.fields import merge_fields
from projects.models import Task, Verdict
from projects.task_types import TASK_TYPES, asked_fields
from projects.task_types.classification import AskedLabels
from tests.support import make
from tests.support.projects.answers import region

FIELDS = asked_fields.read(
    "Kind (choice)\n"
    "Seen (multiple, optional)\n"
    "Wheels (number 0 to 8 step 2) when Kind is vehicle\n"
    "Place (tree) when Kind is animal\n"
    "Depth (number) when Seen is water\n"
    "Fur (choice, optional) when Place is land\n"
    "Remark (text 40, optional)"
)
LABELS = AskedLabels(
    {key: {"field": "kind"} for key in ("vehicle", "animal", "plant")}
    | {key: {"field": "seen"} for key in ("water", "grass", "sky")}
    | {"land": {"field": "place"}, "wood": {"field": "place", "parent": "land"}, "sea": {"field": "place"}}
    | {key: {"field": "fur"} for key in ("short", "long")},
    FIELDS,
)
VALUES = {
    "kind": st.sampled_from(["vehicle", "animal", "plant"]),
    "seen": st.lists(st.sampled_from(["water", "grass", "sky"]), min_size=1, unique=True),
    "wheels": st.sampled_from([0, 2, 4, 8]),
    "place": st.sampled_from([["land"], ["land", "wood"], ["sea"]]),
    "depth": st.integers(0, 9) | st.sampled_from([0.5, 0.000001]),
    "fur": st.sampled_from(["short", "long"]),
    "remark": st.sampled_from(["a", "b c"]),
}
CLASSES, TEXT = TASK_TYPES["classification"], {"text": "Anna met Bo in Oslo, then left."}
THRESHOLDS = {"numbers": asked_fields.numbers(FIELDS), "asked": FIELDS, "agreement": 0.5, "iou": 0.5}
PICTURE = {"asset": 64 * "0", "width": 60, "height": 60, "name": "a.png"}


@st.composite
def fields(draw: st.DrawFn) -> dict[str, Any]:
    """An answer as somebody may hand it in: what is shown and required is filled in."""
    values: dict[str, Any] = {}
    for field in FIELDS:
        shown = field in asked_fields.shown(FIELDS, values)
        if shown and (field["required"] or draw(st.booleans())):
            values[field["key"]] = draw(VALUES[field["key"]])
    parts = [{"field": key, "value": value} for key, value in values.items()]
    return CLASSES.check_answer({"fields": parts}, TEXT, LABELS)


@st.composite
def spans(draw: st.DrawFn) -> dict[str, Any]:
    bounds = draw(st.lists(st.sampled_from([(0, 4), (0, 8), (5, 8), (9, 11), (15, 19)]), max_size=4, unique=True))
    drawn = [make.span(start, end, draw(st.sampled_from(["person", "place"]))) for start, end in bounds]
    drawn = [span | {"id": f"s{at}"} for at, span in enumerate(drawn)]
    return TASK_TYPES["text_spans"].check_answer({"spans": drawn}, TEXT, {"person", "place"})


@st.composite
def regions(draw: st.DrawFn) -> dict[str, Any]:
    places = draw(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=3, unique=True))
    drawn = []
    for at, (x, y) in enumerate(places):
        label, side = draw(st.sampled_from(["cat", "dog"])), draw(st.integers(6, 14))
        masked = draw(st.booleans())
        box = {"type": "box", "x": 10 * x, "y": 10 * y, "width": side, "height": side}
        shape = region(10 * x, 10 * y, side)["shape"] if masked else box
        drawn.append({"id": f"r{at}", "label": label, "shape": shape})
    return TASK_TYPES["image_regions"].check_answer({"regions": drawn}, PICTURE, {"cat", "dog"})


@st.composite
def preferences(draw: st.DrawFn) -> dict[str, Any]:
    asked = [{"field": "preferred", "value": draw(st.sampled_from(["first", "second", "tie"]))}]
    return CLASSES.check_answer({"fields": asked}, TEXT, {"first", "second", "tie"})


KINDS = {
    "classification": (fields(), TEXT, LABELS),
    "text_spans": (spans(), TEXT, {"person", "place"}),
    "image_regions": (regions(), PICTURE, {"cat", "dog"}),
    "preference": (preferences(), {}, {"first", "second", "tie"}),
}


@pytest.mark.rounds
@pytest.mark.parametrize("kind", TASK_TYPES)
def test_what_is_merged_could_have_been_handed_in(kind: str) -> None:
    answers, payload, labels = KINDS[kind]
    task_type = TASK_TYPES[kind]
    agree = partial(task_type.agreement, thresholds=THRESHOLDS)
    merge = partial(task_type.merge, thresholds=THRESHOLDS)

    @given(several=st.lists(answers, min_size=1, max_size=6), trust=st.lists(st.floats(0.1, 1), min_size=6, max_size=6))
    def holds(several: list[dict], trust: list[float]) -> None:
        decided = [merge(several), task_type.merge(several, THRESHOLDS, trust[: len(several)])]
        for name in {method.key for method in methods.fitting(kind)} & AGGREGATIONS.keys() - BY_PART.keys():
            outcome = AGGREGATIONS[name](several, agree, merge, 0.5)
            decided += [outcome.answer] if outcome.decided else []
        for answer in decided:
            task_type.check_answer(answer, payload, labels)

    holds()


def test_what_depends_on_another_answer_is_left_out() -> None:
    def answer(**values: Any) -> dict[str, Any]:
        parts = [{"field": key, "value": value} for key, value in values.items()]
        return CLASSES.check_answer({"fields": parts}, TEXT, LABELS)

    vehicle, animal = answer(kind="vehicle", wheels=4), answer(kind="animal", place=["sea"])
    merged = merge_fields([vehicle, animal], asked=FIELDS)
    assert {part["field"]: part["value"] for part in merged["fields"]} == {"kind": "animal", "place": ["sea"]}


@pytest.mark.django_db
def test_two_who_agree_in_all_but_the_condition_decide_no_answer_that_cannot_be(cast) -> None:
    names = [f"Part {number}" for number in range(8)]
    text = "Kind (choice)\n" + "".join(f"{name} (number 0 to 9)\n" for name in names)
    project = make.project(
        cast.riverside,
        "Things",
        "classification",
        fields=asked_fields.read(text + "Wheels (number 0 to 9) when Kind is vehicle"),
        labels=[{"name": "Vehicle"}, {"name": "Animal"}],
        thresholds={"agreement": 0.8},
    )
    (task,) = make.texts(make.batch(project), ["A cart."])
    same = [{"field": asked_fields.key_of(name), "value": 3} for name in names]
    make.judged(cast.alice, project, {"fields": [{"field": "kind", "value": "vehicle"}, *same, wheels(4)]})
    make.judged(cast.bob, project, {"fields": [{"field": "kind", "value": "animal"}, *same]})
    verdict = Verdict.objects.current().filter(task=task).first()
    if verdict is not None:
        said = {part["field"]: part["value"] for part in verdict.answer["fields"]}
        assert said["kind"] == "vehicle" or "wheels" not in said
    else:
        assert Task.objects.get(pk=task.pk).withheld == "review"


def wheels(number: int) -> dict[str, Any]:
    return {"field": "wheels", "value": number}
