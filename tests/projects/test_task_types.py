"""Task type rooms: which answers are taken, and what is said about those that are not."""

import json
import string
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco

from projects.errors import Refused
from projects.task_types import TASK_TYPES
from projects.task_types.rle import check_mask, write
from tests.support.rounds import rounds

pytestmark = pytest.mark.slow

FIXTURES = Path(__file__).parent.parent / "fixtures"
ANSWERS = json.loads((FIXTURES / "answers.json").read_text(encoding="utf-8"))
REFUSALS = json.loads((FIXTURES / "refusals.json").read_text(encoding="utf-8"))
IMAGE = {"asset": "a" * 64, "width": 7, "height": 5, "name": "cat.png"}
TEXT = {"text": "Ana Silva works at Riverside Water.\nSince 2 May 2020."}


def named(case: dict) -> str:
    return case["name"]


@pytest.mark.parametrize("case", ANSWERS, ids=named)
def test_good_answer_is_taken_in_canonical_form(case):
    room = TASK_TYPES[case["task_type"]]
    checked = room.check_answer(case["answer"], case["payload"], case["labels"])
    assert json.dumps(checked) == json.dumps(case["canonical"])
    assert room.check_answer(checked, case["payload"], case["labels"]) == checked


@pytest.mark.parametrize("case", REFUSALS, ids=named)
def test_bad_answer_is_refused_by_name_and_place(case):
    with pytest.raises(Refused) as refused:
        TASK_TYPES[case["task_type"]].check_answer(case["answer"], case["payload"], case["labels"])
    assert (refused.value.code, refused.value.place) == (case["code"], case["place"])
    assert refused.value.text.endswith(".")


def test_too_many_parts_are_refused():
    with pytest.raises(Refused, match="1001 is too many") as regions:
        TASK_TYPES["image_regions"].check_answer({"regions": [{}] * 1001}, IMAGE, ["cat"])
    with pytest.raises(Refused, match="5001 is too many") as spans:
        TASK_TYPES["text_spans"].check_answer({"spans": [{}] * 5001}, TEXT, ["person"])
    assert (regions.value.code, spans.value.code) == ("too-many-regions", "too-many-spans")


@pytest.mark.parametrize(
    ("task_type", "payload", "code", "place"),
    [
        ("text_spans", None, "wrong-shape", ""),
        ("text_spans", {}, "missing-field", "text"),
        ("text_spans", {"text": " \n"}, "blank", "text"),
        ("text_spans", {"text": "a\x00b"}, "nul-character", "text"),
        ("text_spans", {"text": "a\ud800b"}, "broken-unicode", "text"),
        ("text_spans", {"text": "a" * 200_001}, "too-long", "text"),
        ("text_spans", {"text": "a", "meta": []}, "wrong-shape", "meta"),
        ("text_spans", {"text": "a", "meta": {"a": [float("nan")]}}, "not-a-number", "meta.a[0]"),
        ("text_spans", {"text": "a", "label": "b"}, "unknown-field", "label"),
        ("image_regions", {**IMAGE, "asset": "cat.png"}, "bad-asset", "asset"),
        ("image_regions", {**IMAGE, "width": 0}, "out-of-range", "width"),
        ("image_regions", {**IMAGE, "width": 20_000, "height": 10_000}, "too-many-pixels", "width"),
        ("image_regions", {**IMAGE, "name": ""}, "blank", "name"),
    ],
)
def test_bad_payload_is_refused_by_name_and_place(task_type, payload, code, place):
    with pytest.raises(Refused) as refused:
        TASK_TYPES[task_type].check_payload(payload)
    assert (refused.value.code, refused.value.place) == (code, place)


@pytest.mark.parametrize("case", ANSWERS, ids=named)
def test_payloads_labels_and_emptiness_of_good_answers(case):
    room = TASK_TYPES[case["task_type"]]
    assert room.check_payload(case["payload"]) == case["payload"]
    parts = case["canonical"][room.answer_list]
    if room.answer_list != "fields":  # these carry labels as values
        assert room.labels_used(case["canonical"]) == {part["label"] for part in parts}
    assert room.is_empty(case["canonical"]) == (parts == [])


@pytest.mark.parametrize("case", ANSWERS, ids=named)
def test_an_answer_agrees_with_itself_and_merges_to_itself(case):
    room = TASK_TYPES[case["task_type"]]
    answer = case["canonical"]
    assert room.agreement(answer, answer, {}) == 1.0
    merged = room.merge([answer, answer, answer], {})
    assert room.check_answer(merged, case["payload"], case["labels"]) == merged
    assert room.agreement(answer, merged, {}) == 1.0


def test_thresholds_of_the_project_decide_what_agrees():
    room = TASK_TYPES["text_spans"]
    short = {"spans": [{"id": "s1", "start": 0, "end": 3, "label": "person"}]}
    whole = {"spans": [{"id": "s1", "start": 0, "end": 9, "label": "person"}]}
    short, whole = (room.check_answer(answer, TEXT, ["person"]) for answer in (short, whole))
    assert room.agreement(short, whole, {"span_match": "exact"}) == 0.0
    assert room.agreement(short, whole, {"span_match": "overlap"}) == 1.0
    regions = TASK_TYPES["image_regions"]
    narrow, wide = (_boxed(width) for width in (2, 3))
    assert regions.agreement(narrow, wide, {"iou": 0.5}) == 1.0
    assert regions.agreement(narrow, wide, {"iou": 0.9}) == 0.0


def _boxed(width: int) -> dict:
    bitmap = np.zeros((5, 7), dtype=np.uint8, order="F")
    bitmap[1:4, 1 : 1 + width] = 1
    shape = {"type": "mask", "size": [5, 7], "counts": coco.encode(bitmap)["counts"].decode()}
    answer = {"regions": [{"id": "r1", "label": "cat", "shape": shape}]}
    return TASK_TYPES["image_regions"].check_answer(answer, IMAGE, ["cat"])


bitmaps = st.tuples(st.integers(1, 40), st.integers(1, 40), st.randoms(use_true_random=False)).map(
    lambda drawn: np.asfortranarray(
        np.array([[drawn[2].random() < 0.4 for _ in range(drawn[1])] for _ in range(drawn[0])], dtype=np.uint8)
    )
)


@given(bitmaps.filter(lambda bitmap: bitmap.any()))
@settings(max_examples=rounds(150), deadline=None)
def test_masks_of_pycocotools_pass_unchanged(bitmap):
    counts = coco.encode(bitmap)["counts"].decode()
    height, width = bitmap.shape
    assert check_mask(counts, height, width, "") == counts


@given(st.lists(st.integers(0, 9), min_size=2, max_size=30))
@settings(max_examples=rounds(200), deadline=None)
def test_any_way_to_write_the_same_pixels_gives_one_string(runs):
    bits = np.concatenate([np.full(length, index % 2, dtype=np.uint8) for index, length in enumerate(runs)])
    if not bits.any():
        return
    counts = check_mask(write(np.array(runs)), len(bits), 1, "")
    assert counts == coco.encode(np.asfortranarray(bits.reshape(-1, 1)))["counts"].decode()


def test_run_lengths_that_wrap_around_64_bits_are_refused():
    wrapping = write(np.array([2**33] * 2**12 + [35]))
    with pytest.raises(Refused) as refused:
        check_mask(wrapping, 5, 7, "here")
    assert refused.value.code == "malformed-mask"


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
json_like = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)
counts = (
    st.text(alphabet=string.printable, max_size=12) | st.text(max_size=6) | st.sampled_from(["0S1", ";230009", "S1"])
)
odd = json_like | st.sampled_from(["r1", "cat", "person", 0, 5, 7, 35, -1, 2**70])


def mangled(part: dict[str, st.SearchStrategy]) -> st.SearchStrategy:
    """Parts that are nearly right: each field is right, odd, or missing; some are something else."""
    return st.fixed_dictionaries({}, optional={name: good | odd for name, good in part.items()}) | json_like


masks = st.fixed_dictionaries({"type": st.just("mask"), "size": st.just([5, 7]) | odd, "counts": counts | odd})
region = mangled({"id": st.text(max_size=3), "label": st.just("cat"), "shape": masks, "attributes": json_like})
span = mangled(
    {
        "id": st.text(max_size=3),
        "start": st.integers(-2, 60),
        "end": st.integers(-2, 60),
        "label": st.just("person"),
    }
)
filled = mangled({"field": st.just("label"), "kind": st.just("choice"), "value": st.sampled_from(["cat", "dog"])})
fuzz: dict[str, tuple[st.SearchStrategy, dict, list[str]]] = {
    "image_regions": (region, IMAGE, ["cat"]),
    "text_spans": (span, TEXT, ["person"]),
    "classification": (filled, IMAGE, ["cat", "dog"]),
}


@pytest.mark.parametrize("key", fuzz)
@given(data=st.data())
@settings(max_examples=rounds(300), deadline=None)
def test_any_input_is_either_refused_by_name_or_becomes_a_canonical_answer(key, data):
    room = TASK_TYPES[key]
    part, payload, labels = fuzz[key]
    answer = data.draw(st.fixed_dictionaries({room.answer_list: st.lists(part, max_size=3)}) | json_like)
    try:
        checked = room.check_answer(answer, payload, labels)
    except Refused as refused:
        assert refused.code and refused.text
        return
    assert room.check_answer(json.loads(json.dumps(checked)), payload, labels) == checked
    assert room.agreement(checked, checked, {}) == 1.0


@pytest.mark.parametrize("key", TASK_TYPES)
@given(payload=json_like)
@settings(max_examples=rounds(200), deadline=None)
def test_any_payload_is_refused_by_name_or_taken(key, payload):
    try:
        checked = TASK_TYPES[key].check_payload(payload)
    except Refused as refused:
        assert refused.code and refused.text
    else:
        assert TASK_TYPES[key].check_payload(checked) == checked


def test_parts_of_several_answers_are_matched_whatever_their_labels() -> None:
    box = {"type": "box", "x": 10, "y": 10, "width": 20, "height": 20}
    first = {"regions": [{"label": "cat", "shape": box}, {"label": "dog", "shape": box | {"x": 60}}]}
    second = {"regions": [{"label": "dog", "shape": box | {"x": 61}}, {"label": "dog", "shape": box | {"y": 11}}]}
    assert TASK_TYPES["image_regions"].matched_parts([first, second], {}) == [[(0, 0), (1, 1)], [(0, 1), (1, 0)]]
    spans = [{"spans": [{"start": 0, "end": 5, "label": "a"}]}, {"spans": [{"start": 9, "end": 12, "label": "a"}]}]
    spans.append({"spans": [{"start": 2, "end": 5, "label": "b"}]})
    assert TASK_TYPES["text_spans"].matched_parts(spans, {}) == [[(0, 0), (2, 0)], [(1, 0)]]
    assert TASK_TYPES["text_spans"].matched_parts([{"spans": []}, {"spans": []}], {}) == []
    fields = [{"fields": [{"field": "kind", "value": "x"}]}, {"fields": [{"field": "kind", "value": "y"}]}]
    assert TASK_TYPES["classification"].matched_parts(fields, {}) == [[(0, 0), (1, 0)]]
